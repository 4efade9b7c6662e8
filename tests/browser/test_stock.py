"""Receiving and taking back units with a scanner and a keyboard, without the mouse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from serializer_app.clock import now
from serializer_app.domain.gate.switch import RETURNS_SCOPE
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import announced, receiving
from serializer_app.domain.stock.announced import AnnouncedLine
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


def test_a_unit_is_returned_without_the_mouse(desk: Desk) -> None:
    order = desk.order((desk.town.track("Watch"), 2))
    item, other = desk.town.items(order)
    desk.enter(item.item_id, "SN-1")
    desk.enter(other.item_id, "SN-2")
    desk.open("/returns")
    expect(desk.app.locator("#code")).to_be_focused()
    scan(desk, order.name)
    expect(desk.app.locator("#returning tbody tr")).to_have_count(2)
    scan(desk, "STRANGE")
    expect(desk.app.locator("#verdict")).to_contain_text("no unit of this shop")
    scan(desk, "SN-1")
    # A scan without a decision in between is told and not taken.
    scan(desk, "SN-2")
    expect(desk.app.locator("#verdict")).to_contain_text("First choose what becomes of this unit")
    scan(desk, "1")
    expect(desk.app.locator("#verdict")).to_contain_text("SN-1 taken back: in stock")
    expect(desk.app.locator("#returning .done")).to_have_count(1)
    expect(desk.app.locator("#code")).to_be_focused()
    scan(desk, "SN-2")
    scan(desk, "0")
    expect(desk.app.locator("#verdict")).to_have_text("Nothing was recorded")
    scan(desk, "SN-1")
    expect(desk.app.locator("#verdict")).to_contain_text("back already")
    desk.picture("returned")
    assert [one.item_id for one in desk.town.items(order)] == [other.item_id]


def test_an_announced_return_is_scanned_and_shopifys_choice_taken_with_enter(desk: Desk) -> None:
    order = desk.order((desk.town.track("Watch"), 2))
    desk.town.shop.fulfill(order)
    item, other = desk.town.items(order)
    desk.enter(item.item_id, "SN-1")
    desk.enter(other.item_id, "SN-2")
    line = order.lines[0].id
    with desk.town.db.write() as session:
        row = shops.by_id(session, desk.town.shop_id)
        row.scopes += f",{RETURNS_SCOPE}"
        disposed = {"RESTOCKED": 2}
        announced.store(
            session,
            row.id,
            order.id,
            [AnnouncedLine(1, line, "OPEN", 2, disposed, now() - timedelta(days=1))],
        )
    desk.open("/returns")
    expect(desk.app.locator("#returning tbody tr")).to_contain_text("0 of 2")
    desk.picture("expected")
    scan(desk, "SN-1")
    expect(desk.app.locator("#verdict [data-suggested]")).to_contain_text("Back in stock")
    desk.picture("suggested")
    # Nothing typed: what Shopify says.
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#verdict")).to_contain_text("SN-1 taken back: in stock")
    expect(desk.app.locator("#returning tbody tr")).to_contain_text("1 of 2")
    desk.page.keyboard.press("Enter")
    scan(desk, "SN-2")
    scan(desk, "3")
    expect(desk.app.locator("#verdict")).to_contain_text("SN-2 taken back: in repair")
    expect(desk.app.locator("#returning")).to_contain_text("Shopify expects no units back")
    expect(desk.app.locator("#code")).to_be_focused()
    assert desk.town.items(order) == []
