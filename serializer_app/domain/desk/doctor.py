"""The doctor's findings: what was checked, how it stands, and the checks that the database alone can answer.

A finding names a check, a level and a *case*; the case picks the sentences that people read (web.texts.doctor), so
the command line and the desk say the same thing in their own language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.clock import now
from serializer_app.domain.gate import holds
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.takeover import foreign
from serializer_app.store import upsert
from serializer_app.store.crypto import SEALED, Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import (
    HistoryEntry,
    Order,
    OutboxRow,
    Shop,
    ShopFinding,
    WebhookSeen,
    WorkerSeen,
)

WORKER_SILENT = timedelta(minutes=3)
"""A worker reports once a minute; after this long without a report it is taken to be gone."""
OVERDUE = timedelta(minutes=15)
"""How long a due job may wait before the queue counts as stuck."""
MISSED_WITHIN = timedelta(days=7)
"""How far back the doctor looks for orders that reconciliation found and no webhook announced."""
_NEVER_SLEEPS = ("orders/create", "orders/updated")


class Level(StrEnum):
    """``note`` is worth knowing, ``warning`` limits the app, ``problem`` stops part of it."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; ``facts`` fill the gaps of its sentences."""

    check: str
    level: Level
    case: str = "ok"
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredFindings:
    """The findings of the last run in a shop, the worst first; ``found_at`` is None before the first run."""

    findings: Sequence[Finding]
    found_at: datetime | None


_WORST_FIRST = {level: place for place, level in enumerate(reversed(Level))}


def keep(session: Session, shop_id: int, findings: Sequence[Finding]) -> None:
    """Replace what the last run found in the shop."""
    session.execute(delete(ShopFinding).where(ShopFinding.shop_id == shop_id))
    moment = now()
    session.add_all(
        ShopFinding(
            shop_id=shop_id,
            check_name=finding.check,
            level=finding.level.value,
            case=finding.case,
            facts=msgspec.json.encode(finding.facts).decode(),
            found_at=moment,
        )
        for finding in findings
    )
    session.flush()


def stored(session: Session, shop_id: int) -> StoredFindings:
    """What the last run found in the shop."""
    rows = session.scalars(select(ShopFinding).where(ShopFinding.shop_id == shop_id)).all()
    findings = [
        Finding(row.check_name, Level(row.level), row.case, msgspec.json.decode(row.facts)) for row in rows
    ]
    findings.sort(key=lambda finding: (_WORST_FIRST[finding.level], finding.check))
    return StoredFindings(findings, max((row.found_at for row in rows), default=None))


def note_webhook(session: Session, shop_id: int, topic: str) -> None:
    """Remember that a webhook of ``topic`` (with a slash) arrived now."""
    _remember(session, WebhookSeen, ["shop_id", "topic"], {"shop_id": shop_id, "topic": topic})


def note_worker(session: Session, worker_id: str, started_at: datetime) -> None:
    """Remember that a worker is alive, and forget those that were not heard of for a day."""
    session.execute(delete(WorkerSeen).where(WorkerSeen.seen_at < now() - timedelta(days=1)))
    _remember(session, WorkerSeen, ["id"], {"id": worker_id, "started_at": started_at})


def _remember(
    session: Session, table: type[WebhookSeen | WorkerSeen], key: list[str], row: dict[str, object]
) -> None:
    statement = upsert.insert(session, table).values(**row, seen_at=now())
    session.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"seen_at": statement.excluded.seen_at})
    )


# --- checks of a deployment -----------------------------------------------------------------------------------------


