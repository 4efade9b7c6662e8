"""Orders: what each still needs, and the page where its units get their serial numbers."""

from __future__ import annotations

from typing import cast

import msgspec
from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import order_list, order_units, serial_entry, staff
from serializer_app.domain.gate import holds
from serializer_app.domain.items import items, mirrored
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import assignments, shopify_stock, stock_list
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Shop
from serializer_app.text import Json
from serializer_app.web.answers import answer
from serializer_app.web.asking import ensure_nothing_foreign, ensure_order
from serializer_app.web.desk.forms import checked, is_number, json_body, typed
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
from serializer_app.web.desk.items import filled
from serializer_app.web.desk.nonces import answered_before, keep, new_nonce
from serializer_app.web.desk.notices import gate_notice
from serializer_app.web.desk.scan import recognized
from serializer_app.web.house import house
from serializer_app.web.texts import Texts
from serializer_app.web.wire.inputs import Adjustment, Reason
from serializer_app.web.wire.stock import Assignment

GATE_ACTIONS = ("order-held", "hold-released", "hold-released-elsewhere")
STATES = ("serials", "warning", "complete")


class SerialEntry(msgspec.Struct, rename="camel"):
    """What somebody entered for one unit, and the version of the unit that was on the screen."""

    item_id: str
    serial_number: str | None
    version: int | None = None
    confirmed: bool = False
    """Somebody was asked and wants what they entered as the serial number."""


class SerialEntries(msgspec.Struct):
    entries: list[SerialEntry]


@desk.get("/orders")
def order_rows() -> Response:
    state, name = asked("state"), asked("q", 60)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        if name:
            keys = lookups.named(session, shop.id, name)
            page = order_list.OrderPage(order_list.standings(session, shop.id, keys), None, None, None)
        else:
            page = order_list.page(
                session,
                shop.id,
                state=cast(order_list.State, state) if state in STATES else None,
                before=asked_number("before"),
                after=asked_number("after"),
            )
        return show(
            "orders",
            shop,
            page=page,
            state=state,
            name=name,
            states=("", *STATES),
            previous=page.after and address("desk.order_rows", state=state or None, after=page.after),
            following=page.before and address("desk.order_rows", state=state or None, before=page.before),
        )


