"""The states of a unit: each change goes through one function, and what is not allowed is refused with a reason."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from serializer_app.domain import history
from serializer_app.domain.items import items, unit_states
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import registrations, serials
from serializer_app.errors import AppError
from serializer_app.store.models import Serial
from tests.domain.registry.conftest import ADA, GRACE, ORDERED_AT, WATCH, World
from tests.domain.registry.conftest import world as world


def unit(world: World, number: str = "S1") -> Serial:
    with world.db.read() as session:
        found = serials.find(session, world.shop_id, number)
        assert found is not None
        return found


def story(world: World, number: str = "S1") -> list[tuple[str, Any, Any]]:
    """(action, from, to) of every change of a unit's state."""
    with world.db.read() as session:
        entries = history.entries(session, world.shop_id, "serial", unit(world, number).id)
    return [
        (action, changes["state"]["from"], changes["state"]["to"])
        for _, _, action, changes in entries
        if "state" in changes
    ]


def enter(world: World, number: str | None, order_id: int = 900) -> None:
    with world.db.write() as session:
        item, changes = world.items(order_id)[0], ItemChanges(serial_number=number)
        items.change(session, world.shop_id, item, changes, allowed_fields=(), actor="staff:1")


def show(world: World, shipped: bool, *, minutes: int, units: int = 1) -> None:
    """A newer snapshot of order 900."""
    line = LineSnapshot(9000, WATCH, 1, "Watch", None, "W-1", units, ORDERED_AT if shipped else None)
    at = ORDERED_AT + timedelta(minutes=minutes)
    snapshot = OrderSnapshot(900, "#900", 501, ORDERED_AT, at, None, (line,))
    with world.db.write() as session:
        orders.apply(session, world.shop(session), snapshot, actor="webhook:orders/updated")


def test_a_unit_is_reserved_when_it_is_entered_and_sold_when_its_line_is_shipped(world: World) -> None:
    world.watches("S1")
    world.order(customer_id=501)
    enter(world, "S1")
    assert unit(world).state == "reserved"
    show(world, True, minutes=1)
    show(world, True, minutes=2)
    show(world, False, minutes=3)
    show(world, True, minutes=4)
    enter(world, None)
    assert story(world) == [
        ("entered", "in_stock", "reserved"),
        ("shipped", "reserved", "sold"),
        ("fulfilment-cancelled", "sold", "reserved"),
        ("shipped", "reserved", "sold"),
        ("taken-off", "sold", "in_stock"),
    ]
    enter(world, "S1")
    assert unit(world).state == "sold"


def test_a_removed_sale_puts_its_unit_back_in_stock_and_a_restored_one_takes_it_again(world: World) -> None:
    world.watches("S1")
    key = world.order(customer_id=501)[0].id
    enter(world, "S1")
    with world.db.write() as session:
        items.take_away(session, world.shop_id, [key], actor="staff:1", reason="removed")
    assert unit(world).state == "in_stock"
    with world.db.write() as session:
        items.bring_back(session, world.shop_id, [key], actor="staff:1")
    assert unit(world).state == "reserved"
    assert world.items()[0].serial_number == "S1"


def set_state(world: World, state: UnitState, number: str = "S1") -> None:
    with world.db.write() as session:
        (found,) = unit_states.locked(session, world.shop_id, [unit(world, number).id])
        unit_states.change(session, found, state, actor="staff:1", action="state-changed")


@pytest.mark.parametrize("state", ["returned", "in_repair", "scrapped", "lost", "sold"])
def test_only_a_unit_in_stock_can_be_entered_or_registered(world: World, state: str) -> None:
    world.watches("S1")
    world.order(customer_id=501)
    set_state(world, UnitState(state))
    with pytest.raises(AppError) as caught:
        enter(world, "S1")
    assert (caught.value.code, caught.value.status) == ("unit_not_in_stock", 409)
    if state == "sold":  # outside Shopify, so its owner may register it
        world.register("S1")
    else:
        with pytest.raises(AppError, match="set its state to in_stock first"):
            world.register("S1")
        set_state(world, UnitState.IN_STOCK)
        enter(world, "S1")


def test_a_registration_without_an_order_tells_that_a_unit_was_sold(world: World) -> None:
    world.watches("S1", "S2")
    world.register("S1", GRACE)
    assert unit(world).state == "sold"
    world.order(customer_id=501)
    enter(world, "S1")
    assert unit(world).state == "reserved"
    world.register("S2", ADA)
    with world.db.write() as session:
        registrations.reset(session, world.shop_id, "S2", actor="staff:1")
    assert unit(world, "S2").state == "in_stock"


def test_a_serial_of_an_item_id_is_sold_while_its_item_is_active(world: World) -> None:
    item = world.order(customer_id=501)[0]
    world.register(item.item_id, GRACE)
    assert unit(world, item.item_id).state == "sold"
    with world.db.write() as session:
        items.take_away(session, world.shop_id, [item.id], actor="staff:1", reason="removed")
    assert unit(world, item.item_id).state == "in_stock"
    with world.db.write() as session:
        items.bring_back(session, world.shop_id, [item.id], actor="staff:1")
    assert unit(world, item.item_id).state == "sold"
    assert story(world, item.item_id) == []


def test_every_change_that_is_not_allowed_is_refused(world: World) -> None:
    world.watches("S1")
    for before, after in itertools.product(UnitState, UnitState):
        with world.db.write() as session:
            (found,) = unit_states.locked(session, world.shop_id, [unit(world).id])
            found.state = before.value
            session.flush()
            if before is after or unit_states.is_allowed(before, after):
                changed = unit_states.change(session, found, after, actor="staff:1", action="state-changed")
                assert changed is (before is not after)
            else:
                with pytest.raises(AppError) as caught:
                    unit_states.change(session, found, after, actor="staff:1", action="state-changed")
                assert (caught.value.code, caught.value.status) == ("unit_state_refused", 409)
    assert unit_states.WITH_ITEM.isdisjoint(unit_states.WITHOUT_ITEM)


def test_the_database_knows_the_states(world: World) -> None:
    world.watches("S1")
    with pytest.raises(IntegrityError), world.db.write() as session:
        session.execute(update(Serial).values(state="mislaid"))


def test_a_returned_unit_is_not_replaced_by_an_item_of_its_own(world: World) -> None:
    """As long as Shopify still counts a returned unit, the order has no unit without an item."""
    world.order(customer_id=501, units=2)
    with world.db.write() as session:
        (line,) = items.stored_lines(session, world.shop_id, 900).values()
        gone = replace(line.living[1], returned=True)
        after = replace(line, living=line.living[:1], removed=(gone,))
    assert (line.missing, after.missing) == (0, 0)
    assert replace(after, quantity=1).missing < 0
