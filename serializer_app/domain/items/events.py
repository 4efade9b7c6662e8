"""What the merchant's systems are told of items: which unit, of which order, and which fields changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from serializer_app.domain.webhooks_out import deliveries
from serializer_app.store.models import Item
from serializer_app.text import Json

AT_ONCE = 250
"""How many new items one event names."""


def created(
    session: Session, shop_id: int, order_id: int, lines: Sequence[tuple[int, int, Sequence[str]]]
) -> None:
    """New items of an order: for each line its ID, its variant and the item IDs."""
    if not deliveries.wanted(session, shop_id, "item.created"):
        return
    named = [
        _named(item_id, line_item_id, variant_id)
        for line_item_id, variant_id, item_ids in lines
        for item_id in item_ids
    ]
    facts = [
        {"orderId": order_id, "items": named[start : start + AT_ONCE]}
        for start in range(0, len(named), AT_ONCE)
    ]
    deliveries.announce(session, shop_id, "item.created", facts)


def updated(session: Session, shop_id: int, item: Item, changed: Iterable[str]) -> None:
    """Somebody filled in or changed one item."""
    told = {
        "orderId": item.order_id,
        "items": [_named(item.item_id, item.line_item_id, item.variant_id)],
        "serialNumber": item.serial_number,
        "changed": sorted(changed),
    }
    deliveries.announce(session, shop_id, "item.updated", [told])


def numbered(session: Session, shop_id: int, units: Sequence[tuple[Item, str]]) -> None:
    """Many items were given a serial number at once."""
    if not deliveries.wanted(session, shop_id, "item.updated"):
        return
    told = [
        {
            "orderId": item.order_id,
            "items": [_named(item.item_id, item.line_item_id, item.variant_id)],
            "serialNumber": number,
            "changed": ["serialNumber"],
        }
        for item, number in units
    ]
    deliveries.announce(session, shop_id, "item.updated", told)


def _named(item_id: str, line_item_id: int, variant_id: int) -> dict[str, Json]:
    return {"itemId": item_id, "lineItemId": line_item_id, "productVariantId": variant_id}
