"""Fulfilment orders of the pretend shop: routed, held, released, split, merged, moved, cancelled, and worked off.

The rules are those of Shopify's Admin API 2026-10 as far as its documentation states them: a hold on some lines splits
the fulfilment order, a handle is unique among the holds of one app, and at most ten holds of an app are active at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from serializer_app.devstore.gids import gid
from serializer_app.devstore.orders import Line, Order
from serializer_app.text import JsonDict

MOST_HOLDS = 10
LIVE = frozenset({"OPEN", "SCHEDULED", "ON_HOLD", "IN_PROGRESS"})


@dataclass
class Hold:
    """``app`` names who placed it: ``ours`` is the app under test."""

    id: int
    handle: str
    reason: str
    notes: str
    app: str = "ours"

    @property
    def gid(self) -> str:
        return gid("FulfillmentHold", self.id)


@dataclass
class Part:
    """The units of one order line in one fulfilment order: all of them, and those still to be shipped."""

    id: int
    line: Line
    total: int
    remaining: int

    @property
    def gid(self) -> str:
        return gid("FulfillmentOrderLineItem", self.id)


@dataclass
class FulfillmentOrder:
    id: int
    order: Order
    parts: list[Part]
    created_at: datetime
    updated_at: datetime
    location: int
    state: str = "OPEN"
    holds: list[Hold] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return gid("FulfillmentOrder", self.id)

    @property
    def status(self) -> str:
        return "ON_HOLD" if self.holds and self.state in LIVE else self.state

    def payload(self) -> JsonDict:
        """As the webhooks name it."""
        return {"id": self.gid, "status": self.status.lower()}


class Refusal(Exception):
    """A user error: Shopify's code, the field and the message."""

    def __init__(self, code: str, message: str, path: tuple[str, ...] = ("id",)) -> None:
        super().__init__(message)
        self.error = {"code": code, "field": list(path), "message": message}


