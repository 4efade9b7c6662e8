"""Every answer of the Admin API means one thing: data, a wait, a new token, a shop that is away, or an end."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from responses import matchers

from serializer_app.config import Settings
from serializer_app.errors import AppError
from serializer_app.shopify import transport
from serializer_app.shopify.client import (
    AdminClient,
    Cost,
    PermanentFailure,
    Refused,
    ShopUnavailable,
    Throttled,
    Unauthorised,
    document,
)
from serializer_app.shopify.transport import TransientFailure, retry_after
from tests.shopify.conftest import SHOP, make_settings

URL = f"https://{SHOP}/admin/api/2026-10/graphql.json"
TOKEN = "shpat_never_in_a_log"
SHOP_DATA = {"data": {"shop": {"name": "Quiet Mountain"}}}


def cost(requested: Any = 40, available: Any = 1960, maximum: Any = 2000, rate: Any = 100) -> dict[str, Any]:
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}}


def failure(code: str | None, message: str = "no", **more: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"message": message}
    if code is not None:
        error["extensions"] = {"code": code}
    return {"errors": [error], **more}


@pytest.fixture
def admin(settings: Settings) -> AdminClient:
    return AdminClient(settings, SHOP, TOKEN)


def raised(admin: AdminClient) -> AppError:
    with pytest.raises(AppError) as caught:
        admin.execute("Shop")
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_a_call_posts_our_document_with_token_timeouts_and_no_redirects(
    admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(
        URL,
        json={**SHOP_DATA, "extensions": cost()},
        match=[
            matchers.header_matcher({"X-Shopify-Access-Token": TOKEN, "Content-Type": "application/json"}),
            matchers.json_params_matcher(
                {
                    "query": document("OwnerDigests"),
                    "operationName": "OwnerDigests",
                    "variables": {"ids": ["x"]},
                }
            ),
        ],
    )
    assert admin.execute("OwnerDigests", {"ids": ["x"]}) == SHOP_DATA["data"]
    sent = shopify_api.calls[0].request.req_kwargs  # type: ignore[attr-defined]
    assert (sent["timeout"], sent["stream"]) == ((5.0, 20.0), True)
    assert admin.last_cost == Cost(requested=40, available=1960, maximum=2000, restore_rate=100)


def test_a_redirect_is_not_followed_because_the_token_would_go_along(
    admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, status=307, headers={"Location": "https://evil.example/graphql.json"})
    assert raised(admin).code == "redirected"


@pytest.mark.parametrize(
    "shop", ["", "quiet-mountain", "evil.example", f"{SHOP}@evil.example", f"{SHOP}/..", SHOP.upper()]
)
def test_a_token_is_sent_to_checked_domains_only(shop: str, settings: Settings) -> None:
    with pytest.raises(AppError) as caught:
        AdminClient(settings, shop, TOKEN)
    assert caught.value.code == "invalid_shop"


@pytest.mark.parametrize(
    ("extensions", "wait"),
    [
        (cost(requested=100, available=20, rate=100), 0.8),
        (cost(requested=100, available=99, rate=100), 0.5),
        (cost(requested=1000, available=0, maximum=1000, rate=50), 20.0),
        (cost(requested=2000, available=0, maximum=2000, rate=1), 60.0),
        ({}, 2.0),
        ({"cost": None}, 2.0),
        (cost(rate=0), 2.0),
        (cost(rate="fast"), 2.0),
        (cost(available=None), 2.0),
    ],
)
def test_throttling_says_how_long_to_wait(
    extensions: dict[str, Any], wait: float, admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json=failure("THROTTLED", extensions=extensions))
    caught = raised(admin)
    assert isinstance(caught, Throttled)
    assert caught.retry_after == pytest.approx(wait)
    assert not caught.permanent


def test_a_call_dearer_than_the_bucket_is_permanent(
    admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json=failure("THROTTLED", extensions=cost(requested=3000, maximum=2000)))
    caught = raised(admin)
    assert isinstance(caught, PermanentFailure)
    assert (caught.code, caught.permanent) == ("max_cost_exceeded", True)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("2.0", 2.0), ("0.1", 0.5), ("0", 2.0), ("nonsense", 2.0), (None, 2.0), ("1e9", 3600.0), ("nan", 2.0)],
)
def test_too_many_requests_says_how_long_to_wait(
    header: str | None, wait: float, admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, status=429, headers={"Retry-After": header} if header else {})
    caught = raised(admin)
    assert isinstance(caught, Throttled)
    assert caught.retry_after == wait


def test_a_wait_may_be_an_http_date() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert retry_after("Sat, 21 Nov 2026 12:00:30 GMT", now) == 30.0
    assert retry_after("Sat, 21 Nov 2026 11:00:00 GMT", now) == 0.0
    assert retry_after("Sat, 21 Nov 2026 12:00:30 -0000", now) is None


@pytest.mark.parametrize("header", ["Sat, 99 Nov", "", "inf", "\x00", "9" * 400])
def test_a_wait_that_makes_no_sense_is_none(header: str) -> None:
    assert transport.Answer(503, {"Retry-After": header}, b"").retry_after() is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "permanent"),
    [
        (401, '{"errors":"[API] Invalid API key or access token"}', Unauthorised, "unauthorised", False),
        (402, "", ShopUnavailable, "shop_frozen", False),
        (404, "<html>", ShopUnavailable, "shop_not_found", False),
        (423, "", ShopUnavailable, "shop_locked", False),
        (403, "Forbidden", Refused, "refused", False),
        (403, '<html><th scope="row">Access denied</th></html>', Refused, "refused", False),
        (403, '{"errors":"Forbidden"}', Refused, "refused", False),
        (
            403,
            '{"errors":"requires merchant approval for read_orders scope"}',
            PermanentFailure,
            "access_denied",
            True,
        ),
        (
            403,
            '{"errors":"[API] Non-expiring access tokens are no longer accepted for the Admin API."}',
            Unauthorised,
            "token_must_expire",
            False,
        ),
        (400, "{}", PermanentFailure, "request_refused", True),
        (406, "", PermanentFailure, "request_refused", True),
        (413, "", PermanentFailure, "request_refused", True),
        (408, "", TransientFailure, "shopify_down", False),
        (425, "", TransientFailure, "shopify_down", False),
        (430, "", TransientFailure, "shopify_down", False),
        (500, "", TransientFailure, "shopify_down", False),
        (502, "<html>", TransientFailure, "shopify_down", False),
        (599, "", TransientFailure, "shopify_down", False),
        (204, "", TransientFailure, "no_graphql", False),
    ],
)
def test_each_status_means_one_thing(
    status: int,
    body: str,
    kind: type[AppError],
    code: str,
    permanent: bool,
    admin: AdminClient,
    shopify_api: responses.RequestsMock,
) -> None:
    shopify_api.post(URL, status=status, body=body)
    caught = raised(admin)
    assert type(caught) is kind
    assert (caught.code, caught.permanent) == (code, permanent)


def test_a_pause_that_a_failing_shopify_names_is_kept(
    admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, status=503, headers={"Retry-After": "7"})
    assert raised(admin).retry_after == 7.0


@pytest.mark.parametrize(
    ("body", "code", "permanent"),
    [
        (failure("INTERNAL_SERVER_ERROR"), "shopify_error", False),
        (failure("TIMEOUT"), "shopify_error", False),
        (
            failure(None, "Internal error. Looks like something went wrong on our end."),
            "shopify_error",
            False,
        ),
        (failure("SHOP_INACTIVE"), "shop_inactive", False),
        (failure("ACCESS_DENIED", data={"order": None}), "access_denied", True),
        (failure("MAX_COST_EXCEEDED"), "max_cost_exceeded", True),
        (failure("undefinedField", "Field 'x' doesn't exist"), "graphql_error", True),
        (failure(None, "syntax error"), "graphql_error", True),
        ({"errors": "Not Found"}, "no_graphql", False),
        ({"errors": ["x"]}, "no_graphql", False),
        ({"errors": [{"message": None, "extensions": {"code": 7}}]}, "graphql_error", True),
        ({}, "no_graphql", False),
        ({"data": None}, "no_graphql", False),
        ({"data": []}, "no_graphql", False),
        ([], "no_graphql", False),
        (7, "no_graphql", False),
    ],
)
def test_each_kind_of_error_inside_an_answer_is_told_apart(
    body: Any, code: str, permanent: bool, admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, json=body)
    caught = raised(admin)
    assert (caught.code, caught.permanent) == (code, permanent)


@pytest.mark.parametrize("body", ["", "<html>Something went wrong</html>", "{", "[" * 100_000, "\x00"])
def test_an_answer_that_is_no_json_is_worth_another_try(
    body: str, admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, body=body)
    caught = raised(admin)
    assert (caught.code, caught.permanent) == ("no_graphql", False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (requests.ConnectTimeout(), "timeout"),
        (requests.ReadTimeout(), "timeout"),
        (requests.ConnectionError("refused"), "network"),
        (requests.exceptions.SSLError("bad certificate"), "network"),
        (requests.exceptions.ChunkedEncodingError(), "network"),
    ],
)
def test_a_network_that_fails_is_worth_another_try(
    error: Exception, code: str, admin: AdminClient, shopify_api: responses.RequestsMock
) -> None:
    shopify_api.post(URL, body=error)
    caught = raised(admin)
    assert isinstance(caught, TransientFailure)
    assert (caught.code, caught.permanent) == (code, False)


def test_an_endless_answer_is_cut_off(admin: AdminClient, shopify_api: responses.RequestsMock) -> None:
    shopify_api.post(URL, body=b" " * (transport.LARGEST_ANSWER + 1))
    assert raised(admin).code == "answer_too_large"


def test_another_version_than_the_one_asked_for_is_said_once(
    shopify_api: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    admin = AdminClient(make_settings(SHOPIFY_API_VERSION="2026-07"), SHOP, TOKEN)
    url = URL.replace("2026-10", "2026-07")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            shopify_api.post(url, json=SHOP_DATA, headers={"X-Shopify-API-Version": "2027-01"})
            admin.execute("Shop")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "2027-01" in caplog.text


def test_a_stand_in_on_loopback_is_asked_directly_and_shopify_through_the_environments_proxy() -> None:
    stand_in = make_settings(SHOPIFY_ADMIN_ORIGIN="http://127.0.0.1:9")
    assert not transport.new_http(stand_in).trust_env
    assert transport.new_http(make_settings()).trust_env


def test_a_stand_in_is_asked_under_shopifys_own_paths(shopify_api: responses.RequestsMock) -> None:
    stand_in = make_settings(SHOPIFY_ADMIN_ORIGIN="http://127.0.0.1:9")
    shopify_api.post("http://127.0.0.1:9/admin/api/2026-10/graphql.json", json=SHOP_DATA)
    assert AdminClient(stand_in, SHOP, TOKEN).execute("Shop") == SHOP_DATA["data"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "data", "extensions", "cost", "code", "message", "throttleStatus"]),
            inner,
        )
    ),
    max_leaves=8,
)


@example_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(values, st.sampled_from([200, 200, 200, 400, 401, 403, 429, 500]))
def test_any_answer_at_all_is_data_or_an_expected_failure(settings: Settings, body: Any, status: int) -> None:
    admin = AdminClient(settings, SHOP, TOKEN)
    with responses.RequestsMock() as shopify_api:
        shopify_api.post(URL, body=json.dumps(body), status=status)
        wait: float | None = None
        try:
            data = admin.execute("Shop")
        except AppError as caught:
            data, wait = {}, caught.retry_after
    assert isinstance(data, dict)
    assert wait is None or 0 < wait <= 3600
