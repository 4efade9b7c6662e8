"""Orders as the Admin API shows them, as plain data: for the worker, and for whoever needs one order now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from serializer_app.clock import parse_iso
from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.transport import TransientFailure
from serializer_app.text import JsonDict, clean, clean_code

Call = Callable[[str, JsonDict], JsonDict]
"""(operation name, variables) → data, such as ``AdminClient.execute``."""

_log = logging.getLogger(__name__)

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
    """A whole order with every line it has; ``partial`` where Shopify left some out."""

    order_id: int
    name: str | None
    customer_id: int | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    lines: tuple[FetchedLine, ...]
    partial: bool
    fulfilments: Literal["by line", "by order", "absent"]
    """``by order`` where something was handed over: its date is the order's. ``absent`` where Shopify told nothing."""


class Unreadable(AppError):
    """Shopify's answer about one order has another shape than its schema says. Says nothing about other orders."""

    def __init__(self, order_id: int, reason: BaseException) -> None:
        super().__init__(
            "order_unreadable",
            f"What Shopify says about order {order_id} cannot be read ({type(reason).__name__})",
            status=502,
            permanent=False,
        )


UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a value of another shape raises."""


@dataclass(frozen=True)
class Entry:
    """One order of a page. ``read`` gives the whole order, or None when Shopify no longer shows it.

    It raises ``Unreadable``, or what ``fetch`` raises, for this order alone.
    """

    order_id: int
    read: Callable[[], FetchedOrder | None]


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
        except UNREADABLE as error:
            raise Unreadable(order_id, error) from error
    raise TransientFailure("order_in_motion", "The order keeps changing while it is read; it is tried again.")


def page(
    call: Call, query: str | None, after: str | None, *, singly: bool = False
) -> tuple[list[Entry], str | None]:
    """(orders that ``query`` finds, in the order of their last change, cursor of the next page or None).

    Each order is read on its own, so that one that cannot be read does not hide the others. Where Shopify refuses the
    whole page, or with ``singly``, only the IDs are listed and each order is fetched by its own call.
    """
    variables = {"first": ORDERS_PAGE, "after": after, "query": query}
    whole = not singly
    try:
        answer = None if singly else call("OrdersUpdatedSince", variables).get("orders")
    except PermanentFailure:
        whole = False
    if not whole:
        ids = call("OrderIds", variables).get("orders")
        numbers = [number for number, _ in _numbered(present(ids))]
        return [Entry(number, partial(fetch, call, number)) for number in numbers], next_cursor(ids)
    found = [
        Entry(number, partial(_read_entry, call, number, node)) for number, node in _numbered(present(answer))
    ]
    return found, next_cursor(answer)


def _numbered(nodes: Sequence[JsonDict]) -> Iterator[tuple[int, JsonDict]]:
    for node in nodes:
        try:
            yield numeric_id(node["id"]), node
        except UNREADABLE as error:
            _log.warning("Shopify listed an order without an ID that can be read (%s)", type(error).__name__)


def _read_entry(call: Call, order_id: int, node: JsonDict) -> FetchedOrder | None:
    try:
        return _read(call, node)
    except _Edited:
        return fetch(call, order_id)
    except UNREADABLE as error:
        raise Unreadable(order_id, error) from error


def _read(call: Call, node: JsonDict) -> FetchedOrder:
    fulfilled = _fulfilled_at(node)
    customer, cancelled = node.get("customer"), node.get("cancelledAt")
    nodes = list(_lines(call, node))
    lines = {line["id"]: _line(line, fulfilled) for line in nodes if line}
    return FetchedOrder(
        numeric_id(node["id"]),
        clean(node.get("name") or "") or None,
        numeric_id(customer["id"]) if customer else None,
        parse_iso(node["createdAt"]),
        parse_iso(node["updatedAt"]),
        parse_iso(cancelled) if cancelled else None,
        tuple(lines.values()),
        partial=None in nodes,
        fulfilments=_fulfilments(node, fulfilled),
    )


def _lines(call: Call, node: JsonDict) -> Iterator[JsonDict | None]:
    """The nodes of all pages of an order's lines; None for what Shopify left out."""
    lines = node.get("lineItems")
    yield from (lines or {}).get("nodes") or [None]
    while (cursor := next_cursor(lines)) is not None:
        variables = {"id": node["id"], "first": LINES_PAGE, "after": cursor}
        again = call("OrderLineItems", variables).get("order")
        if again is None or again.get("updatedAt") != node["updatedAt"]:
            raise _Edited
        lines = again.get("lineItems")
        yield from (lines or {}).get("nodes") or [None]


def _fulfilled_at(node: JsonDict) -> datetime | None:
    """The first successful fulfilment of the order. Its lines are not asked for: that would cost hundreds of points."""
    moments = [
        parse_iso(entry["createdAt"])
        for entry in node.get("fulfillments") or []
        if entry and entry.get("createdAt") and entry.get("status") == "SUCCESS"
    ]
    return min(moments, default=None)


def _fulfilments(node: JsonDict, first: datetime | None) -> Literal["by line", "by order", "absent"]:
    if node.get("fulfillments") is None:
        return "absent"
    return "by line" if first is None else "by order"


def _line(node: JsonDict, fulfilled_at: datetime | None) -> FetchedLine:
    variant, product = node.get("variant"), node.get("product")
    waiting = (node.get("unfulfilledQuantity") or 0) + (node.get("nonFulfillableQuantity") or 0)
    return FetchedLine(
        numeric_id(node["id"]),
        numeric_id(variant["id"]) if variant else None,
        numeric_id(product["id"]) if product else None,
        clean(node.get("title") or "") or None,
        clean(node.get("variantTitle") or "") or None,
        clean_code(node.get("sku") or "") or None,
        int(node.get("currentQuantity") or 0),
        fulfilled_at if waiting < (node.get("quantity") or 0) else None,
    )
