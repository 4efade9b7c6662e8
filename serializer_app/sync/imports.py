"""Entering uploaded serials: a part a transaction, a few seconds at a time, so that others get their turn."""

from __future__ import annotations

import time

from sqlalchemy.orm import Session

from serializer_app.domain.registry import uploads
from serializer_app.domain.shops import shops
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Contain, Verdict, Work, one_by_one, part_by_part

SECONDS = 5.0


@one_by_one()
def enter_uploads(work: Work, job: Job) -> Verdict:
    """Handler of ``serial-import``: the key is the upload's public id."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if not part_by_part(work, job, _enter_next):
            return Verdict(done=[job])
    return Verdict(postponed=[(job, 0.0)])


def _enter_next(session: Session, shop_id: int, key: str, contain: Contain | None) -> bool:
    return uploads.enter_next(session, shops.by_id(session, shop_id), key, contain=contain)
