"""Brings what earlier versions stored about people into the present form: blind indexes, and ended registrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import structlog
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.registry import customers, people
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.shopify.client import Throttled
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync import install
from serializer_app.sync.tasks import Step, in_database
from serializer_app.sync.work import Contain, Verdict, Work

log = structlog.get_logger(__name__)

KIND = "index-people"


class PeopleIndex(msgspec.Struct, frozen=True):
    """The spec of the task: first customers, then registrations that ended. ``position`` is the last one done."""

    phase: Literal["people", "ended"] = "people"


def index_people(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``index-people``: begin to index everybody anew.

    Finished when neither such a job nor such a task waits; the shop's history then says "people-indexed". Until then
    people are found under the forms of earlier versions as well (domain.ids.contacts). In an earlier version the job
    itself went on: its key was the last customer's, then ``ended-`` and the last registration's.
    """
    _learn_country(work)
    with work.db.write() as session:
        for job in jobs:
            phase: Literal["people", "ended"] = "ended" if job.key.startswith("ended-") else "people"
            position = int(job.key.removeprefix("ended-"))
            spec = PeopleIndex(phase)
            if phase == "people" and not position:
                tasks.begin_anew(session, work.shop_id, KIND, spec, actor="app")
                continue
            task, is_new = tasks.begin_only(session, work.shop_id, KIND, spec, actor="app")
            if is_new:
                tasks.advance(session, task, position=position)
    return Verdict(done=[*jobs])


def _steps(work: Work) -> Step:
    def index_next(session: Session, task: Task, _contain: Contain | None) -> bool:
        if tasks.spec_of(task, PeopleIndex).phase == "people":
            beyond = people.index_next(session, work.vault, task.shop_id, task.position)
            spec = PeopleIndex("ended" if beyond is None else "people")
            tasks.advance(session, task, position=beyond or 0, spec=spec)
            return True
        beyond = customers.forget_ended(session, task.shop_id, task.position)
        if beyond is None:
            tasks.drop(session, task)
            return False
        tasks.advance(session, task, position=beyond)
        return True

    return index_next


PEOPLE = in_database(KIND, _steps)


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
