"""Serial numbers from a spreadsheet: looked through as a whole first, then entered part by part by the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec
from sqlalchemy import String, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history, tasks
from serializer_app.domain.desk import sheet_rows
from serializer_app.domain.desk.serial_entry import Numbers
from serializer_app.domain.desk.sheet_rows import SerialSheet, SheetRow
from serializer_app.domain.gate import holds
from serializer_app.domain.ids import reader
from serializer_app.domain.ids.reader import Form
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import events, items
from serializer_app.domain.sheets import cells
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Serial, Task, TaskPart
from serializer_app.store.models.columns import UtcTime

KIND = "serials"
MOST_BYTES = 20 * 1024 * 1024
PART = 500
"""Rows that are entered at once: on SQLite the webhooks wait for their turn behind each part."""

MOST_NOTES = 200

Entry = tuple[int, list[str], int, str, str | None]
"""A row that can be entered: its number, its cells, the unit's key, the serial number, and the one it had before."""
Refusal = tuple[int, list[str], str, str]
"""A row that cannot: its number, its cells, the error's code and its English sentence."""


class SheetSpec(msgspec.Struct, frozen=True):
    """The spec of the task: the file's columns, in how many parts its rows are kept, and what to look at in it."""

    head: list[str]
    parts: int
    notes: list[sheet_rows.Note] = []
    """The first MOST_NOTES of ``noted``."""
    noted: int = 0


@dataclass(frozen=True)
class JudgedSheet:
    """What a file would do: the rows that can be entered, those that cannot, and how many are entered already.

    ``blank`` rows have no serial number; ``notes`` are worth a look before the import.
    """

    head: list[str]
    entries: list[Entry]
    refusals: list[Refusal]
    same: int
    blank: int = 0
    notes: Sequence[sheet_rows.Note] = ()


def look_through(
    session: Session,
    shop_id: int,
    content: bytes,
    *,
    wrong: Callable[[str], AppError | None],
    heartbeat: Callable[[], None] = lambda: None,
) -> JudgedSheet:
    """Say what a file would do, over all of its rows. Reads only, because a large file takes seconds.

    ``wrong`` tells what is wrong with a serial number in itself. Raises AppError ``csv_…`` and ``file_…`` 422.
    """
    sheet = sheet_rows.read(content, heartbeat=heartbeat)
    notes = list(sheet.notes)
    judged = _judged(session, shop_id, sheet, wrong, notes)
    return JudgedSheet(sheet.head, *judged, blank=sheet.blank, notes=notes)


def keep(session: Session, shop_id: int, judged: JudgedSheet, *, actor: str) -> Task:
    """A task that waits to be started; each entry is judged once more when it is its turn."""
    entries = judged.entries
    parts = [entries[start : start + PART] for start in range(0, len(entries), PART)] or [[]]
    told = [judged.refusals, *([] for _ in parts[1:])]
    return tasks.draft(
        session,
        shop_id,
        KIND,
        SheetSpec(judged.head, len(parts), [*judged.notes[:MOST_NOTES]], len(judged.notes)),
        total=len(entries),
        actor=actor,
        tally={"good": len(entries), "same": judged.same, "bad": len(judged.refusals), "blank": judged.blank},
        parts=[(_json(part), _json(errors)) for part, errors in zip(parts, told, strict=True)],
    )


def _judged(
    session: Session,
    shop_id: int,
    sheet: SerialSheet,
    wrong: Callable[[str], AppError | None],
    notes: list[sheet_rows.Note],
) -> tuple[list[Entry], list[Refusal], int]:
    units = sheet_rows.units_of(session, shop_id, sheet.rows)
    numbers = Numbers(session, shop_id, {row.serial for row in sheet.rows})
    given: dict[int, int] = {}
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    same = 0
    for row in sheet.rows:
        try:
            entry, note = _judge(row, units, given, wrong, numbers)
        except AppError as error:
            refusals.append((row.number, row.cells, *_sentence(error)))
            continue
        if entry is None:
            same += 1
        else:
            entries.append(entry)
        if note is not None:
            notes.append((row.number, note, ""))
    return entries, refusals, same


