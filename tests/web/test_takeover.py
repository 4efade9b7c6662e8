"""Data of another app is said wherever somebody looks, and generating waits for a decision (contract §8.1, §8.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from serializer_app.devstore.orders import Order
from serializer_app.devstore.other_app import OtherApp
from serializer_app.devstore.products import Variant
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import erasures, privacy
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import foreign
from serializer_app.web.house import house
from tests.sync.test_foreign import held, kept, old_order, touch
from tests.town import Town
from tests.web.desk.conftest import Staff

pytestmark = pytest.mark.one_database


@pytest.fixture
def theirs(town: Town) -> tuple[Order, Variant, OtherApp]:
    """An order and a variant that another app wrote, both held."""
    other = OtherApp(town.shop)
    variant = town.shop.add_product("Chronograph", sku="CH-1").variant
    other.configure(variant)
    town.configure(variant, trackable=True, auto_generatable=True)
    order = old_order(town, variant)
    other.serialise(order)
    touch(town, order)
    assert held(town, order)
    assert held(town, variant)
    return order, variant, other


def call(town: Town, method: str, path: str) -> Any:
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        key = shops.create_api_key(session, shop, ["read", "write"], name="test", actor="test")
    client: FlaskClient = town.app.test_client()
    return client.open(f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_says_so(town: Town, theirs: tuple[Order, Variant, OtherApp], language: str) -> None:
    order, variant, other = theirs
    title = {"en": "Data of another app", "de": "Daten einer anderen App"}[language]
    desk = Staff(town.app.test_client(), town.shop.domain, language)
    for path in ("/", f"/orders/{order.id}", f"/products/{variant.id}"):
        assert title in desk.page(path), path
    moving = desk.page("/move-in")
    assert {"en": "Move in from another app", "de": "Von einer anderen App umziehen"}[language] in moving
    assert f'href="/orders/{order.id}"' in moving
    assert f'href="/products/{variant.id}"' in moving
    still_writing = {"en": "still writing", "de": "schreibt noch"}[language]
    assert still_writing not in moving
    other.serialise(order)
    touch(town, order)
    assert still_writing in desk.page("/move-in")
    assert still_writing in desk.page("/")


def test_without_any_no_page_speaks_of_it(town: Town) -> None:
    desk = Staff(town.app.test_client(), town.shop.domain)
    assert "another app" not in desk.page("/")
    assert "No data of another app" in desk.page("/move-in")


def test_the_list_is_walked_page_by_page(town: Town) -> None:
    with town.db.write() as session:
        for number in range(1, 121):
            seen = [foreign.SeenValue("properties", "json", "{}", "d")]
            foreign.keep(session, town.shop_id, "order", number, seen)
    desk = Staff(town.app.test_client(), town.shop.domain)
    path: str | None = "/move-in"
    found: list[str] = []
    while path:
        page = desk.page(path)
        # Orders that this app never saw have no page here, so they lead to Shopify's.
        found += [part.split('"')[0] for part in page.split('href="shopify://admin/orders/')[1:]]
        following = page.split('rel="next" href="')
        path = following[1].split('"')[0].replace("&amp;", "&") if len(following) > 1 else None
    assert found == [str(number) for number in range(1, 121)]


def test_the_api_says_held(town: Town, theirs: tuple[Order, Variant, OtherApp]) -> None:
    order, variant, _ = theirs
    mirror = call(town, "GET", f"/orders/{order.id}").get_json()["mirror"]
    assert mirror["state"] == "held"
    assert "serializer.properties" in mirror["problem"]
    assert call(town, "GET", f"/variants/{variant.id}").get_json()["mirror"]["state"] == "held"


def test_metrics_count_what_is_held_and_no_job_waits(
    town: Town, theirs: tuple[Order, Variant, OtherApp]
) -> None:
    object.__setattr__(house(town.app).settings, "metrics_token", "t" * 40)
    answer = town.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {'t' * 40}"})
    text = answer.get_data(as_text=True)
    assert 'serializer_foreign_values{owner="order"} 1.0' in text
    assert 'serializer_foreign_values{owner="variant"} 1.0' in text
    assert "serializer_mirror_lag_seconds 0.0" in text


@pytest.mark.parametrize("known", [True, False])
def test_generating_is_refused_until_somebody_decided(town: Town, known: bool) -> None:
    """Also for an order that nothing of ours ever looked at: then Shopify is asked."""
    variant, other = town.track(auto_generatable=False), OtherApp(town.shop)
    town.settle()
    order = old_order(town, variant)
    other.serialise(order)
    if known:
        touch(town, order)
    answer = call(town, "POST", f"/orders/{order.id}/items")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "foreign_values")
    desk = Staff(town.app.test_client(), town.shop.domain)
    assert desk.post(f"/orders/{order.id}/items").status_code == 409
    assert town.items(order) == []
    assert other.untouched()
    with town.db.write() as session:
        foreign.decide(session, town.shop_id, "order", order.id, "declined")
    assert call(town, "POST", f"/orders/{order.id}/items").status_code == 201
    town.settle()
    assert len(town.document(order)["items"]) == 2


def test_an_order_that_we_wrote_is_not_asked_for(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 1)])
    town.settle()
    asked = town.store.admin.count("OwnerMetafields")
    assert call(town, "POST", f"/orders/{order.id}/items").status_code == 200
    assert town.store.admin.count("OwnerMetafields") == asked


def test_generating_waits_while_shopify_cannot_be_asked(town: Town) -> None:
    variant = town.track(auto_generatable=False)
    order = town.shop.place_order([(variant, 1)])
    town.store.faults.error(5, operation="OwnerMetafields")
    answer = call(town, "POST", f"/orders/{order.id}/items")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "shopify_unreachable")


def test_a_customers_traces_in_kept_texts_are_handed_over_and_erased(
    town: Town, theirs: tuple[Order, Variant, OtherApp]
) -> None:
    order, _, other = theirs
    payload: dict[str, Any] = {
        "customer": {"id": 77},
        "orders_requested": [order.id],
        "data_request": {"id": 5},
    }
    vault = house(town.app).vault
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        privacy.data_request(session, vault, shop, payload, HOLDINGS)
        (file,) = privacy.files(session, shop.id)
        content = json.loads(privacy.file_content(session, vault, shop.id, file.id, actor="test"))
        assert content["foreign_values"][0]["firstText"] == other.written[order.gid, "properties"]
        privacy.redact_customer(
            session, vault, shop, {"customer": {"id": 77}, "orders_to_redact": [order.id]}, HOLDINGS
        )
    other.serialise(order)
    touch(town, order)
    assert [(value.first_text, value.text) for value in kept(town, order)] == [("", "")]
    assert held(town, order)
    assert other.untouched()


def test_with_its_shop_everything_is_erased(town: Town, theirs: tuple[Order, Variant, OtherApp]) -> None:
    from collections import Counter

    counts: Counter[str] = Counter()
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        shops.uninstall(session, shop, actor="test")
        assert not erasures.redact_shop(session, town.shop.domain, counts)
    assert counts["foreign_values"] == 2


def test_one_order_is_declined_by_typing_the_shops_name(
    town: Town, theirs: tuple[Order, Variant, OtherApp]
) -> None:
    order, _, other = theirs
    desk = Staff(town.app.test_client(), town.shop.domain)
    assert desk.post(f"/orders/{order.id}/discard", {"confirm": "another"}).status_code == 422
    assert town.document(order) == json.loads(other.written[order.gid, "properties"])
    assert desk.post(f"/orders/{order.id}/discard", {"confirm": town.shop.domain}).status_code == 200
    town.settle()
    assert town.document(order) != json.loads(other.written[order.gid, "properties"])
    assert "Data of another app" not in desk.page(f"/orders/{order.id}")
    # The product's own data stays as it is, and so does the copy.
    assert "Move in from another app" in desk.page("/move-in")
    kept = [json.loads(line) for line in desk.page("/move-in/export").splitlines()]
    assert {(entry["owner"], entry["state"]) for entry in kept} == {
        ("order", "declined"),
        ("variant", "held"),
    }
    assert desk.post(f"/orders/{order.id}/discard", {"confirm": town.shop.domain}).status_code == 404
