"""Rows of a spreadsheet of serial numbers, and the unit that each of them means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.domain.ids import reader as codes
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.sheets import reader
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Line, Order

MOST_ROWS = 200_000
_NAMES = {
    "itemid": "item_id",
    "serialnumber": "serial",
    "serial": "serial",
    "order": "order",
    "ordername": "order",
    "ordernumber": "order",
    "orderid": "order_id",
    "lineitemid": "line_item_id",
    "line": "line",
    "sku": "sku",
    "position": "position",
    "unit": "position",
}
_EVERY = 1000

Key = TypeVar("Key", int, str)


@dataclass(frozen=True)
class SheetRow:
    """One row: its number in the sheet, its cells, and those with a meaning by name.

    ``trouble`` is an error code when a cell with a meaning cannot be read.
    """

    number: int
    cells: list[str]
    named: dict[str, str]
    trouble: str | None = None

    @property
    def serial(self) -> str:
        return self.named.get("serial", "")


Note = tuple[int, str, str]
"""Something to check before importing: (row; code; ""), or (0; code; name of a column or sheet).

A note is kept with the task, so it holds no cell: cells can be a person's data.
"""


@dataclass(frozen=True)
class SerialSheet:
    """``blank`` counts the rows that have content but no serial number."""

    head: list[str]
    rows: list[SheetRow]
    blank: int
    notes: list[Note]


class SheetUnit(NamedTuple):
    """A unit of an order, as far as entering its serial number needs it."""

    key: int
    line_item_id: int
    serial_number: str | None
    serial_key: str | None
    lives: bool
    variant_id: int


def read(content: bytes, *, heartbeat: Callable[[], None] = lambda: None) -> SerialSheet:
    """Read the rows of a CSV or .xlsx file. ``heartbeat`` is called every thousand rows.

    Raises AppError ``csv_columns``, ``csv_invalid``, ``csv_too_long``, ``file_…`` (all 422).
    """
    sheet = reader.open_sheet(content)
    names = [_NAMES.get(plain(name), "") for name in sheet.head]
    _check(names)
    used = {at for at, name in enumerate(names) if name}
    rows: list[SheetRow] = []
    notes: list[Note] = []
    blank = 0
    for count, row in enumerate(sheet.rows):
        if count % _EVERY == 0:
            heartbeat()
        if not any(row.cells) and not row.troubles:
            continue
        named = {
            name: codes.clean(cell).strip() for name, cell in zip(names, row.cells, strict=False) if name
        }
        trouble = next(
            (code for at, code in row.troubles.items() if at in used or at == reader.WHOLE_ROW), None
        )
        if not named.get("serial") and reader.WHOLE_ROW not in row.troubles:
            blank += 1
            continue
        notes += [(row.number, code, "") for at, code in row.notes.items() if at in used]
        rows.append(SheetRow(row.number, row.cells, named, trouble))
        if len(rows) > MOST_ROWS:
            raise AppError("csv_too_long", f"A file has at most {MOST_ROWS:,} rows", status=422)
    ignored = [name for name, meaning in zip(sheet.head, names, strict=True) if name and not meaning]
    about = [(0, code, detail) for code, detail in sheet.notes]
    about += [(0, "columns_ignored", ", ".join(ignored))] if ignored else []
    return SerialSheet(
        sheet.head, rows, blank, [*about, *suspicions((row.number, row.serial) for row in rows), *notes]
    )


def suspicions(numbers: Iterable[tuple[int, str]]) -> Iterable[Note]:
    """Find serial numbers that look as if a spreadsheet had changed them, or as if two had been pasted into one cell.

    ``numbers`` are (row, serial number).
    """
    given = [(row, serial) for row, serial in numbers if serial]
    lengths = Counter(len(serial) for _, serial in given if serial.isdigit())
    usual, often = max(lengths.items(), key=itemgetter(1), default=(0, 0))
    # Zeros are missing when nearly all numbers are as long as each other and some of them begin with zero.
    regular = often >= 3 and often * 5 >= sum(lengths.values()) * 4
    zeros = regular and any(serial[0] == "0" for _, serial in given if len(serial) == usual)
    for row, serial in given:
        if regular and serial.isdigit() and usual - 4 <= len(serial) < usual:
            yield row, "serial_zeros" if zeros else "serial_short", ""
        elif len(serial.split()) == 2 and all(len(part) >= 6 for part in serial.split()):
            yield row, "serial_two", ""


def plain(name: str) -> str:
    """A column's name as it is compared: only its letters and digits."""
    return "".join(character for character in name.lower() if character.isalnum())


