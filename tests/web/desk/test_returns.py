"""The returns page: what each scan says, and what becomes of the unit that came back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from serializer_app.clock import now
from serializer_app.domain.gate.switch import RETURNS_SCOPE
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import announced
from serializer_app.domain.stock.announced import AnnouncedLine
from serializer_app.store.db import Database
from serializer_app.store.models import Item, Shop
from tests.visitors import sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place
from tests.web.desk.test_scanning import products


def sell(db: Database, shop_id: int) -> list[str]:
    """Unit P-1 on order #1001 and P-2 on order #1002; P-3 is in stock. The item IDs."""
    products(db, shop_id)
    place(db, shop_id, 1, 1)
    place(db, shop_id, 2, 1)
    made = sold(db, shop_id, {}) + sold(db, shop_id, {"order_id": 2, "line_item_id": 21})
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        for number in ("P-1", "P-2", "P-3"):
            entry = serials.Entry(sku="PEN-1", serial_number=number)
            serials.enter(session, shop, [entry], source="api", actor="staff:1")
        for item_id, number in zip(made, ("P-1", "P-2"), strict=True):
            item = session.scalars(select(Item).where(Item.shop_id == shop_id, Item.item_id == item_id)).one()
            changes = ItemChanges(serial_number=number)
            items.change(session, shop_id, item, changes, allowed_fields=(), actor="staff:1")
    return made


def scan(desk: Staff, code: str, order: str = "") -> dict[str, Any]:
    found: dict[str, Any] = desk.send("/returns/scan", {"code": code, "order": order}).get_json()
    return found


def state_of(db: Database, shop_id: int, number: str) -> str:
    with db.read() as session:
        found = serials.find(session, shop_id, number)
        assert found is not None
        return found.state


def test_every_scan_says_what_the_unit_is_and_changes_nothing(
    desk: Staff, german: Staff, db: Database, shop_id: int
) -> None:
    first, second = sell(db, shop_id)
    for code in ("P-1", "p-1", first):
        found = scan(desk, code)
        assert (found["verdict"], found["itemId"]) == ("sold", first)
        assert found["message"] == "P-1 (Pen) was sold on order #1001"
    assert scan(desk, "#1001") == {"message": "Order #1001: scan what came back", "order": "1"}
    assert scan(desk, "P-1", "1")["verdict"] == "sold"
    other = scan(desk, "P-2", "1")
    assert (other["verdict"], other["itemId"]) == ("other", None)
    assert other["message"].startswith("Another unit than the one sold: P-2 (Pen) belongs to order #1002")
    assert scan(desk, second, "1")["verdict"] == "other"
    assert "not sold on any order" in scan(desk, "P-3")["message"]
    assert scan(desk, "STRANGE")["verdict"] == "not_ours"
    assert scan(desk, "4006381333931")["error"]["code"] == "code_is_product"
    assert scan(german, "STRANGE")["message"] == "STRANGE ist kein Exemplar dieses Shops"
    assert [state_of(db, shop_id, number) for number in ("P-1", "P-2", "P-3")] == ["reserved"] * 2 + [
        "in_stock"
    ]


def test_a_unit_that_came_back_waits_for_its_decision_and_is_in_stock_again(
    desk: Staff, german: Staff, db: Database, shop_id: int
) -> None:
    first, second = sell(db, shop_id)
    taken = desk.send("/returns/take", {"itemId": first, "disposition": "returned"}).get_json()
    assert taken == {"message": "P-1 taken back: returned", "order": "1"}
    again = scan(desk, "P-1")
    assert (again["verdict"], again["itemId"]) == ("returned", None)
    assert desk.send("/returns/take", {"itemId": first, "disposition": "in_stock"}).status_code == 409
    page = desk.page("/returns?order=1")
    assert "Waiting for a decision" in page
    assert "P-1" in page
    assert "Wartet auf eine Entscheidung" in german.page("/returns")
    decided = desk.post("/returns/decide", {"number": "P-1", "state": "in_stock"})
    assert decided.get_json()["toast"] == "P-1: in stock"
    assert "Waiting" not in desk.page("/returns")
    assert desk.send("/returns/take", {"itemId": second, "disposition": "in_stock"}).status_code == 200
    assert [state_of(db, shop_id, number) for number in ("P-1", "P-2")] == ["in_stock"] * 2
    for body in ({"itemId": "ABCD", "disposition": "in_stock"}, {"itemId": first, "disposition": "gone"}):
        assert desk.send("/returns/take", body).status_code in (404, 422)


def test_another_shop_takes_nothing_back(desk: Staff, neighbour: Staff, db: Database, shop_id: int) -> None:
    first, _ = sell(db, shop_id)
    assert scan(neighbour, "P-1")["verdict"] == "not_ours"
    assert neighbour.send("/returns/take", {"itemId": first, "disposition": "in_stock"}).status_code == 404
    assert neighbour.post("/returns/decide", {"number": "P-3", "state": "scrapped"}).status_code == 404
    assert neighbour.get("/returns?order=1").status_code == 404
    assert state_of(db, shop_id, "P-1") == "reserved"


def announce(db: Database, shop_id: int, order_id: int = 1, quantity: int = 1, **disposed: int) -> None:
    """Shopify announces a return of units of the order's line."""
    line = AnnouncedLine(70 + order_id, order_id * 10 + 1, "OPEN", quantity, disposed, now())
    with db.write() as session:
        session.get_one(Shop, shop_id).scopes = f"write_orders,{RETURNS_SCOPE}"
        announced.store(session, shop_id, order_id, [line])


def test_what_shopify_expects_back_is_listed_until_it_is_scanned(
    desk: Staff, german: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    first, _ = sell(db, shop_id)
    assert "may not read them" in desk.page("/returns")  # without the scope
    assert "read_returns" in desk.page("/returns")
    announce(db, shop_id)
    page = desk.page("/returns")
    assert "may not read them" not in page
    assert 'href="/returns?order=1"' in page
    assert "P-1" in page  # the line has no other unit
    assert "P-2" not in page
    assert "0 of 1" in page
    assert "Zurückerwartet" in german.page("/returns")
    assert "P-1" not in neighbour.page("/returns")
    assert scan(desk, "P-1")["preselected"] is None

    announce(db, shop_id, RESTOCKED=1)
    found = scan(desk, "P-1")
    assert found["preselected"] == "in_stock"
    assert "Shopify says: restocked" in found["message"]
    assert desk.send("/returns/take", {"itemId": first, "disposition": "in_stock"}).status_code == 200
    page = desk.page("/returns")
    assert "Shopify expects no units back" in page
    assert "1 of 1" in desk.page("/returns?order=1")
