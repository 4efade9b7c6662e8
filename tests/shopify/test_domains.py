"""Only an exact myshopify domain is a shop; only an exact global ID has a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.shopify.domains import gid, numeric_id, shop_domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("quiet-mountain.myshopify.com", "quiet-mountain.myshopify.com"),
        ("Quiet-MOUNTAIN.myshopify.com", "quiet-mountain.myshopify.com"),
        ("1-2.myshopify.com", "1-2.myshopify.com"),
        ("a" * 241 + ".myshopify.com", "a" * 241 + ".myshopify.com"),
    ],
)
def test_a_real_domain_is_a_shop_in_lower_case(text: str, domain: str) -> None:
    assert shop_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "quiet-mountain",
        "quiet-mountain.",
        "quiet-mountain.myshopify",
        "quiet-mountain.myshopify.com.",
        "quiet-mountain.myshopify.com\n",
        " quiet-mountain.myshopify.com",
        "quiet-mountain.myshopify.com ",
        "https://quiet-mountain.myshopify.com",
        "quiet-mountain.myshopify.com/",
        "quiet-mountain.myshopify.com/admin",
        "quiet-mountain.myshopify.com:443",
        "quiet-mountain.myshopify.com@evil.example",
        "evil.example/.myshopify.com",
        "evil.example#.myshopify.com",
        "evil.example?.myshopify.com",
        "user@quiet-mountain.myshopify.com",
        "a.b.myshopify.com",
        "quiet_mountain.myshopify.com",
        "-quiet.myshopify.com",
        "quiet-.myshopify.com",
        ".myshopify.com",
        "myshopify.com",
        "evil.com",
        "quiet-mountain.myshopify.com.evil.example",
        "quiet-mountainmyshopify.com",
        "quiet-mountain.myshopify.org",
        "quıet.myshopify.com",
        "\u212angston.myshopify.com",
        "quiet\x00.myshopify.com",
        "quiet%2e.myshopify.com",
        "ｑuiet.myshopify.com",
        "١٢.myshopify.com",
        "a" * 242 + ".myshopify.com",
    ],
)
def test_anything_else_is_no_shop_and_is_not_repaired(text: str | None) -> None:
    assert shop_domain(text) is None


@given(st.text(max_size=300))
def test_what_is_taken_for_a_shop_is_plain_and_ends_as_it_must(text: str) -> None:
    domain = shop_domain(text)
    assert domain is None or (
        domain == text.lower() and domain.isascii() and domain.endswith(".myshopify.com")
    )


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_global_id_gives_its_number_back(number: int) -> None:
    assert numeric_id(gid("Order", number)) == number


def test_a_global_id_may_carry_a_query() -> None:
    assert numeric_id("gid://shopify/LineItem/12?calculated=1") == 12


@pytest.mark.parametrize(
    "text",
    ["", "12", "gid://shopify/Order/", "gid://shopify/Order/x", "gid://shopify/Order/1\n", "gid://x/Order/1"],
)
def test_what_is_no_global_id_has_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="global ID"):
        numeric_id(text)
