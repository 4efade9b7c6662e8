"""The worker: take a shop's lane, do what is due in it, record what became of it. Embedded on SQLite, alone otherwise.

Repeating a handler is harmless, so a killed worker needs no cleaning up: its lease runs out, and the next one reads the
current state and acts.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from serializer_app import logs
from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.domain.desk import doctor
from serializer_app.domain.shops import shops
from serializer_app.shopify.transport import new_http
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database, is_conflict, retry_conflicts
from serializer_app.store.job_kinds import MIRRORS, JobKind
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Taken
from serializer_app.sync.work import Handler, LaneLost, Verdict, Work, isolated, write_down

log = structlog.get_logger(__name__)

LEASE_SECONDS = 20.0
"""How long a killed worker's shop waits for the next one. A living worker renews its lease while it works, also
while it waits for a slow answer."""
POLL_SECONDS = 0.25
CLOCK_SECONDS = 60.0
"""How often a worker looks for times that lie ahead of its clock."""
REPORT_SECONDS = 60.0
CLOCK_STEP = 2.0
"""A clock that goes back by more seconds than this was set; below that it is being steered."""


class Worker:
    """Does what is due until it is told to stop; ``handlers`` by kind of job."""

    def __init__(
        self, settings: Settings, db: Database, vault: Vault, handlers: Mapping[JobKind, Handler]
    ) -> None:
        self.settings = settings
        self.db = db
        self.vault = vault
        self.handlers = handlers
        self.stopping = threading.Event()
        self._http = new_http(settings)
        self._look_at = self._ahead = 0.0
        self._id = secrets.token_hex(8)
        self._started_at = now()
        self._report_at = 0.0

    def run(self) -> None:
        """Until ``stop``: work while something is due, then wait for a commit of this process or a moment."""
        log.info("worker started")
        while not self.stopping.is_set():
            self.db.committed.clear()
            try:
                self._mind_the_clock()
                self._report_alive()
                busy = self.step()
            except SQLAlchemyError as error:
                if is_conflict(error):
                    log.warning("database conflict")
                    continue
                # Away, full, read-only: whatever it is, a worker that ended would leave everything undone after it.
                log.error("database unavailable", problem=type(getattr(error, "orig", error)).__name__)
                self.stopping.wait(1.0)
                continue
            if not busy:
                self.db.committed.wait(POLL_SECONDS)
        log.info("worker stopped")

    def stop(self) -> None:
        """Finish the job in hand and end. Safe to call from a signal handler."""
        self.stopping.set()
        self.db.committed.set()

    def _mind_the_clock(self) -> None:
        """At the start, now and then, and as soon as this machine's clock went back: free what a clock that was ahead
        put off, its leases and pauses too. It might have been any machine's.
        """
        ahead = time.time() - time.monotonic()
        if time.monotonic() < self._look_at and ahead > self._ahead - CLOCK_STEP:
            self._ahead = max(ahead, self._ahead)
            return
        self._look_at, self._ahead = time.monotonic() + CLOCK_SECONDS, ahead
        with self.db.read() as session:
            if not outbox.anything_ahead(session, LEASE_SECONDS):
                return
        with self.db.write() as session:
            freed = outbox.bring_back(session, LEASE_SECONDS)
        log.warning("the clock was ahead", jobs=freed)

    def _report_alive(self) -> None:
        """Once a minute, leave word for the doctor (domain.desk.doctor.worker) that this worker is running."""
        if time.monotonic() < self._report_at:
            return
        self._report_at = time.monotonic() + REPORT_SECONDS
        with self.db.write() as session:
            doctor.note_worker(session, self._id, self._started_at)

    def step(self) -> bool:
        """Do one batch; False when nothing was due. Never raises for what a job did, only for the database."""
        with self.db.read() as session:
            if not outbox.anything_due(session):
                return False
        taken, shop = retry_conflicts(self._take)
        if taken is None or shop is None:
            return False
        logs.begin(shop=shop.domain)
        work = Work(self.settings, self.db, self.vault, self._http, shop.id, shop.domain, taken)
        try:
            with _renewing(self.db, work):
                verdict = self._handle(work, taken)
        except LaneLost:
            log.warning("lane lost")
            with self.db.write() as session:
                _mirror_again(session, taken)
            return True
        retry_conflicts(lambda: self._settle(taken, verdict))
        return True

    def _take(self) -> tuple[Taken | None, Shop | None]:
        with self.db.write() as session:
            taken = outbox.take(session, lease_seconds=LEASE_SECONDS, kinds=tuple(self.handlers))
            return taken, shops.by_id(session, taken.shop_id) if taken else None

    def _handle(self, work: Work, taken: Taken) -> Verdict:
        return isolated(self.handlers[taken.jobs[0].kind], work, taken.jobs) if taken.jobs else Verdict()

    def _settle(self, taken: Taken, verdict: Verdict) -> None:
        """Record what became of a batch and give the lane back, in one transaction."""
        with self.db.write() as session:
            write_down(session, taken.shop_id, verdict)
            if not outbox.leave(session, taken, pause=verdict.pause):
                _mirror_again(session, taken)


def _mirror_again(session: Session, taken: Taken) -> None:
    """Whoever was overtaken may have written an older state over what the next worker wrote, and noted it as held: have
    the present one compared with it once more.
    """
    for job in taken.jobs:
        if job.kind in MIRRORS.values():
            outbox.put(session, taken.shop_id, job.kind, [job.key])


@contextmanager
def _renewing(db: Database, work: Work) -> Iterator[None]:
    """Renew the lease of ``work`` from a thread for as long as the block runs; sets ``work.lost`` when it is gone."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(LEASE_SECONDS / 4):
            try:
                with db.write() as session:
                    ours = outbox.renew(session, work.taken, lease_seconds=LEASE_SECONDS)
            except SQLAlchemyError:
                continue  # the database is away for a moment; the lease says how long that may last
            if not ours:
                work.lost.set()
                return

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass
class Embedded:
    """A worker thread inside a web process."""

    worker: Worker
    thread: threading.Thread

    def stop(self, timeout: float = 25.0) -> None:
        self.worker.stop()
        self.thread.join(timeout)


def embed(worker: Worker) -> Embedded:
    """Run a worker in a thread of this process; after the fork, never before: threads do not survive one."""
    thread = threading.Thread(target=worker.run, name="worker", daemon=True)
    thread.start()
    return Embedded(worker, thread)
