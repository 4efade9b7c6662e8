"""Every route stands behind a door, every door has its own key, and no noise at a door is a fault of ours."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from serializer_app import create_app
from serializer_app.config import Settings
from serializer_app.domain.shops import shops
from serializer_app.shopify.signatures import sign_webhook
from serializer_app.web.doors import guards
from tests.conftest import API_SECRET
from tests.visitors import SHOP, database, id_token, installed, proxy_query, webhook

pytestmark = pytest.mark.one_database

# Public on purpose, by name: a new route is not, until somebody writes it down here.
PUBLIC = {
    "health.healthz",
    "health.readyz",
    "health.show_metrics",  # asks for a token of its own
    "public_api.get_openapi",
    "public_api.get_docs",
    "auth.install",
    "auth.callback",  # proves itself by Shopify's hmac and the browser's cookie
    "auth.bounce",
}
SAME_KEY = {"require_proxy_signature_for_items": "require_proxy_signature"}
PUBLIC_GUARDS = {"everybody", "limited_by_address"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def addresses(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, a path that it matches) for every route and method."""
    for rule in routes(app):
        values: dict[str, Any] = dict.fromkeys(rule.arguments, 1001)
        if rule.endpoint == "webhooks.webhook":
            values["topic"] = "orders-create"
        path = rule.build(values, append_unknown=False)
        assert path is not None
        for method in sorted((rule.methods or set()) & set(METHODS)):
            yield rule, method, path[1]


def test_every_route_stands_behind_a_door(app: Flask) -> None:
    opened = guards(app)
    for rule in routes(app):
        blueprint = rule.endpoint.rpartition(".")[0]
        assert blueprint in opened, f"{rule.rule} has no door: open its blueprint with open_door()"
        is_public = opened[blueprint].__name__ in PUBLIC_GUARDS
        assert is_public == (rule.endpoint in PUBLIC), f"{rule.rule}: public or not? Say so in PUBLIC"
    assert {rule.endpoint for rule in routes(app)} >= PUBLIC


def test_nobody_comes_in_without_a_credential(app: Flask, client: FlaskClient) -> None:
    installed(database(app))
    tried = 0
    for rule, method, path in addresses(app):
        if rule.endpoint in PUBLIC:
            continue
        tried += 1
        answer = client.open(path, method=method, headers={"Accept": "application/json"}, data=b"{}")
        assert answer.status_code == 401, (method, path)
        assert answer.is_json
    assert tried > 15


def test_a_key_opens_its_own_door_only(app: Flask, client: FlaskClient) -> None:
    """Every real credential at every other door: an id token is no API key, a proxy signature no webhook…"""
    db = database(app)
    shop_id = installed(db)
    with db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, shop_id), ["read", "write"])
    signed = webhook(client, "orders/create", b"{}").request.headers["X-Shopify-Hmac-SHA256"]
    credentials: dict[str, dict[str, Any]] = {
        "api_key_holder": {"headers": {"Authorization": f"Bearer {key}"}},
        "staff_of_shop": {"headers": {"Authorization": f"Bearer {id_token()}"}},
        "require_proxy_signature": {"query_string": proxy_query()},
        "signed_by_shopify": {
            "headers": {"X-Shopify-Hmac-SHA256": signed, "X-Shopify-Shop-Domain": SHOP},
            "data": b"{}",
        },
    }
    opened = guards(app)
    json_headers = {"Accept": "application/json"}
    for rule, method, path in addresses(app):
        if rule.endpoint in PUBLIC:
            continue
        guard = opened[rule.endpoint.rpartition(".")[0]].__name__
        guard = SAME_KEY.get(guard, guard)
        for name, credential in credentials.items():
            parts = {**credential, "headers": {**json_headers, **credential.get("headers", {})}}
            answer = client.open(path, method=method, **parts)
            assert (answer.status_code == 401) == (name != guard), (name, method, path, answer.status_code)


# --- abuse ------------------------------------------------------------------------------------------------------

NOISE = [
    "", " ", "\x00", "\x7f", "é", "漢字", "١٢٣", "-1", "0", "9223372036854775808", "9" * 400, "1e5", "0x10", "null",
    "true", "NaN", "{}", "[]", "'", '"', "';DROP TABLE items;--", "%", "%%", "%s%n", "../../etc/passwd", "<script>",
    "{{7*7}}", "\u202e\u0000", "\ufeff", "a" * 3000, "\r\nX-Injected: 1", "ﬀ", "\U0001f4a9", "\\", "//",
    "..", "+", "&", "=", ";",
]  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe\x00", b"[" * 20_000, b'{"a":' * 5_000, b'{"a":1e999}',
    b'{"a":NaN}', b'{"serialNumber":"\\ud800"}', b'{"serialNumber":"\\u0000"}', b'{"id":9223372036854775808}',
    b'{"id":-1,"id":1}',
    b'{"quantity":1e100}', b'{"customFields":[{"key":null}]}', b'{"line_items":[{"id":"1"}]}',
    b"a=1&b=2", b"\x00" * 1000,
]  # fmt: skip


