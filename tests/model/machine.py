"""Random shops: everything that can happen to an order, in any order, with everything that can go wrong on the way."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from serializer_app.devstore.orders import Order as ShopifyOrder
from serializer_app.devstore.products import Customer, Product, Variant
from serializer_app.devstore.webhooks import Delivery
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.mirrored import read_pages
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import HistoryEntry, Item, Mirror
from serializer_app.store.models import Order as OrderRow
from serializer_app.store.models import Variant as VariantRow
from serializer_app.sync.reconcile import look_at_order
from tests.model.reference import Line, Order, Reference, Settings, Unit, wire_warranty
from tests.model.world import Ground, World, seen_in_payload

FIELDS = ("colour", "size")
SERIALS = ("S-1", "s-1 ", "S-2", "ß")
WARRANTIES = ("none", "P24M", "P2Y")
CHANGES = ("edit", "edit", "edit", "add", "refund", "cancel", "touch")
ARRIVALS = ("once", "once", "once", "once", "again", "never", "work", "fill")
pick = st.integers(0, 10_000)
units = st.integers(0, 4)


class Shop(RuleBasedStateMachine):
    """One random shop. ``ground`` is set by who runs it; ``totals`` count over all examples."""

    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.ground)
        self.counts = self.ground.counts
        self.counts["examples"] += 1
        self.shop = self.world.shop
        self.products: list[Product] = []
        self.customers: list[Customer | None] = [None]
        self.orders: list[ShopifyOrder] = []
        self.merged: list[tuple[Customer, Customer]] = []
        self.drop_rest = False

    # --- choosing -------------------------------------------------------------------------------------------------

    def variants(self) -> list[Variant]:
        return [variant for product in self.products for variant in product.variants]

    def order(self, number: int) -> ShopifyOrder | None:
        return self.orders[number % len(self.orders)] if self.orders else None

    def known(self, number: int) -> tuple[int, Order] | None:
        """An order that the app knows and that was not deleted."""
        known = [(key, order) for key, order in self.reference.orders.items() if not order.deleted]
        return known[number % len(known)] if known else None

    def unit(self, number: int, *, lives: bool = True) -> tuple[int, int, Line, Unit] | None:
        found = [
            (order_id, line_id, line, unit)
            for order_id, order in self.reference.orders.items()
            if not order.deleted
            for line_id, line in order.lines.items()
            for unit in line.items
            if unit.lives is lives
        ]
        return found[number % len(found)] if found else None

    def tick(self, at_once: bool) -> None:
        """Most changes fall into a second of their own; some share one."""
        if not at_once:
            self.world.store.advance(1)

    # --- beginning ------------------------------------------------------------------------------------------------

    @initialize(
        settings=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=4),
        old=st.integers(0, 2),
        automatic=st.integers(0, 3),
        drop_rest=st.booleans(),
    )
    def begin(self, settings: list[tuple[bool, bool]], old: int, automatic: int, drop_rest: bool) -> None:
        self.drop_rest = drop_rest
        for number in range(2):
            self.customers.append(self.shop.add_customer(f"Ada{number}", "Example"))
        for number in range(len(settings)):
            names = [("S", f"P{number}-S"), ("L", f"P{number}-L")] if number == 0 else []
            self.products.append(self.shop.add_product(f"Product {number}", sku=f"P{number}", variants=names))
        self.world.store.advance(-86_400)
        for number in range(old):
            variant = self.variants()[number]
            self.orders.append(self.shop.place_order([(variant, 2)], self.customers[1], announce=False))
        self.world.store.advance(86_400)
        row = self.world.install()
        self.reference = Reference(row.installed_at)
        self.automatic(automatic > 0)
        for number, (trackable, auto) in enumerate(settings):
            self.configure(number, trackable or number == 0, auto or number == 0, None, None)
        for number in range(3):
            self.place_order([(0, 2 + number), (1, 1)], number, False, number != 1)

    @rule(on=st.booleans())
    def automatic(self, on: bool) -> None:
        with self.world.db.write() as session:
            row = shops.by_id(session, self.world.shop_id)
            wish = "automatic" if on else "manual"
            shops.configure(session, row, {"on_order_edit": wish}, actor="staff:1")
        self.reference.automatic = on

    @rule(
        number=pick,
        trackable=st.booleans(),
        auto=st.booleans(),
        warranty=st.none() | st.sampled_from(WARRANTIES),
        fields=st.none() | st.dictionaries(st.sampled_from(FIELDS), st.booleans()),
    )
    def configure(
        self, number: int, trackable: bool, auto: bool, warranty: str | None, fields: dict[str, bool] | None
    ) -> None:
        variants = self.variants()
        if not variants:
            return
        variant = variants[number % len(variants)]
        changes: catalog.TrackingChanges = {"trackable": trackable, "auto_generatable": auto}
        if warranty is not None:
            changes["warranty"] = warranty
        if fields is not None:
            changes["custom_fields"] = [{"key": key, "trackable": on} for key, on in fields.items()]
        with self.world.db.write() as session:
            catalog.configure(session, self.world.shop_id, variant.id, changes)
        known = self.reference.variants.setdefault(variant.id, Settings())
        known.trackable, known.auto = trackable, auto
        known.warranty = warranty if warranty is not None else known.warranty
        known.fields = fields if fields is not None else known.fields

    # --- what happens in Shopify ----------------------------------------------------------------------------------

    @rule()
    def new_product(self) -> None:
        if len(self.products) < 6:
            number = len(self.products)
            self.products.append(self.shop.add_product(f"Later {number}", sku=f"L{number}"))
            self.configure(len(self.variants()) - 1, True, True, None, None)

    @rule(number=pick, sku=st.sampled_from(["A", "B", "C"]))
    def rename_product(self, number: int, sku: str) -> None:
        if self.products:
            self.tick(False)
            self.shop.update_product(self.products[number % len(self.products)], sku=sku)

    @rule(number=pick)
    def delete_product(self, number: int) -> None:
        if len(self.products) > 1:
            self.tick(False)
            self.shop.delete_product(self.products.pop(number % len(self.products)))

    @rule(
        lines=st.lists(st.tuples(st.none() | pick, st.integers(1, 4)), min_size=1, max_size=3),
        customer=pick,
        at_once=st.booleans(),
        deliver=st.booleans(),
    )
    def place_order(
        self, lines: list[tuple[int | None, int]], customer: int, at_once: bool, deliver: bool
    ) -> None:
        if len(self.orders) > 8:
            return
        self.tick(at_once)
        variants = self.variants()
        wanted = [
            (None if number is None else variants[number % len(variants)], count) for number, count in lines
        ]
        buyer = self.customers[customer % len(self.customers)]
        self.orders.append(self.shop.place_order(wanted, buyer))
        if deliver:
            self.deliver(-1)

    @rule(number=pick, line=pick, quantity=units, at_once=st.booleans(), deliver=st.booleans())
    def edit_order(self, number: int, line: int, quantity: int, at_once: bool, deliver: bool) -> None:
        order = self.order(number)
        if order is None or order.cancelled_at:
            return
        self.tick(at_once)
        edited = order.lines[line % len(order.lines)]
        self.shop.edit_order(order, {edited.id: max(quantity, edited.fulfilled)})
        if deliver:
            self.deliver(-1)

    @rule(number=pick, variant=st.none() | pick, quantity=st.integers(1, 3), at_once=st.booleans())
    def add_line(self, number: int, variant: int | None, quantity: int, at_once: bool) -> None:
        order = self.order(number)
        if order is None or order.cancelled_at or len(order.lines) > 4:
            return
        self.tick(at_once)
        variants = self.variants()
        added = None if variant is None else variants[variant % len(variants)]
        self.shop.edit_order(order, add=[(added, quantity)])

    @rule(number=pick, line=pick, at_once=st.booleans())
    def refund(self, number: int, line: int, at_once: bool) -> None:
        order = self.order(number)
        if order is None:
            return
        refunded = order.lines[line % len(order.lines)]
        if refunded.current_quantity:
            self.tick(at_once)
            self.shop.refund(order, {refunded.id: 1})

    @rule(number=pick, at_once=st.booleans())
    def cancel(self, number: int, at_once: bool) -> None:
        order = self.order(number)
        if order is not None and not order.cancelled_at:
            self.tick(at_once)
            self.shop.cancel(order)

    @rule(number=pick, at_once=st.booleans())
    def touch(self, number: int, at_once: bool) -> None:
        """A tag: nothing that concerns us, also on an order from before the installation."""
        order = self.order(number)
        if order is not None:
            self.tick(at_once)
            self.shop.update_order(order, tags=["seen"])

    @rule(number=pick)
    def fulfill(self, number: int) -> None:
        order = self.order(number)
        if order is not None and any(line.fulfillable_quantity for line in order.lines):
            self.tick(False)
            self.shop.fulfill(order)

    @rule(number=pick)
    def delete_order(self, number: int) -> None:
        order = self.order(number)
        if order is not None:
            self.tick(False)
            self.orders.remove(order)
            self.shop.delete_order(order)

    @rule()
    def merge_customers(self) -> None:
        if len(self.customers) == 3:
            self.tick(False)
            kept, gone = self.customers[1], self.customers.pop()
            assert kept is not None
            assert gone is not None
            self.shop.merge_customers(kept, gone)

    @rule(
        number=pick,
        changes=st.lists(
            st.tuples(st.sampled_from(CHANGES), pick, units, st.booleans()), min_size=2, max_size=5
        ),
        arrivals=st.lists(st.tuples(pick, st.sampled_from(ARRIVALS)), max_size=10),
    )
    def storm(
        self,
        number: int,
        changes: list[tuple[str, int, int, bool]],
        arrivals: list[tuple[int, str]],
    ) -> None:
        """Several changes of one order, and their webhooks in whatever order, some twice, some never."""
        for change, line, quantity, at_once in changes:
            match change:
                case "edit":
                    self.edit_order(number, line, quantity, at_once, False)
                case "add":
                    self.add_line(number, line, max(quantity, 1), at_once)
                case "refund":
                    self.refund(number, line, at_once)
                case "cancel":
                    self.cancel(number, at_once)
                case "touch":
                    self.touch(number, at_once)
        for choice, arrival in arrivals:
            match arrival:
                case "once":
                    self.deliver(choice)
                case "again":
                    self.deliver_again(choice)
                case "never":
                    self.drop(choice)
                case "work":
                    self.world.pass_time()
                    self.work(1)
                case "fill":
                    self.enter_field(choice, FIELDS[0], "red")
            self.items_are_as_the_reference_has_them()

    # --- what becomes of webhooks ---------------------------------------------------------------------------------

    @precondition(lambda self: self.world.pending)
    @rule(number=pick)
    def deliver(self, number: int) -> None:
        """Any of those that wait: late and out of order."""
        pending = self.world.pending
        if pending:
            self._arrives(pending[number % len(pending)])

    @precondition(lambda self: self.world.pending)
    @rule()
    def deliver_all(self) -> None:
        for delivery in self.world.pending:
            self._arrives(delivery)

    @precondition(lambda self: self.world.delivered)
    @rule(number=pick)
    def deliver_again(self, number: int) -> None:
        if not self.world.delivered:
            return
        self.counts["duplicates"] += 1
        self._arrives(self.world.delivered[number % len(self.world.delivered)])

    @precondition(lambda self: self.world.pending)
    @rule(number=pick)
    def drop(self, number: int) -> None:
        pending = self.world.pending
        if pending:
            self.counts["drops"] += 1
            pending[number % len(pending)].state = "dropped"

    def _arrives(self, delivery: Delivery) -> None:
        self.world.deliver(delivery)
        payload = delivery.payload
        match delivery.topic:
            case "orders/create":
                self.reference.see(seen_in_payload(payload, creation=True))
            case "orders/updated" | "orders/cancelled":
                self.reference.see(seen_in_payload(payload, creation=False))
            case "orders/delete":
                self.reference.delete(payload["id"])
            case "customers/merge":
                kept, gone = (
                    int(payload[f"admin_graphql_api_customer_{which}_id"].rpartition("/")[2])
                    for which in ("kept", "deleted")
                )
                self.reference.merge_customers(kept, gone)

    # --- what people do -------------------------------------------------------------------------------------------

    @rule(number=pick, serial=st.none() | st.sampled_from(SERIALS))
    def enter_serial(self, number: int, serial: str | None) -> None:
        found = self.unit(number)
        if found is None or found[3].serial == serial:
            return
        _, _, line, unit = found
        key = None if serial is None else _folded(serial)
        taken = any(
            other is not unit and other.serial is not None and _folded(other.serial) == key
            for other in line.living
        )
        if taken:
            with pytest.raises(AppError, match="already entered for another unit"):
                self._change(unit, ItemChanges(serial_number=serial))
            return
        self._change(unit, ItemChanges(serial_number=serial))
        unit.serial, unit.changes = serial, unit.changes + 1

    @rule(number=pick, key=st.sampled_from(FIELDS), value=st.sampled_from(["", "red", "9"]))
    def enter_field(self, number: int, key: str, value: str) -> None:
        found = self.unit(number)
        if found is None:
            return
        unit = found[3]
        changes = unit.fields.get(key) != value
        assert self._change(unit, ItemChanges(custom_fields={key: value})) is changes
        if changes:
            unit.fields[key] = value
            unit.changes += 1

    @rule(number=pick, warranty=st.sampled_from(WARRANTIES))
    def set_warranty(self, number: int, warranty: str) -> None:
        found = self.unit(number)
        if found is None:
            return
        unit = found[3]
        changes = not unit.own_warranty or unit.warranty != warranty
        assert self._change(unit, ItemChanges(warranty=warranty)) is changes
        if changes:
            unit.warranty, unit.own_warranty, unit.changes = warranty, True, unit.changes + 1

    def _change(self, unit: Unit, changes: ItemChanges) -> bool:
        assert unit.item_id is not None
        with self.world.db.write() as session:
            item = items.find(session, self.world.shop_id, unit.item_id)
            assert item is not None
            return items.change(
                session, self.world.shop_id, item, changes, allowed_fields=FIELDS, actor="staff:1"
            )

    @rule(number=pick)
    def generate_missing(self, number: int) -> None:
        known = self.known(number)
        if known is None:
            return
        with self.world.db.write() as session:
            row = shops.by_id(session, self.world.shop_id)
            orders.generate_missing(session, row, known[0], actor="api-key:1")
        self.reference.generate(known[0])

    @rule(
        number=pick,
        line=pick,
        add=st.integers(0, 2),
        remove=st.lists(pick, max_size=2),
        restore=st.booleans(),
    )
    def adjust(self, number: int, line: int, add: int, remove: list[int], restore: bool) -> None:
        known = self.known(number)
        if known is None or not known[1].lines:
            return
        line_id = [*known[1].lines][line % len(known[1].lines)]
        held = known[1].lines[line_id]
        leaving = [held.living[choice % len(held.living)] for choice in remove if held.living]
        coming = [unit for unit in held.items if not unit.lives][-1:] if restore else []
        trackable = self.reference.variants.get(held.variant_id or 0, Settings()).trackable
        with self.world.db.write() as session:
            row = shops.by_id(session, self.world.shop_id)
            orders.adjust(
                session,
                row,
                known[0],
                line_id,
                add=add if trackable else 0,
                remove=[str(unit.item_id) for unit in leaving],
                restore=[str(unit.item_id) for unit in coming],
                actor="staff:1",
            )
        self.reference.adjust(known[0], line_id, add if trackable else 0, leaving, coming)

    # --- what the worker does, and what goes wrong ----------------------------------------------------------------

    @rule(steps=st.integers(1, 4))
    def work(self, steps: int) -> None:
        for _ in range(steps):
            busy = self.world.work()
            self._shown()
            if not busy:
                return

    @rule(number=st.integers(1, 4), executes=st.booleans(), at_commit=st.booleans())
    def kill_worker(self, number: int, executes: bool, at_commit: bool) -> None:
        """At its n-th call, which Shopify carries out or not, or before its n-th commit."""
        self.world.pass_time()
        if at_commit:
            self.world.work(dies_at_commit=number)
        else:
            self.world.work(dies_at_call=number, executes=executes)
        self._shown()

    @rule(number=pick, quantity=units, value=st.sampled_from(["blue", "red"]))
    def overtake_worker(self, number: int, quantity: int, value: str) -> None:
        """A worker that was stopped for longer than its lease wakes up and goes on with what it had read."""

        def meanwhile() -> None:
            self.enter_field(number, FIELDS[0], value)
            self.edit_order(number, number, quantity, False, True)

        self.enter_field(number, FIELDS[0], "green")
        self.world.pass_time()
        self.world.overtaken(meanwhile)
        self._shown()

    @rule()
    def time_passes(self) -> None:
        self.world.pass_time()

    @rule(
        kind=st.sampled_from(
            ["throttle", "throttle_429", "error", "html", "late", "lost", "cut", "token", "401"]
        ),
        times=st.integers(1, 2),
        operation=st.sampled_from([None, None, "MetafieldsSet", "MetafieldsDelete", "Order"]),
        steps=st.integers(0, 3),
    )
    def trouble(self, kind: str, times: int, operation: str | None, steps: int) -> None:
        self._order_trouble(kind, times, operation)
        self.world.pass_time()
        self.work(steps)

    def _order_trouble(self, kind: str, times: int, operation: str | None) -> None:
        faults = self.world.store.faults
        match kind:
            case "throttle":
                faults.throttle(times, operation)
            case "throttle_429":
                faults.throttle_429(times, 2.0, operation)
            case "error":
                faults.error(times, 503, operation)
            case "html":
                faults.html(times, operation)
            case "late":
                faults.time_out(30, times, operation=operation)
            case "lost":
                faults.time_out(30, times, after_success=True, operation=operation)
            case "cut":
                faults.disconnect(times, operation=operation)
            case "token":
                faults.token_error(times)
                self.world.store.tokens.expire(self.shop.domain)
            case "401":
                faults.refuse(401, 1, operation)

    @rule(number=pick, key=st.sampled_from(["properties", "serials"]), erase=st.booleans())
    def vandal(self, number: int, key: str, erase: bool) -> None:
        """Somebody else edits or deletes what we wrote. (What we never wrote is tests/sync/test_foreign.py's.)"""
        order = self.order(number)
        if order is None or not self.wrote("order", order.id, order.gid, key):
            return
        self.counts["drifts"] += 1
        if erase:
            self.shop.delete_metafield(order.gid, key)
        elif key == "serials":
            self.shop.write_metafield(order.gid, '["X"]', key, "list.single_line_text_field")
        else:
            self.shop.write_metafield(order.gid, '{"items":[]}', key)

    @rule(number=pick)
    def vandal_at_variant(self, number: int) -> None:
        variants = self.variants()
        if variants:
            variant = variants[number % len(variants)]
            if self.wrote("variant", variant.id, variant.gid, "properties"):
                self.counts["drifts"] += 1
                self.shop.write_metafield(variant.gid, '{"trackable":"maybe"}')

    def wrote(self, owner: str, owner_id: int, gid: str, key: str) -> bool:
        """Whether Shopify holds what the app wrote last, and the app knows."""
        with self.world.db.read() as session:
            stored = session.scalar(
                select(Mirror.pages).where(
                    Mirror.shop_id == self.world.shop_id, Mirror.owner == owner, Mirror.owner_id == owner_id
                )
            )
        metafield = self.shop.metafield(gid, key)
        if stored is None or metafield is None:
            return False
        page = read_pages(stored).get(key)
        return page is not None and page.digest == metafield.digest

    @rule(kind=st.sampled_from(["reconcile", "compare", "resync"]))
    def sync(self, kind: str) -> None:
        self.world.put(kind)

    @rule(number=pick)
    def resync_order(self, number: int) -> None:
        known = self.known(number)
        if known is not None:
            with self.world.db.write() as session:
                look_at_order(session, self.world.shop_id, known[0])

    def _shown(self) -> None:
        """Tell the reference what Shopify's answers showed to the worker."""
        for seen in self.world.seen:
            if not isinstance(seen, int):
                self.reference.see(seen)
            elif seen in self.reference.orders and self.world.is_emptied(seen):
                # When "no such order" is proof enough is the app's to say, as long as it is in the end.
                self.reference.vanish(seen)
        self.world.seen.clear()

    # --- what must be true ----------------------------------------------------------------------------------------

    @invariant()
    def items_are_as_the_reference_has_them(self) -> None:
        if not hasattr(self, "reference"):
            return
        self.counts["steps"] += 1
        with self.world.db.read() as session:
            rows = session.execute(
                select(Item.__table__).where(Item.shop_id == self.world.shop_id).order_by(Item.id)
            ).all()
        stored: dict[tuple[int, int], list[Any]] = {}
        for row in rows:
            stored.setdefault((row.order_id, row.line_item_id), []).append(row)
        for order_id, order in self.reference.orders.items():
            for line_id, line in order.lines.items():
                self._same_line(order_id, order, line_id, line, stored.pop((order_id, line_id), []))
        assert not stored, f"items nobody asked for: {stored}"

    def _same_line(self, order_id: int, order: Order, line_id: int, line: Line, rows: list[Any]) -> None:
        where = f"line {line_id} of order {order_id}"
        assert len(rows) == len(line.items), f"{where}: {len(rows)} items stored, {len(line.items)} expected"
        for row, unit in zip(rows, line.items, strict=True):
            if unit.item_id is None:
                assert row.item_id not in self.reference.owners, f"{row.item_id} was used before"
                self.reference.owners[row.item_id] = (order_id, line_id)
                unit.item_id = row.item_id
            assert row.item_id == unit.item_id, where
            assert self.reference.owners[row.item_id] == (order_id, line_id)
            assert (row.removed_at is None) is unit.lives, f"{where}: {row.item_id} lives: {not unit.lives}"
            assert row.auto_generated is unit.auto, where
            assert row.variant_id == line.variant_id, where
            assert row.customer_id == order.customer_id, where
            assert row.serial_number == unit.serial, where
            assert row.warranty == unit.warranty, where

    def teardown(self) -> None:
        try:
            if hasattr(self, "reference"):
                self._settle()
                self._check()
        finally:
            self.world.close()

    def _settle(self) -> None:
        """The dust settles: no more faults, what was dropped stays dropped, and one reconciliation."""
        self.counts["faults"] += len(self.world.store.faults.log)
        self.world.store.faults.clear()
        for delivery in self.world.pending:
            if self.drop_rest:
                delivery.state = "dropped"
            else:
                self._arrives(delivery)
        self.world.pass_time()
        self._rest()
        self.world.put("reconcile")
        self.world.put("compare")
        self.world.pass_time(hours=True)
        self.world.pass_days()
        self._rest()

    def _rest(self) -> None:
        for _ in range(400):
            busy = self.world.work()
            self._shown()
            if not busy:
                if not self.world.waiting():
                    return
                self.world.pass_time()
        raise AssertionError(f"the worker does not come to rest: {self.world.waiting()}")

    def _check(self) -> None:
        self.items_are_as_the_reference_has_them()
        self._shopifys_quantities_arrived()
        self._catalog_arrived()
        for order in self.shop.state.orders.values():
            self._metafields_are_right(order)
            self._storefront_is_right(order)
        for variant in self.variants():
            self._variant_metafield_is_right(variant)
        self._history_is_whole()

    def _shopifys_quantities_arrived(self) -> None:
        """Whatever was dropped: every order that changed since the installation is known as Shopify has it."""
        reference = self.reference
        for order in self.shop.state.orders.values():
            known = reference.orders.get(order.id)
            if order.updated_at < reference.installed_at and known is None:
                continue
            assert known is not None, f"order {order.id} was missed"
            cancelled = order.cancelled_at is not None
            truth = {line.id: 0 if cancelled else line.current_quantity for line in order.lines}
            assert {line_id: line.units for line_id, line in known.lines.items() if line.listed} == truth
            assert known.customer_id == (order.customer.id if order.customer else None)
        for order_id, known in reference.orders.items():
            if order_id not in self.shop.state.orders:
                assert not reference.living(known), f"order {order_id} is deleted and has items"

    def _catalog_arrived(self) -> None:
        with self.world.db.read() as session:
            rows = {
                row.variant_id: row
                for row in session.execute(
                    select(VariantRow.__table__).where(VariantRow.shop_id == self.world.shop_id)
                )
            }
        for variant in self.variants():
            assert rows[variant.id].sku == variant.sku
            assert rows[variant.id].deleted_at is None
        for variant_id in self.reference.variants:
            heard = rows[variant_id].source_updated_at is not None
            if heard and variant_id not in self.shop.state.variants:
                assert rows[variant_id].deleted_at is not None, f"variant {variant_id} is gone in Shopify"

    def _metafields_are_right(self, order: ShopifyOrder) -> None:
        known = self.reference.orders.get(order.id)
        held = {field.key: field for field in self.shop.state.metafields.of(order.gid, "serializer")}
        if known is None:
            return
        total, living = self.reference.total_trackable(known), self._in_order(known)
        made = any(line.items for line in known.lines.values())
        if not total and not made and ("properties" not in held or held["properties"].writer != "app"):
            # An order that never had anything trackable gets none. (One whose variant was trackable only between two
            # steps of the worker may have been noticed or not.)
            return
        assert "properties" in held, f"order {order.id} has no metafield"
        document = held["properties"].json_value
        assert document["currentTotalTrackable"] == total
        assert document["items"] == [self._mirrored(line_id, line, unit) for line_id, line, unit in living]
        searchable = {unit.serial for _, _, unit in living if unit.serial} | {
            unit.item_id for _, _, unit in living
        }
        serials = held["serials"].json_value if "serials" in held else []
        assert set(serials) == searchable

    def _in_order(self, order: Order) -> list[tuple[int, Line, Unit]]:
        """Living items in the order they were made."""
        with self.world.db.read() as session:
            place = dict(
                session.execute(select(Item.item_id, Item.id).where(Item.shop_id == self.world.shop_id)).all()
            )
        return sorted(self.reference.living(order), key=lambda entry: place[str(entry[2].item_id)])

    def _mirrored(self, line_id: int, line: Line, unit: Unit) -> dict[str, Any]:
        found: dict[str, Any] = {
            "lineItemId": line_id,
            "productVariantId": line.variant_id,
            "itemId": unit.item_id,
            "customFields": [{"key": key, "value": value} for key, value in unit.fields.items()],
        }
        if unit.serial is not None:
            found["serialNumber"] = unit.serial
        if unit.warranty is not None:
            found["warrantyDuration"] = wire_warranty(unit.warranty)
        return found

    def _variant_metafield_is_right(self, variant: Variant) -> None:
        settings = self.reference.variants.get(variant.id)
        if settings is None:
            return
        wanted: dict[str, Any] = {"trackable": settings.trackable, "autoGeneratable": settings.auto}
        if settings.warranty is not None:
            wanted["warrantyDuration"] = wire_warranty(settings.warranty)
        if settings.fields is not None:
            wanted["customFields"] = [{"key": key, "trackable": on} for key, on in settings.fields.items()]
        held = self.shop.metafield(variant.gid)
        assert held is not None
        assert held.json_value == wanted

    def _storefront_is_right(self, order: ShopifyOrder) -> None:
        known = self.reference.orders.get(order.id)
        living = self._in_order(known) if known else []
        expected = [
            {**self._mirrored(line_id, line, unit), "orderId": order.id, "autoGenerated": unit.auto}
            for line_id, line, unit in living
        ]
        assert self._ask({"orderId": order.id}) == expected
        for line_id, line, unit in living[:2]:
            found = {**self._mirrored(line_id, line, unit), "orderId": order.id, "autoGenerated": unit.auto}
            assert self._ask({"itemRef": unit.item_id}) == [found]
        for unit in [unit for line in (known.lines.values() if known else ()) for unit in line.items][:3]:
            if not unit.lives:
                assert self._ask({"itemId": unit.item_id}) == []

    def _ask(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        pairs = [(name, str(value)) for name, value in filters.items()]
        link = self.world.store.link()
        answer = self.world.proxy.forward(link, self.shop.domain, "GET", "/items", pairs)
        assert answer.status == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        for entry in found:
            assert entry.pop("createdAt") <= entry.pop("updatedAt")
        return found

    def _history_is_whole(self) -> None:
        """One entry for every change of every item."""
        with self.world.db.read() as session:
            entries = dict(
                session.execute(
                    select(Item.item_id, func.count(HistoryEntry.id))
                    .outerjoin(
                        HistoryEntry,
                        (HistoryEntry.shop_id == Item.shop_id)
                        & (HistoryEntry.subject == "item")
                        & (HistoryEntry.subject_id == Item.id),
                    )
                    .where(Item.shop_id == self.world.shop_id)
                    .group_by(Item.item_id)
                ).all()
            )
            known = set(
                session.scalars(select(OrderRow.order_id).where(OrderRow.shop_id == self.world.shop_id))
            )
        assert known >= set(self.reference.orders)
        for order in self.reference.orders.values():
            for line in order.lines.values():
                for unit in line.items:
                    assert entries[str(unit.item_id)] == unit.changes, f"history of {unit.item_id}"


def _folded(serial: str) -> str:
    return serial.strip().casefold()
