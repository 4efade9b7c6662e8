"""Every payload of the corpus through the real doors: what it means is what is stored, shown and mirrored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from serializer_app.clock import parse_iso
from serializer_app.domain.catalog import catalog
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import DataRequest, Item, Line, Order, OutboxRow, Shop, Variant
from serializer_app.sync.documents import order_metafields
from serializer_app.web import webhooks
from serializer_app.web.webhooks import TOPICS
from tests.corpus import VERSIONS
from tests.corpus.orders import CREATED, FIRST_LINE, PLAIN, TRACKED, Case, cases, fulfillment, line, order
from tests.corpus.others import COMPLIANCE, GONE, KEPT, fetching, merge, product, products, variant
from tests.town import Town
from tests.web.test_webhooks import post

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order of 500 lines may take a busy machine longer than a webhook has (tests/web/test_webhook_deadline.py)."""
    monkeypatch.setattr(webhooks, "SECONDS", 60.0)


ORDER_TOPICS = ("orders-create", "orders-updated", "orders-cancelled")


@pytest.fixture
def watches(town: Town) -> Town:
    """The shop of the corpus: one variant is tracked, the other is not."""
    with town.db.write() as session:
        wanted: catalog.TrackingChanges = {"trackable": True, "auto_generatable": True}
        catalog.configure(session, town.shop_id, TRACKED, wanted)
        catalog.ensure(session, town.shop_id, [PLAIN])
    return town


def send(town: Town, topic: str, body: Any, version: str = VERSIONS[-1], **headers: str) -> int:
    sent = {"X-Shopify-API-Version": version, **headers}
    return post(town.app.test_client(), topic, body, headers=sent).status_code


def items_by_line(town: Town, order_id: int) -> dict[int, int]:
    with town.db.read() as session:
        rows = session.execute(
            select(Item.line_item_id, func.count())
            .where(Item.order_id == order_id, Item.removed_at.is_(None))
            .group_by(Item.line_item_id)
        )
        return {line_id - FIRST_LINE: count for line_id, count in rows}


def auto_by_line(town: Town, order_id: int) -> dict[int, bool]:
    with town.db.read() as session:
        rows = session.execute(
            select(Item.line_item_id, Item.auto_generated).where(Item.order_id == order_id)
        )
        return {line_id - FIRST_LINE: auto for line_id, auto in rows}


def fetches(town: Town) -> set[int]:
    with town.db.read() as session:
        keys = session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "fetch-order"))
        return {int(key) for key in keys}


def means(town: Town, case: Case) -> str | None:
    """What is wrong with what we made of a case, or None."""
    order_id = int(case.payload["id"])
    found = items_by_line(town, order_id)
    if found != case.items:
        return f"items {found} instead of {case.items}"
    with town.db.read() as session:
        total = orders.trackable_units(orders.lines(session, town.shop_id, order_id))
        if total != case.total:
            return f"{total} trackable units instead of {case.total}"
        texts = [
            *session.execute(
                select(Line.title, Line.variant_title, Line.sku).where(Line.order_id == order_id)
            )
        ]
        name = session.scalar(select(Order.name).where(Order.order_id == order_id))
    for text in (name, *(text for row in texts for text in row)):
        if text and (
            msgspec.json.decode(msgspec.json.encode(text)) != text or len(f"{text}|".splitlines()) > 1
        ):
            return f"{text!r} cannot be shown"
    for value in order_metafields_of(town, order_id):
        json.loads(value)
    return None


def order_metafields_of(town: Town, order_id: int) -> list[str]:
    with town.db.read() as session:
        wanted = order_metafields(session, town.shop_id, {order_id: False})[order_id]
    assert not isinstance(wanted, AppError), wanted
    return [value.text for value in (wanted or {}).values()]


@pytest.mark.parametrize("turn", range(len(VERSIONS)))
def test_every_order_of_the_corpus_means_what_it_says(watches: Town, turn: int) -> None:
    """Every case in every version; which topic brings it takes turns."""
    wrong = {}
    asked = set()
    for number, case in enumerate(cases(), start=turn):
        topic = ORDER_TOPICS[number % len(ORDER_TOPICS)]
        status = send(watches, topic, case.payload, VERSIONS[turn])
        problem = f"answered {status}" if status != 200 else means(watches, case)
        if problem is not None:
            wrong[case.name] = problem
        if case.partial:
            asked.add(int(case.payload["id"]))
    assert wrong == {}
    assert fetches(watches) == asked


def test_delivered_again_and_under_another_topic_nothing_changes(watches: Town) -> None:
    wrong = {}
    for case in cases():
        for topic in (*ORDER_TOPICS, "orders-create"):
            assert send(watches, topic, case.payload) == 200
        if (problem := means(watches, case)) is not None:
            wrong[case.name] = problem
    assert wrong == {}


