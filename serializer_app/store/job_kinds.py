"""The kinds of jobs, with who goes first. sync.jobs names the handler of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class JobKind(StrEnum):
    """One kind of job of the outbox; the value is what the table holds."""

    priority: int
    """0 goes first: people and templates wait for it. 5 only catches up."""
    scheduled: bool
    """Comes round again while the app is installed: a shop always has one waiting, and it is never parked."""

    def __new__(cls, value: str, priority: int = 5, scheduled: bool = False) -> Self:
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.priority, kind.scheduled = priority, scheduled
        return kind

    MIRROR_ORDER = "mirror-order", 0
    MIRROR_VARIANT = "mirror-variant", 0
    GATE_ORDER = "gate-order", 1
    GATE_FULFILLMENT = "gate-fulfillment", 1
    FETCH_ORDER = "fetch-order", 1
    INSTALL = "install", 1
    VARIANT_ORDERS = "variant-orders", 2
    BACKFILL = "backfill"
    BACKFILL_ORDER = "backfill-order"
    CODES = "codes"
    DEFINITIONS = "definitions"
    DELIVER = "deliver"
    INDEX_FIELDS = "index-fields"
    INDEX_PEOPLE = "index-people"
    MAIL = "mail"
    RESYNC = "resync"
    SERIAL_IMPORT = "serial-import"
    SYNC_CATALOG = "sync-catalog"
    SYNC_PRODUCT = "sync-product"
    SYNC_VARIANT = "sync-variant"
    TAKEOVER = "takeover"
    TASK = "task"
    SUBSCRIBE = "subscribe"
    COMPARE = "compare", 5, True
    DOCTOR = "doctor", 5, True
    GATE_WALK = "gate-walk", 5, True
    RECONCILE = "reconcile", 5, True


MIRRORS = {"order": JobKind.MIRROR_ORDER, "variant": JobKind.MIRROR_VARIANT}
"""The job that mirrors each kind of metafield owner."""
SCHEDULED = tuple(kind for kind in JobKind if kind.scheduled)
