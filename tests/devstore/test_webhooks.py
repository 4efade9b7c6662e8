from __future__ import annotations

import json
import time

import pytest

from serializer_app.devstore.server import DevStore
from serializer_app.devstore.signing import webhook_hmac
from tests.devstore.conftest import RecordingApp


def test_a_delivery_carries_shopifys_headers_over_the_raw_body(store: DevStore, app: RecordingApp) -> None:
    store.shop().place_order([(None, 1)])
    (seen,) = app.seen
    assert seen.path == "/webhooks/orders-create"
    assert seen.headers["x-shopify-topic"] == "orders/create"
    assert seen.headers["x-shopify-shop-domain"] == "demo.myshopify.com"
    assert seen.headers["x-shopify-api-version"] == "2026-10"
    assert seen.headers["x-shopify-hmac-sha256"] == webhook_hmac(store.webhooks.secret, seen.body)
    assert {"x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"} <= seen.headers.keys()


def test_compliance_topics_share_one_address(store: DevStore, app: RecordingApp) -> None:
    shop = store.shop()
    customer = shop.add_customer("Ada", "Byron")
    order = shop.place_order([(None, 1)], customer)
    app.seen.clear()
    shop.request_customer_data(customer)
    shop.redact_customer(customer)
    shop.redact_shop()
    assert {seen.path for seen in app.seen} == {"/webhooks/compliance"}
    assert json.loads(app.seen[0].body)["orders_requested"] == [order.id]
    assert json.loads(app.seen[1].body)["orders_to_redact"] == [order.id]
    assert json.loads(app.seen[2].body)["shop_domain"] == "demo.myshopify.com"


def test_a_dropped_delivery_never_arrives(store: DevStore, app: RecordingApp) -> None:
    store.faults.drop_webhooks()
    store.shop().place_order([(None, 1)])
    assert app.seen == []
    assert store.webhooks.deliveries[0].state == "dropped"


def test_a_duplicate_is_the_same_delivery_twice(store: DevStore, app: RecordingApp) -> None:
    store.faults.duplicate_webhooks()
    store.shop().place_order([(None, 1)])
    first, second = app.seen
    assert first.body == second.body
    assert first.headers["x-shopify-webhook-id"] == second.headers["x-shopify-webhook-id"]


def test_reordered_deliveries_change_places(store: DevStore, app: RecordingApp) -> None:
    store.faults.reorder_webhooks()
    shop = store.shop()
    order = shop.place_order([(None, 1)])
    shop.update_order(order, note="x")
    assert [seen.path for seen in app.seen] == ["/webhooks/orders-updated", "/webhooks/orders-create"]


def test_held_deliveries_wait_until_they_are_flushed(store: DevStore, app: RecordingApp) -> None:
    store.webhooks.hold = True
    shop = store.shop()
    for _ in range(10):
        shop.place_order([(None, 1)])
    assert app.seen == []
    store.webhooks.flush(shuffle=True)
    names = [json.loads(seen.body)["name"] for seen in app.seen]
    assert names != sorted(names)
    assert len(set(names)) == 10
    assert store.webhooks.pending() == []


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "500 Internal Server Error"])
def test_anything_but_2xx_is_tried_again_with_the_same_body(
    store: DevStore, app: RecordingApp, status: str
) -> None:
    app.status = status
    store.shop().place_order([(None, 1)])
    app.status = "200 OK"
    store.webhooks.flush()
    first, second = app.seen
    assert first.body == second.body
    assert first.headers["x-shopify-webhook-id"] == second.headers["x-shopify-webhook-id"]
    assert store.webhooks.deliveries[0].state == "delivered"


def test_after_eight_tries_it_is_given_up(store: DevStore, app: RecordingApp) -> None:
    app.status = "500 Internal Server Error"
    store.shop().place_order([(None, 1)])
    for _ in range(10):
        store.webhooks.flush()
    assert len(app.seen) == 8
    assert store.webhooks.deliveries[0].state == "failed"


def test_the_open_store_tries_again_by_itself(open_store: DevStore, app: RecordingApp) -> None:
    open_store.webhooks.retry_delays = (0.05, 0.2, 1, 1, 1, 1, 1)
    app.status = "503 Service Unavailable"
    open_store.shop().place_order([(None, 1)])
    app.status = "200 OK"
    deadline = time.monotonic() + 30
    while open_store.webhooks.pending() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert open_store.webhooks.deliveries[0].state == "delivered"


def test_an_app_that_is_away_is_a_failed_attempt(store: DevStore) -> None:
    store.app = None
    store.app_url = "http://127.0.0.1:9"
    store.shop().place_order([(None, 1)])
    assert store.webhooks.deliveries[0].status == 0
    assert store.webhooks.pending() != []


def test_uninstalling_and_new_scopes_are_announced(store: DevStore, app: RecordingApp) -> None:
    store.shop().grant_scopes(["write_orders"])
    store.shop().uninstall()
    assert json.loads(app.seen[0].body)["current"] == ["write_orders"]
    assert json.loads(app.seen[1].body)["myshopify_domain"] == "demo.myshopify.com"
