"""Entering uploaded serials: a part a transaction, a few seconds at a time, so that others get their turn."""

from __future__ import annotations

import time

from serializer_app.domain import shops
from serializer_app.domain.registry import uploads
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work, one_by_one

SECONDS = 5.0


@one_by_one()
def enter_uploads(work: Work, job: Job) -> Verdict:
    """Handler of ``serial-import``: the key is the upload's public id."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with work.db.write() as session:
            if not uploads.enter_next(session, shops.by_id(session, work.shop_id), job.key):
                return Verdict(done=[job])
    return Verdict(postponed=[(job, 0.0)])
