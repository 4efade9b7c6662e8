"""Products: searched as one types, set up one by one and many at once, nothing lost unsaved."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from serializer_app.domain.catalog import catalog
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def variants(desk: Desk) -> list[int]:
    watch = desk.town.shop.add_product("Tide Watch", sku="TIDE").variant
    lamp = desk.town.shop.add_product("Lamp <b>bold</b>", sku="LAMP").variant
    with desk.town.db.write() as session:
        catalog.describe(
            session,
            desk.town.shop_id,
            [
                catalog.Facts(one.id, 1, one.sku, None, "Default Title", title, None, None)
                for one, title in ((watch, "Tide Watch"), (lamp, "Lamp <b>bold</b>"))
            ],
        )
    return [watch.id, lamp.id]


def test_pages_follow_each_other_by_fetch_and_survive_a_reload(desk: Desk, variants: list[int]) -> None:
    desk.open()
    desk.page.locator("#menu a", has_text="Products").click()
    desk.heading("Products")
    desk.app.get_by_role("link", name="Tide Watch").click()
    desk.heading("Tide Watch")
    assert desk.bounced() == 0
    expect(desk.page).to_have_url(
        f"{desk.town.store.origin}/admin/store/demo.myshopify.com/apps/serializer/products/{variants[0]}"
    )
    desk.page.reload()
    desk.heading("Tide Watch")
    desk.app.get_by_role("link", name="Back").click()
    desk.heading("Products")
    desk.page.go_back()
    desk.heading("Tide Watch")


def test_many_variants_are_set_up_at_once(desk: Desk, variants: list[int]) -> None:
    desk.open("/products")
    expect(desk.app.get_by_role("link", name="Lamp <b>bold</b>")).to_be_visible()
    desk.app.get_by_label("Select all").check()
    expect(desk.app.locator(".count")).to_have_text("2 selected")
    desk.app.get_by_role("button", name="Track and generate IDs automatically").click()
    desk.told("2 variants changed")
    expect(desk.app.locator("td .badge", has_text="Tracked")).to_have_count(2)
    desk.app.get_by_label("Select Tide Watch").check()
    desk.app.get_by_role("button", name="Set warranty").click()
    dialog = desk.app.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Number").fill("36")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.app.get_by_role("cell", name="36 months")).to_be_visible()


def test_the_list_narrows_as_one_types(desk: Desk, variants: list[int]) -> None:
    desk.open("/products")
    search = desk.app.get_by_role("searchbox")
    search.press_sequentially("tide", delay=20)
    expect(desk.app.locator("tbody tr")).to_have_count(1)
    expect(search).to_be_focused()
    search.fill("nothing like this")
    expect(desk.app.get_by_role("heading", name="No variant matches")).to_be_visible()


def test_a_variant_is_saved_by_the_save_bar_and_told_what_is_wrong(desk: Desk, variants: list[int]) -> None:
    desk.open(f"/products/{variants[0]}")
    bar = desk.page.get_by_role("region", name="Unsaved changes")
    expect(bar).to_be_hidden()
    desk.app.get_by_label("Track items").check()
    expect(bar).to_be_visible()
    desk.app.get_by_label("Warranty").select_option("duration")
    desk.app.get_by_role("textbox", name="Number").fill("0")
    bar.get_by_role("button", name="Save").click()
    expect(desk.app.get_by_role("textbox", name="Number")).to_have_attribute("aria-invalid", "true")
    expect(desk.app.locator(".wrong")).to_be_visible()
    desk.app.get_by_role("textbox", name="Number").fill("18")
    bar.get_by_role("button", name="Save").click()
    desk.told("Saved")
    expect(bar).to_be_hidden()
    with desk.town.db.read() as session:
        variant = catalog.find(session, desk.town.shop_id, variants[0])
        assert variant is not None
        assert (variant.trackable, variant.warranty) == (True, "P18M")
