"""Indexing the custom fields of items that were filled before there was an index."""

from __future__ import annotations

import time

from serializer_app.domain.items import field_values
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work, one_by_one

SECONDS = 5.0


@one_by_one()
def index_fields(work: Work, job: Job) -> Verdict:
    """Handler of ``index-fields``: the key says above which item to go on."""
    until = time.monotonic() + SECONDS
    beyond: int | None = int(job.key)
    while beyond is not None and time.monotonic() < until:
        with work.db.write() as session:
            beyond = field_values.index_next(session, work.shop_id, beyond)
    with work.db.write() as session:
        outbox.done(session, [job])
        if beyond is not None:
            outbox.put(session, work.shop_id, JobKind.INDEX_FIELDS, [beyond])
    return Verdict()
