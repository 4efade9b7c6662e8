"""Long work that only needs the database: files that are entered, and changes of many variants."""

from __future__ import annotations

import time

from sqlalchemy.orm import Session

from serializer_app.domain.desk import spreadsheets, variant_changes
from serializer_app.domain.imports import files
from serializer_app.domain.registry import uploads
from serializer_app.domain.shops import shops
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import Step, in_database
from serializer_app.sync.work import Contain, Verdict, Work, one_by_one, part_by_part

SECONDS = 5.0


def _enter_rows(work: Work) -> Step:
    """Rows can be personal data and are kept encrypted."""

    def step(session: Session, task: Task, contain: Contain | None) -> bool:
        return files.run_next_slice(session, work.vault, task, contain)

    return step


IMPORTS = (
    in_database(spreadsheets.KIND, lambda _work: spreadsheets.enter_next),
    in_database(variant_changes.KIND, lambda _work: variant_changes.go_on),
    *(in_database(kind, _enter_rows) for kind in files.BY_TASK),
)


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
