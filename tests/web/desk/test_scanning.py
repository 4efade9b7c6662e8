"""What staff scan: everything is told for what it is, on every page, and only serial numbers become serial numbers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from serializer_app.clock import now
from serializer_app.domain.buyers import units
from serializer_app.domain.catalog import catalog
from serializer_app.domain.ids import keyboards
from serializer_app.domain.registry import serials
from serializer_app.store.db import Database
from serializer_app.store.models import Mirror, Shop, Variant
from serializer_app.store.models.variants import SerialNumbers
from tests.visitors import sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place

GTIN, OTHER_GTIN, FREE_GTIN = "04006381333931", "09506000134352", "00012345678905"

pytestmark = pytest.mark.one_database

WRITTEN = '{"properties": {"hash": "h", "digest": "d"}}'
"""What ``Mirror.pages`` says of an order whose metafield we wrote."""


def products(db: Database, shop_id: int) -> None:
    """Two tracked products with barcodes and SKUs."""
    with db.write() as session:
        for variant_id, barcode, sku, title in (
            (111, "4006381333931", "PEN-1", "Pen"),
            (222, "9506000134352", "INK-1", "Ink"),
        ):
            catalog.configure(session, shop_id, variant_id, {"trackable": True})
            variant = session.get_one(Variant, (shop_id, variant_id))
            variant.barcode, variant.sku, variant.product_title = barcode, sku, title


@pytest.fixture
def pen(db: Database, shop_id: int) -> list[str]:
    """Order 1 with three units of product 111 without serial numbers, order 2 with one unit of 222 that has one."""
    products(db, shop_id)
    place(db, shop_id, 1, 3)
    place(db, shop_id, 2, 1, 222)
    made = sold(db, shop_id, {}, {}, {})
    return made + sold(
        db, shop_id, {"order_id": 2, "line_item_id": 21, "variant_id": 222, "serial_number": "INK-777"}
    )


def scan(desk: Staff, code: str, **more: Any) -> tuple[int, str]:
    answer = desk.send("/scan/1", {"code": code, "line": "", **more})
    body = answer.get_json()
    return answer.status_code, body["itemId"] if answer.status_code == 200 else body["error"]["code"]


def mistyped(item_id: str) -> str:
    return item_id[:-1] + ("0" if item_id[-1] != "0" else "1")


def test_nothing_that_is_something_else_becomes_a_serial_number(desk: Staff, pen: list[str]) -> None:
    refused = {
        "4006381333931": "code_is_product",
        "]E04006381333931": "code_is_product",
        "pen-1": "code_is_product",
        "9506000134352": "code_is_product",
        f"(01){GTIN}": "code_is_product",
        f"https://id.gs1.org/01/{GTIN}": "code_is_product",
        "(00)095060001343520017": "code_is_no_unit",
        "https://maker.example/manual": "code_is_link",
        "https://x.myshopify.com/apps/serializer/verify": "code_is_link",
        "https://x.myshopify.com/apps/serializer/u/nobody-nobody-nobody": "code_is_link",
        f"(01){OTHER_GTIN}(21)NEW": "code_of_other_product",
        pen[3]: "scan_used",
        "\u200b": "serial_malformed",
        "x" * 65: "serial_too_long",
    }
    for code, error in refused.items():
        assert scan(desk, code)[1] == error, code
        assert scan(desk, code, confirmed=True)[1] == error, code
    assert "3 left" in desk.page("/scan/1")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("#1002", "confirm_order_name"),
        ("1001", "confirm_order_name"),
        ("12345678905", None),
        ("012345678905", "confirm_trade_number"),
        ("ABCD-EFGH-JKMN-PQR2", "confirm_item_id"),
        (f"(01){FREE_GTIN}(21)A-1", "confirm_gtin"),
    ],
)
def test_what_looks_like_something_else_is_asked_about(
    desk: Staff, pen: list[str], code: str, error: str | None
) -> None:
    if error is not None:
        assert scan(desk, code) == (409, error)
    assert scan(desk, code, confirmed=True) == (200, pen[0])


def test_an_item_id_with_a_typing_error_is_asked_about(desk: Staff, pen: list[str]) -> None:
    for code in (mistyped(pen[0]), mistyped(pen[0]).lower().replace("-", "")):
        assert scan(desk, code) == (409, "confirm_item_id")


def test_makers_numbers_go_in_without_a_question(desk: Staff, pen: list[str]) -> None:
    for number, code in enumerate(("SN-1", "C02XG0FDH7JY", "356938035643809")):
        assert scan(desk, code) == (200, pen[number])
    assert "All units scanned" in desk.page("/scan/1")


def test_a_unit_is_checked_off_however_its_code_arrives(
    desk: Staff, db: Database, shop_id: int, pen: list[str]
) -> None:
    with db.write() as session:
        shop = session.get_one(Shop, shop_id)
        (unit,) = units.find(session, shop, pen[0])
        token = units.link_token(session, shop_id, unit, actor="app")
    codes = [
        pen[0],
        pen[0].lower().replace("-", " "),
        "\ufeff" + "\u200b".join(pen[0]),
        "".join(chr(ord(char) + 0xFEE0) for char in pen[0]),
        *(keyboards.typed_on(layout, pen[0]) for layout in keyboards.LAYOUTS),
        f"HTTPS://SHOP.example/de/a/xyz/U/{token}/?locale=de#x",
        f"shop.example/apps/serializer/u/{token}",
        keyboards.typed_on("de", f"https://shop.example/apps/serializer/u/{token}"),
        f"https://shop.example/apps/serializer/verify?code={pen[0]}",
        f"https://admin.shopify.com/store/x/apps/serializer/items/{pen[0]}",
        f"https://id.gs1.org/01/{GTIN}/21/{pen[0]}?17=261231",
        f"]d201{GTIN}21{pen[0]}\x1d17261231",
        f"(01){GTIN}(21){pen[0]}",
    ]
    for code in codes:
        assert scan(desk, code) == (200, pen[0]), code
        assert pen[0] in desk.page(f"/items?q={quote(code)}"), code
        assert desk.get(f"/scan?code={quote(code)}").headers.get("Location") == "/scan/1", code
        assert scan(desk, code) == (409, "scan_twice")
        desk.send("/scan/1/undo", {"itemId": pen[0], "entered": None})


def test_a_number_goes_to_the_product_that_its_code_names(
    desk: Staff, db: Database, shop_id: int, pen: list[str]
) -> None:
    assert scan(desk, f"]C101{GTIN}21PEN-9") == (200, pen[0])
    # The same number on another product is another unit.
    assert scan(desk, f"(01){GTIN}(21)INK-777") == (200, pen[1])
    message = desk.send("/scan/1", {"code": f"(01){OTHER_GTIN}(21)INK-777", "line": ""}).get_json()
    assert message["error"]["message"] == "This number belongs to another product: Ink"


def test_an_undone_scan_leaves_nothing(desk: Staff, pen: list[str]) -> None:
    entered = desk.send("/scan/1", {"code": "SN-1", "line": ""}).get_json()
    assert entered["left"] == 2
    undone = desk.send(
        "/scan/1/undo", {"itemId": entered["itemId"], "entered": entered["entered"]}
    ).get_json()
    assert (undone["left"], undone["serialNumber"]) == (3, None)
    assert desk.send("/scan/2/undo", {"itemId": pen[0], "entered": None}).status_code == 404


def test_an_order_is_complete_only_when_every_tracked_unit_has_an_item(
    desk: Staff, db: Database, shop_id: int
) -> None:
    products(db, shop_id)
    place(db, shop_id, 1, 2)
    (only,) = sold(db, shop_id, {})
    assert desk.send("/scan/1", {"code": only, "line": ""}).get_json()["left"] == 1
    page = desk.page("/scan/1")
    assert "1 tracked unit of this order has no item yet" in page
    assert 'id="finished" class="finished" hidden' in page
    with db.write() as session:  # we wrote its metafield before, so Shopify need not be asked whose it is
        moment = now()
        session.add(
            Mirror(
                shop_id=shop_id,
                owner="order",
                owner_id=1,
                pages=WRITTEN,
                written_at=moment,
                checked_at=moment,
            )
        )
    assert desk.post("/orders/1/items").status_code == 200
    assert "has no item yet" not in desk.page("/scan/1")


def entry(desk: Staff, item_id: str, code: str, **more: Any) -> dict[str, Any]:
    body = {"entries": [{"itemId": item_id, "serialNumber": code, **more}]}
    result: dict[str, Any] = desk.send("/orders/1/serials", body).get_json()["results"][0]
    return result


def test_the_order_page_says_the_same(desk: Staff, pen: list[str]) -> None:
    assert entry(desk, pen[0], "4006381333931")["error"].startswith("This is the barcode or SKU of Pen.")
    assert entry(desk, pen[0], pen[0])["error"].startswith("This is the item ID of a unit.")
    assert (
        entry(desk, pen[0], f"(01){OTHER_GTIN}(21)A")["error"]
        == "This number belongs to another product: Ink"
    )
    asked = entry(desk, pen[0], "#1002")
    assert asked == {
        "error": "#1002 is the number of an order. Enter it once more to use it anyway.",
        "ask": True,
    }
    assert entry(desk, pen[0], "#1002", confirmed=True)["serialNumber"] == "#1002"
    assert entry(desk, pen[1], f"]d201{GTIN}21PEN-2")["serialNumber"] == "PEN-2"
    refused = desk.post(f"/items/{pen[2]}", {"serialNumber": "PEN-1", "warrantyKind": "leave"})
    assert refused.get_json()["error"]["details"][0]["message"].startswith(
        "This is the barcode or SKU of Pen."
    )
    again = {"serialNumber": "#1002x", "confirmed": "", "warrantyKind": "leave"}
    assert desk.post(f"/items/{pen[2]}", again).status_code == 200


def test_german_pages_name_the_product(desk: Staff, pen: list[str]) -> None:
    answer = desk.send("/scan/1?locale=de", {"code": "4006381333931", "line": ""}).get_json()
    assert answer["error"]["message"] == (
        "Das ist der Barcode oder die SKU von Pen. Scannen Sie stattdessen die Seriennummer."
    )


def test_numbers_of_the_registry_are_found_in_near_forms(
    desk: Staff, db: Database, shop_id: int, pen: list[str]
) -> None:
    with db.write() as session:
        serials.create(session, shop_id, "SN-2024-0001", 111, actor="app")
    assert scan(desk, "SN 2024 OOO1") == (200, pen[0])
    assert "SN-2024-0001" in desk.page("/scan/1")
    assert scan(desk, "SN-2024-0002") == (409, "scan_unknown")


def set_serials(db: Database, shop_id: int, variant_id: int, wanted: SerialNumbers) -> None:
    with db.write() as session:
        catalog.configure(session, shop_id, variant_id, {"serial_numbers": wanted})


def left(desk: Staff) -> str:
    found = re.search(r'id="left">([^<]+)<', desk.page("/scan/1"))
    assert found is not None
    return found.group(1)


def test_required_serial_numbers_are_asked_for_and_told(
    desk: Staff, pen: list[str], db: Database, shop_id: int
) -> None:
    assert scan(desk, pen[0]) == (200, pen[0])  # while they are optional, an item ID is enough
    set_serials(db, shop_id, 111, "required")

    assert left(desk) == "3 left"  # the unit that was checked off without a number is open again
    assert "3 units still need their serial numbers" in desk.page("/scan/1")
    assert scan(desk, pen[1])[1] == "scan_serial_required"
    assert [scan(desk, number)[0] for number in ("SN-1", "SN-2", "SN-3")] == [200, 200, 200]
    assert scan(desk, "SN-4")[1] == "scan_full"
    assert scan(desk, "SN-1")[1] == "scan_twice"
    assert left(desk) == "0 left"
    assert "still need" not in desk.page("/scan/1")


def test_where_serial_numbers_are_off_the_barcode_checks_off_the_next_unit(
    desk: Staff, pen: list[str], db: Database, shop_id: int
) -> None:
    set_serials(db, shop_id, 111, "off")

    assert scan(desk, "SN-1")[1] == "scan_full"  # no unit of this order takes a number
    assert scan(desk, "4006381333931") == (200, pen[0])
    assert scan(desk, pen[2]) == (200, pen[2])
    assert scan(desk, "PEN-1") == (200, pen[1])
    assert scan(desk, f"(01){GTIN}(21)X")[1] == "scan_full"
    assert left(desk) == "0 left"
    assert "No serial numbers" in desk.page("/orders/1")
    assert "data-item=" not in desk.page("/orders/1")


def test_a_shop_that_tracks_inventory_takes_received_units_only(
    desk: Staff, pen: list[str], db: Database, shop_id: int
) -> None:
    entry = {"entries": [{"itemId": pen[0], "serialNumber": "SN-1"}]}
    with db.write() as session:
        session.get_one(Variant, (shop_id, 111)).inventory_tracked = True
        session.get_one(Shop, shop_id).tracking_method = "inventory"
    assert scan(desk, "SN-0")[0] == 200  # the scope is missing, so "Sold items only" applies
    assert "is not in effect yet" in desk.page("/settings")
    with db.write() as session:
        session.get_one(Shop, shop_id).scopes += ",read_inventory"

    assert "is not in effect yet" not in desk.page("/settings")
    assert scan(desk, "SN-1")[1] == "scan_unknown"
    refused = desk.send("/orders/1/serials", entry).get_json()["results"][0]
    assert refused["ask"]
    assert "was not received" in refused["error"]
    with db.write() as session:
        serials.create(session, shop_id, "SN-1", 111, actor="app")
    assert scan(desk, "SN-1")[0] == 200

    with db.write() as session:  # and back again
        session.get_one(Shop, shop_id).tracking_method = "sold"
        session.get_one(Variant, (shop_id, 222)).inventory_tracked = True
    place(db, shop_id, 3, 1, 222)
    sold(db, shop_id, {"order_id": 3, "line_item_id": 31, "variant_id": 222})
    assert desk.send("/scan/3", {"code": "INK-888", "line": ""}).status_code == 200
