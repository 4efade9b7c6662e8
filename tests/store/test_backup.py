"""A backup that was never restored is none: each is made while others write, restored elsewhere, and compared."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from serializer_app import cli
from serializer_app.errors import AppError
from serializer_app.store import backup, schema
from serializer_app.store.db import Database
from serializer_app.store.models import Base, Item
from tests.postgres import PostgresServer
from tests.town import Town

Content = dict[str, list[tuple[Any, ...]]]


def content(database: Database) -> Content:
    """Every row of every table, in one order."""
    with database.connect() as connection:
        tables = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
        tables["alembic_version"] = [
            tuple(row) for row in connection.execute(text("SELECT * FROM alembic_version"))
        ]
    return tables


class Writing:
    """Orders that keep coming while the block runs; at least one before it begins and one before it ends."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._variant = town.track()
        self._over = threading.Event()
        self._placed = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            self._town.shop.place_order([(self._variant, 3)])
            self._placed.release()

    def __enter__(self) -> None:
        self._thread.start()
        assert self._placed.acquire(timeout=60)

    def __exit__(self, *_: object) -> None:
        another = self._placed.acquire(timeout=60)
        self._over.set()
        self._thread.join()
        assert another


def whole(copy: Content, later: Content) -> None:
    """Nothing in the copy that the database does not hold, and no order with a part of its items."""
    items = copy[Item.__tablename__]
    assert items
    assert len(items) % 3 == 0, "an order's items come together or not at all"
    assert set(items) <= set(later[Item.__tablename__])
    assert set(copy["history"]) <= set(later["history"])
    for name in ("shops", "shop_tokens", "variants", "alembic_version"):
        assert copy[name] == later[name]


@pytest.mark.database("sqlite")
def test_an_sqlite_database_is_saved_while_it_is_written_and_restored_by_putting_the_file_back(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", town.settings.database_url)
    with Writing(town):
        assert cli.main(["backup", str(tmp_path / "busy.sqlite3")]) == 0
    assert cli.main(["backup", str(tmp_path / "quiet.sqlite3")]) == 0
    assert "quiet.sqlite3" in capsys.readouterr().out
    later = content(town.db)
    for name in ("busy", "quiet"):
        file = tmp_path / f"{name}.sqlite3"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not list(tmp_path.glob(f"{file.name}-*")), "the copy is one file"
        restored = Database(f"sqlite:///{file}")
        found = content(restored)
        whole(found, later)
        assert name == "busy" or found == later
        with restored.connect() as connection:
            assert schema.is_current(connection)
        restored.dispose()


@pytest.mark.database("sqlite")
def test_a_backup_overwrites_nothing_and_leaves_nothing_half_made(db: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    target.write_text("what somebody needs")
    with pytest.raises(AppError, match="there already"):
        backup.save(db, target)
    assert target.read_text() == "what somebody needs"
    with pytest.raises(AppError, match="could not be made"):
        backup.save(db, tmp_path / "missing" / "copy.sqlite3")
    with pytest.raises(AppError, match="no database"):
        backup.save(Database(f"sqlite:///{tmp_path}/none.sqlite3"), tmp_path / "other.sqlite3")
    assert sorted(file.name for file in tmp_path.iterdir() if "copy" in file.name) == ["copy.sqlite3"]


@pytest.mark.database("postgresql")
def test_a_postgresql_database_is_saved_by_pg_dump_while_it_is_written_and_restored_by_pg_restore(
    town: Town, postgres: PostgresServer, tmp_path: Path
) -> None:
    with pytest.raises(AppError, match="pg_dump"):
        backup.save(town.db, tmp_path / "copy")
    source = town.settings.database_url.replace("+psycopg", "")
    name = f"restored_{os.getpid()}"
    target = postgres.url(name)

    def tool(*words: str) -> None:
        done = subprocess.run(
            [postgres.program(words[0]), *words[1:]], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    for busy in (True, False):
        dump = ("pg_dump", "--format=custom", f"--file={tmp_path}/{busy}.dump", f"--dbname={source}")
        if busy:
            with Writing(town):
                tool(*dump)
        else:
            tool(*dump)
        tool("createdb", f"--maintenance-db={postgres.url().replace('+psycopg', '')}", name)
        restored = Database(target)
        try:
            tool(
                "pg_restore",
                "--exit-on-error",
                f"--dbname={target.replace('+psycopg', '')}",
                f"{tmp_path}/{busy}.dump",
            )
            found, later = content(restored), content(town.db)
            whole(found, later)
            assert busy or found == later
            with restored.connect() as connection:
                assert schema.is_current(connection)
        finally:
            restored.dispose()
            tool("dropdb", "--force", f"--maintenance-db={postgres.url().replace('+psycopg', '')}", name)
