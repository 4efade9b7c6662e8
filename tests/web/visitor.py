"""A visitor of the shop, Shopify in between, and what the shop has sold: signed by this module's own code."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from serializer_app.clock import parse_iso
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.store.models import Item
from tests.conftest import API_SECRET

SHOP = "cobalt-audio.myshopify.com"
OTHER_SHOP = "other-shop.myshopify.com"
PATH = "/apps/serializer/items"
MADE = "2026-11-21T22:01:02.123Z"

Pairs = list[tuple[str, str]]
Row = dict[str, Any]


def shopify_signature(pairs: Pairs, secret: str = API_SECRET) -> str:
    """As shopify.dev has it: repeated names joined with commas, sorted, joined with nothing."""
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    message = "".join(f"{name}={','.join(grouped[name])}" for name in sorted(grouped))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def forwarded(
    asked: Pairs, *, shop: str = SHOP, customer: str = "", age: int = 0, secret: str = API_SECRET
) -> Pairs:
    """The query that Shopify makes of what a visitor asked."""
    pairs = [
        *asked,
        ("shop", shop),
        ("logged_in_customer_id", customer),
        ("path_prefix", "/apps/serializer"),
        ("timestamp", str(int(time.time()) - age)),
    ]
    return [*pairs, ("signature", shopify_signature(pairs, secret))]


class Visitor:
    """``ask({"orderId": 1}, customer="7", shop=…, address=…)``: one request through the proxy."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def __call__(
        self, filters: dict[str, Any] | Pairs, *, address: str = "203.0.113.7", **how: Any
    ) -> TestResponse:
        pairs = (
            filters if isinstance(filters, list) else [(name, str(value)) for name, value in filters.items()]
        )
        return self._client.get(
            f"{PATH}?{urlencode(forwarded(pairs, **how))}", headers={"X-Forwarded-For": address}
        )

    def page(self, filters: dict[str, Any], cursor: str | None = None, **how: Any) -> dict[str, Any]:
        """A page, with its flags and cursors agreeing."""
        response = self({**filters, **({} if cursor is None else {"cursor": cursor})}, **how)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.get_json()
        assert list(page) == ["previous", "hasPrevious", "next", "hasNext", "results"]
        for name, flag in (("previous", "hasPrevious"), ("next", "hasNext")):
            assert isinstance(page[flag], bool)
            assert (page[name] is not None) is page[flag]
        return page

    def item_ids(self, filters: dict[str, Any], cursor: str | None = None, **how: Any) -> list[str]:
        return [item["itemId"] for item in self.page(filters, cursor, **how)["results"]]


def problem(response: TestResponse) -> tuple[int, str]:
    """Status and code of an error in contract §3's shape."""
    body = response.get_json()
    assert response.mimetype == "application/json"
    assert set(body) == {"error", "requestId"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["requestId"] == response.headers["X-Request-Id"]
    return response.status_code, body["error"]["code"]


def installed(database: Database, domain: str) -> int:
    with database.write() as session:
        return shops.install(session, domain, ["write_orders"]).id


def sold(database: Database, shop_id: int, *units: Row) -> list[str]:
    """Items with the given columns; the rest is filled in. Returns their item IDs in the order they were made."""
    moment = parse_iso(MADE)
    rows = []
    for item_id, unit in zip(make_item_ids(len(units)), units, strict=True):
        number = unit.get("serial_number")
        rows.append(
            {
                "shop_id": shop_id,
                "item_id": item_id,
                "order_id": 1,
                "line_item_id": 11,
                "variant_id": 111,
                "customer_id": None,
                "serial_number": None,
                "warranty": None,
                "custom_fields": "[]",
                "auto_generated": True,
                "created_by": "webhook:orders/create",
                "created_at": moment,
                "updated_at": moment,
                "removed_at": None,
                **unit,
                "serial_key": None if number is None else serial_key(number),
            }
        )
    with database.write() as session:
        session.connection().execute(insert(Item), rows)
    return [row["item_id"] for row in rows]


def changed(database: Database, table: Any, condition: Any, **values: Any) -> None:
    with database.write() as session:
        session.execute(update(table).where(condition).values(**values))