def worker(session: Session) -> Finding:
    """Whether a worker reported within the last minutes."""
    seen_at = session.scalar(select(func.max(WorkerSeen.seen_at)))
    if seen_at is None:
        return Finding("worker", Level.PROBLEM, "never")
    silence = now() - seen_at
    if silence > WORKER_SILENT:
        return Finding("worker", Level.PROBLEM, "silent", {"minutes": int(silence.total_seconds() // 60)})
    alive = session.scalar(
        select(func.count()).select_from(WorkerSeen).where(WorkerSeen.seen_at > now() - WORKER_SILENT)
    )
    return Finding("worker", Level.OK, facts={"workers": alive or 0})


def keys(
    session: Session,
    vault: Vault,
    newest: Vault,
    columns: Sequence[InstrumentedAttribute[str] | InstrumentedAttribute[str | None]],
) -> Finding:
    """Whether everything encrypted can be read, and with the first key (``newest`` knows that one alone).

    Looks at one row of each column, the oldest, which the last rotation would have reached.
    """
    texts: list[str] = []
    for column in columns:
        sealed = (
            select(column).where(column.startswith(SEALED)).order_by(*column.class_.__table__.primary_key)
        )
        texts += [text for text in session.scalars(sealed.limit(1)) if text is not None]
    if not all(vault.opens(text) for text in texts):
        return Finding("keys", Level.PROBLEM, "missing")
    if not all(newest.opens(text) for text in texts):
        return Finding("keys", Level.WARNING, "old")
    return Finding("keys", Level.OK)


# --- checks of a shop -----------------------------------------------------------------------------------------------


def token(session: Session, shop_id: int) -> Finding:
    """Whether we may call the shop's Admin API."""
    standing = tokens.standing(session, shop_id)
    if standing.usable:
        return Finding("token", Level.OK)
    return Finding("token", Level.PROBLEM, "lost", {"reason": standing.problem or ""})


def queue(session: Session, shop_id: int) -> Finding:
    """Whether the shop's jobs are done in time; given-up ones come before late ones."""
    parked = session.scalar(
        select(func.count())
        .select_from(OutboxRow)
        .where(OutboxRow.shop_id == shop_id, OutboxRow.parked_at.is_not(None))
    )
    if parked:
        return Finding("queue", Level.PROBLEM, "parked", {"count": parked})
    oldest = session.scalar(
        select(func.min(OutboxRow.due_at)).where(
            OutboxRow.shop_id == shop_id, OutboxRow.parked_at.is_(None), OutboxRow.kind != JobKind.DOCTOR
        )
    )
    late = now() - oldest if oldest else timedelta(0)
    if late > OVERDUE:
        return Finding("queue", Level.PROBLEM, "late", {"minutes": int(late.total_seconds() // 60)})
    return Finding("queue", Level.OK)


def foreign_values(session: Session, shop_id: int) -> Finding:
    """Whether data of another app keeps orders or variants from being written."""
    held = foreign.counts(session, shop_id)
    if held.total:
        return Finding("foreign", Level.WARNING, "held", {"count": held.total})
    return Finding("foreign", Level.OK)


def gate(session: Session, shop_id: int) -> list[Finding]:
    """Whether orders are held for their serial numbers as the shop wants; nothing where it does not, and holds none."""
    shop = shops.by_id(session, shop_id)
    held = holds.count(session, shop_id, "held", "releasing")
    if shop.gate_since is None and not held:
        return []
    missing = shops.missing_of(shop, (holds.READ, holds.WRITE))
    if missing:
        facts: dict[str, str | int] = {"scopes": ", ".join(missing), "held": held}
        return [Finding("gate", Level.PROBLEM, "scope", facts)]
    if refused := holds.count(session, shop_id, "refused"):
        return [Finding("gate", Level.WARNING, "refused", {"count": refused})]
    return [Finding("gate", Level.OK, facts={"held": held})]


def webhooks(session: Session, shop_id: int) -> Finding:
    """Whether Shopify's webhooks arrive: what came last, and what reconciliation had to find without them."""
    missed = _missed_orders(session, shop_id, now() - MISSED_WITHIN)
    seen = {
        row.topic: row.seen_at
        for row in session.scalars(select(WebhookSeen).where(WebhookSeen.shop_id == shop_id))
    }
    if missed and not any(topic in seen for topic in _NEVER_SLEEPS):
        return Finding("webhooks", Level.PROBLEM, "none_arrive", {"count": missed})
    if missed:
        return Finding("webhooks", Level.WARNING, "missed", {"count": missed})
    if not seen:
        return Finding("webhooks", Level.NOTE, "not_yet")
    last = now() - max(seen.values())
    return Finding(
        "webhooks",
        Level.OK,
        facts={"topics": ", ".join(sorted(seen)), "minutes": int(last.total_seconds() // 60)},
    )


def _missed_orders(session: Session, shop_id: int, since: datetime) -> int:
    entries = session.scalars(
        select(HistoryEntry.changes).where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop_id,
            HistoryEntry.action == "healed",
            HistoryEntry.at >= since,
        )
    )
    healed = [
        order for entry in entries for order in msgspec.json.decode(entry).get("orders", {}).get("to", ())
    ]
    # The first reconciliation also finds orders from the minutes before the installation.
    placed_since = (
        select(func.count())
        .select_from(Order)
        .join(Shop, Shop.id == Order.shop_id)
        .where(
            Order.shop_id == shop_id, Order.order_id.in_(healed[-500:]), Order.ordered_at >= Shop.installed_at
        )
    )
    return session.scalar(placed_since) or 0
