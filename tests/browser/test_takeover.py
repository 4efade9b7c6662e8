"""Data of another app, as a merchant meets it: Home, the list, order and product page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from serializer_app.devstore.other_app import OtherApp
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("look", ["desk", "phone", "dark"])
def test_a_merchant_is_led_from_home_to_the_order_that_is_on_hold(desk: Desk, look: str) -> None:
    if look == "phone":
        desk.page.set_viewport_size({"width": 390, "height": 844})
    if look == "dark":
        desk.page.emulate_media(color_scheme="dark")
    other = OtherApp(desk.town.shop)
    variant = desk.town.shop.add_product("Chronograph", sku="CH-1").variant
    other.configure(variant)
    desk.town.configure(variant, trackable=True, auto_generatable=True)
    order = desk.town.shop.place_order([(variant, 2)])
    other.serialise(order)
    desk.town.settle()
    desk.open()
    note = desk.app.locator("section.note", has_text="Data of another app")
    expect(note).to_contain_text("Orders: 1. Product variants: 1.")
    desk.picture("home")
    note.get_by_role("link", name="Move in or discard").click()
    desk.heading("Move in from another app")
    desk.picture("list")
    desk.app.get_by_role("link", name=f"Order {order.name}").click()
    desk.heading(f"Order {order.name}")
    expect(desk.app.locator("section.note", has_text="Data of another app")).to_contain_text(
        "serializer.properties"
    )
    expect(desk.app.get_by_text("On hold", exact=True)).to_be_visible()
    desk.picture("order")
    desk.open(f"/products/{variant.id}")
    expect(desk.app.locator("section.note", has_text="Data of another app")).to_be_visible()
    desk.picture("product")
    assert other.untouched()
    desk.open("/move-in")
    desk.app.get_by_role("button", name="Move in", exact=True).click()
    expect(desk.app.locator("progress")).to_be_visible()
    desk.picture("moving")
    desk.town.settle()
    expect(desk.app.locator(".progress p")).to_have_text(
        "Everything readable was taken over. Items: 2. Orders: 1."
    )
    expect(desk.app.get_by_text("No data of another app", exact=True)).to_be_visible()
    desk.picture("moved")
    old = json.loads(other.written[order.gid, "properties"])["items"][0]
    desk.open(f"/items?q={old['itemId'].lower()}")
    expect(desk.app.get_by_text(old["serialNumber"])).to_be_visible()
