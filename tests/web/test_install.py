"""The code grant and the bounce page: nobody is installed by a forged, replayed or borrowed callback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.config import SCOPES, Settings
from serializer_app.domain.shops import shops, tokens
from serializer_app.web.install import COOKIE, is_own_page
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY, OLD_API_SECRET
from tests.visitors import OTHER_SHOP, SHOP, callback_query, database, grants_tokens, id_token


@pytest.fixture
def shopify_api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def begun(client: FlaskClient, shop: str = SHOP) -> str:
    """Begin an installation; returns the state."""
    answer = client.get("/auth/install", query_string={"shop": shop})
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def test_an_installation_begins_on_the_shop_with_our_scopes(client: FlaskClient) -> None:
    answer = client.get(f"/auth/install?shop={SHOP}")
    url = urlsplit(answer.headers["Location"])
    assert (url.scheme, url.netloc, url.path) == ("https", SHOP, "/admin/oauth/authorize")
    query = parse_qs(url.query)
    assert query["client_id"] == [API_KEY]
    assert query["redirect_uri"] == [f"{APP_URL}/auth/callback"]
    assert set(query["scope"][0].split(",")) == set(SCOPES)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=Lax", "Path=/auth", "Max-Age=600"):
        assert part in cookie
    assert "Secure" not in cookie  # http on loopback


def test_the_cookie_is_secure_beyond_loopback(sqlite_url: str) -> None:
    from serializer_app import create_app

    public = Settings.from_env(
        {
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_APP_URL": "https://serializer.example.com",
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "DATABASE_URL": sqlite_url,
        }
    )
    answer = create_app(public).test_client().get(f"/auth/install?shop={SHOP}")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_form_takes_a_bare_name(client: FlaskClient) -> None:
    answer = client.get("/auth/install?name=Quiet-Mountain")
    assert urlsplit(answer.headers["Location"]).netloc == SHOP


@pytest.mark.parametrize(
    "query",
    [
        "", "shop=", "shop=evil.com", "shop=quiet-mountain", f"shop={SHOP}.evil.com", f"shop=https://{SHOP}",
        f"shop={SHOP}/x", f"shop={SHOP}%0d%0aX: y", f"shop=user@{SHOP}", f"shop={SHOP}&shop={OTHER_SHOP}",
        "shop=%C5%BFhop.myshopify.com", "shop=%ff.myshopify.com", "name=evil.com", "name=a/b", "name=%00",
        f"shop={'a' * 300}.myshopify.com",
    ],
)  # fmt: skip
def test_only_a_real_shop_name_begins_an_installation(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/auth/install?{query}")
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("secret", [API_SECRET, OLD_API_SECRET])
def test_an_honest_callback_installs_and_leads_into_the_admin(
    app: Flask, client: FlaskClient, shopify_api: responses.RequestsMock, secret: str
) -> None:
    grants_tokens(shopify_api)
    answer = client.get(f"/auth/callback?{callback_query(state=begun(client), secret=secret)}")
    assert answer.headers["Location"] == f"https://{SHOP}/admin/apps/{API_KEY}"
    body = shopify_api.calls[0].request.body
    assert b'"expiring": "1"' in (body if isinstance(body, bytes) else str(body).encode())
    with database(app).read() as session:
        shop = shops.installed(session, SHOP)
        assert tokens.standing(session, shop.id).usable


def test_a_callback_works_once_and_only_in_the_browser_that_began(
    app: Flask, client: FlaskClient, shopify_api: responses.RequestsMock
) -> None:
    grants_tokens(shopify_api)
    query = callback_query(state=begun(client))
    assert app.test_client().get(f"/auth/callback?{query}").status_code == 403
    assert client.get(f"/auth/callback?{query}").status_code == 302
    assert client.get(f"/auth/callback?{query}").status_code == 403
    assert len(shopify_api.calls) == 1


def test_a_state_of_another_shop_or_another_time_is_refused(client: FlaskClient) -> None:
    state = begun(client, OTHER_SHOP)
    assert client.get(f"/auth/callback?{callback_query(state=state)}").status_code == 403
    first = begun(client)
    begun(client)
    assert client.get(f"/auth/callback?{callback_query(state=first)}").status_code == 403
    assert client.get(f"/auth/callback?{callback_query(state='')}").status_code == 401
    assert client.get(f"/auth/callback?{callback_query(state='é漢')}").status_code == 403


@pytest.mark.parametrize(
    "cookie", ["", "x", "é", "eyJzdGF0ZSI6IngifQ.aaaaaa.bbbb", "." * 4000, "W10.aQ.x", id_token()]
)
def test_a_forged_cookie_proves_nothing(client: FlaskClient, cookie: str) -> None:
    client.set_cookie(COOKIE, cookie, path="/auth")
    assert client.get(f"/auth/callback?{callback_query(state='x')}").status_code == 403


CHANGES: dict[str, dict[str, Any]] = {
    "no code": {"code": None},
    "no shop": {"shop": None},
    "no state": {"state": None},
    "no timestamp": {"timestamp": None},
    "no hmac": {"hmac": ""},
    "foreign hmac": {"hmac": "0" * 64},
    "hmac not ASCII": {"hmac": "é" * 32},
    "wrong secret": {"secret": "guessed"},
    "old": {"timestamp": str(int(time.time()) - 4000)},
    "from the future": {"timestamp": str(int(time.time()) + 86_400)},  # however long the run takes
    "timestamp no number": {"timestamp": "١٢٣"},
    "no shop domain": {"shop": "evil.com"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_callback_that_shopify_did_not_send_is_401(client: FlaskClient, change: str) -> None:
    query = callback_query(**{"state": begun(client), **CHANGES[change]})
    assert client.get(f"/auth/callback?{query}").status_code == 401


@pytest.mark.parametrize(
    "added", ["&shop=" + OTHER_SHOP, "&code=2", "&state=2", "&timestamp=1", "&extra=1", "&%ff=%00"]
)
def test_nothing_can_be_added_to_a_signed_callback(client: FlaskClient, added: str) -> None:
    assert client.get(f"/auth/callback?{callback_query(state=begun(client))}{added}").status_code == 401


def test_fewer_scopes_than_asked_for_are_no_installation(
    app: Flask, client: FlaskClient, shopify_api: responses.RequestsMock
) -> None:
    grants_tokens(shopify_api, scope="write_orders,read_products,read_customers,write_app_proxy")
    answer = client.get(f"/auth/callback?{callback_query(state=begun(client))}")
    assert answer.status_code == 403
    assert "write_products" in answer.text
    with database(app).read() as session:
        assert shops.every(session) == []


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_a_code_that_shopify_refuses_is_a_page_and_no_installation(
    client: FlaskClient, shopify_api: responses.RequestsMock, status: int
) -> None:
    shopify_api.post(f"https://{SHOP}/admin/oauth/access_token", body="<html>no</html>", status=status)
    answer = client.get(f"/auth/callback?{callback_query(state=begun(client))}")
    assert answer.status_code in {401, 502}
    assert "<html lang" in answer.text


def test_installations_are_limited_by_address(client: FlaskClient) -> None:
    passed = 0
    while (answer := client.get(f"/auth/install?shop={SHOP}")).status_code == 302:
        passed += 1
        assert passed < 1000
    assert passed >= 60
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    elsewhere = client.get(f"/auth/install?shop={SHOP}", headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.9"})
    assert elsewhere.status_code == 302


# --- the bounce page --------------------------------------------------------------------------------------------

HOSTILE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "\t//evil.example", "/\n/evil.example", " //evil.example", "https:evil.example",
    "http:///evil.example", "javascript:alert(1)", "data:text/html,x", "/.//evil.example", "/..//evil.example",
    "/x/..//evil.example", "/%2e%2e//evil.example", "/a//b", f"{APP_URL}.evil.example/", f"{APP_URL}@evil.example/",
    f"{APP_URL}//evil.example", f"{APP_URL}\\@evil.example", APP_URL, "evil.example", "", "?x",
    "/auth/bounce?shopify-reload=/", "/auth/install?shop=x", "/é", "/／／evil.example", "/x\x00y", "/\x7f",
    "http://127.0.0.1:8001/", "http://user:pw@127.0.0.1:8000/", "/x/%2E./y", "/" + "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE)
def test_the_bounce_page_never_leads_elsewhere(client: FlaskClient, target: str) -> None:
    answer = client.get("/auth/bounce", query_string={"shop": SHOP, "shopify-reload": target})
    assert answer.status_code == 400
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "target", ["/", "/?shop=x&y=//evil", "/orders/5?a=b#c", f"{APP_URL}/orders", "/a%20b?next=https://x"]
)
def test_the_bounce_page_comes_back_to_pages_of_ours(client: FlaskClient, target: str) -> None:
    answer = client.get("/auth/bounce", query_string={"shop": SHOP, "shopify-reload": target})
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["", "shop=evil.com", f"shop={SHOP}&shop={SHOP}"])
def test_the_bounce_page_wants_one_shop(client: FlaskClient, query: str) -> None:
    assert client.get(f"/auth/bounce?{query}&shopify-reload=/").status_code == 400
    assert client.get(f"/auth/bounce?shop={SHOP}&shopify-reload=/&shopify-reload=/").status_code == 400


@given(st.text(alphabet="/\\.:@%?# \t\r\n\x00aeilv2E-\u2215\uff0f", max_size=30))
def test_whatever_is_let_through_stays_on_our_host_as_a_browser_reads_it(target: str) -> None:
    if not is_own_page(target, APP_URL):
        return
    # WHATWG: tab and newline vanish, a backslash is a slash, and two slashes in front begin a host.
    read = (
        target.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None}).replace("\\", "/")
    )
    assert read.startswith("/")
    assert not read.startswith("//")
    assert "//" not in read.partition("?")[0].partition("#")[0]
