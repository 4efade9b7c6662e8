"""Bring a database to the newest schema, and tell whether it is there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from serializer_app.store.db import Database

_PACKAGE = Path(__file__).resolve().parents[1]


def scripts() -> Path:
    """The migrations folder: beside the package in a checkout, inside it in an installed wheel."""
    beside = _PACKAGE.parent / "migrations"
    return beside if beside.is_dir() else _PACKAGE / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every missing migration in one transaction. Two at once: the second waits, then finds nothing to do."""
    database = Database(url)
    try:
        with database.write() as session:
            connection = session.connection()
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(5239847120)")
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        database.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    return set(MigrationContext.configure(connection).get_current_heads()) == _heads()


@lru_cache
def _heads() -> set[str]:
    return set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config
