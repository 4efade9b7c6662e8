"""The shop of the registry's tests, with a unit that was sold, shipped and registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import serials
from serializer_app.domain.stock import returns
from serializer_app.domain.stock.returns import ReturnedUnit, ReturnEntry
from serializer_app.store.models import Item, Serial
from tests.domain.registry.conftest import GRACE, ORDERED_AT, WATCH, World
from tests.domain.registry.conftest import world as world


@dataclass
class Stock:
    """Short forms of what the tests do with the units of one shop."""

    world: World

    def unit(self, number: str = "S1") -> Serial:
        with self.world.db.read() as session:
            found = serials.find(session, self.world.shop_id, number)
            assert found is not None
            return found

    def item(self, order_id: int = 900) -> Item:
        return self.world.items(order_id)[0]

    def enter(self, number: str | None, order_id: int = 900) -> None:
        with self.world.db.write() as session:
            changes = ItemChanges(serial_number=number)
            items.change(
                session, self.world.shop_id, self.item(order_id), changes, allowed_fields=(), actor="staff:1"
            )

    def show(self, order_id: int = 900, *, units: int = 1, minutes: int = 1, shipped: bool = True) -> None:
        """A newer snapshot of an order of watches."""
        at = ORDERED_AT + timedelta(minutes=minutes)
        fulfilled_at = ORDERED_AT if shipped else None
        line = LineSnapshot(order_id * 10, WATCH, 1, "Watch", None, "W-1", units, fulfilled_at)
        snapshot = OrderSnapshot(order_id, f"#{order_id}", 501, ORDERED_AT, at, None, (line,))
        with self.world.db.write() as session:
            orders.apply(session, self.world.shop(session), snapshot, actor="webhook:orders/updated")

    def take_back(self, order_id: int, *entries: ReturnEntry) -> list[ReturnedUnit]:
        with self.world.db.write() as session:
            shop = self.world.shop(session)
            return returns.take_back(session, self.world.vault, shop, order_id, entries, actor="staff:1")


@pytest.fixture
def stock(world: World) -> Stock:
    """S1 was sold on order 900 to Grace, shipped and registered; S2 is in stock; order 901 is a stranger's."""
    stock = Stock(world)
    world.watches("S1", "S2")
    world.order(900, customer_id=501)
    world.order(901, customer_id=777)
    stock.enter("S1")
    stock.show()
    world.register("S1", GRACE)
    return stock
