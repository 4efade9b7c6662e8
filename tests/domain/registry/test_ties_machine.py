"""Any sequence of selling, entering, shipping, refunding, removing, restoring, returning, restocking, losing, swapping,
registering, transferring and resetting: afterwards no unit is in two places, no registration has left its sale, and
every owner sees only what was registered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import claims, units
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items, ties
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import registrations, serials, swaps, transfers
from serializer_app.domain.registry.people import Person
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import returns
from serializer_app.domain.stock.assignments import assign_oldest
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Item, Registration, Serial
from tests.conftest import ENCRYPTION_KEY
from tests.domain.registry.conftest import ORDERED_AT, WATCH, World
from tests.model.truths import every_unit_is_in_one_place

pytestmark = pytest.mark.one_database

NUMBERS = ["S1", "S2", "S3"]
CUSTOMERS = [501, 502, None]
numbers = st.sampled_from([*NUMBERS, "NEW-1"])
customers = st.sampled_from(CUSTOMERS)
_shops = count(1)


def person(customer: int | None) -> Person:
    return Person(email=f"c{customer}@example.com", customer_id=customer)


class Lives(RuleBasedStateMachine):
    """One shop for each run; ``sales`` remembers the item of every registration."""

    db: Database

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.db, Vault((ENCRYPTION_KEY,)), 0)
        with self.db.write() as session:
            shop = shops.install(session, f"lives-{next(_shops)}.myshopify.com", ["write_orders"])
            self.world.shop_id = shop.id
            facts = [catalog.Facts(WATCH, 1, "W-1", None, None, "Watch", None, ORDERED_AT)]
            catalog.describe(session, shop.id, facts)
            catalog.configure(session, shop.id, WATCH, {"trackable": True, "auto_generatable": True})
        self.world.watches(*NUMBERS)
        self.orders = 0
        self.sales: dict[str, int | None] = {}

    def _item(self, order: int) -> Item:
        return self.world.items(900 + order % self.orders)[0]

    @rule(customer=customers)
    def sell(self, customer: int | None) -> None:
        if self.orders < 5:
            self.world.order(900 + self.orders, customer_id=customer)
            self.orders += 1

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9), number=st.one_of(st.none(), numbers))
    def enter(self, order: int, number: str | None) -> None:
        def act() -> None:
            with self.db.write() as session:
                item, changes = self._item(order), ItemChanges(serial_number=number)
                items.change(session, self.world.shop_id, item, changes, allowed_fields=(), actor="staff:1")

        attempt(act)

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9), back=st.booleans())
    def remove_or_restore(self, order: int, back: bool) -> None:
        key = self._item(order).id
        with self.db.write() as session:
            if back:
                items.bring_back(session, self.world.shop_id, [key], actor="staff:1")
            else:
                items.take_away(session, self.world.shop_id, [key], actor="staff:1", reason="removed")

    @rule(number=numbers, new=numbers)
    def swap(self, number: str, new: str) -> None:
        def act() -> None:
            with self.db.write() as session:
                swaps.update_serial(session, self.world.shop(session), number, new, actor="staff:1")

        attempt(act)
        self._follow_same_customer()

    @rule(number=numbers, customer=customers)
    def register(self, number: str, customer: int | None) -> None:
        attempt(lambda: self.world.register(number, person(customer)))

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9), customer=customers)
    def register_item_id(self, order: int, customer: int | None) -> None:
        attempt(lambda: self.world.register(self._item(order).item_id, person(customer)))

    @rule(number=numbers)
    def reset(self, number: str) -> None:
        def act() -> None:
            with self.db.write() as session:
                registrations.reset(session, self.world.shop_id, number, actor="staff:1")

        attempt(act)

    @rule(number=numbers, customer=customers)
    def transfer(self, number: str, customer: int | None) -> None:
        with self.db.write() as session:
            _, held = registrations.held(session, self.world.shop_id, number)
            if held is not None:
                transfers.hand_over(session, self.world.vault, held, person(customer), actor="staff:1")

    @rule(number=numbers, status=st.sampled_from(["approved", "denied"]))
    def decide(self, number: str, status: registrations.Status) -> None:
        def act() -> None:
            with self.db.write() as session:
                serial = session.scalars(
                    select(Serial).where(
                        Serial.shop_id == self.world.shop_id, Serial.serial_key == number.casefold()
                    )
                ).one_or_none()
                for claim in self._open(session):
                    if serial is not None and claim.serial_id == serial.id:
                        registrations.decide(session, claim, status, actor="staff:1")

        attempt(act)

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9), disposition=st.sampled_from(sorted(returns.DISPOSITIONS)), number=numbers)
    def take_back(self, order: int, disposition: str, number: str) -> None:
        """By item ID, or by a number that may be another unit's."""
        item = self._item(order)
        entry = returns.ReturnEntry(
            item.item_id if order % 2 else None, None if order % 2 else number, disposition
        )

        def act() -> None:
            with self.db.write() as session:
                shop = self.world.shop(session)
                returns.take_back(session, self.world.vault, shop, item.order_id, [entry], actor="staff:1")

        attempt(act)

    @rule(on_return=st.sampled_from(["end", "suspend", "keep"]))
    def choose(self, on_return: str) -> None:
        with self.db.write() as session:
            shops.configure(session, self.world.shop(session), {"on_return": on_return}, actor="staff:1")

    @rule(number=numbers, state=st.sampled_from(UnitState))
    def set_state(self, number: str, state: UnitState) -> None:
        def act() -> None:
            with self.db.write() as session:
                unit = serials.find(session, self.world.shop_id, number)
                if unit is not None:
                    change_unit(session, self.world.shop_id, unit, UnitChanges(state=state), actor="staff:1")

        attempt(act)

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9))
    def assign_oldest(self, order: int) -> None:
        def act() -> None:
            with self.db.write() as session:
                item, shop = self._item(order), self.world.shop(session)
                assign_oldest(session, shop, item.order_id, item.line_item_id, actor="staff:1")

        attempt(act)

    @precondition(lambda self: self.orders)
    @rule(order=st.integers(0, 9), minutes=st.integers(0, 9), units=st.integers(0, 2), shipped=st.booleans())
    def webhook(self, order: int, minutes: int, units: int, shipped: bool) -> None:
        """orders/updated: shipped, refunded or edited; late, twice or in another order."""
        item = self._item(order)
        at = ORDERED_AT + timedelta(minutes=minutes)
        line = LineSnapshot(
            item.line_item_id, WATCH, 1, "Watch", None, "W-1", units, ORDERED_AT if shipped else None
        )
        snapshot = OrderSnapshot(
            item.order_id, f"#{item.order_id}", item.customer_id, ORDERED_AT, at, None, (line,)
        )
        with self.db.write() as session:
            orders.apply(session, self.world.shop(session), snapshot, actor="webhook:orders/updated")

    def _open(self, session: Session) -> list[Registration]:
        query = select(Registration).where(
            Registration.shop_id == self.world.shop_id, Registration.ended_at.is_(None)
        )
        return list(session.scalars(query))

    def _follow_same_customer(self) -> None:
        """A swap may move a registration onto a replacement that the same customer bought, and nowhere else."""
        with self.db.read() as session:
            for claim in self._open(session):
                before = self.sales.get(claim.public_id, claim.item_key)
                if before != claim.item_key and before is not None and claim.item_key is not None:
                    old, new = session.get(Item, before), session.get(Item, claim.item_key)
                    assert old is not None
                    assert new is not None
                    assert old.customer_id == new.customer_id is not None
                    self.sales[claim.public_id] = claim.item_key

    @invariant()
    def a_unit_has_one_active_item(self) -> None:
        with self.db.read() as session:
            every_unit_is_in_one_place(session, self.world.shop_id)

    @invariant()
    def both_conditions_find_the_same_held_units(self) -> None:
        walk = select(Serial.id).join(
            Registration, (Registration.shop_id == Serial.shop_id) & (Registration.serial_id == Serial.id)
        )
        walk = walk.where(Serial.shop_id == self.world.shop_id, Serial.source != "item")
        with self.db.read() as session:
            by_items = set(session.scalars(walk.where(*ties.IN_FORCE)))
            assert set(session.scalars(walk.where(*ties.UNIT_HELD))) == by_items

    @invariant()
    def no_registration_leaves_its_sale(self) -> None:
        with self.db.read() as session:
            shop = self.world.shop(session)
            held = [claim for claim in self._open(session) if claim.status != "denied"]
            by_item = [claim.item_key for claim in held if claim.item_key is not None]
            by_serial = [claim.serial_id for claim in held if claim.item_key is None]
            assert len(by_item) == len(set(by_item))
            assert len(by_serial) == len(set(by_serial))
            for claim in self._open(session):
                before = self.sales.setdefault(claim.public_id, claim.item_key)
                if before is None and claim.item_key is not None:
                    item = session.scalars(
                        select(Item).where(Item.shop_id == shop.id, Item.id == claim.item_key)
                    ).one()
                    assert item.customer_id is not None
                    self.sales[claim.public_id] = claim.item_key
                else:
                    assert claim.item_key == before
                seen = claims.unit_of(session, shop, claim)
                assert (None if seen.item is None else seen.item.id) == claim.item_key

    @invariant()
    def who_types_a_number_meets_the_sale_of_today(self) -> None:
        with self.db.read() as session:
            shop = self.world.shop(session)
            for number in NUMBERS:
                for unit in units.find(session, shop, number):
                    if unit.claim is not None and unit.item is not None and unit.state == "genuine":
                        assert unit.claim.item_key == unit.item.id
                    if unit.claim is not None and unit.item is None:
                        assert unit.claim.item_key is None or unit.claim.kept
            for item in session.scalars(
                select(Item).where(Item.shop_id == shop.id, Item.removed_at.is_(None))
            ).all():
                claim = session.scalars(
                    select(Registration).where(
                        Registration.shop_id == shop.id, Registration.item_key == item.id, *ties.HOLDS
                    )
                ).one_or_none()
                assert item.registered is (claim is not None)


def attempt(act: Callable[[], object]) -> None:
    """Whatever is refused is refused with a reason, never with a broken constraint."""
    refusal = None
    try:
        act()
    except AppError as error:
        refusal = error
    assert refusal is None or refusal.status in (404, 409), refusal


def test_every_sequence_leaves_owners_with_what_they_registered(db: Database) -> None:
    lives = type("LivesHere", (Lives,), {"db": db})
    run_state_machine_as_test(lives, settings=settings(max_examples=3, stateful_step_count=20))
