"""Pages of items: every filter and combination answered from an index, without a sort, an OFFSET or a COUNT.

This is the path storefront visitors wait on, so statements are built once per filter shape and rows come back as
positions, never as entities (performance.md says what each of these costs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.sql.elements import KeyedColumnElement

from serializer_app.clock import iso
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.paging import EMPTY, LARGEST_KEY, START, Direction, Page, Place
from serializer_app.store.models import PUBLIC_ID, Item, Shop
from serializer_app.store.prepared import Prepared

PAGE = 100
MOST_SERIAL_INPUT = 256

FilterName = Literal[
    "order_id", "customer_id", "variant_id", "line_item_id", "serial_number", "item_id", "item_ref"
]
Filters = dict[FilterName, int | str]
"""IDs are numbers, the others texts as somebody typed them. ``item_ref``: a serial number or an item ID."""

_ITEMS = Item.__table__.c
_SHOPS = Shop.__table__.c
# Of no item: evaluated once, before the first row is looked for.
_IS_OPEN = exists(
    select(_SHOPS.id).where(
        _SHOPS.id == bindparam("shop"),
        _SHOPS.domain == bindparam("domain"),
        _SHOPS.status == literal_column("'installed'"),
        _SHOPS.storefront_access == literal_column("'open'"),
    )
)
Stamp = str | float
"""A stored time as ``printed`` takes it."""

Row = tuple[int, int, int, str, str | None, str | None, str, int, bool | int, Stamp, Stamp]
"""A row of the page as the driver gives it; see ``page`` for its columns."""

Names = tuple[FilterName, ...]
"""The filters of a statement, sorted."""

Values = dict[str, int | str]
"""Parameters of a statement."""

Statement = Select[*tuple[Any, ...]]  # of as many columns as the caller names
"""A SELECT of such rows."""

Column = ColumnElement[Any]  # columns of all types are compared and ordered alike
"""A column, or an expression over one, of any type."""

_COLUMN: dict[FilterName, Column] = {
    "order_id": _ITEMS.order_id,
    "customer_id": _ITEMS.customer_id,
    "variant_id": _ITEMS.variant_id,
    "line_item_id": _ITEMS.line_item_id,
    "serial_number": _ITEMS.serial_key,
}

Columns = Mapping[str, Column]
"""Columns by the name of the parameter that each is compared with."""


def page(
    connection: Connection,
    shop_id: int,
    filters: Filters,
    place: Place = START,
    *,
    most: int = PAGE,
    open_domain: str | None = None,
) -> Page[Row]:
    """The ``most`` living items at ``place`` that match all filters.

    A row: (id, line_item_id, variant_id, item_id, serial_number, warranty, custom_fields, order_id, auto_generated,
    created_at, updated_at), times for ``printed``.

    With ``open_domain`` there are rows only if this is the shop's domain, the app is installed there, and everybody
    may list: for nearly every request the answer to all of that, without a round trip of its own.
    """
    values = _values(filters)
    if values is None:
        return EMPTY
    names = tuple(sorted(filters))
    beyond = place.beyond
    edge = beyond if beyond is not None else LARGEST_KEY if place.is_backwards else 0
    values |= {"shop": shop_id, "beyond": edge}
    if open_domain is not None:
        values["domain"] = open_domain
    rows = _statement(names, place.direction, most + 1, open_domain is not None, connection.dialect).rows(
        connection, values
    )
    more = len(rows) > most
    rows = rows[:most]
    if place.is_backwards:
        rows = rows[::-1]
    edges = (rows[0][0], rows[-1][0]) if rows else None
    # The other side is known without counting: we came from there, if a row of it still matches.
    behind = beyond is not None and _any(connection, names, values, place.direction, edges, beyond)
    return Page(rows, edges, more, behind) if place.is_backwards else Page(rows, edges, behind, more)


def _any(
    connection: Connection,
    names: Names,
    values: Values,
    direction: Direction,
    edges: tuple[int, int] | None,
    beyond: int,
) -> bool:
    """Whether anything matches on the side we came from: one probe, from the edge of this page."""
    if direction == "next":
        edge, back = (edges[0] if edges else beyond + 1), "previous"
    else:
        edge, back = (edges[1] if edges else beyond - 1), "next"
    return bool(_probe(names, back, connection.dialect).rows(connection, {**values, "beyond": edge}))


def printed(stored: Stamp) -> str:
    """A time of a row in the wire's form. SQLite keeps it so; PostgreSQL gives seconds, cheaper than its own text."""
    return stored if isinstance(stored, str) else _printed(stored)


