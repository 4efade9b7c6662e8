"""Codes of a whole order at the desk: made while one watches, downloaded, and read back from the printed sheet."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.browser.sight import codes_seen

pytestmark = pytest.mark.browser


def test_an_orders_codes_are_made_downloaded_and_printed(desk: Desk) -> None:
    watch = desk.town.track("Tide Watch")
    order = desk.order((watch, 3))
    desk.open(f"/orders/{order.id}")
    desk.app.get_by_role("link", name="QR codes", exact=True).click()
    desk.heading("QR codes")
    expect(desk.app.get_by_text("3 codes")).to_be_visible()
    desk.picture("choice")
    desk.app.get_by_role("button", name="Create QR codes").click()
    expect(desk.app.locator(".progress")).to_contain_text("Created 0 of 3 QR codes")
    desk.picture("progress")
    desk.town.settle()
    expect(desk.app.locator(".progress")).to_contain_text("QR codes ready: 3")
    with desk.page.expect_download() as arriving:
        desk.app.get_by_role("link", name="Download ZIP").click()
    rows = _index(Path(arriving.value.path()).read_bytes())
    assert [row["itemId"] for row in rows] == [item.item_id for item in desk.town.items(order)]
    desk.app.get_by_role("link", name="Print sheets").click()
    desk.heading("QR code sheets")
    expect(desk.app.locator(".label-piece")).to_have_count(3)
    desk.picture("sheets")
    desk.page.emulate_media(media="print")
    expect(desk.app.get_by_role("heading", name="QR code sheets")).to_be_hidden()
    blank = desk.page.context.new_page()
    assert codes_seen(blank, desk.app.locator(".labels")) == [row["link"] for row in rows]
    desk.page.emulate_media(media="screen")


def _index(content: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert all(re.fullmatch(r"[0-9A-Z-]{19}\.svg|index\.csv", name) for name in archive.namelist())
        return list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
