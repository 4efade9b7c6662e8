"""Rows of new items, put in as fast as the database takes them: nothing here decides, it only writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import JSON, Insert, String, Table, bindparam, cast, func, insert, select
from sqlalchemy.orm import Session

from serializer_app.store.models import Item

MANY = 20
"""Units of one line from which on they go in by one statement of their own."""

_TABLE = Item.__table__
assert isinstance(_TABLE, Table)
_ITEMS: Table = _TABLE
_ONE_BY_ONE = insert(_ITEMS)


def write(session: Session, lines: Iterable[tuple[Mapping[str, object], Sequence[str]]]) -> None:
    """Insert items in the order given: for each line what its units share, by column, and their item IDs.

    All lines name the same columns.
    """
    rows: list[dict[str, object]] = []
    connection = session.connection()
    for shared, item_ids in lines:
        if len(item_ids) < MANY:
            rows += [{**shared, "item_id": item_id} for item_id in item_ids]
            continue
        if rows:
            connection.execute(_ONE_BY_ONE, rows)
            rows = []
        given = {f"new_{name}": value for name, value in shared.items()}
        given["item_ids"] = msgspec.json.encode(item_ids).decode()
        connection.execute(_of_one_line(tuple(shared), connection.dialect.name), given)
    if rows:
        connection.execute(_ONE_BY_ONE, rows)


@lru_cache
def _of_one_line(names: tuple[str, ...], dialect: str) -> Insert:
    """INSERT … SELECT for units that differ in nothing but the item ID: those come as one JSON text.

    A parameter for each column of each row took a third of a large order's webhook (250 units on SQLite: 28 ms → 15).
    """
    text = bindparam("item_ids", type_=String())
    each = func.json_each(text) if dialect == "sqlite" else func.json_array_elements_text(cast(text, JSON))
    ids = each.table_valued("value")
    shared = [bindparam(f"new_{name}", type_=_ITEMS.c[name].type) for name in names]
    return insert(_ITEMS).from_select(
        [*names, "item_id"], select(*shared, ids.c.value), include_defaults=False
    )
