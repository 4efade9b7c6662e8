"""Scan at fulfilment: one screen for the packing table, for keyboard and scanner alone."""

from __future__ import annotations

import msgspec
from flask import Response, g, redirect
from flask.typing import ResponseReturnValue

from serializer_app.domain import item_search, items, orders, packing, shops, units
from serializer_app.web.answers import answer
from serializer_app.web.desk.forms import checked, json_body
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, said, show, texts
from serializer_app.web.house import house
from serializer_app.web.wire.values import SerialNumber

_LONGEST = 500


class Scan(msgspec.Struct):
    """A code from the scanner, and the line that new serial numbers go to ("" for any)."""

    code: str
    line: str


@desk.get("/scan")
def scan_order() -> ResponseReturnValue:
    code = asked("code", _LONGEST)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = packing.orders_of(session, shop.id, code) if code else []
        if len(found) == 1:
            return redirect(address("desk.scan_units", order_id=found[0], **parameters(code=None)))
        many = [(key, orders.find(session, shop.id, key).name) for key in found[:10]]
        return show("scan", shop, code=code, many=many)


@desk.get("/scan/<int:order_id>")
def scan_units(order_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order = orders.find(session, shop.id, order_id)
        rows, following = units.of_order(session, shop.id, order_id, after=asked_number("after") or 0)
        lines = orders.lines(session, shop.id, order_id)
        held = items.counts(session, shop.id, order_id)
        total, done = packing.standing(session, shop.id, order_id)
        return show(
            "scan_units",
            shop,
            order=order,
            units=item_search.described(session, shop.id, [item.id for item in rows]),
            lines=[line for line in lines if line.line_item_id in held],
            packed=packing.packed(session, shop.id, order_id),
            total=total,
            left=total - done,
            following=following and address("desk.scan_units", order_id=order_id, after=following),
            first=asked_number("after") and address("desk.scan_units", order_id=order_id),
        )


@desk.post("/scan/<int:order_id>")
def scan_unit(order_id: int) -> Response:
    body: Scan = json_body(Scan)
    words = texts()
    line = int(body.line) if body.line.isascii() and body.line.isdigit() else None
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        number = packing.number_of(session, g.shop_id, body.code.strip()[:_LONGEST])
        code: str = checked(SerialNumber, number)
        found = packing.scan(session, g.shop_id, order_id, code, line_item_id=line, actor=g.actor)
        total, done = packing.standing(session, g.shop_id, order_id)
        named = item_search.described(session, g.shop_id, [found.item.id])[0]
        message = (
            words(
                "scan.entered",
                serial=found.item.serial_number,
                product=named.product or found.item.variant_id,
            )
            if found.entered
            else words("scan.good", item=found.item.serial_number or found.item.item_id)
        )
        return answer(
            {
                "message": message,
                "itemId": found.item.item_id,
                "serialNumber": found.item.serial_number,
                "left": total - done,
            }
        )


@desk.post("/scan/<int:order_id>/again")
def scan_again(order_id: int) -> Response:
    """Take all marks of an order back, to pack it anew."""
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        packing.start_again(session, g.shop_id, order_id)
    return said(texts()("scan.again.done"))
