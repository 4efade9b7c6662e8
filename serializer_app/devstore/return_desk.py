"""What happens to the returns of a pretend shop, announced by webhook to an app that subscribed to it.

The bodies have the fields of Shopify's own samples. Some topics name the order, others the return alone, and
``reverse_fulfillment_orders/dispose`` names neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from serializer_app.devstore.orders import Order
from serializer_app.devstore.returns import Return, ReverseOrder
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict


class ReturnDesk:
    """Customers and staff at work on returns. ``announce`` delivers one webhook where it was subscribed to."""

    def __init__(self, state: ShopState, announce: Callable[[str, JsonDict], None]) -> None:
        self.state = state
        self._announce = announce

    def of(self, order: Order) -> list[Return]:
        with self.state.lock:
            return self.state.returns.of(order)

    def request(self, order: Order, units: Mapping[int, int]) -> Return:
        """A customer asks to return ``units`` (order line ID → units); sends returns/request."""
        with self.state.lock:
            one = self.state.returns.request(order, units)
            self.state.touch(order)
            body = _in_full(one)
        self._announce("returns/request", body)
        return one

    def create(self, order: Order, units: Mapping[int, int]) -> Return:
        """Staff create a return, which is approved at once; sends returns/approve."""
        with self.state.lock:
            one = self.state.returns.request(order, units)
        self.approve(one)
        return one

    def approve(self, one: Return) -> None:
        self._do(one, self.state.returns.approve, "returns/approve", _in_full)

    def decline(self, one: Return) -> None:
        self._do(one, self.state.returns.decline, "returns/decline", _declined)

    def cancel(self, one: Return) -> None:
        self._do(one, self.state.returns.cancel, "returns/cancel", _in_short)

    def close(self, one: Return) -> None:
        self._do(one, self.state.returns.close, "returns/close", _in_short)

    def reopen(self, one: Return) -> None:
        self._do(one, self.state.returns.reopen, "returns/reopen", _in_short)

    def change(self, one: Return, units: Mapping[int, int]) -> None:
        """Other quantities; sends returns/update, which does not name the order."""
        self._do(one, lambda which: self.state.returns.change(which, units), "returns/update", _changed)

    def process(self, one: Return) -> None:
        """Process everything; sends returns/process and returns/close."""
        self._do(one, self.state.returns.process, "returns/process", _changed)
        self._announce("returns/close", _in_short(one))

    def dispose(self, one: Return, line_id: int, type: str, count: int = 1) -> None:
        """``type``: RESTOCKED, NOT_RESTOCKED, PROCESSING_REQUIRED or MISSING."""
        with self.state.lock:
            reverse = self.state.returns.dispose(one, line_id, type, count)
            self.state.touch(one.order)
            body = _disposed(reverse)
        self._announce("reverse_fulfillment_orders/dispose", body)

    def _do(
        self, one: Return, act: Callable[[Return], None], topic: str, body: Callable[[Return], JsonDict]
    ) -> None:
        with self.state.lock:
            act(one)
            self.state.touch(one.order)
            payload = body(one)
        self._announce(topic, payload)


def _named(one: Return) -> JsonDict:
    return {"id": one.id, "admin_graphql_api_id": one.gid, "status": one.status.lower()}


def _in_short(one: Return) -> JsonDict:
    return {**_named(one), "order_id": one.order.id}


def _in_full(one: Return) -> JsonDict:
    lines = [
        {
            "id": part.id,
            "admin_graphql_api_id": part.gid,
            "fulfillment_line_item": {
                "id": part.fulfillment_line_id,
                "admin_graphql_api_id": f"gid://shopify/FulfillmentLineItem/{part.fulfillment_line_id}",
                "line_item": {"id": part.line.id, "admin_graphql_api_id": part.line.gid},
            },
            "quantity": part.quantity,
            "return_reason": "unknown",
            "return_reason_note": "",
            "customer_note": None,
        }
        for part in one.lines
    ]
    return {
        **_named(one),
        "order": {"id": one.order.id, "admin_graphql_api_id": one.order.gid},
        "name": one.name,
        "return_line_items": lines,
        "total_return_line_items": len(lines),
        "exchange_line_items": [],
        "total_exchange_line_items": 0,
        "return_shipping_fees": [],
    }


def _declined(one: Return) -> JsonDict:
    order = {"id": one.order.id, "admin_graphql_api_id": one.order.gid}
    return {**_named(one), "order": order, "decline": {"reason": "other", "note": ""}}


def _changed(one: Return) -> JsonDict:
    return {"admin_graphql_api_id": one.gid, "return_line_items": {"removals": [], "updates": []}}


def _disposed(reverse: ReverseOrder) -> JsonDict:
    disposals = [
        {"id": disposal.id, "quantity": disposal.quantity, "type": disposal.type.lower()}
        for line in reverse.lines
        for disposal in line.disposals
    ]
    return {
        "id": reverse.id,
        "admin_graphql_api_id": reverse.gid,
        "dispositions": disposals,
        "total_dispositions": len(disposals),
    }
