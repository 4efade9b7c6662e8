"""The app with a pretend shop around it: real signatures in, real HTTP out, a worker that runs when it is told to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Variant
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.shop import Shop as PretendShop
from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import TrackingChanges
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify import oauth
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import SCHEDULED
from serializer_app.store.models import Item, Lane, Mirror, OutboxRow, Shop
from serializer_app.sync.jobs import new_worker
from serializer_app.sync.worker import Worker
from serializer_app.web.house import house


@dataclass
class Town:
    """One shop that has the app; ``shop`` is how Shopify sees it, ``shop_id`` how we do."""

    store: DevStore
    shop: PretendShop
    app: Flask
    settings: Settings
    db: Database
    worker: Worker
    shop_id: int

    def track(self, title: str = "Watch", **changes: Any) -> Variant:
        """A new product whose variant is tracked and generates items, unless ``changes`` say otherwise."""
        variant = self.shop.add_product(title, sku=title.upper()[:8]).variant
        self.configure(variant, **{"trackable": True, "auto_generatable": True, **changes})
        return variant

    def configure(self, variant: Variant, **changes: Any) -> None:
        wanted: TrackingChanges = changes  # type: ignore[assignment]
        with self.db.write() as session:
            catalog.configure(session, self.shop_id, variant.id, wanted)

    def settle(self) -> int:
        """Let the worker do everything that is due soon, as if the waits in between had passed; returns the batches."""
        batches = 0
        end = time.monotonic() + 60
        while time.monotonic() < end:
            while self.worker.step():
                batches += 1
            with self.db.write() as session:
                soon = session.scalars(
                    select(OutboxRow.id)
                    .where(
                        OutboxRow.shop_id == self.shop_id,
                        OutboxRow.parked_at.is_(None),
                        OutboxRow.attempts < 50,
                    )
                    .where(OutboxRow.kind.not_in(SCHEDULED))
                ).all()
                if not soon:
                    return batches
                self.hurry(session)
        raise AssertionError("the worker does not come to rest")

    def hurry(self, session: Any) -> None:
        """Make everything due now, and forget that anything was written a moment ago."""
        past = now()
        session.execute(update(OutboxRow).where(OutboxRow.kind.not_in(SCHEDULED)).values(due_at=past))
        session.execute(update(Mirror).values(written_at=past - timedelta(days=365)))
        session.execute(update(Lane).values(paused_until=past))

    def items(self, order: Order, *, removed: bool = False) -> list[Item]:
        """The items of an order as stored, oldest first."""
        with self.db.read() as session:
            query = select(Item).where(Item.order_id == order.id).order_by(Item.id)
            if not removed:
                query = query.where(Item.removed_at.is_(None))
            return list(session.scalars(query))

    def row(self) -> Shop:
        with self.db.read() as session:
            return shops.by_id(session, self.shop_id)

    def document(self, order: Order | Variant, key: str = "properties") -> Any:
        """The metafield as Shopify holds it, parsed; None where there is none."""
        kind = "Order" if isinstance(order, Order) else "ProductVariant"
        metafield = self.shop.metafield(f"gid://shopify/{kind}/{order.id}", key)
        return None if metafield is None else metafield.json_value


def build(app: Flask, store: DevStore, domain: str | None = None) -> Town:
    """Install the app in a shop of ``store`` the short way, without the pages."""
    parts = house(app)
    shop = store.shop(domain)
    grant = oauth.exchange_id_token(parts.settings, shop.domain, shop.id_token())
    with parts.db.write() as session:
        row = shops.install(session, shop.domain, sorted(grant.scopes))
        tokens.save(session, parts.vault, row.id, grant)
        shop_id = row.id
    worker = new_worker(parts.settings, parts.db, parts.vault)
    town = Town(store, shop, app, parts.settings, parts.db, worker, shop_id)
    town.settle()
    return town
