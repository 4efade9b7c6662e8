from __future__ import annotations

from urllib.parse import parse_qs

import pytest
import requests

from serializer_app.devstore.server import DevStore
from serializer_app.devstore.signing import proxy_signature
from tests.devstore.conftest import RecordingApp


def test_a_proxied_request_carries_shopifys_five_and_a_valid_signature(
    store: DevStore, app: RecordingApp
) -> None:
    shop = store.shop()
    customer = shop.add_customer("Ada", "Byron")
    answer = shop.proxy_get("/items", {"orderId": 1, "tag": ["b", "a"]}, customer)
    assert (answer.status, answer.text) == (200, "ok")
    (seen,) = app.seen
    query = parse_qs(seen.query, keep_blank_values=True)
    assert seen.path == "/apps/serializer/items"
    assert query["shop"] == ["demo.myshopify.com"]
    assert query["path_prefix"] == ["/apps/serializer"]
    assert query["logged_in_customer_id"] == [str(customer.id)]
    assert abs(int(query["timestamp"][0]) - store.clock.now().timestamp()) < 5
    assert query["signature"] == [proxy_signature(store.proxy.secret, query)]


def test_an_anonymous_visitor_has_an_empty_customer(store: DevStore, app: RecordingApp) -> None:
    store.shop().proxy_get("/items")
    assert parse_qs(app.seen[0].query, keep_blank_values=True)["logged_in_customer_id"] == [""]


def test_methods_and_bodies_go_through_and_cookies_do_not(open_store: DevStore, app: RecordingApp) -> None:
    app.headers = [("Content-Type", "application/json"), ("Set-Cookie", "a=b"), ("X-Kept", "yes")]
    answer = requests.patch(
        f"{open_store.origin}/apps/serializer/claims?x=1",
        data=b'{"a": 1}',
        headers={"Content-Type": "application/json", "X-Custom": "kept"},
        cookies={"session": "secret"},
        timeout=5,
    )
    (seen,) = app.seen
    assert (seen.method, seen.body, seen.headers["x-custom"]) == ("PATCH", b'{"a": 1}', "kept")
    assert "cookie" not in seen.headers
    assert seen.headers["x-forwarded-for"] == "127.0.0.1"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Kept"] == "yes"


def test_a_liquid_answer_is_rendered_inside_the_theme(open_store: DevStore, app: RecordingApp) -> None:
    app.headers = [("Content-Type", "application/liquid; charset=utf-8")]
    app.body = b"<p>Welcome to {{ shop.name }}</p>"
    page = requests.get(f"{open_store.origin}/apps/serializer/verify", timeout=5)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<p>Welcome to Demo</p>" in page.text
    assert "<footer>" in page.text


def test_layout_none_stands_alone(open_store: DevStore, app: RecordingApp) -> None:
    app.headers = [("Content-Type", "application/liquid")]
    app.body = b"{% layout none %}<p>{{ shop.name }}</p>"
    assert requests.get(f"{open_store.origin}/apps/serializer/x", timeout=5).text == "<p>Demo</p>"


def test_a_visitor_signs_in_without_a_password(open_store: DevStore, app: RecordingApp) -> None:
    customer = open_store.shop().add_customer("Ada", "Byron")
    visitor = requests.Session()
    visitor.post(f"{open_store.origin}/account/switch", data={"customer": customer.id}, timeout=5)
    visitor.get(f"{open_store.origin}/apps/serializer/items", timeout=5)
    visitor.close()
    assert parse_qs(app.seen[0].query)["logged_in_customer_id"] == [str(customer.id)]


def test_an_app_that_is_away_is_shopifys_own_error(store: DevStore) -> None:
    store.app = None
    store.app_url = "http://127.0.0.1:9"
    answer = store.shop().proxy_get("/items")
    assert answer.status == 502
    assert "third-party application" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin/store/demo/orders",
        "/admin/demo.myshopify.com",
        "/_control",
        "/app-bridge.js",
        "/products/lamp",
    ],
)
def test_the_pages_open(open_store: DevStore, path: str) -> None:
    shop = open_store.shop()
    product = shop.add_product("Lamp")
    shop.place_order([(product.variant, 1)], shop.add_customer("Ada", "Byron"))
    assert requests.get(open_store.origin + path, timeout=5).status_code == 200


def test_an_order_has_its_status_page_and_its_papers(open_store: DevStore) -> None:
    shop = open_store.shop()
    order = shop.place_order([(shop.add_product("Lamp").variant, 1)])
    for path in ("", "/order_confirmation", "/packing_slip"):
        page = requests.get(f"{open_store.origin}/orders/{order.token}{path}", timeout=5)
        assert page.status_code == 200
        assert "Lamp" in page.text
    assert requests.get(f"{open_store.origin}/orders/{order.token}/novel", timeout=5).status_code == 404
