"""A file from its preview to its result: judged as a whole, then entered slice by slice by the worker.

A slice and how far the file came are one transaction (domain.tasks). Each row has a savepoint, so one bad row changes
nothing for its neighbours. Rows can be personal data, so they are kept encrypted (domain.imports.people).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.desk import sheet_rows
from serializer_app.domain.desk.sheet_rows import Note
from serializer_app.domain.ids import reader as codes
from serializer_app.domain.imports import items, people, registrations, serials
from serializer_app.domain.imports.kinds import (
    FIELD,
    RESULT_COLUMNS,
    Action,
    Context,
    ImportKind,
    ImportRow,
    Opened,
    Seen,
)
from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets import reader
from serializer_app.domain.sheets.cells import TROUBLES
from serializer_app.domain.sheets.writer import Form, Plain, Writer
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Shop, Task, TaskPart

KINDS: Mapping[str, ImportKind] = {kind.name: kind for kind in (items.KIND, serials.KIND, registrations.KIND)}
BY_TASK: Mapping[str, ImportKind] = {kind.task: kind for kind in KINDS.values()}
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
JUDGED_AT_ONCE = 500
SLICE = 50
"""Rows that are entered in one transaction. On SQLite webhooks wait behind it, and a registration takes some 20 ms."""
MOST_NOTES = 200


class FileSpec(msgspec.Struct, frozen=True):
    """The spec of the task: what the file's columns are called and mean, in how many parts its rows are kept."""

    head: list[str]
    meanings: list[str]
    parts: int
    notes: list[Note] = []
    """The first MOST_NOTES of ``noted``: what a person should look at."""
    noted: int = 0


Entry = tuple[int, list[str]]
"""A row that can be entered: its number and its cells."""
Refusal = tuple[int, list[str], str, str]
"""A row that cannot: its number, its cells, the error's code and its English sentence."""


@dataclass
class Judged:
    """What a file would do. ``blank`` rows are empty; every other row is in one of the other counts."""

    kind: ImportKind
    head: list[str]
    meanings: list[str]
    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    creates: int = 0
    same: int = 0
    blank: int = 0
    notes: list[Note] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """By word, as a task counts them. ``good`` rows change something, ``new`` of them make something."""
        return {
            "good": len(self.entries),
            "new": self.creates,
            "same": self.same,
            "bad": len(self.refusals),
            "blank": self.blank,
        }


def kind_named(name: str) -> ImportKind:
    """Raises AppError ``import_kind`` 404."""
    if name not in KINDS:
        raise AppError("import_kind", f"What can be imported and exported: {', '.join(KINDS)}", status=404)
    return KINDS[name]


def look_through(
    context: Context, kind: ImportKind, content: bytes, *, heartbeat: Callable[[], None] = lambda: None
) -> Judged:
    """Say what a file would do, over all of its rows. Only reads.

    Raises AppError ``csv_…``, ``import_columns``, ``file_…``, all 422.
    """
    sheet = reader.open_sheet(content)
    meanings = kind.meanings(sheet.head, context.fields)
    _check(kind, sheet.head, meanings)
    judged = Judged(kind, sheet.head, meanings)
    seen = Seen()
    numbers: list[tuple[int, str]] = []
    used = {at for at, meaning in enumerate(meanings) if meaning and meaning not in RESULT_COLUMNS}
    lot: list[tuple[ImportRow, list[str]]] = []
    total = 0
    for row in sheet.rows:
        if not any(row.cells) and not row.troubles:
            judged.blank += 1
            continue
        total += 1
        if total > MOST_ROWS:
            raise AppError("csv_too_long", f"A file has at most {MOST_ROWS:,} rows", status=422)
        judged.notes += [(row.number, code, "") for at, code in row.notes.items() if at in used]
        trouble = [code for at, code in row.troubles.items() if at in used or at == reader.WHOLE_ROW]
        if trouble:
            judged.refusals.append((row.number, row.cells, trouble[0], TROUBLES[trouble[0]]))
            continue
        meant = read_row(kind, meanings, row.number, row.cells)
        if not meant.cells and not meant.fields:
            judged.blank += 1
            continue
        numbers.append((row.number, meant.get("serial_number")))
        lot.append((meant, row.cells))
        if len(lot) == JUDGED_AT_ONCE:
            _judge(context, judged, lot, seen)
            lot = []
            heartbeat()
    _judge(context, judged, lot, seen)
    judged.refusals.sort(key=lambda refusal: refusal[0])
    judged.notes = [*_about_file(sheet, meanings), *sheet_rows.suspicions(numbers), *judged.notes]
    return judged


