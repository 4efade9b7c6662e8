"""Orders: serial numbers from a scanner, by paste and by two people at once; warnings; the packing table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from serializer_app.devstore.orders import Order
from serializer_app.domain.shops import shops
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

SCAN = 4
"""Milliseconds between two characters of a fast scanner."""


@pytest.fixture
def order(desk: Desk) -> Order:
    return desk.order((desk.town.track("Watch"), 5))


def serials(desk: Desk, order: Order) -> list[str | None]:
    return [item.serial_number for item in desk.town.items(order)]


def inputs(desk: Desk) -> Locator:
    return desk.app.locator(".unit input")


def test_a_scanner_fills_unit_after_unit(desk: Desk, order: Order) -> None:
    desk.open(f"/orders/{order.id}")
    inputs(desk).first.click()
    for number in range(5):
        desk.page.keyboard.type(f"SN-{number:04}", delay=SCAN)
        desk.page.keyboard.press("Enter")
    expect(desk.app.locator(".unit[data-state=saved]")).to_have_count(5)
    assert serials(desk, order) == [f"SN-{number:04}" for number in range(5)]
    desk.page.reload()
    expect(inputs(desk).last).to_have_value("SN-0004")


def test_a_duplicate_is_told_at_once_and_called_back_to(desk: Desk, order: Order) -> None:
    desk.open(f"/orders/{order.id}")
    inputs(desk).first.click()
    for code in ("SN-1", "sn-1"):
        desk.page.keyboard.type(code, delay=SCAN)
        desk.page.keyboard.press("Enter")
    expect(inputs(desk).nth(1)).to_have_attribute("aria-invalid", "true")
    expect(inputs(desk).nth(1)).to_be_focused()
    desk.picture("duplicate")
    desk.page.keyboard.type("SN-2", delay=SCAN)
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator(".unit[data-state=saved]")).to_have_count(2)
    assert serials(desk, order) == ["SN-1", "SN-2", None, None, None]


def test_many_lines_pasted_fill_many_units(desk: Desk, order: Order) -> None:
    desk.open(f"/orders/{order.id}")
    field = inputs(desk).nth(1)
    field.focus()
    field.evaluate(
        """(field) => {
          const data = new DataTransfer();
          data.setData("text", "A1\\r\\nA2\\n\\nA3\\tA4\\nA5");
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(desk.app.locator(".unit[data-state=saved]")).to_have_count(4)
    desk.told("Lines not used: 1")
    assert serials(desk, order) == [None, "A1", "A2", "A3", "A4"]


def test_two_people_on_one_unit_are_told_and_nobody_loses_an_entry(desk: Desk, order: Order) -> None:
    desk.open(f"/orders/{order.id}")
    desk.enter(desk.town.items(order)[0].item_id, "THEIRS")
    field = inputs(desk).first
    field.click()
    desk.page.keyboard.type("MINE")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator(".unit .wrong")).to_contain_text("Somebody else changed this item")
    expect(field).to_have_value("MINE")
    assert serials(desk, order)[0] == "THEIRS"
    field.fill("MINE-2")
    field.press("Enter")
    expect(desk.app.locator(".unit[data-state=saved]")).to_have_count(1)
    assert serials(desk, order)[0] == "MINE-2"


def test_hostile_serial_numbers_are_only_text(desk: Desk, order: Order) -> None:
    hostile = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
    desk.enter(desk.town.items(order)[0].item_id, hostile)
    desk.page.on("dialog", lambda dialog: desk.faults.append(dialog.message))
    for path in (f"/orders/{order.id}", "/items", f"/orders/{order.id}/labels", "/settings/snippets"):
        desk.open(path)
        assert desk.app.locator("main img[src=x], main script").count() == 0
    desk.open(f"/orders/{order.id}")
    expect(inputs(desk).first).to_have_value(hostile)


def test_a_warning_is_explained_and_resolved(desk: Desk, order: Order) -> None:
    for number, item in enumerate(desk.town.items(order)):
        desk.enter(item.item_id, f"F-{number}")
    desk.town.shop.refund(order, {order.lines[0].id: 1})
    desk.town.settle()
    desk.open("/orders?state=warning")
    desk.app.get_by_role("link", name=order.name).click()
    desk.app.get_by_role("button", name="Choose which to remove").click()
    dialog = desk.app.get_by_role("dialog")
    dialog.get_by_label("F-4").check()
    desk.picture("adjust")
    dialog.get_by_role("button", name="Save").click()
    desk.told("0 added, 1 removed")
    expect(desk.app.get_by_text("More items than units sold")).to_have_count(0)
    assert serials(desk, order) == ["F-0", "F-1", "F-2", "F-3"]


def test_an_item_keeps_warranty_fields_and_its_story(desk: Desk, order: Order) -> None:
    item = desk.town.items(order)[0]
    desk.open(f"/items/{item.item_id}")
    desk.app.get_by_label("Serial number").fill("X-1")
    desk.app.get_by_label("Warranty").select_option("lifetime")
    desk.app.get_by_role("button", name="Save").click()
    desk.told("Saved")
    expect(desk.app.locator(".story")).to_contain_text("Serial number: X-1")
    stored = desk.town.items(order)[0]
    assert (stored.serial_number, stored.warranty, stored.own_warranty) == ("X-1", "P100Y", True)