def test_the_corpus_has_every_topic() -> None:
    sent = {*ORDER_TOPICS, *(topic for topic, *_ in fetching()), "products-create", "products-update"}
    # Of fulfilment orders and returns the app reads nothing but IDs: tests/sync/test_gate.py and test_returns.py.
    by_id = ("fulfillment_orders-", "returns-", "reverse_fulfillment_orders-")
    others = {topic for topic in TOPICS if not topic.startswith(by_id)}
    assert others - sent == {
        "orders-delete",
        "products-delete",
        "customers-merge",
        "app-uninstalled",
        "app-scopes_update",
        "shop-update",
    }


# --- lists and lines -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [None, [None], [None, line(2)]])
def test_lines_that_a_payload_does_not_show_stay(watches: Town, lines: Any) -> None:
    sold = order(1, line(1, quantity=2), line(2))
    assert send(watches, "orders-create", sold) == 200
    assert (
        send(watches, "orders-updated", {**sold, "line_items": lines, "updated_at": "2030-06-01T00:00:00Z"})
        == 200
    )
    assert items_by_line(watches, sold["id"]) == {1: 2, 2: 1}
    assert fetches(watches) == {sold["id"]}


def test_a_line_that_an_edit_adds_is_not_of_the_sale(watches: Town) -> None:
    sold = order(1, line(1))
    edited = {**order(1, line(1), line(2, quantity=2)), "updated_at": "2030-06-01T00:00:00Z"}
    assert send(watches, "orders-create", sold) == 200
    assert send(watches, "orders-updated", edited) == 200
    assert items_by_line(watches, sold["id"]) == {1: 1, 2: 2}
    assert auto_by_line(watches, sold["id"]) == {1: True, 2: False}


def test_what_came_first_decides_where_nobody_can_tell(watches: Town) -> None:
    """Without orders/create before it, the lines of an edited order are all seen for the first time."""
    edited = {**order(1, line(1), line(2)), "updated_at": "2030-06-01T00:00:00Z"}
    assert send(watches, "orders-updated", edited) == 200
    assert send(watches, "orders-create", order(1, line(1))) == 200
    assert auto_by_line(watches, edited["id"]) == {1: True, 2: True}


# --- facts and announcements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("success", True), ("pending", False), ("open", False), ("cancelled", False), ("error", False),
        ("failure", False), (None, False), ("in_progress", False),
    ],
)  # fmt: skip
def test_only_a_successful_fulfilment_is_one(watches: Town, status: str | None, counts: bool) -> None:
    sold = line(1, quantity=2)
    shipped = fulfillment(status, "2030-05-06T00:00:00Z", sold)
    assert send(watches, "orders-create", order(1, sold, line(2), fulfillments=[shipped])) == 200
    assert fulfilled(watches) == {1: parse_iso("2030-05-06T00:00:00Z") if counts else None, 2: None}


def test_a_cancelled_fulfilment_takes_its_date_back(watches: Town) -> None:
    sold = line(1)
    moment = "2030-05-06T00:00:00Z"
    for minute, entries in enumerate(
        [[fulfillment("success", moment, sold)], None, [fulfillment("cancelled", moment, sold)]]
    ):
        changed = parse_iso(CREATED) + timedelta(minutes=minute)
        body = order(1, sold, fulfillments=entries, updated_at=changed.isoformat())
        assert send(watches, "orders-updated", body) == 200
        # A payload without the list says nothing, so the date stays.
        assert (fulfilled(watches)[1] is not None) is (minute < 2)


def fulfilled(town: Town) -> dict[int, Any]:
    with town.db.read() as session:
        rows = session.execute(select(Line.line_item_id, Line.fulfilled_at))
        return {line_id - FIRST_LINE: moment for line_id, moment in rows}


@pytest.mark.parametrize(
    "status", ["requested", "in_progress", "failed", None, "", "completed?", "completed\x00"]
)
def test_a_merge_that_is_not_completed_moves_nothing(watches: Town, status: str | None) -> None:
    bought = order(1, line(1), customer={"id": GONE})
    assert send(watches, "orders-create", bought) == 200
    assert send(watches, "customers-merge", merge(status)) == 200
    assert owners(watches) == {GONE}


def test_a_completed_merge_moves_the_items(watches: Town) -> None:
    assert send(watches, "orders-create", order(1, line(1), customer={"id": GONE})) == 200
    assert send(watches, "customers-merge", merge("completed", errors=None)) == 200
    assert owners(watches) == {KEPT}


def owners(town: Town) -> set[int | None]:
    with town.db.read() as session:
        return {*session.scalars(select(Item.customer_id)), *session.scalars(select(Order.customer_id))}


