"""Orders of the pretend shop: lines, refunds, fulfilments and edits, with Shopify's arithmetic of quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from serializer_app.devstore.gids import gid
from serializer_app.devstore.products import Customer


@dataclass
class Line:
    """``quantity`` counts every unit ever put on the line; ``current_quantity`` what edits and refunds left of it."""

    id: int
    variant_id: int | None
    product_id: int | None
    title: str
    variant_title: str | None
    sku: str | None
    vendor: str
    price: Decimal
    quantity: int
    properties: list[dict[str, str]] = field(default_factory=list)
    gift_card: bool = False
    removed: int = 0
    refunded: int = 0
    fulfilled: int = 0

    @property
    def gid(self) -> str:
        return gid("LineItem", self.id)

    @property
    def name(self) -> str:
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title

    @property
    def current_quantity(self) -> int:
        return self.quantity - self.removed - self.refunded

    @property
    def fulfillable_quantity(self) -> int:
        return max(0, self.current_quantity - self.fulfilled)


@dataclass
class RefundLine:
    id: int
    line: Line
    quantity: int
    restock_type: str


@dataclass
class Refund:
    id: int
    order_id: int
    created_at: datetime
    note: str | None
    lines: list[RefundLine]

    @property
    def gid(self) -> str:
        return gid("Refund", self.id)


@dataclass
class Fulfillment:
    id: int
    order_id: int
    created_at: datetime
    updated_at: datetime
    lines: list[tuple[int, Line, int]]
    """(id of the fulfilment line, the order line, units)"""
    status: str = "success"

    @property
    def gid(self) -> str:
        return gid("Fulfillment", self.id)


@dataclass
class Order:
    id: int
    number: int
    token: str
    customer: Customer | None
    lines: list[Line]
    created_at: datetime
    updated_at: datetime
    test: bool = False
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    refunds: list[Refund] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return gid("Order", self.id)

    @property
    def name(self) -> str:
        return f"#{self.number}"

    def line(self, line_id: int) -> Line:
        """Raises KeyError when the order has no such line."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    def line_of(self, variant_id: int) -> Line | None:
        """The first line that still sells this variant: what an edit adds units to."""
        return next((line for line in self.lines if line.variant_id == variant_id), None)

    def set_quantities(
        self, wanted: Mapping[int, int]
    ) -> tuple[list[tuple[Line, int]], list[tuple[Line, int]]]:
        """An order edit: bring lines to a current quantity; answers (additions, removals) as (line, units).

        Raises ValueError when a quantity is negative or fulfilled units would be taken away.
        """
        additions: list[tuple[Line, int]] = []
        removals: list[tuple[Line, int]] = []
        for line_id, quantity in wanted.items():
            line = self.line(line_id)
            delta = quantity - line.current_quantity
            if quantity < 0 or quantity < line.fulfilled:
                raise ValueError(f"line {line_id} cannot go down to {quantity}")
            if delta > 0:
                line.quantity += delta
                additions.append((line, delta))
            elif delta < 0:
                line.removed -= delta
                removals.append((line, -delta))
        return additions, removals

    @property
    def financial_status(self) -> str:
        refunded = sum(line.refunded for line in self.lines)
        if not refunded:
            return "paid"
        return "refunded" if not any(line.current_quantity for line in self.lines) else "partially_refunded"

    @property
    def fulfillment_status(self) -> str | None:
        if not any(line.fulfilled for line in self.lines):
            return None
        return "partial" if any(line.fulfillable_quantity for line in self.lines) else "fulfilled"
