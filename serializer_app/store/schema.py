"""Which schema a database has, and which of its tables belong to shops.

Without Alembic: a web process asks at every probe, and never migrates.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Table, inspect, text

from serializer_app.store.models import Base, HistoryEntry

_PACKAGE = Path(__file__).resolve().parents[1]


def scripts() -> Path:
    """The migrations folder: beside the package in a checkout, inside it in an installed wheel."""
    beside = _PACKAGE.parent / "migrations"
    return beside if beside.is_dir() else _PACKAGE / "migrations"


@lru_cache
def known() -> frozenset[str]:
    """All revisions that this code knows, by the number each file's name begins with; the highest is the newest."""
    return frozenset(file.name.split("_", 1)[0] for file in (scripts() / "versions").glob("[0-9]*_*.py"))


def present(connection: Connection) -> frozenset[str]:
    """The revision that the database has, as a set of one; empty before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return frozenset()
    return frozenset(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def is_current(connection: Connection) -> bool:
    """Whether this code can serve on the schema: its own, or a newer one, because an upgrade migrates first and only
    then replaces the processes.
    """
    found = present(connection)
    return found == {max(known())} or bool(found - known())


def tables_of_a_shop() -> list[Table]:
    """Every table with rows of a shop, in the order in which they can be erased: children first, and history last,
    because it tells whether the shop came back.
    """
    tables = [table for table in reversed(Base.metadata.sorted_tables) if "shop_id" in table.columns]
    return sorted(tables, key=lambda table: table.name == HistoryEntry.__tablename__)
