"""The snippets that merchants paste: they print what is there, nothing where nothing is, and never markup."""

from __future__ import annotations

import json
import re

import liquid
import pytest

from serializer_app.devstore.notification import HEADINGS, SNIPPETS, mail_variables
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.shop import Shop

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def shop(store: DevStore) -> Shop:
    return store.shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    return shop.place_order([(shop.add_product("Lamp").variant, 2), (shop.add_product("Cable").variant, 1)])


def _item(order: Order, item_id: str, line: int = 0, **more: object) -> dict[str, object]:
    return {"lineItemId": order.lines[line].id, "productVariantId": 1, "itemId": item_id, **more}


def _write(shop: Shop, order: Order, items: list[dict[str, object]], **more: object) -> None:
    value = {"currentTotalTrackable": len(items), "items": items, **more}
    shop.write_metafield(order.gid, json.dumps(value), writer="app")


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("snippet", HEADINGS)
def test_nothing_is_printed_before_the_items_are_there(shop: Shop, order: Order, snippet: str) -> None:
    page = shop.render_mail(order, snippet)
    assert "Lamp" in page
    assert "serializer-unit" not in page


@pytest.mark.parametrize("snippet", HEADINGS)
def test_every_line_prints_its_own_units(shop: Shop, order: Order, snippet: str) -> None:
    items = [_item(order, "AAAA"), _item(order, "BBBB", serialNumber="SN-7"), _item(order, "CCCC", 1)]
    _write(shop, order, items)
    lamp, cable = _text(shop.render_mail(order, snippet)).split("Cable", 1)
    assert "AAAA" in lamp
    assert "BBBB" in lamp
    assert "SN-7" in lamp
    assert "CCCC" not in lamp
    assert "CCCC" in cable


@pytest.mark.parametrize(
    ("warranty", "words"),
    [
        ({"unit": "month", "value": 24}, "Warranty: 24 months"),
        ({"unit": "year", "value": 1}, "Warranty: 1 year"),
        ({"unit": "year", "value": 100}, "Warranty: lifetime"),
        ({"unit": "day", "value": 100}, "Warranty: 100 days"),
    ],
)
@pytest.mark.parametrize("snippet", ["order_confirmation", "shipping_confirmation"])
def test_warranty_is_said_in_words(
    shop: Shop, order: Order, snippet: str, warranty: dict[str, object], words: str
) -> None:
    _write(shop, order, [_item(order, "AAAA", warrantyDuration=warranty)])
    assert words in _text(shop.render_mail(order, snippet))


@pytest.mark.parametrize("snippet", ["order_confirmation", "shipping_confirmation"])
def test_no_warranty_says_nothing(shop: Shop, order: Order, snippet: str) -> None:
    _write(shop, order, [_item(order, "AAAA", warrantyDuration=None), _item(order, "BBBB")])
    assert "Warranty" not in shop.render_mail(order, snippet)


@pytest.mark.parametrize("snippet", HEADINGS)
def test_pages_beyond_the_first_are_read_as_well(shop: Shop, order: Order, snippet: str) -> None:
    _write(shop, order, [_item(order, "AAAA")], pages=3)
    for page in (2, 3):
        value = {"items": [_item(order, f"PAGE{page}")]}
        shop.write_metafield(order.gid, json.dumps(value), f"properties_{page}", writer="app")
    text = _text(shop.render_mail(order, snippet))
    assert all(code in text for code in ("AAAA", "PAGE2", "PAGE3"))


@pytest.mark.parametrize("autoescape", [True, False])
@pytest.mark.parametrize("snippet", HEADINGS)
def test_a_hostile_serial_number_stays_text(shop: Shop, order: Order, snippet: str, autoescape: bool) -> None:
    """Shopify's own mails do not escape by themselves: the snippets have to."""
    _write(shop, order, [_item(order, "AAAA", serialNumber=EVIL)])
    source = (SNIPPETS / f"{snippet}.liquid").read_text(encoding="utf-8")
    template = liquid.Environment(autoescape=autoescape).from_string(
        "{% for line_item in order.line_items %}" + source + "{% endfor %}"
    )
    page = template.render(**mail_variables(shop.state, order))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("value", ["{}", "[]", '"text"', '{"items": null}', '{"items": [], "pages": 1e9}'])
@pytest.mark.parametrize("snippet", HEADINGS)
def test_a_foreign_value_breaks_no_mail(shop: Shop, order: Order, snippet: str, value: str) -> None:
    shop.write_metafield(order.gid, value)
    page = shop.render_mail(order, snippet)
    assert "Lamp" in page
    assert "serializer-unit" not in page


def test_an_unknown_paper_is_a_key_error(shop: Shop, order: Order) -> None:
    with pytest.raises(KeyError):
        shop.render_mail(order, "novel")
