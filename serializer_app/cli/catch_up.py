"""Verbs that bring a shop up to date: resync, reconcile, backfill."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from serializer_app.cli.console import opened, print_rows
from serializer_app.clock import iso, now
from serializer_app.config import Settings
from serializer_app.domain.orders import backfills
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import HistoryEntry, OutboxRow, Task
from serializer_app.sync.jobs import new_worker
from serializer_app.sync.reconcile import begin as begin_reconciliation
from serializer_app.sync.reconcile import begin_resync, look_at_order
from serializer_app.text import JsonDict


def resync(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    with opened(settings.database_url) as database:
        task = None
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            outbox.release(session, shop.id)
            if options.order:
                look_at_order(session, shop.id, options.order)
            else:
                task = begin_resync(session, shop.id)
        if options.no_wait:
            print("Queued; the worker will do it.")
            return 0
        kinds = (JobKind.DEFINITIONS, JobKind.MIRROR_ORDER, JobKind.MIRROR_VARIANT)
        parked = work_until_done(settings, database, shop.id, kinds, task)
    print(
        "Every metafield holds what the database says."
        if not parked
        else f"{parked} could not be written; see shops."
    )
    return 1 if parked else 0


def reconcile(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    begun = now()
    with opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            if options.since:
                shop.reconciled_until = options.since
            outbox.release(session, shop.id)
            # The comparison finds what no date tells: orders and variants that were deleted.
            task = begin_reconciliation(session, shop.id)
            outbox.put(session, shop.id, JobKind.COMPARE, [""])
        kinds = (JobKind.COMPARE, JobKind.MIRROR_ORDER, JobKind.MIRROR_VARIANT, JobKind.FETCH_ORDER)
        work_until_done(settings, database, shop.id, kinds, task)
        with database.read() as session:
            healed = _healed(session, shop.id, begun)
    for kind, numbers in sorted(healed.items()):
        print(f"Healed {len(numbers)} {kind}: {', '.join(map(str, numbers))}")
    if not healed:
        print("Nothing was missed.")
    return 0


def _healed(session: Session, shop_id: int, since: datetime) -> dict[str, list[int]]:
    """What reconciliations named in the shop's history: orders and variants by their IDs."""
    entries = session.scalars(
        select(HistoryEntry.changes).where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop_id,
            HistoryEntry.action == "healed",
            HistoryEntry.at >= since,
        )
    ).all()
    found: dict[str, list[int]] = {}
    for entry in entries:
        for kind, change in json.loads(entry).items():
            found.setdefault(kind, []).extend(change["to"])
    return found


def backfill(options: argparse.Namespace) -> int:
    settings = Settings.from_env()
    parked, task = 0, None
    with opened(settings.database_url) as database:
        with database.write() as session:
            shop = shops.installed(session, options.shop)
            if not options.status:
                task = backfills.start(session, shop.id, options.since, actor="app:cli")
        if not options.status and "read_all_orders" not in shop.scopes.split(","):
            print("Without read_all_orders Shopify shows the orders of the last 60 days.", file=sys.stderr)
        if task is not None and not options.no_wait:
            parked = work_until_done(settings, database, shop.id, (JobKind.MIRROR_ORDER,), task)
        with database.read() as session:
            progress = backfills.progress(session, shop.id)
    rows = [] if progress is None else [_progress_row(progress)]
    print_rows(rows, options.json, "No backfill was started in this shop.")
    return 1 if parked else 0


def _progress_row(progress: backfills.BackfillProgress) -> JsonDict:
    return {
        "state": "running" if progress.running else "finished",
        "orders": progress.orders,
        "items": progress.items,
        "skipped": progress.skipped,
        "problem": progress.problem,
        "finishedAt": iso(progress.finished_at) if progress.finished_at else None,
    }


def work_until_done(
    settings: Settings, database: Database, shop_id: int, kinds: Sequence[JobKind], task: Task | None = None
) -> int:
    """Work beside whatever worker runs until none of these kinds, nor ``task``, is due in the shop; returns how many
    are parked.
    """
    wanted: ColumnElement[bool] = OutboxRow.kind.in_(kinds)
    if task is not None:
        wanted = or_(wanted, and_(OutboxRow.kind == JobKind.TASK, OutboxRow.key == task.public_id))
    worker = new_worker(settings, database, Vault(settings.encryption_keys))
    told = time.monotonic()
    while True:
        busy = worker.step()
        with database.read() as session:
            rows = session.execute(
                select(OutboxRow.due_at, OutboxRow.attempts, OutboxRow.parked_at, OutboxRow.problem).where(
                    OutboxRow.shop_id == shop_id, wanted
                )
            ).all()
        parked = [row for row in rows if row.parked_at is not None]
        soon = [row for row in rows if row.parked_at is None and (row.due_at - now()).total_seconds() < 900]
        failing = [row for row in soon if row.attempts >= 3]
        if not soon:
            return len(parked)
        if failing:
            raise AppError(
                "shop_unreachable", f"Shopify does not take it: {failing[0].problem}. The worker goes on"
            )
        if time.monotonic() - told > 2:
            print(f"{len(soon)} to go", file=sys.stderr)
            told = time.monotonic()
        if not busy:
            time.sleep(0.1)
