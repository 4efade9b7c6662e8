"""Returns: what a unit that arrived is, and what becomes of it, with a scanner and one digit."""

from __future__ import annotations

import msgspec
from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import links
from serializer_app.domain.desk import item_search, return_scans
from serializer_app.domain.desk.return_scans import ReturnFound
from serializer_app.domain.gate import switch
from serializer_app.domain.items import items
from serializer_app.domain.items.unit_states import (
    IN_REPAIR,
    IN_STOCK,
    RETURNED,
    SCRAPPED,
    UnitState,
)
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import announced, returns
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.domain.stock.returns import Ownership, ReturnEntry, ReturnVerdict
from serializer_app.errors import AppError
from serializer_app.text import Json
from serializer_app.web.answers import answer
from serializer_app.web.desk.forms import is_number, json_body, typed
from serializer_app.web.desk.frame import asked_number, desk, said, show, texts
from serializer_app.web.house import house

DISPOSITIONS = (IN_STOCK, RETURNED, IN_REPAIR, SCRAPPED)
"""What a returned unit becomes, in the order of the digits that choose it."""


class ScanReturn(msgspec.Struct):
    """A code from the scanner, and the order whose units are expected ("" for any)."""

    code: str
    order: str


class TakeBack(msgspec.Struct, rename="camel"):
    """The unit that came back, by its item ID, and what becomes of it."""

    item_id: str
    disposition: str


@desk.get("/returns")
def return_units() -> Response:
    order_id = asked_number("order")
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order = None if order_id is None else orders.find(session, shop.id, order_id)
        waiting = return_scans.undecided(session, shop.id)
        expected = return_scans.expected_back(session, shop.id, None if order is None else order.order_id)
        return show(
            "returns",
            shop,
            order=order,
            units=[] if order is None else return_scans.units_of(session, shop.id, order.order_id),
            expected=expected,
            most=announced.SHOWN,
            missing_returns=shops.missing_of(shop, (switch.RETURNS_SCOPE,)),
            waiting=waiting,
            titles=item_search.variant_titles(session, shop.id, [unit.variant_id for unit in waiting]),
            dispositions=DISPOSITIONS,
            decisions=[state for state in DISPOSITIONS if state is not RETURNED],
        )


@desk.post("/returns/scan")
def scan_return() -> Response:
    """Say what a code is. Nothing changes before somebody says what becomes of the unit."""
    body: ScanReturn = json_body(ScanReturn)
    order_id = int(body.order) if is_number(body.order) else None
    with house().db.read() as session:
        opener = links.opener(house().vault, g.shop_id)
        found = return_scans.scan(session, g.shop_id, body.code, order_id=order_id, open_token=opener)
        if isinstance(found, int):
            name = lookups.names(session, g.shop_id, [found]).get(found) or str(found)
            message = texts().gettext("Order {name}: scan what came back", name=name)
            return answer({"message": message, "order": str(found)})
        return answer(_told(session, found, order_id))


def _told(session: Session, found: ReturnFound, order_id: int | None) -> dict[str, Json]:
    scanned = found.scan
    item, unit = scanned.item, scanned.unit
    return {
        "verdict": scanned.verdict.value,
        "message": _sentence(session, found, order_id),
        "itemId": item.item_id if item is not None and scanned.verdict is ReturnVerdict.SOLD else None,
        "number": scanned.number,
        "state": None if unit is None else unit.state,
        "preselected": None if found.state is None else found.state.value,
    }


def _sentence(session: Session, found: ReturnFound, order_id: int | None) -> str:
    words, scanned = texts(), found.scan
    number, product = scanned.number, found.product or ""
    if scanned.verdict is ReturnVerdict.SOLD:
        sold = words.gettext(
            "{number} ({product}) was sold on order {order}",
            number=number,
            product=product,
            order=found.order,
        )
        if found.disposition is None:
            return sold
        return f"{sold} · {words.label(f'returns.disposed.{found.disposition}')}"
    if scanned.verdict is ReturnVerdict.RETURNED:
        return words.gettext("{number} of order {order} is back already", number=number, order=found.order)
    if scanned.verdict is ReturnVerdict.NOT_OURS:
        return words.gettext("{number} is no unit of this shop", number=number)
    if scanned.item is not None and order_id is not None:
        expected = lookups.names(session, g.shop_id, [order_id]).get(order_id) or str(order_id)
        return words.gettext(
            "Another unit than the one sold: {number} ({product}) belongs to order {order}, not to {expected}",
            number=number,
            product=product,
            order=found.order,
            expected=expected,
        )
    state = words.value("state", "" if scanned.unit is None else scanned.unit.state)
    return words.gettext(
        "{number} ({product}) is not sold on any order. Its status: {state}",
        number=number,
        product=product,
        state=state,
    )


@desk.post("/returns/take")
def take_back() -> Response:
    body: TakeBack = json_body(TakeBack)
    words = texts()
    state = _disposition(body.disposition)
    with house().db.write() as session:
        item = items.find(session, g.shop_id, body.item_id)
        if item is None:
            raise AppError("item_not_found", f"Item {body.item_id[:64]} not found.", status=404)
        shop = shops.by_id(session, g.shop_id)
        entry = ReturnEntry(item_id=item.item_id, disposition=state.value)
        (done,) = returns.take_back(session, house().vault, shop, item.order_id, [entry], actor=g.actor)
        number = done.item.serial_number or done.item.item_id
        parts = [
            words.gettext(
                "{number} taken back: {state}", number=number, state=words.value("state", state.value)
            )
        ]
        if done.ownership is Ownership.ENDED:
            parts.append(words.gettext("the registration of its owner has ended"))
        elif done.ownership is Ownership.SUSPENDED:
            parts.append(words.gettext("the registration of its owner is paused"))
        return answer({"message": " · ".join(parts), "order": str(item.order_id)})


@desk.post("/returns/decide")
def decide_return() -> Response:
    """Say what becomes of a unit that came back earlier."""
    number, state = typed("number"), _disposition(typed("state"))
    with house().db.write() as session:
        unit = serials.find(session, g.shop_id, number)
        if unit is None:
            raise AppError("serial_not_found", f"Serial number {number[:64]} not found.", status=404)
        change_unit(session, g.shop_id, unit, UnitChanges(state), actor=g.actor)
    words = texts()
    return said(words.gettext("{number}: {state}", number=number, state=words.value("state", state.value)))


def _disposition(text: str) -> UnitState:
    found = next((state for state in DISPOSITIONS if state.value == text), None)
    if found is None:
        raise AppError("form_invalid", "Say what becomes of the unit", status=422)
    return found
