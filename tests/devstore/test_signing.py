"""The official vectors (platform.md §7): signatures that Shopify's own libraries verify."""

from __future__ import annotations

import pytest

from serializer_app.devstore.signing import oauth_hmac, proxy_signature, webhook_hmac


@pytest.mark.parametrize(
    ("secret", "body", "expected"),
    [
        ("secret", b"foo=anything", "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="),
        ("test_secret_key", b'{"foo": "bar"}', "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="),
    ],
)
def test_webhook_signatures_match_the_official_vectors(secret: str, body: bytes, expected: str) -> None:
    assert webhook_hmac(secret, body) == expected


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("1", "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"),
        ("", "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb"),
    ],
)
def test_proxy_signatures_match_the_official_vectors(customer: str, expected: str) -> None:
    params = {
        "extra": ["1", "2"],
        "shop": "shop-name.myshopify.com",
        "path_prefix": "/apps/awesome_reviews",
        "timestamp": "1317327555",
        "logged_in_customer_id": customer,
    }
    assert proxy_signature("hush", params) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"code": "a94a110d86d2452eb3e2af4cfb8a3828", "timestamp": "1337178173"},
            "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2",
        ),
        ({"ids[]": ["2", "1"]}, "b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e"),
    ],
)
def test_oauth_signatures_match_the_official_vectors(
    params: dict[str, str | list[str]], expected: str
) -> None:
    assert oauth_hmac("hush", {"shop": "some-shop.myshopify.com", **params}) == expected
