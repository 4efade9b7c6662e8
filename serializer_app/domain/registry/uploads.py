"""Files of serials, larger than a request may be. A task (domain.tasks) enters them part by part, each exactly once.

A part holds the entries as POST /serials takes them, and once they are entered the verdicts instead, as JSON Lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.registry import entry_documents, serials
from serializer_app.domain.registry.entry_documents import RefusalDocument, VerdictDocuments
from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets import reader
from serializer_app.domain.sheets.writer import Writer
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import OldUpload, OldUploadPart, Task, TaskPart
from serializer_app.text import Json

KIND = "serial-import"
MOST_BYTES = 20 * 1024 * 1024
MOST_ENTRIES = 1_000_000
PART = 5_000

Form = Literal["csv", "jsonl"]
COLUMNS = ("serialNumber", "experienceId", "productSku", "quantity")
RESULT_COLUMNS = ("serialNumber", "experienceId", "productSku", "quantity", "url", "qrUrl", "errorMessage")
_UNREADABLE = "unreadable"
"""In an entry of a spreadsheet: why one of its cells could not be read."""
_NAMES = {name.lower(): name for name in COLUMNS}


class UploadSpec(msgspec.Struct, frozen=True):
    """The spec of the task, which goes on with the part at ``position``. ``form`` is that of the result, too."""

    form: Form
    parts: int


@dataclass(frozen=True)
class Upload:
    """How it stands with a file: ``parts_done`` of ``parts`` are entered; ``created`` and ``failed`` count serials."""

    task: Task
    public_id: str
    form: Form
    parts: int
    parts_done: int
    entries: int
    created: int
    failed: int
    created_at: datetime
    finished_at: datetime | None


def _upload(task: Task) -> Upload:
    spec, counts = tasks.spec_of(task, UploadSpec), tasks.counts(task)
    return Upload(
        task,
        task.public_id,
        spec.form,
        spec.parts,
        task.position,
        task.total,
        counts.get("created", 0),
        counts.get("failed", 0),
        task.created_at,
        task.finished_at,
    )


def begin(session: Session, shop_id: int, form: Form, content: bytes, *, actor: str) -> Upload:
    """Keep a file and have the worker enter it. ``csv`` stands for every spreadsheet, .xlsx too.

    Raises AppError ``upload_invalid`` 422 for what is no such file.
    """
    parts, total = _parts(_sheet_entries(content) if form == "csv" else _json_entries(_text(content)))
    if not total:
        raise _invalid("The file has no entries")
    task = tasks.draft(
        session,
        shop_id,
        KIND,
        UploadSpec(form, len(parts)),
        total=total,
        actor=actor,
        parts=[(part, "[]") for part in parts],
    )
    tasks.start(session, task)
    return _upload(task)


def find(session: Session, shop_id: int, public_id: str) -> Upload:
    """Raises AppError ``upload_not_found`` 404."""
    try:
        return _upload(tasks.find(session, shop_id, public_id, kind=KIND))
    except AppError as error:
        raise AppError("upload_not_found", f"Upload {public_id[:64]} not found.", status=404) from error


def recent(session: Session, shop_id: int, *, most: int = 100) -> list[Upload]:
    """The newest uploads first."""
    return [_upload(task) for task in tasks.recent(session, shop_id, KIND, most=most)]


def enter_next(
    session: Session, task: Task, contain: Callable[[], AbstractContextManager[None]] | None = None
) -> bool:
    """Enter the next part of a locked upload; False when nothing is left.

    With ``contain``, which turns every exception into an AppError, each entry stands on its own and is refused where
    it raises.
    """
    spec = tasks.spec_of(task, UploadSpec)
    if task.finished_at is not None:
        return False
    shop = shops.by_id(session, task.shop_id)
    part = session.get_one(TaskPart, (task.shop_id, task.id, task.position))
    entries: list[Json] = msgspec.json.decode(part.content)
    verdicts = VerdictDocuments()
    readable: list[Json] = []
    unreadable: list[RefusalDocument] = []
    for entry in entries:
        if spec.form == "csv" and isinstance(entry, dict) and _UNREADABLE in entry:
            unreadable.append(entry_documents.refused(entry, str(entry[_UNREADABLE])))
        else:
            readable.append(entry)
    for some in [readable] if contain is None else [[entry] for entry in readable]:
        try:
            with (
                contain() if contain else nullcontext(),
                session.begin_nested() if contain else nullcontext(),
            ):
                entered = entry_documents.enter(session, shop, some, source="imported", actor=task.created_by)
        except AppError as error:
            if contain is None:
                raise
            entered = VerdictDocuments(
                errors=[entry_documents.refused(entry, error.message) for entry in some]
            )
        verdicts.created += entered.created
        verdicts.errors += entered.errors
    verdicts.errors += unreadable
    # What was sent is in the verdicts; keeping it twice would only be more to erase.
    part.content = "\n".join(
        msgspec.json.encode(verdict).decode() for verdict in (*verdicts.created, *verdicts.errors)
    )
    tally = {"created": len(verdicts.created), "failed": len(verdicts.errors)}
    tasks.advance(session, task, position=task.position + 1, done=len(entries), tally=tally)
    if task.position >= spec.parts:
        tasks.finish(session, task)
    return task.finished_at is None


def move_old(session: Session, shop_id: int) -> None:
    """Make tasks of files that the previous version took while it was being replaced, in tables of its own."""
    query = select(OldUpload).where(OldUpload.shop_id == shop_id).order_by(OldUpload.id).with_for_update()
    for old in session.scalars(query).all():
        here = (OldUploadPart.shop_id == shop_id, OldUploadPart.upload_id == old.id)
        parts = session.scalars(select(OldUploadPart).where(*here).order_by(OldUploadPart.number)).all()
        task = tasks.draft(
            session,
            shop_id,
            KIND,
            UploadSpec(old.form, old.parts),
            total=old.entries,
            actor=old.created_by,
            tally={"created": old.created, "failed": old.failed},
            parts=[(part.content if part.result is None else part.result, "[]") for part in parts],
        )
        task.public_id, task.created_at, task.position = old.public_id, old.created_at, old.parts_done
        if old.finished_at is None:
            tasks.start(session, task)
        else:
            task.started_at, task.finished_at, task.done = old.created_at, old.finished_at, task.total
        session.execute(delete(OldUploadPart).where(*here))
        session.delete(old)


def verdicts(session: Session, upload: Upload, number: int) -> str:
    """The verdicts about a part that was entered, as JSON Lines."""
    part = session.get(TaskPart, (upload.task.shop_id, upload.task.id, number))
    return part.content if part is not None and number < upload.parts_done else ""


def result(session: Session, upload: Upload) -> Iterator[str]:
    """The verdicts as a file of the upload's form, part by part. Raises AppError ``upload_running`` 409 at once."""
    if upload.finished_at is None:
        raise AppError(
            "upload_running", "This upload is not finished; ask again later", status=409, permanent=False
        )
    parts = (verdicts(session, upload, number) for number in range(upload.parts))
    return _as_csv(parts) if upload.form == "csv" else (f"{lines}\n" for lines in parts)


