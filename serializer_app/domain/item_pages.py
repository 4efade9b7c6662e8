"""Pages of items: every filter and combination answered from an index, without a sort, an OFFSET or a COUNT.

This is the path storefront visitors wait on, so statements are built once per filter shape and rows come back as
positions, never as entities (performance.md says what each of these costs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, String, bindparam, cast, func, select, type_coerce, union

from serializer_app.domain.codes import read_item_id, serial_key
from serializer_app.store.models import Item

PAGE = 100
MOST_SERIAL_INPUT = 256

Direction = Literal["next", "previous"]
Filters = dict[str, int | str]
"""Contract §4's names: orderId customerId productVariantId lineItemId serialNumber itemId itemRef."""

_ITEMS = Item.__table__.c
_COLUMN = {
    "orderId": _ITEMS.order_id,
    "customerId": _ITEMS.customer_id,
    "productVariantId": _ITEMS.variant_id,
    "lineItemId": _ITEMS.line_item_id,
    "serialNumber": _ITEMS.serial_key,
    "itemId": _ITEMS.item_id,
}


@dataclass(frozen=True)
class Page:
    """Rows in the order they were made, and whether there are more on either side."""

    rows: Sequence[Row[Any]]
    has_previous: bool
    has_next: bool


def page(
    connection: Connection,
    shop_id: int,
    filters: Filters,
    *,
    direction: Direction = "next",
    beyond: int | None = None,
    most: int = PAGE,
) -> Page:
    """The ``most`` living items that match all filters, beyond the key ``beyond`` in ``direction``.

    A row: (id, line_item_id, variant_id, item_id, serial_number, warranty, custom_fields, order_id, auto_generated,
    created_at, updated_at), times in the wire's form.
    """
    values = _values(filters)
    if values is None:
        return Page((), False, False)
    names = tuple(sorted(filters))
    statement = _statement(names, direction, beyond is not None, connection.dialect.name)
    values |= {"shop": shop_id, "most": most + 1, "beyond": beyond}
    rows = connection.execute(statement, values).all()
    more = len(rows) > most
    rows = rows[:most]
    if direction == "previous":
        rows = rows[::-1]
    # The other side is known without counting: we came from there, if a row of it still matches.
    behind = beyond is not None and _any(connection, names, values, direction, rows, beyond)
    return Page(rows, behind if direction == "next" else more, more if direction == "next" else behind)


def _any(
    connection: Connection,
    names: tuple[str, ...],
    values: dict[str, Any],
    direction: Direction,
    rows: Sequence[Row[Any]],
    beyond: int,
) -> bool:
    """Whether anything matches on the side we came from: one probe, from the edge of this page."""
    if direction == "next":
        edge, back = (rows[0][0] if rows else beyond + 1), "previous"
    else:
        edge, back = (rows[-1][0] if rows else beyond - 1), "next"
    statement = _probe(names, back, connection.dialect.name)
    return connection.execute(statement, {**values, "beyond": edge, "most": 1}).first() is not None


def _values(filters: Filters) -> dict[str, Any] | None:
    """Filter values as they are compared; None when nothing can match."""
    values: dict[str, Any] = {}
    for name, value in filters.items():
        if name == "itemRef":
            serial, item_id = _serial(str(value)), read_item_id(str(value))
            if serial is None and item_id is None:
                return None
            values |= {"refSerial": serial or "", "refItem": item_id or ""}
            continue
        compared: int | str | None = value
        if name == "serialNumber":
            compared = _serial(str(value))
        elif name == "itemId":
            compared = read_item_id(str(value))
        if compared is None:
            return None
        values[name] = compared
    return values


def _serial(typed: str) -> str | None:
    """The form a serial number is compared in; None for what was never accepted as one."""
    key = serial_key(typed[: MOST_SERIAL_INPUT + 1])
    return key if 0 < len(key) <= MOST_SERIAL_INPUT and key.isprintable() else None


@lru_cache(maxsize=1024)
def _statement(names: tuple[str, ...], direction: str, beyond: bool, dialect: str) -> Select[Any]:
    times = [_time(column, dialect) for column in (_ITEMS.created_at, _ITEMS.updated_at)]
    columns = [
        _ITEMS.id,
        _ITEMS.line_item_id,
        _ITEMS.variant_id,
        _ITEMS.item_id,
        _ITEMS.serial_number,
        _ITEMS.warranty,
        _ITEMS.custom_fields,
        _ITEMS.order_id,
        _ITEMS.auto_generated,
        *times,
    ]
    return _matching(names, direction, beyond, columns, dialect)


@lru_cache(maxsize=1024)
def _probe(names: tuple[str, ...], direction: str, dialect: str) -> Select[Any]:
    return _matching(names, direction, True, [_ITEMS.id], dialect)


def _matching(
    names: tuple[str, ...], direction: str, beyond: bool, columns: list[Any], dialect: str
) -> Select[Any]:
    # Without a filter SQLite would take an index by shop and sort all of it; its rowid is in order already.
    shop = _ITEMS.shop_id + 0 if dialect == "sqlite" and not names else _ITEMS.shop_id
    # A popular variant must never be walked to find one serial number or one line in it; "+ 0" keeps its index out.
    narrow = any(name in names for name in ("serialNumber", "lineItemId", "itemId", "itemRef"))

    def column(name: str) -> Any:
        return _COLUMN[name] + 0 if name == "productVariantId" and narrow else _COLUMN[name]

    def side(*extra: Any) -> Select[Any]:
        query = select(*columns).where(shop == bindparam("shop"), _ITEMS.removed_at.is_(None), *extra)
        query = query.where(*(column(name) == bindparam(name) for name in names if name != "itemRef"))
        if "serialNumber" in names:
            query = query.where(_ITEMS.serial_key.is_not(None))
        if beyond:
            edge: Any = bindparam("beyond")
            query = query.where(_ITEMS.id > edge if direction == "next" else _ITEMS.id < edge)
        return query

    def ordered(query: Any, key: Any) -> Any:
        return query.order_by(key.asc() if direction == "next" else key.desc()).limit(bindparam("most"))

    if "itemRef" not in names:
        return ordered(side(), _ITEMS.id)  # type: ignore[no-any-return]
    # Two index probes: an OR over both columns scans the whole shop on SQLite without statistics (0.55 s measured).
    by_serial = side(_ITEMS.serial_key == bindparam("refSerial"), _ITEMS.serial_key.is_not(None))
    by_item_id = side(_ITEMS.item_id == bindparam("refItem"))
    either = union(select(ordered(by_serial, _ITEMS.id).subquery()), select(by_item_id.subquery())).subquery()
    return ordered(select(either), either.c.id)  # type: ignore[no-any-return]


def _time(column: Any, dialect: str) -> Any:
    """A stored time in the wire's form, made by the database: parsing and printing 200 of them a page costs more."""
    if dialect == "sqlite":
        return type_coerce(column, String).label(column.name)
    utc = func.timezone("UTC", column)
    return cast(func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), String).label(column.name)
