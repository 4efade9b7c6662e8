"""An id token opens the door only when Shopify signed it, for this app, for one shop, just now."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import HMACAlgorithm

from serializer_app.config import Settings
from serializer_app.shopify.id_tokens import LONGEST_TOKEN, InvalidIdToken, sign, verify
from tests.conftest import API_KEY, API_SECRET, OLD_API_SECRET
from tests.shopify.conftest import SHOP, make_settings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SETTINGS = make_settings()


def claims(**changes: Any) -> dict[str, Any]:
    """Claims as Shopify makes them; a change to None takes the claim away."""
    values = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": API_KEY,
        "sub": "42",
        "exp": SECONDS + 60,
        "nbf": SECONDS,
        "iat": SECONDS,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(*, secret: str = API_SECRET, **changes: Any) -> str:
    return sign(claims(**changes), secret)


def signed(header: bytes, payload: bytes, secret: str = API_SECRET) -> str:
    """A token of any bytes, with a right signature: what PyJWT would refuse to make."""
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{segment(HMACAlgorithm(HMACAlgorithm.SHA256).sign(text.encode(), secret.encode()))}"


@pytest.mark.parametrize("secret", [API_SECRET, OLD_API_SECRET])
def test_a_token_signed_with_the_current_or_the_old_secret_says_who_is_there(
    secret: str, settings: Settings
) -> None:
    raw = token(secret=secret)
    found = verify(raw, settings, NOW)
    assert (found.shop, found.user_id, found.raw) == (SHOP, "42", raw)
    assert found.session_id == claims()["sid"]
    assert found.expires_at == NOW + timedelta(seconds=60)
    assert raw not in repr(found)


def test_a_short_secret_is_no_reason_for_a_warning() -> None:
    assert verify(token(secret="hush"), make_settings(SHOPIFY_API_SECRET="hush"), NOW).shop == SHOP


@pytest.mark.parametrize("name", ["iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"])
@pytest.mark.parametrize("value", [None, "", 7.5, True, [], {}, -1, float("nan"), float("inf"), 10**30])
def test_every_claim_must_be_there_and_of_its_type(name: str, value: object) -> None:
    raw = signed(b'{"alg":"HS256","typ":"JWT"}', json.dumps(claims(**{name: value})).encode())
    with pytest.raises(InvalidIdToken):
        verify(raw, SETTINGS, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"aud": [API_KEY]},
        {"dest": "https://evil.example"},
        {"dest": f"http://{SHOP}"},
        {"dest": SHOP},
        {"dest": f"https://{SHOP}/"},
        {"dest": f"https://{SHOP}@evil.example"},
        {"dest": "https://other-shop.myshopify.com"},
        {"dest": f"https://{SHOP}".upper()},
        {"iss": "https://other-shop.myshopify.com/admin"},
        {"iss": f"https://{SHOP}"},
        {"iss": f"https://{SHOP}/admin/"},
        {"iss": f"https://{SHOP}/admin/oauth"},
        {"iss": f"http://{SHOP}/admin"},
        {"iss": f"https://{SHOP}:443/admin"},
        {"iss": "https://evil.example/admin", "dest": "https://evil.example"},
        {"exp": str(SECONDS + 60)},
        {"sub": 42},
    ],
)
def test_a_token_for_another_app_or_of_another_issuer_is_refused(changes: dict[str, Any]) -> None:
    raw = signed(b'{"alg":"HS256","typ":"JWT"}', json.dumps(claims(**changes)).encode())
    with pytest.raises(InvalidIdToken):
        verify(raw, SETTINGS, NOW)


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"exp": SECONDS - 9}, True),
        ({"exp": SECONDS - 10}, False),
        ({"nbf": SECONDS + 10}, True),
        ({"nbf": SECONDS + 11}, False),
        ({"iat": SECONDS + 10}, True),
        ({"iat": SECONDS + 11}, False),
    ],
)
def test_clocks_may_differ_by_ten_seconds(changes: dict[str, Any], good: bool) -> None:
    if good:
        assert verify(token(**changes), SETTINGS, NOW).shop == SHOP
    else:
        with pytest.raises(InvalidIdToken):
            verify(token(**changes), SETTINGS, NOW)


def test_a_token_of_another_secret_or_algorithm_is_refused() -> None:
    header, payload = segment(b'{"alg":"none"}'), segment(json.dumps(claims()).encode())
    unsigned = f"{header}.{payload}."
    others = [
        token(secret="another secret"),
        unsigned,
        unsigned + segment(b"x"),
        jwt.encode(claims(), API_SECRET * 2, algorithm="HS512"),
        signed(b'{"alg":"none"}', json.dumps(claims()).encode()),
        signed(b'{"alg":"RS256"}', json.dumps(claims()).encode()),
        signed(b'{"alg":"HS256","crit":["b64"],"b64":false}', json.dumps(claims()).encode()),
        signed(b'{"alg":"HS256","crit":["exp"]}', json.dumps(claims()).encode()),
    ]
    for raw in others:
        with pytest.raises(InvalidIdToken):
            verify(raw, SETTINGS, NOW)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\udc80",
        "x" * (LONGEST_TOKEN + 1),
        signed(b"[" * 2500, b"{}"),
        signed(b"[]", b"{}"),
        signed(b"{", b"{}"),
        signed(b'{"alg":7}', b"{}"),
        signed(b'{"alg":["HS256"]}', b"{}"),
        signed(b'{"alg":"HS256","kid":7}', b"{}"),
        signed(b'{"alg":"HS256"}', b"[" * 2500),
        signed(b'{"alg":"HS256"}', b"[]"),
        signed(b'{"alg":"HS256"}', b"7"),
        signed(b'{"alg":"HS256"}', b"\xff\xfe"),
        signed(b'{"alg":"HS256"}', b'{"exp":' + b"9" * 5000 + b"}"),
        token(padding="x" * LONGEST_TOKEN),
    ],
)
def test_garbage_is_refused_with_the_one_exception(raw: str | None) -> None:
    with pytest.raises(InvalidIdToken) as refused:
        verify(raw, SETTINGS, NOW)
    assert (refused.value.status, refused.value.code) == (401, "invalid_id_token")


@given(
    st.text(max_size=100) | st.lists(st.text(alphabet="ey.A-_x0{}", max_size=20), max_size=5).map(".".join)
)
def test_any_text_at_all_is_refused_with_the_one_exception(raw: str) -> None:
    with pytest.raises(InvalidIdToken):
        verify(raw, SETTINGS, NOW)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)
)
def test_any_header_and_claim_at_all_are_refused_with_the_one_exception(value: Any) -> None:
    content = json.dumps(value).encode()
    for raw in (signed(content, b"{}"), signed(b'{"alg":"HS256"}', content), token(exp=None, extra=value)):
        with pytest.raises(InvalidIdToken):
            verify(raw, SETTINGS, NOW)


@given(st.integers(min_value=0), st.sampled_from("aZ0_-.="))
def test_one_changed_letter_anywhere_is_noticed(place: int, letter: str) -> None:
    raw = token()
    place %= len(raw) - 1  # the last letter holds bits that base64 does not use
    changed = raw[:place] + letter + raw[place + 1 :]
    if changed != raw:
        with pytest.raises(InvalidIdToken):
            verify(changed, SETTINGS, NOW)
