"""Orders and their units: filters by keyset, entries that stand on their own, forms sent twice, the packing table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import order_list
from serializer_app.domain.registry import serials
from serializer_app.store.db import Database
from serializer_app.store.models import Location, Serial
from tests.visitors import sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place


def shown(text: str) -> list[str]:
    return re.findall(r">(#\d+)</a>", text)


@pytest.fixture
def orders(db: Database, shop_id: int) -> None:
    """Orders 1…130 of one unit each: every third without a serial number, every fifth with an item too many."""
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"trackable": True})
    for number in range(1, 131):
        place(db, shop_id, number, 1)
        unit: dict[str, Any] = {"order_id": number, "line_item_id": 10 * number + 1}
        own = [] if number % 3 == 0 else [{**unit, "serial_number": "A"}]
        extra = [{**unit, "serial_number": "B"}] if number % 5 == 0 else []
        sold(db, shop_id, *(own or [unit]), *extra)


def test_filters_find_each_order_once_page_by_page(desk: Staff, orders: None) -> None:
    wanted = {
        "": list(range(130, 0, -1)),
        "serials": [n for n in range(130, 0, -1) if n % 3 == 0],
        "warning": [n for n in range(130, 0, -1) if n % 5 == 0],
        "complete": [n for n in range(130, 0, -1) if n % 3 and n % 5],
    }
    for state, numbers in wanted.items():
        found: list[str] = []
        path: str | None = f"/orders?state={state}"
        backwards: list[str | None] = []
        while path:
            text = desk.page(path)
            found += shown(text)
            following = re.search(r'rel="next" href="([^"]+)"', text)
            previous = re.search(r'rel="prev" href="([^"]+)"', text)
            backwards.append(previous and previous.group(1).replace("&amp;", "&"))
            path = following.group(1).replace("&amp;", "&") if following else None
        assert found == [f"#{1000 + number}" for number in numbers]
        assert backwards[0] is None
        if len(backwards) > 1:
            assert shown(desk.page(str(backwards[1]))) == found[:50]


def test_a_filter_that_finds_little_says_how_far_it_looked(db: Database, shop_id: int, orders: None) -> None:
    for number in range(131, 700):
        place(db, shop_id, number, 1, 999)
    with db.read() as session:
        page = order_list.page(session, shop_id, state="warning", most_walked=500)
        assert (page.orders, page.before, page.after) == ([], 200, None)
        assert page.walked_to is not None
        further = order_list.page(session, shop_id, state="warning", before=page.before)
        assert [order.order_id for order in further.orders] == list(range(130, 0, -5))


def entries(*pairs: tuple[str, Any]) -> dict[str, Any]:
    return {"entries": [{"itemId": item, "serialNumber": serial} for item, serial in pairs]}


def test_each_serial_number_stands_on_its_own(desk: Staff, sale: list[str]) -> None:
    body = entries((sale[1], "sn-1"), (sale[2], "SN-2"), ("0000-0000-0000-0000", "X"), (sale[1], "x" * 65))
    results = desk.send("/orders/1/serials", body).get_json()["results"]
    assert ["error" in result for result in results] == [True, False, True, True]
    assert results[1] == {"version": 2, "serialNumber": "SN-2"}
    taken = desk.send(
        "/orders/1/serials", {"entries": [{**body["entries"][1], "version": 1, "serialNumber": "Z"}]}
    )
    late = taken.get_json()["results"][0]
    assert late["error"] == "Somebody else changed this item meanwhile; load it again"
    assert (late["version"], late["serialNumber"]) == (2, "SN-2")


@pytest.mark.parametrize("body", [None, [], {"entries": 1}, {"entries": [{"itemId": 5}]}])
def test_a_malformed_entry_is_refused_with_reason(desk: Staff, sale: list[str], body: Any) -> None:
    answer = desk.send("/orders/1/serials", body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "form_invalid")


def test_a_form_sent_twice_adds_items_once(desk: Staff, sale: list[str]) -> None:
    form = {"nonce": "n" * 20, "lineItemId": "11", "add": "2"}
    first, second = desk.post("/orders/1/adjust", form), desk.post("/orders/1/adjust", form)
    assert first.get_json() == second.get_json() == {"toast": "2 added, 0 removed", "go": None}
    assert desk.page("/orders/1").count('class="unit"') == 5
    other = desk.post("/orders/1/adjust", {**form, "add": "1"})
    assert other.status_code == 409
    wrong = desk.post("/orders/1/adjust", {**form, "nonce": "m" * 20, "add": "many"})
    assert wrong.get_json()["error"]["details"][0]["path"] == "add"


def test_items_leave_and_come_back(desk: Staff, sale: list[str]) -> None:
    assert desk.post(f"/items/{sale[0]}/remove").status_code == 200
    assert "was removed from its order" in desk.page(f"/items/{sale[0]}")
    assert desk.post(f"/items/{sale[0]}/restore").status_code == 200
    assert "Restored" in desk.page(f"/items/{sale[0]}")


def scan(desk: Staff, code: str, line: str = "") -> tuple[int, str]:
    answer = desk.send("/scan/1", {"code": code, "line": line})
    body = answer.get_json()
    return answer.status_code, body["itemId"] if answer.status_code == 200 else body["error"]["code"]


def test_the_packing_table_tells_what_is_wrong_at_once_and_keeps_what_was_scanned(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    place(db, shop_id, 2, 1)
    (other,) = sold(db, shop_id, {"order_id": 2, "line_item_id": 21, "serial_number": "USED"})
    with db.write() as session:
        catalog.configure(session, shop_id, 222, {"trackable": True})
        serials.create(session, shop_id, "OF-ANOTHER", 222, actor="app")
    assert scan(desk, sale[0].lower().replace("-", "")) == (200, sale[0])
    assert scan(desk, "sn-1") == (409, "scan_twice")
    assert scan(desk, other) == (409, "scan_used")
    assert scan(desk, "USED") == (409, "scan_used")
    assert scan(desk, "OF-ANOTHER") == (409, "scan_other_product")
    assert scan(desk, "NEW-1") == (200, sale[1])
    assert desk.page("/scan/1").count("unit-scan done") == 2
    with db.write() as session:
        serials.create(session, shop_id, "KNOWN", 111, actor="app")
    assert scan(desk, "NEW-2") == (409, "scan_unknown")
    assert scan(desk, "known") == (200, sale[2])
    assert scan(desk, "NEW-3") == (409, "scan_full")
    assert "0 left" in desk.page("/scan/1")
    assert desk.post("/scan/1/again").status_code == 200
    assert "3 left" in desk.page("/scan/1")
    # What the labels hold is scanned as well: a unit's own link, and a GS1 Digital Link.
    page = desk.page("/orders/1/labels")
    assert page.count("QR code of") == 3
    with db.read() as session:
        own = session.scalars(
            select(Serial).where(Serial.shop_id == shop_id, Serial.item_key.is_not(None))
        ).all()
        tokens = {one.serial_number: one.token for one in own}
    assert sale[0] in tokens
    assert scan(desk, f"https://x.myshopify.com/apps/serializer/u/{tokens[sale[0]]}") == (200, sale[0])
    assert scan(desk, "https://x.myshopify.com/apps/serializer/01/09506000134352/21/NEW%2D1?k=1") == (
        200,
        sale[1],
    )
    assert scan(desk, "https://x.myshopify.com/u/nobody") == (409, "code_is_link")
    for code in ("%231001", "known"):
        assert desk.get(f"/scan?code={code}").headers["Location"] == "/scan/1"


def test_an_order_of_many_units_is_packed_page_by_page(desk: Staff, db: Database, shop_id: int) -> None:
    place(db, shop_id, 1, 1010)
    made = sold(db, shop_id, *({} for _ in range(1010)))
    page = desk.page("/scan/1")
    assert "1010 left" in page or "1,010 left" in page
    assert page.count('class="unit-scan') == 250
    assert scan(desk, made[1009]) == (200, made[1009])
    assert scan(desk, "FIRST") == (200, made[0])
    answer = desk.send("/scan/1", {"code": made[1], "line": ""}).get_json()
    assert answer["left"] == 1007


def test_the_list_counts_what_each_variant_asks_for(
    desk: Staff, orders: None, db: Database, shop_id: int
) -> None:
    def standing() -> tuple[int, int, bool]:
        with db.read() as session:
            (one,) = order_list.standings(session, shop_id, [3])
        return one.bare, one.required, one.is_in("serials")

    assert standing() == (1, 0, True)
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"serial_numbers": "required"})
    assert standing() == (1, 1, True)
    assert "1 required serial number missing" in desk.page("/orders?q=%231003")
    assert "1 required serial number missing" in desk.page("/orders/3")
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"serial_numbers": "off"})
    assert standing() == (0, 0, False)


@pytest.mark.one_database
def test_the_oldest_units_in_stock_are_assigned_to_a_line(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    """The sale has two units without a serial number; four are in stock, the second at location 7."""

    def assign(**form: str) -> Any:
        return desk.post("/orders/1/assign", {"lineItemId": "11", **form})

    assert "Assign oldest units" not in desk.page("/orders/1")
    assert assign().get_json()["toast"] == "No unit in stock could be assigned"
    with db.write() as session:
        for number, location in (("A-1", None), ("A-2", 7), ("A-3", None), ("A-4", None)):
            serials.create(session, shop_id, number, 111, actor="app").location_id = location
        for location_id in (7, 8):
            name = f"Shelf {location_id}"
            session.add(Location(shop_id=shop_id, location_id=location_id, name=name, active=True))
    page = desk.page("/orders/1")
    assert "Assign oldest units" in page
    assert "Shelf 8" in page
    assert neighbour.post("/orders/1/assign", {"lineItemId": "11"}).status_code == 404
    for wrong, path in (({"lineItemId": "x"}, "lineItemId"), ({"location": "x"}, "locationIds.0")):
        refused = assign(**wrong)
        assert (refused.status_code, refused.get_json()["error"]["details"][0]["path"]) == (422, path)
    assert assign(location="8").get_json()["toast"] == "No unit in stock could be assigned"
    assert assign(location="7").get_json()["toast"] == "1 unit assigned"
    assert assign().get_json()["toast"] == "1 unit assigned"
    assert assign().get_json()["toast"] == "No unit in stock could be assigned"
    page = desk.page("/orders/1")
    assert "Assign oldest units" not in page
    assert re.findall(r'data-saved="([^"]*)"', page) == ["SN-1", "A-2", "A-1"]