def _check(names: Sequence[str]) -> None:
    has = set(names)
    if "serial" not in has or not has & {"item_id", "order", "order_id"}:
        raise AppError(
            "csv_columns",
            "The file's first line must name the columns serial_number and item_id, or order with line or sku",
            status=422,
        )
    twice = sorted(name for name in has if name and names.count(name) > 1)
    if twice:
        raise AppError("csv_twice", f"Two columns of the file mean the same: {', '.join(twice)}", status=422)


@dataclass
class Units:
    """The units that the rows of a sheet may speak of, all asked for at once."""

    by_item_id: dict[str, SheetUnit] = field(default_factory=dict)
    orders: dict[str, set[int]] = field(default_factory=dict)
    """What an order may be called → the orders called so."""
    lines: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """Order → its (line item ID, SKU), as they stand in it."""
    of_line: dict[int, list[SheetUnit]] = field(default_factory=dict)
    """Living units of a line in the order they were made."""
    holders: dict[tuple[int, str], int] = field(default_factory=dict)
    """(line item ID, serial number as compared) → the unit that has it. Rows that are right change it."""


def units_of(session: Session, shop_id: int, rows: Sequence[SheetRow]) -> Units:
    """Every unit that ``rows`` name, in a handful of statements for five hundred of them."""
    found = Units()
    named = {item_id for row in rows if (item_id := row.named.get("item_id", ""))}
    own = {own_id for one in named if (own_id := read_item_id(one))}
    old = {key for one in named if (key := old_id_key(one))}
    for some in _chunks(old):
        named_old = _items(session, Item.old_key, Item.shop_id == shop_id, Item.old_key.in_(some))
        found.by_item_id |= {name: unit for name, unit in named_old if name is not None}
    for some in _chunks(own):
        # Neither ordered by the database nor with the shop as a bare column: SQLite would then walk the shop by its
        # key instead of looking up five hundred item IDs (1.4 s of a million items against 6 ms).
        named_own = _items(session, Item.own_id, Item.shop_id + 0 == shop_id, Item.own_id.in_(some))
        found.by_item_id |= {name: unit for name, unit in named_own if name is not None}
    _find_orders(session, shop_id, [row for row in rows if called(row, found) is None], found)
    lines = {unit.line_item_id for unit in found.by_item_id.values()} | set(found.of_line)
    for ids in _chunks(lines):
        taken = session.execute(
            select(Item.line_item_id, Item.serial_key, Item.id).where(
                Item.shop_id == shop_id,
                Item.line_item_id.in_(ids),
                Item.serial_key.is_not(None),
                Item.removed_at.is_(None),
            )
        )
        found.holders |= {(line, key): item for line, key, item in taken if key is not None}
    return found


def _find_orders(session: Session, shop_id: int, rows: Sequence[SheetRow], found: Units) -> None:
    names = {name for row in rows if (name := row.named.get("order", ""))}
    ids = {whole_number(row.named.get("order_id", "")) for row in rows} | {
        whole_number(name) for name in names
    }
    written = {form for name in names for form in (name, _bare(name), f"#{_bare(name)}")}
    for some in _chunks(written):
        named = select(Order.name, Order.order_id).where(Order.shop_id == shop_id, Order.name.in_(some))
        for called, order_id in session.execute(named):
            found.orders.setdefault(_bare(called or ""), set()).add(order_id)
    by_id: set[int] = set()
    for some_ids in _chunks(ids - {0}):
        query = select(Order.order_id).where(Order.shop_id == shop_id, Order.order_id.in_(some_ids))
        by_id |= set(session.scalars(query))
    for order_id in by_id:
        found.orders.setdefault(str(order_id), set()).add(order_id)
    order_ids = {order_id for orders in found.orders.values() for order_id in orders}
    for some_ids in _chunks(order_ids):
        lines = session.execute(
            select(Line.order_id, Line.line_item_id, Line.sku)
            .where(Line.shop_id == shop_id, Line.order_id.in_(some_ids), Line.removed_at.is_(None))
            .order_by(Line.order_id, Line.position)
        )
        for order_id, line_id, sku in lines:
            found.lines.setdefault(order_id, []).append((line_id, (sku or "").casefold()))
        for _, unit in _items(session, Item.own_id, Item.shop_id == shop_id, Item.order_id.in_(some_ids)):
            if unit.lives:
                found.of_line.setdefault(unit.line_item_id, []).append(unit)


