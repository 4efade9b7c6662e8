"""A registration never leaves the sale it was made for, and a unit is sold to one customer at a time (items.ties)."""

from __future__ import annotations

import threading
from typing import Unpack

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from serializer_app.domain.buyers import claims, units
from serializer_app.domain.desk import packing
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import lookups, recognition, registrations, swaps
from serializer_app.domain.registry.people import Person
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Registration
from tests.domain.registry.conftest import ADA, GRACE, WATCH, World

STRANGER = Person(email="stranger@example.com", customer_id=777)


def item_of(world: World, order_id: int) -> Item:
    return world.items(order_id)[0]


def enter(world: World, order_id: int, number: str | None) -> None:
    with world.db.write() as session:
        changes = ItemChanges(serial_number=number)
        item = item_of(world, order_id)
        items.change(session, world.shop_id, item, changes, allowed_fields=(), actor="staff:1")


def refused(world: World, order_id: int, number: str) -> str:
    with pytest.raises(AppError) as caught:
        enter(world, order_id, number)
    assert caught.value.status == 409
    return caught.value.code


def remove(world: World, order_id: int) -> None:
    with world.db.write() as session:
        keys = [item_of(world, order_id).id]
        assert items.take_away(session, world.shop_id, keys, actor="staff:1", reason="removed") == 1


def restore(world: World, order_id: int) -> None:
    with world.db.write() as session:
        keys = [item_of(world, order_id).id]
        assert items.bring_back(session, world.shop_id, keys, actor="staff:1") == 1


def sale_of(world: World, public_id: str) -> int | None:
    with world.db.read() as session:
        held = session.query(Registration).filter(Registration.public_id == public_id).one()
        return held.item_key


def numbers(world: World, **filters: Unpack[lookups.Filters]) -> list[tuple[str, str | None]]:
    """(registration, item ID) of what a look-up finds."""
    with world.db.read() as session:
        page = lookups.search(session, world.vault, world.shop(session), filters)
        return [(view.row.public_id, view.row.item_id) for view in page.rows]


@pytest.fixture
def sold(world: World) -> str:
    """S1 was sold on order 900 to Grace, who registered it; order 901 is a stranger's. The registration."""
    world.watches("S1", "S2")
    world.order(900, customer_id=501)
    world.order(901, customer_id=777)
    enter(world, 900, "S1")
    return world.register("S1", GRACE)


def test_a_returned_unit_is_sold_again_and_its_first_registration_stays_behind(
    world: World, sold: str
) -> None:
    first, second = item_of(world, 900), item_of(world, 901)
    assert refused(world, 901, "S1") == "serial_number_used"
    remove(world, 900)
    enter(world, 901, "S1")
    assert sale_of(world, sold) == first.id
    assert not item_of(world, 901).registered
    with world.db.read() as session:
        shop = world.shop(session)
        (unit,) = units.find(session, shop, "S1")
        assert (unit.item is not None and unit.item.id, unit.claim) == (second.id, None)
        held = registrations.by_key(session, shop.id, session.query(Registration.id).scalar())
        assert claims.unit_of(session, shop, held).state == "removed"
    again = world.register("S1", STRANGER)
    assert sale_of(world, again) == second.id
    assert numbers(world, serial_number="S1") == numbers(world, order_id=901) == [(again, second.item_id)]
    assert (
        numbers(world, order_id=900) == numbers(world, email="grace@example.com") == [(sold, first.item_id)]
    )


def test_a_restored_sale_comes_back_with_its_number_and_its_owner(world: World, sold: str) -> None:
    remove(world, 900)
    restore(world, 900)
    item = item_of(world, 900)
    assert (item.serial_number, item.registered) == ("S1", True)
    assert numbers(world, serial_number="S1") == [(sold, item.item_id)]
    assert refused(world, 901, "S1") == "serial_number_used"


def test_a_sale_that_is_restored_after_the_unit_was_sold_again_has_no_number(world: World, sold: str) -> None:
    remove(world, 900)
    enter(world, 901, "S1")
    again = world.register("S1", STRANGER)
    restore(world, 900)
    item = item_of(world, 900)
    assert (item.serial_number, item.unit_id) == (None, None)
    # Its owner still has what was bought, under the item ID, and nothing of the stranger's.
    assert numbers(world, serial_number=item.item_id) == [(sold, item.item_id)]
    assert numbers(world, serial_number="S1") == [(again, item_of(world, 901).item_id)]
    with world.db.read() as session:
        row = session.query(Registration).filter(Registration.public_id == sold).one()
        assert registrations.serial_of(session, row).serial_number == item.item_id


def test_a_returned_unit_can_be_registered_again_without_an_order(world: World, sold: str) -> None:
    remove(world, 900)
    again = world.register("S1", ADA)
    assert sale_of(world, again) is None
    assert numbers(world, serial_number="S1") == [(again, None)]
    # Somebody holds it who is not the customer of any of these orders.
    assert refused(world, 901, "S1") == "serial_number_registered"
    restore(world, 900)
    assert item_of(world, 900).serial_number is None
    assert sale_of(world, sold) == item_of(world, 900).id