def test_what_only_names_an_order_has_it_fetched(watches: Town) -> None:
    wanted = set()
    for topic, name, order_id, body in fetching():
        assert send(watches, topic, body) == 200, name
        wanted.add(order_id)
    assert fetches(watches) == wanted


# --- products, app, privacy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["products-create", "products-update"])
def test_every_product_of_the_corpus_is_known_at_once(watches: Town, topic: str) -> None:
    for number, (name, body) in enumerate(products(), start=1):
        assert send(watches, topic, body) == 200, name
        with watches.db.read() as session:
            known = catalog.find(session, watches.shop_id, 45_200_000_000_000 + number)
        assert known is not None, name
        assert (known.sku, known.deleted_at) == (f"DIVE-{number}", None), name
        assert known.product_title == (None if name == "nulls" else "Dive Watch"), name


@pytest.mark.parametrize("shown", [{"variants": None}, {"variants": []}, {"variants": [None]}])
def test_a_product_that_shows_no_variants_loses_none(watches: Town, shown: dict[str, Any]) -> None:
    assert send(watches, "products-create", product(1)) == 200
    assert send(watches, "products-update", product(1, updated_at="2030-06-01T00:00:00Z", **shown)) == 200
    with watches.db.read() as session:
        known = catalog.find(session, watches.shop_id, variant(1)["id"])
        asked = session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "sync-product")).all()
    assert known is not None
    assert (known.deleted_at, asked) == (None, [str(product(1)["id"])])


def test_an_old_products_create_does_not_overwrite_newer_news(watches: Town) -> None:
    newer = product(1, title="Renamed", updated_at="2030-06-01T00:00:00Z")
    assert send(watches, "products-update", newer) == 200
    assert send(watches, "products-create", product(1)) == 200
    with watches.db.read() as session:
        assert (
            session.scalar(select(Variant.product_title).where(Variant.product_id == newer["id"]))
            == "Renamed"
        )


@pytest.mark.parametrize("current", [None, ["write_orders", None, "read_customers"]])
def test_scopes_of_null_are_no_loss_of_scopes(watches: Town, current: Any) -> None:
    with watches.db.read() as session:
        before = shops.by_id(session, watches.shop_id).scopes
    assert send(watches, "app-scopes_update", {"id": 1, "previous": None, "current": current}) == 200
    with watches.db.read() as session:
        assert shops.by_id(session, watches.shop_id).scopes == (
            before if current is None else "read_customers,write_orders"
        )


@pytest.mark.parametrize(("topic", "body"), COMPLIANCE)
def test_shopifys_own_compliance_samples_are_answered_200(watches: Town, topic: str, body: Any) -> None:
    for shop in ("demo.myshopify.com", "{shop}.myshopify.com", None):
        headers = {"X-Shopify-Topic": topic}
        if shop is not None and body["shop_domain"] != shop:
            continue
        answer = post(watches.app.test_client(), "compliance", body, shop=shop, headers=headers)
        assert answer.status_code == 200, answer.text
    with watches.db.read() as session:
        assert session.scalar(select(Shop.status).where(Shop.id == watches.shop_id)) == "installed"
        kept = session.scalars(select(DataRequest.request_key)).all()
    assert len(kept) == (topic == "customers/data_request" and body["shop_domain"] == watches.shop.domain)


def test_one_compliance_body_never_works_as_another_topic(watches: Town) -> None:
    topics = {topic for topic, _ in COMPLIANCE}
    for topic, body in COMPLIANCE:
        for other in topics - {topic}:
            answer = post(
                watches.app.test_client(), "compliance", body, shop=None, headers={"X-Shopify-Topic": other}
            )
            bare = "customer" in body and not {"orders_to_redact", "orders_requested", "data_request"} & {
                *body
            }
            assert answer.status_code == 400 or (bare and other == "customers/data_request"), (topic, other)


def test_an_order_is_redacted_by_an_id_in_quotes(watches: Town) -> None:
    assert send(watches, "orders-create", order(1, line(1))) == 200
    body = {
        "shop_id": "1",
        "shop_domain": "demo.myshopify.com",
        "customer": {"id": "7300000000001"},
        "orders_to_redact": None,
    }
    answer = post(
        watches.app.test_client(), "compliance", body, headers={"X-Shopify-Topic": "customers/redact"}
    )
    assert answer.status_code == 200
    assert owners(watches) == {None}


def test_a_half_written_body_is_still_refused(watches: Town) -> None:
    raw = json.dumps(order(1, line(1))).encode()
    for body in (raw[:-1], raw + b"}", b"\xff" + raw, raw.replace(b'"line_items"', b"line_items")):
        assert send(watches, "orders-create", body) == 400
    with watches.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0
