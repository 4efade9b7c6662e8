"""Those who knock at the app's doors, with real credentials: staff, Shopify, the app proxy; and shops to knock for."""

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
from werkzeug.test import TestResponse

from serializer_app import clock
from serializer_app.config import SCOPES
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify.oauth import Grant
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from tests.conftest import API_KEY, API_SECRET, ENCRYPTION_KEY

SHOP = "quiet-mountain.myshopify.com"
OTHER_SHOP = "loud-valley.myshopify.com"
ACCESS_TOKEN = "shpat_" + "1f" * 16
REFRESH_TOKEN = "shprt_" + "2e" * 16
VAULT = Vault((ENCRYPTION_KEY,))


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


def proxy_query(
    shop: str = SHOP,
    customer: int | None = None,
    *,
    secret: str = API_SECRET,
    prefix: str = "/apps/serializer",
    **filters: Any,
) -> str:
    """The signed query that Shopify's app proxy adds."""
    pairs = [(name, str(value)) for name, value in filters.items()]
    pairs += [
        ("shop", shop),
        ("logged_in_customer_id", "" if customer is None else str(customer)),
        ("path_prefix", prefix),
        ("timestamp", str(int(time.time()))),
    ]
    message = "".join(sorted(f"{name}={value}" for name, value in pairs))
    pairs.append(("signature", hmac.digest(secret.encode(), message.encode(), hashlib.sha256).hex()))
    return urlencode(pairs)


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
