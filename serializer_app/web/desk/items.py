"""Items: searched by whatever is known of them, and the page of one with its whole story."""

from __future__ import annotations

from types import EllipsisType

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, serial_entry, staff
from serializer_app.domain.ids import reader
from serializer_app.domain.items import field_values, items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.pages import FilterName, Filters
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Shop
from serializer_app.web.desk.forms import checked, typed, warranty_changes
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, said, show, texts
from serializer_app.web.desk.scan import recognized
from serializer_app.web.house import house
from serializer_app.web.wire.values import FIELD_VALUE

FILTERS: dict[str, FilterName] = {"variant": "variant_id", "customer": "customer_id", "order": "order_id"}


@desk.get("/items")
def item_rows() -> Response:
    text = asked("q", reader.LONGEST)
    filters = asked_filters()
    previous = following = None
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        if text:
            found = item_search.search(session, shop.id, recognized(session, text))
        else:
            found, newer, older = item_search.page(
                session, shop.id, filters, before=asked_number("before"), after=asked_number("after")
            )
            previous = newer and address("desk.item_rows", **parameters(after=newer, before=None))
            following = older and address("desk.item_rows", **parameters(before=older, after=None))
        return show(
            "items",
            shop,
            found=found,
            text=text,
            filters={name: asked_number(name) for name in FILTERS if asked_number(name)},
            most=item_search.MOST,
            previous=previous,
            following=following,
        )


def asked_filters() -> Filters:
    return {filter_name: number for name, filter_name in FILTERS.items() if (number := asked_number(name))}


@desk.get("/items/<item_id>")
def item(item_id: str) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = known(session, item_id)
        described = item_search.described(session, shop.id, [found.id])[0]
        return show(
            "item",
            shop,
            item=found,
            found=described,
            fields=named_fields(shop, found),
            story=items.story(session, found),
            people=staff.names(session, shop.id),
        )


@desk.get("/items/<item_id>/panel")
def item_panel(item_id: str) -> Response:
    """The form that unfolds under a unit of an order: its fields and its warranty as they are now."""
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = known(session, item_id)
        return show("panel", shop, item=found, fields=named_fields(shop, found))


def named_fields(shop: Shop, item: Item) -> list[tuple[str, str, str]]:
    """(key, name, value) of the item's fields, then of those that the shop defines and the item has not yet."""
    values = field_values.stored(item.custom_fields)
    defined = shops.custom_fields(shop)
    names = {field["key"]: field["name"] for field in defined}
    return [(key, names.get(key, key), value) for key, value in values.items()] + [
        (field["key"], field["name"], "") for field in defined if field["key"] not in values
    ]


def filled(shop: Shop, item: Item) -> str:
    """The item's fields that have a value, in one line."""
    if not item.filled_fields:
        return ""
    return " · ".join(f"{name}: {value}" for _, name, value in named_fields(shop, item) if value)


@desk.post("/items/<item_id>")
def change_item(item_id: str) -> Response:
    """Everything about one unit at once, or what the form has of it. Whoever had an older version on the screen is
    told, and loses nothing.
    """
    serial: str | EllipsisType | None = ...
    if "serialNumber" in request.form:
        number = typed("serialNumber")
        serial = number or None
    fields = {
        name.removeprefix("customFields."): _field(name, value.replace("\r\n", "\n"))
        for name, value in request.form.items()
        if name.startswith("customFields.")
    }
    warranty = warranty_changes()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        found = known(session, item_id)
        allowed = [field["key"] for field in shops.custom_fields(shop)]
        if isinstance(serial, str) and serial != found.serial_number:
            serial = _serial(session, found, serial)
        changes = ItemChanges(
            serial_number=serial,
            warranty=warranty["warranty"]
            if warranty.get("warranty", ...) != found.warranty and warranty
            else ...,
            custom_fields=fields,
            version=request.form.get("version", type=int),
        )
        try:
            items.change(session, shop.id, found, changes, allowed_fields=allowed, actor=g.actor)
        except AppError as error:
            if error.code.startswith("serial_number"):
                error.details = [{"path": "serialNumber", "message": texts().failure(error)}]
            raise
        words = texts()
        return said(
            words.gettext("Saved"),
            version=found.version,
            serialNumber=found.serial_number,
            warranty=words.warranty(found.warranty),
            fields=filled(shop, found),
        )


def _serial(session: Session, item: Item, code: str) -> str:
    """The serial number that somebody entered for a unit. Sending a number again that was asked about confirms it."""
    try:
        return serial_entry.number_of(
            session,
            g.shop_id,
            recognized(session, code),
            variant_id=item.variant_id,
            confirmed=request.form.get("confirmed") == code,
        )
    except AppError as error:
        words = texts()
        message = words.failure(error)
        if error.code.startswith(serial_entry.ASK):
            message += " " + words.gettext("Enter it once more to use it anyway.")
        error.details = [{"path": "serialNumber", "message": message}]
        raise


@desk.post("/items/<item_id>/restore")
def restore_item(item_id: str) -> Response:
    """A removed item comes back to its line under its old ID."""
    return _adjusted(item_id, restore=True)


@desk.post("/items/<item_id>/remove")
def remove_item(item_id: str) -> Response:
    return _adjusted(item_id, restore=False)


def _adjusted(item_id: str, *, restore: bool) -> Response:
    with house().db.write() as session:
        found = known(session, item_id)
        one = [found.item_id]
        orders.adjust(
            session,
            shops.by_id(session, g.shop_id),
            found.order_id,
            found.line_item_id,
            remove=() if restore else one,
            restore=one if restore else (),
            actor=g.actor,
        )
    return said(texts().gettext("Item restored") if restore else texts().gettext("Item removed"))


def known(session: Session, item_id: str) -> Item:
    found = items.find(session, g.shop_id, item_id)
    if found is None:
        raise AppError("item_not_found", f"Item {item_id[:64]} not found.", status=404)
    return found


def _field(path: str, value: str) -> str:
    try:
        return checked(FIELD_VALUE, value)
    except AppError as error:
        for found in error.details:
            found["path"] = path
        raise
