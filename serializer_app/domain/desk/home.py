"""What the home page says about a shop: how far it is set up, what waits, what went wrong. Bounded reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.desk import order_list
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Order, OutboxRow, Registration, Task, Variant

WINDOW = 1_000
MOST_ITEMS = 20_000
"""Orders and items that the counts look at, whichever ends first: older ones are found by the order list's filters."""
_CHUNK = 100
MOST = 1_000
_MIRRORED = (JobKind.MIRROR_ORDER, JobKind.MIRROR_VARIANT, JobKind.RESYNC)


@dataclass(frozen=True)
class Setup:
    """The steps of an installation that are done."""

    tracks: bool
    has_items: bool
    has_serials: bool


@dataclass(frozen=True)
class Needs:
    """Counted over the newest ``orders`` orders; ``all_orders``: there are no others."""

    orders: int
    all_orders: bool
    bare: int
    warnings: int


def setup(session: Session, shop_id: int) -> Setup:
    has_serials = exists().where(
        Item.shop_id == shop_id, Item.serial_key.is_not(None), Item.removed_at.is_(None)
    )
    has_items = exists().where(Item.shop_id == shop_id)
    tracks = exists().where(Variant.shop_id == shop_id, Variant.trackable)
    return Setup(*(bool(session.scalar(select(question))) for question in (tracks, has_items, has_serials)))


def needs(session: Session, shop_id: int) -> Needs:
    """Units without a serial number and orders with a warning, among the newest orders."""
    query = select(Order.order_id).where(Order.shop_id == shop_id)
    keys = session.scalars(query.order_by(Order.order_id.desc()).limit(WINDOW + 1)).all()
    found: list[order_list.OrderStanding] = []
    looked_at = 0
    while looked_at < min(len(keys), WINDOW) and sum(one.items for one in found) < MOST_ITEMS:
        some = keys[looked_at : min(looked_at + _CHUNK, WINDOW)]
        found += order_list.standings(session, shop_id, some)
        looked_at += len(some)
    return Needs(
        looked_at,
        looked_at == len(keys),
        sum(one.bare + one.missing for one in found),
        sum(1 for one in found if one.surplus),
    )


def registrations_waiting(session: Session, shop_id: int) -> int:
    """Claims that a person has to decide on; counting stops at MOST."""
    pending = (
        select(Registration.id)
        .where(
            Registration.shop_id == shop_id, Registration.status == "pending", Registration.ended_at.is_(None)
        )
        .limit(MOST)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(pending)) or 0


def mirror_waiting(session: Session, shop_id: int) -> tuple[int, int]:
    """How many orders and variants still have to be written to Shopify, and how many were given up.

    A look at all of them that is under way counts as one.
    """
    pending, parked = session.execute(
        select(
            func.count().filter(OutboxRow.parked_at.is_(None)),
            func.count().filter(OutboxRow.parked_at.is_not(None)),
        ).where(OutboxRow.shop_id == shop_id, OutboxRow.kind.in_(_MIRRORED))
    ).one()
    return pending + (tasks.running(session, shop_id, JobKind.RESYNC) is not None), parked


class Trouble(NamedTuple):
    """A job of the outbox that failed."""

    kind: str
    """That of the task where the job is a slice of one."""
    key: str
    problem: str | None
    due_at: datetime
    parked_at: datetime | None


def troubles(session: Session, shop_id: int, *, most: int = 10) -> list[Trouble]:
    """What of the outbox failed at least once, parked first."""
    kind, is_task = tasks.job_names()
    rows = session.execute(
        select(kind, OutboxRow.key, OutboxRow.problem, OutboxRow.due_at, OutboxRow.parked_at)
        .select_from(OutboxRow)
        .outerjoin(Task, is_task)
        .where(OutboxRow.shop_id == shop_id, OutboxRow.attempts > 0)
        .order_by(OutboxRow.parked_at.is_(None), OutboxRow.id)
        .limit(most)
    )
    return [Trouble(*row) for row in rows]
