"""Returns of the dev store: only shipped units, each once; told to a subscribed app in bodies like Shopify's own."""

from __future__ import annotations

import json

import pytest

from serializer_app.devstore.admin_fulfillment import topic_name
from serializer_app.devstore.admin_returns import READ
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from serializer_app.sync.subscriptions import RETURN_TOPICS
from tests.devstore.conftest import Admin, RecordingApp


def shipped(store: DevStore, units: int = 3) -> Order:
    shop = store.shop()
    order = shop.place_order([(shop.add_product("Lamp", announce=False).variant, units)], announce=False)
    shop.fulfill(order, {order.lines[0].id: units - 1})
    return order


def test_only_shipped_units_come_back_and_each_once(store: DevStore) -> None:
    returns, order = store.shop().returns, shipped(store)
    line = order.lines[0].id
    with pytest.raises(ValueError, match="1 units too few"):
        returns.request(order, {line: 3})
    back = returns.request(order, {line: 2})
    with pytest.raises(ValueError, match="too few"):
        returns.create(order, {line: 1})
    with pytest.raises(ValueError, match="is REQUESTED"):
        returns.process(back)
    returns.decline(back)
    back = returns.create(order, {line: 2})
    returns.dispose(back, line, "RESTOCKED")
    for type, count in (("RESTOCKED", 2), ("MISSING", 0), ("EATEN", 1)):
        with pytest.raises(ValueError, match=r"left to dispose|EATEN"):
            returns.dispose(back, line, type, count)
    returns.process(back)
    assert (back.status, store.shop().state.returns.status_of(order)) == ("CLOSED", "RETURNED")
    returns.reopen(back)
    assert back.closed_at is None


def test_webhooks_come_to_a_subscribed_app_and_name_what_shopifys_do(
    store: DevStore, admin: Admin, app: RecordingApp
) -> None:
    order = shipped(store)
    line, returns = order.lines[0].id, store.shop().returns
    returns.cancel(returns.create(order, {line: 1}))
    before = len(app.seen)
    wanted = {"topic": "RETURNS_APPROVE", "subscription": {"uri": "https://app.example/hooks"}}
    refused = admin.document("WebhookSubscriptionCreate", wanted)["webhookSubscriptionCreate"]
    assert "permission" in refused["userErrors"][0]["message"]
    store.tokens.scopes[store.default_shop] = ("write_orders", "write_products", READ)
    granted = Admin(store)
    for topic in RETURN_TOPICS:
        name = topic.replace("/", "_").upper()
        assert topic_name(name) == topic
        wanted = {"topic": name, "subscription": {"uri": "https://app.example/hooks"}}
        made = granted.document("WebhookSubscriptionCreate", wanted)["webhookSubscriptionCreate"]
        assert made["userErrors"] == []
    back = returns.request(order, {line: 2})
    returns.approve(back)
    returns.dispose(back, line, "MISSING")
    returns.process(back)
    told = {seen.headers["x-shopify-topic"]: json.loads(seen.body) for seen in app.seen[before:]}
    assert list(told) == [
        "returns/request",
        "returns/approve",
        "reverse_fulfillment_orders/dispose",
        "returns/process",
        "returns/close",
    ]
    assert told["returns/request"]["order"]["id"] == told["returns/close"]["order_id"] == order.id
    assert "order" not in {**told["returns/process"], **told["reverse_fulfillment_orders/dispose"]}