@lru_cache(maxsize=4096)  # units of one order share theirs
def _printed(seconds: float) -> str:
    return iso(datetime.fromtimestamp(round(seconds, 3), UTC))


def _values(filters: Filters) -> Values | None:
    """Filter values as they are compared; None when nothing can match."""
    values: Values = {}
    for name, value in filters.items():
        if name == "item_ref":
            serial, item_id, old_id = _serial(str(value)), read_item_id(str(value)), old_id_key(str(value))
            if serial is None and item_id is None and old_id is None:
                return None
            values |= {"ref_serial": serial or "", "ref_item": item_id or "", "ref_old": old_id or ""}
            continue
        if name == "item_id":
            item_id, old_id = read_item_id(str(value)), old_id_key(str(value))
            if item_id is None and old_id is None:
                return None
            values |= {"item_id": item_id or "", "old_id": old_id or ""}
            continue
        compared: int | str | None = value
        if name == "serial_number":
            compared = _serial(str(value))
        if compared is None:
            return None
        values[name] = compared
    return values


def _serial(typed: str) -> str | None:
    """The form a serial number is compared in; None for what was never accepted as one."""
    key = serial_key(typed[: MOST_SERIAL_INPUT + 1])
    return key if 0 < len(key) <= MOST_SERIAL_INPUT and key.isprintable() else None


@lru_cache(maxsize=1024)
def _statement(names: Names, direction: str, most: int, if_open: bool, dialect: Dialect) -> Prepared[Row]:
    times = [_time(column, dialect.name) for column in (_ITEMS.created_at, _ITEMS.updated_at)]
    columns = [
        _ITEMS.id,
        _ITEMS.line_item_id,
        _ITEMS.variant_id,
        PUBLIC_ID,
        _ITEMS.serial_number,
        _ITEMS.warranty,
        _ITEMS.custom_fields,
        _ITEMS.order_id,
        _ITEMS.auto_generated,
        *times,
    ]
    matching = _matching(names, direction, most, columns, dialect.name)
    return Prepared(matching.where(_IS_OPEN) if if_open else matching, dialect)


@lru_cache(maxsize=1024)
def _probe(names: Names, direction: str, dialect: Dialect) -> Prepared[tuple[int]]:
    return Prepared(_matching(names, direction, 1, [_ITEMS.id], dialect.name), dialect)


# Which index answers: the first of these whose names are all asked for. All other filters are looked at row by row.
_LEADING: tuple[Names, ...] = (
    ("serial_number",),
    ("line_item_id",),
    ("order_id",),
    ("customer_id", "variant_id"),
    ("customer_id",),
    ("variant_id",),
    (),
)


def _matching(names: Names, direction: str, most: int, columns: Sequence[Column], dialect: str) -> Statement:
    """The statement for the filters ``names``: keyset order, living items only, driven by one chosen index.

    Left to itself a planner walks a popular variant or half a shop to find a handful of rows in it, or not, depending
    on what it happened to know when it planned. So only one index is made to fit (tests/domain/test_plans.py). How
    many rows are wanted is out of PostgreSQL's sight like every other value: then its generic plan looks no worse than
    one made for these values, and it stops planning anew, three quarters of a look-up, each time. Were it in sight, a
    database without statistics would believe that a customer has seven items, and sort all their thousands for a page.
    """
    limit: Column = literal_column(str(most))
    if dialect != "sqlite":
        limit = select(limit).scalar_subquery()
    led = _led_sqlite if dialect == "sqlite" else _led_postgresql
    if not {"item_ref", "item_id"} & set(names):
        leading = next(leading for leading in _LEADING if set(leading) <= set(names))
        return led(names, {name: _COLUMN[name] for name in leading}, direction, columns).limit(limit)
    # An index probe each: an OR over the columns scans the whole shop on SQLite without statistics (0.55 s measured).
    if "item_ref" not in names:
        # No two items of a shop share an ID, so this is one row at most, which needs no order.
        own = led(names, {"item_id": _ITEMS.item_id}, direction, columns)
        old = led(names, {"old_id": _ITEMS.old_key}, direction, columns)
        one = union_all(select(own.subquery()), select(old.subquery())).subquery()
        return select(one).limit(limit)
    probes = [
        led(names, {"ref_serial": _ITEMS.serial_key}, direction, columns).limit(limit),
        led(names, {"ref_item": _ITEMS.item_id}, direction, columns),
        led(names, {"ref_old": _ITEMS.old_key}, direction, columns),
    ]
    either = union(*(select(probe.subquery()) for probe in probes)).subquery()
    return select(either).order_by(_towards(direction, either.c.id)).limit(limit)


