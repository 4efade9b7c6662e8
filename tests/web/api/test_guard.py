"""Who comes in at /api/v1, and how fast."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from serializer_app.clock import now
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.web.api.guard import LIMITER
from serializer_app.web.limits import Limiter
from tests.web.api.caller import DOMAIN, Caller
from tests.web.api.conftest import Opener


@pytest.mark.parametrize(
    "credential",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic c3pyXzpzenJf",
        "Bearer szr_",
        "Bearer szr_" + "A" * 43,
        "Bearer szr_é",
        "szr_x",
    ],
)
def test_without_a_valid_key_nobody_comes_in(
    client: FlaskClient, api: Caller, credential: str | None
) -> None:
    headers = {} if credential is None else {"Authorization": credential}

    answer = client.get("/api/v1/items", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="serializer"')
    assert answer.json is not None
    assert answer.json["error"]["code"] == "unauthorized"
    assert answer.json["requestId"] == answer.headers["X-Request-Id"]


def test_a_key_in_the_query_is_no_key(client: FlaskClient, api: Caller) -> None:
    assert client.get(f"/api/v1/items?access_token={api.key}").status_code == 401


def test_a_revoked_key_ends_at_once(api: Caller, db: Database) -> None:
    with db.write() as session:
        shop = shops.installed(session, DOMAIN)
        shops.revoke_api_key(session, shop, shops.api_keys(session, shop.id)[0].id, actor="staff:1")

    assert api.get("/items").status_code == 401


def test_an_expired_key_is_none(api: Caller, db: Database) -> None:
    with db.write() as session:
        shop = shops.installed(session, DOMAIN)
        old = shops.create_api_key(session, shop, ["read"], expires_at=now() - timedelta(seconds=1))
        fresh = shops.create_api_key(session, shop, ["read"], expires_at=now() + timedelta(hours=1))

    assert Caller(api.client, old).get("/items").status_code == 401
    assert Caller(api.client, fresh).get("/items").status_code == 200


def test_uninstalling_ends_the_key_for_good(api: Caller, db: Database) -> None:
    with db.write() as session:
        shops.uninstall(session, shops.installed(session, DOMAIN), actor="webhook:app/uninstalled")
    assert api.get("/items").status_code == 401

    with db.write() as session:
        shops.install(session, DOMAIN, ["write_orders"])
    assert api.get("/items").status_code == 401


def test_each_scope_opens_its_calls_only(open_shop: Opener) -> None:
    reader, writer = open_shop(scopes=("read",)), open_shop(scopes=("write",))

    assert reader.get("/settings").status_code == 200
    assert writer.put("/settings", {}).status_code == 200
    for refused in (reader.put("/settings", {}), writer.get("/settings")):
        assert refused.status_code == 403
        assert refused.json is not None
        assert refused.json["error"]["code"] == "scope_missing"
        assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_the_scheme_is_read_in_any_case(api: Caller) -> None:
    assert api.get("/items", headers={"Authorization": f"bearer {api.key}"}).status_code == 200


def test_a_used_up_bucket_is_429_with_the_time_to_wait(app: Flask, open_shop: Opener) -> None:
    app.extensions[LIMITER] = Limiter(100, 300, clock=lambda: 1000.0)
    api, other = open_shop(), open_shop()

    answers = [api.get("/settings") for _ in range(301)]

    assert {answer.status_code for answer in answers[:300]} == {200}
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers[:3]] == [
        "r=299",
        "r=298",
        "r=297",
    ]
    refused = answers[300]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit"] == '"key";r=0;t=3'
    assert refused.headers["RateLimit-Policy"] == '"key";q=300;w=3'
    assert refused.json is not None
    assert refused.json["error"]["code"] == "too_many_requests"
    assert other.get("/settings").status_code == 200, "each key has a bucket of its own"


def test_use_is_noted_to_the_hour(api: Caller, db: Database) -> None:
    api.get("/items")
    with db.read() as session:
        first = shops.api_keys(session, 1)[0].last_used_at
    api.get("/items")
    with db.read() as session:
        second = shops.api_keys(session, 1)[0].last_used_at

    assert first is not None
    assert first == second


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/items", 405)])
def test_wrong_addresses_and_methods_answer_in_the_same_shape(
    api: Caller, method: str, path: str, status: int
) -> None:
    answer = api.call(method, path)

    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json) == {"error", "requestId"}
    assert set(answer.json["error"]) == {"code", "message", "details"}


def test_one_shop_never_sees_another_ones_things(api: Caller, item_ids: list[str], open_shop: Opener) -> None:
    stranger = open_shop("stranger.myshopify.com")
    item = item_ids[0]

    assert stranger.get("/items").json == {
        "previous": None,
        "hasPrevious": False,
        "next": None,
        "hasNext": False,
        "results": [],
    }
    order_id = api.items()[0]["orderId"]
    for answer in (
        stranger.get(f"/items/{item}"),
        stranger.get(f"/items/{item}/history"),
        stranger.patch(f"/items/{item}", {"serialNumber": "X"}),
        stranger.get(f"/orders/{order_id}"),
        stranger.post(f"/orders/{order_id}/items"),
        stranger.post(f"/orders/{order_id}/adjust", {"lineItemId": 1}),
        stranger.get(f"/variants/{api.items()[0]['productVariantId']}"),
    ):
        assert answer.status_code == 404, answer.text
    assert stranger.items(f"itemId={item}") == []
