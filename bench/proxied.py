"""Requests as Shopify's app proxy signs and forwards them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlencode

from bench import load
from bench.facts import ENCRYPTION_KEY, SECRET, SHOP, SHOP_ID
from serializer_app.shopify.signatures import sign_proxy
from serializer_app.store.crypto import Vault
from serializer_app.web.cursors import cursors_of
from serializer_app.web.storefront import Filters

PATH = "/apps/serializer"
ITEMS = f"{PATH}/items"


def path(filters: Mapping[str, int | str], route: str = ITEMS) -> str:
    """Path and query as the proxy would call now; valid for 90 s."""
    pairs = [(name, str(value)) for name, value in filters.items()]
    pairs += [
        ("shop", SHOP),
        ("logged_in_customer_id", ""),
        ("path_prefix", PATH),
        ("timestamp", str(int(time.time()))),
    ]
    return f"{route}?{urlencode([*pairs, ('signature', sign_proxy(pairs, SECRET))])}"


def address(port: int, filters: Mapping[str, int | str], route: str = ITEMS) -> str:
    return f"http://127.0.0.1:{port}{path(filters, route)}"


def asked(filters: Mapping[str, int | str]) -> bytes:
    """The whole request for a page of items."""
    return load.request("GET", path(filters), {"X-Forwarded-For": "203.0.113.7"})


def deep(filters: Filters, beyond: int) -> Filters:
    """The filters with the cursor of the page that begins behind the row ``beyond``."""
    cursors = cursors_of(Vault((ENCRYPTION_KEY,)), SHOP_ID, filters)
    return {**filters, "cursor": cursors.encode("next", beyond)}
