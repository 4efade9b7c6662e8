"""A grant is taken only when it makes sense, and a credential is given up only when Shopify says so in known words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from responses import matchers

from serializer_app import clock
from serializer_app.config import SCOPES, Settings
from serializer_app.errors import AppError
from serializer_app.shopify import oauth
from serializer_app.shopify.oauth import Grant, TokenError
from tests.conftest import API_KEY, API_SECRET
from tests.shopify.conftest import SHOP, make_settings

URL = f"https://{SHOP}/admin/oauth/access_token"
ANSWER = {
    "access_token": "shpat_new",
    "scope": "write_orders,write_products,read_customers,write_app_proxy",
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7776000,
}
CLIENT = {"client_id": API_KEY, "client_secret": API_SECRET}
EXCHANGE = {
    **CLIENT,
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
NO_ACTIVE_TOKEN = "This request requires an active refresh_token"


def refused(settings: Settings) -> TokenError:
    with pytest.raises(TokenError) as caught:
        oauth.refresh(settings, SHOP, "shprt_old")
    assert "shprt" not in str(caught.value)
    assert API_SECRET not in str(caught.value)
    return caught.value


# --- what is asked


def test_the_permission_url_leads_to_the_shop_itself(settings: Settings) -> None:
    url = urlsplit(oauth.permission_url(settings, SHOP, "nonce", "https://app.example/auth/callback"))
    assert (url.scheme, url.netloc, url.path) == ("https", SHOP, "/admin/oauth/authorize")
    assert parse_qs(url.query) == {
        "client_id": [API_KEY],
        "scope": [",".join(SCOPES)],
        "redirect_uri": ["https://app.example/auth/callback"],
        "state": ["nonce"],
    }


@pytest.mark.parametrize("version", ["2026-10", "unstable"])
def test_the_permission_url_leads_to_what_stands_in_for_shopify(version: str) -> None:
    stand_in = make_settings(SHOPIFY_ADMIN_ORIGIN="http://127.0.0.1:9", SHOPIFY_API_VERSION=version)
    url = oauth.permission_url(stand_in, SHOP, "nonce", "http://127.0.0.1:8000/auth/callback")
    assert url.startswith("http://127.0.0.1:9/admin/oauth/authorize?client_id=")


@pytest.mark.parametrize("shop", ["evil.example", "evil", f"{SHOP}/x", f"{SHOP}@evil.example", ""])
def test_no_permission_is_asked_of_and_no_secret_sent_to_anything_but_a_shop(
    shop: str, settings: Settings
) -> None:
    for act in (
        lambda: oauth.permission_url(settings, shop, "nonce", "https://app.example/"),
        lambda: oauth.refresh(settings, shop, "shprt_old"),
        lambda: oauth.exchange_code(settings, shop, "code"),
    ):
        with pytest.raises(AppError) as caught:
            act()
        assert caught.value.code == "invalid_shop"


def test_each_grant_asks_for_an_expiring_token_in_shopifys_words(
    settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    def expect(body: dict[str, str]) -> None:
        shopify_api.post(URL, json=ANSWER, match=[matchers.json_params_matcher(body)])

    expect({**CLIENT, "code": "abc", "expiring": "1"})
    assert oauth.exchange_code(settings, SHOP, "abc").access_token == "shpat_new"
    id_token = "urn:ietf:params:oauth:token-type:id_token"
    expect({**EXCHANGE, "subject_token": "a.b.c", "subject_token_type": id_token})
    assert oauth.exchange_id_token(settings, SHOP, "a.b.c").access_token == "shpat_new"
    offline = EXCHANGE["requested_token_type"]
    expect({**EXCHANGE, "subject_token": "shpat_old", "subject_token_type": offline})
    assert oauth.migrate_non_expiring(settings, SHOP, "shpat_old").access_token == "shpat_new"
    expect({**CLIENT, "grant_type": "refresh_token", "refresh_token": "shprt_old"})
    assert oauth.refresh(settings, SHOP, "shprt_old").access_token == "shpat_new"


# --- what is granted


def test_a_grant_holds_the_rotating_pair_and_when_each_ends(
    settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json=ANSWER)
    before = clock.now()
    grant = oauth.refresh(settings, SHOP, "shprt_old")
    assert (grant.refresh_token, grant.scopes) == ("shprt_new", frozenset(SCOPES))
    assert grant.expires_at is not None
    assert grant.refresh_expires_at is not None
    assert before <= grant.expires_at - timedelta(hours=1) <= clock.now()
    assert grant.refresh_expires_at - grant.expires_at == timedelta(days=90, hours=-1)
    assert "shpat" not in repr(grant)


def test_an_answer_without_an_end_does_not_brick_the_shop(
    settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json={"access_token": "shpat_new", "scope": "write_orders"})
    expected = Grant("shpat_new", frozenset({"write_orders"}), None, None, None)
    assert oauth.exchange_code(settings, SHOP, "abc") == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "é"},
        {"access_token": "shpat_new\r\nX-Evil: 1"},
        {"scope": ["write_orders"]},
        {"scope": 7},
        {"refresh_token": 7},
        {"refresh_token": ["shprt_new"]},
        {"expires_in": "3600"},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": True},
        {"expires_in": 1e300},
        {"expires_in": 10**400},
        {"refresh_token_expires_in": []},
    ],
)
def test_an_odd_answer_is_not_taken_and_nothing_is_given_up(
    changes: dict[str, Any], settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json={**ANSWER, **changes})
    caught = refused(settings)
    assert (caught.kind, caught.permanent) == ("transient", False)


@pytest.mark.parametrize("body", ["", "<html>Log in</html>", "[]", "null", "{", "[" * 100_000])
def test_a_page_instead_of_a_token_is_worth_another_try(
    body: str, settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, body=body)
    assert refused(settings).kind == "transient"


# --- what is refused


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, json.dumps({"error": "invalid_request", "error_description": NO_ACTIVE_TOKEN})),
        (400, json.dumps({"error": "invalid_request", "error_description": NO_ACTIVE_TOKEN})),
        (401, f"<html><body><h1>Oauth error invalid_request: {NO_ACTIVE_TOKEN}</h1></body></html>"),
        (400, json.dumps({"error": "invalid_subject_token"})),
        (400, json.dumps({"error": "invalid_grant", "error_description": "expired or revoked"})),
        (
            400,
            json.dumps(
                {
                    "error": "invalid_request",
                    "error_description": "The authorization code was not found or was already used",
                }
            ),
        ),
    ],
)
def test_a_grant_is_given_up_only_for_known_words(
    status: int, body: str, settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, status=status, body=body)
    caught = refused(settings)
    assert (caught.kind, caught.permanent, caught.retry_after) == ("terminal", True, None)


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (401, "<html>Unauthorized</html>", "transient", None),
        (401, "{}", "transient", None),
        (400, json.dumps({"error": "invalid_request", "error_description": "no shop"}), "transient", None),
        (400, json.dumps({"error": "invalid_client"}), "misconfigured", 300.0),
        (400, json.dumps({"error": "application_cannot_be_found"}), "misconfigured", 300.0),
        (402, "", "shop_unavailable", 3600.0),
        (423, "", "shop_unavailable", 3600.0),
        (404, "<html>", "shop_unavailable", 3600.0),
        (403, "<html>Forbidden</html>", "refused_here", 300.0),
        (403, json.dumps({"error": "invalid_grant"}), "refused_here", 300.0),
        (429, "", "throttled", 2.0),
        (500, f"<html>{NO_ACTIVE_TOKEN}</html>", "transient", None),
        (503, "", "transient", None),
        (302, "", "transient", None),
        (418, "", "transient", None),
        (400, json.dumps({"error": ["invalid_grant"]}), "transient", None),
        (400, json.dumps({"error": {"invalid_grant": 1}}), "transient", None),
    ],
)
def test_everything_else_keeps_the_grant(
    status: int,
    body: str,
    kind: str,
    wait: float | None,
    settings: Settings,
    shopify_api: responses.RequestsMock,
) -> None:
    shopify_api.post(URL, status=status, body=body)
    caught = refused(settings)
    assert (caught.kind, caught.permanent, caught.retry_after) == (kind, False, wait)
    assert caught.code == f"token_{kind}"


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_shopify_names_is_kept(
    status: int, settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, status=status, headers={"Retry-After": "12.5"})
    assert refused(settings).retry_after == 12.5


@pytest.mark.parametrize(
    "error", [requests.ConnectTimeout(), requests.ConnectionError("refused"), requests.ReadTimeout()]
)
def test_a_network_that_fails_keeps_the_grant(
    error: Exception, settings: Settings, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, body=error)
    caught = refused(settings)
    assert (caught.kind, caught.permanent) == ("transient", False)


json_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=3))
)


@example_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from([*ANSWER, "error", "error_description"]), json_values),
    st.sampled_from([200, 200, 400, 401, 403, 500]),
)
def test_any_answer_at_all_is_a_grant_or_the_one_exception(
    settings: Settings, answer: dict[str, Any], status: int
) -> None:
    with responses.RequestsMock() as shopify_api:
        shopify_api.post(URL, body=json.dumps(answer), status=status)
        given_up = False
        try:
            granted = bool(oauth.refresh(settings, SHOP, "shprt_old").access_token)
        except TokenError as caught:
            granted, given_up = False, caught.permanent
    assert status == 200 or not granted
    assert status in {400, 401} or not given_up


# --- scopes


def test_a_write_scope_covers_reading_and_what_was_not_granted_is_named() -> None:
    assert oauth.missing_scopes(SCOPES) == frozenset()
    assert (
        oauth.missing_scopes(["write_orders", "write_products", "write_customers", "write_app_proxy"])
        == frozenset()
    )
    assert oauth.missing_scopes(["read_orders", "write_products"]) == {
        "write_orders",
        "read_customers",
        "write_app_proxy",
    }
    assert oauth.missing_scopes([]) == frozenset(SCOPES)


def test_a_scope_of_another_shape_is_no_reason_to_fail() -> None:
    assert oauth.missing_scopes([*SCOPES, "customer_read_orders", "", "é"]) == frozenset()