def read_row(kind: ImportKind, meanings: Sequence[str], number: int, cells: Sequence[str]) -> ImportRow:
    """A row of a file as it is meant."""
    own: dict[str, str] = {}
    fields: dict[str, str] = {}
    for meaning, cell in zip(meanings, cells, strict=False):
        if meaning.startswith(FIELD):
            if cell:
                fields[meaning.removeprefix(FIELD)] = cell
        elif meaning and meaning not in RESULT_COLUMNS:
            text = codes.clean(cell).strip() if meaning in kind.codes else cell
            if text.strip():
                own[meaning] = text
    return ImportRow(number, own, fields)


def _judge(context: Context, judged: Judged, lot: Sequence[tuple[ImportRow, list[str]]], seen: Seen) -> None:
    if not lot:
        return
    verdicts = judged.kind.judge(context, [row for row, _ in lot], seen)
    for (row, cells), verdict in zip(lot, verdicts, strict=True):
        if isinstance(verdict, AppError):
            judged.refusals.append((row.number, cells, verdict.code, verdict.message))
        elif verdict is None:
            judged.same += 1
        else:
            judged.entries.append((row.number, cells))
            judged.creates += verdict.creates
            if verdict.note is not None:
                judged.notes.append((row.number, verdict.note, ""))


def _about_file(sheet: reader.Sheet, meanings: Sequence[str]) -> Iterable[Note]:
    yield from ((0, code, detail) for code, detail in sheet.notes)
    ignored = [name for name, meaning in zip(sheet.head, meanings, strict=True) if name and not meaning]
    if ignored:
        yield 0, "columns_ignored", ", ".join(ignored)


def _check(kind: ImportKind, head: Sequence[str], meanings: Sequence[str]) -> None:
    missing = [group for group in kind.needs if not set(group) & set(meanings)]
    if missing:
        wanted = "; ".join(" or ".join(group) for group in kind.needs)
        raise AppError(
            "import_columns",
            f"The file's first line must name the columns: {wanted}",
            status=422,
            values={"columns": wanted},
        )
    twice = sorted(name for name in set(meanings) if name and list(meanings).count(name) > 1)
    if twice:
        raise AppError("csv_twice", f"Two columns of the file mean the same: {', '.join(twice)}", status=422)


def keep(context: Context, judged: Judged) -> Task:
    """A task that waits to be started; each row is judged once more when it is its turn."""
    vault, entries = context.vault, judged.entries
    parts = [entries[start : start + SLICE] for start in range(0, len(entries), SLICE)] or [[]]
    refused = [judged.refusals, *([] for _ in parts[1:])]
    return tasks.draft(
        context.session,
        context.shop.id,
        judged.kind.task,
        FileSpec(judged.head, judged.meanings, len(parts), judged.notes[:MOST_NOTES], len(judged.notes)),
        total=len(entries),
        actor=context.actor,
        tally=judged.counts,
        parts=[
            (people.sealed(vault, part), people.sealed(vault, errors))
            for part, errors in zip(parts, refused, strict=True)
        ],
    )


def run_next_slice(
    session: Session,
    vault: Vault,
    task: Task,
    contain: Callable[[], AbstractContextManager[None]] | None = None,
) -> bool:
    """Enter the next slice; False when none is left. With ``contain``, which turns every exception into an AppError,
    a row that raises is refused.
    """
    if task.finished_at is not None:
        return False
    context = Context(session, vault, shops.by_id(session, task.shop_id), task.created_by)
    part = session.get(TaskPart, (task.shop_id, task.id, task.position), with_for_update=True)
    entries: list[Entry] = [] if part is None else people.opened(vault, part.content, list[Entry])
    tally, refusals = _enter(context, task, entries, contain or nullcontext)
    if part is not None:
        if refusals:
            known = people.opened(vault, part.errors, list[Refusal])
            part.errors = people.sealed(vault, [*known, *refusals])
        part.content = people.EMPTY
    tasks.advance(session, task, position=task.position + 1, done=len(entries), tally=tally)
    if task.position >= tasks.spec_of(task, FileSpec).parts:
        tasks.finish(session, task)
    return task.finished_at is None


