from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests

from serializer_app.devstore.admin_api import AdminAnswer
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.signing import oauth_hmac
from serializer_app.devstore.tokens import ID_TOKEN, OFFLINE, TOKEN_EXCHANGE

PATH = "/admin/oauth/access_token"


def _ask(store: DevStore, **fields: str) -> AdminAnswer:
    form = {"client_id": store.api_key, "client_secret": store.tokens.api_secret, **fields}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return store.handle_admin(PATH, headers, urlencode(form).encode())


def _exchange(store: DevStore, subject: str, **more: str) -> AdminAnswer:
    fields = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": subject,
        "subject_token_type": ID_TOKEN,
        "requested_token_type": OFFLINE,
        "expiring": "1",
    }
    return _ask(store, **(fields | more))


def _refresh(store: DevStore, token: str) -> AdminAnswer:
    return _ask(store, grant_type="refresh_token", refresh_token=token)


def _body(answer: AdminAnswer) -> Any:
    assert answer.status == 200, answer
    return json.loads(answer.body)


def test_an_id_token_says_who_where_and_for_a_minute(store: DevStore) -> None:
    token = store.shop().id_token("7")
    claims = jwt.decode(token, store.tokens.api_secret, algorithms=["HS256"], audience=store.api_key)
    assert claims["dest"] == "https://demo.myshopify.com"
    assert claims["iss"] == "https://demo.myshopify.com/admin"
    assert claims["sub"] == "7"
    assert claims["exp"] - claims["nbf"] == 60
    assert {"jti", "sid", "iat"} <= claims.keys()


def test_an_id_token_is_exchanged_for_an_expiring_pair(store: DevStore) -> None:
    body = _body(_exchange(store, store.shop().id_token()))
    assert body["expires_in"] == pytest.approx(3600, abs=1)
    assert body["refresh_token_expires_in"] == pytest.approx(7_776_000, abs=1)
    assert "write_orders" in body["scope"].split(",")
    grant = store.tokens.grant_of(body["access_token"])
    assert grant is not None
    assert grant.shop == "demo.myshopify.com"


def test_without_expiring_the_token_is_of_the_old_kind(store: DevStore) -> None:
    body = _body(_exchange(store, store.shop().id_token(), expiring="0"))
    assert body.keys() == {"access_token", "scope"}


@pytest.mark.parametrize("claims", [{"life": -30}, {"aud": "another"}, {"dest": "https://evil.com"}])
def test_a_bad_id_token_is_refused(store: DevStore, claims: dict[str, Any]) -> None:
    answer = _exchange(store, store.shop().id_token(**claims))
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == "invalid_subject_token"


def test_a_wrong_client_secret_is_refused(store: DevStore) -> None:
    answer = _exchange(store, store.shop().id_token(), client_secret="wrong")
    assert json.loads(answer.body)["error"] == "invalid_client"


def test_refreshing_rotates_the_pair(store: DevStore) -> None:
    first = _body(_exchange(store, store.shop().id_token()))
    second = _body(_refresh(store, first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert store.tokens.grant_of(first["access_token"]) is None
    assert store.tokens.grant_of(second["access_token"]) is not None


def test_a_lost_answer_can_be_asked_for_again_until_its_replacement_is_used(store: DevStore) -> None:
    first = _body(_exchange(store, store.shop().id_token()))
    store.faults.token_time_out(after_success=True)
    with pytest.raises(requests.exceptions.ReadTimeout):
        _refresh(store, first["refresh_token"])
    second = _body(_refresh(store, first["refresh_token"]))
    assert second == _body(_refresh(store, first["refresh_token"]))
    third = _body(_refresh(store, second["refresh_token"]))
    assert store.tokens.grant_of(third["access_token"]) is not None
    spent = _refresh(store, first["refresh_token"])
    assert spent.status == 401
    assert json.loads(spent.body)["error"] == "invalid_request"
    assert "active refresh_token" in json.loads(spent.body)["error_description"]


def test_a_lost_answer_is_kept_for_thirty_days(store: DevStore) -> None:
    first = _body(_exchange(store, store.shop().id_token()))
    _refresh(store, first["refresh_token"])
    store.advance(29 * 86_400)
    assert store.tokens.grant_of(_body(_refresh(store, first["refresh_token"]))["access_token"]) is not None
    store.advance(2 * 86_400)
    assert _refresh(store, first["refresh_token"]).status == 401


def test_a_refresh_token_dies_after_ninety_days(store: DevStore) -> None:
    token = _body(_exchange(store, store.shop().id_token()))["refresh_token"]
    store.advance(90 * 86_400 + 1)
    assert _refresh(store, token).status == 401


def test_the_endpoint_can_fail_without_spending_the_token(store: DevStore) -> None:
    token = _body(_exchange(store, store.shop().id_token()))["refresh_token"]
    store.faults.token_error(2, status=503)
    assert [_refresh(store, token).status for _ in range(3)] == [503, 503, 200]


def test_a_refusal_may_come_as_html(store: DevStore) -> None:
    token = _body(_exchange(store, store.shop().id_token()))["refresh_token"]
    store.faults.refuse_refresh(html=True)
    answer = _refresh(store, token)
    assert answer.status == 401
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_answer_may_lack_its_expiry(store: DevStore) -> None:
    store.faults.token_without_expiry()
    body = _body(_exchange(store, store.shop().id_token()))
    assert body.keys() == {"access_token", "scope"}


def test_a_token_that_never_expires_is_migrated_and_the_answer_repeated(store: DevStore) -> None:
    old = store.shop().access_token(expiring=False).token
    migrated = _body(_exchange(store, old, subject_token_type=OFFLINE))
    assert migrated["expires_in"] == pytest.approx(3600, abs=1)
    assert store.tokens.grant_of(old) is None
    assert _body(_exchange(store, old, subject_token_type=OFFLINE)) == migrated
    _refresh(store, migrated["refresh_token"])
    assert _exchange(store, old, subject_token_type=OFFLINE).status == 400


def test_the_merchant_approves_and_the_code_buys_one_token(open_store: DevStore) -> None:
    open_store.app_url = "http://127.0.0.1:1"
    query = {
        "client_id": open_store.api_key,
        "scope": "write_orders,write_products",
        "redirect_uri": "http://127.0.0.1:1/auth/callback",
        "state": "nonce",
    }
    url = f"{open_store.origin}/admin/oauth/authorize"
    assert "Install" in requests.get(url, params=query, timeout=5).text
    answer = requests.post(url, data=query | {"shop": "demo.myshopify.com"}, timeout=5, allow_redirects=False)
    callback = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert callback["state"] == "nonce"
    assert callback["shop"] == "demo.myshopify.com"
    signature = callback.pop("hmac")
    assert oauth_hmac(open_store.tokens.api_secret, callback) == signature
    body = _body(_ask(open_store, code=callback["code"], expiring="1"))
    assert body["scope"] == "write_orders,write_products"
    assert _ask(open_store, code=callback["code"], expiring="1").status == 400


def test_an_unknown_app_or_a_foreign_redirect_is_not_authorised(open_store: DevStore) -> None:
    open_store.app_url = "http://127.0.0.1:1"
    url = f"{open_store.origin}/admin/oauth/authorize"
    query = {"client_id": open_store.api_key, "redirect_uri": "http://evil.example/"}
    assert requests.get(url, params=query, timeout=5).status_code == 400
    query = {"client_id": "other", "redirect_uri": "http://127.0.0.1:1/auth/callback"}
    assert requests.get(url, params=query, timeout=5).status_code == 400
