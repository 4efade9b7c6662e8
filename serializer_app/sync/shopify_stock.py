"""Reads what Shopify calls its locations and how many units it counts (domain.stock.shopify_stock)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from serializer_app.domain.shops import shops
from serializer_app.domain.stock import shopify_stock
from serializer_app.domain.stock.shopify_stock import ShopLocation
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work
from serializer_app.text import JsonDict, clean

log = structlog.get_logger(__name__)

PAGE = 200
LEVELS_PAGE = 200
AT_ONCE = 14
"""Variants in one call."""
SPACING = 30.0
"""Seconds between two calls, so that a shop with many variants keeps its cost bucket for what people wait for."""


def read(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``shopify-stock``: locations first, then the quantities of a few variants; it comes back until all
    are read. Reconciliation begins it anew every hour.
    """
    with work.db.read() as session:
        shop = shops.by_id(session, work.shop_id)
        after = shop.stock_read_after
        if not shops.has_scope(shop, shops.READ_INVENTORY):
            return Verdict(done=list(jobs))
        variants = shopify_stock.variants_to_read(session, shop.id, after=after or 0, most=AT_ONCE)
    try:
        if after is None:
            found = _locations(work)
            with work.db.write() as session:
                shopify_stock.store_locations(session, work.shop_id, found)
        counts = _quantities(work, variants) if variants else {}
    except PermanentFailure as error:
        log.warning("stock not told", code=error.code)
        return Verdict(done=list(jobs))
    more = len(variants) == AT_ONCE
    with work.db.write() as session:
        if counts:
            shopify_stock.store(session, work.shop_id, counts)
        shops.by_id(session, work.shop_id).stock_read_after = variants[-1] if more else None
    again = [(JobKind.SHOPIFY_STOCK, "", SPACING)] if more else []
    return Verdict(done=list(jobs), again=again, pause=work.rest())


def _locations(work: Work) -> list[ShopLocation]:
    found: list[ShopLocation] = []
    cursor: str | None = None
    while True:
        page = work.call("Locations", {"first": PAGE, "after": cursor}).get("locations")
        found += [
            ShopLocation(numeric_id(node["id"]), clean(node.get("name") or "") or "–", bool(node["isActive"]))
            for node in present(page)
        ]
        cursor = next_cursor(page)
        if cursor is None:
            return found


def _quantities(work: Work, variants: Sequence[int]) -> dict[int, dict[int, int] | None]:
    """Variant → location → units on hand; None where Shopify does not track the variant, or has it no more."""
    ids = [gid("ProductVariant", number) for number in variants]
    counts: dict[int, dict[int, int] | None] = dict.fromkeys(variants)
    for node in work.call("VariantQuantities", {"ids": ids}).get("nodes") or ():
        item = (node or {}).get("inventoryItem")
        if item and item.get("tracked"):
            counts[numeric_id(node["id"])] = _levels(work, item)
    return counts


def _levels(work: Work, item: JsonDict) -> dict[int, int]:
    levels: dict[int, int] = {}
    page = item["inventoryLevels"]
    while True:
        for level in present(page):
            levels[numeric_id(level["location"]["id"])] = sum(one["quantity"] for one in level["quantities"])
        cursor = next_cursor(page)
        if cursor is None:
            return levels
        variables = {"id": item["id"], "first": LEVELS_PAGE, "after": cursor}
        page = (work.call("InventoryLevels", variables).get("inventoryItem") or {}).get("inventoryLevels")
