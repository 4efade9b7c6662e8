"""Units that come back from customers: what a scanned one is, and what becomes of unit, sale and owner (contract §9.6).

A return ends the sale: the item is removed from its order's active items, keeps its history and its serial number, and
only a person restores it. The registration stays with the sale; ``onReturn`` says whether it ends (``end``), holds
nothing as long as the unit is back (``suspend``), or goes on until the unit is sold again (``keep``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.buyers import notices
from serializer_app.domain.gate import holds
from serializer_app.domain.items import items, ties, unit_states
from serializer_app.domain.items.ties import HOLDS
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.registry import recognition, registrations
from serializer_app.domain.registry.recognition import OpenToken
from serializer_app.domain.stock import announced
from serializer_app.errors import AppError, Detail
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Registration, Serial, Shop

DISPOSITIONS: Mapping[str, UnitState] = {
    "RESTOCKED": UnitState.IN_STOCK,
    "NOT_RESTOCKED": UnitState.RETURNED,
    "PROCESSING_REQUIRED": UnitState.RETURNED,
    "MISSING": UnitState.LOST,
    **{
        state.value: state
        for state in (
            UnitState.IN_STOCK,
            UnitState.RETURNED,
            UnitState.IN_REPAIR,
            UnitState.SCRAPPED,
            UnitState.LOST,
        )
    },
}
"""What is said of a returned unit → the state that it gets: Shopify's words (platform.md §9), then ours."""

NOBODY_SAID = UnitState.RETURNED.value
"""The disposition of a unit for which neither the caller nor Shopify has one."""


class ReturnVerdict(StrEnum):
    """What a scanned unit is to the order that is expected back."""

    SOLD = "sold"
    """The unit that was sold."""
    OTHER = "other"
    """Another unit of this shop than the one sold."""
    RETURNED = "returned"
    """The unit that was sold, and it is back already."""
    NOT_OURS = "not_ours"


class Ownership(StrEnum):
    """What became of the registration of a returned unit."""

    ENDED = "ended"
    SUSPENDED = "suspended"
    KEPT = "kept"


_OWNERSHIP = {"end": Ownership.ENDED, "suspend": Ownership.SUSPENDED, "keep": Ownership.KEPT}


@dataclass(frozen=True)
class ReturnScan:
    """A scanned code. ``item`` is the sale that the unit is, or was last; ``number`` what the unit is called."""

    verdict: ReturnVerdict
    number: str
    item: Item | None = None
    unit: Serial | None = None


@dataclass(frozen=True)
class ReturnEntry:
    """One unit that came back: named by its item ID, its serial number, or both.

    ``disposition``: see DISPOSITIONS; None for what Shopify says, if it says something definite.
    """

    item_id: str | None = None
    serial_number: str | None = None
    disposition: str | None = None
    note: str | None = None
    location_id: int | None = None


@dataclass(frozen=True)
class ReturnedUnit:
    """What became of one unit. ``unit`` is None for an item that is no unit of the registry."""

    item: Item
    unit: Serial | None
    state: UnitState
    ownership: Ownership | None
    """None where nobody had registered the sale."""


def scan(
    session: Session,
    shop_id: int,
    code: str,
    *,
    order_id: int | None = None,
    open_token: OpenToken = lambda _: None,
) -> ReturnScan:
    """What a scanned code is: the unit that was sold, another one, or none of this shop.

    With ``order_id`` the unit is compared with what that order sold; without, any active sale is what was sold.
    """
    found = recognition.recognize(session, shop_id, code, open_token=open_token, orders=False)
    units = {unit.id: unit for unit in found.serials if unit.source != "item"}
    sales = {item.id: item for item in found.items}
    for unit in units.values():
        sale = ties.active_item(session, shop_id, unit) or _last_sale(session, shop_id, unit)
        if sale is not None:
            sales[sale.id] = sale
    here = [item for item in sales.values() if order_id in (None, item.order_id)]
    active = [item for item in here if item.removed_at is None]
    back = [item for item in here if item.returned_at is not None]
    if active or back:
        item = (active or back)[0]
        verdict = ReturnVerdict.SOLD if active else ReturnVerdict.RETURNED
        unit_of_item = units.get(item.unit_id or 0)
        return ReturnScan(verdict, item.serial_number or item.item_id, item, unit_of_item)
    unit_here = next(iter(units.values()), None)
    if unit_here is not None or sales:
        sale = next(iter(sales.values()), None)
        number = unit_here.serial_number if unit_here is not None else found.number
        return ReturnScan(ReturnVerdict.OTHER, number, sale, unit_here)
    return ReturnScan(ReturnVerdict.NOT_OURS, found.number or found.reading.text)


def take_back(
    session: Session,
    vault: Vault,
    shop: Shop,
    order_id: int,
    entries: Sequence[ReturnEntry],
    *,
    actor: str,
) -> list[ReturnedUnit]:
    """Record that units of an order came back, all or nothing.

    Raises AppError: ``order_not_found``, ``item_not_found``, ``serial_not_found`` (404); ``order_deleted``,
    ``item_removed``, ``item_returned`` (it is back already), ``unit_of_other_order``, ``other_unit`` (item ID and
    serial number name two units), ``unit_state_refused`` (409). ``details`` name the entry.
    """
    orders.locked_alive(session, shop.id, order_id)
    returned: list[ReturnedUnit] = []
    for position, entry in enumerate(entries):
        try:
            item = _sold(session, shop.id, order_id, entry)
            returned.append(_take_back(session, vault, shop, item, entry, actor=actor))
        except AppError as error:
            detail: Detail = {"path": f"items.{position}", "message": error.message}
            error.details = error.details or [detail]
            raise
    announced.recount(session, shop.id, order_id)
    outbox.put(session, shop.id, JobKind.MIRROR_ORDER, [order_id])
    holds.order_changed(session, shop, order_id)
    return returned


