"""A text signed for one door opens no other, although Shopify signs all of them with one secret and one algorithm.

Each test takes a text that somebody can really get signed (a visitor's proxy request, a staff member's id token, a
merchant's OAuth callback, a webhook) and presents its digest at the other doors.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import serializer_app
from serializer_app.shopify import id_tokens
from serializer_app.shopify.id_tokens import InvalidIdToken
from serializer_app.shopify.signatures import (
    InvalidSignature,
    reads_as_proxy_text,
    sign_oauth,
    sign_webhook,
    verify_oauth_callback,
    verify_proxy,
    verify_webhook,
)
from serializer_app.store.crypto import Vault
from tests.conftest import API_KEY, API_SECRET, ENCRYPTION_KEY
from tests.shopify.conftest import make_settings
from tests.shopify.test_recuts import NAMES, NOW, TIME, Pairs, Signed, recuts, signed_by_shopify

LONG = "a secret as long as PyJWT wants one to be"
SETTINGS = make_settings(SHOPIFY_API_SECRET="hush", SHOPIFY_OLD_API_SECRET=LONG)
SECRETS = SETTINGS.secrets


def raw_digest(signed: Signed) -> bytes:
    return bytes.fromhex(signed.signature)


def is_webhook(text: bytes, digest: bytes) -> bool:
    return verify_webhook(text, base64.b64encode(digest).decode(), SECRETS)


def is_id_token(signing_input: str, digest: bytes) -> bool:
    token = f"{signing_input}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    try:
        id_tokens.verify(token, SETTINGS, NOW)
    except InvalidIdToken:
        return False
    return True


def is_callback(pairs: Pairs, digest: bytes) -> bool:
    try:
        verify_oauth_callback([*pairs, ("hmac", digest.hex())], SECRETS, NOW)
    except InvalidSignature:
        return False
    return True


def is_proxy_request(text: str, digest: bytes) -> bool:
    for pairs in recuts(text):
        try:
            verify_proxy(urlencode([*pairs, ("signature", digest.hex())]), SECRETS, NOW)
        except InvalidSignature:
            continue
        return True
    return False


# --- a visitor's proxy text -------------------------------------------------------------------------------------

payloads = st.dictionaries(st.text("abcdefgh_", min_size=1), st.integers() | st.text(max_size=5), min_size=1)


@given(
    st.text(" \t\r\n", min_size=1, max_size=3),
    payloads,
    st.sampled_from(["by line", "by key"]),
    st.sampled_from([None, 7]),
)
def test_a_proxy_text_that_is_valid_json_is_no_webhook(
    space: str, payload: dict[str, Any], order: Any, customer: int | None
) -> None:
    opened = json.dumps({**payload, "zz": "="})
    begin, _, end = opened.rpartition("=")
    signed = signed_by_shopify([(space + begin, ""), ("u", end)], customer, order, "lost")
    assert json.loads(signed.text)  # what a visitor sent, with Shopify's own lines inside a string
    assert reads_as_proxy_text(signed.text.encode())
    assert not is_webhook(signed.text.encode(), raw_digest(signed))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.tuples(texts, texts), max_size=5),
    st.sampled_from(["by line", "by key"]),
    st.sampled_from(["lost", "theirs first", "ours first"]),
)
def test_no_proxy_text_at_all_is_a_webhook_or_an_id_token(visitor: Pairs, order: Any, repeats: Any) -> None:
    signed = signed_by_shopify(visitor, 7, order, repeats)
    assert not is_webhook(signed.text.encode(), raw_digest(signed))
    assert not is_id_token(signed.text, raw_digest(signed))


@given(st.recursive(texts | st.integers(), lambda inner: st.dictionaries(texts, inner), max_leaves=5), texts)
def test_a_webhook_may_hold_the_names_in_any_of_its_strings(value: Any, text: str) -> None:
    """An order's landing site is a visitor's own address, and may look like a proxy request."""
    names = "".join(f"{name}=1" for name in NAMES)
    body = json.dumps({"id": 1, "landing_site": f"/{text}?{names}", "note": value}).encode()
    assert verify_webhook(body, sign_webhook(body, "hush"), SECRETS)


def test_a_proxy_text_that_reads_as_a_callback_is_none() -> None:
    """The visitor writes the callback of another shop into one parameter, ``&`` and all."""
    own = f"logged_in_customer_id=path_prefix=/apps/serializershop=real.myshopify.comtimestamp={TIME}"
    begun = f"code=theirs&shop=victim.myshopify.com&state=nonce&timestamp={TIME}&x"
    signed = signed_by_shopify([(begun, "")], None, "by key", "lost")
    callback = [("code", "theirs"), ("shop", "victim.myshopify.com"), ("state", "nonce"), ("timestamp", TIME)]
    forged = [*callback, ("x", own)]
    assert sign_oauth(forged, "hush") == signed.signature
    assert not is_callback(forged, raw_digest(signed))


def test_a_proxy_text_is_no_id_token_though_a_lenient_decoder_reads_one() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","x":"').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"aud":"x"}').decode().rstrip("=")
    signed = signed_by_shopify([(f"{header}.{claims}", "")], None, "by key", "lost")
    assert not is_id_token(signed.text, raw_digest(signed))


@pytest.mark.parametrize("junk", ["=", "==", "!", "\n", " ", "+/", "."])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_characters_that_a_lenient_decoder_skips_is_refused(junk: str, part: int) -> None:
    """Signed over the very text, so only strictness about the alphabet refuses it: ours, and PyJWT's (2.14), which
    lets nothing pass but padding.
    """
    now = datetime.now(UTC).timestamp()
    claims = {"aud": API_KEY, "exp": int(now) + 60, "nbf": int(now), "iat": int(now)}
    parts = id_tokens.sign(claims, LONG).split(".")
    parts[part] += junk
    signature = base64.b64decode(sign_webhook(f"{parts[0]}.{parts[1]}".encode(), LONG))
    if part < 2:
        parts[2] = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    token = ".".join(parts)
    with pytest.raises(InvalidIdToken):
        id_tokens.verify(token, SETTINGS)
    if junk.strip("="):
        with pytest.raises(jwt.DecodeError):
            jwt.decode(token, LONG, algorithms=["HS256"], audience=API_KEY)


# --- the other texts --------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["iss", "dest", "sub", "sid"]), texts))
def test_an_id_token_is_neither_webhook_nor_proxy_request_nor_callback(claims: dict[str, Any]) -> None:
    signing_input, _, signature = id_tokens.sign(claims, "hush").rpartition(".")
    digest = base64.urlsafe_b64decode(signature + "=")
    assert base64.b64encode(digest).decode() == sign_webhook(signing_input.encode(), "hush")
    # The door of webhooks wants a JSON object; the other two texts have an "=" in every line.
    assert not signing_input.startswith("{")
    assert "=" not in signing_input
    assert not is_proxy_request(signing_input, digest)
    assert not is_callback([(signing_input, "")], digest)


@given(
    texts,
    st.sampled_from(["", "logged_in_customer_id=9path_prefix=/apps/xshop=victim.myshopify.comtimestamp=1"]),
)
def test_a_callback_is_neither_webhook_nor_proxy_request(state: str, hidden: str) -> None:
    """Whoever begins an installation chooses its ``state``."""
    callback = [("code", "c0de"), ("host", "YWRtaW4"), ("shop", "real.myshopify.com"), ("timestamp", TIME)]
    pairs = [*callback, ("state", state + hidden)]
    digest = bytes.fromhex(sign_oauth(pairs, "hush"))
    escaped = [(key, value.replace("%", "%25").replace("&", "%26")) for key, value in pairs]
    text = "&".join(sorted(f"{key}={value}" for key, value in escaped))
    assert sign_webhook(text.encode(), "hush") == base64.b64encode(digest).decode()
    assert not text.startswith("{")
    assert not is_proxy_request(text, digest)
    assert not is_id_token(text, digest)


@given(payloads)
def test_a_webhook_is_neither_proxy_request_nor_id_token(payload: dict[str, Any]) -> None:
    text = json.dumps({**payload, "note": "".join(f"{name}=7" for name in NAMES)})
    digest = base64.b64decode(sign_webhook(text.encode(), "hush"))
    assert not is_proxy_request(text, digest)
    assert not is_id_token(text, digest)


# --- our own signatures -----------------------------------------------------------------------------------------


def test_each_of_our_own_seals_has_a_key_of_its_own() -> None:
    source = "".join(file.read_text() for file in Path(serializer_app.__file__).parent.rglob("*.py"))
    purposes = re.findall(r"derived_keys\(\s*\"([^\"]+)\"\s*\)", source)
    assert len(purposes) >= 4
    assert len(set(purposes)) == len(purposes) == source.count(".derived_keys(")
    vault = Vault((ENCRYPTION_KEY,))
    keys = {key for purpose in purposes for key in vault.derived_keys(purpose)}
    assert len(keys) == len(purposes)
    assert API_SECRET.encode() not in keys
