"""What the block on Shopify's order page asks (extensions/order-block): the units of an order, and one changed.

The block runs on Shopify's origin with the staff member's id token, so browsers ask first whether they may (CORS).
"""

from __future__ import annotations

from functools import wraps

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from serializer_app.domain.buyers import units
from serializer_app.domain.items import items
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item
from serializer_app.web.answers import answer
from serializer_app.web.embedded import staff_of_shop
from serializer_app.web.house import house
from serializer_app.web.wire.inputs import ItemChanges
from serializer_app.web.wire.problems import check, parse_json

extension = Blueprint("extension", __name__, url_prefix="/extension")

ORIGIN = "https://extensions.shopifycdn.com"
"""Where Shopify runs admin extensions (shopify.dev, "Admin UI extensions: network access")."""
MOST = 250


@wraps(staff_of_shop)
def staff_in_extension() -> ResponseReturnValue | None:
    """The guard of the desk. Browsers ask before they send a token, and are told without one."""
    if request.method == "OPTIONS":
        return Response(status=204)
    return staff_of_shop()


@extension.after_request
def _let_the_block_read(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = ORIGIN
    response.headers["Vary"] = "Origin"
    response.headers["Cache-Control"] = "no-store"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, PATCH"
        response.headers["Access-Control-Max-Age"] = "3600"
    return response


@extension.get("/orders/<int:order_id>")
def order_units(order_id: int) -> Response:
    """{"units": [{itemId, serialNumber, title, registered, version}], "more": bool}; 404 for an order we never met."""
    with house().db.read() as session:
        orders.find(session, g.shop_id, order_id)
        rows = session.scalars(
            select(Item)
            .where(Item.shop_id == g.shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
            .order_by(Item.id)
            .limit(MOST + 1)
        ).all()
        titles = {
            key: units.product(session, g.shop_id, key, None) for key in {row.variant_id for row in rows}
        }
    shown = [
        {
            "itemId": row.item_id,
            "serialNumber": row.serial_number,
            "title": " – ".join(
                part for part in (titles[row.variant_id].title, titles[row.variant_id].variant_title) if part
            ),
            "registered": row.registered,
            "version": row.version,
        }
        for row in rows[:MOST]
    ]
    return answer({"units": shown, "more": len(rows) > MOST})


@extension.patch("/items/<item_id>")
def change_unit(item_id: str) -> Response:
    """``{"serialNumber", "version"}``, checked as on /api/v1; answers {itemId, serialNumber, version}."""
    body: ItemChanges = check(
        ItemChanges,
        parse_json(request.get_data()),
        code="body_invalid",
        message="The change is invalid",
        status=422,
    )
    given = body.model_fields_set
    with house().db.write() as session:
        item = items.find(session, g.shop_id, item_id, lock=True)
        if item is None:
            raise AppError("item_not_found", f"Item {item_id} not found.", status=404)
        changes = items.ItemChanges(
            serial_number=body.serial_number if "serial_number" in given else ..., version=body.version
        )
        allowed = [field["key"] for field in shops.custom_fields(shops.by_id(session, g.shop_id))]
        items.change(session, g.shop_id, item, changes, allowed_fields=allowed, actor=g.actor)
        return answer({"itemId": item.item_id, "serialNumber": item.serial_number, "version": item.version})
