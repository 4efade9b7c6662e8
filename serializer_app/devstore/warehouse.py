"""What happens to the fulfilment orders of a pretend shop, announced by webhook to an app that subscribed to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from serializer_app.devstore.fulfillment_orders import FulfillmentOrder, Hold
from serializer_app.devstore.orders import Order
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict


class Warehouse:
    """Staff and other apps at work on fulfilment orders. ``send`` delivers one webhook."""

    def __init__(self, state: ShopState, send: Callable[[str, JsonDict], object]) -> None:
        self.state = state
        self._send = send

    def announce(self, topic: str, payload: JsonDict) -> None:
        """Deliver where the app subscribed to the topic; these topics come to nobody else."""
        if any(wanted == topic for wanted, _ in self.state.subscriptions.values()):
            self._send(topic, payload)

    def of(self, order: Order) -> list[FulfillmentOrder]:
        with self.state.lock:
            return self.state.fulfillment_orders.of(order)

    def route(self, order: Order) -> list[FulfillmentOrder]:
        """Give units without a fulfilment order one; sends fulfillment_orders/order_routing_complete for each."""
        with self.state.lock:
            fresh = self.state.fulfillment_orders.route(order)
            bodies = [{"fulfillment_order": one.payload()} for one in fresh]
        for body in bodies:
            self.announce("fulfillment_orders/order_routing_complete", body)
        return fresh

    def hold(self, one: FulfillmentOrder, handle: str = "", notes: str = "Payment check") -> Hold:
        """Another app or a person holds it; sends placed_on_hold for the first hold."""
        with self.state.lock:
            was_held = bool(one.holds)
            hold, held, rest = self.state.fulfillment_orders.hold(one.id, handle, "OTHER", notes, app="other")
            body = placed_payload(hold, held, rest)
        if not was_held:
            self.announce("fulfillment_orders/placed_on_hold", body)
        return hold

    def release(self, one: FulfillmentOrder, hold: Hold | None = None) -> None:
        """Somebody releases one hold, or all of them; sends hold_released with the last one."""
        with self.state.lock:
            ids = None if hold is None else [hold.id]
            self.state.fulfillment_orders.release(one.id, ids)
            body = {"fulfillment_order": one.payload()}
            is_free = not one.holds
        if is_free:
            self.announce("fulfillment_orders/hold_released", body)

    def split(self, one: FulfillmentOrder, units: Mapping[int, int]) -> FulfillmentOrder:
        """``units``: order line ID → units that stay; answers the new one with the rest."""
        with self.state.lock:
            kept = {part.id: units[part.line.id] for part in one.parts if units.get(part.line.id)}
            one, rest = self.state.fulfillment_orders.split(one.id, kept)
            body = {
                "fulfillment_order": one.payload(),
                "remaining_fulfillment_order": rest.payload(),
                "replacement_fulfillment_order": None,
                "split_line_items": [{"id": part.gid, "quantity": part.total} for part in rest.parts],
            }
        self.announce("fulfillment_orders/split", body)
        return rest

    def merge(self, *several: FulfillmentOrder) -> FulfillmentOrder:
        with self.state.lock:
            merged = self.state.fulfillment_orders.merge([one.id for one in several])
            body = {
                "fulfillment_order_merges": {"fulfillment_order": merged.payload()},
                "merge_intents": [{"fulfillment_order_id": one.gid} for one in several],
            }
        self.announce("fulfillment_orders/merged", body)
        return merged

    def move(self, one: FulfillmentOrder) -> FulfillmentOrder:
        """To another location; answers the new fulfilment order there."""
        with self.state.lock:
            old, moved = self.state.fulfillment_orders.move(one.id)
            body = {
                "original_fulfillment_order": old.payload(),
                "moved_fulfillment_order": moved.payload(),
                "destination_location_id": f"gid://shopify/Location/{moved.location}",
                "fulfillment_order_line_items_requested": [],
                "source_location": {"id": f"gid://shopify/Location/{old.location}"},
            }
        self.announce("fulfillment_orders/moved", body)
        return moved

    def cancel(self, one: FulfillmentOrder) -> FulfillmentOrder:
        """Cancelled and replaced; answers the replacement."""
        with self.state.lock:
            old, replacement = self.state.fulfillment_orders.cancel(one.id)
            body = {
                "fulfillment_order": old.payload(),
                "replacement_fulfillment_order": replacement.payload(),
            }
        self.announce("fulfillment_orders/cancelled", body)
        return replacement


def placed_payload(hold: Hold, held: FulfillmentOrder, rest: FulfillmentOrder | None) -> JsonDict:
    """fulfillment_orders/placed_on_hold."""
    return {
        "fulfillment_order": held.payload(),
        "remaining_fulfillment_order": rest.payload() if rest else None,
        "held_fulfillment_order_line_items": [
            {"id": part.gid, "quantity": part.remaining} for part in held.parts
        ],
        "created_fulfillment_hold": {
            "id": hold.gid,
            "reason": hold.reason.lower(),
            "reason_notes": hold.notes,
        },
    }