def _items(
    session: Session,
    name: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    shop: ColumnElement[bool],
    condition: ColumnElement[bool],
) -> Iterator[tuple[str | None, SheetUnit]]:
    """(``name``, unit) of the items of a shop that ``condition`` leaves, in the order they were made."""
    rows = session.execute(
        select(
            name,
            Item.id,
            Item.line_item_id,
            Item.serial_number,
            Item.serial_key,
            Item.removed_at.is_(None),
            Item.variant_id,
        ).where(shop, condition)
    )
    for row in sorted(rows, key=itemgetter(1)):
        yield row[0], SheetUnit(row[1], row[2], row[3], row[4], bool(row[5]), row[6])


def _chunks(values: Iterable[Key]) -> Iterable[list[Key]]:
    wanted = sorted(values)
    return (wanted[start : start + 500] for start in range(0, len(wanted), 500))


def called(row: SheetRow, units: Units) -> SheetUnit | None:
    """The unit of this row's item ID, our own or one of another app, removed ones too."""
    typed = row.named.get("item_id", "")
    return units.by_item_id.get(read_item_id(typed) or "") or units.by_item_id.get(old_id_key(typed) or "")


def unit_of(row: SheetRow, units: Units, given: dict[int, int]) -> SheetUnit:
    """The unit that a row means; ``given`` are those that rows above it meant. Raises AppError that says what is wrong.

    Without an item ID: the order, in it the line (or all lines of a SKU), in those the unit at ``position``, else the
    one that has this serial number already, else the first that has none.
    """
    if row.named.get("item_id"):
        unit = called(row, units)
        if unit is None or not unit.lives:
            raise AppError("item_not_found", "There is no such item", status=404)
        return unit
    candidates = _candidates(row, units)
    position = row.named.get("position", "")
    if position:
        place = whole_number(position)
        if not 1 <= place <= len(candidates):
            raise _wrong(
                "sheet_position", f"There are {len(candidates)} units here; position says which, from 1"
            )
        return candidates[place - 1]
    key = serial_key(row.serial)
    holders = {units.holders.get((unit.line_item_id, key)) for unit in candidates}
    for unit in candidates:
        if unit.key in holders:
            return unit
    for unit in candidates:
        if unit.serial_key is None and unit.key not in given:
            return unit
    raise _wrong(
        "sheet_full", "Every unit here has a serial number already; say which one is meant: position"
    )


def lines_of(row: SheetRow, units: Units) -> list[int]:
    """The lines of an order on which a row's unit may be. Raises AppError ``order_not_found``, ``sheet_orders``."""
    named = row.named
    asked = str(whole_number(named["order_id"])) if named.get("order_id") else _bare(named.get("order", ""))
    found = units.orders.get(asked, set())
    if len(found) != 1:
        if found:
            raise _wrong("sheet_orders", "More than one order is called so; use order_id")
        raise AppError("order_not_found", "There is no such order", status=404)
    (order_id,) = found
    lines = units.lines.get(order_id, [])
    wanted = [line_id for line_id, _ in lines]
    if named.get("line_item_id"):
        wanted = [line_id for line_id in wanted if line_id == whole_number(named["line_item_id"])]
    elif named.get("line"):
        place = whole_number(named["line"])
        wanted = wanted[place - 1 : place] if place else []
    elif named.get("sku"):
        wanted = [line_id for line_id, sku in lines if sku == named["sku"].casefold()]
    return wanted


def _candidates(row: SheetRow, units: Units) -> list[SheetUnit]:
    wanted = lines_of(row, units)
    named = any(row.named.get(name) for name in ("line_item_id", "line", "sku"))
    if not named and sum(line_id in units.of_line for line_id in wanted) > 1:
        raise _wrong("sheet_line", "The order has several lines; say which one is meant: line or sku")
    candidates = [unit for line_id in wanted for unit in units.of_line.get(line_id, ())]
    if not candidates:
        raise _wrong("sheet_no_units", "The order has no such line, or no units on it")
    return candidates


def whole_number(text: str) -> int:
    """A number as it was typed; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63 else 0


def _bare(name: str) -> str:
    return name.strip().removeprefix("#")


def _wrong(code: str, message: str) -> AppError:
    return AppError(code, message, status=409)
