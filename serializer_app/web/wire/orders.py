"""Orders as /api/v1 shows them: what was sold, the items of it, and whether Shopify knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from serializer_app.clock import iso
from serializer_app.domain.gate.holds import OrderHold
from serializer_app.domain.orders import orders
from serializer_app.domain.orders.orders import OrderLine, Surplus
from serializer_app.store.models import Order
from serializer_app.store.models.gate import HoldState
from serializer_app.store.models.variants import SerialNumbers
from serializer_app.web.wire.items import ItemWire, Time
from serializer_app.web.wire.mirror import MirrorWire


class LineWire(msgspec.Struct):
    """One line item. `items` counts the active items that are stored for it, and `missingSerialNumbers` its tracked
    units without a serial number; it is 0 where serial numbers are off.
    """

    lineItemId: int
    productVariantId: int | None
    title: str | None
    variantTitle: str | None
    sku: str | None
    currentQuantity: int
    trackable: bool
    serialNumbers: SerialNumbers
    items: int
    missingSerialNumbers: int


class RemovedItemWire(msgspec.Struct):
    """An item that was taken away. It verifies as nothing, and can be brought back."""

    itemId: str
    lineItemId: int
    removedAt: Time


class WarningWire(msgspec.Struct):
    """Something a person has to decide."""

    code: Literal["more_items_than_units"]
    lineItemId: int
    items: int
    units: int
    message: str


class HoldWire(msgspec.Struct):
    """Fulfilment orders that Shopify holds until their serial numbers are entered, in the state that matters most."""

    state: HoldState
    since: Time
    problem: str | None
    fulfillmentOrderIds: list[int]


class OrderWire(msgspec.Struct, omit_defaults=True):
    """An order. `created` stands only in the answer of a call that may make items, and `hold` only where the app held
    fulfilment orders.
    """

    orderId: int
    name: str | None
    customerId: int | None
    createdAt: Time | None
    updatedAt: Time | None
    cancelledAt: Time | None
    deletedAt: Time | None
    currentTotalTrackable: int
    lines: list[LineWire]
    items: list[ItemWire]
    removedItems: list[RemovedItemWire]
    warnings: list[WarningWire]
    mirror: MirrorWire
    created: list[str] | UnsetType = UNSET
    hold: HoldWire | UnsetType = UNSET


def order_wire(
    order: Order,
    lines: Sequence[OrderLine],
    items: list[ItemWire],
    removed: Iterable[tuple[str, int, datetime]],
    mirror: MirrorWire,
    hold: OrderHold | None = None,
) -> OrderWire:
    """``lines`` as of domain.orders.lines; ``removed`` (item ID, line item ID, when)."""
    living: dict[int, int] = {}
    numbered: dict[int, int] = {}
    for item in items:
        living[item.lineItemId] = living.get(item.lineItemId, 0) + 1
        numbered[item.lineItemId] = numbered.get(item.lineItemId, 0) + (item.serialNumber is not UNSET)
    return OrderWire(
        orderId=order.order_id,
        name=order.name,
        customerId=order.customer_id,
        createdAt=_time(order.ordered_at),
        updatedAt=_time(order.source_updated_at),
        cancelledAt=_time(order.cancelled_at),
        deletedAt=_time(order.deleted_at),
        currentTotalTrackable=orders.trackable_units(lines),
        lines=[
            LineWire(
                lineItemId=line.line_item_id,
                productVariantId=line.variant_id,
                title=line.title,
                variantTitle=line.variant_title,
                sku=line.sku,
                currentQuantity=line.quantity,
                trackable=line.trackable,
                serialNumbers=line.serial_numbers,
                items=living.get(line.line_item_id, 0),
                missingSerialNumbers=orders.missing_serials(line, numbered.get(line.line_item_id, 0)),
            )
            for line in lines
            if line.removed_at is None or living.get(line.line_item_id)
        ],
        items=items,
        removedItems=[RemovedItemWire(item_id, line, iso(at)) for item_id, line, at in removed],
        warnings=[_warning(surplus) for surplus in orders.surpluses(lines, living)],
        mirror=mirror,
        hold=UNSET if hold is None else _hold(hold),
    )


def _hold(hold: OrderHold) -> HoldWire:
    return HoldWire(hold.state, iso(hold.since), hold.problem, list(hold.fulfillment_order_ids))


def _warning(surplus: Surplus) -> WarningWire:
    return WarningWire(
        code="more_items_than_units",
        lineItemId=surplus.line_item_id,
        items=surplus.items,
        units=surplus.units,
        message=f"{surplus.items} items are stored, but only {surplus.units} units are trackable now. "
        "Choose the items to remove.",
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
