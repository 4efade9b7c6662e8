"""Items: look them up, fill them in, read what happened to them."""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.items import items, pages
from serializer_app.domain.paging import Page, Place
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item
from serializer_app.web.answers import JSON, answer
from serializer_app.web.api.conditions import must_match, tagged
from serializer_app.web.api.operations import operation
from serializer_app.web.cursors import cursors_of
from serializer_app.web.house import house
from serializer_app.web.wire.history import HistoryPage, entry_wire
from serializer_app.web.wire.inputs import ItemChanges, ItemQuery, PageQuery
from serializer_app.web.wire.items import ItemPage, ItemWire, item_filters, item_wire, page_body
from serializer_app.web.wire.values import stored_warranty

TAG = "Items"

_FILTERS = {
    "order_id": "orderId",
    "customer_id": "customerId",
    "product_variant_id": "productVariantId",
    "line_item_id": "lineItemId",
    "serial_number": "serialNumber",
    "item_id": "itemId",
    "item_ref": "itemRef",
}


@operation(
    "GET",
    "/items",
    tag=TAG,
    summary="List items",
    description="Living items in the order they were made. All filters given must hold; without any, all are listed.",
    query=ItemQuery,
    answers={200: ItemPage},
    errors=("cursor_invalid",),
)
def list_items(query: ItemQuery) -> Response:
    filters: dict[str, int | str] = {
        wire: value for name, wire in _FILTERS.items() if (value := getattr(query, name)) is not None
    }
    cursors = cursors_of(house().vault, g.shop_id, filters)
    place = cursors.place(query.cursor)
    with house().db.connect() as connection:
        page = pages.page(connection, g.shop_id, item_filters(filters), place, most=query.limit)
    return Response(page_body(page, *cursors.around(page, place)), content_type=JSON)


@operation(
    "GET",
    "/items/{itemId}",
    tag=TAG,
    summary="Read an item",
    description="Case, hyphens, spaces and look-alike letters of the ID do not matter. The ETag is the item's version.",
    answers={200: ItemWire},
    errors=("item_not_found", "item_removed"),
    conditional=True,
)
def get_item(item_id: str) -> Response:
    with house().db.read() as session:
        return _shown(_living(session, item_id))


@operation(
    "PATCH",
    "/items/{itemId}",
    tag=TAG,
    summary="Fill in an item",
    description=(
        "An absent key leaves the stored value; custom fields are merged by key. If-Match (412) or `version` (409) "
        "refuse the change where somebody else was faster."
    ),
    body=ItemChanges,
    answers={200: ItemWire},
    errors=(
        "item_not_found",
        "item_removed",
        "version_conflict",
        "serial_number_taken",
        "serial_number_used",
        "unit_not_in_stock",
        "serial_number_is_item_id",
        "serial_number_registered",
        "serial_replaced",
        "custom_field_undefined",
        "precondition_failed",
    ),
    conditional=True,
)
def patch_item(item_id: str, body: ItemChanges) -> Response:
    given = body.model_fields_set
    with house().db.write() as session:
        item = _living(session, item_id, lock=True)
        must_match(_tag(item))
        changes = items.ItemChanges(
            serial_number=body.serial_number if "serial_number" in given else ...,
            warranty=stored_warranty(body.warranty_duration) if "warranty_duration" in given else ...,
            custom_fields=body.field_values() if "custom_fields" in given else None,
            version=body.version,
        )
        fields = shops.custom_fields(shops.by_id(session, g.shop_id))
        allowed = [field["key"] for field in fields]
        items.change(session, g.shop_id, item, changes, allowed_fields=allowed, actor=g.actor)
        return _shown(item)


@operation(
    "GET",
    "/items/{itemId}/history",
    tag=TAG,
    summary="Read what happened to an item",
    description="Oldest first, beginning with how it was made. Removed items keep theirs.",
    query=PageQuery,
    answers={200: HistoryPage},
    errors=("item_not_found", "cursor_invalid"),
)
def get_item_history(item_id: str, query: PageQuery) -> Response:
    with house().db.read() as session:
        item = _known(session, item_id)
        cursors = cursors_of(house().vault, g.shop_id, {"history": item.item_id})
        place = cursors.place(query.cursor)
        page = _story(session, item, place, query.limit)
    previous, following = cursors.around(page, place)
    results = [entry_wire(*entry[1:]) for entry in page.rows]
    return answer(HistoryPage(previous, page.has_previous, following, page.has_next, results))


def _story(session: Session, item: Item, place: Place, most: int) -> Page[history.KeyedEntry]:
    """What happened to an item, beginning with how it was made, which stands in its own row and has the key 0."""
    made: history.Changes = {"itemId": {"to": item.item_id}, "autoGenerated": {"to": item.auto_generated}}
    birth: history.KeyedEntry = (0, item.created_at, item.created_by, "created", made)
    at_start = place.beyond is None
    page = history.page(session, g.shop_id, "item", item.id, place, most=most - 1 if at_start else most)
    # History only grows, so there is always something where a cursor came from.
    has_next = page.has_next if not place.is_backwards else True
    fits = at_start or (
        place.is_backwards and place.beyond != 0 and not page.has_previous and len(page.rows) < most
    )
    if fits:
        return Page([birth, *page.rows], (0, page.edges[1] if page.edges else 0), False, has_next)
    return Page(page.rows, page.edges, place.beyond != 0 or not place.is_backwards, has_next)


def _known(session: Session, item_id: str, *, lock: bool = False) -> Item:
    item = items.find(session, g.shop_id, item_id, lock=lock)
    if item is None:
        raise AppError("item_not_found", f"Item {item_id[:64]} not found.", status=404)
    return item


def _living(session: Session, item_id: str, *, lock: bool = False) -> Item:
    item = _known(session, item_id, lock=lock)
    if item.removed_at is not None:
        # 404 for who only looks at the status: what was taken away no longer verifies (contract §7.4).
        raise AppError("item_removed", f"Item {item.item_id} was removed from its order.", status=404)
    return item


def _shown(item: Item) -> Response:
    return tagged(item_wire(item), tag=_tag(item))


def _tag(item: Item) -> str:
    return str(item.version)
