"""Brings what earlier versions stored about people into the present form: blind indexes, and ended registrations."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from serializer_app.domain.registry import customers, people
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.shopify.client import Throttled
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.outbox import Job
from serializer_app.sync import install
from serializer_app.sync.work import Verdict, Work

log = structlog.get_logger(__name__)

SECONDS = 5.0


ENDED = "ended-"
"""Begins the keys of the second half of the work; the rest is the last registrations.id that is done."""


def index_people(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``index-people``: the key is the last customers.id that is done, then that of ended registrations.

    Finished when the outbox has no such row; the shop's history then says "people-indexed". Until then people are
    found under the forms of earlier versions as well (domain.ids.contacts).
    """
    _learn_country(work)
    until = time.monotonic() + SECONDS
    for job in jobs:
        key: str | None = job.key
        while key is not None and time.monotonic() < until:
            with work.db.write() as session:
                key = _step(session, work, key)
        with work.db.write() as session:
            outbox.done(session, [job])
            if key is not None:
                outbox.put(session, work.shop_id, JobKind.INDEX_PEOPLE, [key])
    return Verdict()


def _step(session: Session, work: Work, key: str) -> str | None:
    """Do one slice; returns the key to go on with, None when everything is done."""
    if not key.startswith(ENDED):
        beyond = people.index_next(session, work.vault, work.shop_id, int(key))
        return f"{ENDED}0" if beyond is None else str(beyond)
    beyond = customers.forget_ended(session, work.shop_id, int(key.removeprefix(ENDED)))
    return None if beyond is None else f"{ENDED}{beyond}"


def _learn_country(work: Work) -> None:
    """A shop that was installed by an earlier version: its country is unknown, so national numbers cannot be read.

    Addresses can be indexed without it. When it is learned later, everybody is indexed again.
    """
    with work.db.read() as session:
        known = shops.by_id(session, work.shop_id).country is not None
    if known:
        return
    try:
        install.keep_facts(work)
    except (Throttled, install.ShopMoved):
        raise
    except AppError as error:
        log.warning("country not known", code=error.code)
