"""The one loop of long work: run a slice of a task, save how far it came, come back for the next one.

Each kind of long work is a ``LongWork`` in the room of its noun; sync.jobs lists them. Its state is a row of ``tasks``
(domain.tasks), and its turn is a job ``task`` whose key is the row's public ID.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from serializer_app.clock import now, parse_iso
from serializer_app.domain import tasks
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Contain, Handler, Verdict, Work, contained

TURN_SECONDS = 5.0
"""How long a turn lasts that does not wait for Shopify; then it is the turn of other jobs and other shops."""


@dataclass(frozen=True)
class Slice:
    """What a slice returns: whether anything is left, and how many of Shopify's points the next one may cost."""

    more: bool
    points: float = 50


@dataclass(frozen=True)
class LongWork:
    """One kind of long work.

    ``run_slice`` does the next slice of the task and saves its progress in the transaction of the slice's effects
    (``tasks.resume``, then ``tasks.advance``, ``finish`` or ``drop``). The job is passed for its number of attempts.
    """

    kind: str
    run_slice: Callable[[Work, Job, Task], Slice]
    seconds: float = 0
    """How long a turn may last; 0 for one slice, where a slice waits for Shopify."""
    always_retried: bool = False
    """Comes round every hour: a permanent failure is tried again in an hour instead of being parked."""


class Walk(msgspec.Struct, frozen=True):
    """The spec of an hourly walk over a list of Shopify's: when it began, and Shopify's cursor where it goes on."""

    begun: datetime
    cursor: str = ""

    @classmethod
    def of_key(cls, key: str) -> Walk:
        """A new walk, or the one that a job of an earlier version did: its key was ``<begun>|<cursor>``."""
        begun, _, cursor = key.partition("|")
        try:
            return cls(parse_iso(begun), cursor)
        except ValueError:
            return cls(now())


Step = Callable[[Session, Task, Contain | None], bool]
"""Does the next slice of a locked task within one transaction; False when nothing is left.

With the last argument, which makes what is inside raise AppError and nothing else, it puts that around each entry
together with a savepoint, and reports the entries that fail.
"""


def in_database(kind: str, step: Callable[[Work], Step]) -> LongWork:
    """Long work that needs nothing but the database. ``step`` gets what the worker works with, for its keys."""

    def run_slice(work: Work, job: Job, task: Task) -> Slice:
        return Slice(_contained_step(work, job, task, step(work)))

    return LongWork(kind, run_slice, seconds=TURN_SECONDS)


def _contained_step(work: Work, job: Job, seen: Task, step: Step) -> bool:
    """One slice in one transaction. A slice that raises is done again, each entry on its own."""
    try:
        with contained(kind=seen.kind, job_key=job.key), work.db.write() as session:
            return step(session, tasks.find(session, work.shop_id, job.key, lock=True), None)
    except AppError as error:
        if error.code != "internal_error":
            raise
    with work.db.write() as session:
        task = tasks.find(session, work.shop_id, job.key, lock=True)
        return step(session, task, lambda: contained(kind=seen.kind, job_key=job.key))


def handler(kinds: Mapping[str, LongWork]) -> Handler:
    """The handler of ``task``. A task that is finished or was deleted in the meantime is done."""

    def run(work: Work, jobs: Sequence[Job]) -> Verdict:
        job = jobs[0]
        try:
            with work.db.read() as session:
                kind = kinds[tasks.find(session, work.shop_id, job.key).kind]
        except AppError:
            return Verdict(done=[job])
        try:
            return _turn(work, job, kind)
        except AppError as error:
            if error.code == "task_not_found":
                return Verdict(done=[job])
            if kind.always_retried and error.permanent:
                raise AppError(
                    error.code, error.message, permanent=False, retry_after=outbox.LONGEST_WAIT
                ) from error
            raise

    return run


def _turn(work: Work, job: Job, kind: LongWork) -> Verdict:
    until = time.monotonic() + kind.seconds
    while True:
        with work.db.read() as session:
            task = tasks.find(session, work.shop_id, job.key)
        if task.finished_at is not None:
            return Verdict(done=[job])
        ran = kind.run_slice(work, job, task)
        pause = work.rest(ran.points)
        if not ran.more:
            return Verdict(done=[job], pause=pause)
        if pause or time.monotonic() >= until:
            return Verdict(postponed=[(job, 0.0)], pause=pause)


def hand_over(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of jobs of earlier versions, which had a kind of their own for some tasks: the key is the task's."""
    return Verdict(done=[*jobs], again=[(JobKind.TASK, job.key, 0.0) for job in jobs])
