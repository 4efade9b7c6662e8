"""Receiving units into stock: each number once, and a unit that was here before only after a person confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items import ties, unit_states
from serializer_app.domain.items.unit_states import IN_STOCK, REPLACED, RESERVED, SOLD, UnitState
from serializer_app.domain.orders import lookups
from serializer_app.domain.registry import serials
from serializer_app.domain.registry.entry_documents import sentence
from serializer_app.domain.registry.serials import Entry, EntryProblem
from serializer_app.domain.stock import expected
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.errors import AppError
from serializer_app.store.models import HistoryEntry, Item, Registration, Serial, Shop, Variant

SOURCE = "api"
"""Of ``serials.source``: a number that somebody else gave the unit."""

UNDO_WITHIN = timedelta(hours=1)

MOST_COUNTED = 2000


@dataclass(frozen=True)
class Before:
    """What a unit was before it was received; ``state`` is None for one that the registry did not know."""

    state: UnitState | None
    location_id: int | None = None


@dataclass(frozen=True)
class Received:
    """A unit that is in stock now. ``listed``: whether the list of expected units names it; None without a list."""

    unit: Serial
    before: Before
    listed: bool | None


def receive(
    session: Session,
    shop: Shop,
    variant: Variant,
    number: str,
    *,
    location_id: int | None,
    confirmed: bool = False,
    actor: str,
) -> Received:
    """Put one unit of ``variant`` in stock at ``location_id`` (Shopify's ID; None for nowhere in particular).

    A number that the registry lacks is entered. ``confirmed``: a person wants a unit back in stock that was returned,
    in repair, scrapped or lost, or moved here from another location.

    Raises AppError 409: ``received_already``, ``received_sold``, ``received_on_order``, ``variant_differs``,
    ``serial_replaced``, ``unit_is_item_id``; without ``confirmed`` also ``confirm_moved``, ``confirm_returned``,
    ``confirm_in_repair``, ``confirm_scrapped``, ``confirm_lost``. 422: ``serial_malformed``, ``serial_too_long``.
    """
    unit = serials.find(session, shop.id, number)
    before = Before(None)
    if unit is None:
        entry = Entry(experience_id=variant.experience_id, serial_number=number, location_id=location_id)
        verdicts = serials.enter(session, shop, [entry], source=SOURCE, actor=actor)
        unit = serials.find(session, shop.id, number)
        if verdicts.refused and (unit is None or verdicts.refused[0].problem is not EntryProblem.EXISTS):
            problem = verdicts.refused[0].problem
            code = "serial_too_long" if problem is EntryProblem.TOO_LONG else "serial_malformed"
            raise AppError(code, sentence(problem, entry), status=422)
        assert unit is not None
        if not verdicts.refused:
            listed = expected.note_arrival(session, shop.id, unit, actor=actor)
            return Received(unit, before, listed)
    (unit,) = unit_states.locked(session, shop.id, [unit.id])
    before = Before(UnitState(unit.state), unit.location_id)
    _refuse(session, shop.id, variant, unit, location_id, confirmed=confirmed)
    place = unit.location_id if location_id is None else location_id
    change_unit(session, shop.id, unit, UnitChanges(IN_STOCK, place), actor=actor)
    return Received(unit, before, expected.note_arrival(session, shop.id, unit, actor=actor))


def _refuse(
    session: Session,
    shop_id: int,
    variant: Variant,
    unit: Serial,
    location_id: int | None,
    *,
    confirmed: bool,
) -> None:
    number, state = unit.serial_number, UnitState(unit.state)
    if unit.variant_id != variant.variant_id:
        raise AppError(
            "variant_differs", f"The serial number {number} belongs to another variant", status=409
        )
    if state is REPLACED:
        unit_states.refuse_unless_in_stock(unit)
    sale = ties.active_item(session, shop_id, unit)
    if sale is not None:
        raise on_order(session, shop_id, number, sale)
    if state in (SOLD, RESERVED):
        raise _refused("received_sold", "{number} was sold. Use the page Returns if it came back.", number)
    if state is IN_STOCK:
        if location_id in (None, unit.location_id):
            raise _refused(
                "received_already", "{number} was received already and is not counted twice.", number
            )
        if not confirmed:
            raise _refused("confirm_moved", "{number} is in stock at another location.", number)
    elif not confirmed:
        raise _refused(f"confirm_{state}", f"{{number}} is {state.replace('_', ' ')}.", number)


def on_order(session: Session, shop_id: int, number: str, sale: Item) -> AppError:
    """What is said of a unit that an order has."""
    name = lookups.names(session, shop_id, [sale.order_id]).get(sale.order_id) or str(sale.order_id)
    return AppError(
        "received_on_order",
        f"{number} belongs to order {name}. Use the page Returns if it came back.",
        status=409,
        values={"number": number, "order": name},
    )


def undo(session: Session, shop_id: int, number: str, before: Before, *, actor: str) -> None:
    """Take back a ``receive``: what it was ``before`` it is again; a number that was new is deleted.

    Only whoever received a new number can take it back, within an hour, while nothing else happened to the unit.
    Raises AppError ``serial_not_found`` (404), ``received_undo_late`` (409) and what ``change_unit`` refuses.
    """
    found = serials.find(session, shop_id, number)
    if found is None:
        raise AppError("serial_not_found", f"Serial number {number} not found.", status=404)
    (unit,) = unit_states.locked(session, shop_id, [found.id])
    if before.state is not None:
        changes = UnitChanges(before.state, before.location_id)
        change_unit(session, shop_id, unit, changes, actor=actor)
    elif _is_untouched(session, unit, actor):
        expected.forget_unlisted(session, unit)
        session.delete(unit)
        session.flush()
    else:
        raise _refused(
            "received_undo_late",
            "{number} can no longer be removed. Change the status of the unit instead.",
            unit.serial_number,
        )


def _is_untouched(session: Session, unit: Serial, actor: str) -> bool:
    """Whether the unit is as ``receive`` entered it: nothing in the database refers to it."""
    if (unit.created_by, unit.state, unit.source) != (actor, IN_STOCK, SOURCE) or unit.item_key is not None:
        return False
    if unit.created_at < now() - UNDO_WITHIN or unit.note:
        return False
    referring = (
        select(Registration.id).where(
            Registration.shop_id == unit.shop_id, Registration.serial_id == unit.id
        ),
        select(Item.id).where(Item.shop_id == unit.shop_id, Item.unit_id == unit.id),
        select(Serial.id).where(Serial.shop_id == unit.shop_id, Serial.replaced_by == unit.id),
        select(HistoryEntry.id).where(
            HistoryEntry.shop_id == unit.shop_id,
            HistoryEntry.subject == "serial",
            HistoryEntry.subject_id == unit.id,
        ),
    )
    return all(session.execute(query.limit(1)).first() is None for query in referring)


def latest(session: Session, shop_id: int, variant_id: int, *, most: int = 20) -> list[Serial]:
    """The units of a variant that were entered last, the newest first."""
    query = select(Serial).where(*_own_units(shop_id, variant_id))
    return list(session.scalars(query.order_by(Serial.id.desc()).limit(most)))


def count_since(session: Session, shop_id: int, variant_id: int, since: datetime, *, actor: str) -> int:
    """How many new units of a variant ``actor`` has entered since then, among the latest MOST_COUNTED."""
    units = select(Serial.created_by, Serial.created_at).where(*_own_units(shop_id, variant_id))
    newest = units.order_by(Serial.id.desc()).limit(MOST_COUNTED).subquery()
    mine = (newest.c.created_by == actor) & (newest.c.created_at >= since)
    return session.scalar(select(func.count()).select_from(newest).where(mine)) or 0


def _own_units(shop_id: int, variant_id: int) -> tuple[ColumnElement[bool], ...]:
    return Serial.shop_id == shop_id, Serial.variant_id == variant_id, Serial.source != "item"


def _refused(code: str, message: str, number: str) -> AppError:
    return AppError(code, message.format(number=number), status=409, values={"number": number})
