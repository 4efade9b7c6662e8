"""Entering serial numbers with a scanner and the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_serial_numbers_are_added_and_a_unit_registered_without_the_mouse(desk: Desk) -> None:
    watch = desk.town.track("Watch")
    desk.open(f"/serials/new?variant={watch.id}")
    lines = desk.app.locator("#lines")
    lines.focus()
    for number in ("SN-1", "SN-2", "SN-1"):
        desk.page.keyboard.type(number)
        desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator("#verdicts")).to_have_text("Added: 2. Already there: 0. Not added: 1.")
    desk.picture("verdicts")
    desk.open("/serials")
    desk.app.get_by_role("link", name="SN-2").press("Enter")
    desk.heading("SN-2")
    desk.app.get_by_role("button", name="Register for a customer").press("Enter")
    desk.app.get_by_label("Email").fill("ada@example.com")
    desk.picture("register")
    desk.page.keyboard.press("Enter")
    desk.told("Registered")
    expect(desk.app.get_by_role("link", name="Open registration")).to_be_visible()
    desk.app.get_by_role("button", name="Reset registration").press("Enter")
    expect(desk.app.locator("#sure")).to_contain_text("ada@example.com")
    desk.picture("reset")
    desk.page.keyboard.press("Escape")
    desk.app.get_by_role("button", name="Swap serial number").press("Enter")
    desk.app.get_by_label("New serial number").fill("SN-9")
    desk.page.keyboard.press("Enter")
    desk.heading("SN-9")