@desk.get("/orders/<int:order_id>")
def order(order_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        return _order_page(session, shop, order_id)


def _order_page(session: Session, shop: Shop, order_id: int) -> Response:
    found = orders.find(session, shop.id, order_id)
    lines = orders.lines(session, shop.id, order_id)
    rows, following = order_units.of_order(session, shop.id, order_id, after=asked_number("after") or 0)
    by_line: dict[int, list[Item]] = {}
    for item in rows:
        by_line.setdefault(item.line_item_id, []).append(item)
    counts = items.counts(session, shop.id, order_id)
    removed: dict[int, list[str]] = {}
    for item_id, line_id, _ in items.removed_of_lines(
        session, shop.id, [line.line_item_id for line in lines]
    ):
        removed.setdefault(line_id, []).append(item_id)
    standing = mirrored.standing(session, shop.id, "order", order_id)
    missing = order_units.missing_by_line(session, shop.id, order_id, lines)
    lacking = [line for line in lines if missing[line.line_item_id] and line.removed_at is None]
    stocked = stock_list.having_stock(
        session, shop.id, (line.variant_id for line in lacking if line.variant_id is not None)
    )
    return show(
        "order",
        shop,
        order=found,
        lines=[line for line in lines if line.removed_at is None or counts.get(line.line_item_id)],
        by_line=by_line,
        counts=counts,
        removed=removed,
        missing=missing,
        assignable={line.line_item_id for line in lacking if line.variant_id in stocked},
        places=shopify_stock.locations(session, shop.id) if stocked else [],
        required=sum(missing[line.line_item_id] for line in lines if line.serial_numbers == catalog.REQUIRED),
        numbered=sum(
            counts.get(line.line_item_id, 0) for line in lines if line.serial_numbers != catalog.OFF
        ),
        trackable_units=orders.trackable_units(lines),
        total=sum(counts.values()),
        surpluses={surplus.line_item_id: surplus for surplus in orders.surpluses(lines, counts)},
        waiting=standing.waiting,
        written_at=standing.written_at,
        hold=foreign.hold_of(session, shop.id, "order", order_id),
        gate=gate_notice(session, shop, order_id),
        story=[
            entry
            for entry in history.entries(session, shop.id, "order", order_id)
            if entry[2] in GATE_ACTIONS
        ],
        people=staff.names(session, shop.id),
        following=following and address("desk.order", order_id=order_id, after=following),
        first=asked_number("after") and address("desk.order", order_id=order_id),
        nonce=new_nonce(),
        filled=lambda item: filled(shop, item),
        as_text="\n".join(f"{item.item_id}\t{item.serial_number or ''}" for item in rows),
    )


@desk.post("/orders/<int:order_id>/serials")
def enter_serials(order_id: int) -> Response:
    """Serial numbers for units of one order. Each entry stands on its own: one that is refused holds up no other."""
    body: SerialEntries = json_body(SerialEntries)
    words = texts()
    with house().db.write() as session:
        return answer(
            {"results": [_entered(session, order_id, entry, words) for entry in body.entries[:500]]}
        )


def _entered(session: Session, order_id: int, entry: SerialEntry, words: Texts) -> dict[str, Json]:
    try:
        item = items.find(session, g.shop_id, entry.item_id)
        if item is None or item.order_id != order_id:
            raise AppError("item_not_found", f"Item {entry.item_id[:64]} not found.", status=404)
        number = None if entry.serial_number is None else _number(session, item, entry)
        with session.begin_nested():
            changes = items.ItemChanges(serial_number=number, version=entry.version)
            items.change(session, g.shop_id, item, changes, allowed_fields=(), actor=g.actor)
    except AppError as error:
        reason = _reason(error, words)
        if error.code.startswith(serial_entry.ASK):
            again = words.gettext("Enter it once more to use it anyway.")
            return {"error": f"{reason} {again}", "ask": True}
        return {"error": reason, **_present(session, entry)}
    return {"version": item.version, "serialNumber": item.serial_number}


def _number(session: Session, item: Item, entry: SerialEntry) -> str:
    """The serial number that somebody scanned or typed for a unit."""
    code = recognized(session, entry.serial_number or "")
    return serial_entry.number_of(
        session, g.shop_id, code, variant_id=item.variant_id, confirmed=entry.confirmed
    )


def _reason(error: AppError, words: Texts) -> str:
    if error.details:
        return words.problem(error.details[0]["message"])
    return words.failure(error)


def _present(session: Session, entry: SerialEntry) -> dict[str, Json]:
    """What is stored now, so that whoever was too late sees it and can decide."""
    item = items.find(session, g.shop_id, entry.item_id)
    return {} if item is None else {"version": item.version, "serialNumber": item.serial_number}


@desk.post("/orders/<int:order_id>/release")
def release_hold(order_id: int) -> Response:
    """Staff ship the order without its serial numbers; the reason goes into its history."""
    reason: str = checked(Reason, {"reason": typed("reason")}).reason
    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        holds.let_go(session, g.shop_id, order_id, reason=reason, actor=g.actor)
    return said(texts().label("gate.releasing"))


@desk.post("/orders/<int:order_id>/items")
def generate_items(order_id: int) -> Response:
    """The items that the order should have and does not: asked twice, the second time changes nothing."""
    ensure_order(g.shop_id, order_id, actor=g.actor)
    ensure_nothing_foreign(g.shop_id, order_id)
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        outcome = orders.generate_missing(session, shop, order_id, actor=g.actor)
    return said(
        texts().ngettext(
            "{count} item created", "{count} items created", len(outcome.made) + outcome.restored
        )
    )


@desk.post("/orders/<int:order_id>/adjust")
def adjust_order(order_id: int) -> Response:
    """More or fewer items on one line, by hand. Sent twice it is done once."""
    added = typed("add") or "0"
    body: Adjustment = checked(
        Adjustment,
        {
            "lineItemId": request.form.get("lineItemId", type=int) or 0,
            "add": int(added) if added.isascii() and added.isdigit() and len(added) < 9 else added,
            "remove": request.form.getlist("remove"),
            "restore": request.form.getlist("restore"),
        },
    )
    with house().db.write() as session:
        if (before := answered_before(session)) is not None:
            return before
        outcome = orders.adjust(
            session,
            shops.by_id(session, g.shop_id),
            order_id,
            body.line_item_id,
            add=body.add,
            remove=body.remove,
            restore=body.restore,
            actor=g.actor,
        )
        words = texts()
        told = words.gettext(
            "{added} added, {removed} removed",
            added=len(outcome.made) + outcome.restored,
            removed=outcome.removed,
        )
        return keep(session, said(told))


@desk.post("/orders/<int:order_id>/assign")
def assign_oldest_units(order_id: int) -> Response:
    """Give the units of a line that have no serial number the oldest ones in stock, at one location if it is chosen.

    Sent twice, the second time changes nothing.
    """
    line, place = typed("lineItemId"), typed("location")
    body: Assignment = checked(
        Assignment,
        {
            "lineItemId": int(line) if is_number(line) else line,
            "locationIds": [int(place) if is_number(place) else place] if place else [],
        },
    )
    with house().db.write() as session:
        found = assignments.assign_oldest(
            session,
            shops.by_id(session, g.shop_id),
            order_id,
            body.line_item_id,
            location_ids=body.location_ids,
            actor=g.actor,
        )
    words = texts()
    if not found:
        return said(words.gettext("No unit in stock could be assigned"))
    return said(words.ngettext("{count} unit assigned", "{count} units assigned", len(found)))


@desk.post("/orders/<int:order_id>/resync")
def resync_order(order_id: int) -> Response:
    """Write the order's metafields again, whatever Shopify has."""
    from serializer_app.store import outbox

    with house().db.write() as session:
        orders.find(session, g.shop_id, order_id)
        outbox.put(session, g.shop_id, JobKind.MIRROR_ORDER, [order_id])
    return said(texts().gettext("Trying again"))
