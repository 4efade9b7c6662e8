"""Receiving and taking back units with a scanner and a keyboard, without the mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from serializer_app.domain.stock import receiving
from serializer_app.store.models import Variant
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

SCAN = 4
"""Milliseconds between two characters of a fast scanner."""


def scan(desk: Desk, code: str) -> None:
    desk.page.keyboard.type(code, delay=SCAN)
    desk.page.keyboard.press("Enter")


def test_ten_units_are_received_without_the_mouse(desk: Desk) -> None:
    watch = desk.town.track("Watch")
    with desk.town.db.write() as session:
        session.get_one(Variant, (desk.town.shop_id, watch.id)).barcode = "4006381333931"
    desk.open("/receive")
    expect(desk.app.locator("#code")).to_be_focused()
    # As fast as a scanner: nothing waits for the page of the product.
    scan(desk, "4006381333931")
    for number in range(10):
        scan(desk, f"SN-{number:04}")
    expect(desk.app.locator("#received")).to_have_text("10 received")
    scan(desk, "sn-0003")
    expect(desk.app.locator("#verdict")).to_contain_text("not counted twice")
    desk.picture("twice")
    expect(desk.app.locator("#code")).to_be_focused()
    scan(desk, "WRONG-1")
    expect(desk.app.locator("#received")).to_have_text("11 received")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#verdict")).to_have_text("WRONG-1 taken back")
    expect(desk.app.locator("#received")).to_have_text("10 received")
    expect(desk.app.locator("#code")).to_be_focused()
    desk.picture("received")
    with desk.town.db.read() as session:
        latest = receiving.latest(session, desk.town.shop_id, watch.id)
    assert [unit.serial_number for unit in latest] == [f"SN-{number:04}" for number in range(9, -1, -1)]
