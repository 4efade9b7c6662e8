"""INSERT … ON CONFLICT for both databases: only the inserts of the dialects know it, not the general one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert(session: Session | Connection, table: Any) -> Any:
    """INSERT into ``table``, to which ``on_conflict_do_nothing`` or ``on_conflict_do_update`` can be added."""
    bind = session.get_bind() if isinstance(session, Session) else session
    return insert_into(bind.dialect.name, table)


def insert_new(session: Session, table: Any, returning: Any = None) -> Any:
    """INSERT of what is not there yet, built once for each table."""
    return _insert_new(session.get_bind().dialect.name, table, returning)


def insert_into(dialect: str, table: Any) -> Any:
    """The same as ``insert`` for a statement that is built once for each database."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@lru_cache
def _insert_new(dialect: str, table: Any, returning: Any) -> Any:
    statement = insert_into(dialect, table).on_conflict_do_nothing()
    return statement if returning is None else statement.returning(returning)
