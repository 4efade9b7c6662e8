"""Items from files and into files: what is on them, and items that an order does not have yet (contract §8.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, sheet_rows
from serializer_app.domain.desk.sheet_rows import SheetRow, Units, whole_number
from serializer_app.domain.ids import warranty
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.imports.kinds import Action, Context, Kind, Row, Verdict, in_chunks, warranty_of
from serializer_app.domain.items import field_values, items, pages
from serializer_app.domain.items.pages import Filters
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import serials
from serializer_app.domain.sheets.writer import Value
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Line, Order
from serializer_app.text import clean_lines

_CHUNK = 1000
_NO_ROOM = frozenset(("sheet_no_units", "sheet_full", "sheet_position"))


@dataclass(frozen=True)
class Entry:
    """What a row says of an item: of ``key``, or of a new one on ``line_item_id``."""

    key: int | None
    line_item_id: int
    order_id: int
    changes: items.ItemChanges


@dataclass
class _Seen:
    """What the rows above have claimed, so that of two rows for one unit the second is refused."""

    given: dict[int, int] = field(default_factory=dict)
    """Unit → row."""
    made: dict[int, int] = field(default_factory=dict)
    """Line → items that rows above would make."""
    holders: dict[tuple[int, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Known:
    """What the database says of the rows at hand."""

    units: Units
    items: dict[int, Any]
    lines: dict[int, Any]
    fields: set[str]


def judge(context: Context, rows: Sequence[Row], seen: dict[Any, Any]) -> list[Verdict]:
    """Say what each row would do. Raises nothing: what is wrong with a row is its verdict."""
    session, shop_id = context.session, context.shop.id
    memory = seen.setdefault("items", _Seen())
    named = [SheetRow(row.number, [], {**row.cells, "serial": row.get("serial_number")}) for row in rows]
    units = sheet_rows.units_of(session, shop_id, named)
    units.holders |= memory.holders
    known = _Known(
        units, _items(session, shop_id, units), _lines(session, shop_id, units), set(context.fields)
    )
    verdicts: list[Verdict] = []
    for row, sheet_row in zip(rows, named, strict=True):
        try:
            verdicts.append(_judge(row, sheet_row, known, memory))
        except AppError as error:
            verdicts.append(error)
    return verdicts


def _judge(row: Row, named: SheetRow, known: _Known, memory: _Seen) -> Action | None:
    changes = _changes(row, known.fields)
    unit = _unit(row, named, known, memory)
    if unit is None:
        line = _line_with_room(row, named, known, memory)
        _check_serial(known, memory, line.line_item_id, None, changes.serial_number, row.number)
        memory.made[line.line_item_id] = memory.made.get(line.line_item_id, 0) + 1
        return Action(row, True, Entry(None, line.line_item_id, line.order_id, changes))
    if (above := memory.given.get(unit.key)) is not None:
        raise AppError("sheet_twice", f"Line {above} names this unit already", status=409)
    item = known.items[unit.key]
    for column, value in (("order_id", item.order_id), ("line_item_id", item.line_item_id)):
        if row.get(column) and whole_number(row.get(column)) != value:
            raise AppError(
                "import_item_elsewhere", f"The item is on another order or line ({column})", status=409
            )
    changes = _different(item, changes)
    if changes.serial_number is not ...:
        _check_serial(known, memory, unit.line_item_id, unit, changes.serial_number, row.number)
    memory.given[unit.key] = row.number
    if changes.serial_number is ... and changes.warranty is ... and not changes.custom_fields:
        return None
    return Action(row, False, Entry(unit.key, unit.line_item_id, item.order_id, changes))


def _unit(row: Row, named: SheetRow, known: _Known, memory: _Seen) -> sheet_rows.Unit | None:
    """The unit that a row means; None for one that its order does not have yet."""
    if row.get("item_id"):
        return _by_item_id(row, known)
    try:
        return sheet_rows.unit_of(named, known.units, memory.given)
    except AppError as error:
        if error.code not in _NO_ROOM:
            raise
        return None


def _by_item_id(row: Row, known: _Known) -> sheet_rows.Unit:
    typed = row.get("item_id")
    unit = known.units.by_item_id.get(read_item_id(typed) or "") or known.units.by_item_id.get(
        old_id_key(typed) or ""
    )
    if unit is None:
        raise AppError(
            "import_item_id_unknown",
            "No item of this shop has this item ID; leave the cell empty to find the item by its order and line",
            status=404,
        )
    if not unit.lives:
        raise AppError(
            "import_item_removed", "This item was removed; bring it back on the order page first", status=409
        )
    return unit


def _line_with_room(row: Row, named: SheetRow, known: _Known, memory: _Seen) -> Any:
    """The line on which a row makes an item: the next unit of a tracked line that has fewer items than units."""
    wanted = sheet_rows.lines_of(named, known.units)
    lines = [known.lines[line_id] for line_id in wanted if line_id in known.lines]
    living = sum(_living(known, memory, line.line_item_id) for line in lines)
    position = whole_number(row.get("position"))
    if row.get("position") and position != living + 1:
        raise AppError(
            "import_position", f"There are {living} items here; the next position is {living + 1}", status=409
        )
    for line in lines:
        if line.variant_id is not None and _living(known, memory, line.line_item_id) < line.quantity:
            return line
    raise AppError(
        "import_no_room",
        "Every unit of this line has an item already, or the order has no such line",
        status=409,
    )


def _living(known: _Known, memory: _Seen, line_item_id: int) -> int:
    return len(known.units.of_line.get(line_item_id, ())) + memory.made.get(line_item_id, 0)


def _check_serial(
    known: _Known, memory: _Seen, line: int, unit: sheet_rows.Unit | None, number: Any, row: int
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
    holders[(line, serial_key(number))] = memory.holders[(line, serial_key(number))] = own


def _changes(row: Row, allowed: set[str]) -> items.ItemChanges:
    number: Any = row.get("serial_number") or ...
    if number is not ...:
        if len(number) > items.SERIAL_LENGTH:
            raise AppError("serial_too_long", serials.TOO_LONG, status=422)
        if serials.wrong(number) is not None:
            raise AppError(
                "import_serial_odd", "The serial number has characters that cannot be printed", status=422
            )
    fields = {key: clean_lines(value) for key, value in row.fields.items() if key in allowed}
    if long := [key for key, value in fields.items() if len(value) > items.FIELD_VALUE_LENGTH]:
        raise AppError("cell_field", f"{long[0]}: at most {items.FIELD_VALUE_LENGTH} characters", status=422)
    return items.ItemChanges(serial_number=number, warranty=warranty_of(row), custom_fields=fields)


def _different(item: Any, changes: items.ItemChanges) -> items.ItemChanges:
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


def _items(session: Session, shop_id: int, units: Units) -> dict[int, Any]:
    keys = {unit.key for unit in units.by_item_id.values()}
    keys |= {unit.key for some in units.of_line.values() for unit in some}
    found: dict[int, Any] = {}
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
            ).where(Item.shop_id == shop_id, Item.id.in_(some))
        )
        found |= {row.id: row for row in rows}
    return found


def _lines(session: Session, shop_id: int, units: Units) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for some in in_chunks({line_id for lines in units.lines.values() for line_id, _ in lines}):
        rows = session.execute(
            select(Line.line_item_id, Line.order_id, Line.variant_id, Line.quantity).where(
                Line.shop_id == shop_id, Line.line_item_id.in_(some), Line.removed_at.is_(None)
            )
        )
        found |= {row.line_item_id: row for row in rows}
    return found


def enter(context: Context, action: Action) -> None:
    """Change an item, or make one and fill it. Raises AppError as items.change does, ``order_deleted`` 409,
    ``variant_not_trackable`` 409, ``foreign_values`` 409, ``import_no_room`` 409.
    """
    session, shop_id, entry = context.session, context.shop.id, action.detail
    key = _make(context, entry) if entry.key is None else entry.key
    item = session.scalars(select(Item).where(Item.shop_id == shop_id, Item.id == key)).one()
    items.change(session, shop_id, item, entry.changes, allowed_fields=context.fields, actor=context.actor)


def _make(context: Context, entry: Entry) -> int:
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


def export(opened: Callable[[], Any], filters: Filters | None = None) -> Iterator[list[list[Value]]]:
    """Every living item that matches the filters, page by page: memory stays flat however many there are."""
    beyond: int | None = None
    more = True
    while more:
        with opened() as context:
            page = pages.page(
                context.session.connection(), context.shop.id, filters or {}, beyond=beyond, most=_CHUNK
            )
            written = _written(context, page.rows) if page.rows else []
        yield written
        more = page.has_next
        beyond = page.rows[-1][0] if page.rows else None


def _written(context: Context, rows: Sequence[tuple[Any, ...]]) -> list[list[Value]]:
    session, shop_id, keys = context.session, context.shop.id, context.fields
    names: dict[int, str | None] = {}
    for some in in_chunks({row[7] for row in rows}):
        found = select(Order.order_id, Order.name).where(Order.shop_id == shop_id, Order.order_id.in_(some))
        names |= dict(session.execute(found).all())
    skus: dict[int, str | None] = {}
    places: dict[int, int] = {}
    for some in in_chunks({row[1] for row in rows}):
        lines = select(Line.line_item_id, Line.sku).where(
            Line.shop_id == shop_id, Line.line_item_id.in_(some)
        )
        skus |= dict(session.execute(lines).all())
        places |= _positions(session, shop_id, some)
    titles = item_search.variant_titles(session, shop_id, {row[2] for row in rows})
    written: list[list[Value]] = []
    for key, line, variant, item_id, serial, cover, fields, order, auto, made, changed in rows:
        values = {field["key"]: field["value"] for field in msgspec.json.decode(fields)} if keys else {}
        written.append(
            [
                item_id,
                serial,
                names.get(order),
                order,
                line,
                skus.get(line),
                places.get(key),
                warranty.written(cover),
                variant,
                *titles.get(variant, (None, None)),
                bool(auto),
                pages.printed(made),
                pages.printed(changed),
                *(values.get(name) for name in keys),
            ]
        )
    return written


def _positions(session: Session, shop_id: int, lines: Sequence[int]) -> dict[int, int]:
    """Each living item's place on its line, from 1, in the order they were made."""
    rows = session.execute(
        select(Item.id, Item.line_item_id).where(
            Item.shop_id == shop_id, Item.line_item_id.in_(lines), Item.removed_at.is_(None)
        )
    ).all()
    count: dict[int, int] = {}
    places: dict[int, int] = {}
    for key, line in sorted((row[0], row[1]) for row in rows):
        count[line] = places[key] = count.get(line, 0) + 1
    return places


KIND = Kind(
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
