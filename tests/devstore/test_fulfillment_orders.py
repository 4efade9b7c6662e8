"""Fulfilment orders of the dev store: routed, held in part, released, refused, and told to a subscribed app only."""

from __future__ import annotations

from typing import Any

import pytest

from serializer_app.devstore.admin_fulfillment import READ, WRITE, topic_name
from serializer_app.devstore.fulfillment_orders import FulfillmentOrder, Refusal
from serializer_app.devstore.schema_closure import DOCUMENTS
from serializer_app.devstore.server import DevStore
from tests.devstore.conftest import Admin, RecordingApp


@pytest.fixture
def granted(store: DevStore) -> Admin:
    store.tokens.scopes[store.default_shop] = ("write_orders", "write_products", WRITE)
    admin = Admin(store)
    for topic in (
        "ORDER_ROUTING_COMPLETE",
        "PLACED_ON_HOLD",
        "HOLD_RELEASED",
        "SPLIT",
        "MERGED",
        "MOVED",
        "CANCELLED",
    ):
        answer = admin.document(
            "WebhookSubscriptionCreate",
            {"topic": f"FULFILLMENT_ORDERS_{topic}", "subscription": {"uri": "https://app.example/hooks"}},
        )
        assert answer["webhookSubscriptionCreate"]["userErrors"] == []
    return admin


def topics(app: RecordingApp) -> list[str]:
    return [seen.headers["x-shopify-topic"].removeprefix("fulfillment_orders/") for seen in app.seen]


def ordered(store: DevStore, *quantities: int) -> FulfillmentOrder:
    shop = store.shop()
    order = shop.place_order(
        [(shop.add_product("Lamp", announce=False).variant, units) for units in quantities]
    )
    (one,) = shop.warehouse.of(order)
    return one


def hold(admin: Admin, one: FulfillmentOrder, **more: Any) -> Any:
    wanted = {"reason": "OTHER", "handle": "serializer-serials", **more}
    return admin.document("FulfillmentOrderHold", {"id": one.gid, "hold": wanted})["fulfillmentOrderHold"]


def test_a_hold_on_some_lines_splits_and_a_second_one_of_the_same_handle_is_refused(
    store: DevStore, granted: Admin, app: RecordingApp
) -> None:
    one = ordered(store, 2, 3)
    part = one.parts[1]
    lines = [{"id": part.gid, "quantity": 3}]

    answer = hold(granted, one, fulfillmentOrderLineItems=lines)
    again = hold(granted, one)
    other = hold(granted, one, handle="x", fulfillmentOrderLineItems=lines)

    assert (answer["fulfillmentOrder"]["status"], one.parts) == ("ON_HOLD", [part])
    assert again["userErrors"][0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    assert other["userErrors"][0]["code"] == "FULFILLMENT_ORDER_NOT_SPLITTABLE"
    shown = granted.document("OrderFulfillmentOrders", {"id": one.order.gid, "first": 5})["order"]
    assert [node["status"] for node in shown["fulfillmentOrders"]["nodes"]] == ["ON_HOLD", "OPEN"]
    ids = [answer["fulfillmentHold"]["id"]]
    granted.document("FulfillmentOrderReleaseHold", {"id": one.gid, "holdIds": ids})
    assert one.status == "OPEN"
    assert topics(app) == ["orders/create", "order_routing_complete", "placed_on_hold", "hold_released"]


def test_split_merge_move_and_cancel_keep_every_unit_once(
    store: DevStore, granted: Admin, app: RecordingApp
) -> None:
    shop, one = store.shop(), ordered(store, 4)
    line = one.parts[0].line

    rest = shop.warehouse.split(one, {line.id: 1})
    moved = shop.warehouse.move(rest)
    replacement = shop.warehouse.cancel(moved)
    merged = shop.warehouse.merge(one, replacement)

    assert sum(part.remaining for each in shop.warehouse.of(one.order) for part in each.parts) == 4
    assert (merged.status, rest.status, moved.status) == ("OPEN", "CLOSED", "CANCELLED")
    assert topics(app)[2:] == ["split", "moved", "cancelled", "merged"]
    shop.fulfill(one.order, {line.id: 3})
    shop.refund(one.order, {line.id: 1})
    assert (merged.status, sum(part.remaining for part in merged.parts)) == ("CLOSED", 0)


def test_units_that_an_edit_adds_are_routed_too(store: DevStore, granted: Admin) -> None:
    shop, one = store.shop(), ordered(store, 1)
    line = one.parts[0].line
    shop.edit_order(one.order, {line.id: 3})
    assert [part.remaining for each in shop.warehouse.of(one.order) for part in each.parts] == [1, 2]
    shop.edit_order(one.order, {line.id: 2})
    assert sum(part.remaining for each in shop.warehouse.of(one.order) for part in each.parts) == 2


def test_ten_holds_of_an_app_and_no_more(store: DevStore, granted: Admin) -> None:
    one = ordered(store, 1)
    for number in range(10):
        assert hold(granted, one, handle=str(number))["userErrors"] == []
    assert hold(granted, one)["userErrors"][0]["code"] == "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"
    store.shop().warehouse.hold(one)  # another app has its own ten
    store.faults.refuse_hold("FULFILLMENT_ORDER_NOT_FOUND")
    assert hold(granted, one)["userErrors"][0]["code"] == "FULFILLMENT_ORDER_NOT_FOUND"
    with pytest.raises(Refusal):
        store.shop().state.fulfillment_orders.release(1)


def test_without_the_scope_nothing_is_shown_told_or_done(store: DevStore, app: RecordingApp) -> None:
    one = ordered(store, 1)
    admin = Admin(store)
    asked: dict[str, dict[str, Any]] = {
        "FulfillmentOrderHold": {"id": one.gid, "hold": {"reason": "OTHER"}},
        "FulfillmentOrderReleaseHold": {"id": one.gid, "holdIds": []},
        "FulfillmentOrderIds": {"id": one.gid},
        "OrderFulfillmentOrders": {"id": one.order.gid, "first": 1},
    }
    for name, variables in asked.items():
        text = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
        assert admin.run(text, variables)["errors"][0]["extensions"]["code"] == "ACCESS_DENIED", name
    refused = admin.document(
        "WebhookSubscriptionCreate",
        {"topic": "FULFILLMENT_ORDERS_MOVED", "subscription": {"uri": "https://app.example/hooks"}},
    )
    assert "permission" in refused["webhookSubscriptionCreate"]["userErrors"][0]["message"]
    assert topics(app) == ["orders/create"]
    assert (topic_name("CUSTOMERS_MERGE"), READ in WRITE) == ("customers/merge", False)