def _judge(
    row: SheetRow,
    units: sheet_rows.Units,
    given: dict[int, int],
    wrong: Callable[[str], AppError | None],
    numbers: Numbers,
) -> tuple[Entry | None, str | None]:
    """What a row would enter, None where it is entered already; and the code of what a person should look at."""
    if row.trouble is not None:
        raise AppError(row.trouble, cells.TROUBLES[row.trouble], status=422)
    if (problem := wrong(row.serial)) is not None and reader.read(row.serial).form is Form.PLAIN:
        raise problem
    unit = sheet_rows.unit_of(row, units, given)
    if (above := given.get(unit.key)) is not None:
        raise AppError("sheet_twice", f"Line {above} names this unit already", status=409)
    if unit.serial_number == row.serial:
        given[unit.key] = row.number
        return None, None
    number, note = numbers.of(row.serial, unit.variant_id)
    key = serial_key(number)
    holder = units.holders.get((unit.line_item_id, key))
    if holder not in (None, unit.key):
        raise _taken()
    given[unit.key] = row.number
    if unit.serial_number == number:
        return None, None
    if unit.serial_key is not None:
        units.holders.pop((unit.line_item_id, unit.serial_key), None)
    units.holders[(unit.line_item_id, key)] = unit.key
    return (row.number, row.cells, unit.key, number, unit.serial_number), note


def _taken() -> AppError:
    return AppError(
        "serial_number_taken",
        "This serial number is already entered for another unit of this line item",
        status=409,
    )


def _sentence(error: AppError) -> tuple[str, str]:
    return error.code, error.details[0]["message"] if error.details else error.message


def enter_next(
    session: Session, task: Task, contain: Callable[[], AbstractContextManager[None]] | None = None
) -> bool:
    """Enter the next part; False when none is left. A part and how far it came are one transaction.

    With ``contain``, which turns every exception into an AppError, each row stands on its own and is refused where it
    raises.
    """
    if task.finished_at is not None:
        return False
    part = session.get(TaskPart, (task.shop_id, task.id, task.position))
    entries: list[Entry] = [] if part is None else msgspec.json.decode(part.content, type=list[Entry])
    entered, refusals = _enter(session, task, entries) if contain is None else (0, [])
    for entry in entries if contain is not None else ():
        try:
            with contain(), session.begin_nested():  # type: ignore[misc]  # entries are empty without contain
                one, refused_one = _enter(session, task, [entry])
        except AppError as error:
            one, refused_one = 0, [(*entry[:2], error.code, error.message)]
        entered += one
        refusals += refused_one
    if part is not None and refusals:
        told = msgspec.json.decode(part.errors, type=list[Refusal])
        part.errors = _json([*told, *refusals])
    if part is not None:
        part.content = "[]"
    tasks.advance(
        session,
        task,
        position=task.position + 1,
        done=len(entries),
        tally={"entered": entered, "failed": len(refusals)},
    )
    if task.position >= tasks.spec_of(task, SheetSpec).parts:
        tasks.finish(session, task)
    return task.finished_at is None


def _enter(session: Session, task: Task, entries: Sequence[Entry]) -> tuple[int, list[Refusal]]:
    """How many were entered, and what was refused because of what happened since the file was looked through."""
    there = _present(session, task.shop_id, [entry[2] for entry in entries])
    known = _registered_keys(session, task.shop_id, [serial_key(entry[3]) for entry in entries])
    alone: list[Entry] = []
    together: list[Entry] = []
    refusals: list[Refusal] = []
    for entry in entries:
        item, serial = there.get(entry[2]), entry[3]
        if item is None or item.removed_at is not None:
            refusals.append((*entry[:2], "item_not_found", "There is no such item"))
        elif item.serial_number == serial:
            continue
        elif item.serial_number != entry[4]:
            refusals.append(
                (*entry[:2], "version_conflict", "Somebody else entered another serial number meanwhile")
            )
        else:
            # A number of the registry is tied to the unit, and one that was there before is let go: item by item.
            (alone if item.serial_key or serial_key(serial) in known else together).append(entry)
    refusals += _one_by_one(session, task, alone, there)
    if together:
        try:
            with session.begin_nested():
                _at_once(session, task, together, there)
        except IntegrityError:
            # Somebody has given one of these numbers to another unit of its line in this very moment.
            refusals += _one_by_one(session, task, together, there)
    return len(alone) + len(together) - sum(refusal[2] not in _BEFORE for refusal in refusals), refusals


