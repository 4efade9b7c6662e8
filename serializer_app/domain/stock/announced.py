"""Returns that Shopify announces: how many units of an order line are expected back, and how many were scanned.

Shopify knows quantities and not units, so nothing here takes a unit back: only a scan does (``returns.take_back``). A
scan counts for the oldest return of its line that is still short of units and was open at that time, or about to be
created, or closed a short while before (``count``). Units that Shopify calls missing are not waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.store import upsert
from serializer_app.store.models import Item, ReturnLine

EXPECTED_STATUSES = ("REQUESTED", "OPEN", "CLOSED")
"""A closed return may still have to be scanned: Shopify closes it as soon as its units are processed there."""
EARLY = timedelta(days=7)
"""So long before the return was created a scan may have been made: staff often scan first and enter it later."""
LISTED = timedelta(days=30)
"""So long after it was closed a return is listed, and scans count for it."""
SHOWN = 100
SKEW = timedelta(minutes=10)
"""By how much our clock may be ahead of Shopify's."""
_AT_ONCE = 500

_DISPOSED = {
    "RESTOCKED": "restocked",
    "NOT_RESTOCKED": "not_restocked",
    "PROCESSING_REQUIRED": "processing_required",
    "MISSING": "missing",
}
"""Shopify's type of disposition → our column."""


@dataclass(frozen=True)
class AnnouncedLine:
    """The units of one order line in one return, as Shopify shows them. ``disposed``: units by type of disposition."""

    return_id: int
    line_item_id: int
    status: str
    quantity: int
    disposed: Mapping[str, int]
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True)
class ExpectedLine:
    """An announced line with what was scanned of it. ``expected`` units still have to be scanned.

    ``certain``: the order line has no other active items than those, so it is known which units are meant.
    """

    row: ReturnLine
    scanned: int
    expected: int
    certain: bool = False

    @property
    def disposition(self) -> str | None:
        """What Shopify says becomes of the next unit that is scanned; None where it does not say, or says several."""
        types = {name: getattr(self.row, column) for name, column in _DISPOSED.items() if name != "MISSING"}
        said = [name for name, units in types.items() if units]
        return said[0] if len(said) == 1 and self.scanned < types[said[0]] else None


# --- what Shopify shows ---------------------------------------------------------------------------------------------


def store(session: Session, shop_id: int, order_id: int, lines: Iterable[AnnouncedLine]) -> None:
    """Keep what Shopify shows of an order's returns. Rows of returns that it does not show any more are deleted."""
    shown = {(line.return_id, line.line_item_id): line for line in lines}
    stored = _locked(session, shop_id, order_id)
    for key, row in stored.items():
        if key not in shown:
            session.delete(row)
    session.flush()
    moment = now()
    values = [
        {
            "shop_id": shop_id,
            "return_id": line.return_id,
            "line_item_id": line.line_item_id,
            "order_id": order_id,
            "status": line.status[:16],
            "quantity": line.quantity,
            **{column: line.disposed.get(name, 0) for name, column in _DISPOSED.items()},
            "awaited": False,
            "created_at": line.created_at,
            "closed_at": line.closed_at,
            "checked_at": moment,
        }
        for line in shown.values()
    ]
    if values:
        statement = upsert.insert(session, ReturnLine)
        changed = {
            name: statement.excluded[name]
            for name in values[0]
            if name not in ("shop_id", "return_id", "line_item_id", "awaited")
        }
        statement = statement.on_conflict_do_update(
            index_elements=["shop_id", "return_id", "line_item_id"], set_=changed
        )
        session.connection().execute(statement, values)
    recount(session, shop_id, order_id)


def recount(session: Session, shop_id: int, order_id: int) -> None:
    """Note which returns of an order wait for units, after a scan or news from Shopify.

    The rows are locked before the scans are counted, so that of two who count at once the later one sees every scan.
    """
    rows = list(_locked(session, shop_id, order_id).values())
    for line in count(rows, _scans(session, shop_id, rows), now()):
        line.row.awaited = line.expected > 0
    session.flush()


