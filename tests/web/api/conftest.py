"""A shop with an API key, two tracked variants and one order, and a client that speaks for the key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from serializer_app.domain.catalog import catalog
from serializer_app.domain.items.plan import OrderSnapshot
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.web.api import examples
from tests.web.api.caller import DOMAIN, ORDERED, SNAPSHOT, Caller

Opener = Callable[..., Caller]


@pytest.fixture
def open_shop(app: Flask, db: Database) -> Opener:
    """Install a shop and hand out a caller with a new key of it."""

    def open_(domain: str = DOMAIN, scopes: tuple[str, ...] = ("read", "write")) -> Caller:
        with db.write() as session:
            shop = shops.find(session, domain) or shops.install(session, domain, ["write_orders"])
            key = shops.create_api_key(session, shop, scopes)
        return Caller(app.test_client(), key)

    return open_


@pytest.fixture
def api(open_shop: Opener) -> Caller:
    return open_shop()


@pytest.fixture
def place(api: Caller, db: Database) -> Callable[..., list[str]]:
    """Bring an order into the shop, as its webhook would; returns the item IDs that were made."""

    def place_(snapshot: OrderSnapshot = SNAPSHOT, domain: str = DOMAIN, **changes: Any) -> list[str]:
        with db.write() as session:
            shop = shops.installed(session, domain)
            return orders.apply(
                session, shop, replace(snapshot, **changes), actor="webhook:orders/create"
            ).made

    return place_


@pytest.fixture
def tracked(api: Caller, db: Database) -> None:
    """One variant makes items by itself with a warranty and a field, one is tracked only."""
    with db.write() as session:
        shop = shops.installed(session, DOMAIN)
        shops.define_fields(session, shop, ["imei", "colour"])
        catalog.configure(
            session,
            shop.id,
            examples.VARIANT_ID,
            {
                "trackable": True,
                "auto_generatable": True,
                "warranty": "P24M",
                "custom_fields": [{"key": "imei", "trackable": True}, {"key": "colour", "trackable": False}],
            },
        )
        catalog.configure(session, shop.id, examples.VARIANT_ID + 1, {"trackable": True})
        catalog.describe(
            session,
            shop.id,
            [
                catalog.Facts(
                    examples.VARIANT_ID, 7, "CLOCK-R", "4006381333931", "Red", "Alarm clock", None, ORDERED
                ),
                catalog.Facts(examples.VARIANT_ID + 1, 8, "WATCH", None, None, "Watch", None, ORDERED),
            ],
        )


@pytest.fixture
def item_ids(tracked: None, place: Callable[..., list[str]]) -> list[str]:
    """The two items of the order's first line."""
    return place()