def test_packing_and_the_order_page_go_by_one_rule(world: World, sold: str) -> None:
    def scan(code: str) -> str:
        try:
            with world.db.write() as session:
                found = recognition.recognize(session, world.shop_id, code)
                packing.scan(session, world.shop_id, 901, found, line_item_id=None, actor="staff:1")
        except AppError as error:
            return error.code
        return "entered"

    assert scan("S1") == "scan_used"
    remove(world, 900)
    assert scan("S1") == "entered"
    assert item_of(world, 901).serial_number == "S1"
    enter(world, 901, None)
    with world.db.write() as session:
        packing.start_again(session, world.shop_id, 901)
    world.register("S2", ADA)
    assert (scan("S2"), refused(world, 901, "S2")) == ("serial_number_registered",) * 2
    swaps_away(world, "S2", "S3")
    assert (scan("S2"), refused(world, 901, "S2")) == ("serial_replaced",) * 2
    assert refused(world, 901, item_of(world, 900).item_id) == "serial_number_is_item_id"


def swaps_away(world: World, number: str, new: str) -> None:
    with world.db.write() as session:
        swaps.update_serial(session, world.shop(session), number, new, actor="staff:1")


def test_a_registration_without_a_sale_joins_the_sale_to_the_same_customer_only(world: World) -> None:
    world.watches("S1", "S2")
    world.order(900, customer_id=501)
    mine, other = world.register("S1", GRACE), world.register("S2", STRANGER)
    enter(world, 900, "S1")
    assert sale_of(world, mine) == item_of(world, 900).id
    assert item_of(world, 900).registered
    assert refused(world, 900, "S2") == "serial_number_registered"
    assert sale_of(world, other) is None
    assert item_of(world, 900).serial_number == "S1"


def test_a_swap_never_moves_a_registration_to_another_customers_item(world: World, sold: str) -> None:
    enter(world, 901, "S2")
    with pytest.raises(AppError) as caught:
        swaps_away(world, "S1", "S2")
    assert (caught.value.code, caught.value.status) == ("serial_number_used", 409)
    assert sale_of(world, sold) == item_of(world, 900).id
    # A replacement that was sent on an order of the same customer takes the registration over.
    world.watches("S4")
    world.order(902, customer_id=501)
    enter(world, 902, "S4")
    swaps_away(world, "S1", "S4")
    assert sale_of(world, sold) == item_of(world, 902).id


def test_a_denied_claim_of_a_unit_that_was_sold_since_stays_denied(world: World) -> None:
    world.watches("S1")
    world.order(900, customer_id=501)
    public_id = world.register("S1", ADA)
    with world.db.write() as session:
        registrations.decide(
            session, registrations.find(session, world.shop_id, public_id), "denied", actor="staff:1"
        )
    enter(world, 900, "S1")
    with world.db.write() as session, pytest.raises(AppError) as caught:
        registrations.decide(
            session, registrations.find(session, world.shop_id, public_id), "approved", actor="staff:1"
        )
    assert caught.value.code == "serial_registered"


def test_of_two_who_enter_one_unit_on_two_items_at_once_one_does(world: World) -> None:
    world.watches("S1")
    for order_id in range(900, 904):
        world.order(order_id)
    outcomes: list[str] = []

    def act(order_id: int) -> None:
        try:
            enter(world, order_id, "S1")
            outcomes.append("entered")
        except AppError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=act, args=(order_id,)) for order_id in range(900, 904)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["entered", *["serial_number_used"] * 3]


def test_the_database_itself_keeps_a_unit_on_one_active_item(world: World, sold: str) -> None:
    unit_id = item_of(world, 900).unit_id
    assert unit_id is not None
    with pytest.raises(IntegrityError), world.db.write() as session:
        session.execute(update(Item).where(Item.order_id == 901).values(unit_id=unit_id))
    remove(world, 900)
    with world.db.write() as session:
        session.execute(update(Item).where(Item.order_id == 901).values(unit_id=unit_id))


def test_an_order_edit_that_brings_an_item_back_goes_by_the_same_rule(world: World, sold: str) -> None:
    remove(world, 900)
    enter(world, 901, "S1")
    with world.db.write() as session:
        outcome = orders.adjust(
            session,
            world.shop(session),
            900,
            item_of(world, 900).line_item_id,
            restore=[item_of(world, 900).item_id],
            actor="staff:1",
        )
    assert outcome.restored == 1
    assert item_of(world, 900).serial_number is None
    with world.db.read() as session:
        twice = session.execute(
            text("SELECT unit_id FROM items WHERE unit_id IS NOT NULL AND removed_at IS NULL")
        ).all()
    assert len(twice) == 1
    assert item_of(world, 901).variant_id == WATCH
