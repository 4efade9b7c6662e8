"""The gate by hand: allowed and turned on in the settings, seen on the order and at packing, released with a reason."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_a_merchant_turns_the_gate_on_and_lets_one_order_go(desk: Desk) -> None:
    watch, strap = desk.town.track("Watch", serial_numbers="required"), desk.town.track("Strap")
    desk.open("/settings")
    desk.app.get_by_label("Hold orders").last.check()
    desk.app.get_by_role("button", name="Save").last.click()
    expect(desk.app.get_by_text("Orders are not held yet")).to_be_visible()
    desk.picture("scope")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.app.get_by_role("button", name="Allow access").click()
    desk.told("Access allowed")
    expect(desk.app.get_by_text("Orders are not held yet")).to_have_count(0)
    desk.picture("settings")
    desk.town.settle()

    order = desk.order((watch, 2), (strap, 1))
    desk.open("/orders")
    expect(desk.app.get_by_text("On hold")).to_be_visible()
    desk.picture("list")
    desk.open(f"/scan/{order.id}")
    expect(desk.app.get_by_role("heading", name="On hold: serial numbers are missing")).to_be_visible()
    desk.picture("packing")
    desk.open(f"/orders/{order.id}")
    expect(desk.app.get_by_text("Missing: 2 serial numbers.")).to_be_visible()
    desk.picture("order")
    desk.page.emulate_media(color_scheme="dark")
    desk.picture("order-dark")
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.picture("order-phone-dark")
    desk.page.emulate_media(color_scheme="light")
    desk.picture("order-phone")
    desk.page.set_viewport_size({"width": 1280, "height": 860})

    desk.app.get_by_text("Release the hold").first.click()
    desk.app.get_by_label("Reason").fill("Display unit")
    desk.app.get_by_role("button", name="Release the hold").click()
    desk.told("The hold is being released")
    desk.town.settle()
    desk.open(f"/orders/{order.id}")
    expect(desk.app.get_by_text("Display unit")).to_be_visible()
    expect(desk.app.get_by_text("On hold: serial numbers are missing")).to_have_count(0)
    assert {one.status for one in desk.town.shop.warehouse.of(order)} == {"OPEN"}
