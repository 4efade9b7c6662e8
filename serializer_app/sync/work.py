"""What the worker hands to a handler, and how one bad job is kept from holding up its neighbours.

``one_by_one`` makes a handler of single jobs into one of batches. A batch handler that raises is called again with each
job alone (``isolated``). Members of a page that are not jobs yet are kept apart by ``Work.set_aside``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import wraps

import structlog
from sqlalchemy.orm import Session

from serializer_app.config import Settings
from serializer_app.domain.shops import tokens
from serializer_app.errors import AppError
from serializer_app.shopify.client import AdminClient, ShopUnavailable, Throttled, Unauthorised
from serializer_app.shopify.transport import Http
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database, is_conflict, is_unavailable, retry_conflicts
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.outbox import Job, Taken
from serializer_app.text import JsonDict

log = structlog.get_logger(__name__)

LOST_PAUSE = 300.0
CLOSED_PAUSE = 60.0
BATCH_SECONDS = 15.0
"""No job of a batch begins later than this after the first one, so that the shop's other jobs and the other shops get
their turn."""
ALONE_AFTER = 2
"""A job that failed this often is done alone: whatever is wrong with it must not keep failing its neighbours."""
FAILURES_IN_A_ROW = 3
"""After so many transient failures in a row the rest of a batch waits: probably nothing would work now."""

_OF_ONE_MEMBER = frozenset(
    {
        "internal_error",
        "conflict",
        "order_unreadable",
        "order_in_motion",
        "order_not_known",
        "fulfillment_unreadable",
        "returns_unreadable",
        "variant_unreadable",
        "not_delivered",
        "mail_not_sent",
    }
)
"""Failures that are not permanent, and yet say nothing about the other members of a batch or page."""


class LaneLost(Exception):
    """The lease ran out and somebody else goes on; whatever this worker was doing must stop without a trace."""


@dataclass
class Verdict:
    """What became of the jobs of one batch."""

    done: list[Job] = field(default_factory=list)
    postponed: list[tuple[Job, float]] = field(default_factory=list)
    """Nothing wrong, only too early: (job, seconds)."""
    failed: list[tuple[Job, AppError]] = field(default_factory=list)
    put_off: float | None = None
    """The other jobs of the batch would fail in the same way: seconds until they are tried."""
    again: list[tuple[JobKind, str, float]] = field(default_factory=list)
    """What comes round again or follows from this: (kind, key, seconds)."""
    spacing: float = 0
    """Seconds before a job that was put again while it was being done is due."""
    pause: float = 0
    """Seconds in which the shop's lane rests, because its cost bucket is empty."""


@dataclass(repr=False)
class Work:
    """What a handler works with. ``client`` is made at its first use, since not every job speaks with Shopify."""

    settings: Settings
    db: Database
    vault: Vault
    http: Http
    shop_id: int
    domain: str
    taken: Taken
    _client: AdminClient | None = None
    _token: str = ""
    lost: threading.Event = field(default_factory=threading.Event)

    @property
    def client(self) -> AdminClient:
        if self._client is None:
            self._connect(tokens.usable(self.db, self.vault, self.settings, self.shop_id))
        assert self._client is not None
        return self._client

    def _connect(self, token: str) -> None:
        self._token = token
        self._client = AdminClient(self.settings, self.domain, token, self.http)

    def call(self, operation_name: str, variables: JsonDict | None = None) -> JsonDict:
        """Ask Shopify, while the lane is ours; raises LaneLost when it is somebody else's by now."""
        if self.lost.is_set():
            raise LaneLost
        try:
            return self.client.execute(operation_name, variables)
        except Unauthorised:
            # Shopify takes a token back before its time when a secret is rotated or the app installed again.
            self._connect(
                tokens.usable(self.db, self.vault, self.settings, self.shop_id, refused=self._token)
            )
            return self.client.execute(operation_name, variables)

    def record(self, verdict: Verdict) -> None:
        """Write down what became of jobs now, so that nothing later in the batch can make it happen again."""
        retry_conflicts(lambda: self._record(verdict))

    def _record(self, verdict: Verdict) -> None:
        with self.db.write() as session:
            write_down(session, self.shop_id, verdict)

    @contextmanager
    def set_aside(self, kind: JobKind, key: str | int, walk: Job) -> Iterator[None]:
        """Keep the failure of one member of a page from its neighbours. Use it outside any transaction.

        The member becomes the job ``(kind, key)``, which shows its failure and is retried alone; the page goes on.
        What is wrong with the shop or the network is raised, unless ``walk``, the job that walks the pages, failed
        several times already: then one member may be the reason.
        """
        try:
            with contained(kind=kind, job_key=str(key)):
                yield
        except AppError as error:
            if _concerns_all(error) and (isinstance(error, Throttled) or not has_failed(walk)):
                raise
            log.warning("set aside", kind=kind, job_key=str(key), code=error.code)
            message = error.message
            retry_conflicts(lambda: self._put_failed(kind, key, message))

    def _put_failed(self, kind: JobKind, key: str | int, problem: str) -> None:
        with self.db.write() as session:
            outbox.put_failed(session, self.shop_id, kind, key, problem)

    def rest(self, points: float = 50) -> float:
        """Seconds until the cost bucket holds ``points`` again; 0 where Shopify has not told."""
        cost = self._client.last_cost if self._client else None
        return cost.wait_for(points) if cost else 0


Handler = Callable[[Work, Sequence[Job]], Verdict]
Contain = Callable[[], AbstractContextManager[None]]
"""Makes what is inside raise AppError and nothing else (``contained``)."""
JobHandler = Callable[[Work, Job], Verdict]


