"""The webhook door: signatures, shapes, shops, topics, and exactly the right number of items (contract §3, §7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from serializer_app.devstore.order_payload import order_payload
from serializer_app.domain.shops import shops
from serializer_app.store.models import Item, OutboxRow
from serializer_app.web.webhooks import TOPICS
from tests.conftest import API_SECRET, OLD_API_SECRET
from tests.town import Town


def post(
    client: FlaskClient,
    topic: str,
    body: Any,
    *,
    shop: str | None = "demo.myshopify.com",
    secret: str = API_SECRET,
    headers: dict[str, str] | None = None,
) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    sent = {"X-Shopify-Hmac-SHA256": signature, "Content-Type": "application/json"}
    if shop is not None:
        sent["X-Shopify-Shop-Domain"] = shop
    return client.post(f"/webhooks/{topic}", data=raw, headers={**sent, **(headers or {})})


def payload(town: Town, *quantities: int) -> dict[str, Any]:
    """A full-size orders/create of lines of a tracked variant, as Shopify would send it, not sent yet."""
    variant = town.track()
    order = town.shop.place_order([(variant, quantity) for quantity in quantities], announce=False)
    return dict(order_payload(town.shop.state, order))


def count(town: Town) -> int:
    with town.db.read() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def test_an_order_gets_its_items_and_the_outbox_row_before_the_answer(town: Town) -> None:
    order = payload(town, 2, 3)
    answer = post(town.app.test_client(), "orders-create", order)
    assert answer.status_code == 200
    with town.db.read() as session:
        rows = session.execute(select(OutboxRow.kind, OutboxRow.key)).all()
        items = session.scalars(select(Item)).all()
    assert ("mirror-order", str(order["id"])) in [tuple(row) for row in rows]
    assert sorted(item.line_item_id for item in items) == sorted(
        line["id"] for line in order["line_items"] for _ in range(line["quantity"])
    )
    assert all(item.auto_generated and item.order_id == order["id"] for item in items)


def test_the_old_secret_still_verifies_and_any_other_does_not(town: Town) -> None:
    order, client = payload(town, 1), town.app.test_client()
    assert post(client, "orders-create", order, secret="not the secret").status_code == 401
    assert count(town) == 0
    assert post(client, "orders-create", order, secret=OLD_API_SECRET).status_code == 200
    assert count(town) == 1


def test_only_the_exact_bytes_are_signed(town: Town) -> None:
    order, client = payload(town, 1), town.app.test_client()
    raw = json.dumps(order).encode()
    signature = base64.b64encode(hmac.new(API_SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    for header in (None, "", "ä", signature[:-2], signature.lower(), signature + "=", "x" * 10_000):
        headers = {"X-Shopify-Shop-Domain": town.shop.domain}
        if header is not None:
            headers["X-Shopify-Hmac-SHA256"] = header
        assert client.post("/webhooks/orders-create", data=raw, headers=headers).status_code == 401
    headers = {"X-Shopify-Hmac-SHA256": signature, "X-Shopify-Shop-Domain": town.shop.domain}
    assert client.post("/webhooks/orders-create", data=raw + b" ", headers=headers).status_code == 401
    assert count(town) == 0


NO_ORDERS = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"id": 1}',
    b"[" * 100_000,
    b'{"id": "7"}',
    b'{"id": NaN}',
    b'{"id": 99999999999999999999, "created_at": "", "updated_at": "", "line_items": []}',
]
WRONG_FIELDS: list[tuple[str, Any]] = [
    ("id", 0),
    ("id", -1),
    ("id", True),
    ("id", 2**63),
    ("updated_at", "yesterday"),
    ("updated_at", "2026-01-01T00:00:00"),
    ("created_at", None),
    ("line_items", {}),
    ("line_items", [{"id": 1, "quantity": -1}]),
    ("customer", 7),
]


def test_what_is_no_order_is_400_and_names_the_problem(town: Town) -> None:
    client = town.app.test_client()
    for body in NO_ORDERS:
        answer = post(client, "orders-create", body)
        assert answer.status_code == 400, body[:100]
        assert answer.json is not None
        assert answer.json["error"]["code"] == "payload_invalid", body[:100]
        assert answer.json["requestId"]


def test_one_wrong_field_of_an_order_is_400(town: Town) -> None:
    order, client = payload(town, 1), town.app.test_client()
    for field, value in WRONG_FIELDS:
        answer = post(client, "orders-create", {**order, field: value})
        assert (answer.status_code, count(town)) == (400, 0), (field, value)
    assert post(client, "orders-create", order).status_code == 200


def test_unknown_and_uninstalled_shops_are_404(town: Town) -> None:
    order, client = payload(town, 1), town.app.test_client()
    for shop in (
        "other.myshopify.com",
        "demo",
        "demo.myshopify.com.evil.com",
        "dëmo.myshopify.com".encode().decode("latin-1"),
        None,
    ):
        assert post(client, "orders-create", order, shop=shop).status_code == 404
    with town.db.write() as session:
        shops.uninstall(session, shops.by_id(session, town.shop_id), actor="test")
    assert post(client, "orders-create", order).status_code == 404
    assert count(town) == 0


def test_a_topic_belongs_to_its_path(town: Town) -> None:
    order, client = payload(town, 1), town.app.test_client()
    answer = post(client, "orders-create", order, headers={"X-Shopify-Topic": "orders/delete"})
    assert answer.status_code == 400
    assert post(client, "orders-paid", order).status_code == 404
    assert (
        post(client, "orders-create", order, headers={"X-Shopify-Topic": "orders/create"}).status_code == 200
    )


def test_every_other_method_is_405(client: FlaskClient) -> None:
    for topic in (*TOPICS, "compliance"):
        assert client.get(f"/webhooks/{topic}").status_code == 405
        assert client.delete(f"/webhooks/{topic}").status_code == 405


def test_a_body_over_20_mb_is_413(client: FlaskClient) -> None:
    assert post(client, "orders-create", b"x" * (20 * 1024 * 1024 + 1)).status_code == 413


def test_delivered_again_an_order_changes_nothing(town: Town) -> None:
    order, client = payload(town, 2), town.app.test_client()
    for _ in range(3):
        assert post(client, "orders-create", order).status_code == 200
    assert post(client, "orders-updated", order).status_code == 200
    assert count(town) == 2


def test_simultaneous_deliveries_make_exactly_the_right_number_of_items(town: Town) -> None:
    order = payload(town, 4, 3)
    statuses: list[int] = []
    barrier = threading.Barrier(8)

    def deliver(topic: str) -> None:
        client = town.app.test_client()
        barrier.wait()
        statuses.append(post(client, topic, order).status_code)

    topics = ["orders-create"] * 6 + ["orders-updated"] * 2
    threads = [threading.Thread(target=deliver, args=(topic,)) for topic in topics]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert count(town) == 7


def test_an_order_of_500_lines_is_answered_well_inside_five_seconds(town: Town) -> None:
    order = payload(town, *([2] * 500))
    answer = post(town.app.test_client(), "orders-create", order)
    assert answer.status_code == 200
    assert count(town) == 1000


def test_older_snapshots_never_overwrite_newer_ones(town: Town) -> None:
    newer, client = payload(town, 3), town.app.test_client()
    older = json.loads(json.dumps(newer))
    older["updated_at"] = "2020-01-01T00:00:00+01:00"
    older["line_items"][0]["current_quantity"] = 9
    assert post(client, "orders-updated", newer).status_code == 200
    assert post(client, "orders-create", older).status_code == 200
    assert count(town) == 3


def test_edits_and_refunds_are_fetched_since_they_do_not_carry_the_order(town: Town) -> None:
    client = town.app.test_client()
    assert post(client, "orders-edited", {"order_edit": {"order_id": 77}}).status_code == 200
    assert post(client, "refunds-create", {"id": 5, "order_id": 78}).status_code == 200
    with town.db.read() as session:
        keys = session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "fetch-order")).all()
    assert sorted(keys) == ["77", "78"]


def test_a_deleted_order_stays_dead(town: Town) -> None:
    order, client = payload(town, 2), town.app.test_client()
    assert post(client, "orders-delete", {"id": order["id"]}).status_code == 200
    assert post(client, "orders-create", order).status_code == 200
    assert count(town) == 0


def test_an_app_without_a_database_says_so_and_is_asked_again(app: Flask) -> None:
    """An answer other than 2xx makes Shopify repeat the delivery: nothing is lost while the database is away."""
    from serializer_app.web.house import house

    with house(app).db.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE shops RENAME TO gone")
    answer = post(app.test_client(), "orders-create", {"id": 1})
    assert answer.status_code >= 500
    assert answer.json is not None
    assert "SELECT" not in answer.text


def test_a_visitors_signed_query_that_is_valid_json_opens_no_webhook(town: Town) -> None:
    """The visitor sees neither secret nor signature, but whoever sees one such request has a digest of valid JSON."""
    order, client = payload(town, 2), town.app.test_client()
    assert post(client, "orders-create", order).status_code == 200
    shop = town.shop.domain
    fields = {"orders-delete": {"id": order["id"]}, "compliance": {"shop_id": 1, "shop_domain": shop}}
    for topic, body in fields.items():
        begin, _, end = json.dumps({**body, "zz": "="}).rpartition("=")
        query = dict(town.store.proxy.signed(shop, [(f" {begin}", ""), ("u", end)], None))
        signature = base64.b64encode(bytes.fromhex(query.pop("signature"))).decode()
        text = "".join(sorted(f"{name}={value}" for name, value in query.items()))
        assert json.loads(text)["zz"].startswith("=logged_in_customer_id=")
        answer = client.post(
            f"/webhooks/{topic}",
            data=text.encode(),
            headers={
                "X-Shopify-Hmac-SHA256": signature,
                "X-Shopify-Shop-Domain": shop,
                "X-Shopify-Topic": "shop/redact" if topic == "compliance" else topic.replace("-", "/"),
            },
        )
        assert answer.status_code == 401
    assert count(town) == 2
