"""Work that staff ask for and that takes longer than a request: begun here, carried out slice by slice by the worker.

A slice and how far it came are one transaction, so a killed worker loses the slice in hand and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Task, TaskPart
from serializer_app.text import JsonDict

LIFE = timedelta(days=30)
SHOWN = timedelta(minutes=10)
"""How long a page tells of a task that is finished."""


def draft(
    session: Session,
    shop_id: int,
    kind: str,
    spec: Mapping[str, object],
    *,
    total: int,
    actor: str,
    tally: Mapping[str, int] | None = None,
    parts: Sequence[tuple[str, str]] = (),
) -> Task:
    """Keep what is to be done, with (content, errors) of each part of a file. Nothing happens before ``start``."""
    forget(session, shop_id)
    task = Task(
        shop_id=shop_id,
        public_id=make_item_ids(1)[0],
        kind=kind,
        spec=msgspec.json.encode(spec).decode(),
        total=total,
        tally=msgspec.json.encode(tally or {}).decode(),
        created_by=actor,
        created_at=now(),
    )
    session.add(task)
    session.flush()
    rows = [
        {"shop_id": shop_id, "task_id": task.id, "number": number, "content": content, "errors": errors}
        for number, (content, errors) in enumerate(parts)
    ]
    if rows:
        session.connection().execute(insert(TaskPart), rows)
    session.refresh(task)
    return task


def start(session: Session, task: Task, *, job: JobKind = JobKind.TASK) -> None:
    """Have the worker do it; started twice it is done once."""
    if task.started_at is None:
        task.started_at = now()
        session.flush()
        outbox.put(session, task.shop_id, job, [task.public_id])


def find(
    session: Session, shop_id: int, public_id: str, *, kind: str | None = None, lock: bool = False
) -> Task:
    """Raises AppError ``task_not_found`` 404."""
    query = select(Task).where(Task.shop_id == shop_id, Task.public_id == (read_item_id(public_id) or ""))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    task = session.scalars(query).one_or_none()
    if task is None or kind not in (None, task.kind):
        raise AppError("task_not_found", "This is not known any more; please begin anew", status=404)
    return task


def newest(session: Session, shop_id: int, kind: str) -> Task | None:
    """What a page tells of: the newest task of a kind that runs, or was finished a moment ago."""
    task = session.scalars(
        select(Task)
        .where(Task.shop_id == shop_id, Task.kind == kind, Task.started_at.is_not(None))
        .order_by(Task.id.desc())
        .limit(1)
    ).one_or_none()
    if task is None or (task.finished_at is not None and task.finished_at < now() - SHOWN):
        return None
    return task


def came(session: Session, task: Task, position: int, done: int, tally: Mapping[str, int]) -> None:
    """A slice is done: go on at ``position``; ``tally`` is added to what is counted."""
    counted = counts(task)
    for word, number in tally.items():
        counted[word] = counted.get(word, 0) + number
    task.position, task.done = position, min(task.total, task.done + done)
    task.tally = msgspec.json.encode(counted).decode()
    session.flush()


def finish(session: Session, task: Task) -> None:
    task.finished_at, task.done = now(), task.total
    session.flush()


def counts(task: Task) -> dict[str, int]:
    """What came of it so far, by word."""
    found: dict[str, int] = msgspec.json.decode(task.tally)
    return found


def spec(task: Task) -> JsonDict:
    found: JsonDict = msgspec.json.decode(task.spec)
    return found


def forget(session: Session, shop_id: int) -> None:
    """Tasks and what they read are gone after thirty days."""
    old = select(Task.id).where(Task.shop_id == shop_id, Task.created_at < now() - LIFE)
    unsynchronised = {"synchronize_session": False}
    session.execute(
        delete(TaskPart).where(TaskPart.shop_id == shop_id, TaskPart.task_id.in_(old)),
        execution_options=unsynchronised,
    )
    session.execute(
        delete(Task).where(Task.shop_id == shop_id, Task.created_at < now() - LIFE),
        execution_options=unsynchronised,
    )
