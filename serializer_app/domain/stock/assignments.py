"""Assigning units to the lines of orders, by number or the oldest in stock first (contract §9.4).

What may be assigned is decided by ``items.ties.unit_to_enter``, as at every other door.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.plan import StoredLine
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import recognition
from serializer_app.errors import AppError, Detail
from serializer_app.store.models import Item, Serial, Shop


def assign(
    session: Session,
    shop: Shop,
    order_id: int,
    line_item_id: int,
    serial_numbers: Sequence[str],
    *,
    actor: str,
) -> list[Item]:
    """Give units to items of a line that have no serial number, in the order given; all or nothing.

    Items that the line lacks are made. A number that the line has already stays where it is, so a repeated call
    changes nothing. Returns the items.

    Raises AppError: ``order_not_found``, ``line_item_not_found``, ``serial_not_found`` (404); ``order_deleted``,
    ``variant_differs``, ``line_full`` and what ``ties.unit_to_enter`` refuses (409).
    """
    line = line_of(session, shop.id, order_id, line_item_id)
    units = [
        _unit_for(session, shop.id, line, number, path=f"serialNumbers.{position}")
        for position, number in enumerate(serial_numbers)
    ]
    have = {item.unit_id: item for item in _living(session, shop.id, line_item_id) if item.unit_id}
    wanted = list({unit.id: unit for unit in units if unit.id not in have}.values())
    empty = _empty_items(session, shop, order_id, line, len(wanted), actor=actor)
    for unit, item in zip(wanted, empty, strict=True):
        changes = ItemChanges(serial_number=unit.serial_number)
        items.change(session, shop.id, item, changes, allowed_fields=(), actor=actor)
        have[unit.id] = item
    return [have[unit.id] for unit in {unit.id: unit for unit in units}.values()]


def assign_oldest(
    session: Session,
    shop: Shop,
    order_id: int,
    line_item_id: int,
    *,
    location_ids: Sequence[int] = (),
    actor: str,
) -> list[Item]:
    """Give every item of a line that has no serial number the oldest unit in stock; returns the items that got one.

    With ``location_ids`` only units at one of these locations. Too few units leave the last items empty. Raises
    AppError as ``assign`` does.
    """
    line = line_of(session, shop.id, order_id, line_item_id)
    if line.variant_id is None:
        return []
    missing = sum(item.serial_key is None for item in _living(session, shop.id, line_item_id))
    missing += max(0, line.missing)
    found = oldest_in_stock(session, shop.id, line.variant_id, missing, location_ids=location_ids)
    numbers = [unit.serial_number for unit in found]
    return assign(session, shop, order_id, line_item_id, numbers, actor=actor) if numbers else []


def oldest_in_stock(
    session: Session, shop_id: int, variant_id: int, count: int, *, location_ids: Sequence[int] = ()
) -> list[Serial]:
    """Up to ``count`` units in stock, the oldest first, locked; others that are taking some now are left to them."""
    query = (
        select(Serial)
        .where(
            Serial.shop_id == shop_id,
            Serial.variant_id == variant_id,
            Serial.state == UnitState.IN_STOCK.value,
            Serial.source != "item",
        )
        .order_by(Serial.id)
        .limit(count)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if location_ids:
        query = query.where(Serial.location_id.in_(location_ids))
    return list(session.scalars(query)) if count > 0 else []


def unassign(
    session: Session,
    shop: Shop,
    order_id: int,
    line_item_id: int,
    serial_numbers: Sequence[str],
    *,
    actor: str,
) -> list[Item]:
    """Take units off a line, all or nothing; they are in stock again. Returns the items, now without a serial number.

    Raises AppError: ``order_not_found``, ``line_item_not_found``, ``serial_not_found`` (404), ``order_deleted``,
    ``unit_not_assigned`` (409).
    """
    line = line_of(session, shop.id, order_id, line_item_id)
    living = {item.unit_id: item for item in _living(session, shop.id, line_item_id) if item.unit_id}
    freed: list[Item] = []
    for position, number in enumerate(serial_numbers):
        unit = _unit_for(session, shop.id, line, number, path=f"serialNumbers.{position}")
        item = living.pop(unit.id, None)
        if item is None:
            raise AppError(
                "unit_not_assigned",
                f"The serial number {number} is not assigned to line item {line_item_id}.",
                status=409,
                details=[_detail(f"serialNumbers.{position}", "is not assigned to this line item")],
            )
        changes = ItemChanges(serial_number=None)
        items.change(session, shop.id, item, changes, allowed_fields=(), actor=actor)
        freed.append(item)
    return freed


def line_of(session: Session, shop_id: int, order_id: int, line_item_id: int) -> StoredLine:
    """A line of an order that was not deleted, locked with its order. Raises AppError as ``assign`` does."""
    orders.locked_alive(session, shop_id, order_id)
    line = items.stored_lines(session, shop_id, order_id).get(line_item_id)
    if line is None:
        raise AppError(
            "line_item_not_found", f"Line item {line_item_id} not found in order {order_id}.", status=404
        )
    return line


def _unit_for(session: Session, shop_id: int, line: StoredLine, number: str, *, path: str) -> Serial:
    unit = recognition.serial_named(session, shop_id, number)
    if unit is None or unit.source == "item":
        refused = recognition.refusal(session, shop_id, number)
        refused.details = [_detail(path, "is no serial number of the registry")]
        raise refused
    if unit.variant_id != line.variant_id:
        raise AppError(
            "variant_differs",
            f"The serial number {number} belongs to another variant",
            status=409,
            details=[_detail(path, "belongs to another variant")],
        )
    return unit


def _living(session: Session, shop_id: int, line_item_id: int) -> Sequence[Item]:
    return session.scalars(
        select(Item)
        .where(Item.shop_id == shop_id, Item.line_item_id == line_item_id, Item.removed_at.is_(None))
        .order_by(Item.id)
    ).all()


def _empty_items(
    session: Session, shop: Shop, order_id: int, line: StoredLine, count: int, *, actor: str
) -> list[Item]:
    """As many items of the line without a serial number; those that it lacks are made."""
    empty = [item for item in _living(session, shop.id, line.line_item_id) if item.serial_key is None]
    lacking = count - len(empty)
    if 0 < lacking <= line.missing:
        orders.adjust(session, shop, order_id, line.line_item_id, add=lacking, actor=actor)
        empty = [item for item in _living(session, shop.id, line.line_item_id) if item.serial_key is None]
    if len(empty) < count:
        raise AppError(
            "line_full",
            f"Line item {line.line_item_id} has {len(empty)} units without a serial number, not {count}.",
            status=409,
        )
    return empty[:count]


def _detail(path: str, message: str) -> Detail:
    return {"path": path, "message": message}