def test_fields_and_warranty_are_edited_in_the_row_by_keyboard(desk: Desk, order: Order) -> None:
    with desk.town.db.write() as session:
        shop = shops.by_id(session, desk.town.shop_id)
        fields: shops.SettingsChanges = {"custom_fields": [{"name": "Batch", "key": "batch"}]}
        shops.configure(session, shop, fields, actor="app")
    desk.open(f"/orders/{order.id}")
    inputs(desk).first.click()
    desk.page.keyboard.type("SN-1")
    desk.page.keyboard.press("Tab")  # as some scanners end
    expect(inputs(desk).nth(1)).to_be_focused()
    desk.page.keyboard.press("Shift+Tab")
    toggle = desk.app.get_by_role("button", name="Edit fields and warranty of").first
    expect(toggle).to_be_focused()
    desk.page.keyboard.press("Enter")
    batch = desk.app.get_by_label("Batch")
    expect(batch).to_be_focused()
    desk.page.keyboard.type("Lot 7")
    desk.app.locator(".panel").get_by_label("Warranty").select_option("lifetime")
    desk.picture("unfolded")
    desk.app.get_by_role("link", name="Back").click()
    desk.app.locator("#sure").get_by_role("button", name="Cancel").click()
    expect(batch).to_have_value("Lot 7")
    desk.enter(desk.town.items(order)[0].item_id, "THEIRS")
    desk.app.locator(".panel").get_by_role("button", name="Save").click()
    desk.told("Somebody else changed this item")
    expect(batch).to_have_value("Lot 7")
    expect(desk.app.locator(".panel .wrong").first).to_contain_text("Entered in the meantime: empty")
    desk.app.locator(".panel").get_by_role("button", name="Save").click()
    expect(desk.app.locator(".panel")).to_have_count(0)
    expect(toggle).to_be_focused()
    expect(desk.app.locator(".unit").first).to_contain_text("Batch: Lot 7")
    expect(inputs(desk).first).to_have_value("THEIRS")
    expect(desk.app.locator(".unit .warranty").first).to_have_text("Lifetime")
    stored = desk.town.items(order)[0]
    assert (stored.serial_number, stored.warranty, stored.filled_fields) == ("THEIRS", "P100Y", True)
    toggle.click()
    expect(batch).to_have_value("Lot 7")
    desk.page.keyboard.press("Escape")
    expect(toggle).to_be_focused()


def test_labels_carry_a_code_for_every_unit(desk: Desk, order: Order) -> None:
    desk.open(f"/orders/{order.id}/labels")
    expect(desk.app.locator(".label-piece svg")).to_have_count(5)
    desk.picture("a4")
    desk.app.get_by_label("Verification page").check()
    desk.app.get_by_label("Label roll").check()
    expect(desk.app.locator(".labels.roll")).to_be_visible()
    desk.picture("roll")


def test_the_packing_table_needs_only_a_scanner(desk: Desk, order: Order) -> None:
    first, *_ = [item.item_id for item in desk.town.items(order)]
    desk.open("/scan")
    desk.app.get_by_label("Order number").focus()
    desk.page.keyboard.type(order.name, delay=SCAN)
    desk.page.keyboard.press("Enter")
    desk.heading(f"Order {order.name}")
    verdict = desk.app.locator("#verdict")
    expect(desk.app.get_by_label("Scan a unit")).to_be_focused()
    for code, said in ((first, "matches"), (first, "Scanned already"), ("N-1", "N-1 entered")):
        desk.page.keyboard.type(code, delay=SCAN)
        desk.page.keyboard.press("Enter")
        expect(verdict).to_contain_text(said)
    desk.picture("scanning")
    # Asked about, not entered: the focus stays in the field, so the scanner's Enter presses no button.
    desk.page.keyboard.type(order.name, delay=SCAN)
    desk.page.keyboard.press("Enter")
    expect(verdict).to_contain_text("is the number of an order")
    expect(verdict.get_by_role("button")).to_have_text("Use it as the serial number")
    expect(desk.app.get_by_label("Scan a unit")).to_be_focused()
    desk.picture("asked")
    verdict.get_by_role("button").click()
    expect(verdict).to_contain_text("entered")
    verdict.get_by_role("button", name="Undo").click()
    expect(desk.app.locator("#left")).to_have_text("3 left")
    desk.page.reload()
    expect(desk.app.locator("#left")).to_have_text("3 left")
    expect(desk.app.get_by_label("Scan a unit")).to_be_focused()
    for number in range(2, 5):
        desk.page.keyboard.type(f"N-{number}", delay=SCAN)
        desk.page.keyboard.press("Enter")
    expect(desk.app.get_by_role("heading", name="All units scanned")).to_be_visible()
    desk.picture("done")
    assert serials(desk, order) == [None, "N-1", "N-2", "N-3", "N-4"]
    desk.page.keyboard.type("nowhere")
    desk.page.keyboard.press("Enter")
    expect(desk.app.locator(".verdict.bad")).to_contain_text("nowhere")
