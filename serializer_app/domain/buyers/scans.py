"""Scans: how often a unit is looked up, without a word about by whom; and the alarm when it looks copied.

A copied label is scanned in many places. Each place (a network, not an address) sets one of 63 bits by a keyed hash;
how many are set says about how many places there were, and of a single one nothing, because thousands share a bit.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import CloneAlert, Scan

BITS = 63
WINDOW = timedelta(days=30)
MANY_PLACES = 12
"""Networks in thirty days: a home, an office, a train and a phone abroad are four.

Only places count. However often one visitor looks a unit up, that says nothing about copies, and a stranger could
otherwise put a warning on somebody's product by reloading its page.
"""
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class ScanSummary:
    """What thirty days of look-ups say of a unit. ``alert``: somebody should look at it."""

    count: int
    places: int
    alert: bool


@dataclass(frozen=True)
class Alert:
    """An open alert; ``reason`` is places (or often, of an older version)."""

    id: int
    subject: str
    subject_id: int
    reason: str
    count: int
    places: int
    raised_at: datetime


def note(session: Session, vault: Vault, shop_id: int, unit: tuple[str, int], address: str) -> ScanSummary:
    """Count one look-up of a unit from ``address`` and raise an alert where that makes it suspicious.

    The address is not kept. A settled alert starts the counting again the day after.
    """
    subject, key = unit
    today = now().date()
    bit = _bit(vault, shop_id, unit, address)
    statement = upsert.insert(session, Scan).values(
        shop_id=shop_id, subject=subject, subject_id=key, day=today, count=1, places=bit
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "subject", "subject_id", "day"],
            set_={"count": Scan.count + 1, "places": Scan.places.op("|")(bit)},
        )
    )
    count, places = _since(session, shop_id, unit)
    if places >= MANY_PLACES:
        _raise(session, shop_id, unit, "places", count, places)
    return ScanSummary(count, places, alerted(session, shop_id, unit))


def alerted(session: Session, shop_id: int, unit: tuple[str, int]) -> bool:
    """Whether an alert about this unit is open."""
    return (
        session.scalar(
            select(CloneAlert.id).where(
                CloneAlert.shop_id == shop_id,
                CloneAlert.subject == unit[0],
                CloneAlert.subject_id == unit[1],
                CloneAlert.settled_at.is_(None),
            )
        )
        is not None
    )


def open_alerts(session: Session, shop_id: int, *, most: int = 100) -> list[Alert]:
    """What the merchant should look at, newest first."""
    rows = session.scalars(
        select(CloneAlert)
        .where(CloneAlert.shop_id == shop_id, CloneAlert.settled_at.is_(None))
        .order_by(CloneAlert.id.desc())
        .limit(most)
    )
    return [
        Alert(row.id, row.subject, row.subject_id, row.reason, row.count, row.places, row.raised_at)
        for row in rows
    ]


def settle(session: Session, shop_id: int, alert_id: int, *, actor: str) -> bool:
    """The merchant has looked at it. False when there is no such open alert."""
    found = session.execute(
        update(CloneAlert)
        .where(CloneAlert.shop_id == shop_id, CloneAlert.id == alert_id, CloneAlert.settled_at.is_(None))
        .values(settled_at=now(), settled_by=actor)
        .returning(CloneAlert.subject, CloneAlert.subject_id),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    if found is None:
        return False
    history.record(
        session, shop_id, found.subject, [(found.subject_id, {})], actor=actor, action="clone-alert-settled"
    )
    return True


def sweep(session: Session) -> None:
    """Forget counts that no alarm looks at any more."""
    session.execute(
        delete(Scan).where(Scan.day < (now() - KEPT).date()),
        execution_options={"synchronize_session": False},
    )


def place(address: str) -> str:
    """The network an address belongs to: a /24, a /48, or the text itself where it is no address.

    A /48 and not the /64 of one visitor (web.limits): one line at home often has 256 or more of those.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/{24 if parsed.version == 4 else 48}", strict=False))


def estimate(bits: int) -> int:
    """How many places probably set these bits (linear counting; exact while there are few)."""
    unset = BITS - bits.bit_count()
    return BITS * 5 if unset == 0 else round(-BITS * math.log(unset / BITS))


def _since(session: Session, shop_id: int, unit: tuple[str, int]) -> tuple[int, int]:
    """(look-ups, places) in the last thirty days, or since the last alert was settled."""
    since = (now() - WINDOW).date()
    settled = session.scalar(
        select(CloneAlert.settled_at)
        .where(
            CloneAlert.shop_id == shop_id,
            CloneAlert.subject == unit[0],
            CloneAlert.subject_id == unit[1],
            CloneAlert.settled_at.is_not(None),
        )
        .order_by(CloneAlert.id.desc())
        .limit(1)
    )
    if settled is not None:
        since = max(since, settled.date() + timedelta(days=1))
    rows = session.execute(
        select(Scan.count, Scan.places).where(
            Scan.shop_id == shop_id,
            Scan.subject == unit[0],
            Scan.subject_id == unit[1],
            Scan.day >= since,
        )
    ).all()
    bits = 0
    for row in rows:
        bits |= row.places
    return sum(row[0] for row in rows), estimate(bits)


def _raise(
    session: Session, shop_id: int, unit: tuple[str, int], reason: str, count: int, places: int
) -> None:
    made = session.execute(
        upsert.insert(session, CloneAlert)
        .values(
            shop_id=shop_id,
            subject=unit[0],
            subject_id=unit[1],
            reason=reason,
            count=count,
            places=places,
            raised_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(CloneAlert.id)
    ).scalar_one_or_none()
    if made is not None:
        changes = {"scans": {"to": count}, "places": {"to": places}}
        history.record(session, shop_id, unit[0], [(unit[1], changes)], actor="app", action="clone-alert")


def _bit(vault: Vault, shop_id: int, unit: tuple[str, int], address: str) -> int:
    """Another bit for every unit, so that two units' bits say nothing about a common visitor."""
    key = vault.derived_keys("scan-places")[0]
    text = f"{shop_id}:{unit[0]}:{unit[1]}:{place(address)}"
    return 1 << int.from_bytes(hmac.digest(key, text.encode(), "sha256")[:8], "big") % BITS
