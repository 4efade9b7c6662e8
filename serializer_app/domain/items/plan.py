"""What an order needs: a pure function from a snapshot and what is stored to what is added, removed and restored.

A fixpoint: planned again with what it made, it asks for nothing. So deliveries may come twice, late or in any order.
The rules are contract §7.1–7.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from serializer_app.domain.catalog.catalog import Tracking


@dataclass(frozen=True)
class LineSnapshot:
    """One line of an order as Shopify shows it; ``quantity`` is its current quantity."""

    line_item_id: int
    variant_id: int | None
    product_id: int | None
    title: str | None
    variant_title: str | None
    sku: str | None
    quantity: int
    fulfilled_at: datetime | None = None


Fulfilments = Literal["by line", "by order", "absent"]
"""What a snapshot says of ``LineSnapshot.fulfilled_at``: the line's own first fulfilment, that of the order for every
line of which something was handed over, or nothing at all.
"""


@dataclass(frozen=True)
class OrderSnapshot:
    """A whole order at ``updated_at``, with every line it has. ``creation``: it came with orders/create."""

    order_id: int
    name: str | None
    customer_id: int | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    lines: tuple[LineSnapshot, ...]
    creation: bool = False
    asked: bool = False
    """It answers our own question, so it was the truth a moment ago; a webhook may be older than it looks."""
    partial: bool = False
    """Lines may be missing from it, so nothing follows from their absence."""
    fulfilments: Fulfilments = "by line"

    def units(self, line: LineSnapshot) -> int:
        """Units of a line that are still sold: none once the order is cancelled."""
        return 0 if self.cancelled_at else line.quantity


class FetchedLine(Protocol):
    """A line of a fetched order, such as ``shopify.orders.FetchedLine``."""

    @property
    def line_item_id(self) -> int: ...
    @property
    def variant_id(self) -> int | None: ...
    @property
    def product_id(self) -> int | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def variant_title(self) -> str | None: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def quantity(self) -> int: ...
    @property
    def fulfilled_at(self) -> datetime | None: ...


class FetchedOrder(Protocol):
    """An order that we fetched from Shopify, such as ``shopify.orders.FetchedOrder``."""

    @property
    def order_id(self) -> int: ...
    @property
    def name(self) -> str | None: ...
    @property
    def customer_id(self) -> int | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def cancelled_at(self) -> datetime | None: ...
    @property
    def lines(self) -> Sequence[FetchedLine]: ...
    @property
    def partial(self) -> bool: ...
    @property
    def fulfilments(self) -> Fulfilments: ...


def snapshot_of(order: FetchedOrder) -> OrderSnapshot:
    """The snapshot of an order that we fetched ourselves, so it is known to be up to date."""
    return OrderSnapshot(
        order_id=order.order_id,
        name=order.name,
        customer_id=order.customer_id,
        created_at=order.created_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        lines=tuple(
            LineSnapshot(
                line_item_id=line.line_item_id,
                variant_id=line.variant_id,
                product_id=line.product_id,
                title=line.title,
                variant_title=line.variant_title,
                sku=line.sku,
                quantity=line.quantity,
                fulfilled_at=line.fulfilled_at,
            )
            for line in order.lines
        ),
        asked=True,
        partial=order.partial,
        fulfilments=order.fulfilments,
    )


@dataclass(frozen=True)
class StoredItem:
    id: int
    blank: bool
    has_unit: bool = False
    """Whether it is a sale of a unit of the registry."""
    returned: bool = False
    """Whether its unit came back from the customer. It is not restored unless a person says so."""


@dataclass(frozen=True)
class StoredLine:
    """A line we know, with its living and its removed items, oldest first."""

    line_item_id: int
    variant_id: int | None
    quantity: int
    follows: bool
    living: tuple[StoredItem, ...] = ()
    removed: tuple[StoredItem, ...] = ()
    listed: bool = True
    """Whether the newest snapshot still has it."""
    shipped: bool = False

    @property
    def missing(self) -> int:
        """Units without an item. A unit that was returned needs none, although Shopify still counts it for a while."""
        return self.quantity - len(self.living) - sum(item.returned for item in self.removed)


@dataclass(frozen=True)
class Addition:
    line_item_id: int
    variant: Tracking
    count: int
    auto_generated: bool


@dataclass
class Plan:
    """What has to happen. ``follows`` holds the decision for lines seen for the first time."""

    add: list[Addition] = field(default_factory=list)
    restore: list[int] = field(default_factory=list)
    remove: list[int] = field(default_factory=list)
    follows: dict[int, bool] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    """Lines that a complete snapshot no longer has."""

    @property
    def changes_items(self) -> bool:
        return bool(self.add or self.restore or self.remove)


def plan(
    snapshot: OrderSnapshot,
    variants: Mapping[int, Tracking],
    stored: Mapping[int, StoredLine],
    *,
    installed_at: datetime,
    on_order_edit: str,
    complete: bool = True,
) -> Plan:
    """Compare a snapshot that is newer than anything stored with what is stored.

    Of one that is not ``complete`` nothing follows for the lines it lacks.
    """
    result = Plan()
    # orders/create brings the lines of the sale. A line that any other snapshot adds to an order of which we have
    # lines came with an edit (contract §7.3).
    of_the_sale = snapshot.creation or not stored
    for line in snapshot.lines:
        known = stored.get(line.line_item_id)
        if known is None:
            _first_sight(result, snapshot, line, variants, installed_at, auto_generated=of_the_sale)
            continue
        units = snapshot.units(line)
        if units < known.quantity:
            _fewer(result, known, units)
        elif units > known.quantity and on_order_edit == "automatic":
            _more(result, known, units, variants)
    listed = {line.line_item_id for line in snapshot.lines}
    for known in stored.values() if complete else ():
        if known.listed and known.line_item_id not in listed:
            result.gone.append(known.line_item_id)
            result.remove += [item.id for item in known.living]
    return result


def _first_sight(
    result: Plan,
    snapshot: OrderSnapshot,
    line: LineSnapshot,
    variants: Mapping[int, Tracking],
    installed_at: datetime,
    *,
    auto_generated: bool,
) -> None:
    variant = variants.get(line.variant_id) if line.variant_id is not None else None
    # orders/create may bring an order that was placed a moment before the installation; any other topic may bring
    # a years-old order that somebody tagged, which must not make items.
    counts = snapshot.creation or snapshot.created_at >= installed_at
    follows = variant is not None and variant.trackable and variant.auto_generatable and counts
    result.follows[line.line_item_id] = follows
    if variant is not None and follows and (units := snapshot.units(line)):
        result.add.append(Addition(line.line_item_id, variant, units, auto_generated))


def _fewer(result: Plan, known: StoredLine, units: int) -> None:
    surplus = len(known.living) - units
    if surplus > 0:
        blank = [item.id for item in known.living if item.blank]
        result.remove += blank[max(0, len(blank) - surplus) :]


def _more(result: Plan, known: StoredLine, units: int, variants: Mapping[int, Tracking]) -> None:
    variant = variants.get(known.variant_id) if known.variant_id is not None else None
    cared_for = known.follows or known.living or known.removed
    if variant is None or not variant.trackable or not cared_for:
        return
    fill(result, known, variant, min(units - known.quantity, units - len(known.living)), auto_generated=False)


def fill(result: Plan, known: StoredLine, variant: Tracking, count: int, *, auto_generated: bool) -> None:
    """Give a line ``count`` items: its newest removed ones come back under their old IDs, then new ones."""
    if count <= 0:
        return
    gone = [item.id for item in known.removed if not item.returned]
    back = gone[max(0, len(gone) - count) :]
    result.restore += back
    if count > len(back):
        result.add.append(Addition(known.line_item_id, variant, count - len(back), auto_generated))
