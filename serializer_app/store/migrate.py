"""Bring a database to the newest schema while the old version serves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import structlog
from alembic import command, op
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from serializer_app.errors import AppError
from serializer_app.store import schema
from serializer_app.store.db import Database

log = structlog.get_logger(__name__)

LOCK_SECONDS = 2.0
"""How long a migration waits for a table. Whoever wants that table waits behind it, so it gives way and comes again."""
PATIENCE = 600.0
"""How long it comes again for: somebody's report may take its time."""

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(5239847120)")
_LOCK_NOT_AVAILABLE = "55P03"


def upgrade(
    url: str, revision: str = "head", *, lock_seconds: float = LOCK_SECONDS, patience: float = PATIENCE
) -> tuple[str | None, str | None]:
    """Apply every missing migration; returns the revisions before and after. Two at once: the second waits, then finds
    nothing to do.

    SQLite has all of them in one transaction, PostgreSQL each in its own. Raises AppError ``database_busy`` when a
    table stayed locked for ``patience`` seconds, ``database_newer`` when its schema is one this code does not know.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        # Nothing is asked twice here, and through PgBouncer 1.24 an index that was built concurrently on a connection
        # that prepares its statements never got an answer.
        address = address.update_query_dict({"prepare": "off"})
    database = Database(address.render_as_string(hide_password=False))
    try:
        before = _revision(database)
        if database.is_sqlite:
            with database.write() as session:
                _apply(session.connection(), revision)
        else:
            _upgrade_postgres(database, revision, lock_seconds, patience)
        return before, _revision(database)
    finally:
        database.dispose()


def _revision(database: Database) -> str | None:
    with database.connect() as connection:
        return max(schema.present(connection), default=None)


def _upgrade_postgres(database: Database, revision: str, lock_seconds: float, patience: float) -> None:
    end = time.monotonic() + patience
    with database.writer.connect() as guard, database.writer.connect() as connection:

        @event.listens_for(connection, "begin")
        def _bounded(begun: Connection) -> None:
            begun.exec_driver_sql(f"SET LOCAL lock_timeout = {int(lock_seconds * 1000)}")

        with guard.begin():
            # Asked for again and again instead of waited for: a statement that waits holds a snapshot, and an index
            # that another migration builds concurrently would wait for that.
            guard.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            while not guard.scalar(_ONE_AT_A_TIME):
                _come_again(end, "another migration runs")
            while True:
                try:
                    _apply(connection, revision)
                    return
                except OperationalError as error:
                    if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                        raise
                    connection.rollback()
                    _come_again(end, "a table is locked")


def _come_again(end: float, reason: str) -> None:
    if time.monotonic() > end:
        raise AppError("database_busy", f"The migration gave up: {reason}", status=503, permanent=False)
    log.warning("migration waits", reason=reason)
    time.sleep(0.5)


def _apply(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise AppError("database_newer", f"This version cannot migrate the database: {error}") from error


def build_index(name: str, table: str, columns: Sequence[str], **options: Any) -> None:  # of op.create_index
    """For migrations: an index on a table that may be large, built on PostgreSQL while others write to it.

    Call it before anything else in a migration: it ends the transaction so far. What an interrupted try left invalid
    is built anew, so the migration may be run again.
    """
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, columns, **options)
        return
    half_built = text("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid")
    with op.get_context().autocommit_block():
        if op.get_bind().execute(half_built, {"name": name}).first():
            op.drop_index(name, table, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, if_not_exists=True, **options)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.scripts()).replace("%", "%%"))
    return config
