"""Custom fields of an item: merged by key, and only those that the shop defines."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from serializer_app.domain.items import field_values
from serializer_app.errors import AppError
from serializer_app.store.models import Item
from serializer_app.text import Json


def merge(
    session: Session, item: Item, values: dict[str, str], allowed: set[str]
) -> dict[str, dict[str, Json]]:
    """Put ``values`` into an item's fields; what became different, as history tells it.

    Raises AppError ``custom_field_undefined`` 422 for a key that neither the item nor ``allowed`` has.
    """
    stored = {field["key"]: field["value"] for field in msgspec.json.decode(item.custom_fields)}
    unknown = sorted(set(values) - set(stored) - allowed)
    if unknown:
        raise AppError(
            "custom_field_undefined",
            f"Custom field {unknown[0]} is not defined for this shop; define it in the settings first",
            status=422,
            details=[
                {"path": f"customFields.{key}", "message": "is not defined in the settings of this shop"}
                for key in unknown
            ],
        )
    merged = {**stored, **values}
    differences = {
        f"customFields.{key}": {"from": stored.get(key, ""), "to": value}
        for key, value in values.items()
        if stored.get(key, "") != value
    }
    item.custom_fields = msgspec.json.encode([{"key": key, "value": merged[key]} for key in merged]).decode()
    item.filled_fields = any(merged.values())
    if differences:
        changed = {key: value for key, value in values.items() if f"customFields.{key}" in differences}
        # Whoever changes the item asks afterwards whether it is modified: a flush in between would say that it is not.
        with session.no_autoflush:
            field_values.put(session, item.shop_id, {item.id: changed})
    return differences
