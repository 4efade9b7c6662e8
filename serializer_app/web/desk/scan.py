"""Scan at fulfilment: one screen for the packing table, for keyboard and scanner alone."""

from __future__ import annotations

import msgspec
from flask import Response, g, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import links
from serializer_app.domain.desk import item_search, order_units, packing
from serializer_app.domain.ids import reader
from serializer_app.domain.items import items
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import recognition
from serializer_app.domain.registry.recognition import Recognized
from serializer_app.domain.shops import shops
from serializer_app.store.models import Item
from serializer_app.web.answers import answer
from serializer_app.web.desk.forms import is_number, json_body
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
from serializer_app.web.desk.notices import gate_notice
from serializer_app.web.house import house


class Scan(msgspec.Struct):
    """A code from the scanner, and the line that new serial numbers go to ("" for any).

    ``confirmed``: somebody was asked and wants the code as the serial number.
    """

    code: str
    line: str
    confirmed: bool = False


@desk.get("/scan")
def scan_order() -> ResponseReturnValue:
    code = asked("code", reader.LONGEST)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = recognized(session, code)
        order_ids = packing.orders_of(session, shop.id, found)
        if len(order_ids) == 1:
            return redirect(address("desk.scan_units", order_id=order_ids[0]))
        many = [(key, orders.find(session, shop.id, key).name) for key in order_ids[:10]]
        return show("scan", shop, code=code, kind=found.kind.name.lower(), many=many)


@desk.get("/scan/<int:order_id>")
def scan_units(order_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order = orders.find(session, shop.id, order_id)
        rows, following = order_units.of_order(session, shop.id, order_id, after=asked_number("after") or 0)
        lines = orders.lines(session, shop.id, order_id)
        held = items.counts(session, shop.id, order_id)
        return show(
            "scan_units",
            shop,
            order=order,
            units=item_search.described(session, shop.id, [item.id for item in rows]),
            lines=[line for line in lines if line.line_item_id in held],
            packed=packing.packed(session, shop.id, order_id),
            progress=packing.progress(session, shop.id, order_id),
            gate=gate_notice(session, shop, order_id),
            following=following and address("desk.scan_units", order_id=order_id, after=following),
            first=asked_number("after") and address("desk.scan_units", order_id=order_id),
        )


@desk.post("/scan/<int:order_id>")
def scan_unit(order_id: int) -> Response:
    body: Scan = json_body(Scan)
    words = texts()
    line = int(body.line) if is_number(body.line) else None
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        code = recognized(session, body.code)
        found = packing.scan(
            session,
            g.shop_id,
            order_id,
            code,
            line_item_id=line,
            actor=g.actor,
            confirmed=body.confirmed,
        )
        named = item_search.described(session, g.shop_id, [found.item.id])[0]
        number = found.item.serial_number or found.item.item_id
        if found.entered:
            message = words.gettext(
                "{serial} entered for {product}",
                serial=number,
                product=named.product or found.item.variant_id,
            )
        else:
            message = words.gettext("{item} matches", item=number)
        entered = found.item.serial_number if found.entered else None
        return answer({"message": message, "entered": entered, **_state(session, order_id, found.item)})


@desk.post("/scan/<int:order_id>/undo")
def scan_undo(order_id: int) -> Response:
    """Take back the last scan: the mark, and the serial number if that scan entered it."""
    body: Undo = json_body(Undo)
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        item = packing.undo(session, g.shop_id, order_id, body.item_id, entered=body.entered, actor=g.actor)
        return answer({"message": texts().gettext("Last scan undone"), **_state(session, order_id, item)})


@desk.post("/scan/<int:order_id>/again")
def scan_again(order_id: int) -> Response:
    """Take back all marks of an order, to pack it anew."""
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        packing.start_again(session, g.shop_id, order_id)
    return said(texts().gettext("Ready to scan again"))


class Undo(msgspec.Struct, rename="camel"):
    """The scan to take back: its unit, and the serial number that it entered, if it entered one."""

    item_id: str
    entered: str | None = None


def recognized(session: Session, code: str) -> Recognized:
    """What a code that staff scanned or typed is; the links of views and owners' pages are read too."""
    return recognition.recognize(session, g.shop_id, code, open_token=links.opener(house().vault, g.shop_id))


def _state(session: Session, order_id: int, item: Item) -> dict[str, str | int | None]:
    return {
        "itemId": item.item_id,
        "serialNumber": item.serial_number,
        "left": packing.progress(session, g.shop_id, order_id).left,
    }
