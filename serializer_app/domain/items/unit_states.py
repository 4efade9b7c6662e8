"""The states of a unit, which changes are allowed, and the one function that changes a state (contract §9.1).

Every door goes through ``change``: packing, order page, API, imports, webhooks. Each change is one history entry and
one ``unit.state_changed`` event. docs/units.md draws the states.

A unit that is ``in_stock`` or ``returned`` has no active item; one that is ``reserved`` has one. A unit that is
``sold``, ``in_repair``, ``lost`` or ``scrapped`` may have one: the customer owns it, wherever it is. ``sold`` without
an item means that somebody registered it without an order, or that it was sold outside Shopify.

The serial of an item ID (``source`` is ``item``) is no unit of its own: it is ``sold`` while its item is active. Nobody
is told about it, because the item's history tells the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.webhooks_out import deliveries
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Serial

StateName = Literal["in_stock", "reserved", "sold", "returned", "in_repair", "scrapped", "lost", "replaced"]
"""A state as it is stored and shown."""


class UnitState(StrEnum):
    """Where a unit is in its life. ``REPLACED`` is the end of a serial number that another one took the place of."""

    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    """Assigned to an order line that has not been shipped."""
    SOLD = "sold"
    RETURNED = "returned"
    """Back from the customer; nobody has decided yet what becomes of it."""
    IN_REPAIR = "in_repair"
    SCRAPPED = "scrapped"
    LOST = "lost"
    REPLACED = "replaced"


IN_STOCK, RESERVED, SOLD, RETURNED, IN_REPAIR, SCRAPPED, LOST, REPLACED = UnitState

WITHOUT_ITEM = frozenset({IN_STOCK, RETURNED})
"""A unit in one of these states has no active item."""

WITH_ITEM = frozenset({RESERVED})
"""A unit in one of these states has an active item."""

_ALLOWED: Mapping[UnitState, frozenset[UnitState]] = {
    IN_STOCK: frozenset({RESERVED, SOLD, RETURNED, IN_REPAIR, SCRAPPED, LOST, REPLACED}),
    RESERVED: frozenset({IN_STOCK, SOLD, RETURNED, IN_REPAIR, SCRAPPED, LOST, REPLACED}),
    SOLD: frozenset({IN_STOCK, RESERVED, RETURNED, IN_REPAIR, SCRAPPED, LOST, REPLACED}),
    RETURNED: frozenset({IN_STOCK, RESERVED, SOLD, IN_REPAIR, SCRAPPED, LOST, REPLACED}),
    IN_REPAIR: frozenset({IN_STOCK, SOLD, RETURNED, SCRAPPED, LOST, REPLACED}),
    SCRAPPED: frozenset({IN_STOCK, RETURNED, LOST, IN_REPAIR, REPLACED}),
    LOST: frozenset({IN_STOCK, SOLD, RETURNED, IN_REPAIR, SCRAPPED, REPLACED}),
    # A replaced number comes back only as somebody's new one (registry.swaps).
    REPLACED: frozenset({IN_STOCK, RESERVED, SOLD}),
}

BY_HAND = frozenset({IN_STOCK, SOLD, RETURNED, IN_REPAIR, SCRAPPED, LOST})
"""What staff and other systems may set. Assigning and update-serial set the other two."""

_REASONS = {
    RESERVED: "is assigned to an order",
    SOLD: "was sold",
    RETURNED: "was returned and is not back in stock",
    IN_REPAIR: "is in repair",
    SCRAPPED: "was scrapped",
    LOST: "is reported lost",
    REPLACED: "was replaced by another one",
}


def is_allowed(before: UnitState, after: UnitState) -> bool:
    """Whether a unit may go from one state to another."""
    return after in _ALLOWED[before]


def change(
    session: Session,
    unit: Serial,
    state: UnitState,
    *,
    actor: str,
    action: str,
    more: history.NewChanges | None = None,
) -> bool:
    """Set the state of a unit; returns whether it was another one. ``action`` says why, ``more`` joins the entry.

    The caller holds the unit's row. Raises AppError ``unit_state_refused`` 409.
    """
    before = UnitState(unit.state)
    changes: dict[str, Mapping[str, object]] = dict(more or {})
    if before is not state:
        if not is_allowed(before, state):
            raise AppError(
                "unit_state_refused",
                f"A unit that is {_said(before)} cannot become {_said(state)}",
                status=409,
            )
        unit.state = state.value
        session.flush()
        changes["state"] = {"from": before.value, "to": state.value}
    if unit.source == "item":
        return before is not state
    if changes:
        history.record(session, unit.shop_id, "serial", [(unit.id, changes)], actor=actor, action=action)
    if before is not state:
        announce(session, unit.shop_id, "unit.state_changed", [facts(unit, previousState=before.value)])
    return before is not state


def refuse_unless_in_stock(unit: Serial) -> None:
    """Raises AppError ``serial_replaced`` or ``unit_not_in_stock`` (409) for a unit that cannot be sold now."""
    state = UnitState(unit.state)
    if state is IN_STOCK:
        return
    number = unit.serial_number
    if state is REPLACED:
        raise AppError("serial_replaced", f"The serial number {number} {_REASONS[state]}", status=409)
    raise AppError(
        "unit_not_in_stock",
        f"The unit with the serial number {number} {_REASONS[state]}; set its state to in_stock first",
        status=409,
        values={"number": number, "state": state.value},
    )


def locked(session: Session, shop_id: int, keys: Sequence[int]) -> list[Serial]:
    """Units by their keys, locked in the order of the keys until this transaction ends."""
    found: list[Serial] = []
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), 500):
        found += session.scalars(
            select(Serial)
            .where(Serial.shop_id == shop_id, Serial.id.in_(wanted[start : start + 500]))
            .order_by(Serial.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    return found


def release(
    session: Session,
    shop_id: int,
    sales: Mapping[int, int],
    state: UnitState = UnitState.IN_STOCK,
    *,
    actor: str,
    action: str,
    more: history.NewChanges | None = None,
) -> list[Serial]:
    """Say what became of units whose sale ended: ``sales`` maps the keys of removed items to those of their units.

    With ``in_stock`` only units that were reserved or sold change: one that is lost or in repair stays so. Returns the
    units.
    """
    units = locked(session, shop_id, list(sales.values()))
    sold_as = {unit_id: item_key for item_key, unit_id in sales.items()}
    ended = [unit for unit in units if unit.item_key == sold_as[unit.id] and unit.state != REPLACED]
    for unit in ended:
        if state is not IN_STOCK or action == "returned" or unit.state in (RESERVED, SOLD):
            change(session, unit, state, actor=actor, action=action, more=more)
    return ended


def sale_ended(session: Session, shop_id: int, item_keys: Sequence[int], *, ended: bool = True) -> None:
    """Note on the serials of item IDs whether their sale stands. No history: the item's own tells the same."""
    for start in range(0, len(item_keys), 500):
        session.execute(
            update(Serial)
            .where(
                Serial.shop_id == shop_id,
                Serial.item_key.in_(item_keys[start : start + 500]),
                Serial.item_key.is_not(None),
                Serial.source == "item",
            )
            .values(state=(IN_STOCK if ended else SOLD).value),
            execution_options={"synchronize_session": "fetch"},
        )


