"""A shop with variants and an order, as the registry's tests need them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import entry_documents, registrations
from serializer_app.domain.registry.entry_documents import VerdictDocuments
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Item, Registration, Shop
from tests.conftest import ENCRYPTION_KEY

DOMAIN = "acme.myshopify.com"
WATCH, STRAP, TWIN = 11, 12, 13
ORDERED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Person(email="Ada@Example.com", first_name="Ada", last_name="Lovelace", phone="+44 20 7946 0000")
GRACE = Person(email="grace@example.com", first_name="Grace", last_name="Hopper", customer_id=501)


@dataclass
class World:
    """One shop: a watch (SKU W-1, two years), a strap (SKU S-1), and two variants that share the SKU SHARED."""

    db: Database
    vault: Vault
    shop_id: int

    def shop(self, session: Session) -> Shop:
        return shops.by_id(session, self.shop_id)

    def experience(self, variant_id: int) -> str:
        with self.db.read() as session:
            variant = catalog.find(session, self.shop_id, variant_id)
            assert variant is not None
            return variant.experience_id

    def enter(self, *entries: Any, source: str = "api") -> VerdictDocuments:
        with self.db.write() as session:
            return entry_documents.enter(
                session, self.shop(session), entries, source=source, actor="api-key:1"
            )

    def watches(self, *numbers: str) -> None:
        made = self.enter(*({"serialNumber": number, "productSku": "W-1"} for number in numbers))
        assert not made.errors

    def register(self, number: str, person: Person = ADA, **more: Any) -> str:
        with self.db.write() as session:
            claim = Claim(number, person, **more)
            return registrations.register(
                session, self.vault, self.shop(session), claim, actor="api-key:1"
            ).public_id

    def claim(self, number: str) -> Registration | None:
        with self.db.read() as session:
            return registrations.held(session, self.shop_id, number, lock=False)[1]

    def order(self, order_id: int = 900, *, units: int = 1, customer_id: int | None = 501) -> list[Item]:
        """An order of watches; its items."""
        line = LineSnapshot(order_id * 10, WATCH, 1, "Watch", None, "W-1", units)
        snapshot = OrderSnapshot(
            order_id, f"#{order_id}", customer_id, ORDERED_AT, ORDERED_AT, None, (line,), True
        )
        with self.db.write() as session:
            orders.apply(session, self.shop(session), snapshot, actor="webhook:orders/create")
        return self.items(order_id)

    def items(self, order_id: int = 900) -> list[Item]:
        with self.db.read() as session:
            return list(
                session.query(Item)
                .filter(Item.shop_id == self.shop_id, Item.order_id == order_id)
                .order_by(Item.id)
            )


@pytest.fixture
def world(db: Database) -> World:
    world = World(db, Vault((ENCRYPTION_KEY,)), 0)
    with db.write() as session:
        world.shop_id = shops.install(session, DOMAIN, ["write_orders"]).id
        facts = [(WATCH, "W-1"), (STRAP, "S-1"), (TWIN, "SHARED"), (TWIN + 1, "SHARED")]
        catalog.describe(
            session,
            world.shop_id,
            [
                catalog.Facts(variant_id, 1, sku, None, None, "Watch", None, ORDERED_AT)
                for variant_id, sku in facts
            ],
        )
        catalog.configure(
            session,
            world.shop_id,
            WATCH,
            {"trackable": True, "auto_generatable": True, "warranty": "P2Y"},
        )
    return world
