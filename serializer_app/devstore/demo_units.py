"""The demo's stock: ten units are received, two are sold, one comes back and is sold again to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Customer, Variant
from serializer_app.text import JsonDict

if TYPE_CHECKING:
    from serializer_app.devstore.demo import Walk

SKU = "DEPTH-200"
NUMBERS = [f"DPT-{number:04}" for number in range(1, 11)]


def walk(demo: Walk) -> None:
    """One unit through stock, sale, return and resale, over the API as a warehouse's system uses it."""
    demo.title("9. A unit's whole life: received, sold, returned, sold again")
    variant = demo.shop.add_product("Depth Gauge", sku=SKU, price="129.00").variant
    demo.api("PUT", f"/variants/{variant.id}", {"trackable": True, "autoGeneratable": True})
    entries = [{"serialNumber": number, "productSku": SKU, "state": "in_stock"} for number in NUMBERS]
    received = demo.api("POST", "/serials", entries)
    demo.check(
        len(received.get("created", ())) == len(NUMBERS), f"{len(NUMBERS)} units are received into stock"
    )
    edith = demo.shop.add_customer("Edith", "Novak")
    first = _sell(demo, variant, 2, edith)
    sold = [item["serialNumber"] for item in _assign(demo, first)]
    demo.check(sold == NUMBERS[:2], f"order {first.name} gets the two oldest of them: {', '.join(sold)}")
    demo.api("POST", "/registrations", {"serialNumber": sold[0], "customer": {"email": "edith@example.com"}})
    demo.check(_state(demo, sold[0]) in ("reserved", "sold"), f"{sold[0]} is registered by Edith")
    came_back = {"serialNumber": sold[0], "disposition": "RESTOCKED", "note": "Box opened, unit unused"}
    demo.api("POST", f"/orders/{first.id}/returns", {"items": [came_back]})
    demo.check(_state(demo, sold[0]) == "in_stock", f"{sold[0]} comes back, and is in stock again")
    left = [item["serialNumber"] for item in demo.items(orderId=first.id)["results"]]
    demo.check(left == sold[1:], f"order {first.name} keeps {', '.join(left)} alone")
    second = _sell(demo, variant, 1, demo.shop.add_customer("Tomás", "Rey"))
    again = _assign(demo, second, [sold[0]])
    demo.check([item["serialNumber"] for item in again] == [sold[0]], f"{sold[0]} is sold again, to Tomás")
    claim = {"serialNumber": sold[0], "customer": {"email": "tomas@example.com"}}
    claimed = demo.api("POST", "/registrations", claim)
    demo.check(bool(claimed), "who can register it now, since Edith's ownership has ended")
    story = demo.api("GET", f"/serials/{sold[0]}").get("history", [])
    demo.check(len(story) >= 5, f"its life story has {len(story)} entries, from receipt to resale")


def _sell(demo: Walk, variant: Variant, count: int, customer: Customer) -> Order:
    order = demo.shop.place_order([(variant, count)], customer)
    demo.until(lambda: len(demo.all_items(order)) == count)
    return order


def _assign(demo: Walk, order: Order, numbers: list[str] | None = None) -> list[JsonDict]:
    body: JsonDict = {"lineItemId": order.lines[0].id}
    if numbers is not None:
        body["serialNumbers"] = [*numbers]
    answer: JsonDict = demo.api("POST", f"/orders/{order.id}/assign", body)
    return list(answer.get("items", []))


def _state(demo: Walk, number: str) -> str | None:
    state: str | None = demo.api("GET", f"/serials/{number}").get("state")
    return state
