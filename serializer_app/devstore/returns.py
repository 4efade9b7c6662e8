"""Returns of the pretend shop: requested, approved, declined, disposed of, processed, cancelled, closed and reopened.

The rules are those of Shopify's Admin API 2026-10 as far as its documentation states them: only shipped units can be
returned, an approved return has a reverse fulfilment order, and dispositions name a quantity and a type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from serializer_app.devstore.gids import gid
from serializer_app.devstore.orders import Line, Order

DISPOSITIONS = ("RESTOCKED", "NOT_RESTOCKED", "PROCESSING_REQUIRED", "MISSING")
ENDED = frozenset({"DECLINED", "CANCELED"})


@dataclass
class ReturnLine:
    """Units of one fulfilment line that come back."""

    id: int
    fulfillment_line_id: int
    line: Line
    quantity: int
    processed: int = 0

    @property
    def gid(self) -> str:
        return gid("ReturnLineItem", self.id)


@dataclass
class Disposal:
    id: int
    type: str
    quantity: int


@dataclass
class ReverseLine:
    """The same units in the reverse fulfilment order, with what became of them."""

    id: int
    fulfillment_line_id: int
    line: Line
    total: int
    disposals: list[Disposal] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return gid("ReverseFulfillmentOrderLineItem", self.id)

    @property
    def left(self) -> int:
        return self.total - sum(disposal.quantity for disposal in self.disposals)


@dataclass
class ReverseOrder:
    id: int
    lines: list[ReverseLine]

    @property
    def gid(self) -> str:
        return gid("ReverseFulfillmentOrder", self.id)

    @property
    def status(self) -> str:
        return "OPEN" if any(line.left for line in self.lines) else "CLOSED"


@dataclass
class Return:
    id: int
    order: Order
    name: str
    lines: list[ReturnLine]
    status: str
    created_at: datetime
    closed_at: datetime | None = None
    reverse: list[ReverseOrder] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return gid("Return", self.id)


class Returns:
    """All returns of one shop. The caller holds the shop's lock."""

    def __init__(self, new_id: Callable[[], int], now: Callable[[], datetime]) -> None:
        self._new_id = new_id
        self._now = now
        self.by_id: dict[int, Return] = {}

    def of(self, order: Order) -> list[Return]:
        return [one for one in self.by_id.values() if one.order is order]

    def forget(self, order: Order) -> None:
        self.by_id = {number: one for number, one in self.by_id.items() if one.order is not order}

    def reverse_order(self, number: int) -> tuple[Return, ReverseOrder] | None:
        pairs = ((one, reverse) for one in self.by_id.values() for reverse in one.reverse)
        return next((pair for pair in pairs if pair[1].id == number), None)

    def status_of(self, order: Order) -> str:
        """``Order.returnStatus``."""
        statuses = {one.status for one in self.of(order)}
        for status, shown in (
            ("REQUESTED", "RETURN_REQUESTED"),
            ("OPEN", "IN_PROGRESS"),
            ("CLOSED", "RETURNED"),
        ):
            if status in statuses:
                return shown
        return "NO_RETURN"

    def request(self, order: Order, units: Mapping[int, int]) -> Return:
        """``units``: order line ID → units. Raises ValueError for units that were not shipped or come back already."""
        lines = [part for line_id, count in units.items() for part in self._parts(order, line_id, count)]
        name = f"{order.name}-R{len(self.of(order)) + 1}"
        one = Return(self._new_id(), order, name, lines, "REQUESTED", self._now())
        self.by_id[one.id] = one
        return one

    def approve(self, one: Return) -> None:
        self._expect(one, "REQUESTED")
        one.status = "OPEN"
        lines = [
            ReverseLine(self._new_id(), part.fulfillment_line_id, part.line, part.quantity)
            for part in one.lines
        ]
        one.reverse.append(ReverseOrder(self._new_id(), lines))

    def decline(self, one: Return) -> None:
        self._expect(one, "REQUESTED")
        one.status = "DECLINED"

    def cancel(self, one: Return) -> None:
        self._expect(one, "REQUESTED", "OPEN")
        one.status = "CANCELED"

    def change(self, one: Return, units: Mapping[int, int]) -> None:
        """Other quantities for lines of an open return; 0 takes a line out."""
        self._expect(one, "OPEN")
        for part in one.lines:
            part.quantity = units.get(part.line.id, part.quantity)
        for reverse in one.reverse:
            for line in reverse.lines:
                line.total = units.get(line.line.id, line.total)
        one.lines = [part for part in one.lines if part.quantity]

    def dispose(self, one: Return, line_id: int, type: str, count: int) -> ReverseOrder:
        """Say what became of units of an order line. Raises ValueError for more than are left."""
        if type not in DISPOSITIONS:
            raise ValueError(type)
        for reverse in one.reverse:
            for line in reverse.lines:
                if line.line.id == line_id and line.left >= count > 0:
                    line.disposals.append(Disposal(self._new_id(), type, count))
                    return reverse
        raise ValueError(f"return {one.name} has no {count} units of line {line_id} left to dispose of")

    def process(self, one: Return) -> None:
        """Everything is processed, which closes the return."""
        self._expect(one, "OPEN")
        for part in one.lines:
            part.processed = part.quantity
        self.close(one)

    def close(self, one: Return) -> None:
        self._expect(one, "OPEN")
        one.status, one.closed_at = "CLOSED", self._now()

    def reopen(self, one: Return) -> None:
        self._expect(one, "CLOSED")
        one.status, one.closed_at = "OPEN", None

    def _parts(self, order: Order, line_id: int, count: int) -> list[ReturnLine]:
        taken: dict[int, int] = {}
        for one in self.of(order):
            for part in one.lines if one.status not in ENDED else ():
                taken[part.fulfillment_line_id] = taken.get(part.fulfillment_line_id, 0) + part.quantity
        parts = []
        for fulfillment in order.fulfillments:
            for number, line, shipped in fulfillment.lines:
                units = min(count, shipped - taken.get(number, 0)) if line.id == line_id else 0
                if units > 0:
                    parts.append(ReturnLine(self._new_id(), number, line, units))
                    count -= units
        if count:
            raise ValueError(f"order {order.name} has {count} units too few to return on line {line_id}")
        return parts

    @staticmethod
    def _expect(one: Return, *statuses: str) -> None:
        if one.status not in statuses:
            raise ValueError(f"return {one.name} is {one.status}")
