"""Who sends requests to the app, with real credentials (staff, Shopify, visitors through the app proxy), and what they
find: installed shops, sold items, orders.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import responses
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from serializer_app import clock
from serializer_app.config import SCOPES
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify.oauth import Grant
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Item
from tests.conftest import API_KEY, API_SECRET, ENCRYPTION_KEY

SHOP = "quiet-mountain.myshopify.com"
OTHER_SHOP = "loud-valley.myshopify.com"
PREFIX = "/apps/serializer"
PATH = f"{PREFIX}/items"
MADE = "2026-11-21T22:01:02.123Z"
"""When the items were made that ``sold`` makes."""
ACCESS_TOKEN = "shpat_" + "1f" * 16
REFRESH_TOKEN = "shprt_" + "2e" * 16
VAULT = Vault((ENCRYPTION_KEY,))

Pairs = list[tuple[str, str]]
Row = dict[str, Any]


def grant(
    access_token: str = ACCESS_TOKEN,
    refresh_token: str | None = REFRESH_TOKEN,
    *,
    life: float | None = 3600,
    refresh_life: float | None = 7_776_000,
    scopes: tuple[str, ...] = SCOPES,
) -> Grant:
    """What Shopify grants; lives in seconds from now, None for a token without an end."""
    moment = clock.now()
    return Grant(
        access_token,
        frozenset(scopes),
        None if life is None else moment + timedelta(seconds=life),
        refresh_token,
        None if refresh_life is None or refresh_token is None else moment + timedelta(seconds=refresh_life),
    )


def installed(db: Database, domain: str = SHOP, given: Grant | None = None) -> int:
    """A shop that has opened the app; returns its key."""
    with db.write() as session:
        shop = shops.install(session, domain, SCOPES)
        tokens.save(session, VAULT, shop.id, given or grant())
        return shop.id


def id_token(shop: str = SHOP, secret: str = API_SECRET, **claims: Any) -> str:
    """A session token as App Bridge hands it out; ``claims`` overwrite, None leaves one out."""
    now = int(time.time())
    payload: dict[str, Any] = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": API_KEY,
        "sub": "102938475",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
        **claims,
    }
    claimed = {name: value for name, value in payload.items() if value is not None}
    text = ".".join(_segment(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claimed))
    return f"{text}.{_segment(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def staff(shop: str = SHOP, **claims: Any) -> dict[str, str]:
    """Headers of a script in the embedded app."""
    return {"Authorization": f"Bearer {id_token(shop, **claims)}"}


def webhook(
    client: FlaskClient,
    topic: str,
    payload: Any,
    shop: str = SHOP,
    *,
    secret: str = API_SECRET,
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """Deliver a webhook as Shopify does."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    compliance = topic in {"customers/data_request", "customers/redact", "shop/redact"}
    path = "/webhooks/compliance" if compliance else f"/webhooks/{topic.replace('/', '-')}"
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return client.post(
        path,
        data=body,
        content_type="application/json",
        headers={
            "X-Shopify-Hmac-SHA256": signature,
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            **(headers or {}),
        },
    )


def shopify_signature(pairs: Pairs, secret: str = API_SECRET) -> str:
    """As shopify.dev has it: repeated names joined with commas, sorted, joined with nothing."""
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    message = "".join(f"{name}={','.join(grouped[name])}" for name in sorted(grouped))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def forwarded(
    asked: Pairs,
    *,
    shop: str = SHOP,
    customer: str = "",
    age: int = 0,
    secret: str = API_SECRET,
    prefix: str = PREFIX,
) -> Pairs:
    """The query that Shopify makes of what a visitor asked."""
    pairs = [
        *asked,
        ("shop", shop),
        ("logged_in_customer_id", customer),
        ("path_prefix", prefix),
        ("timestamp", str(int(time.time()) - age)),
    ]
    return [*pairs, ("signature", shopify_signature(pairs, secret))]


def proxy_query(
    shop: str = SHOP,
    customer: int | None = None,
    *,
    secret: str = API_SECRET,
    prefix: str = PREFIX,
    **filters: Any,
) -> str:
    """The signed query that Shopify's app proxy makes of ``filters``."""
    asked = [(name, str(value)) for name, value in filters.items()]
    who = "" if customer is None else str(customer)
    return urlencode(forwarded(asked, shop=shop, customer=who, secret=secret, prefix=prefix))


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


def callback_query(shop: str = SHOP, *, secret: str = API_SECRET, **changes: Any) -> str:
    """The signed query with which Shopify sends the merchant back; None leaves a parameter out."""
    pairs: dict[str, Any] = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "host": base64.b64encode(f"admin.shopify.com/store/{SHOP.split('.')[0]}".encode())
        .decode()
        .rstrip("="),
        "shop": shop,
        "state": "unknown",
        "timestamp": str(int(time.time())),
        **changes,
    }
    pairs = {name: value for name, value in pairs.items() if value is not None}
    message = "&".join(f"{name}={value}" for name, value in sorted(pairs.items()))
    pairs.setdefault("hmac", hmac.digest(secret.encode(), message.encode(), hashlib.sha256).hex())
    return urlencode(pairs)


def order(
    order_id: int, *, line_item_id: int, variant_id: int, quantity: int = 1, customer: int | None = 7
) -> Any:
    """An orders/create payload with one line, made just now."""
    moment = clock.iso(clock.now() + timedelta(seconds=1))
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "created_at": moment,
        "updated_at": moment,
        "cancelled_at": None,
        "customer": None if customer is None else {"id": customer},
        "line_items": [
            {
                "id": line_item_id,
                "variant_id": variant_id,
                "product_id": 1,
                "quantity": quantity,
                "current_quantity": quantity,
                "title": "Lamp",
                "sku": "L-1",
            }
        ],
    }


def grants_tokens(mock: responses.RequestsMock, shop: str = SHOP, **changes: Any) -> responses.BaseResponse:
    """Have Shopify's token endpoint of ``shop`` answer."""
    body = {
        "access_token": ACCESS_TOKEN,
        "scope": ",".join(SCOPES),
        "expires_in": 3600,
        "refresh_token": REFRESH_TOKEN,
        "refresh_token_expires_in": 7_776_000,
        **changes,
    }
    answer: responses.BaseResponse = mock.post(f"https://{shop}/admin/oauth/access_token", json=body)
    return answer


def database(app: Flask) -> Database:
    from serializer_app.web.house import house

    return house(app).db


def sold(database: Database, shop_id: int, *units: Row) -> list[str]:
    """Items with the given columns; the rest is filled in. Returns their item IDs in the order they were made."""
    moment = clock.parse_iso(MADE)
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
