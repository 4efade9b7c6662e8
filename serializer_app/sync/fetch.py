"""Orders and variants as the Admin API shows them, brought into the shape the webhooks bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import structlog

from serializer_app.clock import now, parse_iso
from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import Facts
from serializer_app.domain.items.plan import snapshot_of
from serializer_app.domain.orders import deletions, lookups, orders
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.orders import UNREADABLE, fetch
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop, Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import LongWork, Slice
from serializer_app.sync.work import Verdict, Work, contained, one_by_one
from serializer_app.text import JsonDict, clean, clean_code

log = structlog.get_logger(__name__)


@one_by_one(points=500)
def fetch_orders(work: Work, job: Job) -> Verdict:
    """Handler of ``fetch-order``: orders/edited and refunds/create do not carry the order, so it is asked for."""
    apply_order(work, int(job.key))
    return Verdict(done=[job], spacing=orders.FETCH_DELAY, pause=work.rest())


def apply_order(work: Work, order_id: int) -> orders.AppliedSnapshot:
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
        if not is_shown(shop, lookups.ordered_at(session, shop.id, order_id)):
            return orders.AppliedSnapshot()
        if not deletions.was_there(session, shop.id, order_id):
            return orders.AppliedSnapshot()
        return orders.AppliedSnapshot(removed=deletions.vanish(session, shop.id, order_id, actor="app:fetch"))


SHOWN_FOR = timedelta(days=59)


def is_shown(shop: Shop, ordered_at: datetime | None) -> bool:
    """Whether Shopify would show an order of this age if it still had it: older ones need ``read_all_orders``
    (platform.md §6). Nothing at all follows from the absence of one that it would not show.
    """
    if "read_all_orders" in shop.scopes.split(","):
        return True
    return ordered_at is not None and ordered_at > now() - SHOWN_FOR


# --- variants -----------------------------------------------------------------------------------------------------

CATALOG_KIND = "sync-catalog"
VARIANTS_PAGE = 50


class UnreadableVariant(AppError):
    """Shopify's answer about one variant has another shape than its schema says. Says nothing about other variants."""

    def __init__(self, reason: BaseException) -> None:
        message = f"What Shopify says about this variant cannot be read ({type(reason).__name__})"
        super().__init__("variant_unreadable", message, status=502, permanent=False)


@dataclass(frozen=True)
class VariantsPage:
    """A page of variants. ``unread``: those that cannot be read; ``following``: cursor of the next page, or None."""

    facts: list[Facts]
    unread: dict[int, UnreadableVariant]
    following: str | None

    @property
    def ids(self) -> list[int]:
        return [*(fact.variant_id for fact in self.facts), *self.unread]


@one_by_one()
def sync_product(work: Work, job: Job) -> Verdict:
    """Handler of ``sync-product``: a product of more than a hundred variants, which no webhook carries in full."""
    product_id, found = int(job.key), []
    asked_at = None
    cursor: str | None = None
    while True:
        page = variants(work, f"product_id:{product_id}", cursor)
        found += page.ids
        asked_at = max([fact.updated_at for fact in page.facts if fact.updated_at], default=asked_at)
        store_variants(work, page, job)
        cursor = page.following
        if cursor is None:
            break
    with work.db.write() as session:
        catalog.mark_deleted(session, work.shop_id, product_id, keep=found, before=asked_at)
    return Verdict(done=[job], pause=work.rest())


class CatalogWalk(msgspec.Struct, frozen=True):
    """The spec of the task: Shopify's cursor says where it goes on."""

    cursor: str = ""


def sync_catalog(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``sync-catalog``: begin to ask for SKU, titles and products of all variants.

    In an earlier version the job itself walked, with the cursor as its key.
    """
    with work.db.write() as session:
        for job in jobs:
            spec = CatalogWalk(job.key)
            begin = tasks.begin_only if job.key else tasks.begin_anew
            begin(session, work.shop_id, CATALOG_KIND, spec, actor="app:fetch")
    return Verdict(done=[*jobs])


def _catalog_page(work: Work, job: Job, seen: Task) -> Slice:
    """One page of variants, which is harmless to store twice."""
    page = variants(work, None, tasks.spec_of(seen, CatalogWalk).cursor or None)
    store_variants(work, page, job)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        if page.following:
            tasks.advance(session, task, spec=CatalogWalk(page.following))
        else:
            tasks.drop(session, task)
    return Slice(bool(page.following), points=600 if page.following else 0)


CATALOG = LongWork(CATALOG_KIND, _catalog_page)


@one_by_one()
def sync_variant(work: Work, job: Job) -> Verdict:
    """Handler of ``sync-variant``: one variant; its failure is its own."""
    page = variants(work, f"id:{int(job.key)}", None)
    for error in page.unread.values():
        raise error
    with work.db.write() as session:
        catalog.describe(session, work.shop_id, page.facts)
    return Verdict(done=[job], pause=work.rest())


def store_variants(work: Work, page: VariantsPage, walk: Job) -> None:
    """Store what a page says. Each variant that cannot be read or stored becomes a job of its own."""
    for variant_id, error in page.unread.items():
        with work.set_aside(JobKind.SYNC_VARIANT, variant_id, walk):
            raise error
    try:
        with contained(kind=walk.kind, job_key=walk.key), work.db.write() as session:
            catalog.describe(session, work.shop_id, page.facts)
    except AppError:
        # One of them is the reason: find out which.
        for fact in page.facts:
            with work.set_aside(JobKind.SYNC_VARIANT, fact.variant_id, walk), work.db.write() as session:
                catalog.describe(session, work.shop_id, [fact])


def variants(work: Work, query: str | None, after: str | None) -> VariantsPage:
    """The variants that ``query`` finds, each read on its own."""
    variables = {"first": VARIANTS_PAGE, "after": after, "query": query}
    page = work.call("ProductVariants", variables).get("productVariants")
    facts: list[Facts] = []
    unread: dict[int, UnreadableVariant] = {}
    for node in present(page):
        number = numeric_id(node["id"])
        try:
            facts.append(_facts(node))
        except UNREADABLE as error:
            unread[number] = UnreadableVariant(error)
    return VariantsPage(_with_inventory(work, facts), unread, next_cursor(page))


def _with_inventory(work: Work, facts: list[Facts]) -> list[Facts]:
    """Add whether Shopify tracks each variant's quantity, for shops that track inventory."""
    with work.db.read() as session:
        wanted = shops.tracks_inventory(shops.by_id(session, work.shop_id))
    if not wanted or not facts:
        return facts
    ids = [gid("ProductVariant", fact.variant_id) for fact in facts]
    try:
        nodes = work.call("VariantInventory", {"ids": ids}).get("nodes") or []
    except PermanentFailure as error:
        # The catalog matters more; the settings page says what is missing where the scope is the reason.
        log.warning("inventory not told", code=error.code)
        return facts
    tracked = {
        numeric_id(node["id"]): bool((node.get("inventoryItem") or {}).get("tracked"))
        for node in nodes
        if node
    }
    return [replace(fact, inventory_tracked=tracked.get(fact.variant_id)) for fact in facts]


def _facts(node: JsonDict) -> Facts:
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


def _image(node: JsonDict) -> str | None:
    for media in present(node.get("media")):
        image = (media.get("preview") or {}).get("image") or {}
        if image.get("url"):
            return str(image["url"])
    return None