def forget_old(session: Session, shop_id: int) -> None:
    """Take returns off the list that were closed long ago and never scanned."""
    old = (ReturnLine.awaited.is_(True), ReturnLine.closed_at < now() - LISTED)
    session.execute(
        update(ReturnLine).where(ReturnLine.shop_id == shop_id, *old).values(awaited=False),
        execution_options={"synchronize_session": False},
    )


def unread(session: Session, shop_id: int, orders: Mapping[int, datetime]) -> list[int]:
    """Of {order: when it changed in Shopify} those with tracked units whose returns were not read since."""
    numbers = sorted(orders)
    with_items: set[int] = set()
    read: dict[int, datetime] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        sold = select(Item.order_id).where(Item.shop_id == shop_id, Item.order_id.in_(some))
        with_items.update(session.scalars(sold.distinct()))
        known = select(ReturnLine.order_id, ReturnLine.checked_at).where(
            ReturnLine.shop_id == shop_id, ReturnLine.order_id.in_(some)
        )
        for order_id, checked_at in session.execute(known):
            read[order_id] = min(checked_at, read.get(order_id, checked_at))
    return [
        number
        for number in numbers
        if number in with_items and (number not in read or read[number] - SKEW <= orders[number])
    ]


def longest_unread(session: Session, shop_id: int, before: datetime, most: int) -> list[int]:
    """Orders that wait for units and whose returns were last read before ``before``, the oldest first."""
    query = (
        select(ReturnLine.order_id)
        .where(ReturnLine.shop_id == shop_id, ReturnLine.awaited.is_(True), ReturnLine.checked_at < before)
        .order_by(ReturnLine.checked_at, ReturnLine.order_id)
        .limit(most)
    )
    return list(dict.fromkeys(session.scalars(query)))


def not_shown(session: Session, shop_id: int, order_id: int) -> None:
    """Shopify does not let us read the order: what is known stays, and other orders that wait are read before it."""
    session.execute(
        update(ReturnLine)
        .where(ReturnLine.shop_id == shop_id, ReturnLine.order_id == order_id)
        .values(checked_at=now()),
        execution_options={"synchronize_session": False},
    )


def order_of(session: Session, shop_id: int, return_id: int) -> int | None:
    """The order of a return that we know."""
    query = select(ReturnLine.order_id).where(
        ReturnLine.shop_id == shop_id, ReturnLine.return_id == return_id
    )
    return session.scalars(query.limit(1)).first()


# --- what is expected -----------------------------------------------------------------------------------------------


def count(
    rows: Iterable[ReturnLine], scans: Mapping[int, Sequence[datetime]], moment: datetime
) -> list[ExpectedLine]:
    """What is still expected of each row. ``scans``: order line → when units of it were scanned as returned.

    A scan counts for one row: the oldest of its line with units left that were not scanned and are not missing, created
    at most EARLY after the scan and closed at most LISTED before it.
    """
    of_line: dict[int, list[ReturnLine]] = {}
    for row in sorted(rows, key=lambda row: row.return_id):
        of_line.setdefault(row.line_item_id, []).append(row)
    counted = []
    for line_item_id, line in of_line.items():
        room = {row.return_id: _room(row) for row in line}
        taken = dict.fromkeys(room, 0)
        for at in sorted(scans.get(line_item_id, ())):
            about = next((row for row in line if room[row.return_id] and _is_about(row, at)), None)
            if about is not None:
                room[about.return_id] -= 1
                taken[about.return_id] += 1
        for row in line:
            over = row.closed_at is not None and row.closed_at < moment - LISTED
            counted.append(ExpectedLine(row, taken[row.return_id], 0 if over else room[row.return_id]))
    return counted


