"""Who is let in by the app proxy's door, and who is told to wait."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.web.house import house
from tests.conftest import API_SECRET, OLD_API_SECRET
from tests.visitors import (
    OTHER_SHOP,
    PATH,
    SHOP,
    Pairs,
    Visitor,
    forwarded,
    installed,
    problem,
    shopify_signature,
    sold,
)

BURST = 30
"""Look-ups in a row that may find nothing."""


@pytest.fixture
def ask(client: FlaskClient) -> Visitor:
    return Visitor(client)


@pytest.fixture
def database(app: Flask) -> Database:
    return house(app).db


@pytest.fixture
def shop_id(database: Database) -> int:
    return installed(database, SHOP)


def _queries_to_refuse() -> dict[str, Pairs]:
    good = forwarded([("orderId", "1")])
    unsigned = good[:-1]
    four = ("shop", "logged_in_customer_id", "path_prefix", "timestamp")

    def signed(pairs: Pairs) -> Pairs:
        return [*pairs, ("signature", shopify_signature(pairs))]

    def replaced(name: str, value: str) -> Pairs:
        return signed([(key, value if key == name else old) for key, old in unsigned])

    without = {name: [pair for pair in good if pair[0] != name] for name in (*four, "signature")}
    return {
        "nothing": [],
        **{f"without {name}": pairs for name, pairs in without.items()},
        **{f"signed without {name}": signed(without[name][:-1]) for name in four},
        **{f"{name} doubled": [*good, (name, dict(good)[name])] for name in (*four, "signature")},
        **{f"signed with {name} doubled": signed([*unsigned, (name, dict(good)[name])]) for name in four},
        "another filter than the signed one": [("orderId", "2"), *good[1:]],
        "a parameter more than the signed ones": [("customerId", "2"), *good],
        "a wrong secret": forwarded([("orderId", "1")], secret="shpss_somebody_elses"),
        "an empty secret": forwarded([("orderId", "1")], secret=""),
        "the signature in capitals": [*unsigned, ("signature", good[-1][1].upper())],
        "an empty signature": [*unsigned, ("signature", "")],
        "a signature that is not ASCII": [*unsigned, ("signature", "é" * 64)],
        "a signature in other digits": [*unsigned, ("signature", "١" * 64)],
        "too old": forwarded([("orderId", "1")], age=93),
        "from the future": forwarded([("orderId", "1")], age=-100),
        "a timestamp that is none": replaced("timestamp", "now"),
        "a negative timestamp": replaced("timestamp", "-1"),
        "a shop that is none": replaced("shop", "cobalt-audio.example.com"),
        "a shop with a path": replaced("shop", f"{SHOP}/x"),
        "a shop nobody knows": replaced("shop", "unknown.myshopify.com"),
        "an uninstalled shop": replaced("shop", OTHER_SHOP),
        "a customer that is none": replaced("logged_in_customer_id", "7x"),
        "a customer hidden in another parameter": forwarded([("x", "1logged_in_customer_id=7")]),
    }


def test_whoever_shopify_did_not_forward_learns_nothing(
    client: FlaskClient, database: Database, shop_id: int
) -> None:
    sold(database, shop_id, {"customer_id": 7})
    with database.write() as session:
        shops.uninstall(session, shops.install(session, OTHER_SHOP, []), actor="app")

    for case, pairs in _queries_to_refuse().items():
        response = client.get(f"{PATH}?{urlencode(pairs)}")
        assert problem(response) == (401, "unauthorized"), case
        assert response.get_json()["error"] == {
            "code": "unauthorized",
            "message": "Unauthorized",
            "details": [],
        }
        assert response.headers["Cache-Control"] == "no-store"


def test_both_secrets_and_clocks_a_little_off_are_accepted(ask: Visitor, shop_id: int) -> None:
    for secret in (API_SECRET, OLD_API_SECRET):
        for age in (0, 80, -85):
            assert ask({"orderId": 1}, age=age, secret=secret).status_code == 200


def test_bytes_that_are_no_text_are_no_signature(client: FlaskClient, shop_id: int) -> None:
    query = urlencode(forwarded([("orderId", "1")])[:-1]) + "&signature="

    assert client.get(f"{PATH}?{query}%ff%fe").status_code == 401
    assert client.get(PATH, query_string=query + "\xff\xfe").status_code == 401


def test_an_uninstalled_shop_is_served_again_once_the_app_is_opened(
    ask: Visitor, database: Database, shop_id: int
) -> None:
    made = sold(database, shop_id, {})
    with database.write() as session:
        shops.uninstall(session, shops.by_id(session, shop_id), actor="app")
    assert problem(ask({"orderId": 1})) == (401, "unauthorized")
    installed(database, SHOP)

    assert ask.item_ids({"orderId": 1}) == made


def test_other_methods_and_paths_are_refused_in_the_one_shape(client: FlaskClient, shop_id: int) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = client.open(f"{PATH}?{urlencode(forwarded([('orderId', '1')]))}", method=method)
        assert problem(response) == (405, "method_not_allowed")
        assert "GET" in response.headers["Allow"]
    for path in ("/apps/serializer/", "/apps/serializer/nothing", f"{PATH}/", f"{PATH}/1"):
        assert problem(client.get(path)) == (401, "unauthorized")


def test_only_look_ups_that_find_nothing_are_counted(ask: Visitor, database: Database, shop_id: int) -> None:
    sold(database, shop_id, {"serial_number": "S-1"})

    assert {ask({"itemRef": "S-1"}).status_code for _ in range(3 * BURST)} == {200}


@pytest.mark.parametrize("name", ["serialNumber", "itemId", "itemRef", "orderId", "customerId"])
def test_who_goes_on_guessing_has_to_wait(ask: Visitor, database: Database, shop_id: int, name: str) -> None:
    installed(database, OTHER_SHOP)

    answers = [ask({name: 1000 + number}) for number in range(2 * BURST)]

    refused = [response for response in answers if response.status_code == 429]
    assert [response.status_code for response in answers[:BURST]] == [200] * BURST
    assert refused
    assert {problem(response) for response in refused} == {(429, "too_many_requests")}
    assert all(1 <= int(response.headers["Retry-After"]) <= 10 for response in refused)
    assert {response.headers["Cache-Control"] for response in answers} == {"no-store"}
    # Each visitor and each shop counts alone.
    assert ask({name: 1}, address="203.0.113.8").status_code == 200
    assert ask({name: 1}, customer="7").status_code == 200
    assert ask({name: 1}, shop=OTHER_SHOP).status_code == 200


def test_a_signed_in_customer_is_counted_wherever_they_are(ask: Visitor, shop_id: int) -> None:
    statuses = {
        ask({"itemRef": f"g{number}"}, customer="7", address=f"203.0.113.{number}").status_code
        for number in range(3 * BURST)
    }

    assert statuses == {200, 429}
