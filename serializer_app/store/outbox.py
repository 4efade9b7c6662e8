"""The outbox: what the network still has to be told, and who is telling it.

A row says *what to bring up to date*, never what to write. It is put in the transaction that changed the truth;
a worker takes the shop's lane, reads the present state, acts, and deletes the row only if nobody raised its version
in the meantime. So a retry is harmless, ten changes become one write, and a crash loses nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.store import upsert
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Lane, OutboxRow, Shop

FIRST_WAIT = 1.0
LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Job:
    """One row as it was when it was taken; ``version`` decides whether finishing it is still true."""

    id: int
    shop_id: int
    kind: JobKind
    key: str
    version: int
    attempts: int
    queued_at: datetime


@dataclass(frozen=True)
class Taken:
    """A lane with the jobs to do in it, all of one kind."""

    shop_id: int
    lease: str
    jobs: tuple[Job, ...]


def put(
    session: Session,
    shop_id: int,
    kind: JobKind,
    keys: Iterable[str | int],
    *,
    delay: float = 0,
    priority: int | None = None,
) -> None:
    """Have (kind, key) brought up to date, ``delay`` seconds from now at the earliest; ``priority``: not the kind's.

    A row that waits already keeps its earlier time, unless it failed before: then its back-off stands, so that a busy
    order cannot hammer a shop that is down. A parked row gets a new chance, because what was wrong may be mended.
    """
    moment = now()
    rows = [
        {
            "shop_id": shop_id,
            "kind": kind.value,
            "key": str(key),
            "priority": kind.priority if priority is None else priority,
            "due_at": moment + timedelta(seconds=delay),
            "queued_at": moment,
        }
        for key in keys
    ]
    if not rows:
        return
    connection = session.connection()
    statement = _upsert(connection.dialect.name)
    for start in range(0, len(rows), 500):
        connection.execute(statement, rows[start : start + 500])


@lru_cache
def _upsert(dialect: str) -> upsert.Upsert:
    """Built once: naming what was to be inserted took 2 ms of a webhook's request."""
    statement = upsert.insert_into(dialect, OutboxRow)
    fresh = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["shop_id", "kind", "key"],
        set_={
            "version": OutboxRow.version + 1,
            "due_at": case(
                (OutboxRow.parked_at.is_not(None), fresh.due_at),
                (OutboxRow.attempts > 0, OutboxRow.due_at),
                (OutboxRow.due_at < fresh.due_at, OutboxRow.due_at),
                else_=fresh.due_at,
            ),
            "attempts": case((OutboxRow.parked_at.is_not(None), 0), else_=OutboxRow.attempts),
            "parked_at": None,
        },
    )


def put_failed(session: Session, shop_id: int, kind: JobKind, key: str | int, problem: str) -> None:
    """Put a job whose first attempt failed already, as a member of a page: its reason shows and its back-off begins.

    A job that waits already, for another reason, keeps its attempts.
    """
    put(session, shop_id, kind, [key], delay=FIRST_WAIT)
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.shop_id == shop_id, OutboxRow.kind == kind, OutboxRow.key == str(key))
        .values(attempts=case((OutboxRow.attempts > 0, OutboxRow.attempts), else_=1), problem=problem[:500]),
        execution_options={"synchronize_session": False},
    )


def open_lane(session: Session, shop_id: int) -> None:
    """Give a shop the lane its jobs are done in; once, at installation."""
    past = now()
    row = {"shop_id": shop_id, "leased_until": past, "paused_until": past, "served_at": past}
    session.execute(upsert.insert(session, Lane).on_conflict_do_nothing(), row)