def hostile(rng: random.Random, rule: Rule, path: str) -> dict[str, Any]:
    """One hostile request to a route, as keyword arguments of the test client."""
    if rule.arguments and rng.random() < 0.5:
        for name in rule.arguments:
            path = path.replace("1001", quote(rng.choice(NOISE), safe=rng.choice(["", "/%"])) or "%20", 1)
            assert name
    names = [
        "shop", "host", "id_token", "hmac", "code", "state", "timestamp", "orderId", "cursor", "itemRef", "signature",
        "logged_in_customer_id", "path_prefix", "shopify-reload", "sku", "ids[]", "x" * 500, "é", "\x00",
    ]  # fmt: skip
    pairs = [(rng.choice(names), rng.choice(NOISE)) for _ in range(rng.randrange(5))]
    query = "&".join(
        f"{quote(name)}={value if value.isprintable() and rng.random() < 0.5 else quote(value)}"
        for name, value in pairs
    )
    headers = {
        "Authorization": rng.choice(
            ["Bearer", "Bearer ", "Basic e", "Bearer é", "bearer a.b.c", "Bearer szr_" + "ä" * 43]
        ),
        "X-Shopify-Hmac-SHA256": rng.choice(["é", "", "x" * 5000, "=="]),
        "X-Shopify-Shop-Domain": rng.choice(["é", "a..myshopify.com", "x" * 5000]),
        "X-Shopify-Topic": rng.choice(["é", "shop/redact", "x"]),
        "Content-Type": rng.choice(
            ["application/json", "application/json; charset=latin-99", "é", "multipart/form-data", ""]
        ),
        "Cookie": rng.choice(["serializer_oauth=é", "=", ";;;", "serializer_oauth=" + "x" * 3000]),
        "Accept": rng.choice(["*/*", "application/json", "é", "text/html;q=x"]),
        "Referer": rng.choice(["http://[", "é", "http://127.0.0.1:8000/?shop=\x80", "x" * 3000]),
        "X-Forwarded-For": rng.choice(["é", ",,,", "1" * 5000]),
        "Idempotency-Key": rng.choice(["é", "x" * 5000]),
    }
    chosen = {name: value.encode().decode("latin-1") for name, value in headers.items() if rng.random() < 0.3}
    return {
        "path": path,
        "query_string": query.encode("utf-8", "replace"),
        "headers": chosen,
        "data": rng.choice(BODIES),
    }


@pytest.mark.parametrize(
    "credential", ["none", "api key", "id token", "proxy signature", "webhook signature"]
)
def test_abuse_is_refused_and_never_a_fault(
    settings: Settings, credential: str, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    """Unicode, oversized, malformed and misplaced input at every route, from strangers and from those let in."""
    # Some routes ask Shopify: there is none where nothing listens, and the real one is not for tests.
    app = create_app(replace(settings, admin_origin="http://127.0.0.1:9"))
    db, rng = database(app), random.Random(f"{credential} {database_url.partition(':')[0]}")
    shop_id = installed(db)
    with db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, shop_id), ["read", "write"])
    app.extensions["serializer-oauth-attempts"] = app.extensions["serializer-api-limiter"] = Patience()
    client, tried = app.test_client(), 0
    for rule, method, path in itertools.chain.from_iterable(itertools.repeat(list(addresses(app)), 3)):
        request = hostile(rng, rule, path)
        if credential == "api key":
            request["headers"]["Authorization"] = f"Bearer {key}"
        elif credential == "id token":
            request["headers"]["Authorization"] = f"Bearer {id_token()}"
        elif credential == "proxy signature":
            filters: dict[str, Any] = {rng.choice(["orderId", "itemRef", "cursor"]): rng.choice(NOISE)}
            request["query_string"] = proxy_query(**filters)
        elif credential == "webhook signature":
            request["headers"] |= {
                "X-Shopify-Hmac-SHA256": sign_webhook(request["data"], API_SECRET),
                "X-Shopify-Shop-Domain": SHOP,
            }
        answer = send(client, method, request)
        tried += 1
        away = (answer.status_code, "shopify_unreachable" in answer.text) == (503, True) or (
            (answer.status_code, path) == (502, "/settings/scopes")  # asks for a token, which nobody gives
        )
        assert answer.status_code < 500 or away, (method, request, answer.status_code)
        if (
            path.startswith(("/api/", "/webhooks/", "/apps/"))
            and answer.status_code >= 400
            and answer.mimetype != "application/liquid"  # the buyer's pages, for people
        ):
            assert "error" in json.loads(answer.data), (method, request)
        assert "X-Injected" not in answer.headers
    db.dispose()
    with capsys.disabled():
        print(
            f"\ndoors: {tried} hostile requests ({credential}, {db.writer.dialect.name}), none answered 5xx"
        )


class Patience:
    """Stands where a rate limit stands: with it, all but the first hundred requests would be 429."""

    def take(self, _key: object) -> float:
        return 0.0

    def left(self, _key: object) -> int:
        return 1


def send(client: FlaskClient, method: str, request: dict[str, Any]) -> Any:
    """Through WSGI with path and query as they are, which the test client alone would tidy up."""
    environ = EnvironBuilder(method=method, headers=request["headers"], data=request["data"]).get_environ()
    query = request["query_string"]
    environ["QUERY_STRING"] = query if isinstance(query, str) else query.decode("latin-1")
    environ["PATH_INFO"] = unquote_to_bytes(request["path"]).decode("latin-1")
    return client.open(environ)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/webhooks/orders-create", 20 * 1024 * 1024), ("/webhooks/compliance", 20 * 1024 * 1024)],
)
def test_bodies_beyond_the_limit_are_413(client: FlaskClient, path: str, limit: int) -> None:
    assert client.post(path, data=b"x" * (limit + 1)).status_code == 413
    assert client.post(path, data=b"x" * limit).status_code == 401


def test_an_api_body_beyond_two_megabytes_is_413(app: Flask, client: FlaskClient) -> None:
    db = database(app)
    shop_id = installed(db)
    with db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, shop_id), ["read", "write"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = b'{"serialNumber": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    assert client.patch("/api/v1/items/AAAA-AAAA-AAAA-AAAA", data=body, headers=headers).status_code == 413
