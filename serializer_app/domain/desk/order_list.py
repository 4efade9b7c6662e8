"""Orders as staff look through them: newest first, with what each still needs. By keyset, however many there are.

What an order needs is not stored anywhere: it follows from its lines, its items and the variants as they are now. So a
filter walks the orders by their key and looks at a bounded number of them; a page that found too little says how far
it came and where to go on. Shopify's order IDs rise with time, so their order is the order of sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.gate import holds
from serializer_app.store.models import Item, Line, Order, Variant

State = Literal["serials", "warning", "complete"]

PAGE = 50
MOST_WALKED = 5_000
_CHUNK = 500


@dataclass(frozen=True)
class OrderStanding:
    """An order with the counts that say what it needs."""

    order_id: int
    name: str | None
    ordered_at: datetime | None
    cancelled_at: datetime | None
    deleted_at: datetime | None
    units: int
    """Trackable units, contract §1."""
    items: int
    bare: int
    """Living items without a serial number, of variants that have serial numbers at all."""
    required: int
    """Units that must have a serial number and have none yet."""
    is_held: bool
    """Shopify waits for serial numbers before the order is shipped (domain.gate)."""
    surplus: bool
    """Some line holds more items than units: a person has to choose (contract §7.4)."""

    @property
    def missing(self) -> int:
        """Trackable units that no item stands for."""
        return max(0, self.units - self.items)

    def is_in(self, state: State) -> bool:
        if state == "warning":
            return self.surplus
        needs = bool(self.bare or self.missing)
        return needs if state == "serials" else bool(self.items) and not needs and not self.surplus


@dataclass(frozen=True)
class OrderPage:
    orders: Sequence[OrderStanding]
    before: int | None
    """The key to go on to older orders with; None: there are none."""
    after: int | None
    """The key to go back to newer ones with."""
    walked_to: datetime | None
    """How far back a filter looked where it stopped for length and not for a full page."""


def page(
    session: Session,
    shop_id: int,
    *,
    state: State | None = None,
    before: int | None = None,
    after: int | None = None,
    most: int = PAGE,
    most_walked: int = MOST_WALKED,
) -> OrderPage:
    """One page of orders below ``before`` or above ``after``, newest first."""
    found: list[OrderStanding] = []
    upwards = after is not None
    edge = after if upwards else before
    walked = 0
    ended = False
    while len(found) <= most and walked < most_walked and not ended:
        size = most + 1 if state is None else _CHUNK
        keys = _keys(session, shop_id, edge, upwards, size)
        ended = len(keys) < size
        walked += len(keys)
        if keys:
            edge = keys[-1]
            found += [one for one in standings(session, shop_id, keys) if state is None or one.is_in(state)]
        if state is None:
            break
    full = len(found) > most
    kept = found[:most]
    if upwards:
        return _upward(kept[::-1], full or not ended, after)
    stopped = not full and not ended and state is not None
    following = kept[-1].order_id if full else edge if stopped else None
    start = kept[0].order_id if kept else before
    return OrderPage(
        kept,
        following,
        start if before is not None and start is not None else None,
        _ordered_at(session, shop_id, edge) if stopped else None,
    )


def _upward(kept: list[OrderStanding], more: bool, after: int | None) -> OrderPage:
    newest = kept[0].order_id if kept and more else None
    oldest = kept[-1].order_id if kept else after
    return OrderPage(kept, oldest, newest, None)


def _keys(session: Session, shop_id: int, edge: int | None, upwards: bool, most: int) -> list[int]:
    # Tombstones of orders never seen alive are left out later: asked for here, SQLite would sort by another index.
    query = select(Order.order_id).where(Order.shop_id == shop_id)
    if edge is not None:
        query = query.where(Order.order_id > edge if upwards else Order.order_id < edge)
    order = Order.order_id.asc() if upwards else Order.order_id.desc()
    return list(session.scalars(query.order_by(order).limit(most)))


def _ordered_at(session: Session, shop_id: int, order_id: int | None) -> datetime | None:
    query = select(Order.ordered_at).where(Order.shop_id == shop_id, Order.order_id == order_id)
    return session.execute(query).scalar_one_or_none()


class _OrderRow(NamedTuple):
    order_id: int
    name: str | None
    ordered_at: datetime | None
    cancelled_at: datetime | None
    deleted_at: datetime | None


def standings(session: Session, shop_id: int, order_ids: Sequence[int]) -> list[OrderStanding]:
    """What these orders (at most some hundred) need, in the order asked for."""
    per_line: dict[int, list[tuple[int, int, str]]] = {}
    for order_id, line_id, units, serial_numbers in session.execute(
        select(
            Line.order_id,
            Line.line_item_id,
            case((Variant.trackable.is_(True), Line.quantity), else_=0),
            func.coalesce(Variant.serial_numbers, catalog.OPTIONAL),
        )
        .outerjoin(Variant, (Variant.shop_id == Line.shop_id) & (Variant.variant_id == Line.variant_id))
        .where(Line.shop_id == shop_id, Line.order_id.in_(order_ids))
    ):
        per_line.setdefault(order_id, []).append((line_id, units, serial_numbers))
    held: dict[int, tuple[int, int]] = {}
    # "+ 0": grouped by the bare column, SQLite walks the index by line through the whole shop (0.6 s).
    line = Item.line_item_id + 0
    for line_id, count, bare in session.execute(
        select(
            line,
            func.count(),
            func.sum(case((Item.serial_key.is_(None), 1), else_=0)),
        )
        .where(Item.shop_id == shop_id, Item.order_id.in_(order_ids), Item.removed_at.is_(None))
        .group_by(line)
    ):
        held[line_id] = (count, int(bare))
    rows = session.execute(
        select(Order.order_id, Order.name, Order.ordered_at, Order.cancelled_at, Order.deleted_at).where(
            Order.shop_id == shop_id, Order.order_id.in_(order_ids)
        )
    )
    waiting = holds.held_orders(session, shop_id, order_ids)
    by_id = {
        row.order_id: _standing(row, per_line.get(row.order_id, ()), held, row.order_id in waiting)
        for row in (_OrderRow(*columns) for columns in rows)
        if row.ordered_at is not None
    }
    return [by_id[order_id] for order_id in order_ids if order_id in by_id]


def _standing(
    row: _OrderRow, lines: Sequence[tuple[int, int, str]], held: dict[int, tuple[int, int]], is_held: bool
) -> OrderStanding:
    counts = [(units, *held.get(line_id, (0, 0)), serials) for line_id, units, serials in lines]
    order_id, name, ordered_at, cancelled_at, deleted_at = row
    return OrderStanding(
        order_id,
        name,
        ordered_at,
        cancelled_at,
        deleted_at,
        units=sum(units for units, _, _, _ in counts),
        items=sum(items for _, items, _, _ in counts),
        bare=sum(bare for _, _, bare, serials in counts if serials != catalog.OFF),
        required=sum(
            max(0, units - (items - bare))
            for units, items, bare, serials in counts
            if serials == catalog.REQUIRED
        ),
        is_held=is_held,
        surplus=any(items > units for units, items, _, _ in counts),
    )


def newer_than(session: Session, shop_id: int, since: datetime, *, most: int = 10_000) -> int:
    """How many orders were placed since ``since``; counting stops at ``most``."""
    placed = (
        select(Order.order_id)
        .where(Order.shop_id == shop_id, Order.ordered_at >= since)
        .order_by(Order.ordered_at)
        .limit(most)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(placed)) or 0