def _as_csv(parts: Iterator[str]) -> Iterator[str]:
    writer = Writer("csv", RESULT_COLUMNS, bom=False)
    for lines in parts:
        rows = (msgspec.json.decode(line) for line in lines.split("\n") if line)
        yield writer.write([row.get(name) for name in RESULT_COLUMNS] for row in rows).decode()
    yield writer.end().decode()


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(f"The file is not UTF-8: byte {error.start} is wrong") from error


def _json_entries(text: str) -> Iterator[Json]:
    for line in text.split("\n"):
        if line.strip():
            try:
                yield msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError):
                # No JSON is no entry: it gets the verdict of any other nonsense.
                yield None


def _sheet_entries(content: bytes) -> Iterator[Json]:
    try:
        sheet = reader.open_sheet(content)
        names = [_NAMES.get(name.strip().replace("_", "").lower(), "") for name in sheet.head]
        if not {"serialNumber", "quantity"} & set(names) or not {"experienceId", "productSku"} & set(names):
            raise _invalid(
                "The first line must name the columns: serialNumber (or quantity) and experienceId or productSku"
            )
        for row in sheet.rows:
            cells = {
                name: cell for name, cell in zip(names, row.cells, strict=False) if name and cell.strip()
            }
            lost = [code for at, code in row.troubles.items() if at < len(names) and names[at]]
            if lost:
                cells[_UNREADABLE] = sheet_cells.TROUBLES[lost[0]]
            if cells or any(row.cells):
                yield _entry(cells)
    except AppError as error:
        raise _invalid(error.message) from error


def _entry(cells: dict[str, str]) -> Json:
    entry: dict[str, Json] = dict(cells)
    quantity = cells.get("quantity", "").strip()
    if quantity.isascii() and quantity.isdigit() and len(quantity) < 10:
        entry["quantity"] = int(quantity)
    for name in ("experienceId", "productSku"):
        if name in cells:
            entry[name] = cells[name].strip()
    return entry


def _parts(entries: Iterator[Json]) -> tuple[list[str], int]:
    """JSON arrays of entries, none asking for more serials than one request may."""
    parts: list[str] = []
    part: list[Json] = []
    total = weight = 0
    for entry in entries:
        heavy = entry_documents.weight(entry)
        if part and (len(part) == PART or weight + heavy > serials.MOST_PER_REQUEST):
            parts.append(msgspec.json.encode(part).decode())
            part, weight = [], 0
        part.append(entry)
        total, weight = total + 1, weight + heavy
        if total > MOST_ENTRIES:
            raise _invalid(f"The file has more than {MOST_ENTRIES:,} entries")
    if part:
        parts.append(msgspec.json.encode(part).decode())
    return parts, total


def _invalid(message: str) -> AppError:
    return AppError("upload_invalid", message, status=422)
