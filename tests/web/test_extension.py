"""What the block on Shopify's order page asks: the shop's own units, with the staff member's token, across origins."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.items import items
from serializer_app.store.db import Database
from serializer_app.store.models import Order
from serializer_app.web.extension import ORIGIN
from tests.visitors import OTHER_SHOP, SHOP, database, installed, sold, staff


@pytest.fixture
def db(app: Flask) -> Database:
    return database(app)


@pytest.fixture
def shop_id(db: Database) -> int:
    shop_id = installed(db)
    with db.write() as session:
        session.execute(insert(Order).values(shop_id=shop_id, order_id=1, ordered_at=now()))
    return shop_id


def units(client: FlaskClient, shop: str = SHOP) -> Any:
    answer = client.get("/extension/orders/1", headers=staff(shop))
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    return answer.get_json() if answer.status_code == 200 else answer.status_code


def test_the_units_of_an_order_are_shown(client: FlaskClient, db: Database, shop_id: int) -> None:
    first, second = sold(db, shop_id, {"serial_number": "SN-1"}, {"line_item_id": 12})
    shown = units(client)
    assert [(unit["itemId"], unit["serialNumber"]) for unit in shown["units"]] == [
        (first, "SN-1"),
        (second, None),
    ]
    assert shown["more"] is False


def test_a_serial_number_is_entered_and_history_says_by_whom(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    (item_id,) = sold(db, shop_id, {})
    answer = client.patch(
        f"/extension/items/{item_id}", json={"serialNumber": "SN-9", "version": 1}, headers=staff()
    )
    assert answer.get_json() == {"itemId": item_id, "serialNumber": "SN-9", "version": 2}
    again = client.patch(
        f"/extension/items/{item_id}", json={"serialNumber": "SN-8", "version": 1}, headers=staff()
    )
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "version_conflict")
    with db.read() as session:
        item = items.find(session, shop_id, item_id)
        assert item is not None
        (entry,) = history.entries(session, shop_id, "item", item.id)
    assert entry[1].startswith("staff:")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"serialNumber": 5}', b'{"serialNumber": ""}', b'{"colour": 1}']
)
def test_what_is_no_change_is_refused(client: FlaskClient, db: Database, shop_id: int, body: bytes) -> None:
    (item_id,) = sold(db, shop_id, {})
    headers = {**staff(), "Content-Type": "application/json"}
    assert client.patch(f"/extension/items/{item_id}", data=body, headers=headers).status_code in (400, 422)


def test_another_shops_orders_and_items_are_not_there(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    (item_id,) = sold(db, shop_id, {})
    installed(db, OTHER_SHOP)
    assert units(client, OTHER_SHOP) == 404
    answer = client.patch(
        f"/extension/items/{item_id}", json={"serialNumber": "X"}, headers=staff(OTHER_SHOP)
    )
    assert answer.status_code == 404


def test_a_browser_may_ask_first_and_learns_nothing_else(client: FlaskClient, shop_id: int) -> None:
    answer = client.options("/extension/orders/1", headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert client.get("/extension/orders/1").status_code == 401
    assert shop_id
