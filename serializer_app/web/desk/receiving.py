"""Receiving: one field for a scanner, a verdict on every scan, and the list of what a delivery should hold."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import receive_scans, serial_entry, variant_list
from serializer_app.domain.desk.receive_scans import Chosen
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import expected, receiving, shopify_stock
from serializer_app.domain.stock.receiving import Before, Received
from serializer_app.errors import AppError
from serializer_app.text import Json
from serializer_app.web.answers import answer
from serializer_app.web.desk.forms import is_number, json_body, typed
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
from serializer_app.web.desk.scan import recognized
from serializer_app.web.house import house

COUNTED = timedelta(hours=12)
"""The running count is about the last shift."""

_LOCATION = re.compile(r"(?:.*/)?([0-9]{1,18})/?")


class ReceiveScan(msgspec.Struct):
    """A code from the scanner, the variant that was chosen and the location ("" for none)."""

    code: str
    variant: str
    location: str
    confirmed: bool = False


class UndoReceive(msgspec.Struct):
    """A scan to take back: the unit's number, and what the unit was before ("" for a new one)."""

    number: str
    before: str
    location: int | None = None


@desk.get("/receive")
def receive() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        variant_id, text = asked_number("variant"), asked("q", 100)
        variant = None if variant_id is None else catalog.find(session, shop.id, variant_id)
        shown: dict[str, object] = {"variants": []}
        if variant is not None:
            shown |= {
                "product": serial_entry.product_name(session, shop.id, [variant.variant_id]),
                "latest": receiving.latest(session, shop.id, variant.variant_id),
                "count": _count(session, variant.variant_id),
                "expectation": expected.progress(session, shop.id, variant.variant_id),
                "missing": expected.missing(session, shop.id, variant.variant_id),
                "unlisted": expected.unlisted(session, shop.id, variant.variant_id),
            }
        elif text:
            shown["variants"], _, _ = variant_list.page(session, shop.id, text=text, most=20)
        location = asked_number("location")
        return show(
            "receive",
            shop,
            variant=variant,
            text=text,
            location=location,
            places=shopify_stock.locations(session, shop.id),
            names=shopify_stock.location_names(session, shop.id),
            most=expected.SHOWN,
            **shown,
        )


@desk.post("/receive")
def receive_unit() -> Response:
    body: ReceiveScan = json_body(ReceiveScan)
    words = texts()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        done = receive_scans.scan(
            session,
            shop,
            recognized(session, body.code),
            variant_id=int(body.variant) if is_number(body.variant) else None,
            location_id=read_location(body.location),
            confirmed=body.confirmed,
            actor=g.actor,
        )
        if isinstance(done, Chosen):
            product = serial_entry.product_name(session, shop.id, [done.variant.variant_id])
            message = words.gettext("Receiving {product}. Scan its units.", product=product)
            return answer({"message": message, "variant": str(done.variant.variant_id)})
        return answer(_told(session, done))


def _told(session: Session, done: Received) -> dict[str, Json]:
    words, number = texts(), done.unit.serial_number
    if done.before.state is UnitState.IN_STOCK:
        message = words.gettext("{number} moved to this location", number=number)
    elif done.before.state is not None:
        message = words.gettext("{number} is back in stock", number=number)
    elif done.listed is False:
        message = words.gettext("{number} received, but it is not on the list", number=number)
    else:
        message = words.gettext("{number} received", number=number)
    return {
        "message": message,
        "number": number,
        "unlisted": done.listed is False,
        "variant": str(done.unit.variant_id),
        "before": "" if done.before.state is None else done.before.state.value,
        "location": done.before.location_id,
    }


@desk.post("/receive/undo")
def undo_receive() -> Response:
    body: UndoReceive = json_body(UndoReceive)
    if body.before and body.before not in set(UnitState):
        raise AppError("form_invalid", "The state is none of a unit", status=422)
    before = Before(UnitState(body.before) if body.before else None, body.location)
    with house().db.write() as session:
        receiving.undo(session, g.shop_id, body.number, before, actor=g.actor)
    return answer({"message": texts().gettext("{number} taken back", number=body.number)})


@desk.post("/receive/<int:variant_id>/expected")
def load_expected(variant_id: int) -> Response:
    words = texts()
    with house().db.write() as session:
        if catalog.find(session, g.shop_id, variant_id) is None:
            raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
        done = receive_scans.load_list(session, g.shop_id, variant_id, typed("numbers"), actor=g.actor)
        if not done.loaded.added and done.refused:
            number, error = done.refused[0]
            raise AppError("form_invalid", f"{number}: {words.failure(error)}", status=422)
    added = words.ngettext("{count} number added", "{count} numbers added", done.loaded.added)
    parts = [added]
    if done.loaded.known:
        parts.append(words.ngettext("{count} known already", "{count} known already", done.loaded.known))
    if done.refused:
        left_out = [f"{number} ({words.failure(error)})" for number, error in done.refused[:5]]
        parts.append(words.gettext("left out: {numbers}", numbers=", ".join(left_out)))
    return said(" · ".join(parts))


@desk.post("/receive/<int:variant_id>/expected/close")
def close_expected(variant_id: int) -> Response:
    with house().db.write() as session:
        expected.close(session, g.shop_id, variant_id)
    return said(texts().gettext("List closed"), address("desk.receive", variant=variant_id))


def read_location(text: str) -> int | None:
    """Shopify's ID of a location, as a number or as the address of its page in the admin; None for an empty text.

    Raises AppError ``location_invalid`` (422).
    """
    if not text.strip():
        return None
    found = _LOCATION.fullmatch(text.strip()) if text.isascii() else None
    if found is None or not int(found.group(1)):
        raise AppError(
            "location_invalid",
            "Enter the ID of the location: the number at the end of its address in Shopify's settings",
            status=422,
        )
    return int(found.group(1))


def _count(session: Session, variant_id: int) -> int:
    return receiving.count_since(session, g.shop_id, variant_id, now() - COUNTED, actor=g.actor)
