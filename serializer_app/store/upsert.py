"""INSERT … ON CONFLICT for both databases: only the inserts of the dialects know it, not the general one."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias, TypeVar, overload

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.sql.dml import ReturningInsert

T = TypeVar("T")

Upsert: TypeAlias = sqlite.Insert | postgresql.Insert
"""Their ``on_conflict_…`` methods take the same arguments."""

Table: TypeAlias = type[DeclarativeBase]


def insert(session: Session | Connection, table: Table) -> Upsert:
    """INSERT into ``table``, to which ``on_conflict_do_nothing`` or ``on_conflict_do_update`` can be added."""
    bind = session.get_bind() if isinstance(session, Session) else session
    return insert_into(bind.dialect.name, table)


@overload
def insert_new(session: Session, table: Table) -> Upsert: ...


@overload
def insert_new(session: Session, table: Table, returning: InstrumentedAttribute[T]) -> ReturningInsert[T]: ...


def insert_new(
    session: Session, table: Table, returning: InstrumentedAttribute[T] | None = None
) -> Upsert | ReturningInsert[T]:
    """INSERT of what is not there yet, built once for each table."""
    dialect = session.get_bind().dialect.name
    return _insert_new(dialect, table) if returning is None else _insert_returning(dialect, table, returning)


def insert_into(dialect: str, table: Table) -> Upsert:
    """The same as ``insert`` for a statement that is built once for each database."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache
def _insert_new(dialect: str, table: Table) -> Upsert:
    return insert_into(dialect, table).on_conflict_do_nothing()


@lru_cache
def _insert_returning(dialect: str, table: Table, column: InstrumentedAttribute[T]) -> ReturningInsert[T]:
    return _insert_new(dialect, table).returning(column)
