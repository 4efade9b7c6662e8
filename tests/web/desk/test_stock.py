"""Stock list and stock-take: what is counted, what is missing, and that only a click changes anything."""

from __future__ import annotations

import pytest

from serializer_app.domain.stock import shopify_stock, stock_list
from serializer_app.domain.stock.shopify_stock import ShopLocation
from serializer_app.store.db import Database
from serializer_app.store.models import Shop
from tests.web.desk.conftest import Staff
from tests.web.desk.test_receiving import scan
from tests.web.desk.test_scanning import products


@pytest.fixture
def shelf(desk: Staff, db: Database, shop_id: int) -> None:
    """P-1 and P-2 at location 7, P-3 at location 8, all of the pen; one unit of ink."""
    products(db, shop_id)
    for number, location in (("P-1", "7"), ("P-2", "7"), ("P-3", "8")):
        assert scan(desk, number, location=location)[0] == 200
    assert scan(desk, "INK-1-A", "222")[0] == 200


def test_the_stock_list_counts_by_product_and_location_up_to_a_limit(
    desk: Staff, neighbour: Staff, shelf: None, db: Database, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = desk.page("/stock")
    for text in ("Pen", "Ink", "/serials?state=in_stock&amp;variant=111"):
        assert text in page
    assert "Nothing in stock" in neighbour.page("/stock")
    with db.read() as session:
        (pen, ink) = stock_list.page(session, shop_id).rows
        assert (pen.count, pen.capped, pen.locations) == (3, False, {7: 2, 8: 1})
        assert (ink.variant_id, ink.locations) == (222, {None: 1})
        monkeypatch.setattr(stock_list, "COUNTED", 2)
        pen = stock_list.of_variant(session, shop_id, 111)
        assert (pen.count, pen.capped) == (2, True)
        monkeypatch.setattr(stock_list, "ROWS", 1)
        first = stock_list.page(session, shop_id)
        second = stock_list.page(session, shop_id, after=first.following or 0)
        assert [row.variant_id for row in (*first.rows, *second.rows)] == [111, 222]
        assert (first.following, second.following) == (111, None)
    assert "more than 2" in desk.page("/stock")


def test_a_stock_take_names_what_is_missing_and_unexpected_and_changes_nothing(
    desk: Staff, german: Staff, shelf: None
) -> None:
    codes = "P-1\np-1\nP-3\nNEW-1\nINK-1-A\n4006381333931"
    form = {"variant": "111", "location": "7", "codes": codes}
    page = desk.post("/stock/take", form).text
    for text in (
        "5 scanned, 1 as expected",
        "1 unit is missing",
        "4 units are unexpected",
        "another product",
        "in stock at another location",
        "not known yet",
    ):
        assert text in page, text
    assert "1 Exemplar fehlt" in german.post("/stock/take", form).text
    assert "3 units are missing" in desk.post("/stock/take", {**form, "location": "", "codes": "NEW-1"}).text
    assert desk.post("/stock/take/apply", {"variant": "111", "location": "7"}).status_code == 422
    wrong = {"variant": "111", "location": "7", "receive": ["NEW-1", "4006381333931x", "INK-1-A"]}
    refused = desk.post("/stock/take/apply", wrong)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "stock_take_refused")
    chosen = {"variant": "111", "location": "7", "lost": "P-2", "receive": ["P-3", "NEW-1"]}
    told = desk.post("/stock/take/apply", chosen).get_json()
    assert told["toast"] == "1 unit marked as lost · 2 units received"
    again = desk.post("/stock/take", {**form, "codes": "P-1\nP-3\nNEW-1\nP-2"}).text
    assert "4 scanned, 3 as expected" in again
    assert "not in stock: lost" in again


def test_locations_go_by_their_names_and_other_quantities_in_shopify_are_told(
    desk: Staff, german: Staff, neighbour: Staff, shelf: None, db: Database, shop_id: int
) -> None:
    assert "the app may not read them" in desk.page("/stock")
    assert "Location ID from Shopify" in desk.page("/receive")
    with db.write() as session:
        session.get_one(Shop, shop_id).scopes += ",read_inventory"
        places = [ShopLocation(7, "Berlin <Mitte>", True), ShopLocation(8, "Hamburg", False)]
        shopify_stock.store_locations(session, shop_id, places)
        shopify_stock.store(session, shop_id, {111: {7: 2, 8: 2}, 222: {7: 1}})
    page = desk.page("/stock")
    assert "the app may not read them" not in page
    assert "Berlin &lt;Mitte&gt;" in page
    assert "Hamburg" in page
    assert page.count("on hand") == 1  # of ink both count one
    assert "Shopify: 4 on hand, here 3" in page
    assert "Shopify: 4 vorhanden, hier 3" in german.page("/stock")
    assert "Berlin" not in neighbour.page("/stock")
    for path in ("/receive?location=7", "/stock/take?variant=111&location=7"):
        page = desk.page(path)
        assert "<select" in page
        assert "Berlin &lt;Mitte&gt;" in page
        assert ">Hamburg<" not in page  # closed
    assert ">99<" in desk.page("/receive?location=99")