def _led_sqlite(names: Names, leading: Columns, direction: str, columns: Sequence[Column]) -> Statement:
    """SQLite takes the index with most columns compared by "=", and the order of the key behind them."""
    query = select(*columns).where(_ITEMS.shop_id == bindparam("shop"), _ITEMS.removed_at.is_(None))
    query = query.where(*(column == bindparam(name) for name, column in leading.items()))
    if _ITEMS.serial_key in leading.values():
        query = query.where(_ITEMS.serial_key.is_not(None))  # its index holds only items that have one
    if _ITEMS.old_key in leading.values():
        query = query.where(_ITEMS.old_key.is_not(None))  # likewise
    for name in _others(names, leading):
        # An expression is no index's column.
        query = query.where(
            _goes_by(lambda column: func.coalesce(column, ""))
            if name == "item_id"
            else (func.coalesce(_COLUMN[name], "") if name == "serial_number" else _COLUMN[name] + 0)
            == bindparam(name)
        )
    query = query.where(_beyond(direction, _ITEMS.id, bindparam("beyond")))
    if _ITEMS.item_id in leading.values() or _ITEMS.old_key in leading.values():
        return query  # one row needs no order
    return query.order_by(_towards(direction, _ITEMS.id))


def _led_postgresql(names: Names, leading: Columns, direction: str, columns: Sequence[Column]) -> Statement:
    """PostgreSQL weighs indexes by what it believes about the values, so it gets none of them to see.

    The leading filters stand in a row comparison with the key, and the page is ordered by the same row: compared by
    "=" they would drop out of the order, and an index without them would do. Every value comes out of a subselect:
    unseen, a range is thought to leave one in two hundred of what its shop has, always. All other filters are one
    CASE: no index answers it, and half of all rows are thought to pass it, with or without statistics.
    """

    def unseen(name: str, column: Column) -> Column:
        return select(bindparam(name, type_=column.type)).scalar_subquery()

    others = [
        _goes_by(lambda column: column) if name == "item_id" else _COLUMN[name] == bindparam(name)
        for name in _others(names, leading)
    ]
    passes = case((and_(_ITEMS.removed_at.is_(None), *others), true()), else_=false())
    equal = {"shop": _ITEMS.shop_id, **leading}
    # One row needs no order.
    unique = _ITEMS.item_id in leading.values() or _ITEMS.old_key in leading.values()
    # Only the last is compared as a row: two unseen ranges would be no better than one.
    last, led = ("", None) if unique else equal.popitem()
    query = select(*columns).where(
        *(column == unseen(name, column) for name, column in equal.items()), passes
    )
    if led is None:
        return query.where(_beyond(direction, _ITEMS.id, unseen("beyond", _ITEMS.id)))
    row, end = (led, _ITEMS.id), unseen(last, led)
    beyond = bindparam("beyond", type_=_ITEMS.id.type)
    query = query.where(_beyond(direction, tuple_(*row), tuple_(end, beyond)))
    # The other end of the group. Both ends would make PostgreSQL begin at the group's instead of at the edge, and walk
    # half of a customer's hundred thousand units to a page in their middle (17 ms).
    query = query.where(led <= end if direction == "next" else led >= end)
    return query.order_by(*(_towards(direction, column) for column in row))


def _others(names: Names, leading: Columns) -> list[FilterName]:
    led = {*leading, "item_ref"} | ({"item_id"} if "old_id" in leading else set())
    return [name for name in names if name not in led]


def _goes_by(form: Callable[[Column], Column]) -> ColumnElement[bool]:
    """Whether a row found otherwise has the item ID that is asked for, our own or an old one."""
    return or_(
        form(_ITEMS.item_id) == bindparam("item_id"),
        and_(form(_ITEMS.old_key) == bindparam("old_id"), bindparam("old_id") != ""),
    )


def _beyond(direction: str, key: Column, edge: Column) -> ColumnElement[bool]:
    return key > edge if direction == "next" else key < edge


def _towards(direction: str, key: Column) -> Column:
    return key.asc() if direction == "next" else key.desc()


def _time(column: KeyedColumnElement[datetime], dialect: str) -> Column:
    """A stored time for ``printed``. The wire's form out of PostgreSQL's to_char took as long as finding the page."""
    if dialect == "sqlite":
        return type_coerce(column, String).label(column.name)
    return func.date_part(literal_column("'epoch'"), column).label(column.name)