class FulfillmentOrders:
    """All fulfilment orders of one shop. The caller holds the shop's lock."""

    def __init__(self, new_id: Callable[[], int], now: Callable[[], datetime]) -> None:
        self._new_id = new_id
        self._now = now
        self.location = new_id()
        self.by_id: dict[int, FulfillmentOrder] = {}

    def of(self, order: Order) -> list[FulfillmentOrder]:
        return [one for one in self.by_id.values() if one.order is order]

    def forget(self, order: Order) -> None:
        self.by_id = {number: one for number, one in self.by_id.items() if one.order is not order}

    def route(self, order: Order) -> list[FulfillmentOrder]:
        """Put every unit that nobody ships yet into a new fulfilment order; answers those that are new."""
        self.follow(order)
        waiting: dict[int, int] = {}
        for one in self.of(order):
            for part in one.parts:
                waiting[part.line.id] = waiting.get(part.line.id, 0) + part.remaining
        fresh = [
            (line, line.fulfillable_quantity - waiting.get(line.id, 0))
            for line in order.lines
            if line.fulfillable_quantity > waiting.get(line.id, 0)
        ]
        return [self._new(order, fresh, self.location)] if fresh else []

    def follow(self, order: Order) -> list[FulfillmentOrder]:
        """After a shipment, an edit, a refund or a cancellation: fewer units remain. Answers those that ended."""
        ended = []
        for line in order.lines:
            parts = [
                (one, part)
                for one in self.of(order)
                for part in one.parts
                if part.line is line and part.remaining
            ]
            surplus = sum(part.remaining for _, part in parts) - line.fulfillable_quantity
            for _, part in parts:
                less = min(max(surplus, 0), part.remaining)
                part.remaining -= less
                surplus -= less
        for one in self.of(order):
            if one.state in LIVE and not any(part.remaining for part in one.parts):
                one.state = "CANCELLED" if order.cancelled_at else "CLOSED"
                one.holds.clear()
                self._touch(one)
                ended.append(one)
        return ended

    def hold(
        self,
        number: int,
        handle: str = "",
        reason: str = "OTHER",
        notes: str = "",
        *,
        lines: Mapping[int, int] | None = None,
        app: str = "ours",
    ) -> tuple[Hold, FulfillmentOrder, FulfillmentOrder | None]:
        """``lines``: part ID → units; empty for all. Raises Refusal."""
        one = self._live(number, "The fulfillment order could not be found.")
        own = [hold for hold in one.holds if hold.app == app]
        if any(hold.handle == handle for hold in own):
            raise Refusal(
                "DUPLICATE_FULFILLMENT_HOLD_HANDLE",
                "The handle provided for the fulfillment hold is already in use by this app for another hold on this "
                "fulfillment order.",
                ("fulfillmentHold", "handle"),
            )
        if len(own) >= MOST_HOLDS:
            raise Refusal(
                "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED",
                "The maximum number of fulfillment holds for this fulfillment order has been reached for this app.",
            )
        rest = None
        if lines:
            if one.holds:
                raise Refusal(
                    "FULFILLMENT_ORDER_NOT_SPLITTABLE", "The fulfillment order is not in a splittable state."
                )
            rest = self._take_out(one, self._kept(one, lines))
        hold = Hold(self._new_id(), handle, reason, notes, app)
        one.holds.append(hold)
        self._touch(one)
        return hold, one, rest

    def release(self, number: int, hold_ids: list[int] | None = None) -> FulfillmentOrder:
        """Without ``hold_ids`` every hold goes, whoever placed it. Raises Refusal."""
        one = self.by_id.get(number)
        if one is None:
            raise Refusal("FULFILLMENT_ORDER_NOT_FOUND", "The fulfillment order wasn't found.")
        one.holds = [] if hold_ids is None else [hold for hold in one.holds if hold.id not in hold_ids]
        self._touch(one)
        return one

    def split(self, number: int, units: Mapping[int, int]) -> tuple[FulfillmentOrder, FulfillmentOrder]:
        """Keep ``units`` (part ID → units) and put the rest into a new one, which is on hold as well."""
        one = self._live(number, "The fulfillment order could not be found.")
        rest = self._take_out(one, self._kept(one, units))
        if rest is None:
            raise Refusal("FULFILLMENT_ORDER_NOT_SPLITTABLE", "Nothing would be left.")
        rest.holds = [Hold(self._new_id(), h.handle, h.reason, h.notes, h.app) for h in one.holds]
        return one, rest

    def merge(self, numbers: list[int]) -> FulfillmentOrder:
        """All units go to the first one; the others are closed."""
        first, *others = [
            self._live(number, "The fulfillment order could not be found.") for number in numbers
        ]
        for other in others:
            for part in other.parts:
                twin = next((own for own in first.parts if own.line is part.line), None)
                if twin is None:
                    first.parts.append(Part(self._new_id(), part.line, part.remaining, part.remaining))
                else:
                    twin.total += part.remaining
                    twin.remaining += part.remaining
                part.remaining = 0
            other.state = "CLOSED"
            other.holds.clear()
            self._touch(other)
        self._touch(first)
        return first

    def move(self, number: int) -> tuple[FulfillmentOrder, FulfillmentOrder]:
        """To another location: a new fulfilment order without holds takes the units, and the old one is closed."""
        one = self._live(number, "The fulfillment order could not be found.")
        moved = self._new(one.order, [(part.line, part.remaining) for part in one.parts], self._new_id())
        for part in one.parts:
            part.remaining = 0
        one.state = "CLOSED"
        one.holds.clear()
        self._touch(one)
        return one, moved

    def cancel(self, number: int) -> tuple[FulfillmentOrder, FulfillmentOrder]:
        """Cancelled, and replaced by a new one with the same units, as fulfillmentOrderCancel does."""
        one, replacement = self.move(number)
        one.state = "CANCELLED"
        return one, replacement

    def _kept(self, one: FulfillmentOrder, units: Mapping[int, int]) -> dict[int, int]:
        parts = {part.id: part for part in one.parts}
        path = ("fulfillmentHold", "fulfillmentOrderLineItems")
        for part_id, wanted in units.items():
            if wanted <= 0:
                raise Refusal("GREATER_THAN_ZERO", "The quantity must be greater than 0.", path)
            if part_id not in parts or wanted > parts[part_id].remaining:
                raise Refusal(
                    "INVALID_LINE_ITEM_QUANTITY",
                    "The fulfillment order line item quantity is invalid.",
                    path,
                )
        return dict(units)

    def _take_out(self, one: FulfillmentOrder, kept: Mapping[int, int]) -> FulfillmentOrder | None:
        gone = [
            (part.line, part.remaining - kept.get(part.id, 0))
            for part in one.parts
            if part.remaining > kept.get(part.id, 0)
        ]
        if not gone:
            return None
        for part in one.parts:
            if (less := part.remaining - kept.get(part.id, 0)) > 0:
                part.total -= less
                part.remaining -= less
        one.parts = [part for part in one.parts if part.total]
        return self._new(one.order, gone, one.location)

    def _new(self, order: Order, units: list[tuple[Line, int]], location: int) -> FulfillmentOrder:
        now = self._now()
        parts = [Part(self._new_id(), line, count, count) for line, count in units if count]
        one = FulfillmentOrder(self._new_id(), order, parts, now, now, location)
        self.by_id[one.id] = one
        return one

    def _live(self, number: int, message: str) -> FulfillmentOrder:
        one = self.by_id.get(number)
        if one is None or one.state not in LIVE:
            raise Refusal("FULFILLMENT_ORDER_NOT_FOUND", message)
        return one

    def _touch(self, one: FulfillmentOrder) -> None:
        one.updated_at = max(one.updated_at, self._now())
