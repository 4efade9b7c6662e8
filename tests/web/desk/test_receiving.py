"""The receiving page: what it shows, and what each scan answers."""

from __future__ import annotations

from typing import Any

import pytest

from serializer_app.store.db import Database
from tests.web.desk.conftest import Staff
from tests.web.desk.test_scanning import GTIN, products


@pytest.fixture
def pens(db: Database, shop_id: int) -> None:
    products(db, shop_id)


def scan(desk: Staff, code: str, variant: str = "111", location: str = "", **more: Any) -> tuple[int, Any]:
    body = {"code": code, "variant": variant, "location": location, **more}
    answer = desk.send("/receive", body)
    return answer.status_code, answer.get_json()


def test_a_delivery_is_received_with_a_scanner(desk: Staff, pens: None) -> None:
    assert "Scan the barcode of the product first" in desk.page("/receive")
    assert scan(desk, GTIN[1:], "")[1] == {"message": "Receiving Pen. Scan its units.", "variant": "111"}
    status, told = scan(desk, "P-1", location="https://admin.shopify.com/store/x/settings/locations/77")
    assert (status, told["message"], told["before"]) == (200, "P-1 received", "")
    assert scan(desk, "p-1")[1]["error"]["code"] == "received_already"
    page = desk.page("/receive?variant=111&location=77")
    assert "1 received" in page
    assert "P-1" in page
    undone = desk.send("/receive/undo", {"number": "P-1", "before": "", "location": None})
    assert undone.get_json() == {"message": "P-1 taken back"}
    assert "P-1" not in desk.page("/receive?variant=111")
    assert scan(desk, "P-1", location="here")[1]["error"]["code"] == "location_invalid"
    wrong = desk.send("/receive/undo", {"number": "P-1", "before": "gone", "location": None})
    assert wrong.status_code == 422


def test_a_list_of_expected_units_is_ticked_off(desk: Staff, pens: None) -> None:
    loaded = desk.post("/receive/111/expected", {"numbers": "P-1\nP-2\nP-3\n4006381333931"})
    assert loaded.get_json()["toast"].startswith("3 numbers added · left out: 4006381333931")
    scan(desk, "P-1")
    assert scan(desk, "P-9")[1]["message"] == "P-9 received, but it is not on the list"
    page = desk.page("/receive?variant=111")
    for text in ("1 of 3 arrived", "2 missing", "1 not on the list", "P-2, P-3"):
        assert text in page
    refused = desk.post("/receive/111/expected", {"numbers": "4006381333931"})
    assert refused.status_code == 422
    assert desk.post("/receive/999/expected", {"numbers": "A"}).status_code == 404
    assert desk.post("/receive/111/expected/close").status_code == 200
    assert "arrived" not in desk.page("/receive?variant=111")


def test_a_product_is_found_by_its_name_and_the_page_speaks_german(
    desk: Staff, german: Staff, pens: None
) -> None:
    assert "/receive?variant=111" in desk.page("/receive?q=pen")
    assert "No variant matches" in desk.page("/receive?q=nothing")
    scan(german, "P-1")
    assert (
        scan(german, "P-1")[1]["error"]["message"]
        == "P-1 ist schon angenommen und wird nicht doppelt gezählt"
    )
    assert "Wareneingang" in german.page("/receive")


def test_another_shop_sees_and_receives_nothing_of_it(desk: Staff, neighbour: Staff, pens: None) -> None:
    scan(desk, "P-1")
    assert scan(neighbour, "P-1")[1]["error"]["code"] == "variant_not_found"
    assert scan(neighbour, "P-1", "")[1]["error"]["code"] == "receive_no_product"
    undone = neighbour.send("/receive/undo", {"number": "P-1", "before": "", "location": None})
    assert undone.status_code == 404
    assert "P-1" not in neighbour.page("/receive?variant=111")