def one_by_one(*, points: float = 0) -> Callable[[JobHandler], Handler]:
    """Make a handler of single jobs into one of batches. The outcome of each job is recorded before the next begins.

    ``points``: what one job may cost; the batch ends where Shopify's cost bucket holds less.
    """

    def decorate(handle: JobHandler) -> Handler:
        def handle_first(work: Work, jobs: Sequence[Job]) -> Verdict:
            return handle(work, jobs[0])

        @wraps(handle)
        def handle_batch(work: Work, jobs: Sequence[Job]) -> Verdict:
            return _one_by_one(handle_first, work, jobs, points)

        return handle_batch

    return decorate


@contextmanager
def contained(**facts: str) -> Iterator[None]:
    """Turn an unexpected exception into an AppError that fails one job, and log its traceback with ``facts``.

    AppErrors, LaneLost and the database's absence pass.
    """
    try:
        yield
    except (AppError, LaneLost):
        raise
    except Exception as error:
        if is_unavailable(error):
            raise
        if is_conflict(error):
            log.warning("database conflict", **facts)
            raise AppError(
                "conflict", "Collided with another change; it is tried again", permanent=False
            ) from error
        log.exception("unexpected fault", **facts)
        message = f"The app failed on this ({type(error).__name__}); its log says more"
        raise AppError("internal_error", message, permanent=False) from error


def isolated(handler: Handler, work: Work, jobs: Sequence[Job]) -> Verdict:
    """Do a batch together. Where that raises, and for jobs that failed repeatedly, do each job alone."""
    if len(jobs) == 1:
        return _alone(handler, work, jobs[0])
    verdict = Verdict()
    fresh = [job for job in jobs if not has_failed(job)]
    if fresh:
        outcome = _attempt(handler, work, fresh)
        if isinstance(outcome, Verdict):
            verdict = outcome
        elif len(fresh) > 1 and not _concerns_all(outcome):
            verdict = _one_by_one(handler, work, fresh)
        else:
            verdict = _failed(outcome, fresh)
    repeated = [job for job in jobs if has_failed(job)]
    if not repeated:
        return verdict
    if verdict.pause or verdict.put_off is not None:
        verdict.postponed += [(job, verdict.put_off or 0.0) for job in repeated]
        return verdict
    work.record(verdict)
    return _one_by_one(handler, work, repeated)


def _one_by_one(handler: Handler, work: Work, jobs: Sequence[Job], points: float = 0) -> Verdict:
    """Do each job alone and record its outcome at once; what is returned concerns those that had to wait."""
    until = time.monotonic() + BATCH_SECONDS
    in_a_row = 0
    for place, job in enumerate(jobs, 1):
        if work.lost.is_set():
            raise LaneLost
        verdict = _alone(handler, work, job)
        work.record(verdict)
        left = jobs[place:]
        transient = any(_concerns_all(error) for _, error in verdict.failed)
        in_a_row = in_a_row + 1 if transient else 0
        pause = verdict.pause or (work.rest(points) if points and left else 0)
        if verdict.put_off is not None or in_a_row == FAILURES_IN_A_ROW:
            wait = 1.0 if verdict.put_off is None else verdict.put_off
            return Verdict(postponed=[(other, wait) for other in left], pause=pause)
        if pause or time.monotonic() > until:
            return Verdict(postponed=[(other, 0.0) for other in left], pause=pause)
    return Verdict()


def _alone(handler: Handler, work: Work, job: Job) -> Verdict:
    outcome = _attempt(handler, work, [job])
    return outcome if isinstance(outcome, Verdict) else _failed(outcome, [job])


def _attempt(handler: Handler, work: Work, jobs: Sequence[Job]) -> Verdict | AppError:
    """The handler's verdict, or what it raised."""
    try:
        with contained(kind=jobs[0].kind, job_key=jobs[0].key if len(jobs) == 1 else f"{len(jobs)} jobs"):
            return retry_conflicts(lambda: handler(work, jobs))
    except AppError as error:
        return error


def has_failed(job: Job) -> bool:
    """Whether a job failed so often that one member of it may be the reason."""
    return job.attempts >= ALONE_AFTER


def _concerns_all(error: AppError) -> bool:
    """Whether the rest of the batch would fail as well: the network, the shop or its token is the reason."""
    return not error.permanent and error.code not in _OF_ONE_MEMBER


def _failed(error: AppError, jobs: Sequence[Job]) -> Verdict:
    if isinstance(error, Throttled):
        wait = error.retry_after or 1.0
        return Verdict(postponed=[(job, wait) for job in jobs], pause=wait)
    if isinstance(error, ShopUnavailable):
        return Verdict(failed=[(job, error) for job in jobs], pause=CLOSED_PAUSE)
    if error.code == "authorisation_lost":
        return Verdict(postponed=[(job, 0.0) for job in jobs], pause=LOST_PAUSE)
    return Verdict(failed=[(job, error) for job in jobs])


def write_down(session: Session, shop_id: int, verdict: Verdict) -> None:
    """Record what became of jobs, within the caller's transaction."""
    outbox.done(session, verdict.done, again_after=verdict.spacing)
    for job, wait in verdict.postponed:
        outbox.postpone(session, [job], wait)
    for job, error in verdict.failed:
        log.warning("job failed", kind=job.kind, job_key=job.key, code=error.code, attempts=job.attempts + 1)
        if error.permanent and job.kind.scheduled:
            outbox.retry(session, [job], error.message, at_least=outbox.LONGEST_WAIT)
        elif error.permanent:
            outbox.park(session, [job], error.message)
        else:
            outbox.retry(session, [job], error.message, at_least=error.retry_after or 0)
    for kind, key, wait in verdict.again:
        outbox.put(session, shop_id, kind, [key], delay=wait)
