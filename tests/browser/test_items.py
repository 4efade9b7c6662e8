"""Items: found as one types, out as a file and in again with a preview."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_results_come_as_one_types(desk: Desk) -> None:
    order = desk.order((desk.town.track("Watch"), 3))
    item_ids = [item.item_id for item in desk.town.items(order)]
    desk.enter(item_ids[1], "QX-7781")
    desk.open("/items")
    expect(desk.app.locator("tbody tr")).to_have_count(3)
    search = desk.app.get_by_role("searchbox")
    for typed in ("qx-77", item_ids[1].lower().replace("-", "")):
        search.fill("")
        search.press_sequentially(typed, delay=5)
        expect(desk.app.locator("tbody tr")).to_have_count(1)
        expect(desk.app.locator("tbody tr")).to_contain_text("QX-7781")
        expect(search).to_be_focused()
    search.fill(order.name)
    expect(desk.app.locator("tbody tr")).to_have_count(3)


def test_an_export_filled_in_is_imported_with_a_preview(desk: Desk, tmp_path: Path) -> None:
    order = desk.order((desk.town.track("Watch"), 4))
    desk.open("/items")
    with desk.page.expect_download() as waiting:
        desk.app.get_by_role("link", name="Export to CSV").click()
    file = tmp_path / "items.csv"
    waiting.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["item_id"] for row in rows] == [item.item_id for item in desk.town.items(order)]
    numbers = ["S-1", "S-2", "S-1", "S-4"]
    lines = [f"{row['item_id']};{number}" for row, number in zip(rows, numbers, strict=True)]
    file.write_text("\n".join(["Item ID;Serial number", *lines, "0000-0000-0000-0001;S-9", ""]))
    desk.app.get_by_role("link", name="Import").click()
    desk.app.get_by_label("CSV file").set_input_files(file)
    outcome = desk.app.locator("#outcome")
    expect(outcome).to_contain_text("Ready to import: 3. Already entered: 0. Rows with errors: 2.")
    expect(desk.app.locator("tbody tr")).to_have_count(2)
    desk.picture("preview")
    assert [item.serial_number for item in desk.town.items(order)] == [None] * 4
    desk.app.get_by_role("button", name="Import 3 serial numbers").click()
    desk.told("The import has begun")
    expect(outcome.locator("progress")).to_be_visible()
    desk.picture("progress")
    desk.town.settle()
    expect(outcome).to_contain_text("3 serial numbers entered")
    assert [item.serial_number for item in desk.town.items(order)] == ["S-1", "S-2", None, "S-4"]
