"""Settings: saved by the save bar, keys shown once, snippets with a preview of a real order; registrations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from serializer_app.domain.registry import registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.web.house import house
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_settings_and_custom_fields_are_saved_together(desk: Desk) -> None:
    desk.open("/settings")
    desk.app.get_by_label("Only the signed-in customer").check()
    desk.app.get_by_role("button", name="Add field").click()
    desk.app.get_by_label("Name").fill("Batch")
    desk.app.get_by_label("Key").fill("batch")
    desk.page.get_by_role("region", name="Unsaved changes").get_by_role("button", name="Save").click()
    desk.told("Saved")
    row = desk.town.row()
    assert row.storefront_access == "owner"
    assert shops.custom_fields(row) == [{"name": "Batch", "key": "batch"}]
    desk.app.get_by_role("button", name="Add field").click()
    desk.app.get_by_label("Name").nth(1).fill("Same")
    desk.app.get_by_label("Key").nth(1).fill("batch")
    desk.app.get_by_role("button", name="Save").click()
    expect(desk.page.locator(".toasts")).to_contain_text("Must name each key once")


def test_a_key_is_shown_once_and_revoked(desk: Desk) -> None:
    desk.open("/settings/keys")
    desk.app.get_by_role("button", name="New key").click()
    desk.app.get_by_label("Name").fill("ERP")
    desk.app.get_by_role("button", name="Create key").click()
    shown = desk.app.locator("#secret input")
    expect(shown).to_have_value(re.compile(r"szr_\w{40,}"))
    key = shown.input_value()
    with desk.town.db.read() as session:
        assert shops.key_holder(session, key) is not None
    desk.app.locator("#secret").get_by_role("button", name="Close").click()
    expect(desk.app.get_by_role("cell", name="ERP")).to_be_visible()
    assert key not in desk.app.locator("html").inner_html()
    desk.app.get_by_role("button", name="Revoke").click()
    desk.app.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    desk.told("Key revoked")
    with desk.town.db.read() as session:
        assert shops.key_holder(session, key) is None


def test_snippets_show_what_a_real_order_would_print(desk: Desk) -> None:
    order = desk.order((desk.town.track("Watch"), 1))
    item_id = desk.town.items(order)[0].item_id
    desk.open("/settings/snippets")
    expect(desk.app.locator(".paper").first).to_contain_text(item_id)
    assert desk.app.locator(".paper").count() == 4


def test_a_registration_is_approved_corrected_and_transferred(desk: Desk) -> None:
    order = desk.order((desk.town.track("Watch"), 1))
    item_id = desk.town.items(order)[0].item_id
    parts = house(desk.town.app)
    with desk.town.db.write() as session:
        shop = shops.by_id(session, desk.town.shop_id)
        claim = Claim(item_id, Person("ada@example.com", "Ada", "Lind"))
        registrations.register(session, parts.vault, shop, claim, actor="customer:1", status="pending")
    desk.open("/registrations?status=pending")
    desk.app.get_by_role("link", name=item_id).click()
    desk.app.get_by_role("button", name="Approve").click()
    desk.told("Approved")
    desk.app.get_by_label("Last name").first.fill("Lindqvist")
    desk.app.get_by_label("Email").first.fill("not an address")
    desk.app.get_by_role("button", name="Save").click()
    expect(desk.app.get_by_label("Email").first).to_have_attribute("aria-invalid", "true")
    desk.app.get_by_label("Email").first.fill("ada@example.com")
    desk.app.get_by_role("button", name="Save").click()
    desk.told("Saved")
    desk.app.get_by_role("button", name="Transfer…").click()
    dialog = desk.app.get_by_role("dialog")
    dialog.get_by_label("Email").fill("grace@example.com")
    dialog.get_by_role("button", name="Transfer").click()
    desk.told("The unit has a new owner")
    expect(desk.app.get_by_label("Email").first).to_have_value("grace@example.com")
    desk.app.get_by_role("link", name="Back").click()
    desk.app.get_by_role("searchbox").fill("grace@example.com")
    desk.app.get_by_role("button", name="Search").click()
    expect(desk.app.locator("tbody tr")).to_have_count(1)
    assert not any("grace" in url for url in desk.requests)
