"""Backfills: items for the orders of the time before the app, and how far one has come. A task (domain.tasks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import iso, parse_iso
from serializer_app.domain import history, tasks
from serializer_app.errors import AppError
from serializer_app.store.models import HistoryEntry, Task
from serializer_app.text import Json

KIND = "backfill"
FINISHED = "backfilled"


class Backfill(msgspec.Struct, frozen=True):
    """The spec of the task: a walk over orders placed at or after ``since`` (None: all that Shopify shows).

    ``cursor`` is Shopify's and says where to go on; it is empty at the beginning. The tally counts ``orders`` looked
    at, ``items`` made and orders ``skipped`` because they hold data of another app.
    """

    since: datetime | None = None
    cursor: str = ""


@dataclass(frozen=True)
class BackfillProgress:
    """How it stands with a shop's newest backfill."""

    running: bool
    orders: int
    items: int
    problem: str | None = None
    """Why it waits, in words for the merchant; None while it gets on."""
    finished_at: datetime | None = None
    skipped: int = 0
    """Orders left out, because they hold data of another app."""


def start(session: Session, shop_id: int, since: datetime | None = None, *, actor: str = "app") -> Task:
    """Have the worker walk; raises AppError ``backfill_running`` 409 while one does already."""
    task, is_new = tasks.begin_only(session, shop_id, KIND, Backfill(since), actor=actor)
    if not is_new:
        raise AppError("backfill_running", "A backfill is running already", status=409)
    return task


def go_on_with_job(session: Session, shop_id: int, key: str) -> None:
    """Go on with a backfill of an earlier version, which kept its progress in the key of its job.

    The key is ``since|orders|items/skipped|cursor``, or of versions before 0013 ``since|orders|items|cursor``. One that
    cannot be read begins again, which is harmless. Where a backfill runs already, that one goes on.
    """
    spec, tally = _read_key(key)
    task, is_new = tasks.begin_only(session, shop_id, KIND, spec, actor="app")
    if is_new:
        tasks.advance(session, task, tally=tally)


def _read_key(key: str) -> tuple[Backfill, dict[str, int]]:
    try:
        since, orders, made, cursor = key.split("|", 3)
        items, _, skipped = made.partition("/")
        tally = {"orders": int(orders), "items": int(items), "skipped": int(skipped or 0)}
        return Backfill(parse_iso(since) if since else None, cursor), tally
    except ValueError:
        return Backfill(), {}


def progress(session: Session, shop_id: int) -> BackfillProgress | None:
    """The running backfill, else the newest finished one; None where there never was one."""
    task = tasks.running(session, shop_id, KIND)
    if task is not None:
        counts = tasks.counts(task)
        return BackfillProgress(
            True,
            counts.get("orders", 0),
            counts.get("items", 0),
            tasks.problem(session, task),
            skipped=counts.get("skipped", 0),
        )
    # Tasks are deleted after thirty days, and history is not.
    newest = session.execute(
        select(HistoryEntry.at, HistoryEntry.changes)
        .where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop_id,
            HistoryEntry.action == FINISHED,
        )
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return None
    changes = msgspec.json.decode(newest.changes)
    return BackfillProgress(
        False,
        changes["orders"]["to"],
        changes["items"]["to"],
        finished_at=newest.at,
        skipped=changes.get("skipped", {}).get("to", 0),
    )


def advance(session: Session, task: Task, following: str | None, tally: Mapping[str, int]) -> None:
    """A page is done. Where none follows, the shop's history says what came of the backfill.

    Call it in the transaction that keeps what the page brought, so that it counts once.
    """
    spec = tasks.spec_of(task, Backfill)
    tasks.advance(session, task, tally=tally, spec=Backfill(spec.since, following or ""))
    if following:
        return
    tasks.finish(session, task)
    counts = tasks.counts(task)
    changes: dict[str, Mapping[str, Json]] = {
        "orders": {"to": counts.get("orders", 0)},
        "items": {"to": counts.get("items", 0)},
    }
    if counts.get("skipped"):
        changes["skipped"] = {"to": counts["skipped"]}
    if spec.since is not None:
        changes["since"] = {"to": iso(spec.since)}
    history.record(
        session, task.shop_id, "shop", [(task.shop_id, changes)], actor="app:backfill", action=FINISHED
    )
