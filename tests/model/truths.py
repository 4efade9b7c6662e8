"""What must be true of units, items and registrations after anything that happened, for every machine that plays it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.items import unit_states
from serializer_app.store.models import Item, Serial


def every_unit_is_in_one_place(session: Session, shop_id: int) -> None:
    """A unit has at most one active item, says so itself, and has the state of a unit that has one."""
    active = session.scalars(select(Item).where(Item.shop_id == shop_id, Item.removed_at.is_(None))).all()
    units = {unit.id: unit for unit in session.scalars(select(Serial).where(Serial.shop_id == shop_id))}
    sold = [item.unit_id for item in active if item.unit_id is not None]
    assert len(sold) == len(set(sold))
    known = {unit.serial_key for unit in units.values()}
    entered = [item.serial_key for item in active if item.serial_key in known]
    assert len(entered) == len(set(entered))
    for item in active:
        if item.unit_id is not None:
            unit = units[item.unit_id]
            assert unit.item_key == item.id
            assert unit.state not in {*unit_states.WITHOUT_ITEM, unit_states.REPLACED}
    for unit in units.values():
        if unit.source != "item" and unit.state in unit_states.WITH_ITEM:
            assert unit.id in set(sold), (unit.serial_number, unit.state)
