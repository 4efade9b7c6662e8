"""Items from files and into files: what is on them, and items that an order does not have yet (contract §8.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import sheet_rows
from serializer_app.domain.desk.serial_entry import Numbers
from serializer_app.domain.desk.sheet_rows import SheetRow, SheetUnit, Units, called, whole_number
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.imports import old_ids
from serializer_app.domain.imports.item_export import export
from serializer_app.domain.imports.kinds import (
    Action,
    Context,
    ImportKind,
    ImportRow,
    Seen,
    Verdict,
    in_chunks,
    warranty_of,
)
from serializer_app.domain.items import field_values, items
from serializer_app.domain.orders import orders
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Line
from serializer_app.text import clean_lines

_NO_ROOM = frozenset(("sheet_no_units", "sheet_full", "sheet_position"))


@dataclass(frozen=True)
class ItemEntry:
    """What a row says of an item: of ``key``, or of a new one on ``line_item_id``."""

    key: int | None
    line_item_id: int
    order_id: int
    changes: items.ItemChanges
    adopts: str | None = None
    """The old item ID that the new one shall have."""


class _KnownItem(NamedTuple):
    """An item as it is stored."""

    id: int
    order_id: int
    line_item_id: int
    serial_number: str | None
    warranty: str | None
    custom_fields: str
    version: int
    is_blank: bool


class _KnownLine(NamedTuple):
    line_item_id: int
    order_id: int
    variant_id: int | None
    quantity: int


@dataclass(frozen=True)
class _KnownItems:
    """What the database says of the rows at hand."""

    units: Units
    items: dict[int, _KnownItem]
    lines: dict[int, _KnownLine]
    fields: set[str]
    numbers: Numbers
    mistyped: dict[str, str]
    """Item IDs that no item has and that differ by one typing error from the one named."""


def judge(context: Context, rows: Sequence[ImportRow], seen: Seen) -> list[Verdict]:
    """Say what each row would do. Raises nothing: what is wrong with a row is its verdict."""
    session, shop_id = context.session, context.shop.id
    named = [SheetRow(row.number, [], {**row.cells, "serial": row.get("serial_number")}) for row in rows]
    units = sheet_rows.units_of(session, shop_id, named)
    units.holders |= seen.holders
    found = _items(session, shop_id, units)
    unknown = [one.named["item_id"] for one in named if "item_id" in one.named and not called(one, units)]
    stored = {item.serial_number for item in found.values()}
    known = _KnownItems(
        units,
        found,
        _lines(session, shop_id, units),
        set(context.fields),
        Numbers(session, shop_id, {row.get("serial_number") for row in rows} - stored),
        old_ids.mistyped(session, shop_id, unknown),
    )
    verdicts: list[Verdict] = []
    for row, sheet_row in zip(rows, named, strict=True):
        try:
            verdicts.append(_judge(row, sheet_row, known, seen))
        except AppError as error:
            verdicts.append(error)
    return verdicts


def _judge(row: ImportRow, named: SheetRow, known: _KnownItems, seen: Seen) -> Action | None:
    changes = _changes(row, known.fields)
    unit = _unit(row, named, known, seen)
    if unit is None:
        adopts = row.get("item_id") or None
        line = _line_to_adopt(row, named, known, seen) if adopts else _line_with_room(row, named, known, seen)
        number, note = _number(row, known, line.variant_id or 0)
        changes = replace(changes, serial_number=number)
        _check_serial(known, seen, line.line_item_id, None, number, row.number)
        _claim_place(row, line.line_item_id, known, seen, adopts=adopts is not None)
        return Action(row, True, ItemEntry(None, line.line_item_id, line.order_id, changes, adopts), note)
    if (above := seen.items.get(unit.key)) is not None:
        raise AppError("sheet_twice", f"Line {above} names this unit already", status=409)
    item = known.items[unit.key]
    for column, value in (("order_id", item.order_id), ("line_item_id", item.line_item_id)):
        if row.get(column) and whole_number(row.get(column)) != value:
            raise AppError(
                "import_item_elsewhere", f"The item is on another order or line ({column})", status=409
            )
    note = None
    if row.get("serial_number") != item.serial_number:
        number, note = _number(row, known, unit.variant_id)
        changes = replace(changes, serial_number=number)
    changes = _different(item, changes)
    if changes.serial_number is not ...:
        _check_serial(known, seen, unit.line_item_id, unit, changes.serial_number, row.number)
    seen.items[unit.key] = row.number
    if changes.serial_number is ... and changes.warranty is ... and not changes.custom_fields:
        return None
    return Action(row, False, ItemEntry(unit.key, unit.line_item_id, item.order_id, changes), note)


def _number(row: ImportRow, known: _KnownItems, variant_id: int) -> tuple[str | EllipsisType, str | None]:
    """What a row's serial number is on a unit of this variant (... for an empty cell), and what to look at."""
    typed = row.get("serial_number")
    return known.numbers.of(typed, variant_id) if typed else (..., None)