def take(
    session: Session, *, lease_seconds: float, most: int = 25, kinds: Sequence[JobKind] = ()
) -> Taken | None:
    """Take the lane of the shop that has waited longest among those with something due, or None.

    At most ``most`` jobs of one kind come along, of a ``single`` kind one. SKIP LOCKED lets workers pass each other on
    PostgreSQL; SQLite has one writer at a time and leaves the clause out. The CTE is needed: a bare LIMIT subselect may
    be evaluated twice.
    """
    moment = now()
    lease = secrets.token_hex(16)
    due = (
        OutboxRow.shop_id == Lane.shop_id,
        OutboxRow.parked_at.is_(None),
        OutboxRow.due_at <= moment,
        *((OutboxRow.kind.in_(kinds),) if kinds else ()),
    )
    # Uninstalled shops keep their rows (contract §7.6): opening the app again finds them waiting.
    candidate = (
        select(Lane.shop_id)
        .join(Shop, Shop.id == Lane.shop_id)
        .where(Lane.leased_until <= moment, Lane.paused_until <= moment, Shop.status == "installed")
        .where(exists().where(*due))
        .order_by(Lane.served_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Lane)
        .cte("due")
    )
    taken = session.execute(
        update(Lane)
        .where(Lane.shop_id.in_(select(candidate.c.shop_id)))
        .values(lease=lease, leased_until=moment + timedelta(seconds=lease_seconds), served_at=moment)
        .returning(Lane.shop_id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    if taken is None:
        return None
    columns = (
        OutboxRow.id,
        OutboxRow.shop_id,
        OutboxRow.kind,
        OutboxRow.key,
        OutboxRow.version,
        OutboxRow.attempts,
        OutboxRow.queued_at,
    )
    rows = session.execute(
        select(*columns)
        .where(*due, OutboxRow.shop_id == taken)
        .where(Lane.shop_id == taken)
        .order_by(OutboxRow.priority, OutboxRow.due_at, OutboxRow.id)
        .limit(most * 4)
    ).all()
    jobs = [Job(row.id, row.shop_id, JobKind(row.kind), *row[3:]) for row in rows]
    same = [job for job in jobs if job.kind == jobs[0].kind]
    return Taken(taken, lease, tuple(same[: 1 if same and same[0].kind.single else most]))


def anything_due(session: Session) -> bool:
    """Whether a worker has anything to take: a cheap read, so that an idle one never asks for the write lock."""
    moment = now()
    query = (
        select(Lane.shop_id)
        .join(Shop, Shop.id == Lane.shop_id)
        .where(Lane.leased_until <= moment, Lane.paused_until <= moment, Shop.status == "installed")
        .where(
            exists().where(
                OutboxRow.shop_id == Lane.shop_id, OutboxRow.parked_at.is_(None), OutboxRow.due_at <= moment
            )
        )
        .limit(1)
    )
    return session.execute(query).first() is not None


AHEAD = timedelta(seconds=5)
"""By how much the clocks of two machines may differ without anybody minding."""
LONGEST_PAUSE = timedelta(seconds=LONGEST_WAIT)


def _ahead(moment: datetime, lease_seconds: float) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What no clock that goes right can have written: (of a row, of a lane)."""
    row = OutboxRow.queued_at > moment + AHEAD
    lane = or_(
        Lane.served_at > moment + AHEAD,
        Lane.leased_until > moment + timedelta(seconds=lease_seconds) + AHEAD,
        Lane.paused_until > moment + LONGEST_PAUSE + AHEAD,
    )
    return row, lane


def anything_ahead(session: Session, lease_seconds: float) -> bool:
    """Whether a clock that was ahead left times behind that keep things waiting."""
    row, lane = _ahead(now(), lease_seconds)
    return bool(session.execute(select(or_(exists().where(row), exists().where(lane)))).scalar())


def bring_back(session: Session, lease_seconds: float) -> int:
    """Make due what was put by a clock that was ahead, and end its leases and pauses; returns the number of rows.

    A lane that somebody works in keeps its lease no longer than any other: work is harmless to do twice.
    """
    moment = now()
    row, lane = _ahead(moment, lease_seconds)
    freed = session.execute(
        update(OutboxRow).where(row).values(due_at=moment, queued_at=moment).returning(OutboxRow.id),
        execution_options={"synchronize_session": False},
    ).all()
    session.execute(
        update(Lane).where(lane).values(leased_until=moment, paused_until=moment, served_at=moment),
        execution_options={"synchronize_session": False},
    )
    return len(freed)


def renew(session: Session, taken: Taken, *, lease_seconds: float) -> bool:
    """Keep the lane for longer work; False when somebody else has it by now, and the work must stop."""
    result = session.execute(
        update(Lane)
        .where(Lane.shop_id == taken.shop_id, Lane.lease == taken.lease)
        .values(leased_until=now() + timedelta(seconds=lease_seconds))
        .returning(Lane.shop_id)
    )
    return result.scalar_one_or_none() is not None


def leave(session: Session, taken: Taken, *, pause: float = 0) -> bool:
    """Give the lane back, after ``pause`` seconds when the shop's cost bucket or Retry-After asked for it.

    False when it was somebody else's by now.
    """
    moment = now()
    left = session.execute(
        update(Lane)
        .where(Lane.shop_id == taken.shop_id, Lane.lease == taken.lease)
        .values(lease=None, leased_until=moment, paused_until=moment + timedelta(seconds=pause))
        .returning(Lane.shop_id)
    )
    return left.scalar_one_or_none() is not None


def done(session: Session, jobs: Iterable[Job], *, again_after: float = 0) -> None:
    """Finish jobs. One that was put again while it was being done stays, due ``again_after`` seconds from now."""
    moment = now()
    versions = [(job.id, job.version) for job in jobs]
    if not versions:
        return
    gone = session.scalars(
        delete(OutboxRow)
        .where(tuple_(OutboxRow.id, OutboxRow.version).in_(versions))
        .returning(OutboxRow.id),
        execution_options={"synchronize_session": False},
    ).all()
    left = {number for number, _ in versions}.difference(gone)
    if left:
        due_at = moment + timedelta(seconds=again_after)
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(left))
            .values(attempts=0, problem=None, due_at=due_at, queued_at=moment),
            execution_options={"synchronize_session": False},
        )


def postpone(session: Session, jobs: Iterable[Job], wait: float) -> None:
    """Nothing went wrong, it is only too early."""
    due_at = now() + timedelta(seconds=wait)
    ids = [job.id for job in jobs]
    session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(due_at=due_at))


def retry(session: Session, jobs: Iterable[Job], problem: str, *, at_least: float = 0) -> None:
    """A transient failure: a second, two, four … an hour, without end (contract §5), or longer if Shopify says so."""
    for job in jobs:
        wait = max(min(FIRST_WAIT * 2 ** min(job.attempts, 12), LONGEST_WAIT), at_least)
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == job.id)
            .values(
                attempts=OutboxRow.attempts + 1,
                problem=problem[:500],
                due_at=now() + timedelta(seconds=wait),
            )
        )


def park(session: Session, jobs: Iterable[Job], problem: str) -> None:
    """A permanent failure: keep it where people see it. Put again meanwhile, it gets its new chance instead."""
    for job in jobs:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == job.id, OutboxRow.version == job.version)
            .values(parked_at=now(), problem=problem[:500], attempts=OutboxRow.attempts + 1)
        )


def release(session: Session, shop_id: int) -> int:
    """Make everything of a shop due now, parked or backing off: after a re-installation, or by a person's wish."""
    moment = now()
    ids = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.shop_id == shop_id,
            or_(OutboxRow.parked_at.is_not(None), OutboxRow.attempts > 0),
        )
        .values(parked_at=None, attempts=0, due_at=moment)
        .returning(OutboxRow.id)
    ).all()
    session.execute(update(Lane).where(Lane.shop_id == shop_id).values(paused_until=moment))
    return len(ids)


class WaitingJob(NamedTuple):
    """A job of which a person may know; ``parked_at`` is None while it is tried again."""

    attempts: int
    due_at: datetime
    parked_at: datetime | None
    problem: str | None
    queued_at: datetime


def state(session: Session, shop_id: int, kind: JobKind, key: str | int) -> WaitingJob | None:
    """The row as a person may see it, or None when nothing waits."""
    row = session.execute(
        select(
            OutboxRow.attempts, OutboxRow.due_at, OutboxRow.parked_at, OutboxRow.problem, OutboxRow.queued_at
        ).where(OutboxRow.shop_id == shop_id, OutboxRow.kind == kind, OutboxRow.key == str(key))
    ).one_or_none()
    return None if row is None else WaitingJob._make(row)


def waiting(session: Session, shop_id: int | None = None) -> tuple[int, int]:
    """How many rows wait, and how many are parked; of one shop or of all."""
    query = select(
        func.count().filter(OutboxRow.parked_at.is_(None)),
        func.count().filter(OutboxRow.parked_at.is_not(None)),
    ).select_from(OutboxRow)
    if shop_id is not None:
        query = query.where(OutboxRow.shop_id == shop_id)
    pending, parked = session.execute(query).one()
    return pending, parked
