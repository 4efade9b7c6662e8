"""Changing a unit by hand: its state, its location, a note (contract §9.9)."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType

from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.items import ties, unit_states
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.errors import AppError
from serializer_app.store.models import Serial
from serializer_app.text import Json

NOTE_LENGTH = 500


@dataclass(frozen=True)
class UnitChanges:
    """What is to be different about a unit. ``...`` (Ellipsis) leaves a thing as it is.

    ``location_id`` is Shopify's ID of a location, None for nowhere in particular.
    """

    state: UnitState | EllipsisType = ...
    location_id: int | EllipsisType | None = ...
    note: str | EllipsisType | None = ...


def change_unit(session: Session, shop_id: int, unit: Serial, changes: UnitChanges, *, actor: str) -> bool:
    """Change a unit; returns whether anything became different.

    Raises AppError (409): ``unit_is_item_id`` for the serial of an item ID, ``unit_on_order`` while an order has the
    unit, ``unit_state_by_assignment`` for a state that nobody sets by hand, ``unit_state_refused``.
    """
    if unit.source == "item":
        raise AppError(
            "unit_is_item_id",
            "This is an item ID, not a unit of the registry; its order says where it is",
            status=409,
        )
    (unit,) = unit_states.locked(session, shop_id, [unit.id])
    told: dict[str, dict[str, Json]] = {}
    if not isinstance(changes.location_id, EllipsisType) and changes.location_id != unit.location_id:
        told["locationId"] = {"from": unit.location_id, "to": changes.location_id}
        unit.location_id = changes.location_id
    if not isinstance(changes.note, EllipsisType) and (changes.note or None) != unit.note:
        told["note"] = {"from": unit.note, "to": changes.note or None}
        unit.note = changes.note or None
    session.flush()
    if isinstance(changes.state, EllipsisType) or changes.state == unit.state:
        if told:
            entries: list[tuple[int, history.Changes]] = [(unit.id, told)]
            history.record(session, shop_id, "serial", entries, actor=actor, action="changed")
        return bool(told)
    _refuse(session, shop_id, unit, changes.state)
    return unit_states.change(session, unit, changes.state, actor=actor, action="state-changed", more=told)


def _refuse(session: Session, shop_id: int, unit: Serial, state: UnitState) -> None:
    if state not in unit_states.BY_HAND:
        raise AppError(
            "unit_state_by_assignment",
            f"Nobody sets the state {state} by hand: assigning a unit to an order reserves it, and update-serial "
            "replaces it",
            status=409,
        )
    item = ties.active_item(session, shop_id, unit)
    if item is None:
        return
    # A customer's unit may be lost or in repair and stays the customer's; the shop has none that is on an order.
    if state in unit_states.WITHOUT_ITEM or (
        unit.state == UnitState.RESERVED and state is not UnitState.SOLD
    ):
        raise AppError(
            "unit_on_order",
            f"The unit {unit.serial_number} is item {item.item_id} of an order; return it, or take it off the order, "
            "first",
            status=409,
            values={"number": unit.serial_number, "item": item.item_id},
        )