def _unit(row: ImportRow, named: SheetRow, known: _KnownItems, seen: Seen) -> SheetUnit | None:
    """The unit that a row means; None for one that its order does not have yet."""
    if row.get("item_id"):
        return _by_item_id(row, named, known)
    try:
        return sheet_rows.unit_of(named, known.units, seen.items)
    except AppError as error:
        if error.code not in _NO_ROOM:
            raise
        return None


def _by_item_id(row: ImportRow, named: SheetRow, known: _KnownItems) -> SheetUnit | None:
    """The unit of an item ID; None for the ID of another app, which its order shall have."""
    unit = called(named, known.units)
    if unit is not None and not unit.lives:
        raise AppError(
            "import_item_removed", "This item was removed; bring it back on the order page first", status=409
        )
    if unit is None and not (row.get("order") or row.get("order_id")):
        raise AppError(
            "import_item_id_unknown",
            "No item of this shop has this item ID; name order and line too, and an item takes the ID over",
            status=404,
        )
    if unit is None and row.get("item_id") in known.mistyped:
        raise AppError(
            "import_item_id_mistyped", "No item has this item ID, but one has nearly the same", status=404
        )
    return unit


def _line_to_adopt(row: ImportRow, named: SheetRow, known: _KnownItems, seen: Seen) -> _KnownLine:
    """The line whose item takes an old ID over: of several with the SKU, the first that has a unit without one."""
    key = old_ids.check(row.get("item_id"))
    if (above := seen.old_ids.setdefault(key, row.number)) != row.number:
        raise AppError("import_item_id_twice", f"Line {above} has this item ID already", status=409)
    wanted = sheet_rows.lines_of(named, known.units)
    lines = [known.lines[line_id] for line_id in wanted if line_id in known.lines]
    is_named = any(row.get(column) for column in ("line_item_id", "line", "sku"))
    if not lines or (len(lines) > 1 and not is_named):
        raise AppError(
            "import_line",
            "The order has no such line, or several: name line_item_id, line or sku",
            status=409,
        )
    with_blank = (line for line in lines if _blank(line.line_item_id, known, seen) is not None)
    with_room = (line for line in lines if _living(known, seen, line.line_item_id) < line.quantity)
    return next(with_blank, None) or next(with_room, lines[0])


def _blank(line_item_id: int, known: _KnownItems, seen: Seen) -> SheetUnit | None:
    """The oldest blank item of a line that no row above means: takeover.adoption gives it the next old ID."""
    units = known.units.of_line.get(line_item_id, ())
    return next(
        (unit for unit in units if known.items[unit.key].is_blank and unit.key not in seen.items), None
    )


def _claim_place(row: ImportRow, line_item_id: int, known: _KnownItems, seen: Seen, *, adopts: bool) -> None:
    blank = _blank(line_item_id, known, seen) if adopts else None
    if blank is not None:
        seen.items[blank.key] = row.number
    else:
        seen.made[line_item_id] = seen.made.get(line_item_id, 0) + 1


def _line_with_room(row: ImportRow, named: SheetRow, known: _KnownItems, seen: Seen) -> _KnownLine:
    """The line on which a row makes an item: the next unit of a tracked line that has fewer items than units."""
    wanted = sheet_rows.lines_of(named, known.units)
    lines = [known.lines[line_id] for line_id in wanted if line_id in known.lines]
    living = sum(_living(known, seen, line.line_item_id) for line in lines)
    position = whole_number(row.get("position"))
    if row.get("position") and position != living + 1:
        raise AppError(
            "import_position", f"There are {living} items here; the next position is {living + 1}", status=409
        )
    for line in lines:
        if line.variant_id is not None and _living(known, seen, line.line_item_id) < line.quantity:
            return line
    raise AppError(
        "import_no_room",
        "Every unit of this line has an item already, or the order has no such line",
        status=409,
    )


def _living(known: _KnownItems, seen: Seen, line_item_id: int) -> int:
    return len(known.units.of_line.get(line_item_id, ())) + seen.made.get(line_item_id, 0)


def _check_serial(
    known: _KnownItems,
    seen: Seen,
    line: int,
    unit: SheetUnit | None,
    number: str | EllipsisType | None,
    row: int,
) -> None:
    """Refuse a serial number that another unit of the line has. New units are remembered by their row's number."""
    if not isinstance(number, str):
        return
    holders, own = known.units.holders, -row if unit is None else unit.key
    if holders.get((line, serial_key(number)), own) != own:
        raise AppError(
            "serial_number_taken",
            "This serial number is already entered for another unit of this line item",
            status=409,
        )
    if unit is not None and unit.serial_key is not None:
        holders.pop((line, unit.serial_key), None)
    holders[(line, serial_key(number))] = seen.holders[(line, serial_key(number))] = own


