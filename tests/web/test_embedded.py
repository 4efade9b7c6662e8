"""The merchant's door: only a valid id token opens it, and it always leads somewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from requests import ConnectionError as NoConnection
from sqlalchemy import update
from werkzeug.test import TestResponse

from serializer_app import clock
from serializer_app.domain.shops import shops, tokens
from serializer_app.store.db import Database
from serializer_app.store.models import Shop, ShopToken
from tests.conftest import API_KEY, OLD_API_SECRET
from tests.visitors import OTHER_SHOP, SHOP, database, grants_tokens, id_token, installed, staff

HOST = "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvcXVpZXQtbW91bnRhaW4"
RETRY = "X-Shopify-Retry-Invalid-Session-Request"


@pytest.fixture
def shopify_api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def db(app: Flask) -> Database:
    return database(app)


def ancestors(answer: TestResponse) -> str:
    """Who may frame the page; pages may add rules of their own behind it."""
    return answer.headers["Content-Security-Policy"].partition(";")[0]


def bounced_to(location: str) -> str:
    """Where the bounce page will come back to."""
    url = urlsplit(location)
    assert (url.netloc, url.path) == ("", "/auth/bounce")
    return parse_qs(url.query)["shopify-reload"][0]


def test_a_document_with_a_token_is_the_home_page_and_needs_no_cookie(
    client: FlaskClient, db: Database
) -> None:
    installed(db)
    answer = client.get(f"/?shop={SHOP}&host={HOST}&embedded=1&id_token={id_token()}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert ancestors(answer) == f"frame-ancestors https://{SHOP} https://admin.shopify.com"
    assert "X-Frame-Options" not in answer.headers
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert 'src="https://cdn.shopify.com/shopifycloud/app-bridge.js"' in scripts[0]
    assert f'<meta name="shopify-api-key" content="{API_KEY}">' in answer.text


def test_a_script_with_a_token_gets_in_under_both_secrets(client: FlaskClient, db: Database) -> None:
    installed(db)
    assert client.get("/", headers=staff()).status_code == 200
    old = {"Authorization": f"Bearer {id_token(secret=OLD_API_SECRET)}"}
    assert client.get("/", headers=old).status_code == 200


# Made when the test runs: a token made at collection could have expired by then, and prove another thing.
BAD_TOKENS: dict[str, Callable[[], str]] = {
    "none at all": lambda: "",
    "noise": lambda: "x.y.z",
    "expired": lambda: id_token(exp=now() - 3600, nbf=now() - 3700, iat=now() - 3700),
    "from the future": lambda: id_token(nbf=now() + 7200, iat=now() + 7200, exp=now() + 9000),
    "without an end": lambda: id_token(exp=None),
    "another app": lambda: id_token(aud="f" * 32),
    "wrong issuer": lambda: id_token(iss=f"https://{OTHER_SHOP}/admin"),
    "no shop": lambda: id_token(iss="https://evil.example/admin", dest="https://evil.example"),
    "wrong secret": lambda: id_token(secret="shpss_guessed_by_somebody_else_entirely"),
    "alg none": lambda: "eyJhbGciOiJub25lIn0." + id_token().split(".")[1] + ".",
    "claims swapped": lambda: ".".join(_swapped(id_token(), id_token(OTHER_SHOP))),
    "not ASCII": lambda: "é" * 40,
    "oversized": lambda: id_token(extra="x" * 9000),
}


def now() -> int:
    return int(time.time())


def _swapped(one: str, other: str) -> tuple[str, str, str]:
    head, _, signature = one.split(".")
    return head, other.split(".")[1], signature


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_a_document_without_a_valid_token_goes_over_the_bounce_page(client: FlaskClient, case: str) -> None:
    token = BAD_TOKENS[case]()
    answer = client.get("/", query_string={"shop": SHOP, "host": HOST, "q": "1 & 2", "id_token": token})
    assert answer.status_code == 302
    back = bounced_to(answer.headers["Location"])
    assert "id_token" not in back
    query = parse_qs(urlsplit(back).query)
    assert (query["shop"], query["host"], query["q"]) == ([SHOP], [HOST], ["1 & 2"])
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert (
        page.headers["Content-Security-Policy"] == f"frame-ancestors https://{SHOP} https://admin.shopify.com"
    )
    body = page.text.partition("<body>")[2].partition("</body>")[0]
    assert body == '<script src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>'


@pytest.mark.parametrize("case", [case for case in BAD_TOKENS if case != "not ASCII"])
def test_a_script_without_a_valid_token_is_told_to_try_once_more(client: FlaskClient, case: str) -> None:
    answer = client.get(f"/?shop={SHOP}", headers={"Authorization": f"Bearer {BAD_TOKENS[case]()}"})
    assert answer.status_code == 401
    assert answer.headers[RETRY] == "1"
    assert answer.get_json()["error"]["code"] == "invalid_id_token"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "empty"},
        {"X-Requested-With": "XMLHttpRequest"},
        {"Accept": "application/json"},
        {"Authorization": "Basic eDp5"},
    ],
)
def test_whatever_is_no_document_gets_401_and_no_redirect(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.get(f"/?shop={SHOP}", headers=headers)
    assert (answer.status_code, answer.headers.get(RETRY)) == (401, "1")


def test_a_token_in_the_address_changes_nothing(client: FlaskClient, db: Database) -> None:
    """A form elsewhere could not make one, but an address that leaked could be sent again."""
    installed(db)
    assert client.post(f"/?id_token={id_token()}").status_code in {401, 405}


def test_a_link_inside_the_frame_finds_its_shop_on_the_page_it_stands_on(client: FlaskClient) -> None:
    page = f"http://127.0.0.1:8000/?shop={SHOP}&host={HOST}&id_token=x"
    back = bounced_to(client.get("/privacy/files/1", headers={"Referer": page}).headers["Location"])
    assert parse_qs(urlsplit(back).query) == {"shop": [SHOP], "host": [HOST]}
    elsewhere = f"https://evil.example/?shop={SHOP}"
    assert client.get("/privacy/files/1", headers={"Referer": elsewhere}).status_code == 401


def test_a_shop_in_the_address_identifies_nobody(client: FlaskClient, db: Database) -> None:
    installed(db)
    assert client.get(f"/?shop={SHOP}").status_code == 302
    assert client.get("/", query_string={"shop": OTHER_SHOP}, headers=staff()).status_code == 400
    doubled = f"/?shop={SHOP}&shop={OTHER_SHOP}&id_token={id_token()}"
    assert client.get(doubled).status_code == 400


@pytest.mark.parametrize(
    "shop",
    [
        "evil.com",
        "shop.myshopify.com.evil.com",
        f"{SHOP}@evil.com",
        "x'; frame-ancestors *",
        "ſhop.myshopify.com",
        "",
    ],
)
def test_a_malformed_shop_is_refused_and_never_reaches_a_header(client: FlaskClient, shop: str) -> None:
    answer = client.get("/", query_string={"shop": shop})
    assert answer.status_code == 400
    assert ancestors(answer) == "frame-ancestors 'none'"


def test_a_visitor_from_nowhere_is_asked_for_the_shop(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'action="/auth/install"' in answer.text


def test_a_visitor_from_nowhere_is_asked_and_refused_in_their_language(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "de-AT"}).text
    assert '<html lang="de">' in page
    assert "Serializer installieren" in page
    refused = client.get("/auth/install?shop=-&locale=de", headers={"Accept": "text/html"}).text
    assert '<html lang="de">' in refused
    assert "Fehler 400" in refused


# --- the first visit --------------------------------------------------------------------------------------------


def test_the_first_visit_installs_the_shop(
    client: FlaskClient, db: Database, shopify_api: responses.RequestsMock
) -> None:
    grants_tokens(shopify_api)
    token = id_token()
    assert client.get(f"/?shop={SHOP}&id_token={token}").status_code == 200
    asked = shopify_api.calls[0].request.body
    assert asked is not None
    text = asked.decode() if isinstance(asked, bytes) else str(asked)
    for part in ("urn:ietf:params:oauth:grant-type:token-exchange", '"expiring": "1"', token):
        assert part in text
    with db.read() as session:
        shop = shops.installed(session, SHOP)
        assert tokens.standing(session, shop.id).usable
    assert client.get("/", headers=staff()).status_code == 200
    assert len(shopify_api.calls) == 1


def test_two_first_requests_at_once_make_one_shop(
    app: Flask, db: Database, shopify_api: responses.RequestsMock
) -> None:
    grants_tokens(shopify_api)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: app.test_client().get("/", headers=staff()).status_code, range(4)))
    assert statuses == [200] * 4
    with db.read() as session:
        assert [shop.domain for shop in shops.every(session)] == [SHOP]


@pytest.mark.parametrize("loss", ["uninstalled", "lost", "refresh token over"])
def test_opening_the_app_again_restores_the_authorisation(
    client: FlaskClient, db: Database, shopify_api: responses.RequestsMock, loss: str
) -> None:
    shop_id = installed(db)
    with db.write() as session:
        if loss == "uninstalled":
            shops.uninstall(session, shops.by_id(session, shop_id), actor="app")
        elif loss == "lost":
            tokens.lost(session, shop_id, "gone")
        else:
            session.execute(update(ShopToken).values(refresh_expires_at=ShopToken.changed_at))
    grants_tokens(shopify_api)
    assert client.get("/", headers=staff()).status_code == 200
    with db.read() as session:
        assert shops.installed(session, SHOP).id == shop_id
        assert tokens.standing(session, shop_id).usable


def test_scopes_that_are_missing_are_asked_for_now_and_then(
    client: FlaskClient, db: Database, shopify_api: responses.RequestsMock
) -> None:
    installed(db)
    with db.write() as session:
        session.execute(update(Shop).values(scopes="write_orders"))
    answer = client.get("/", headers=staff())
    assert "write_products" in answer.text  # the merchant is told
    assert len(shopify_api.calls) == 0  # granted only just now: Shopify would say the same again
    with db.write() as session:
        session.execute(update(ShopToken).values(changed_at=clock.now() - timedelta(hours=1)))
    grants_tokens(shopify_api)
    assert "write_products" not in client.get("/", headers=staff()).text


REFUSED = {"status": 400, "json": {"error": "invalid_subject_token"}}
FAILURES: dict[str, dict[str, Any]] = {
    "down": {"status": 503, "body": "<html>down</html>"},
    "HTML with 200": {"status": 200, "body": "<html>hello</html>"},
    "not allowed from here": {"status": 403, "body": "no"},
    "frozen": {"status": 402, "body": "{}"},
    "locked": {"status": 423, "body": "{}"},
    "unknown app": {"status": 400, "json": {"error": "invalid_client"}},
    "network": {"body": NoConnection("refused")},
}


def test_an_id_token_that_shopify_refuses_is_replaced_once(
    client: FlaskClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(f"https://{SHOP}/admin/oauth/access_token", **REFUSED)
    answer = client.get("/", headers=staff())
    assert (answer.status_code, answer.headers[RETRY]) == (401, "1")
    answer = client.get(f"/?shop={SHOP}&id_token={id_token()}")
    back = bounced_to(answer.headers["Location"])
    # App Bridge comes back with a fresh one; refused again, the merchant sees a page instead of going in circles.
    assert client.get(f"{back}&id_token={id_token()}").status_code == 503


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_first_visit_is_a_clear_page_and_leaves_nothing_behind(
    client: FlaskClient, db: Database, shopify_api: responses.RequestsMock, failure: str
) -> None:
    shopify_api.post(f"https://{SHOP}/admin/oauth/access_token", **FAILURES[failure])
    answer = client.get(f"/?shop={SHOP}&id_token={id_token()}")
    assert answer.status_code == 503
    assert "open the app again" in answer.text
    assert SHOP in answer.headers["Content-Security-Policy"]  # or the frame would stay white
    script = client.get("/", headers=staff())
    assert (script.status_code, script.get_json()["error"]["code"]) == (503, "installation_failed")
    with db.read() as session:
        assert shops.every(session) == []


def test_a_shop_that_is_installed_can_be_worked_with_while_shopify_is_down(
    client: FlaskClient, db: Database, shopify_api: responses.RequestsMock
) -> None:
    shop_id = installed(db)
    with db.write() as session:
        tokens.lost(session, shop_id, "Shopify has ended the app's access.")
    shopify_api.post(f"https://{SHOP}/admin/oauth/access_token", **FAILURES["down"])
    answer = client.get("/", headers=staff())
    assert answer.status_code == 200
    assert "Shopify has ended the app" in answer.text
