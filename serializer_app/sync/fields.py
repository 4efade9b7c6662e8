"""Indexing the custom fields of items that were filled before there was an index."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.items import field_values
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import in_database
from serializer_app.sync.work import Contain, Verdict, Work

KIND = "index-fields"


def index_fields(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``index-fields``, which a migration puts: the key says above which item to begin."""
    with work.db.write() as session:
        for job in jobs:
            task, is_new = tasks.begin_only(session, work.shop_id, KIND, {}, actor="app")
            if is_new:
                tasks.advance(session, task, position=int(job.key))
    return Verdict(done=[*jobs])


def _index_next(session: Session, task: Task, _contain: Contain | None) -> bool:
    beyond = field_values.index_next(session, task.shop_id, task.position)
    if beyond is None:
        tasks.drop(session, task)
        return False
    tasks.advance(session, task, position=beyond)
    return True


FIELDS = in_database(KIND, lambda _work: _index_next)
