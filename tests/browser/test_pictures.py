"""The pictures of the guides: pages with a day of a shop in them. ``make pictures`` keeps what they look like."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from serializer_app.devstore.orders import Order
from tests.browser.conftest import Desk
from tests.town import Town

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("PICTURES")
"""The folder for the pictures; without it they are taken and forgotten."""
SIZE = {"width": 1180, "height": 720}
PHONE = {"width": 390, "height": 780}


def keep(page: Page, name: str) -> None:
    taken = page.screenshot(animations="disabled", caret="hide")
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        (Path(PICTURES) / f"{name}.png").write_bytes(taken)


@pytest.fixture
def day(desk: Desk) -> Order:
    """A shop with two tracked products, a customer, and an order that lacks one serial number."""
    desk.page.set_viewport_size(SIZE)  # type: ignore[arg-type]
    town = desk.town
    ada = town.shop.add_customer("Ada", "Byron")
    watch = town.track("Tide Watch", warranty="P24M")
    strap = town.track("Leather Strap")
    town.shop.place_order([(strap, 1)], ada)
    order = town.shop.place_order([(watch, 2), (strap, 1)], ada)
    town.settle()
    for number, item in enumerate(town.items(order)[:2], start=1):
        desk.enter(item.item_id, f"TW-2026-{number:04}")
    town.settle()
    return order


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("order", "/orders/{order}"),
        ("products", "/products"),
        ("packing", "/scan/{order}"),
        ("labels", "/orders/{order}/labels"),
        ("items", "/items"),
    ],
)
def test_a_page_of_the_desk(desk: Desk, day: Order, name: str, path: str) -> None:
    desk.open(path.format(order=day.id))
    expect(desk.app.locator("main")).to_contain_text("Tide Watch")
    desk.page.wait_for_load_state("networkidle")
    keep(desk.page, name)


@pytest.fixture
def visitor(site: Town, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="en-US")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_what_a_visitor_sees_of_a_number(site: Town, visitor: Page) -> None:
    ada = site.shop.add_customer("Ada", "Byron")
    order = site.shop.place_order([(site.track("Tide Watch", warranty="P24M"), 1)], ada)
    site.settle()
    visitor.goto(f"{site.store.origin}/apps/serializer/verify?code={site.items(order)[0].item_id}")
    expect(visitor.locator(".szr-verdict")).to_be_visible()
    keep(visitor, "verify")
