"""Orders and variants as the Admin API shows them, brought into the shape the webhooks bring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from serializer_app.clock import now, parse_iso
from serializer_app.domain import catalog, deletions, order_lookups, orders, privacy, shops
from serializer_app.domain.catalog import Facts
from serializer_app.domain.plan import snapshot_of
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import numeric_id
from serializer_app.shopify.orders import fetch
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Job
from serializer_app.sync.worker import Verdict, Work
from serializer_app.text import clean, clean_code


def fetch_orders(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``fetch-order``: orders/edited and refunds/create do not carry the order, so it is asked for."""
    verdict = Verdict()
    for job in jobs[:5]:
        try:
            apply_order(work, int(job.key))
        except PermanentFailure as error:
            verdict.failed.append((job, error))
        else:
            verdict.done.append(job)
    verdict.spacing = orders.FETCH_DELAY
    verdict.postponed = [(job, 0.0) for job in jobs[5:]]
    verdict.pause = work.rest(500) if verdict.postponed else work.rest()
    return verdict


def apply_order(work: Work, order_id: int) -> orders.Outcome:
    """Fetch one order and apply it. One that Shopify had and no longer has is emptied, until news of it comes.

    "No such order" alone proves nothing: what answers may lag behind the webhook. Only where Shopify took a metafield
    for the order before, or had a day to show it, does its absence mean that a deletion was missed.
    """
    order = fetch(work.call, order_id)
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        if order is not None:
            snapshot = privacy.without_erased(session, work.vault, shop, snapshot_of(order))
            return orders.apply(session, shop, snapshot, actor="app:fetch")
        if not is_shown(shop, order_lookups.ordered_at(session, shop.id, order_id)):
            return orders.Outcome()
        if not deletions.was_there(session, shop.id, order_id):
            return orders.Outcome()
        return orders.Outcome(removed=deletions.vanish(session, shop.id, order_id, actor="app:fetch"))


SHOWN_FOR = timedelta(days=59)


def is_shown(shop: Shop, ordered_at: datetime | None) -> bool:
    """Whether Shopify would show an order of this age if it still had it: older ones need ``read_all_orders``
    (platform.md §6). Nothing at all follows from the absence of one that it would not show.
    """
    if "read_all_orders" in shop.scopes.split(","):
        return True
    return ordered_at is not None and ordered_at > now() - SHOWN_FOR


# --- variants -----------------------------------------------------------------------------------------------------

VARIANTS_PAGE = 50


def sync_product(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``sync-product``: a product of more than a hundred variants, which no webhook carries in full."""
    for job in jobs:
        product_id, found = int(job.key), []
        asked_at = None
        for page in variant_pages(work, f"product_id:{product_id}"):
            found += [fact.variant_id for fact in page]
            asked_at = max([fact.updated_at for fact in page if fact.updated_at], default=asked_at)
            with work.db.write() as session:
                catalog.describe(session, work.shop_id, page)
        with work.db.write() as session:
            catalog.mark_deleted(session, work.shop_id, product_id, keep=found, before=asked_at)
    return Verdict(done=list(jobs), pause=work.rest())


def sync_catalog(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``sync-catalog``: SKU, titles and products of all variants; the key is the cursor to go on from."""
    job = jobs[0]
    page, cursor = variants(work, None, job.key or None)
    with work.db.write() as session:
        catalog.describe(session, work.shop_id, page)
    again = [("sync-catalog", cursor, 0.0)] if cursor else []
    return Verdict(done=[job], again=again, pause=work.rest(600) if cursor else 0)


def variant_pages(work: Work, query: str) -> Iterator[list[Facts]]:
    cursor: str | None = None
    while True:
        page, cursor = variants(work, query, cursor)
        yield page
        if cursor is None:
            return


def variants(work: Work, query: str | None, after: str | None) -> tuple[list[Facts], str | None]:
    """(facts, cursor of the next page or None)."""
    variables = {"first": VARIANTS_PAGE, "after": after, "query": query}
    page = work.call("ProductVariants", variables).get("productVariants")
    return [_facts(node) for node in present(page)], next_cursor(page)


def _facts(node: dict[str, Any]) -> Facts:
    product = node.get("product") or {}
    return Facts(
        numeric_id(node["id"]),
        numeric_id(product["id"]) if product else None,
        clean_code(node.get("sku") or ""),
        clean_code(node.get("barcode") or ""),
        clean(node.get("title") or "") or None,
        clean(product.get("title") or "") or None,
        _image(node) or _image({"media": {"nodes": [product.get("featuredMedia") or {}]}}),
        parse_iso(node["updatedAt"]) if node.get("updatedAt") else None,
    )


def _image(node: dict[str, Any]) -> str | None:
    for media in present(node.get("media")):
        image = (media.get("preview") or {}).get("image") or {}
        if image.get("url"):
            return str(image["url"])
    return None
