"""A unit comes back, its owner's registration ends or waits, and the next buyer gets the unit for themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from serializer_app.domain import history
from serializer_app.domain.buyers import units
from serializer_app.domain.items import items, unit_states
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import returns
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.domain.stock.returns import DISPOSITIONS, Ownership, ReturnEntry, ReturnVerdict
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Order, Registration
from tests.domain.registry.conftest import ORDERED_AT
from tests.domain.stock.conftest import Stock

STRANGER = Person(email="stranger@example.com", customer_id=777)


def choose(stock: Stock, **settings: str) -> None:
    with stock.world.db.write() as session:
        shops.configure(session, stock.world.shop(session), settings, actor="staff:1")  # type: ignore[arg-type]


def held(stock: Stock) -> list[Registration]:
    """Registrations that have not ended, oldest first."""
    with stock.world.db.read() as session:
        query = select(Registration).where(
            Registration.shop_id == stock.world.shop_id, Registration.ended_at.is_(None)
        )
        return list(session.scalars(query.order_by(Registration.id)))


def refusal(stock: Stock, order_id: int, **entry: Any) -> str:
    with pytest.raises(AppError) as caught:
        stock.take_back(order_id, ReturnEntry(**entry))
    assert caught.value.details[0]["path"] == "items.0"
    return caught.value.code


@pytest.mark.parametrize(("disposition", "state"), [(None, "returned"), *DISPOSITIONS.items()])
def test_the_disposition_says_what_becomes_of_the_unit(
    stock: Stock, disposition: str | None, state: str
) -> None:
    (done,) = stock.take_back(900, ReturnEntry(serial_number="s1", disposition=disposition, location_id=5))
    assert done.ownership is Ownership.ENDED
    assert (stock.unit().state, stock.unit().location_id) == (state, 5)
    item = stock.item()
    assert (item.serial_number, item.removed_at, item.registered) == ("S1", item.returned_at, False)
    assert item.returned_at is not None
    with stock.world.db.read() as session:
        action, changes = history.entries(session, stock.world.shop_id, "serial", stock.unit().id)[-1][2:]
    assert (action, changes["state"]) == ("returned", {"from": "sold", "to": state})


def test_a_returned_unit_is_sold_again_and_its_new_buyer_registers_it(stock: Stock) -> None:
    stock.take_back(900, ReturnEntry(item_id=stock.item().item_id, disposition="NOT_RESTOCKED"))
    with pytest.raises(AppError, match="not back in stock"):
        stock.enter("S1", 901)
    with stock.world.db.write() as session:
        changes = UnitChanges(state=UnitState.IN_STOCK, note="Tested")
        assert change_unit(session, stock.world.shop_id, stock.unit(), changes, actor="staff:1")
    stock.enter("S1", 901)
    again = stock.world.register("S1", STRANGER)
    assert [claim.public_id for claim in held(stock)] == [again]
    assert (stock.item(901).registered, stock.unit().state, stock.unit().note) == (True, "reserved", "Tested")


def test_a_return_is_refused_that_names_another_unit_or_none(stock: Stock) -> None:
    stock.enter("S2", 901)
    assert refusal(stock, 900, serial_number="S2") == "unit_of_other_order"
    assert refusal(stock, 900, serial_number="S2", item_id=stock.item().item_id) == "other_unit"
    assert refusal(stock, 900, serial_number="XYZ") == "serial_not_found"
    assert refusal(stock, 900, item_id=stock.item(901).item_id) == "item_not_found"
    stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert refusal(stock, 900, serial_number="S1") == "item_returned"
    assert refusal(stock, 900, item_id=stock.item().item_id) == "item_returned"


def test_all_units_of_a_return_come_back_or_none(stock: Stock) -> None:
    with pytest.raises(AppError) as caught:
        stock.take_back(900, ReturnEntry(serial_number="S1"), ReturnEntry(serial_number="XYZ"))
    assert caught.value.details[0]["path"] == "items.1"
    assert (stock.unit().state, stock.item().removed_at) == ("sold", None)


def test_a_scan_tells_the_unit_that_was_sold_from_others(stock: Stock) -> None:
    def scan(code: str, order_id: int | None = 900) -> tuple[ReturnVerdict, int | None]:
        with stock.world.db.read() as session:
            found = returns.scan(session, stock.world.shop_id, code, order_id=order_id)
            return found.verdict, None if found.item is None else found.item.order_id

    stock.enter("S2", 901)
    assert scan("S1") == scan("s1", None) == (ReturnVerdict.SOLD, 900)
    assert scan(stock.item().item_id) == (ReturnVerdict.SOLD, 900)
    assert scan("S2") == (ReturnVerdict.OTHER, 901)
    assert scan("XYZ") == (ReturnVerdict.NOT_OURS, None)
    stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert scan("S1") == (ReturnVerdict.RETURNED, 900)


def test_a_refund_after_a_return_removes_nothing_more(stock: Stock) -> None:
    stock.world.order(902, units=3, customer_id=501)
    stock.show(902, units=3)
    first = stock.item(902)
    stock.take_back(902, ReturnEntry(item_id=first.item_id))
    with stock.world.db.write() as session:
        shop = stock.world.shop(session)
        assert orders.generate_missing(session, shop, 902, actor="staff:1").made == []
    stock.show(902, units=2, minutes=2)
    assert [item.removed_at is None for item in stock.world.items(902)] == [False, True, True]
    # A unit that is added later is a new one.
    stock.show(902, units=3, minutes=3)
    assert [item.removed_at is None for item in stock.world.items(902)] == [False, True, True, True]


def test_a_return_that_is_taken_back_restores_sale_unit_and_owner(stock: Stock) -> None:
    choose(stock, on_return="suspend")
    (done,) = stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert done.ownership is Ownership.SUSPENDED
    with stock.world.db.read() as session:
        (unit,) = units.find(session, stock.world.shop(session), "S1")
        serial = stock.unit()
        assert registrations.claim_of(session, serial.shop_id, serial, lock=False, in_force=True) is None
        assert unit.claim is None
    with stock.world.db.write() as session:
        items.bring_back(session, stock.world.shop_id, [stock.item().id], actor="staff:1")
    item = stock.item()
    assert (item.serial_number, item.returned_at, item.registered) == ("S1", None, True)
    assert stock.unit().state == "sold"


def test_an_owner_who_is_kept_stays_until_the_unit_is_sold_again(stock: Stock) -> None:
    choose(stock, on_return="keep")
    stock.take_back(900, ReturnEntry(serial_number="S1", disposition="in_repair"))

    def owner() -> int | None:
        with stock.world.db.read() as session:
            serial = stock.unit()
            found = registrations.claim_of(session, stock.world.shop_id, serial, lock=False, in_force=True)
            return None if found is None else found.item_key

    assert owner() == stock.item().id
    with stock.world.db.write() as session:
        (unit,) = unit_states.locked(session, stock.world.shop_id, [stock.unit().id])
        unit_states.change(session, unit, UnitState.IN_STOCK, actor="staff:1", action="state-changed")
    stock.enter("S1", 901)
    assert owner() is None
    stock.world.register("S1", STRANGER)
    assert owner() == stock.item(901).id
    assert len(held(stock)) == 2


def test_an_item_without_a_registry_unit_comes_back_too(stock: Stock) -> None:
    stock.enter("FOREIGN-1", 901)
    (done,) = stock.take_back(901, ReturnEntry(serial_number="FOREIGN-1", note="Box is open"))
    assert (done.unit, done.ownership) == (None, None)
    with stock.world.db.read() as session:
        row = session.scalars(select(Item).where(Item.order_id == 901)).one()
        assert row.returned_at is not None
        changes = history.entries(session, stock.world.shop_id, "item", row.id)[-1][3]
    assert changes["note"] == {"from": None, "to": "Box is open"}


def cover(stock: Stock, number: str = "S1") -> tuple[str, Any]:
    with stock.world.db.read() as session:
        (unit,) = units.find(session, stock.world.shop(session), number)
        return unit.state, unit.cover.ends_on


@pytest.mark.parametrize("registers", [True, False])
@pytest.mark.parametrize(("setting", "years"), [("restart", 2), ("continue", 1)])
def test_the_warranty_of_a_resale_starts_again_or_ends_as_the_first_one(
    stock: Stock, setting: str, years: int, registers: bool
) -> None:
    """The second order is a year younger than the first; the warranty is two years from the order on."""
    choose(stock, warranty_on_resale=setting)
    first_end = cover(stock)[1]
    stock.take_back(900, ReturnEntry(serial_number="S1", disposition="RESTOCKED"))
    with stock.world.db.write() as session:
        later = ORDERED_AT + timedelta(days=365)
        session.execute(update(Order).where(Order.order_id == 901).values(ordered_at=later))
    stock.enter("S1", 901)
    if registers:
        stock.world.register("S1", STRANGER)
    assert first_end.year == ORDERED_AT.year + 2
    assert cover(stock)[1].year == ORDERED_AT.year + years + 1


@pytest.mark.parametrize(
    ("disposition", "state"),
    [("returned", "returned"), ("in_repair", "returned"), ("lost", "lost"), ("scrapped", "removed")],
)
def test_the_public_page_tells_the_truth_about_a_returned_unit(
    stock: Stock, disposition: str, state: str
) -> None:
    sold = stock.item()
    stock.take_back(900, ReturnEntry(serial_number="S1", disposition=disposition))
    assert (cover(stock)[0], cover(stock, sold.item_id)[0]) == (state, "returned")


def test_the_public_page_tells_whether_a_genuine_unit_was_sold(stock: Stock) -> None:
    def told(number: str) -> tuple[str, bool]:
        with stock.world.db.read() as session:
            (unit,) = units.find(session, stock.world.shop(session), number)
            return unit.state, unit.unsold

    assert (told("S1"), told("S2")) == (("genuine", False), ("genuine", True))
    with stock.world.db.write() as session:
        changes = UnitChanges(state=UnitState.LOST)
        change_unit(session, stock.world.shop_id, stock.unit(), changes, actor="staff:1")
    assert told("S1") == ("lost", False)
    stock.world.register("S2")
    assert told("S2") == ("genuine", False)
