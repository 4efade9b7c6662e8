"""The two databases behave alike: transactions, times, migrations, encryption."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store import migrate, schema
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Base, Shop


def test_what_is_raised_rolls_back_and_what_returns_stays(db: Database) -> None:
    def fail() -> None:
        with db.write() as session:
            shops.install(session, "a.myshopify.com", [])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with db.write() as session:
        assert shops.find(session, "a.myshopify.com") is None
        shops.install(session, "a.myshopify.com", [])
    with db.read() as session:
        assert shops.find(session, "a.myshopify.com") is not None


def test_times_come_back_aware_in_utc_to_the_millisecond(db: Database) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    with db.write() as session:
        session.add(Shop(domain="a.myshopify.com", status="installed", installed_at=moment))
    with db.read() as session:
        stored = session.scalars(select(Shop.installed_at)).one()
    assert stored == datetime(2026, 3, 1, 10, 30, 15, 123000, tzinfo=UTC)
    assert stored.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_never_stored(db: Database) -> None:
    with pytest.raises(SQLAlchemyError, match="zone"), db.write() as session:
        session.add(Shop(domain="a.myshopify.com", status="installed", installed_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_many_writers_at_once_neither_fail_nor_lose_anything(db: Database) -> None:
    with db.write() as session:
        shop_id = shops.install(session, "a.myshopify.com", []).id
    failures: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(10):
                with db.write() as session:
                    shop = session.get_one(Shop, shop_id, with_for_update=True)
                    shop.name = str(int(shop.name or "0") + 1)
        except SQLAlchemyError as error:  # pragma: no cover - what must not happen
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with db.read() as session:
        assert session.get_one(Shop, shop_id).name == "60"


ONLY_ON = {"ix_items_shop": "sqlite"}
"""Indexes that one engine alone has: PostgreSQL's key of items begins with the shop already."""


def test_the_migrations_make_the_schema_that_the_models_describe(db: Database) -> None:
    """Tables, columns, nullability and indexes; the key of tenants' tables differs by engine on purpose."""
    found = inspect(db.reader)
    for table in Base.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, table.name
        names = {index["name"] for index in found.get_indexes(table.name)}
        here = {str(index.name) for index in table.indexes}
        here -= {name for name, engine in ONLY_ON.items() if engine != db.reader.dialect.name}
        assert here <= names, table.name
    assert set(found.get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    database = Database(database_url)
    with database.connect() as connection:
        assert schema.is_current(connection)
    database.dispose()


def test_a_database_that_was_never_migrated_is_not_current(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('db')}/empty.sqlite3")
    with database.connect() as connection:
        assert not schema.is_current(connection)
    database.dispose()


def test_on_postgresql_items_have_no_index_on_their_number_alone(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.connect() as connection:
        indexes = (
            connection.execute(text("SELECT indexdef FROM pg_indexes WHERE tablename = 'items'"))
            .scalars()
            .all()
        )
    database.dispose()
    assert any("(shop_id, id)" in definition and "UNIQUE" in definition for definition in indexes)
    assert not any(definition.endswith("(id)") for definition in indexes)


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, after = Vault((old,)), Vault((new, old))
    secret = before.encrypt("shpat_1")
    assert after.decrypt(secret) == "shpat_1"
    rotated = after.rotate(secret)
    assert Vault((new,)).decrypt(rotated) == "shpat_1"
    with pytest.raises(AppError, match="SERIALIZER_ENCRYPTION_KEYS"):
        Vault((new,)).decrypt(secret)


def test_blind_indexes_differ_by_purpose_and_key_and_find_older_rows() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    assert Vault((old,)).blind_index("email", "a@example.com") in Vault((new, old)).blind_indexes(
        "email", "a@example.com"
    )
    assert Vault((old,)).blind_index("email", "a") != Vault((old,)).blind_index("phone", "a")
    assert Vault((old,)).blind_index("email", "a") != Vault((new,)).blind_index("email", "a")


def test_database_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """They hold the tokens and customers of whole shops, which no other user of the machine may read."""
    before = os.umask(0o022)
    try:
        database = Database(f"sqlite:///{tmp_path}/new.sqlite3")
        with database.write() as session:
            session.execute(text("CREATE TABLE some (value TEXT)"))
        with database.read() as session:
            session.execute(text("SELECT value FROM some"))
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
        database.dispose()
    finally:
        os.umask(before)
    assert set(modes) >= {"new.sqlite3", "new.sqlite3-wal", "new.sqlite3-shm"}
    assert set(modes.values()) == {"0o600"}