def _take_back(
    session: Session, vault: Vault, shop: Shop, item: Item, entry: ReturnEntry, *, actor: str
) -> ReturnedUnit:
    said = entry.disposition or announced.disposition(session, shop.id, item) or NOBODY_SAID
    state, moment = DISPOSITIONS[said], now()
    item.removed_at = item.returned_at = item.updated_at = moment
    item.version += 1
    session.flush()
    why: dict[str, Mapping[str, object]] = {"disposition": {"from": None, "to": said}}
    if entry.note:
        why["note"] = {"from": None, "to": entry.note}
    changes = {"state": {"from": "active", "to": "returned"}, **why}
    history.record(session, shop.id, "item", [(item.id, changes)], actor=actor, action="returned")
    unit: Serial | None = None
    if item.unit_id is not None:
        more = {"itemId": {"from": item.item_id, "to": None}, **why}
        sales = {item.id: item.unit_id}
        ended = unit_states.release(session, shop.id, sales, state, actor=actor, action="returned", more=more)
        unit = next(iter(ended), None)
        if unit is not None and entry.location_id is not None:
            unit.location_id = entry.location_id
    unit_states.sale_ended(session, shop.id, [item.id])
    ownership = _end_ownership(session, vault, shop, item, actor=actor)
    _announce(session, shop.id, item, unit, state, said)
    return ReturnedUnit(item, unit, state, ownership)


def _sold(session: Session, shop_id: int, order_id: int, entry: ReturnEntry) -> Item:
    """The item of the order that an entry names, locked."""
    by_id = None
    if entry.item_id is not None:
        by_id = items.find(session, shop_id, entry.item_id)
        if by_id is None or by_id.order_id != order_id:
            raise AppError(
                "item_not_found", f"Item {entry.item_id} not found in order {order_id}.", status=404
            )
    item = by_id if entry.serial_number is None else _by_number(session, shop_id, order_id, entry, by_id)
    assert item is not None
    item = items.locked(session, shop_id, item.id)
    if item.returned_at is not None:
        raise AppError("item_returned", f"Item {item.item_id} was returned already.", status=409)
    if item.removed_at is not None:
        raise AppError("item_removed", f"Item {item.item_id} was removed from its order.", status=409)
    return item


def _by_number(session: Session, shop_id: int, order_id: int, entry: ReturnEntry, by_id: Item | None) -> Item:
    number = entry.serial_number or ""
    found = scan(session, shop_id, number, order_id=order_id)
    if found.verdict is ReturnVerdict.NOT_OURS:
        raise recognition.refusal(session, shop_id, number)
    if by_id is not None and (found.item is None or found.item.id != by_id.id):
        raise AppError(
            "other_unit",
            f"{number} is another unit than the one that was sold as item {by_id.item_id}.",
            status=409,
        )
    if found.item is None or found.verdict is ReturnVerdict.OTHER:
        other = found.item
        names = {} if other is None else lookups.names(session, shop_id, [other.order_id])
        place = (
            "was never sold on an order"
            if other is None
            else f"belongs to order {names.get(other.order_id) or other.order_id}"
        )
        raise AppError(
            "unit_of_other_order", f"The unit {number} {place}, not to order {order_id}.", status=409
        )
    return found.item


def _last_sale(session: Session, shop_id: int, unit: Serial) -> Item | None:
    return session.scalars(
        select(Item).where(Item.shop_id == shop_id, Item.unit_id == unit.id).order_by(Item.id.desc()).limit(1)
    ).first()


def _end_ownership(session: Session, vault: Vault, shop: Shop, item: Item, *, actor: str) -> Ownership | None:
    """What ``onReturn`` says becomes of the registration; its owner is told by mail where mail is set up."""
    held = session.scalars(
        select(Registration)
        .where(Registration.shop_id == shop.id, Registration.item_key == item.id, *HOLDS)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if held is None:
        return None
    ownership = _OWNERSHIP[shop.on_return]
    notices.mail_return(session, vault, shop, held, item, ownership.value)
    if ownership is Ownership.ENDED:
        registrations.end(session, [held], actor=actor, action="ended-by-return")
        return ownership
    held.kept = ownership is Ownership.KEPT
    held.updated_at = now()
    held.version += 1
    session.flush()
    action = "owner-kept" if held.kept else "owner-suspended"
    registrations.note(session, held, {}, actor=actor, action=action)
    return ownership


def _announce(
    session: Session, shop_id: int, item: Item, unit: Serial | None, state: UnitState, disposition: str
) -> None:
    sale = {
        "orderId": item.order_id,
        "lineItemId": item.line_item_id,
        "itemId": item.item_id,
        "disposition": disposition,
    }
    told = (
        unit_states.facts(unit, **sale)
        if unit is not None
        else {
            "serialNumber": item.serial_number,
            "productVariantId": item.variant_id,
            "locationId": None,
            "state": state.value,
            **sale,
        }
    )
    unit_states.announce(session, shop_id, "unit.returned", [told])
