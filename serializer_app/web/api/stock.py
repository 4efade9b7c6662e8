"""Units of an order: assigned to its lines, taken off them, and returned."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain.shops import shops
from serializer_app.domain.stock import assignments, returns
from serializer_app.store.models import Item
from serializer_app.web.answers import answer
from serializer_app.web.api import once
from serializer_app.web.api.operations import operation
from serializer_app.web.house import house
from serializer_app.web.wire.items import item_wire
from serializer_app.web.wire.stock import (
    AssignedItems,
    Assignment,
    ReturnInput,
    ReturnVerdicts,
    Unassignment,
    returned_wire,
)

TAG = "Units"

_ASSIGNING = ("id_invalid", "order_not_found", "order_deleted", "line_item_not_found", "serial_not_found")


@operation(
    "POST",
    "/orders/{orderId}/assign",
    tag=TAG,
    summary="Assign units to a line of an order",
    description=(
        "All or nothing. Each unit goes to an item of the line that has no serial number; items that the line lacks "
        "are made. A unit that the line has already stays where it is. Without `serialNumbers` every item without one "
        "gets the oldest unit in stock, of `locationIds` if they are given. The answer holds the items that have a "
        "unit now."
    ),
    body=Assignment,
    answers={200: AssignedItems},
    errors=(
        *_ASSIGNING,
        "variant_differs",
        "line_full",
        "unit_not_in_stock",
        "serial_replaced",
        "serial_number_used",
        "serial_number_taken",
        "serial_number_registered",
    ),
)
def post_order_assign(order_id: int, body: Assignment) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        if body.serial_numbers is None:
            found = assignments.assign_oldest(
                session, shop, order_id, body.line_item_id, location_ids=body.location_ids, actor=g.actor
            )
        else:
            found = assignments.assign(
                session, shop, order_id, body.line_item_id, body.serial_numbers, actor=g.actor
            )
        return _answer(session, found)


@operation(
    "POST",
    "/orders/{orderId}/unassign",
    tag=TAG,
    summary="Take units off a line of an order",
    description="All or nothing. The units are in stock again; the items stay, without a serial number.",
    body=Unassignment,
    answers={200: AssignedItems},
    errors=(*_ASSIGNING, "variant_differs", "unit_not_assigned"),
)
def post_order_unassign(order_id: int, body: Unassignment) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        found = assignments.unassign(
            session, shop, order_id, body.line_item_id, body.serial_numbers, actor=g.actor
        )
        return _answer(session, found)


def _answer(session: Session, items: Sequence[Item]) -> Response:
    session.flush()
    return answer(AssignedItems([item_wire(item) for item in items]))


@operation(
    "POST",
    "/orders/{orderId}/returns",
    tag=TAG,
    summary="Record that units of an order came back",
    description=(
        "All or nothing. The item leaves the order's active items, and its history and serial number stay. The "
        "disposition sets the state of the unit: RESTOCKED in_stock, NOT_RESTOCKED and PROCESSING_REQUIRED returned, "
        "MISSING lost, or one of our states. Where it is absent, what Shopify says of the return applies, otherwise "
        "returned. `ownership` says what became of the owner's registration (setting `onReturn`). A unit in_stock can "
        "be sold again."
    ),
    body=ReturnInput,
    answers={201: ReturnVerdicts},
    errors=(
        "id_invalid",
        "order_not_found",
        "order_deleted",
        "item_not_found",
        "item_removed",
        "item_returned",
        "serial_not_found",
        "unit_of_other_order",
        "other_unit",
        "unit_state_refused",
        *once.ERRORS,
    ),
    headers=once.HEADERS,
)
def post_order_returns(order_id: int, body: ReturnInput) -> Response:
    vault = house().vault

    def take_back(session: Session) -> once.OnceOutcome:
        shop = shops.by_id(session, g.shop_id)
        done = returns.take_back(session, vault, shop, order_id, body.entries(), actor=g.actor)
        return once.OnceOutcome(201, ReturnVerdicts([returned_wire(one) for one in done]))

    return once.once(take_back, body.model_dump(mode="json"))
