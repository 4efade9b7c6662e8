"""Writing the blind indexes of people anew, after the normal form of addresses or the shop's country has changed."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog

from serializer_app.domain import shops
from serializer_app.domain.registry import people
from serializer_app.errors import AppError
from serializer_app.shopify.client import Throttled
from serializer_app.store import outbox
from serializer_app.store.outbox import Job
from serializer_app.sync import install
from serializer_app.sync.worker import Verdict, Work

log = structlog.get_logger(__name__)

SECONDS = 5.0


def index_people(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``index-people``: the key is the last customers.id that is done.

    Finished when the outbox has no such row; the shop's history then says "people-indexed". Until then people are
    found under the forms of earlier versions as well (domain.contacts).
    """
    _learn_country(work)
    until = time.monotonic() + SECONDS
    for job in jobs:
        beyond: int | None = int(job.key)
        while beyond is not None and time.monotonic() < until:
            with work.db.write() as session:
                beyond = people.index_next(session, work.vault, work.shop_id, beyond)
        with work.db.write() as session:
            outbox.done(session, [job])
            if beyond is not None:
                outbox.put(session, work.shop_id, people.KIND, [beyond])
    return Verdict()


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
    except Throttled:
        raise
    except AppError as error:
        log.warning("country not known", code=error.code)
