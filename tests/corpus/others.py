"""Payloads of the topics that are no order, with (topic, what is odd about it, body)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.corpus.orders import CREATED, FIRST_ORDER, JsonDict, line, refund

PRODUCT = 8_100_000_000_500
KEPT, GONE = 7_300_000_000_001, 7_300_000_000_002


def product(number: int = 0, **changes: Any) -> JsonDict:
    return {
        "id": PRODUCT + number,
        "admin_graphql_api_id": f"gid://shopify/Product/{PRODUCT + number}",
        "body_html": "<p>Steel</p>",
        "created_at": CREATED,
        "handle": "dive-watch",
        "product_type": "Watches",
        "published_at": None,
        "status": "draft",
        "title": "Dive Watch",
        "updated_at": CREATED,
        "vendor": "Atelier Nord",
        "variants": [variant(number)],
        "options": [{"id": 1, "name": "Title", "values": ["Default Title"]}],
        "images": [{"id": 77, "src": "https://cdn.example/dive.png", "variant_ids": []}],
        "image": {"id": 77, "src": "https://cdn.example/dive.png"},
        "media": [],
        "variant_gids": [
            {"admin_graphql_api_id": f"gid://shopify/ProductVariant/{45_200_000_000_000 + number}"}
        ],
        "has_variants_that_requires_components": False,
        "category": None,
        **changes,
    }


def variant(number: int = 0, **changes: Any) -> JsonDict:
    return {
        "id": 45_200_000_000_000 + number,
        "product_id": PRODUCT + number,
        "title": "Default Title",
        "sku": f"DIVE-{number}",
        "barcode": "4006381333931",
        "image_id": None,
        "inventory_policy": "deny",
        "position": 1,
        "price": "289.00",
        "updated_at": CREATED,
        **changes,
    }


def merge(status: str | None, **changes: Any) -> JsonDict:
    """customers/merge, announced in several phases."""
    return {
        "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{KEPT}",
        "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{GONE}",
        "admin_graphql_api_job_id": None,
        "status": status,
        "errors": [{"customer_ids": [1], "field": "merge_in_progress", "message": "1 is being merged"}],
        **changes,
    }


def products() -> Iterator[tuple[str, JsonDict]]:
    yield "ordinary", product(1)
    yield "no image", product(2, images=[], image=None)
    yield "lists of null", product(3, images=None, options=None, variant_gids=None, media=None)
    yield "null members", product(4, images=[None], variants=[None, variant(4)])
    yield (
        "numbers as texts",
        product(5, id=str(PRODUCT + 5), variants=[variant(5, id=str(45_200_000_000_005))]),
    )
    yield (
        "odd texts",
        product(6, title="Dive\ud83d\u2028Watch\x00", variants=[variant(6, sku="DIVE\u200b-6\ud83d")]),
    )
    yield "nulls", product(7, title=None, updated_at=None, variants=[variant(7, title=None, barcode=None)])
    yield "unknown keys", product(8, brand_new={"a": [None]}, status="unlisted")


_REQUESTS: list[tuple[str, JsonDict]] = [
    ("customers/data_request", {"customer": None, "orders_requested": [1], "data_request": {"id": 1}}),
    ("customers/data_request", {"customer": {"id": 2}, "data_request": {"id": "2"}}),
    ("customers/data_request", {"customer": {"id": "3", "email": None}, "orders_requested": ["31", None]}),
    (
        "customers/data_request",
        {"customer": {"id": 4, "email": "a\x00@\ud83db.de"}, "orders_requested": None},
    ),
    ("customers/redact", {"customer": None, "orders_to_redact": ["5"]}),
    ("customers/redact", {"customer": {"id": "6"}, "orders_to_redact": None}),
    ("customers/redact", {"customer": {"id": None, "email": "guest@example.com", "phone": None}}),
]
#: Shopify's own examples of the mandatory topics (shopify.dev, "Privacy law compliance"), placeholders and all, and
#: what else arrives: guests, IDs as texts, lists that are null or missing.
COMPLIANCE: list[tuple[str, JsonDict]] = [
    (
        "customers/data_request",
        {
            "shop_id": 954889,
            "shop_domain": "{shop}.myshopify.com",
            "orders_requested": [299938, 280263, 220458],
            "customer": {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"},
            "data_request": {"id": 9999},
        },
    ),
    (
        "customers/redact",
        {
            "shop_id": 954889,
            "shop_domain": "{shop}.myshopify.com",
            "customer": {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"},
            "orders_to_redact": [299938, 280263, 220458],
        },
    ),
    ("shop/redact", {"shop_id": 954889, "shop_domain": "{shop}.myshopify.com"}),
    ("shop/redact", {"shop_id": "954889", "shop_domain": "snowdevil.myshopify.com"}),
    *((topic, {"shop_id": 1, "shop_domain": "demo.myshopify.com", **body}) for topic, body in _REQUESTS),
]


def fetching() -> Iterator[tuple[str, str, int, JsonDict]]:
    """(topic, what is odd, order ID, body) of payloads that only say which order changed."""
    edit = {
        "id": 1,
        "committed_at": CREATED,
        "line_items": {"additions": [{"id": 1, "delta": 1}], "removals": []},
    }
    yield "orders-edited", "ordinary", FIRST_ORDER + 1, {"order_edit": {**edit, "order_id": FIRST_ORDER + 1}}
    yield (
        "orders-edited",
        "lists of null",
        FIRST_ORDER + 2,
        {"order_edit": {**edit, "order_id": str(FIRST_ORDER + 2), "line_items": None}},
    )
    for number, (status, restock) in enumerate(
        [("success", "return"), ("pending", "no_restock"), ("failure", "cancel")], 3
    ):
        body = {**refund(line(1), 1, restock, status), "order_id": FIRST_ORDER + number}
        yield "refunds-create", f"{status} {restock}", FIRST_ORDER + number, body
    yield (
        "refunds-create",
        "lists of null",
        FIRST_ORDER + 6,
        {
            "id": 9,
            "order_id": FIRST_ORDER + 6,
            "refund_line_items": None,
            "transactions": None,
            "note": "\ud83d\x00",
        },
    )
