"""The theme app extension's blocks in a real Chromium, on a page of the pretend shop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import liquid
import pytest
from playwright.sync_api import Browser, Page, expect

from serializer_app.devstore.orders import Order
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from tests.browser.conftest import PATIENCE, SCREENSHOTS
from tests.extensions.conftest import EXTENSIONS
from tests.town import Town

pytestmark = pytest.mark.browser

THEME = EXTENSIONS / "theme"
HOSTILE = "<img src=x onerror=window.pwned=1>{{ shop }}"


def rendered(block: str, language: str = "en.default", **variables: Any) -> str:
    """A block as a theme would put it into a page: its Liquid with Shopify's ``t`` filter."""
    source = (THEME / "blocks" / f"{block}.liquid").read_text(encoding="utf-8")
    texts = json.loads((THEME / "locales" / f"{language}.json").read_text(encoding="utf-8"))

    def translate(key: str) -> str:
        room, name = key.split(".")
        text: str = texts[room][name]
        return text

    environment = liquid.Environment()
    environment.filters["t"] = translate
    environment.filters["url_encode"] = str
    body = re.sub(r"\{% schema %\}.*\{% endschema %\}", "", source, flags=re.DOTALL)
    settings = {"heading": "Heading", "show_warranty": True, "show_fields": True, "show_scan": True}
    known = {
        "block": {"id": "b1", "settings": settings, "shopify_attributes": ""},
        "request": {"locale": {"iso_code": language[:2]}},
        "routes": {"account_login_url": "/account/login"},
        **variables,
    }
    return environment.from_string(body).render(**known)


@pytest.fixture
def page(site: Town, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{site.store.origin}/apps/serializer/verify")
    yield page
    context.close()


def put(page: Page, html: str, *, script: bool = False) -> None:
    """Into the theme's page, as the theme editor would."""
    page.evaluate("html => { document.querySelector('main').innerHTML = html }", html)
    page.add_style_tag(path=THEME / "assets" / "serializer.css")
    if script:
        page.add_script_tag(path=THEME / "assets" / "serializer-items.js")


def order(site: Town, units: int) -> Order:
    watch = site.track("Watch", warranty="P24M")
    made = site.shop.place_order([(watch, units)], site.shop.add_customer("Ada", "Byron"))
    site.settle()
    return made


def test_the_items_of_an_order_are_listed_with_their_warranty(site: Town, page: Page) -> None:
    made = order(site, 2)
    put(page, rendered("items", order={"id": made.id}), script=True)
    expect(page.locator(".serializer-block__item")).to_have_count(2)
    expect(page.get_by_text("24 months").first).to_be_visible()
    item_ids = [item.item_id for item in site.items(made)]
    assert page.locator(".serializer-block__item dd:first-of-type").all_inner_texts() == item_ids
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "theme-items.png", full_page=True)
    page.get_by_role("link", name="Warranty and registration").first.click()
    expect(page.locator(".szr-verdict")).to_contain_text("Genuine")


def test_more_than_a_page_of_items_is_shown_on_demand(site: Town, page: Page) -> None:
    made = order(site, 120)
    put(page, rendered("items", order={"id": made.id}), script=True)
    expect(page.locator(".serializer-block__item")).to_have_count(100)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".serializer-block__item")).to_have_count(120)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_hostile_numbers_are_text(site: Town, page: Page) -> None:
    made = order(site, 1)
    with site.db.write() as session:
        item = items.find(session, site.shop_id, site.items(made)[0].item_id)
        assert item is not None
        items.change(
            session,
            site.shop_id,
            item,
            ItemChanges(serial_number=HOSTILE),
            allowed_fields=(),
            actor="staff:1",
        )
    put(page, rendered("items", order={"id": made.id}), script=True)
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    assert page.evaluate("window.pwned") is None


def test_an_order_without_items_says_so_and_trouble_can_be_tried_again(site: Town, page: Page) -> None:
    put(page, rendered("items", order={"id": 999}), script=True)
    expect(page.get_by_text("There are no items with an ID yet.")).to_be_visible()
    page.route("**/apps/serializer/items*", lambda route: route.abort())
    put(page, rendered("items", customer={"id": 5}), script=True)
    expect(page.get_by_text("could not be loaded")).to_be_visible()
    page.unroute("**/apps/serializer/items*")
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("There are no items with an ID yet.")).to_be_visible()


def test_strangers_are_asked_to_sign_in(page: Page) -> None:
    put(page, rendered("items", "de"), script=True)
    expect(page.get_by_role("link", name="Melden Sie sich an")).to_have_attribute("href", "/account/login")


def test_the_verify_block_leads_to_the_verify_page(site: Town, page: Page) -> None:
    made = order(site, 1)
    put(page, rendered("verify", "de"))
    page.get_by_label("Seriennummer oder Exemplar-ID").fill(site.items(made)[0].item_id.lower())
    page.get_by_role("button", name="Prüfen").click()
    expect(page.locator(".szr-verdict")).to_contain_text("Echt")
