"""Long work that only needs the database: files that are entered, and changes of many variants."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from serializer_app.domain.desk import spreadsheets, variant_changes
from serializer_app.domain.imports import files
from serializer_app.domain.registry import uploads
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import Step, in_database
from serializer_app.sync.work import Contain, Verdict, Work


def _enter_rows(work: Work) -> Step:
    """Rows can be personal data and are kept encrypted."""

    def step(session: Session, task: Task, contain: Contain | None) -> bool:
        return files.run_next_slice(session, work.vault, task, contain)

    return step


IMPORTS = (
    in_database(spreadsheets.KIND, lambda _work: spreadsheets.enter_next),
    in_database(uploads.KIND, lambda _work: uploads.enter_next),
    in_database(variant_changes.KIND, lambda _work: variant_changes.go_on),
    *(in_database(kind, _enter_rows) for kind in files.BY_TASK),
)


def move_old_uploads(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``serial-import``, a job of earlier versions: its file becomes a task."""
    with work.db.write() as session:
        uploads.move_old(session, work.shop_id)
    return Verdict(done=[*jobs])