def _enter(
    context: Context,
    task: Task,
    entries: Sequence[Entry],
    contain: Callable[[], AbstractContextManager[None]],
) -> tuple[dict[str, int], list[Refusal]]:
    """Enter rows; returns what came of them by word, and those that were refused."""
    kind, meanings = BY_TASK[task.kind], tasks.spec_of(task, FileSpec).meanings
    rows = [read_row(kind, meanings, number, cells) for number, cells in entries]
    verdicts = kind.judge(context, rows, Seen()) if rows else []
    tally = {"entered": 0, "unchanged": 0, "failed": 0}
    refusals: list[Refusal] = []
    for (number, cells), row, verdict in zip(entries, rows, verdicts, strict=True):
        try:
            if not row.cells and not row.fields:
                raise AppError(
                    "import_row_erased", "The row was about a person whose data was erased", status=410
                )
            if isinstance(verdict, AppError):
                raise verdict
            if isinstance(verdict, Action):
                with contain(), context.session.begin_nested():
                    kind.enter(context, verdict)
        except AppError as error:
            refusals.append((number, cells, error.code, error.message))
            continue
        tally["entered" if verdict is not None else "unchanged"] += 1
    tally["failed"] = len(refusals)
    return tally, refusals


def refused(session: Session, vault: Vault, task: Task, *, most: int | None = None) -> Iterator[Refusal]:
    """Every row that was refused, part by part, the first ``most`` of them."""
    left = most
    for number in range(tasks.spec_of(task, FileSpec).parts):
        part = session.get(TaskPart, (task.shop_id, task.id, number), populate_existing=True)
        for refusal in people.opened(vault, part.errors, list[Refusal]) if part is not None else ():
            if left is not None and left <= 0:
                return
            left = None if left is None else left - 1
            yield refusal


def result(
    session: Session, vault: Vault, task: Task, form: Form, reason: Callable[[str, str], str]
) -> Iterator[bytes]:
    """The refused rows as they were in the file, and why: corrected, the result can be imported again.

    ``reason`` says (code, English sentence) to the reader.
    """
    spec = tasks.spec_of(task, FileSpec)
    columns = [
        (at, name)
        for at, (name, meaning) in enumerate(zip(spec.head, spec.meanings, strict=True))
        if meaning not in RESULT_COLUMNS
    ]
    writer = Writer(form, [*RESULT_COLUMNS, *(name for _, name in columns)])
    for number, cells, code, message in refused(session, vault, task):
        shown = [cells[at] if at < len(cells) else "" for at, _ in columns]
        kept = [Plain(cell) for cell in shown] if code in sheet_cells.TROUBLES else shown
        yield writer.write([[number, reason(code, message), *kept]])
    yield writer.end()


def export(
    kind: ImportKind,
    form: Form,
    opened: Opened,
    *,
    bom: bool = True,
) -> Iterator[bytes]:
    """Everything of a kind in the columns that its import reads. ``opened`` gives a Context for each page."""
    with opened() as context:
        head = kind.head(context.fields)
    writer = Writer(form, head, bom=bom)
    for rows in kind.export(opened):
        yield writer.write(rows)
    yield writer.end()


def template(shop: Shop, kind: ImportKind, form: Form) -> bytes:
    """A file with the columns of a kind and one row as an example."""
    fields = [found["key"] for found in shops.custom_fields(shop)] if kind.has_fields else []
    writer = Writer(form, [*kind.columns, *(kind.field_column(key) for key in fields)])
    return writer.write([[*kind.example, *("" for _ in fields)]]) + writer.end()