_BEFORE = {"item_not_found", "version_conflict"}


def _present(session: Session, shop_id: int, keys: Sequence[int]) -> dict[int, Item]:
    """The units as they are now; nobody else changes them until this transaction ends."""
    rows = session.scalars(
        select(Item)
        .where(Item.shop_id == shop_id, Item.id.in_(keys))
        .order_by(Item.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {item.id: item for item in rows}


def _registered_keys(session: Session, shop_id: int, keys: Sequence[str]) -> set[str]:
    return set(
        session.scalars(
            select(Serial.serial_key).where(Serial.shop_id == shop_id, Serial.serial_key.in_(keys))
        )
    )


def _one_by_one(
    session: Session, task: Task, entries: Sequence[Entry], there: dict[int, Item]
) -> list[Refusal]:
    refusals: list[Refusal] = []
    for entry in entries:
        try:
            with session.begin_nested():
                changes = items.ItemChanges(serial_number=entry[3])
                items.change(
                    session, task.shop_id, there[entry[2]], changes, allowed_fields=(), actor=task.created_by
                )
        except AppError as error:
            refusals.append((*entry[:2], *_sentence(error)))
    return refusals


_NUMBERS = (
    update(Item)
    .where(Item.shop_id == bindparam("shop"), Item.id == bindparam("key"))
    .values(
        serial_number=bindparam("number"),
        serial_key=bindparam("compared"),
        version=Item.version + 1,
        updated_at=bindparam("moment"),
    )
)
# One statement for all: a parameter for each column of each row took PostgreSQL three times as long.
_NUMBERS_TOGETHER = text(
    "UPDATE items SET serial_number = sent.value ->> 1, serial_key = sent.value ->> 2, version = version + 1, "
    "updated_at = :moment FROM json_array_elements(CAST(:rows AS json)) AS sent(value) "
    "WHERE items.shop_id = :shop AND items.id = (sent.value ->> 0)::bigint"
).bindparams(bindparam("rows", type_=String), bindparam("moment", type_=UtcTime))


def _put_numbers(session: Session, shop_id: int, entries: Sequence[Entry]) -> None:
    connection, moment = session.connection(), now()
    rows = [(key, number, serial_key(number)) for _, _, key, number, _ in entries]
    if connection.dialect.name == "sqlite":
        names = ("key", "number", "compared")
        each = [{"shop": shop_id, "moment": moment, **dict(zip(names, row, strict=True))} for row in rows]
        connection.execute(_NUMBERS, each)
    else:
        connection.execute(_NUMBERS_TOGETHER, {"shop": shop_id, "moment": moment, "rows": _json(rows)})


def _at_once(session: Session, task: Task, entries: Sequence[Entry], there: dict[int, Item]) -> None:
    """What items.change does for units without a number, whose new one nobody has registered: in four statements."""
    shop_id = task.shop_id
    _put_numbers(session, shop_id, entries)
    changed = [(key, {"serialNumber": {"from": None, "to": number}}) for _, _, key, number, _ in entries]
    history.record(session, shop_id, "item", changed, actor=task.created_by, action="changed")
    units = [(there[key], number) for _, _, key, number, _ in entries]
    order_ids = sorted({item.order_id for item, _ in units})
    outbox.put(session, shop_id, JobKind.MIRROR_ORDER, order_ids)
    holds.serials_changed(session, shop_id, *order_ids)
    events.numbered(session, shop_id, units)


def refused(session: Session, task: Task, *, most: int | None = None) -> Iterator[Refusal]:
    """Every row that was refused, part by part, the first ``most`` of them."""
    left = most
    for number in range(tasks.spec_of(task, SheetSpec).parts):
        part = session.get(TaskPart, (task.shop_id, task.id, number), populate_existing=True)
        for refusal in msgspec.json.decode(part.errors, type=list[Refusal]) if part is not None else ():
            if left is not None and left <= 0:
                return
            left = None if left is None else left - 1
            yield refusal


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
