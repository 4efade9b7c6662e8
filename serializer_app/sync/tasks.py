"""What staff asked for and what takes longer: a slice a transaction, a few seconds at a time, so others get a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.desk import spreadsheets, variant_changes
from serializer_app.domain.imports import files
from serializer_app.domain.items import field_values
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Contain, Verdict, Work, one_by_one, part_by_part

SECONDS = 5.0

Step = Callable[[Session, Task, Contain | None], bool]

STEPS: Mapping[str, Step] = {
    spreadsheets.KIND: spreadsheets.enter_next,
    variant_changes.KIND: variant_changes.go_on,
}


def step_of(kind: str, vault: Vault) -> Step:
    """The function that does the next slice of a kind of task. Imports need ``vault``: rows can be personal data."""
    if kind not in files.BY_TASK:
        return STEPS[kind]

    def run(session: Session, task: Task, contain: Contain | None) -> bool:
        return files.run_next_slice(session, vault, task, contain)

    return run


@one_by_one()
def carry_out(work: Work, job: Job) -> Verdict:
    """Handler of ``task``: the key is the task's public id. One that was forgotten meanwhile is done."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if not part_by_part(work, job, partial(_step, work.vault)):
            return Verdict(done=[job])
    return Verdict(postponed=[(job, 0.0)])


def _step(vault: Vault, session: Session, shop_id: int, public_id: str, contain: Contain | None) -> bool:
    try:
        task = tasks.find(session, shop_id, public_id, lock=True)
    except AppError:
        return False
    return step_of(task.kind, vault)(session, task, contain)


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