def _changes(row: ImportRow, allowed: set[str]) -> items.ItemChanges:
    fields = {key: clean_lines(value) for key, value in row.fields.items() if key in allowed}
    if long := [key for key, value in fields.items() if len(value) > items.FIELD_VALUE_LENGTH]:
        raise AppError("cell_field", f"{long[0]}: at most {items.FIELD_VALUE_LENGTH} characters", status=422)
    return items.ItemChanges(warranty=warranty_of(row), custom_fields=fields)


def _different(item: _KnownItem, changes: items.ItemChanges) -> items.ItemChanges:
    """The changes that change something."""
    stored = field_values.stored(item.custom_fields)
    fields = {
        key: value for key, value in (changes.custom_fields or {}).items() if stored.get(key, "") != value
    }
    return items.ItemChanges(
        serial_number=... if changes.serial_number == item.serial_number else changes.serial_number,
        warranty=... if changes.warranty == item.warranty else changes.warranty,
        custom_fields=fields,
        version=item.version,
    )


def _items(session: Session, shop_id: int, units: Units) -> dict[int, _KnownItem]:
    keys = {unit.key for unit in units.by_item_id.values()}
    keys |= {unit.key for some in units.of_line.values() for unit in some}
    found: dict[int, _KnownItem] = {}
    for some in in_chunks(keys):
        rows = session.execute(
            select(
                Item.id,
                Item.order_id,
                Item.line_item_id,
                Item.serial_number,
                Item.warranty,
                Item.custom_fields,
                Item.version,
                items.BLANK.label("is_blank"),
            ).where(Item.shop_id == shop_id, Item.id.in_(some))
        )
        found |= {row[0]: _KnownItem(*row) for row in rows}
    return found


def _lines(session: Session, shop_id: int, units: Units) -> dict[int, _KnownLine]:
    found: dict[int, _KnownLine] = {}
    for some in in_chunks({line_id for lines in units.lines.values() for line_id, _ in lines}):
        rows = session.execute(
            select(Line.line_item_id, Line.order_id, Line.variant_id, Line.quantity).where(
                Line.shop_id == shop_id, Line.line_item_id.in_(some), Line.removed_at.is_(None)
            )
        )
        found |= {row[0]: _KnownLine(*row) for row in rows}
    return found


def enter(context: Context, action: Action) -> None:
    """Change an item, or make one and fill it. Raises AppError as items.change does, ``order_deleted`` 409,
    ``variant_not_trackable`` 409, ``foreign_values`` 409, ``import_no_room`` 409.
    """
    session, shop_id, entry = context.session, context.shop.id, action.detail
    assert isinstance(entry, ItemEntry)
    if entry.adopts is not None:
        key = old_ids.take_over(
            session, shop_id, entry.order_id, entry.line_item_id, entry.adopts, actor=context.actor
        )
    else:
        key = _make(context, entry) if entry.key is None else entry.key
    item = session.scalars(select(Item).where(Item.shop_id == shop_id, Item.id == key)).one()
    items.change(session, shop_id, item, entry.changes, allowed_fields=context.fields, actor=context.actor)


def _make(context: Context, entry: ItemEntry) -> int:
    session, shop_id = context.session, context.shop.id
    foreign.refuse_if_held(session, shop_id, entry.order_id)
    outcome = orders.adjust(
        session, context.shop, entry.order_id, entry.line_item_id, add=1, actor=context.actor
    )
    line = items.stored_lines(session, shop_id, entry.order_id)[entry.line_item_id]
    if len(line.living) > line.quantity:
        raise AppError("import_no_room", "Every unit of this line has an item by now", status=409)
    (item_id,) = outcome.made
    return session.scalars(select(Item.id).where(Item.shop_id == shop_id, Item.own_id == item_id)).one()


KIND = ImportKind(
    name="items",
    columns=("item_id", "serial_number", "order", "order_id", "line_item_id", "sku", "position", "warranty"),
    shown_only=("variant_id", "product", "variant", "auto_generated", "created_at", "updated_at"),
    aliases={
        "serial": "serial_number",
        "ordername": "order",
        "ordernumber": "order",
        "unit": "position",
        "line": "line",
        "warrantyduration": "warranty",
    },
    needs=(("item_id", "order", "order_id"),),
    codes=frozenset(
        ("item_id", "serial_number", "order", "order_id", "line_item_id", "line", "sku", "position")
    ),
    judge=judge,
    enter=enter,
    export=export,
    example=("", "SN-000123", "#1001", "", "", "CLOCK-R", "1", "24 months"),
    has_fields=True,
)
