"""The column types and naming rules that all tables share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from serializer_app.clock import iso, parse_iso


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, kept to the millisecond: timestamptz on PostgreSQL, ISO-8601 text with ``Z`` on SQLite.

    The text is exactly what the wire shows (contract §4), so the hot read path passes it on without parsing, and
    text of one fixed form sorts like the times it stands for.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(24))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone must not be stored")
        if dialect.name == "postgresql":
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        return iso(value)

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return parse_iso(value)
        return value if value is None else value.astimezone(UTC)


# SQLite gives its fast rowid key only to a column that is called INTEGER; both hold 64 bits.
RowId = BigInteger().with_variant(Integer(), "sqlite")

Key = Annotated[int, mapped_column(RowId, primary_key=True, autoincrement=True)]
ShopifyId = Annotated[int, mapped_column(BigInteger)]
Utc = Annotated[datetime, mapped_column(UtcTime)]
JsonText = Annotated[str, mapped_column(Text)]


class Base(DeclarativeBase):
    """Every constraint has a name: migrations and ``ON CONFLICT`` refer to it, and so do error messages."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
