"""Files of serials, larger than a request may be: entered part by part by the worker, each part exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Literal

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.domain.registry import entry_documents, serials
from serializer_app.domain.registry.entry_documents import RefusalDocument, VerdictDocuments
from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets import reader
from serializer_app.domain.sheets.writer import Writer
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop, Upload, UploadPart
from serializer_app.text import Json

MOST_BYTES = 20 * 1024 * 1024
MOST_ENTRIES = 1_000_000
PART = 5_000
RESULT_LIFE = timedelta(days=30)

Form = Literal["csv", "jsonl"]
COLUMNS = ("serialNumber", "experienceId", "productSku", "quantity")
RESULT_COLUMNS = ("serialNumber", "experienceId", "productSku", "quantity", "url", "qrUrl", "errorMessage")
_UNREADABLE = "unreadable"
"""In an entry of a spreadsheet: why one of its cells could not be read."""
_NAMES = {name.lower(): name for name in COLUMNS}


def begin(session: Session, shop_id: int, form: Form, content: bytes, *, actor: str) -> Upload:
    """Keep a file and have the worker enter it. ``csv`` stands for every spreadsheet, .xlsx too.

    Raises AppError ``upload_invalid`` 422 for what is no such file.
    """
    parts, total = _parts(_sheet_entries(content) if form == "csv" else _json_entries(_text(content)))
    if not total:
        raise _invalid("The file has no entries")
    upload = Upload(
        shop_id=shop_id,
        public_id=make_item_ids(1)[0],
        form=form,
        parts=len(parts),
        entries=total,
        created_by=actor,
        created_at=now(),
    )
    session.add(upload)
    session.flush()
    rows = [
        {"shop_id": shop_id, "upload_id": upload.id, "number": number, "content": part}
        for number, part in enumerate(parts)
    ]
    session.connection().execute(insert(UploadPart), rows)
    outbox.put(session, shop_id, JobKind.SERIAL_IMPORT, [upload.public_id])
    session.refresh(upload)
    return upload


def find(session: Session, shop_id: int, public_id: str) -> Upload:
    """Raises AppError ``upload_not_found`` 404."""
    upload = session.scalars(
        select(Upload).where(Upload.shop_id == shop_id, Upload.public_id == (read_item_id(public_id) or ""))
    ).one_or_none()
    if upload is None:
        raise AppError("upload_not_found", f"Upload {public_id[:64]} not found.", status=404)
    return upload


def recent(session: Session, shop_id: int, *, most: int = 100) -> list[Upload]:
    """The newest uploads first."""
    return list(
        session.scalars(
            select(Upload).where(Upload.shop_id == shop_id).order_by(Upload.id.desc()).limit(most)
        )
    )


def enter_next(
    session: Session,
    shop: Shop,
    public_id: str,
    *,
    contain: Callable[[], AbstractContextManager[None]] | None = None,
) -> bool:
    """Enter the next part of an upload; False when nothing is left. A worker that dies loses the part's transaction,
    so the next one enters it, once.

    With ``contain``, which turns every exception into an AppError, each entry stands on its own and is refused where
    it raises.
    """
    upload = session.scalars(
        select(Upload)
        .where(Upload.shop_id == shop.id, Upload.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if upload is None or upload.parts_done >= upload.parts:
        return False
    here = (
        UploadPart.shop_id == shop.id,
        UploadPart.upload_id == upload.id,
        UploadPart.number == upload.parts_done,
    )
    entries: list[Json] = msgspec.json.decode(session.scalars(select(UploadPart.content).where(*here)).one())
    verdicts = VerdictDocuments()
    readable: list[Json] = []
    unreadable: list[RefusalDocument] = []
    for entry in entries:
        if upload.form == "csv" and isinstance(entry, dict) and _UNREADABLE in entry:
            unreadable.append(entry_documents.refused(entry, str(entry[_UNREADABLE])))
        else:
            readable.append(entry)
    for some in [readable] if contain is None else [[entry] for entry in readable]:
        try:
            with (
                contain() if contain else nullcontext(),
                session.begin_nested() if contain else nullcontext(),
            ):
                entered = entry_documents.enter(
                    session, shop, some, source="imported", actor=upload.created_by
                )
        except AppError as error:
            if contain is None:
                raise
            entered = VerdictDocuments(
                errors=[entry_documents.refused(entry, error.message) for entry in some]
            )
        verdicts.created += entered.created
        verdicts.errors += entered.errors
    verdicts.errors += unreadable
    lines = [msgspec.json.encode(verdict).decode() for verdict in (*verdicts.created, *verdicts.errors)]
    session.execute(
        # What was sent is in the verdicts; keeping it twice would only be more to erase.
        update(UploadPart).where(*here).values(content="[]", result="\n".join(lines)),
        execution_options={"synchronize_session": False},
    )
    upload.parts_done += 1
    upload.created += len(verdicts.created)
    upload.failed += len(verdicts.errors)
    if upload.parts_done == upload.parts:
        upload.finished_at = now()
    session.flush()
    return upload.finished_at is None


def expire(session: Session, shop_id: int) -> None:
    """Forget uploads and their results thirty days after they were sent."""
    old = select(Upload.id).where(Upload.shop_id == shop_id, Upload.created_at < now() - RESULT_LIFE)
    unsynchronised = {"synchronize_session": False}
    session.execute(
        delete(UploadPart).where(UploadPart.shop_id == shop_id, UploadPart.upload_id.in_(old)),
        execution_options=unsynchronised,
    )
    session.execute(
        delete(Upload).where(Upload.shop_id == shop_id, Upload.created_at < now() - RESULT_LIFE),
        execution_options=unsynchronised,
    )


def result(session: Session, upload: Upload) -> Iterator[str]:
    """The verdicts as a file of the upload's form, part by part. Raises AppError ``upload_running`` 409 at once."""
    if upload.finished_at is None:
        raise AppError(
            "upload_running", "This upload is not finished; ask again later", status=409, permanent=False
        )
    verdicts = (
        session.scalars(
            select(UploadPart.result).where(
                UploadPart.shop_id == upload.shop_id,
                UploadPart.upload_id == upload.id,
                UploadPart.number == number,
            )
        ).one()
        for number in range(upload.parts)
    )
    return _as_csv(verdicts) if upload.form == "csv" else (f"{lines}\n" for lines in verdicts)


def _as_csv(verdicts: Iterator[str | None]) -> Iterator[str]:
    writer = Writer("csv", RESULT_COLUMNS, bom=False)
    for lines in verdicts:
        rows = (msgspec.json.decode(line) for line in (lines or "").split("\n") if line)
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
