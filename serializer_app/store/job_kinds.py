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
    single: bool
    """Takes seconds, so a worker takes one at a time: more urgent jobs need not wait for the next."""

    def __new__(cls, value: str, priority: int = 5, scheduled: bool = False, single: bool = False) -> Self:
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.priority, kind.scheduled, kind.single = priority, scheduled, single
        return kind

    MIRROR_ORDER = "mirror-order", 0
    MIRROR_VARIANT = "mirror-variant", 0
    GATE_ORDER = "gate-order", 1
    GATE_FULFILLMENT = "gate-fulfillment", 1
    FETCH_ORDER = "fetch-order", 1
    RETURNS = "returns", 1
    RETURNS_FIND = "returns-find", 1
    INSTALL = "install", 1
    VARIANT_ORDERS = "variant-orders", 2
    BACKFILL_ORDER = "backfill-order"
    DEFINITIONS = "definitions"
    DELIVER = "deliver"
    INDEX_FIELDS = "index-fields"
    INDEX_PEOPLE = "index-people"
    MAIL = "mail"
    RESYNC = "resync"
    SHOPIFY_STOCK = "shopify-stock"
    SYNC_CATALOG = "sync-catalog"
    SYNC_PRODUCT = "sync-product"
    SYNC_VARIANT = "sync-variant"
    TASK = "task", 5, False, True
    SUBSCRIBE = "subscribe"
    COMPARE = "compare", 5, True
    DOCTOR = "doctor", 5, True
    GATE_WALK = "gate-walk", 5, True
    RETURNS_WALK = "returns-walk", 5, True
    RECONCILE = "reconcile", 5, True
    # Jobs of earlier versions, which become tasks (docs/decisions/0042-long-work-is-a-task-in-slices.md).
    BACKFILL = "backfill"
    CODES = "codes"
    SERIAL_IMPORT = "serial-import"
    TAKEOVER = "takeover"


MIRRORS = {"order": JobKind.MIRROR_ORDER, "variant": JobKind.MIRROR_VARIANT}
"""The job that mirrors each kind of metafield owner."""
SCHEDULED = tuple(kind for kind in JobKind if kind.scheduled)
