"""Shopify's own Liquid engine prints the merchant's snippets, mails and theme blocks as the dev store does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serializer_app.devstore.notification import HEADINGS, SNIPPETS
from tests.extensions.conftest import EXTENSIONS
from tests.liquid_engines import PythonLiquid, ShopifyLiquid

LOOP = "{{% for line_item in order.line_items %}}[{{{{ line_item.title | escape }}}}]{}{{% endfor %}}"
LINES = (466157049, 9007199254740993)
"""Shopify's IDs grow beyond 2⁵³, where a float would lose the last digit."""
THEME = EXTENSIONS / "theme"

# Whatever people type, and what breaks markup and templates. Surrogates cannot stand in JSON that Shopify keeps.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        ["<b>&amp;</b>", "{{ order.id }}", "{% raw %}", "O'Neil", 'say "hi"', "\u200d", "שלום", "007", " "]
    ),
)
WARRANTIES = st.one_of(
    st.none(),
    st.builds(
        lambda unit, value: {"unit": unit, "value": value},
        st.sampled_from(["day", "month", "year"]),
        st.sampled_from([1, 2, 24, 100]),
    ),
)
ITEMS = st.builds(
    lambda line, item_id, optional: {
        "lineItemId": line,
        "productVariantId": 1,
        "itemId": item_id,
        **optional,
    },
    st.sampled_from(LINES),
    TEXTS,
    st.fixed_dictionaries({}, optional={"serialNumber": TEXTS, "warrantyDuration": WARRANTIES}),
)
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        {},
        [],
        "text",
        7,
        True,
        {"items": None},
        {"items": "many"},
        {"items": [], "pages": 1e9},
        {"pages": -1},
    ]
)


def variables(main: Any, pages: list[Any]) -> dict[str, Any]:
    """What a notification template sees of an order whose ``properties`` hold ``main``, and ``pages`` after it."""
    fields = {f"properties_{number}": {"value": page} for number, page in enumerate(pages, start=2)}
    lines = [{"id": line, "title": f"Lamp {number}"} for number, line in enumerate(LINES)]
    metafields = {"serializer": {"properties": {"value": main}, **fields}}
    return {"order": {"id": 1, "name": "#1001", "line_items": lines, "metafields": metafields}}


def same_quotes(html: str) -> str:
    """The engines write the same character reference for an apostrophe in two ways."""
    return html.replace("&#x27;", "&#39;")


@pytest.mark.parametrize("snippet", HEADINGS)
@given(items=st.lists(ITEMS, max_size=4), more=st.lists(st.lists(ITEMS, max_size=2), max_size=2), odd=STRANGE)
@settings(max_examples=40)
def test_a_snippet_prints_the_same_in_both_engines(
    shopify_liquid: ShopifyLiquid,
    snippet: str,
    items: list[dict[str, Any]],
    more: list[list[dict[str, Any]]],
    odd: Any,
) -> None:
    source = LOOP.format((SNIPPETS / f"{snippet}.liquid").read_text(encoding="utf-8"))
    first: dict[str, Any] = {"currentTotalTrackable": len(items), "items": items}
    if more:
        first["pages"] = len(more) + 1
    for shown in (variables(first, [{"items": page} for page in more]), variables(odd, [])):
        assert shopify_liquid.render(source, shown) == same_quotes(PythonLiquid().render(source, shown))


@pytest.mark.parametrize("snippet", HEADINGS)
def test_shopify_prints_every_unit_on_its_line_and_no_markup(
    shopify_liquid: ShopifyLiquid, snippet: str
) -> None:
    """What the engines agree on is also right."""
    hostile = {"lineItemId": LINES[1], "itemId": "BBBB", "serialNumber": "<script>alert(1)</script>"}
    first = {"pages": 2, "items": [{"lineItemId": LINES[0], "itemId": "AAAA"}, hostile]}
    source = LOOP.format((SNIPPETS / f"{snippet}.liquid").read_text(encoding="utf-8"))
    page = shopify_liquid.render(
        source, variables(first, [{"items": [{"lineItemId": LINES[1], "itemId": "CCCC"}]}])
    )
    lamp, other = page.split("[Lamp 1]")
    assert "AAAA" in lamp
    assert "BBBB" not in lamp
    assert "BBBB" in other
    assert "CCCC" in other
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in other


def test_the_chain_that_order_printers_use_finds_the_serial_numbers(shopify_liquid: ShopifyLiquid) -> None:
    """Merchants pasted this years ago for the app of the first source document (platform.md §4)."""
    chain = (
        '{% assign found = order.metafields.serializer.properties.value.items | where: "lineItemId", line_item.id %}'
        '{{ found | map: "serialNumber" | join: ", " }}'
    )
    first = {
        "items": [{"lineItemId": LINES[1], "itemId": code, "serialNumber": f"SN-{code}"} for code in "AB"]
    }
    shown = variables(first, [])
    for engine in (shopify_liquid, PythonLiquid()):
        assert engine.render(LOOP.format(chain), shown) == "[Lamp 0][Lamp 1]SN-A, SN-B"


@pytest.mark.parametrize("language", ["en.default", "de"])
@pytest.mark.parametrize("block", sorted((THEME / "blocks").glob("*.liquid")), ids=lambda block: block.stem)
def test_a_theme_block_prints_the_same_in_both_engines(
    shopify_liquid: ShopifyLiquid, block: Path, language: str
) -> None:
    texts = json.loads((THEME / "locales" / f"{language}.json").read_text(encoding="utf-8"))
    source = re.sub(
        r"\{% schema %\}.*\{% endschema %\}", "", block.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    for heading in ("", "<b>Mine</b> {{ shop.name }}"):
        for visitor in ({}, {"order": {"id": LINES[1]}}, {"customer": {"id": LINES[1]}}):
            shown = {
                "block": {
                    "id": "b1",
                    "shopify_attributes": "",
                    "settings": {"heading": heading, "text": "<p>Hi</p>", "show_scan": True},
                },
                "request": {"locale": {"iso_code": language[:2]}},
                "routes": {"account_login_url": "/account/login"},
                **visitor,
            }
            page = shopify_liquid.render(source, shown, texts)
            assert page == same_quotes(PythonLiquid().render(source, shown, texts))
            assert "translation missing" not in page
            assert "<b>Mine" not in page
