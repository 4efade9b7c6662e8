"""Units through their whole lives, with the whole app: received, sold, shipped, returned, sold again, lost.

Webhooks come late, twice, never and out of order, and workers are killed. Afterwards no unit is in two places, every
owner owns what they bought, and every metafield says what the database says (contract §9).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from serializer_app.devstore.orders import Order
from serializer_app.domain.buyers import units
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import registrations, serials, swaps, transfers
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import returns
from serializer_app.domain.stock.assignments import assign_oldest
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Registration
from tests.model.truths import every_unit_is_in_one_place
from tests.model.world import Ground, World

NUMBERS = ("U-1", "U-2", "U-3", "U-4")
numbers = st.sampled_from((*NUMBERS, "NEW-1"))
pick = st.integers(0, 1000)
MOST_ORDERS = 5


class Lives(RuleBasedStateMachine):
    """One shop with four units. ``owners``: whom each registration belongs to, and the sale that it was made for."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.ground)
        self.shop = self.world.shop
        self.counts = self.ground.counts
        self.counts["examples"] += 1
        self.orders: list[Order] = []
        self.owners: dict[str, tuple[int | None, int | None]] = {}

    @initialize()
    def open_shop(self) -> None:
        self.variant = self.shop.add_product("Watch", sku="W-1").variant
        self.customers = [self.shop.add_customer(f"Ada{number}", "Lind") for number in range(2)]
        self.world.install()
        with self.world.db.write() as session:
            catalog.configure(
                session, self.world.shop_id, self.variant.id, {"trackable": True, "auto_generatable": True}
            )
            for number in NUMBERS:
                serials.create(session, self.world.shop_id, number, self.variant.id, actor="staff:1")
        self.place_order(0, 2, True)

    # --- in Shopify -----------------------------------------------------------------------------------------------

    @rule(customer=pick, quantity=st.integers(1, 3), deliver=st.booleans())
    def place_order(self, customer: int, quantity: int, deliver: bool) -> None:
        if len(self.orders) < MOST_ORDERS:
            self.world.store.advance(1)
            buyer = self.customers[customer % len(self.customers)]
            self.orders.append(self.shop.place_order([(self.variant, quantity)], buyer))
            if deliver:
                self.deliver(-1)

    @rule(number=pick, quantity=st.integers(0, 3))
    def edit(self, number: int, quantity: int) -> None:
        order = self.orders[number % len(self.orders)]
        if not order.cancelled_at:
            line = order.lines[0]
            self.world.store.advance(1)
            self.shop.edit_order(order, {line.id: max(quantity, line.fulfilled)})

    @rule(number=pick)
    def ship(self, number: int) -> None:
        order = self.orders[number % len(self.orders)]
        if any(line.fulfillable_quantity for line in order.lines):
            self.world.store.advance(1)
            self.shop.fulfill(order)

    @rule(number=pick)
    def refund(self, number: int) -> None:
        order = self.orders[number % len(self.orders)]
        if order.lines[0].current_quantity:
            self.world.store.advance(1)
            self.shop.refund(order, {order.lines[0].id: 1})

    # --- what becomes of webhooks ---------------------------------------------------------------------------------

    @rule(number=pick)
    def deliver(self, number: int) -> None:
        if pending := self.world.pending:
            self.world.deliver(pending[number % len(pending)])

    @rule(number=pick)
    def deliver_again(self, number: int) -> None:
        if delivered := self.world.delivered:
            self.counts["duplicates"] += 1
            self.world.deliver(delivered[number % len(delivered)])

    @rule(number=pick)
    def drop(self, number: int) -> None:
        if pending := self.world.pending:
            self.counts["drops"] += 1
            pending[number % len(pending)].state = "dropped"

    # --- what staff and buyers do ---------------------------------------------------------------------------------

    @rule(order=pick, place=pick, number=numbers)
    def enter(self, order: int, place: int, number: str) -> None:
        def act() -> None:
            with self.world.db.write() as session:
                if (item := self._item(order, place)) is not None:
                    changes, allowed = ItemChanges(serial_number=number), ()
                    items.change(
                        session, item.shop_id, item, changes, allowed_fields=allowed, actor="staff:1"
                    )

        self.attempt(act)

    @rule(order=pick)
    def assign(self, order: int) -> None:
        def act() -> None:
            with self.world.db.write() as session:
                if (item := self._item(order, 0)) is not None:
                    row = shops.by_id(session, self.world.shop_id)
                    assign_oldest(session, row, item.order_id, item.line_item_id, actor="staff:1")

        self.attempt(act)

    @rule(order=pick, place=pick, disposition=st.sampled_from(sorted(returns.DISPOSITIONS)))
    def take_back(self, order: int, place: int, disposition: str) -> None:
        def act() -> None:
            item = self._item(order, place)
            if item is None:
                return
            with self.world.db.write() as session:
                row = shops.by_id(session, self.world.shop_id)
                entry = returns.ReturnEntry(item.item_id, None, disposition)
                vault = self.ground.vault
                returns.take_back(session, vault, row, item.order_id, [entry], actor="staff:1")
            self.counts["returns"] += 1

        self.attempt(act)

    @rule(number=numbers, state=st.sampled_from(UnitState))
    def set_state(self, number: str, state: UnitState) -> None:
        def act() -> None:
            with self.world.db.write() as session:
                unit = serials.find(session, self.world.shop_id, number)
                if unit is not None:
                    changes = UnitChanges(state=state)
                    change_unit(session, self.world.shop_id, unit, changes, actor="staff:1")

        self.attempt(act)

    @rule(number=numbers, new=numbers)
    def swap(self, number: str, new: str) -> None:
        def act() -> None:
            with self.world.db.write() as session:
                row = shops.by_id(session, self.world.shop_id)
                swaps.update_serial(session, row, number, new, actor="staff:1")

        if self.attempt(act):
            self._notice_replacements()

    @rule(order=pick, place=pick)
    def register(self, order: int, place: int) -> None:
        """The customer of the order registers one of its units."""

        def act() -> None:
            item = self._item(order, place)
            if item is None:
                return
            with self.world.db.write() as session:
                row = shops.by_id(session, self.world.shop_id)
                claim = Claim(item.item_id, _person(item.customer_id))
                made = registrations.register(session, self.ground.vault, row, claim, actor="customer:1")
                self.owners[made.public_id] = (item.customer_id, item.id)
            self.counts["registrations"] += 1

        self.attempt(act)

    @rule(number=numbers, customer=pick)
    def transfer(self, number: str, customer: int) -> None:
        to = self.customers[customer % len(self.customers)].id
        with self.world.db.write() as session:
            _, held = registrations.held(session, self.world.shop_id, number)
            if held is not None and held.public_id in self.owners:
                transfers.hand_over(session, self.ground.vault, held, _person(to), actor="staff:1")
                self.owners[held.public_id] = (to, self.owners[held.public_id][1])

    # --- the worker -----------------------------------------------------------------------------------------------

    @rule(steps=st.integers(1, 4))
    def work(self, steps: int) -> None:
        for _ in range(steps):
            busy = self.world.work()
            self.world.seen.clear()
            if not busy:
                return

    @rule(number=st.integers(1, 3), executes=st.booleans(), at_commit=st.booleans())
    def kill_worker(self, number: int, executes: bool, at_commit: bool) -> None:
        """At its n-th call, which Shopify carries out or not, or before its n-th commit."""
        self.world.pass_time()
        if at_commit:
            self.world.work(dies_at_commit=number)
        else:
            self.world.work(dies_at_call=number, executes=executes)
        self.world.seen.clear()

    # --- what must be true ----------------------------------------------------------------------------------------

    @invariant()
    def no_unit_is_in_two_places(self) -> None:
        if hasattr(self, "variant"):
            self.counts["steps"] += 1
            with self.world.db.read() as session:
                every_unit_is_in_one_place(session, self.world.shop_id)

    @invariant()
    def every_owner_owns_what_they_registered(self) -> None:
        if not hasattr(self, "variant"):
            return
        with self.world.db.read() as session:
            held = session.scalars(
                select(Registration).where(
                    Registration.shop_id == self.world.shop_id, Registration.ended_at.is_(None)
                )
            ).all()
            for claim in held:
                owner = units.claimant(session, self.world.shop_id, claim)
                assert (owner, claim.item_key) == self.owners[claim.public_id]

    def teardown(self) -> None:
        try:
            if hasattr(self, "variant"):
                for delivery in self.world.pending:
                    self.world.deliver(delivery)
                self._rest()
                self.world.put("reconcile")
                self.world.put("compare")
                self.world.pass_time(hours=True)
                self.world.pass_days()
                self._rest()
                self.no_unit_is_in_two_places()
                self.every_owner_owns_what_they_registered()
                for order in self.shop.state.orders.values():
                    self._metafields_agree(order)
        finally:
            self.world.close()

    def _rest(self) -> None:
        for _ in range(400):
            busy = self.world.work()
            self.world.seen.clear()
            if not busy:
                if not self.world.waiting():
                    return
                self.world.pass_time()
        raise AssertionError(f"the worker does not come to rest: {self.world.waiting()}")

    def _metafields_agree(self, order: Order) -> None:
        with self.world.db.read() as session:
            living = session.execute(
                select(Item.item_id, Item.serial_number)
                .where(
                    Item.shop_id == self.world.shop_id, Item.order_id == order.id, Item.removed_at.is_(None)
                )
                .order_by(Item.id)
            ).all()
        held = {field.key: field for field in self.shop.state.metafields.of(order.gid, "serializer")}
        mirrored = held["properties"].json_value["items"] if "properties" in held else []
        assert [(item["itemId"], item.get("serialNumber")) for item in mirrored] == [
            tuple(row) for row in living
        ]
        searchable = {text for row in living for text in row if text is not None}
        assert set(held["serials"].json_value if "serials" in held else ()) == searchable

    # --- helpers --------------------------------------------------------------------------------------------------

    def attempt(self, act: Callable[[], None]) -> bool:
        """Whether it was done. Whatever is refused is refused with a reason, never with a broken constraint."""
        refusal = None
        try:
            act()
        except AppError as error:
            refusal = error
        assert refusal is None or refusal.status in (404, 409), refusal
        return refusal is None

    def _item(self, order: int, place: int) -> Item | None:
        """One of the living items of an order that the app knows."""
        order_id = self.orders[order % len(self.orders)].id
        with self.world.db.read() as session:
            found = session.scalars(
                select(Item)
                .where(
                    Item.shop_id == self.world.shop_id, Item.order_id == order_id, Item.removed_at.is_(None)
                )
                .order_by(Item.id)
            ).all()
        return found[place % len(found)] if found else None

    def _notice_replacements(self) -> None:
        """A swap may move a registration onto a replacement that the same customer bought, and nowhere else."""
        with self.world.db.read() as session:
            for public_id, (owner, sale) in self.owners.items():
                claim = session.scalars(select(Registration).where(Registration.public_id == public_id)).one()
                if claim.ended_at is None and claim.item_key != sale:
                    old, new = session.get(Item, sale), session.get(Item, claim.item_key)
                    assert old is not None
                    assert new is not None
                    assert old.customer_id == new.customer_id is not None
                    self.owners[public_id] = (owner, claim.item_key)


def _person(customer: int | None) -> Person:
    return Person(email=f"c{customer}@example.com", customer_id=customer)
