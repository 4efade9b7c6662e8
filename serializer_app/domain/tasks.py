"""Long work: everything that takes longer than a request or a turn of the worker is one row of ``tasks``.

A row says what to do (``spec``), how far it is (``position``, and what its kind keeps in ``spec``) and what came of it
(``tally``). The worker does one slice after the other (sync.tasks) and saves the progress of a slice in the transaction
of its effects, so a killed worker loses the slice in hand and nothing else. Why a task waits is said by its job in the
outbox, whose key is the task's public ID.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import OutboxRow, Shop, Task, TaskPart

LIFE = timedelta(days=30)
SHOWN = timedelta(minutes=10)
"""How long a page shows a finished task."""

Spec = TypeVar("Spec")


def draft(
    session: Session,
    shop_id: int,
    kind: str,
    spec: object,
    *,
    total: int,
    actor: str,
    tally: Mapping[str, int] | None = None,
    parts: Sequence[tuple[str, str]] = (),
) -> Task:
    """Keep what is to be done, with (content, errors) of each part of a file. Nothing happens before ``start``.

    ``spec`` is the struct of its kind, which ``spec_of`` reads.
    """
    forget(session, shop_id)
    task = Task(
        shop_id=shop_id,
        public_id=make_item_ids(1)[0],
        kind=kind,
        spec=_json(spec),
        total=total,
        tally=_json(tally or {}),
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


def start(session: Session, task: Task, *, priority: int | None = None) -> None:
    """Have the worker do it, with the priority of a more urgent job where one is given. A task that is started twice is
    done once.
    """
    if task.started_at is None:
        task.started_at = now()
        session.flush()
        outbox.put(session, task.shop_id, JobKind.TASK, [task.public_id], priority=priority)


def begin_only(session: Session, shop_id: int, kind: str, spec: object, *, actor: str) -> tuple[Task, bool]:
    """Begin work of which a shop has one at a time: (the task, whether it is new).

    One that runs already goes on as it is; parked, it gets a new chance.
    """
    lock(session, shop_id)
    task = running(session, shop_id, kind)
    if task is not None:
        task = _still_running(session, task)
    if task is not None:
        outbox.put(session, shop_id, JobKind.TASK, [task.public_id])
        return task, False
    task = draft(session, shop_id, kind, spec, total=0, actor=actor)
    start(session, task)
    return task, True


def begin_anew(session: Session, shop_id: int, kind: str, spec: object, *, actor: str) -> Task:
    """Begin work of which a shop has one at a time. One that runs starts over with ``spec``."""
    task, is_new = begin_only(session, shop_id, kind, spec, actor=actor)
    if not is_new:
        task.spec, task.tally = _json(spec), "{}"
        task.position = task.done = 0
        session.flush()
    return task


def lock(session: Session, shop_id: int) -> None:
    """Let one transaction at a time decide which tasks of a shop begin. Rows that name the shop can still be added."""
    session.scalar(select(Shop.id).where(Shop.id == shop_id).with_for_update(key_share=True))


def find(
    session: Session, shop_id: int, public_id: str, *, kind: str | None = None, lock: bool = False
) -> Task:
    """Raises AppError ``task_not_found`` 404."""
    query = select(Task).where(Task.shop_id == shop_id, Task.public_id == (read_item_id(public_id) or ""))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    task = session.scalars(query).one_or_none()
    if task is None or kind not in (None, task.kind):
        raise not_found()
    return task


def not_found() -> AppError:
    return AppError("task_not_found", "This is not known any more; please begin anew", status=404)


def resume(session: Session, seen: Task) -> Task:
    """The task as its slice found it, locked until the transaction ends.

    Raises AppError ``conflict`` when it has moved on since, because another worker did this slice or somebody had the
    work begin again. Nothing of the slice is kept then.
    """
    task = find(session, seen.shop_id, seen.public_id, lock=True)
    if (task.position, task.spec, task.finished_at) != (seen.position, seen.spec, seen.finished_at):
        raise AppError("conflict", "Collided with another change; it is tried again", permanent=False)
    return task


def latest(session: Session, shop_id: int, kind: str) -> Task | None:
    """The newest task of a kind that was started."""
    return next(iter(recent(session, shop_id, kind, most=1)), None)


def recent(session: Session, shop_id: int, kind: str, *, most: int) -> Sequence[Task]:
    """Tasks of a kind that were started, the newest first."""
    return session.scalars(
        select(Task)
        .where(Task.shop_id == shop_id, Task.kind == kind, Task.started_at.is_not(None))
        .order_by(Task.id.desc())
        .limit(most)
    ).all()


def running(session: Session, shop_id: int, kind: str) -> Task | None:
    """The task of a kind that a shop has one at a time of, while it runs."""
    task = latest(session, shop_id, kind)
    return task if task is not None and task.finished_at is None else None


def _still_running(session: Session, task: Task) -> Task | None:
    """The task, locked; None where its last slice ended between the look and the lock."""
    query = select(Task).where(Task.shop_id == task.shop_id, Task.id == task.id, Task.finished_at.is_(None))
    locked = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def newest(session: Session, shop_id: int, kind: str) -> Task | None:
    """What a page shows: the newest task of a kind that runs, or was finished a moment ago."""
    task = latest(session, shop_id, kind)
    if task is None or (task.finished_at is not None and task.finished_at < now() - SHOWN):
        return None
    return task


def problem(session: Session, task: Task) -> str | None:
    """Why a task waits, in words for the merchant; None while it makes progress."""
    job = outbox.state(session, task.shop_id, JobKind.TASK, task.public_id)
    return None if job is None else job.problem


def advance(
    session: Session,
    task: Task,
    *,
    position: int = 0,
    done: int = 0,
    tally: Mapping[str, int] | None = None,
    spec: object = None,
) -> None:
    """A slice is done: go on at ``position``, with ``spec`` where it changed; ``tally`` is added to the counts.

    Call it in the transaction of the slice's effects.
    """
    counted = counts(task)
    for word, number in (tally or {}).items():
        counted[word] = counted.get(word, 0) + number
    task.position, task.done = position, min(task.total, task.done + done)
    task.tally = _json(counted)
    if spec is not None:
        task.spec = _json(spec)
    session.flush()


def finish(session: Session, task: Task) -> None:
    task.finished_at, task.done = now(), task.total
    session.flush()


def drop(session: Session, task: Task) -> None:
    """Finish a task that nobody looks at afterwards."""
    session.delete(task)
    session.flush()


def counts(task: Task) -> dict[str, int]:
    """What came of it so far, by word."""
    found: dict[str, int] = msgspec.json.decode(task.tally)
    return found


def spec_of(task: Task, form: type[Spec]) -> Spec:
    """What a task is to do, as the struct of its kind."""
    return msgspec.json.decode(task.spec, type=form)


def job_names() -> tuple[ColumnElement[str], ColumnElement[bool]]:
    """For reports over the outbox: a job's kind, or that of its task; and the condition of the outer join to Task."""
    joined = and_(
        OutboxRow.kind == JobKind.TASK, Task.shop_id == OutboxRow.shop_id, Task.public_id == OutboxRow.key
    )
    return func.coalesce(Task.kind, OutboxRow.kind), joined


def forget(session: Session, shop_id: int) -> None:
    """Delete tasks and what they read thirty days after they were made.

    A running task stays until it has finished, unless it reads a file: rows of files can be personal data, and a shop
    may have been closed for months.
    """
    has_file = exists().where(TaskPart.shop_id == Task.shop_id, TaskPart.task_id == Task.id)
    is_over = or_(Task.started_at.is_(None), Task.finished_at.is_not(None), has_file)
    old = session.scalars(
        select(Task.id).where(Task.shop_id == shop_id, Task.created_at < now() - LIFE, is_over)
    ).all()
    for some in (old[start : start + 500] for start in range(0, len(old), 500)):
        for query in (
            delete(TaskPart).where(TaskPart.shop_id == shop_id, TaskPart.task_id.in_(some)),
            delete(Task).where(Task.shop_id == shop_id, Task.id.in_(some)),
        ):
            session.execute(query, execution_options={"synchronize_session": False})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
