"""Units are assigned to lines: of the right variant, in stock, all or nothing; and repeats change nothing."""

from __future__ import annotations

import pytest

from serializer_app.domain.orders import orders
from serializer_app.domain.stock import assignments
from serializer_app.domain.stock.returns import ReturnEntry
from serializer_app.errors import AppError
from tests.domain.stock.conftest import Stock


def assign(stock: Stock, *numbers: str, order_id: int = 901) -> list[str | None]:
    with stock.world.db.write() as session:
        shop = stock.world.shop(session)
        found = assignments.assign(session, shop, order_id, order_id * 10, numbers, actor="api-key:1")
        return [item.serial_number for item in found]


def unassign(stock: Stock, *numbers: str, order_id: int = 901) -> None:
    with stock.world.db.write() as session:
        shop = stock.world.shop(session)
        assignments.unassign(session, shop, order_id, order_id * 10, numbers, actor="api-key:1")


def refused(stock: Stock, *numbers: str, order_id: int = 901) -> str:
    with pytest.raises(AppError) as caught:
        assign(stock, *numbers, order_id=order_id)
    return caught.value.code


def test_a_unit_is_assigned_once_and_taken_off_again(stock: Stock) -> None:
    assert assign(stock, "s2") == assign(stock, "S2", "S2") == ["S2"]
    assert stock.unit("S2").state == "reserved"
    unassign(stock, "S2")
    assert (stock.unit("S2").state, stock.item(901).serial_number) == ("in_stock", None)
    with pytest.raises(AppError) as caught:
        unassign(stock, "S2")
    assert (caught.value.code, caught.value.status) == ("unit_not_assigned", 409)


def test_only_units_of_the_variant_in_stock_are_assigned(stock: Stock) -> None:
    stock.world.enter({"serialNumber": "STRAP", "productSku": "S-1"})
    assert refused(stock, "S1") == "serial_number_used"
    assert refused(stock, "STRAP") == "variant_differs"
    assert refused(stock, "XYZ") == refused(stock, stock.item(901).item_id) == "serial_not_found"
    stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert refused(stock, "S1") == "unit_not_in_stock"
    stock.world.watches("S3")
    assert refused(stock, "S2", "S3") == "line_full"
    assert stock.unit("S2").state == "in_stock"
    assert refused(stock, "S2", order_id=999) == "order_not_found"


def test_the_oldest_units_in_stock_at_a_location_are_assigned(stock: Stock) -> None:
    stock.world.watches("S3", "S4")
    stock.world.order(903, units=2, customer_id=501)
    with stock.world.db.write() as session:
        shop = stock.world.shop(session)
        stock_at = assignments.oldest_in_stock(session, shop.id, stock.unit().variant_id, 5)
        assert [unit.serial_number for unit in stock_at] == ["S2", "S3", "S4"]
        for unit in stock_at[1:]:
            unit.location_id = 7
    with stock.world.db.write() as session:
        shop = stock.world.shop(session)
        found = assignments.assign_oldest(session, shop, 903, 9030, location_ids=[7], actor="api-key:1")
        assert [item.serial_number for item in found] == ["S3", "S4"]
        assert assignments.assign_oldest(session, shop, 903, 9030, actor="api-key:1") == []


def test_items_that_a_line_lacks_are_made(stock: Stock) -> None:
    stock.world.order(904, units=2, customer_id=501)
    with stock.world.db.write() as session:
        gone = [item.item_id for item in stock.world.items(904)]
        orders.adjust(session, stock.world.shop(session), 904, 9040, remove=gone, actor="staff:1")
    assert assign(stock, "S2", order_id=904) == ["S2"]
