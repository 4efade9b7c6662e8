"""One setting for many variants: all that a list shows, however many, slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypedDict

import msgspec
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import TrackingChanges
from serializer_app.domain.desk import variant_list
from serializer_app.domain.desk.variant_list import Tracked
from serializer_app.errors import AppError
from serializer_app.store.models import Task

KIND = "variants"
SLICE = 200
AT_ONCE = 400
"""As many are changed in the request that asks for it."""


class Matching(TypedDict):
    """Which variants a list shows: the arguments of variant_list.page."""

    text: str
    tracked: Tracked | None
    products: Sequence[int]


class VariantChange(msgspec.Struct, frozen=True):
    """The spec of the task; it goes on behind the variant at ``position``."""

    matching: Matching
    changes: TrackingChanges


def begin(
    session: Session, shop_id: int, matching: Matching, changes: TrackingChanges, *, actor: str
) -> Task:
    """Change every variant that matches now. Few are done at once; for many the worker goes on (domain.tasks)."""
    total = variant_list.count(session, shop_id, **matching)
    task = tasks.draft(session, shop_id, KIND, VariantChange(matching, changes), total=total, actor=actor)
    tasks.start(session, task)
    if total <= AT_ONCE:
        while go_on(session, task):
            pass
    return task


def go_on(
    session: Session, task: Task, contain: Callable[[], AbstractContextManager[None]] | None = None
) -> bool:
    """Change the next variants; False when none is left. Pages are keyed by variant ID, so a variant that no longer
    matches the filter after its change does not cause others to be skipped.

    With ``contain``, which turns every exception into an AppError, each variant stands on its own; those that raise are
    counted as failed.
    """
    if task.finished_at is not None:
        return False
    wanted = tasks.spec_of(task, VariantChange)
    rows, _, following = variant_list.page(
        session, task.shop_id, **wanted.matching, after=task.position or None, most=SLICE
    )
    if rows:
        numbers = [variant.variant_id for variant in rows]
        failed = 0
        if contain is None:
            catalog.configure_many(session, task.shop_id, numbers, wanted.changes)
        else:
            for number in numbers:
                try:
                    with contain(), session.begin_nested():
                        catalog.configure_many(session, task.shop_id, [number], wanted.changes)
                except AppError:
                    failed += 1
        tally = {"changed": len(numbers) - failed, **({"failed": failed} if failed else {})}
        tasks.advance(session, task, position=numbers[-1], done=len(numbers), tally=tally)
    if following is None:
        tasks.finish(session, task)
    return following is not None