def follow_shipping(
    session: Session, shop_id: int, shipped: Sequence[int], waiting: Sequence[int], *, actor: str
) -> None:
    """Units of line items that were shipped become sold, and reserved again if their fulfilment was cancelled."""
    for line_ids, before, after, action in (
        (shipped, RESERVED, SOLD, "shipped"),
        (waiting, SOLD, RESERVED, "fulfilment-cancelled"),
    ):
        keys = session.scalars(
            select(Item.unit_id)
            .join(Serial, (Serial.shop_id == Item.shop_id) & (Serial.id == Item.unit_id))
            .where(
                Item.shop_id == shop_id,
                Item.line_item_id.in_(line_ids),
                Item.removed_at.is_(None),
                Serial.state == before,
            )
        ).all()
        for unit in locked(session, shop_id, [key for key in keys if key is not None]):
            if unit.state == before:
                change(session, unit, after, actor=actor, action=action)


def facts(unit: Serial, **more: object) -> dict[str, object]:
    """What an event says of a unit."""
    return {
        "serialNumber": unit.serial_number,
        "productVariantId": unit.variant_id,
        "locationId": unit.location_id,
        "state": unit.state,
        **more,
    }


def announce(session: Session, shop_id: int, event: str, told: Sequence[Mapping[str, object]]) -> None:
    """Tell other systems about units."""
    deliveries.announce(session, shop_id, event, told)


def _said(state: UnitState) -> str:
    return state.value.replace("_", " ")
