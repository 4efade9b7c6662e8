"""Orders as the Admin API shows them, as plain data: for the worker, and for whoever needs one order now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serializer_app.clock import parse_iso
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.transport import TransientFailure

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(operation name, variables) → data, such as ``AdminClient.execute``."""

LINES_PAGE = 250
ORDERS_PAGE = 5
_TRIES = 3


@dataclass(frozen=True)
class FetchedLine:
    """One line; ``quantity`` is its current one."""

    line_item_id: int
    variant_id: int | None
    product_id: int | None
    title: str | None
    variant_title: str | None
    sku: str | None
    quantity: int
    fulfilled_at: datetime | None


@dataclass(frozen=True)
class FetchedOrder:
    """A whole order with every line it has."""

    order_id: int
    name: str | None
    customer_id: int | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    lines: tuple[FetchedLine, ...]


class _Edited(Exception):
    """The order changed between two pages of its lines."""


def fetch(call: Call, order_id: int) -> FetchedOrder | None:
    """The order, or None when Shopify shows none of this ID (one of more than 60 days needs ``read_all_orders``)."""
    for _ in range(_TRIES):
        node = call("Order", {"id": gid("Order", order_id)}).get("order")
        try:
            return None if node is None else _read(call, node)
        except _Edited:
            continue
    raise TransientFailure("order_in_motion", "The order is being edited all the time.")


def page(call: Call, query: str | None, after: str | None) -> tuple[list[FetchedOrder], str | None]:
    """(orders that ``query`` finds, in the order of their last change, cursor of the next page or None)."""
    answer = call("OrdersUpdatedSince", {"first": ORDERS_PAGE, "after": after, "query": query})["orders"]
    found = []
    for node in answer["nodes"]:
        try:
            order: FetchedOrder | None = _read(call, node)
        except _Edited:
            order = fetch(call, numeric_id(node["id"]))
        if order is not None:
            found.append(order)
    info = answer["pageInfo"]
    return found, info["endCursor"] if info["hasNextPage"] else None


def _read(call: Call, node: Mapping[str, Any]) -> FetchedOrder:
    fulfilled = _fulfilled_at(node)
    customer, cancelled = node.get("customer"), node.get("cancelledAt")
    return FetchedOrder(
        numeric_id(node["id"]),
        node.get("name"),
        numeric_id(customer["id"]) if customer else None,
        parse_iso(node["createdAt"]),
        parse_iso(node["updatedAt"]),
        parse_iso(cancelled) if cancelled else None,
        tuple(_line(line, fulfilled) for line in _lines(call, node)),
    )


def _lines(call: Call, node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lines = node["lineItems"]
    yield from lines["nodes"]
    while lines["pageInfo"]["hasNextPage"]:
        variables = {"id": node["id"], "first": LINES_PAGE, "after": lines["pageInfo"]["endCursor"]}
        again = call("OrderLineItems", variables).get("order")
        if again is None or again.get("updatedAt") != node["updatedAt"]:
            raise _Edited
        lines = again["lineItems"]
        yield from lines["nodes"]


def _fulfilled_at(node: Mapping[str, Any]) -> datetime | None:
    """The first fulfilment of the order. Which lines were in it is not asked: it would cost hundreds of points."""
    moments = [
        parse_iso(entry["createdAt"])
        for entry in node.get("fulfillments") or []
        if entry.get("createdAt") and entry.get("status") in (None, "SUCCESS", "PENDING", "OPEN")
    ]
    return min(moments, default=None)


def _line(node: Mapping[str, Any], fulfilled_at: datetime | None) -> FetchedLine:
    variant, product = node.get("variant"), node.get("product")
    return FetchedLine(
        numeric_id(node["id"]),
        numeric_id(variant["id"]) if variant else None,
        numeric_id(product["id"]) if product else None,
        node.get("title"),
        node.get("variantTitle"),
        node.get("sku"),
        int(node["currentQuantity"]),
        fulfilled_at,
    )