def awaited(session: Session, shop_id: int) -> list[ExpectedLine]:
    """Lines with units that are expected back and can be scanned, the newest SHOWN returns first.

    Units of products that are not tracked cannot be scanned, so they are left out.
    """
    sold = exists().where(
        Item.shop_id == ReturnLine.shop_id,
        Item.line_item_id == ReturnLine.line_item_id,
        Item.removed_at.is_(None),
    )
    query = (
        select(ReturnLine.order_id, ReturnLine.return_id)
        .where(ReturnLine.shop_id == shop_id, ReturnLine.awaited.is_(True), sold)
        .order_by(ReturnLine.return_id.desc(), ReturnLine.line_item_id.desc())
        .limit(SHOWN)
    )
    places = {(row.order_id, row.return_id): None for row in session.execute(query)}
    lines = of_orders(session, shop_id, sorted({order_id for order_id, _ in places}))
    found = [line for line in lines if line.expected and (line.row.order_id, line.row.return_id) in places]
    return sorted(found, key=lambda line: (-line.row.return_id, line.row.line_item_id))


def of_orders(session: Session, shop_id: int, order_ids: Sequence[int]) -> list[ExpectedLine]:
    """Every announced line of these orders. Not more is expected of a line than it has active items."""
    rows: list[ReturnLine] = []
    for start in range(0, len(order_ids), _AT_ONCE):
        some = order_ids[start : start + _AT_ONCE]
        query = select(ReturnLine).where(ReturnLine.shop_id == shop_id, ReturnLine.order_id.in_(some))
        rows += session.scalars(query.order_by(ReturnLine.order_id, ReturnLine.return_id))
    scans = _scans(session, shop_id, rows)
    active = _active(session, shop_id, rows)
    left = dict(active)
    found = []
    for line in count(rows, scans, now()):
        expected = min(line.expected, left.get(line.row.line_item_id, 0))
        if expected:
            left[line.row.line_item_id] -= expected
        certain = expected > 0 and expected == active[line.row.line_item_id]
        found.append(ExpectedLine(line.row, line.scanned, expected, certain))
    return found


def disposition(session: Session, shop_id: int, item: Item) -> str | None:
    """What Shopify says becomes of the next returned unit of an item's line; None where it says nothing definite."""
    lines = of_orders(session, shop_id, [item.order_id])
    following = (line for line in lines if line.row.line_item_id == item.line_item_id and line.expected)
    first = next(following, None)
    return None if first is None else first.disposition


def _room(row: ReturnLine) -> int:
    """Units of a return that can be expected at all."""
    return max(0, row.quantity - row.missing) if row.status in EXPECTED_STATUSES else 0


def _is_about(row: ReturnLine, scanned_at: datetime) -> bool:
    is_late = row.closed_at is not None and scanned_at > row.closed_at + LISTED
    return scanned_at >= row.created_at - EARLY and not is_late


def _scans(session: Session, shop_id: int, rows: Iterable[ReturnLine]) -> dict[int, list[datetime]]:
    """When units were scanned as returned, by order line."""
    found: dict[int, list[datetime]] = {}
    numbers = sorted({row.line_item_id for row in rows})
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(Item.line_item_id, Item.returned_at).where(
            Item.shop_id == shop_id,
            Item.line_item_id.in_(numbers[start : start + _AT_ONCE]),
            Item.returned_at.is_not(None),
        )
        for line_item_id, at in session.execute(query):
            if at is not None:
                found.setdefault(line_item_id, []).append(at)
    return found


def _active(session: Session, shop_id: int, rows: Iterable[ReturnLine]) -> dict[int, int]:
    """Active items, by order line."""
    found: dict[int, int] = {}
    numbers = sorted({row.line_item_id for row in rows})
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(Item.line_item_id, func.count()).where(
            Item.shop_id == shop_id,
            Item.line_item_id.in_(numbers[start : start + _AT_ONCE]),
            Item.removed_at.is_(None),
        )
        for line_item_id, units in session.execute(query.group_by(Item.line_item_id)):
            found[line_item_id] = units
    return found


def _locked(session: Session, shop_id: int, order_id: int) -> dict[tuple[int, int], ReturnLine]:
    """The order's rows, locked until the transaction ends."""
    query = (
        select(ReturnLine)
        .where(ReturnLine.shop_id == shop_id, ReturnLine.order_id == order_id)
        .order_by(ReturnLine.return_id, ReturnLine.line_item_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.return_id, row.line_item_id): row for row in session.scalars(query)}
