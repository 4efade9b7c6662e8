"""The rows of long work: what may begin, what a slice may save, and when a task is deleted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import tasks
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import OutboxRow, Task, TaskPart

KIND = "walk"


class Spec(msgspec.Struct, frozen=True):
    cursor: str = ""


@pytest.fixture
def shop_id(db: Database) -> int:
    with db.write() as session:
        return shops.install(session, "acme.myshopify.com", ["write_orders"]).id


def begin(db: Database, shop_id: int) -> Task:
    with db.write() as session:
        return tasks.begin_only(session, shop_id, KIND, Spec(), actor="app")[0]


def test_work_of_which_a_shop_has_one_goes_on_when_it_is_begun_again(db: Database, shop_id: int) -> None:
    first = begin(db, shop_id)
    with db.write() as session:
        task = tasks.resume(session, first)
        tasks.advance(session, task, position=5, tally={"orders": 3}, spec=Spec("next"))
        outbox.park(session, outbox_jobs(db, shop_id), "No")
        again, is_new = tasks.begin_only(session, shop_id, KIND, Spec("other"), actor="app")
        assert (again.public_id, is_new) == (first.public_id, False)
        assert (again.position, tasks.spec_of(again, Spec)) == (5, Spec("next"))
        waiting = outbox.state(session, shop_id, JobKind.TASK, again.public_id)
        assert waiting is not None
        assert waiting.parked_at is None, "a parked task has a new chance"
        anew = tasks.begin_anew(session, shop_id, KIND, Spec("first"), actor="app")
        assert (anew.public_id, anew.position, tasks.counts(anew)) == (first.public_id, 0, {})
        tasks.finish(session, anew)
        _, is_new = tasks.begin_only(session, shop_id, KIND, Spec(), actor="app")
        assert is_new


@pytest.mark.database("postgresql")
@pytest.mark.parametrize("end", [tasks.drop, tasks.finish])
def test_work_that_is_asked_for_while_its_last_slice_ends_is_done_anew(
    db: Database, shop_id: int, end: Callable[[Session, Task], None]
) -> None:
    first = begin(db, shop_id)
    with ThreadPoolExecutor() as threads:
        with db.write() as session:
            task = tasks.resume(session, first)
            end(session, task)
            asked = threads.submit(ask_anew, db, shop_id)
            with pytest.raises(TimeoutError):  # it waits for the slice
                asked.result(0.3)
        second = asked.result(10)
    assert second.public_id != first.public_id
    with db.read() as session:
        assert tasks.running(session, shop_id, KIND) is not None
        assert outbox.state(session, shop_id, JobKind.TASK, second.public_id) is not None


def ask_anew(db: Database, shop_id: int) -> Task:
    with db.write() as session:
        return tasks.begin_anew(session, shop_id, KIND, Spec(), actor="app")


def outbox_jobs(db: Database, shop_id: int) -> list[outbox.Job]:
    with db.read() as session:
        rows = session.scalars(
            select(OutboxRow).where(OutboxRow.shop_id == shop_id, OutboxRow.kind == JobKind.TASK)
        )
        return [
            outbox.Job(
                row.id, row.shop_id, JobKind(row.kind), row.key, row.version, row.attempts, row.queued_at
            )
            for row in rows
        ]


@pytest.mark.parametrize("change", ["advance", "begin_anew", "finish", "drop"])
def test_a_slice_saves_nothing_when_its_task_has_moved_on(db: Database, shop_id: int, change: str) -> None:
    seen = begin(db, shop_id)
    with db.write() as session:
        task = tasks.resume(session, seen)
        if change == "advance":
            tasks.advance(session, task, spec=Spec("next"))
        elif change == "begin_anew":
            tasks.begin_anew(session, shop_id, KIND, Spec("again"), actor="app")
        elif change == "finish":
            tasks.finish(session, task)
        else:
            tasks.drop(session, task)
    with db.write() as session, pytest.raises(AppError) as caught:
        tasks.resume(session, seen)
    assert caught.value.code == ("task_not_found" if change == "drop" else "conflict")


def test_after_thirty_days_everything_is_deleted_but_running_work_without_a_file(
    db: Database, shop_id: int
) -> None:
    with db.write() as session:
        for kind, parts, started, finished in (
            ("preview", 1, False, False),
            ("running file", 1, True, False),
            ("finished file", 1, True, True),
            ("finished", 0, True, True),
            ("running", 0, True, False),
        ):
            task = tasks.draft(
                session, shop_id, kind, Spec(), total=1, actor="app", parts=[("[]", "[]")] * parts
            )
            if started:
                tasks.start(session, task)
            if finished:
                tasks.finish(session, task)
        tasks.forget(session, shop_id)
        assert len(session.scalars(select(Task)).all()) == 5
        session.execute(update(Task).values(created_at=now() - timedelta(days=31)))
        tasks.forget(session, shop_id)
        assert session.scalars(select(Task.kind)).all() == ["running"]
        assert session.scalars(select(TaskPart)).all() == []
