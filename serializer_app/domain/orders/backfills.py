"""Backfills: items for the orders of the time before the app, and how far one has come.

The outbox row of a running one carries all its state in its key, so that it goes on where it was after any crash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from serializer_app.clock import iso, parse_iso
from serializer_app.domain import history
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import HistoryEntry, OutboxRow
from serializer_app.text import Json

FINISHED = "backfilled"


@dataclass(frozen=True)
class Backfill:
    """A walk over orders placed at or after ``since`` (None: all that Shopify shows)."""

    since: datetime | None
    orders: int = 0
    """Orders looked at so far."""
    items: int = 0
    """Items made so far."""
    cursor: str = ""
    """Where to go on; empty at the beginning."""
    skipped: int = 0
    """Orders left out so far, because they hold data of another app."""

    @property
    def key(self) -> str:
        return (
            f"{iso(self.since) if self.since else ''}|{self.orders}|{self.items}/{self.skipped}|{self.cursor}"
        )

    @classmethod
    def of_key(cls, key: str) -> Backfill:
        since, orders, made, cursor = key.split("|", 3)
        items, _, skipped = made.partition(
            "/"
        )  # a walk begun by a version before 0013 counts no skipped orders
        return cls(parse_iso(since) if since else None, int(orders), int(items), cursor, int(skipped or 0))


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


def start(session: Session, shop_id: int, since: datetime | None = None) -> None:
    """Have the worker walk; raises AppError ``backfill_running`` 409 while one does already."""
    if _row(session, shop_id) is not None:
        raise AppError("backfill_running", "A backfill is running already", status=409)
    outbox.put(session, shop_id, JobKind.BACKFILL, [Backfill(since).key])


def progress(session: Session, shop_id: int) -> BackfillProgress | None:
    """The running backfill, else the newest finished one; None where there never was one."""
    row = _row(session, shop_id)
    if row is not None:
        walk = Backfill.of_key(row.key)
        return BackfillProgress(True, walk.orders, walk.items, row.problem, skipped=walk.skipped)
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


def go_on(session: Session, shop_id: int, job: outbox.Job, walk: Backfill) -> None:
    """The walk came to ``walk``: in the transaction that keeps what the page brought, so that it counts once."""
    outbox.done(session, [job])
    outbox.put(session, shop_id, JobKind.BACKFILL, [walk.key])


def finish(session: Session, shop_id: int, job: outbox.Job, walk: Backfill) -> None:
    """Nothing is left to walk: the shop's history tells what came of it."""
    outbox.done(session, [job])
    changes: dict[str, Mapping[str, Json]] = {"orders": {"to": walk.orders}, "items": {"to": walk.items}}
    if walk.skipped:
        changes["skipped"] = {"to": walk.skipped}
    if walk.since is not None:
        changes["since"] = {"to": iso(walk.since)}
    history.record(session, shop_id, "shop", [(shop_id, changes)], actor="app:backfill", action=FINISHED)


def _row(session: Session, shop_id: int) -> Row[str, str | None] | None:
    return session.execute(
        select(OutboxRow.key, OutboxRow.problem)
        .where(OutboxRow.shop_id == shop_id, OutboxRow.kind == JobKind.BACKFILL)
        .order_by(OutboxRow.id)
        .limit(1)
    ).one_or_none()
