"""Nothing is answered before the guard: no redirect, no page, no word to whoever did not prove who they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from serializer_app.web.forwarding import one_visitor
from tests.visitors import database, id_token, installed, proxy_query
from tests.web.test_doors import PUBLIC, addresses

pytestmark = pytest.mark.one_database

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 300)
QUERY = "sentinel=s3cr3t&signature=5ec2e7&hmac=5ec2e7&timestamp=1"


def variants(path: str) -> Iterator[str]:
    """Other spellings of a path that routers, browsers and attackers try."""
    yield path
    yield path + "/"
    yield path + "//"
    yield path.replace("/", "//")
    first, _, rest = path[1:].partition("/")
    yield f"//{first}/{rest}"
    yield f"/{first}//{rest}"
    yield f"/{first}/./{rest}"
    yield f"/{first}/..;/{rest}"
    yield path.replace("/", "%2F")
    yield path + "%00"
    yield path + "%zz"
    yield path + "%c0%af"
    yield path + "%ed%a0%80"
    yield path + ";x=1"
    yield path.upper()


def sent(client: FlaskClient, method: str, path: str, query: str = QUERY, **more: Any) -> TestResponse:
    """Through WSGI with the path as a server decodes it; the test client would tidy it up."""
    environ = EnvironBuilder(method=method, **more).get_environ()
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
    environ["QUERY_STRING"] = query
    body, status, headers = run_wsgi_app(client.application, environ, buffered=True)
    return TestResponse(body, status, headers, Request(environ))


@pytest.mark.database("sqlite")
def test_every_spelling_of_every_route_is_refused_and_repeats_no_query(
    app: Flask, client: FlaskClient
) -> None:
    installed(database(app))
    tried = 0
    # "/" itself shows everybody where an installation begins.
    paths = {path for rule, _, path in addresses(app) if rule.endpoint not in PUBLIC} - {"/"}
    for path in sorted(paths):
        for number, variant in enumerate(variants(path)):
            for method in METHODS if number == 0 else ("GET", "POST", "OPTIONS"):
                answer = sent(client, method, variant)
                tried += 1
                allowed = {401, 404, 405}
                if "extension" in variant and method == "OPTIONS":
                    allowed.add(204)  # a browser's question before it sends a token (CORS)
                assert answer.status_code in allowed, (method, variant, answer.status_code)
                assert "Location" not in answer.headers, (method, variant)
                assert "s3cr3t" not in answer.text + str(answer.headers), (method, variant)
    assert tried > 1000


def test_a_signed_query_is_never_in_a_redirect(app: Flask, client: FlaskClient) -> None:
    """Not to the visitor either: with it, whoever reads an address bar or a log can ask as Shopify does."""
    installed(database(app))
    for rule, method, path in addresses(app):
        if not rule.rule.startswith("/apps/"):
            continue
        for variant in variants(path):
            query = proxy_query(sentinel="s3cr3t")
            answer = sent(client, method, variant, query)
            told = str(answer.headers) + answer.text
            assert "s3cr3t" not in answer.headers.get("Location", ""), (method, variant)
            assert query.rpartition("signature=")[2] not in told, (method, variant)


def test_the_bounce_page_is_not_told_credentials_and_signatures(app: Flask, client: FlaskClient) -> None:
    names = ("hmac", "signature", "session", "timestamp", "id_token")
    answer = client.get(
        "/orders?shop=quiet-mountain.myshopify.com&q=lamp&" + "&".join(f"{n}=5ec2e7" for n in names)
    )
    assert answer.status_code == 302
    assert "5ec2e7" not in answer.headers["Location"]
    assert "lamp" in answer.headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "/apps/serializer//items",
        "/apps/serializer///items",
        "/apps/serializer/items/",
        "/apps/serializer//items//",
    ],
)
def test_odd_slashes_reach_the_items_at_once(app: Flask, client: FlaskClient, path: str) -> None:
    installed(database(app))
    answer = sent(client, "GET", path, proxy_query(orderId=1))
    assert (answer.status_code, json.loads(answer.text)["results"]) == (200, [])
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_buyer_gets_a_page_of_the_theme_and_a_script_gets_json(app: Flask, client: FlaskClient) -> None:
    installed(database(app))
    for path in (
        "/apps/serializer",
        "/apps/serializer/",
        "/apps/serializer/nothing",
        "/apps/serializer//no//thing",
    ):
        page = sent(client, "GET", path, proxy_query(), headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page.mimetype) == (404, "application/liquid")
        assert "/apps/serializer/verify" in page.text
        script = sent(client, "GET", path, proxy_query(), headers={"Accept": "application/json"})
        assert (script.status_code, script.mimetype) == (404, "application/json")
        assert sent(client, "GET", path).status_code == 401


def test_a_page_may_end_with_a_slash(app: Flask, client: FlaskClient) -> None:
    installed(database(app))
    for path in ("/apps/serializer/verify/", "/apps/serializer//verify"):
        assert 'name="code"' in sent(client, "GET", path, proxy_query()).text
    assert client.get("/?shop=x", headers={"Authorization": f"Bearer {id_token()}"}).status_code != 308


# --- addresses of visitors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spellings",
    [
        ["203.0.113.7", "203.0.113.7:4711", " 203.0.113.7 ", '"203.0.113.7:80"', "::ffff:203.0.113.7",
         "[::ffff:203.0.113.7]:443", "::FFFF:CB00:7107", "[::ffff:cb00:7107]"],
        ["2001:db8:1:2::1", "[2001:db8:1:2::1]", "[2001:db8:1:2::1]:443", '"[2001:db8:1:2::1]:443"',
         "2001:DB8:1:2:0:0:0:1", "2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::1%eth0"],
        ["fe80::1", "fe80::1%eth0", "[fe80::1%25en0]:1", "fe80::2"],
    ],
)  # fmt: skip
def test_one_visitor_is_one_visitor_however_a_router_writes_the_address(spellings: list[str]) -> None:
    assert len({one_visitor(text) for text in spellings}) == 1


def test_different_visitors_stay_different() -> None:
    others = ["203.0.113.7", "203.0.113.8", "2001:db8:1:2::1", "2001:db8:1:3::1", "unknown", "_hidden", ""]
    assert len({one_visitor(text) for text in others}) == len(others)
    assert len(one_visitor("x" * 5000)) == 64
