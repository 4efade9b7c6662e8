"""Webhook payloads: Shopify's shapes and Shopify's arithmetic."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from serializer_app.devstore.order_payload import order_payload
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.shop import Shop
from tests.devstore.conftest import RecordingApp


@pytest.fixture
def shop(store: DevStore) -> Shop:
    return store.shop()


def _order(shop: Shop, *quantities: int) -> Order:
    return shop.place_order([(shop.add_product("Lamp", sku="L").variant, n) for n in quantities])


def _line(shop: Shop, order: Order, number: int = 0) -> dict[str, Any]:
    line: dict[str, Any] = order_payload(shop.state, order)["line_items"][number]
    return line


def _quantities(shop: Shop, order: Order) -> list[tuple[int, int, int]]:
    lines = order_payload(shop.state, order)["line_items"]
    return [(li["quantity"], li["current_quantity"], li["fulfillable_quantity"]) for li in lines]


def test_an_order_has_the_keys_that_matter_and_the_weight_of_a_real_one(
    shop: Shop, app: RecordingApp
) -> None:
    customer = shop.add_customer("Ada", "Byron")
    gift = {"name": "Engraving", "value": "For Ada"}
    order = shop.place_order([(shop.add_product("Lamp").variant, 2)], customer, properties=[gift])
    payload = json.loads(app.seen[-1].body)
    assert payload["id"] == order.id
    assert payload["admin_graphql_api_id"] == order.gid
    assert payload["customer"]["id"] == customer.id
    assert payload["line_items"][0]["properties"] == [gift]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", payload["updated_at"])
    assert len(payload) > 90
    assert len(payload["line_items"][0]) > 30
    assert len(app.seen[-1].body) > 6000


def test_a_guest_has_no_customer_and_a_custom_line_no_variant(shop: Shop, app: RecordingApp) -> None:
    shop.place_order([(None, 1)])
    payload = json.loads(app.seen[0].body)
    assert payload["customer"] is None
    assert (payload["line_items"][0]["variant_id"], payload["line_items"][0]["product_id"]) == (None, None)


def test_added_units_raise_quantity_and_removed_ones_lower_what_is_current(shop: Shop) -> None:
    order = _order(shop, 2)
    line = order.lines[0]
    shop.edit_order(order, {line.id: 5})
    assert _quantities(shop, order) == [(5, 5, 5)]
    shop.edit_order(order, {line.id: 0})
    assert _quantities(shop, order) == [(5, 0, 0)]


def test_a_refund_lowers_what_is_current_and_repeats_the_line(shop: Shop, app: RecordingApp) -> None:
    order = _order(shop, 3)
    shop.fulfill(order)
    shop.refund(order, {order.lines[0].id: 2})
    assert _quantities(shop, order) == [(3, 1, 0)]
    refund = json.loads(next(seen.body for seen in app.seen if seen.path.endswith("refunds-create")))
    assert refund["order_id"] == order.id
    assert refund["refund_line_items"][0]["line_item"]["id"] == order.lines[0].id
    assert "line_items" not in refund


def test_nobody_refunds_or_ships_more_than_there_is(shop: Shop) -> None:
    order = _order(shop, 1)
    line = order.lines[0].id
    with pytest.raises(ValueError, match="units left"):
        shop.refund(order, {line: 2})
    shop.fulfill(order)
    with pytest.raises(ValueError, match="units to ship"):
        shop.fulfill(order, {line: 1})
    with pytest.raises(ValueError, match="cannot go down"):
        shop.edit_order(order, {line: 0})


def test_a_cancelled_order_keeps_its_lines_at_zero(shop: Shop, app: RecordingApp) -> None:
    order = _order(shop, 2, 1)
    app.seen.clear()
    shop.cancel(order)
    assert [seen.path for seen in app.seen] == [
        "/webhooks/orders-cancelled",
        "/webhooks/refunds-create",
        "/webhooks/orders-updated",
    ]
    assert len({seen.headers["x-shopify-event-id"] for seen in app.seen}) == 1
    payload = json.loads(app.seen[0].body)
    assert payload["cancelled_at"] is not None
    assert [line["current_quantity"] for line in payload["line_items"]] == [0, 0]


def test_an_edit_tells_the_delta_and_then_the_whole(shop: Shop, app: RecordingApp) -> None:
    order = _order(shop, 2)
    extra = shop.add_product("Cable").variant
    app.seen.clear()
    shop.edit_order(order, {order.lines[0].id: 1}, add=[(extra, 4)])
    assert [seen.path for seen in app.seen] == ["/webhooks/orders-edited", "/webhooks/orders-updated"]
    edit = json.loads(app.seen[0].body)["order_edit"]
    assert edit["order_id"] == order.id
    assert edit["line_items"]["additions"] == [{"id": order.lines[1].id, "delta": 4}]
    assert edit["line_items"]["removals"] == [{"id": order.lines[0].id, "delta": 1}]


def test_a_deleted_product_leaves_lines_without_variant(shop: Shop, app: RecordingApp) -> None:
    product = shop.add_product("Lamp")
    order = shop.place_order([(product.variant, 1)])
    shop.delete_product(product)
    assert json.loads(app.seen[-1].body) == {"id": product.id}
    assert _line(shop, order)["variant_id"] is None
    assert _line(shop, order)["product_exists"] is False


def test_a_new_product_is_announced(shop: Shop, app: RecordingApp) -> None:
    product = shop.add_product("Lamp", sku="L")
    assert [seen.path for seen in app.seen] == ["/webhooks/products-create"]
    payload = json.loads(app.seen[0].body)
    assert (payload["id"], payload["variants"][0]["sku"]) == (product.id, "L")


def test_a_product_tells_only_its_first_hundred_variants_in_full(shop: Shop, app: RecordingApp) -> None:
    product = shop.add_product("Shirt", variants=[(f"Size {n}", f"S-{n}") for n in range(120)])
    shop.update_product(product, title="Blouse")
    payload = json.loads(app.seen[-1].body)
    assert len(payload["variants"]) == 100
    assert len(payload["variant_gids"]) == 120


def test_updates_never_go_back_in_time(shop: Shop, store: DevStore) -> None:
    order = _order(shop, 1)
    store.advance(10)
    shop.update_order(order, note="later")
    latest = order.updated_at
    store.advance(-10)
    shop.update_order(order, note="clock went back")
    assert order.updated_at == latest


def test_merging_customers_moves_their_orders(shop: Shop, app: RecordingApp) -> None:
    kept, gone = shop.add_customer("Ada", "Byron"), shop.add_customer("Ada", "King")
    order = shop.place_order([(None, 1)], gone)
    shop.merge_customers(kept, gone)
    assert order.customer is kept
    assert json.loads(app.seen[-1].body)["admin_graphql_api_customer_deleted_id"] == gone.gid
