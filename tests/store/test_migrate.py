"""Migrations run while the old version serves: they hold no lock for long, give way, go on, and leave it in service."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from serializer_app.errors import AppError
from serializer_app.store import migrate, schema
from serializer_app.store.db import Database


def revision(database: Database) -> str:
    with database.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


@pytest.fixture
def old(postgres_url: str, worker_id: str) -> Iterator[str]:
    """A PostgreSQL database at the second migration; its tables have been in use."""
    server = Database(postgres_url)
    name = f"upgraded_{worker_id}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    url = postgres_url.rsplit("/", 1)[0] + f"/{name}"
    migrate.upgrade(url, "0002")
    yield url
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


def test_a_locked_table_makes_the_migration_give_way_and_come_again(old: str) -> None:
    database = Database(old)
    with database.reader.connect() as report:
        report = report.execution_options(isolation_level="READ COMMITTED")
        with report.begin():
            report.exec_driver_sql("LOCK TABLE shops IN ACCESS SHARE MODE")
            with pytest.raises(AppError, match="locked"):
                migrate.upgrade(old, lock_seconds=0.05, patience=0)
            # Nobody queues behind a migration that gave way.
            with database.write() as session:
                session.connection().exec_driver_sql("SET LOCAL lock_timeout = 2000")
                session.execute(text("UPDATE shops SET scopes = scopes"))
            assert revision(database) == "0002"
    migrate.upgrade(old)
    with database.connect() as connection:
        assert schema.is_current(connection)
    database.dispose()


def test_an_index_that_a_killed_try_left_half_built_is_built_anew(old: str) -> None:
    migrate.upgrade(old, "0005")
    database = Database(old)
    with database.connect() as connection:
        # What a killed try leaves behind.
        connection.exec_driver_sql("CREATE INDEX ix_orders_name ON orders (shop_id)")
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_orders_name'::regclass"
        )
    migrate.upgrade(old, "0006")
    with database.connect() as connection:
        built = text("SELECT indexdef FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass "
                     "WHERE indexname = 'ix_orders_name' AND indisvalid")  # fmt: skip
        assert "(shop_id, name)" in str(connection.execute(built).scalar_one())
    database.dispose()


def test_the_old_version_stays_in_service_on_a_newer_schema_and_will_not_migrate_it(
    database_url: str,
) -> None:
    database = Database(database_url)
    true = revision(database)

    def pretend(other: str) -> None:
        with database.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :other"), {"other": other})

    try:
        pretend("9999")
        with database.connect() as connection:
            assert schema.is_current(connection)
        with pytest.raises(AppError, match="9999"):
            migrate.upgrade(database_url)
        pretend("0001")
        with database.connect() as connection:
            assert not schema.is_current(connection)
    finally:
        pretend(true)  # the next test has the same database
    database.dispose()


def test_the_files_names_are_alembics_own_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.scripts()))
    found = ScriptDirectory.from_config(config)
    assert schema.known() == {script.revision for script in found.walk_revisions()}
    assert found.get_heads() == [max(schema.known())]


def test_a_web_process_loads_no_package_that_it_may_never_need() -> None:
    """Alembic is for migrations, openpyxl for workbooks, psycopg for PostgreSQL: a third of the start together."""
    rare = ("alembic", "openpyxl", "psycopg")
    loaded = f"import sys, serializer_app, serializer_app.web; print([n for n in {rare} if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
