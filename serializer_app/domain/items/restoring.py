"""Removed items that come back: what another sale has taken meanwhile stays with that one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.items import ties
from serializer_app.errors import AppError
from serializer_app.store.models import Item


def before_restoring(session: Session, shop_id: int, keys: Sequence[int], *, actor: str) -> list[int]:
    """Take the serial number off items that are about to come back but whose unit is somebody else's by now.

    Returns the keys of those items; their registrations stay with them, under the item ID.
    """
    coming = session.scalars(
        select(Item)
        .where(
            Item.shop_id == shop_id,
            Item.id.in_(keys),
            Item.removed_at.is_not(None),
            Item.serial_key.is_not(None) | Item.unit_id.is_not(None),
        )
        .order_by(Item.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    lost: list[int] = []
    taken: set[int] = set()
    for item in coming:
        unit = ties.unit_of(session, shop_id, item)
        number = item.serial_number if unit is None else unit.serial_number
        if number is None:
            continue
        try:
            unit = ties.unit_to_enter(session, shop_id, item, number, restoring=True)
            used = unit is not None and unit.id in taken
        except AppError:
            used = True
        if used:
            _clear(session, shop_id, item, actor=actor)
            lost.append(item.id)
        elif unit is not None:
            taken.add(unit.id)
            ties.tie(session, shop_id, unit, item, actor=actor)
    return lost


def clear_taken_serials(session: Session, shop_id: int, keys: Sequence[int], *, actor: str) -> None:
    """Take the serial number off items that are about to come back where another unit of their line has it by now."""
    coming = session.execute(
        select(Item.id, Item.line_item_id, Item.serial_key, Item.serial_number)
        .where(
            Item.shop_id == shop_id,
            Item.id.in_(keys),
            Item.removed_at.is_not(None),
            Item.serial_key.is_not(None),
        )
        .order_by(Item.id)
    ).all()
    if not coming:
        return
    taken = {
        (line_item_id, key)
        for line_item_id, key in session.execute(
            select(Item.line_item_id, Item.serial_key).where(
                Item.shop_id == shop_id,
                Item.line_item_id.in_({row.line_item_id for row in coming}),
                Item.serial_key.in_({row.serial_key for row in coming}),
                Item.removed_at.is_(None),
            )
        )
    }
    clash = []
    for row in coming:
        place = (row.line_item_id, row.serial_key)
        if place in taken:
            clash.append(row)
        taken.add(place)
    if clash:
        session.execute(
            update(Item)
            .where(Item.shop_id == shop_id, Item.id.in_([row.id for row in clash]))
            .values(serial_number=None, serial_key=None),
            execution_options={"synchronize_session": False},
        )
        lost = [(row.id, {"serialNumber": {"from": row.serial_number, "to": None}}) for row in clash]
        history.record(session, shop_id, "item", lost, actor=actor, action="serial-cleared")


def _clear(session: Session, shop_id: int, item: Item, *, actor: str) -> None:
    number = item.serial_number
    ties.let_go(session, shop_id, item, None, actor=actor)
    item.serial_number = item.serial_key = None
    session.flush()
    changes = {"serialNumber": {"from": number, "to": None}}
    history.record(session, shop_id, "item", [(item.id, changes)], actor=actor, action="serial-cleared")
