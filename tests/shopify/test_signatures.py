"""Shopify's own vectors hold, and nothing that Shopify did not sign in exactly this reading gets through."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.shopify.signatures import (
    InvalidSignature,
    OAuthCallback,
    ProxyIdentity,
    parse_query,
    sign_oauth,
    sign_proxy,
    sign_webhook,
    verify_oauth_callback,
    verify_proxy,
    verify_webhook,
)

NOW = datetime.fromtimestamp(1317327555, UTC)
SECRETS = ("hush", "the-old-one")
SHOP = "shop-name.myshopify.com"
FIVE = ("shop", "path_prefix", "timestamp", "logged_in_customer_id", "signature")


def proxy_pairs(**changes: str) -> list[tuple[str, str]]:
    values = {
        "shop": SHOP,
        "path_prefix": "/apps/awesome_reviews",
        "timestamp": "1317327555",
        "logged_in_customer_id": "1",
        **changes,
    }
    return list(values.items())


def signed_query(pairs: list[tuple[str, str]], secret: str = "hush") -> str:
    return urlencode([*pairs, ("signature", sign_proxy(pairs, secret))])


# --- webhooks


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        ("secret", b"foo=anything", "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="),
        ("test_secret_key", b'{"foo": "bar"}', "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="),
    ],
)
def test_the_published_webhook_vectors_hold(secret: str, body: bytes, signature: str) -> None:
    assert sign_webhook(body, secret) == signature
    assert verify_webhook(body, signature, (secret,))
    assert verify_webhook(body, signature, ("new", secret))


@pytest.mark.parametrize(
    "header", [None, "", "x", "é", "\udc80", "A" * 100_000, sign_webhook(b"other", "hush")]
)
def test_a_webhook_with_another_header_is_refused_without_an_exception(header: str | None) -> None:
    assert not verify_webhook(b"body", header, SECRETS)


def test_an_empty_secret_never_verifies_anything() -> None:
    assert not verify_webhook(b"body", sign_webhook(b"body", ""), ("", "hush"))
    with pytest.raises(InvalidSignature):
        verify_proxy(signed_query(proxy_pairs(), ""), ("", "hush"), NOW)


@given(st.binary(max_size=200), st.sampled_from(SECRETS))
def test_any_body_signed_with_a_current_or_old_secret_is_accepted(body: bytes, secret: str) -> None:
    assert verify_webhook(body, sign_webhook(body, secret), SECRETS)
    assert not verify_webhook(body + b" ", sign_webhook(body, secret), SECRETS)


# --- app proxy


@pytest.mark.parametrize(
    ("customer", "signature", "customer_id"),
    [
        ("1", "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb", 1),
        ("", "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb", None),
    ],
)
def test_the_published_proxy_vectors_hold(customer: str, signature: str, customer_id: int | None) -> None:
    pairs = [("extra", "1"), ("extra", "2"), *proxy_pairs(logged_in_customer_id=customer)]
    assert sign_proxy(pairs, "hush") == signature
    query = urlencode([*pairs, ("signature", signature)])
    expected = ProxyIdentity(SHOP, customer_id, "/apps/awesome_reviews", [("extra", "1"), ("extra", "2")])
    assert verify_proxy(query, SECRETS, NOW) == expected
    assert verify_proxy(query.encode(), ("new", "hush"), NOW) == expected


@pytest.mark.parametrize("name", FIVE)
def test_each_of_the_five_parameters_is_wanted_exactly_once(name: str) -> None:
    pairs = [*proxy_pairs(), ("signature", sign_proxy(proxy_pairs(), "hush"))]
    without = [pair for pair in pairs if pair[0] != name]
    twice = [*pairs, next(pair for pair in pairs if pair[0] == name)]
    for chosen in (without, twice):
        unsigned = [pair for pair in chosen if pair[0] != "signature"]
        if name != "signature":
            chosen = [*unsigned, ("signature", sign_proxy(unsigned, "hush"))]
        with pytest.raises(InvalidSignature):
            verify_proxy(urlencode(chosen), SECRETS, NOW)


@pytest.mark.parametrize(("seconds", "good"), [(-91, False), (-90, True), (0, True), (90, True), (91, False)])
def test_a_proxy_request_is_good_for_ninety_seconds_either_way(seconds: int, good: bool) -> None:
    query = signed_query(proxy_pairs())
    if good:
        assert verify_proxy(query, SECRETS, NOW + timedelta(seconds=seconds)).shop == SHOP
    else:
        with pytest.raises(InvalidSignature, match="Unauthorized"):
            verify_proxy(query, SECRETS, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": " 1317327555"},
        {"timestamp": "+1317327555"},
        {"timestamp": "1_317_327_555"},
        {"timestamp": "1317327555.0"},
        {"timestamp": "１３１７３２７５５５"},
        {"timestamp": "-1"},
        {"timestamp": ""},
        {"timestamp": "9" * 5000},
        {"shop": "shop-name"},
        {"shop": "evil.example"},
        {"shop": "shop-name.myshopify.com.evil.example"},
        {"shop": ""},
        {"logged_in_customer_id": "abc"},
        {"logged_in_customer_id": "-1"},
        {"logged_in_customer_id": "1 "},
        {"logged_in_customer_id": "٣"},
        {"logged_in_customer_id": str(2**63)},
        {"logged_in_customer_id": "1" * 5000},
    ],
)
def test_a_well_signed_but_malformed_parameter_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verify_proxy(signed_query(proxy_pairs(**changes)), SECRETS, NOW)


def test_the_largest_customer_id_is_one() -> None:
    query = signed_query(proxy_pairs(logged_in_customer_id=str(2**63 - 1)))
    assert verify_proxy(query, SECRETS, NOW).customer_id == 2**63 - 1


@pytest.mark.parametrize("signature", ["", "é", "ß" * 64, "\udcff", "0" * 64, "A" * 100_000])
def test_a_wrong_signature_is_refused_without_another_exception(signature: str) -> None:
    query = urlencode([*proxy_pairs(), ("signature", signature)], errors="surrogatepass")
    with pytest.raises(InvalidSignature):
        verify_proxy(query, SECRETS, NOW)


def _message(pairs: list[tuple[str, str]]) -> str:
    return "".join(sorted(f"{key}={value}" for key, value in pairs))


@pytest.mark.parametrize(
    ("asked", "forged"),
    [
        (  # an anonymous visitor hides a customer id inside a parameter of their own
            [("a", "logged_in_customer_id=7m=")],
            [("a", ""), ("logged_in_customer_id", "7"), ("m", "logged_in_customer_id=")],
        ),
        (  # the owner of one shop hides another shop, with its whole request
            [("a", "logged_in_customer_id=7path_prefix=/pshop=victim.myshopify.comt=")],
            [
                ("a", ""),
                ("logged_in_customer_id", "7"),
                ("path_prefix", "/p"),
                ("shop", "victim.myshopify.com"),
                ("t", "logged_in_customer_id=path_prefix=/appsshop=shop-name.myshopify.com"),
            ],
        ),
    ],
)
def test_a_signed_text_that_can_be_cut_in_another_way_is_refused(
    asked: list[tuple[str, str]], forged: list[tuple[str, str]]
) -> None:
    honest = [*asked, *proxy_pairs(logged_in_customer_id="", path_prefix="/apps")]
    names = {key for key, _ in forged}
    shifted = [*forged, *(pair for pair in proxy_pairs(path_prefix="/apps") if pair[0] not in names)]
    assert _message(honest) == _message(shifted)  # so Shopify's signature of the one fits the other
    signature = ("signature", sign_proxy(honest, "hush"))
    for pairs in (shifted, honest):
        with pytest.raises(InvalidSignature, match="Unauthorized") as refused:
            verify_proxy(urlencode([*pairs, signature]), SECRETS, NOW)
        assert "more than one way" in refused.value.reason


def test_both_orders_of_sorting_are_known() -> None:
    pairs = [("a", "1"), ("a1", "2"), *proxy_pairs()]
    by_key = "".join(f"{key}={value}" for key, value in sorted(pairs))
    assert by_key != _message(pairs)
    for message in (by_key, _message(pairs)):
        signature = hmac.digest(b"hush", message.encode(), "sha256").hex()
        assert (
            verify_proxy(urlencode([*pairs, ("signature", signature)]), SECRETS, NOW).parameters == pairs[:2]
        )


parameters = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6).filter(
    lambda pairs: not any(name in key + value for name in FIVE for key, value in pairs)
)


@given(parameters)
def test_whatever_else_a_visitor_sends_is_verified_and_handed_on(pairs: list[tuple[str, str]]) -> None:
    identity = verify_proxy(signed_query([*pairs, *proxy_pairs()]), SECRETS, NOW)
    assert identity.parameters == pairs


@given(st.binary(max_size=300))
def test_any_query_at_all_is_refused_with_the_one_exception(query: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify_proxy(query, SECRETS, NOW)


@given(
    st.lists(st.sampled_from([*"&=+%;#aé\x00", "%C3", "%A9", "%zz", "%", "%f0%9f", "%ED%A0%80"]), max_size=20)
)
def test_a_query_is_decoded_as_the_standard_library_and_the_official_one_do(pieces: list[str]) -> None:
    query = "".join(pieces)
    assert parse_query(query) == parse_query(query.encode()) == parse_qsl(query, keep_blank_values=True)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_one_flipped_bit_anywhere_is_noticed(place: int, bit: int) -> None:
    query = bytearray(signed_query(proxy_pairs()).encode())
    query[place % len(query)] ^= 1 << bit
    if parse_query(bytes(query)) != parse_query(signed_query(proxy_pairs())):
        with pytest.raises(InvalidSignature):
            verify_proxy(bytes(query), SECRETS, NOW)


# --- OAuth

CALLBACK = [("shop", "some-shop.myshopify.com"), ("code", "a94a110d86d2452eb3e2af4cfb8a3828")]
OAUTH_NOW = datetime.fromtimestamp(1337178173, UTC)


def callback(**changes: str) -> list[tuple[str, str]]:
    values = {**dict(CALLBACK), "state": "nonce", "timestamp": "1337178173", "host": "YWRtaW4", **changes}
    return list(values.items())


def signed(pairs: list[tuple[str, str]], secret: str = "hush") -> list[tuple[str, str]]:
    return [*pairs, ("hmac", sign_oauth(pairs, secret))]


def test_the_published_oauth_vectors_hold() -> None:
    timestamp = ("timestamp", "1337178173")
    assert sign_oauth([*CALLBACK, timestamp], "hush") == (
        "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2"
    )
    assert sign_oauth([CALLBACK[0], ("ids[]", "2"), ("ids[]", "1")], "hush") == (
        "b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e"
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_a_callback_signed_with_a_current_or_old_secret_says_who_comes(secret: str) -> None:
    assert verify_oauth_callback(signed(callback(), secret), SECRETS, OAUTH_NOW) == OAuthCallback(
        "some-shop.myshopify.com", "a94a110d86d2452eb3e2af4cfb8a3828", "nonce", "YWRtaW4"
    )


@pytest.mark.parametrize("name", ["code", "hmac", "shop", "state", "timestamp"])
def test_a_callback_needs_every_parameter_once(name: str) -> None:
    pairs = signed(callback())
    without = [pair for pair in pairs if pair[0] != name]
    doubled = [*pairs, next(pair for pair in pairs if pair[0] == name)]
    for chosen in (without, doubled, signed([pair for pair in callback() if pair[0] != name])):
        if name == "hmac" and chosen == pairs:
            continue
        with pytest.raises(InvalidSignature):
            verify_oauth_callback(chosen, SECRETS, OAUTH_NOW)


@pytest.mark.parametrize("minutes", [-6, 6, 60, 60 * 23])
def test_a_callback_is_good_for_five_minutes(minutes: int) -> None:
    with pytest.raises(InvalidSignature):
        verify_oauth_callback(signed(callback()), SECRETS, OAUTH_NOW + timedelta(minutes=minutes))


def test_delimiters_inside_a_callback_cannot_move_its_boundaries() -> None:
    honest = signed(callback(state="x&timestamp=1337178173"))
    assert verify_oauth_callback(honest, SECRETS, OAUTH_NOW).state == "x&timestamp=1337178173"
    shifted = [("state", "x") if key == "state" else (key, value) for key, value in honest]
    with pytest.raises(InvalidSignature):
        verify_oauth_callback(shifted, SECRETS, OAUTH_NOW)


@given(
    st.lists(
        st.tuples(st.sampled_from(["shop", "hmac", "code", "ids[]", "state", "é"]), st.text()), max_size=8
    )
)
def test_any_callback_at_all_is_refused_with_the_one_exception(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidSignature):
        verify_oauth_callback(pairs, SECRETS, OAUTH_NOW)


def test_a_query_string_is_what_a_callback_is_parsed_from() -> None:
    query = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in signed(callback()))
    assert verify_oauth_callback(parse_query(query), SECRETS, OAUTH_NOW).code == CALLBACK[1][1]
