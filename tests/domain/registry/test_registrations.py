"""Registrations: one claim for one serial, in the words of seeds/000 parts 2 and 3."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.items import change as change_item
from serializer_app.domain.paging import START, Page, Place
from serializer_app.domain.registry import lookups, registrations, serial_lookups, swaps
from serializer_app.domain.registry.lookups import Filters, View
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Corrections
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from tests.domain.registry.conftest import ADA, GRACE, STRAP, World


def found(world: World, filters: Filters) -> list[View]:
    with world.db.read() as session:
        page = lookups.search(session, world.vault, world.shop(session), filters)
        return [*page.rows]


def one(world: World, number: str) -> View:
    (view,) = found(world, {"serial_number": number})
    return view


def reset(world: World, number: str) -> None:
    with world.db.write() as session:
        registrations.reset(session, world.shop_id, number, actor="api-key:1")


def swap(world: World, number: str, new: str) -> None:
    with world.db.write() as session:
        swaps.update_serial(session, world.shop(session), number, new, actor="api-key:1")


def decide(world: World, public_id: str, status: registrations.Status) -> bool:
    with world.db.write() as session:
        registration = registrations.find(session, world.shop_id, public_id)
        return registrations.decide(session, registration, status, actor="staff:1")


def refused(act: Any, *arguments: Any, **named: Any) -> tuple[str, int, str]:
    with pytest.raises(AppError) as caught:
        act(*arguments, **named)
    return caught.value.code, caught.value.status, caught.value.message


def actions(view: View) -> list[str]:
    return [action for _, _, action, _ in view.history]


def test_a_registered_serial_is_found_by_everything_known_of_it(world: World) -> None:
    world.watches("S1", "S2")
    world.register("s1 ", ADA, purchase_date=date(2026, 5, 1), channel="retail", order_number="#1001")
    world.register("S2", GRACE)
    assert [view.row.serial_number for view in found(world, {"serial_number": " S1"})] == ["S1"]
    assert [view.person for view in found(world, {"email": "ADA@example.COM "})] == [ADA]
    assert [view.person for view in found(world, {"customer_id": 501})] == [GRACE]
    assert [view.row.serial_number for view in found(world, {"order_number": "1001"})] == ["S1"]
    assert len(found(world, {})) == 2
    assert found(world, {"email": "ada@example.com", "customer_id": 501}) == []
    assert found(world, {"serial_number": "nobody's"}) == []


def test_a_serial_is_claimed_once(world: World) -> None:
    world.watches("S1")
    world.register("S1")
    assert refused(world.register, "S1", GRACE) == (
        "serial_registered",
        409,
        "Serial number S1 is already registered.",
    )
    assert refused(world.register, "S9") == ("serial_not_found", 404, "Serial number S9 not found.")
    assert found(world, {"email": "grace@example.com"}) == []


def test_of_many_who_claim_one_serial_at_once_one_gets_it(world: World) -> None:
    world.watches("S1")
    outcomes: list[str] = []

    def claim(number: int) -> None:
        try:
            outcomes.append(world.register("S1", Person(email=f"p{number}@example.com")))
        except AppError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("serial_registered") == 7
    assert len(found(world, {"serial_number": "S1"})) == 1


def test_personal_data_is_nowhere_in_the_clear(world: World) -> None:
    world.watches("S1")
    world.register("S1", ADA)
    with world.db.read() as session:
        tables = (
            "customers",
            "registrations",
            "history",
            "deliveries",
            "outbox",
            "idempotency_keys",
            "serials",
        )
        rows = [
            repr(tuple(row)) for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    everything = "".join(rows).casefold()
    # Nothing shorter: three letters stand in a random code once in a while.
    for secret in ("ada@", "lovelace", "20 7946"):
        assert secret not in everything


def test_reset_frees_the_serial_and_forgets_the_customer(world: World) -> None:
    world.watches("S1")
    world.register("S1", ADA, order_number="1001")
    reset(world, "s1")
    assert found(world, {"serial_number": "S1"}) == found(world, {"email": "ada@example.com"}) == []
    assert refused(reset, world, "S1") == ("serial_not_registered", 409, "Serial number S1 not registered.")
    assert refused(reset, world, "XYZ") == ("serial_not_found", 404, "Serial number XYZ not found.")
    world.register("S1", GRACE)
    with world.db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM customers")) == 1
        serial, _ = registrations.held(session, world.shop_id, "S1", lock=False)
        assert serial is not None
        story = [action for _, _, action, _ in serial_lookups.story(session, world.shop_id, serial)]
    assert story == ["created", "sold", "registered", "state-changed", "reset", "sold", "registered"]


def test_update_serial_keeps_owner_dates_and_history(world: World) -> None:
    world.watches("S1")
    world.register("S1", ADA, purchase_date=date(2026, 5, 1))
    before = one(world, "S1")
    swap(world, "S1", "S2")
    after = one(world, "S2")
    assert (after.person, after.row.purchase_date, after.row.registered_at) == (
        ADA,
        date(2026, 5, 1),
        before.row.registered_at,
    )
    assert (after.row.public_id, after.cover) == (before.row.public_id, before.cover)
    assert actions(after) == ["registered", "serial-updated"]
    assert after.history[1][3] == {"serialNumber": {"from": "S1", "to": "S2"}}
    with world.db.read() as session:
        serial, _ = registrations.held(session, world.shop_id, "S2", lock=False)
        assert serial is not None
        story = [action for _, _, action, _ in serial_lookups.story(session, world.shop_id, serial)]
    assert story == ["created", "sold", "registered", "created", "serial-updated", "replaced", "sold"]


def test_update_serial_refuses_in_the_words_of_the_source(world: World) -> None:
    world.watches("S1", "S2", "S3", "S4")
    world.enter({"serialNumber": "STRAP", "productSku": "S-1"})
    world.register("S1")
    world.register("S2", GRACE)
    assert refused(swap, world, "XYZ", "S9") == ("serial_not_found", 404, "Serial number XYZ not found.")
    assert refused(swap, world, "S3", "S9") == (
        "serial_not_registered",
        409,
        "Serial number S3 not registered.",
    )
    assert refused(swap, world, "S1", "S2") == (
        "serial_registered",
        409,
        "The serial number S2 already exists and has been registered",
    )
    assert refused(swap, world, "S1", "STRAP")[:2] == ("variant_differs", 409)
    long = "Y" * 65
    assert refused(swap, world, "S1", long) == (
        "serial_too_long",
        422,
        f"The serial number {long} is too long, it must be at most 64 characters",
    )
    assert refused(swap, world, "S1", "\n")[:2] == ("serial_malformed", 422)
    swap(world, "S1", "S4")
    assert refused(world.register, "S1")[0] == "serial_replaced"
    assert refused(reset, world, "S1")[0] == "serial_not_registered"
    swap(world, "S4", "S1")
    assert actions(one(world, "S1")) == ["registered", "serial-updated", "serial-updated"]


def test_a_denied_claim_frees_its_serial_and_cannot_come_back_over_another(world: World) -> None:
    world.watches("S1")
    first = world.register("S1", ADA)
    assert decide(world, first, "denied")
    assert not decide(world, first, "denied")
    second = world.register("S1", GRACE)
    assert refused(decide, world, first, "approved")[:2] == ("serial_registered", 409)
    assert decide(world, second, "archived")
    assert refused(decide, world, first, "approved")[:2] == ("serial_registered", 409)
    reset(world, "S1")
    assert decide(world, first, "approved")
    assert refused(decide, world, second, "approved")[:2] == ("registration_not_found", 404)


def test_everything_about_a_registration_can_be_corrected(world: World) -> None:
    world.watches("S1")
    public_id = world.register("S1", ADA)
    with world.db.write() as session:
        registration = registrations.find(session, world.shop_id, public_id)
        corrections = Corrections(
            person={"email": "countess@example.com", "customer_id": 77},
            purchase_date=date(2026, 1, 31),
            order_number="#77",
            warranty="P1M",
        )
        assert registrations.correct(session, world.vault, registration, corrections, actor="staff:1")
        assert not registrations.correct(session, world.vault, registration, corrections, actor="staff:1")
    view = one(world, "S1")
    assert view.person == Person("countess@example.com", "Ada", "Lovelace", "+44 20 7946 0000", 77)
    assert view.cover.ends_on == date(2026, 2, 28)
    assert found(world, {"email": "ada@example.com"}) == []
    assert [one.row.serial_number for one in found(world, {"order_number": "77"})] == ["S1"]
    assert view.history[-1][3] == {
        "purchaseDate": {"from": None, "to": "2026-01-31"},
        "orderNumber": {"from": None, "to": "#77"},
        "warrantyDuration": {"from": "P2Y", "to": "P1M"},
        "customer.email": {},
        "customer.customerId": {},
    }


def test_a_warranty_follows_the_rule_of_the_shop(world: World) -> None:
    (item,) = world.order()
    world.register(item.item_id)
    ends = {}
    for rule in ("order", "registration"):
        with world.db.write() as session:
            shops.configure(session, world.shop(session), {"warranty_start": rule}, actor="staff:1")
        ends[rule] = one(world, item.item_id).cover
    assert (ends["order"].starts_on, ends["order"].ends_on) == (date(2026, 3, 1), date(2028, 3, 1))
    assert (ends["order"].state == "active") is (datetime.now(UTC).date() < date(2028, 3, 2))
    assert ends["registration"].starts_on is not None
    assert abs(ends["registration"].starts_on - datetime.now(UTC).date()) <= timedelta(days=1)


def test_an_item_id_can_be_claimed_like_a_serial(world: World) -> None:
    (item,) = world.order()
    world.register(item.item_id.lower().replace("-", " "), GRACE)
    view = one(world, item.item_id)
    assert (view.row.serial_number, view.row.item_id, view.row.order_id) == (item.item_id, item.item_id, 900)
    assert (view.row.buyer, view.row.order_number) == (True, "#900")
    assert world.items()[0].registered
    assert refused(world.register, item.item_id)[0] == "serial_registered"
    reset(world, item.item_id)
    assert not world.items()[0].registered
    world.register(item.item_id, Person(email="x@example.com", customer_id=9))
    assert one(world, item.item_id).row.buyer is False


def enter_on(world: World, item_id: int, number: str | None, order_id: int = 900) -> None:
    with world.db.write() as session:
        (item,) = [item for item in world.items(order_id) if item.id == item_id]
        change_item(
            session,
            world.shop_id,
            item,
            ItemChanges(serial_number=number),
            allowed_fields=(),
            actor="staff:1",
        )


def test_a_registry_serial_entered_on_an_item_is_that_unit(world: World) -> None:
    world.watches("S1")
    (item,) = world.order()
    enter_on(world, item.id, "s1")
    world.register(item.item_id, GRACE)
    view = one(world, "S1")
    assert (view.row.serial_number, view.row.item_id, view.row.buyer) == ("S1", item.item_id, True)
    assert refused(world.register, "S1")[0] == "serial_registered"
    assert world.items()[0].registered
    swap(world, "S1", "S2")
    assert world.items()[0].serial_number == "S2"
    assert one(world, item.item_id).row.serial_number == "S2"
    assert world.items()[0].registered
    # The registration belongs to the sale: it stays when the number is taken off, under the item ID.
    enter_on(world, item.id, None)
    assert world.items()[0].registered
    assert found(world, {"serial_number": "S2"}) == []
    view = one(world, item.item_id)
    assert (view.row.serial_number, view.row.item_id) == (item.item_id, item.item_id)
    assert actions(view)[-1] == "serial-updated"


def test_a_unit_and_a_serial_that_are_both_claimed_stay_two(world: World) -> None:
    world.watches("S1")
    (item,) = world.order()
    world.register("S1", ADA)
    world.register(item.item_id, GRACE)
    assert refused(enter_on, world, item.id, "S1")[:2] == ("serial_number_registered", 409)
    assert world.items()[0].serial_number is None


def test_a_serial_of_another_variant_ties_nothing_and_a_unit_is_on_one_item(world: World) -> None:
    world.watches("S1")
    world.enter({"serialNumber": "STRAP", "productSku": "S-1"})
    (first,), (other,) = world.order(900), world.order(901)
    enter_on(world, first.id, "STRAP")
    world.register("STRAP", ADA)
    assert one(world, "STRAP").row.item_id is None
    assert one(world, "STRAP").row.variant_id == STRAP
    enter_on(world, first.id, "S1")
    assert refused(enter_on, world, other.id, "S1", 901)[:2] == ("serial_number_used", 409)
    world.register("S1", GRACE)
    assert one(world, "S1").row.item_id == first.item_id
    assert not world.items(901)[0].registered


def test_a_serial_entered_before_the_registry_knew_it_finds_its_unit(world: World) -> None:
    (item,) = world.order()
    enter_on(world, item.id, "S1")
    world.watches("S1")
    world.register("S1", GRACE)
    assert one(world, "S1").row.item_id == item.item_id
    assert world.items()[0].registered


def test_a_removed_item_cannot_be_claimed(world: World) -> None:
    (item,) = world.order()
    with world.db.write() as session:
        session.execute(text("UPDATE items SET removed_at = created_at"))
    assert refused(world.register, item.item_id)[0] == "serial_not_found"


def test_another_shop_sees_nothing(world: World) -> None:
    world.watches("S1")
    world.register("S1")
    with world.db.write() as session:
        other = shops.install(session, "other.myshopify.com", ["write_orders"])
        assert registrations.held(session, other.id, "S1") == (None, None)
        for filters in ({"serialNumber": "S1"}, {"email": "ada@example.com"}, {}):
            assert lookups.search(session, world.vault, other, filters).rows == []  # type: ignore[arg-type]


def test_pages_of_registrations_walk_both_ways(world: World) -> None:
    world.watches(*(f"S{n}" for n in range(5)))
    for number in range(5):
        world.register(f"S{number}", ADA)

    def page(session: Session, place: Place = START) -> Page[View]:
        return lookups.search(
            session, world.vault, world.shop(session), {"email": "ada@example.com"}, most=2, place=place
        )

    with world.db.read() as session:
        first = page(session)
        second = page(session, first.following)
        last = page(session, second.following)
        back = page(session, second.preceding)
    numbers = [[view.row.serial_number for view in shown.rows] for shown in (first, second, last, back)]
    assert numbers == [["S0", "S1"], ["S2", "S3"], ["S4"], ["S0", "S1"]]
    assert [(shown.has_previous, shown.has_next) for shown in (first, second, last, back)] == [
        (False, True),
        (True, True),
        (True, False),
        (False, True),
    ]
