"""A copy of an SQLite database while it is written to. PostgreSQL has pg_dump and its own archives for that."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from serializer_app.errors import AppError
from serializer_app.store.db import BUSY_SECONDS, Database


def save(database: Database, target: Path) -> int:
    """Copy the database into the new file ``target``, for its owner's eyes only; returns its size in bytes.

    The copy holds everything committed when it began, and readers and writers go on meanwhile (sqlite.org/backup.html).
    It has been checked and reached the disk when this returns; an interrupted one leaves no ``target``. Raises AppError
    ``backup_elsewhere`` on PostgreSQL, ``backup_exists``, ``backup_failed``.
    """
    if database.path is None:
        raise AppError(
            "backup_elsewhere",
            "A PostgreSQL database is saved with its own tools: pg_dump --format=custom --file=FILE --dbname=ADDRESS",
        )
    if not os.path.exists(database.path):
        raise AppError("backup_failed", f"There is no database at {database.path}")
    if target.exists():
        raise AppError("backup_exists", f"{target} is there already and is left as it is")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        _copy(database.path, part)
        _to_disk(part)
        part.rename(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise AppError("backup_failed", f"The copy could not be made: {error}") from error
    return target.stat().st_size


def _copy(source: str, part: Path) -> None:
    with (
        closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as database,
        closing(sqlite3.connect(part)) as copy,
    ):
        # All pages in one step: a reading transaction, which in WAL mode holds up nobody. Step by step, every commit in
        # between would begin it anew.
        database.backup(copy)
        # One file without companions: what is carried away must not depend on a -wal beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
