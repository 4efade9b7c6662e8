"""Orders as Shopify sends them: signed webhooks of orders/create, each of another order."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
from typing import Any

from bench import load
from bench.facts import POPULAR, SECRET, SHOP

_numbers = itertools.count(10_000_000)
_ADDRESS = {
    "first_name": "A",
    "last_name": "B",
    "address1": "C 1",
    "city": "D",
    "zip": "1",
    "country": "E",
}


def order(units: int) -> tuple[int, bytes]:
    """An order's number and a body as Shopify sends it, as far as size and shape matter: some 7 KB and one line."""
    number = next(_numbers)
    body = {
        "id": number,
        "name": f"#{number}",
        "created_at": "2026-11-22T10:00:00+01:00",
        "updated_at": "2026-11-22T10:00:00+01:00",
        "cancelled_at": None,
        "customer": {"id": number + 1, "default_address": _ADDRESS},
        "billing_address": _ADDRESS,
        "shipping_address": _ADDRESS,
        "note_attributes": [{"name": f"note {n}", "value": "x" * 60} for n in range(50)],
        "fulfillments": [],
        "line_items": [_line(number, units)],
    }
    return number, json.dumps(body).encode()


def _line(number: int, units: int) -> dict[str, Any]:
    return {
        "id": number * 10,
        "variant_id": POPULAR,
        "product_id": 5,
        "title": "Speaker",
        "variant_title": "Blue",
        "sku": "S-1",
        "quantity": units,
        "current_quantity": units,
        "properties": [],
        "tax_lines": [{"title": "VAT", "rate": 0.2, "price": "1.00"}],
    }


def delivery(
    body: bytes, path: str = "/webhooks/orders-create", shop: str = SHOP, secret: str = SECRET
) -> bytes:
    """The whole request."""
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": f"webhook-{next(_numbers)}",
        "X-Shopify-Hmac-SHA256": signature,
    }
    return load.request("POST", path, headers, body)


def deliveries(units: int, count: int) -> list[bytes]:
    """So many orders of ``units`` units."""
    return [delivery(order(units)[1]) for _ in range(count)]
