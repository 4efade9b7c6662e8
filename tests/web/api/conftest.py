"""A shop with an API key, two tracked variants and one order, and a client that speaks for the key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serializer_app.domain import catalog, orders, shops
from serializer_app.domain.plan import LineSnapshot, OrderSnapshot
from serializer_app.store.db import Database
from serializer_app.web.api import examples

DOMAIN = "fixture.myshopify.com"
ORDERED = datetime(2026, 11, 20, 10, tzinfo=UTC)

SNAPSHOT = OrderSnapshot(
    order_id=examples.ORDER_ID,
    name="#1001",
    customer_id=examples.CUSTOMER_ID,
    created_at=ORDERED,
    updated_at=ORDERED,
    cancelled_at=None,
    lines=(
        LineSnapshot(examples.LINE_ID, examples.VARIANT_ID, 7, "Alarm clock", "Red", "CLOCK-R", 2),
        LineSnapshot(examples.LINE_ID + 1, examples.VARIANT_ID + 1, 8, "Watch", None, "WATCH", 3),
        LineSnapshot(examples.LINE_ID + 2, None, None, "Gift wrap", None, None, 1),
    ),
    creation=True,
)


@dataclass
class Caller:
    """Requests with one API key."""

    client: FlaskClient
    key: str

    def call(self, method: str, path: str, **extra: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **extra.pop("headers", {})}
        return self.client.open("/api/v1" + path, method=method, headers=headers, **extra)

    def get(self, path: str, **extra: Any) -> TestResponse:
        return self.call("GET", path, **extra)

    def put(self, path: str, body: Any, **extra: Any) -> TestResponse:
        return self.call("PUT", path, json=body, **extra)

    def patch(self, path: str, body: Any, **extra: Any) -> TestResponse:
        return self.call("PATCH", path, json=body, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> TestResponse:
        return self.call("POST", path, **({} if body is None else {"json": body}), **extra)

    def items(self, query: str = "") -> list[dict[str, Any]]:
        """Every item that matches, over all pages."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            answer = self.get(f"/items?{query}{cursor}")
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            found += answer.json["results"]
            if not answer.json["hasNext"]:
                return found
            cursor = ("&" if query else "") + f"cursor={answer.json['next']}"


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
            return orders.apply(session, shop, replace(snapshot, **changes), actor="webhook:orders/create").made

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
                catalog.Facts(examples.VARIANT_ID, 7, "CLOCK-R", "4006381333931", "Red", "Alarm clock", None, ORDERED),
                catalog.Facts(examples.VARIANT_ID + 1, 8, "WATCH", None, None, "Watch", None, ORDERED),
            ],
        )



@pytest.fixture
def item_ids(tracked: None, place: Callable[..., list[str]]) -> list[str]:
    """The two items of the order's first line."""
    return place()
