"""Verbs that import and export items, registry serials and registrations."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from serializer_app.cli.console import opened
from serializer_app.config import Settings
from serializer_app.domain import tasks
from serializer_app.domain.desk.sheet_rows import Note
from serializer_app.domain.imports import files
from serializer_app.domain.imports.kinds import Context
from serializer_app.domain.sheets.writer import Form
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database

_ACTOR = "app:cli"
_FORMS: dict[str, Form] = {".csv": "csv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def import_file(options: argparse.Namespace) -> int:
    """Preview a file or enter it; the exit status is 1 when rows were refused. They go into a file beside it."""
    settings = Settings.from_env()
    kind, path = files.kind_named(options.kind), options.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AppError("file_unreadable", f"{path} cannot be read: {error.strerror}") from error
    if len(content) > files.MOST_BYTES:
        raise AppError("file_too_large", f"A file has at most {files.MOST_BYTES // 2**20} MB; split it")
    with opened(settings.database_url) as database:
        vault = Vault(settings.encryption_keys)
        reading = _contexts(database, vault, options.shop)
        with reading() as context:
            judged = files.look_through(context, kind, content)
        if options.preview:
            _tell(
                options,
                judged.counts,
                judged.notes,
                [(row, message) for row, _, _, message in judged.refusals],
            )
            return 1 if judged.refusals else 0
        with database.write() as session:
            context = Context(session, vault, shops.installed(session, options.shop), _ACTOR)
            task = files.keep(context, judged)
            tasks.start(session, task)
            shop_id, public_id = task.shop_id, task.public_id
        _enter(database, vault, shop_id, public_id)
        with database.read() as session:
            task = tasks.find(session, shop_id, public_id)
            counts = tasks.counts(task)
            refused = [(row, message) for row, _, _, message in files.refused(session, vault, task)]
            if refused:
                result = path.with_name(f"{path.stem}.refused{path.suffix}")
                form = _FORMS.get(path.suffix.lower(), "csv")
                pieces = files.result(session, vault, task, form, lambda _, message: message)
                _write(result, pieces)
                print(f"Refused rows: {result}", file=sys.stderr)
    _tell(options, counts, judged.notes, refused)
    return 1 if refused else 0


def export_file(options: argparse.Namespace) -> int:
    """Write everything of a kind into a file, or to stdout."""
    settings = Settings.from_env()
    kind = files.kind_named(options.kind)
    with opened(settings.database_url) as database:
        reading = _contexts(database, Vault(settings.encryption_keys), options.shop)
        form = options.form or (_FORMS.get(options.file.suffix.lower(), "csv") if options.file else "csv")
        pieces = files.export(kind, form, reading, bom=options.file is not None)
        if options.file is not None:
            _write(options.file, pieces)
            return 0
        for piece in pieces:
            sys.stdout.buffer.write(piece)
    return 0


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise AppError("file_unwritable", f"{path} cannot be written: {error.strerror}") from error


def _contexts(database: Database, vault: Vault, domain: str) -> Callable[[], AbstractContextManager[Context]]:
    @contextmanager
    def reading() -> Iterator[Context]:
        with database.read() as session:
            yield Context(session, vault, shops.installed(session, domain), _ACTOR)

    return reading


def _enter(database: Database, vault: Vault, shop_id: int, public_id: str) -> None:
    """Enter the file here, beside whatever worker runs: each slice locks the task, so it is entered once."""
    more = True
    while more:
        with database.write() as session:
            task = tasks.find(session, shop_id, public_id, lock=True)
            more = files.run_next_slice(session, vault, task)


def _tell(
    options: argparse.Namespace, counts: dict[str, int], notes: Sequence[Note], refused: list[tuple[int, str]]
) -> None:
    if options.json:
        told = [{"row": row, "note": code, "detail": detail} for row, code, detail in notes]
        errors = [{"row": row, "error": message} for row, message in refused]
        print(json.dumps({"counts": counts, "notes": told, "errors": errors}, indent=2))
        return
    print(", ".join(f"{word}: {count}" for word, count in counts.items()))
    for row, code, detail in notes:
        print(f"row {row}: {code}" if row else f"file: {code} {detail}".rstrip(), file=sys.stderr)
    for row, message in refused:
        print(f"row {row}: {message}", file=sys.stderr)
