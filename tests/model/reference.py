"""What a shop's items must be, told as simply as possible: contract §7 once more, written without a look at the code.

The reference is shown every snapshot in the order in which the app sees it, and every act of a person. It holds whole
items in lists, has no database, no outbox, no network and no notion of who was told what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class SeenLine:
    line_id: int
    variant_id: int | None
    units: int


@dataclass(frozen=True)
class Seen:
    """An order as a webhook or an answer of Shopify shows it; a cancelled one has no units."""

    order_id: int
    customer_id: int | None
    created_at: datetime
    updated_at: datetime
    cancelled: bool
    lines: tuple[SeenLine, ...]
    creation: bool = False
    """It came with orders/create."""
    asked: bool = False
    """The app asked for it: the present truth, where a webhook may be a second old."""


@dataclass
class Settings:
    """How a variant is tracked."""

    trackable: bool = False
    auto: bool = False
    warranty: str | None = None
    fields: dict[str, bool] | None = None


@dataclass
class Unit:
    """One item; ``item_id`` is None until the app has named it."""

    item_id: str | None
    auto: bool
    warranty: str | None
    fields: dict[str, str]
    serial: str | None = None
    own_warranty: bool = False
    lives: bool = True
    changes: int = 0
    """How many history entries it must have."""

    @property
    def blank(self) -> bool:
        return self.serial is None and not self.own_warranty and not any(self.fields.values())

    def leave(self) -> None:
        if self.lives:
            self.lives, self.changes = False, self.changes + 1


@dataclass
class Line:
    variant_id: int | None
    units: int
    follows: bool
    items: list[Unit] = field(default_factory=list)
    """In the order they were made."""
    listed: bool = True

    @property
    def living(self) -> list[Unit]:
        return [unit for unit in self.items if unit.lives]


@dataclass
class Order:
    customer_id: int | None
    updated_at: datetime | None
    created_at: datetime | None
    cancelled: bool = False
    deleted: bool = False
    lines: dict[int, Line] = field(default_factory=dict)


class Reference:
    """One shop."""

    def __init__(self, installed_at: datetime) -> None:
        self.installed_at = installed_at
        self.automatic = True
        self.variants: dict[int, Settings] = {}
        self.orders: dict[int, Order] = {}
        self.owners: dict[str, tuple[int, int]] = {}
        """Every item ID ever seen, and the order and line it was made for: it never changes owner."""

    # --- what Shopify shows ---------------------------------------------------------------------------------------

    def see(self, seen: Seen) -> None:
        order = self.orders.get(seen.order_id)
        if order is None:
            order = self.orders[seen.order_id] = Order(seen.customer_id, None, seen.created_at)
        if order.deleted:
            return
        whole = True
        if order.updated_at is not None:
            if seen.updated_at < order.updated_at:
                self._learn(order, seen)
                return
            if seen.updated_at == order.updated_at and self._differs(order, seen) and not seen.asked:
                # Two changes of one second: nobody can tell which came first, so the app asks Shopify.
                if not self.automatic or (order.cancelled and not seen.cancelled):
                    return
                whole = False
        edited = bool(order.lines) and not seen.creation
        for shown in seen.lines:
            line = order.lines.get(shown.line_id)
            if line is None:
                order.lines[shown.line_id] = self._first_sight(seen, shown, auto=not edited)
            else:
                self._follow(line, shown.units)
        if whole:
            for line_id, line in order.lines.items():
                if line_id not in {shown.line_id for shown in seen.lines}:
                    self._gone(line)
        order.customer_id, order.cancelled = seen.customer_id, seen.cancelled
        order.updated_at, order.created_at = seen.updated_at, seen.created_at

    def _differs(self, order: Order, seen: Seen) -> bool:
        known = {line_id: line.units for line_id, line in order.lines.items() if line.listed}
        return known != {shown.line_id: shown.units for shown in seen.lines} or (
            order.customer_id,
            order.cancelled,
        ) != (seen.customer_id, seen.cancelled)

    def _first_sight(self, seen: Seen, shown: SeenLine, *, auto: bool = True) -> Line:
        """A line that an edit added to an order we knew gets items too, but not as those of the sale."""
        settings = self.variants.get(shown.variant_id or 0, Settings())
        counts = seen.creation or seen.created_at >= self.installed_at
        line = Line(shown.variant_id, shown.units, settings.trackable and settings.auto and counts)
        if line.follows:
            self._make(line, shown.units, auto=auto)
        return line

    def _learn(self, order: Order, seen: Seen) -> None:
        """An old snapshot changes nothing, but it may tell the variant of a line whose product is gone since."""
        for shown in seen.lines:
            line = order.lines.get(shown.line_id)
            if line is not None and line.variant_id is None and shown.variant_id is not None:
                units, listed = line.units, line.listed
                known = SeenLine(shown.line_id, shown.variant_id, units)
                order.lines[shown.line_id] = learned = self._first_sight(seen, known)
                learned.listed = listed

    def _follow(self, line: Line, units: int) -> None:
        before, line.units, line.listed = line.units, units, True
        if units < before:
            surplus = len(line.living) - units
            for unit in reversed([unit for unit in line.living if unit.blank]):
                if surplus > 0:
                    unit.leave()
                    surplus -= 1
        elif units > before and self.automatic and self._cared_for(line):
            self._fill(line, min(units - before, units - len(line.living)), auto=False)

    def _cared_for(self, line: Line) -> bool:
        """Items follow units where the line makes its own, or where somebody asked for some."""
        trackable = self.variants.get(line.variant_id or 0, Settings()).trackable
        return trackable and (line.follows or bool(line.items))

    def _fill(self, line: Line, count: int, *, auto: bool) -> None:
        back = [unit for unit in reversed(line.items) if not unit.lives][: max(0, count)]
        for unit in reversed(back):
            self._restore(line, unit)
        self._make(line, count - len(back), auto=auto)

    def _restore(self, line: Line, unit: Unit) -> None:
        if unit.lives:
            return
        if unit.serial is not None and any(_same(other.serial, unit.serial) for other in line.living):
            unit.serial = None
            unit.changes += 1
        unit.lives, unit.changes = True, unit.changes + 1

    def _make(self, line: Line, count: int, *, auto: bool) -> None:
        settings = self.variants[line.variant_id or 0]
        tracked = [key for key, is_tracked in (settings.fields or {}).items() if is_tracked]
        for _ in range(count):
            line.items.append(Unit(None, auto, settings.warranty, dict.fromkeys(tracked, "")))

    def _gone(self, line: Line) -> None:
        line.units, line.listed = 0, False
        for unit in line.items:
            unit.leave()

    def delete(self, order_id: int) -> None:
        order = self.orders.setdefault(order_id, Order(None, None, None))
        order.deleted = True
        for line in order.lines.values():
            self._gone(line)

    def vanish(self, order_id: int) -> None:
        """The app concluded that Shopify no longer has the order; newer news would bring it back."""
        for line in self.orders[order_id].lines.values():
            self._gone(line)

    def merge_customers(self, kept: int, gone: int) -> None:
        for order in self.orders.values():
            if order.customer_id == gone:
                order.customer_id = kept

    # --- what people do -------------------------------------------------------------------------------------------

    def generate(self, order_id: int) -> None:
        for line in self.orders[order_id].lines.values():
            if self.variants.get(line.variant_id or 0, Settings()).trackable:
                self._fill(line, line.units - len(line.living), auto=True)

    def adjust(self, order_id: int, line_id: int, add: int, remove: list[Unit], restore: list[Unit]) -> None:
        line = self.orders[order_id].lines[line_id]
        for unit in remove:
            unit.leave()
        for unit in [unit for unit in line.items if unit in restore]:
            self._restore(line, unit)
        if add:
            self._make(line, add, auto=False)

    # --- what must be true ----------------------------------------------------------------------------------------

    def total_trackable(self, order: Order) -> int:
        return sum(
            line.units
            for line in order.lines.values()
            if line.variant_id in self.variants and self.variants[line.variant_id].trackable
        )

    def living(self, order: Order) -> list[tuple[int, Line, Unit]]:
        return [(line_id, line, unit) for line_id, line in order.lines.items() for unit in line.living]


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.strip().casefold() == other.strip().casefold()


def wire_warranty(stored: str) -> Any:
    """The wire's form of a stored warranty."""
    if stored == "none":
        return None
    unit = {"D": "day", "M": "month", "Y": "year"}[stored[-1]]
    return {"unit": unit, "value": int(stored[1:-1])}
