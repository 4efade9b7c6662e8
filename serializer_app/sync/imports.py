"""Entering uploaded serials: a part a transaction, a few seconds at a time, so that others get their turn."""

from __future__ import annotations

import time
from collections.abc import Sequence

from serializer_app.domain import shops
from serializer_app.domain.registry import uploads
from serializer_app.store.outbox import Job
from serializer_app.sync.worker import Verdict, Work

SECONDS = 5.0


def enter_uploads(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``serial-import``: the key is the upload's public id."""
    verdict = Verdict()
    until = time.monotonic() + SECONDS
    for job in jobs:
        more = True
        while more and time.monotonic() < until:
            with work.db.write() as session:
                more = uploads.enter_next(session, shops.by_id(session, work.shop_id), job.key)
        if more:
            verdict.postponed.append((job, 0.0))
        else:
            verdict.done.append(job)
    return verdict
