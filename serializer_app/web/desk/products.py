"""Products: which variants are tracked, and how their items begin."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import catalog, shops, variant_list
from serializer_app.domain.catalog import FieldTracking, TrackingChanges
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Variant
from serializer_app.web.desk.forms import picked, ticked, warranty_changes
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, said, show, texts
from serializer_app.web.house import house

_BULK: dict[str, TrackingChanges] = {
    "track": {"trackable": True},
    "untrack": {"trackable": False},
    "generate": {"trackable": True, "auto_generatable": True},
    "ungenerate": {"auto_generatable": False},
}
_TRACKED = ("tracked", "untracked", "automatic")


@desk.get("/products")
def products() -> Response:
    text, tracked = asked("q", 100), asked("tracked")
    chosen = [int(key) for key in asked("products", 2000).split(",") if key.isascii() and key.isdigit()]
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        rows, back, on = variant_list.page(
            session,
            shop.id,
            text=text,
            tracked=cast(variant_list.Tracked, tracked) if tracked in _TRACKED else None,
            products=chosen[:100],
            after=asked_number("after"),
            before=asked_number("before"),
        )
        return show(
            "products",
            shop,
            variants=rows,
            text=text,
            tracked=tracked,
            chosen=chosen,
            fields=shops.custom_fields(shop),
            previous=back and address("desk.products", **parameters(before=back, after=None)),
            following=on and address("desk.products", **parameters(after=on, before=None)),
        )


@desk.post("/products/bulk")
def change_products() -> Response:
    """One setting for all chosen variants; the fields that the action does not name stay as they are."""
    action = request.form.get("action", "")
    changes: dict[str, Any] = dict(_BULK.get(action, {}))
    if action == "warranty":
        changes |= warranty_changes()
    keys = picked()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        if action == "fields":
            changes["custom_fields"] = _fields(shop)
        for variant_id in sorted(keys):
            _known(session, variant_id)
            catalog.configure(session, shop.id, variant_id, cast(TrackingChanges, changes))
    return said(texts().count("products.changed", len(keys)))


@desk.get("/products/<int:variant_id>")
def product(variant_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        variant = _known(session, variant_id)
        stored = msgspec.json.decode(variant.custom_fields or "[]")
        known = [field["key"] for field in shops.custom_fields(shop)]
        return show(
            "product",
            shop,
            variant=variant,
            fields=shops.custom_fields(shop),
            undefined=[field["key"] for field in stored if field["key"] not in known],
            tracked_fields={field["key"] for field in stored if field["trackable"]},
        )


@desk.post("/products/<int:variant_id>")
def change_product(variant_id: int) -> Response:
    changes: dict[str, Any] = {
        "trackable": ticked("trackable"),
        "auto_generatable": ticked("autoGeneratable"),
        **warranty_changes(),
    }
    with house().db.write() as session:
        _known(session, variant_id)
        shop = shops.by_id(session, g.shop_id)
        changes["custom_fields"] = _fields(shop)
        catalog.configure(session, g.shop_id, variant_id, cast(TrackingChanges, changes))
    return said(texts()("saved"))


def _fields(shop: Shop) -> list[FieldTracking]:
    wanted = set(request.form.getlist("field"))
    return [
        FieldTracking(key=field["key"], trackable=field["key"] in wanted)
        for field in shops.custom_fields(shop)
    ]


def _known(session: Session, variant_id: int) -> Variant:
    variant = catalog.find(session, g.shop_id, variant_id)
    if variant is None:
        raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
    return variant
