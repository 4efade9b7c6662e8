"""What webhooks missed and what others overwrote: found on a schedule, healed, and reported (contract §5).

Shopify does not promise to deliver webhooks, so every hour a task asks for the orders and variants that changed since
the shop's watermark, and applies them like any other snapshot. One that was not missed changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now, parse_iso
from serializer_app.domain import history, tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items.mirrored import KEYS, MirroredPages, read_pages, to_look_at, write_pages
from serializer_app.domain.items.plan import OrderSnapshot, snapshot_of
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops
from serializer_app.shopify.domains import gid
from serializer_app.shopify.orders import page
from serializer_app.shopify.transport import TransientFailure
from serializer_app.store import outbox
from serializer_app.store.job_kinds import MIRRORS, JobKind
from serializer_app.store.models import Mirror, Shop, Task, Variant
from serializer_app.store.outbox import Job
from serializer_app.sync import expiry, fetch
from serializer_app.sync.owners import OWNER_KINDS
from serializer_app.sync.tasks import LongWork, Slice, in_database
from serializer_app.sync.work import Contain, Verdict, Work, has_failed, one_by_one
from serializer_app.text import JsonDict

log = structlog.get_logger(__name__)

KIND = "reconcile"
RESYNC_KIND = JobKind.RESYNC.value
VARIANT_ORDERS_KIND = JobKind.VARIANT_ORDERS.value
ACTOR = "app:reconcile"
EVERY = 3600.0
OVERLAP = timedelta(minutes=10)
"""Shopify's index of updated_at lags a little: look back a bit further than the watermark."""
COMPARE_PAGE = 25
COMPARE_MOST = 2500
TOUCH_PAGE = 500


class Reconciliation(msgspec.Struct, frozen=True):
    """The spec of the task: a walk over the orders, then the variants, that changed at or after ``since``.

    ``cursor`` is Shopify's and says where ``phase`` goes on. When both are done, ``begun`` is the shop's new watermark.
    """

    begun: datetime
    since: datetime
    phase: Literal["orders", "variants"] = "orders"
    cursor: str = ""


def begin(session: Session, shop_id: int) -> Task:
    """Have the worker ask now what was missed. A walk that is going on begins again."""
    return tasks.begin_anew(session, shop_id, KIND, _from_watermark(session, shop_id), actor=ACTOR)


def _from_watermark(session: Session, shop_id: int) -> Reconciliation:
    shop = shops.by_id(session, shop_id)
    return Reconciliation(now(), (shop.reconciled_until or shop.installed_at) - OVERLAP)


def reconcile(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``reconcile``, once an hour: begin a walk.

    In an earlier version the job itself walked, and its key said how far it was: ``<begun>|<phase>|<cursor>``. Such a
    walk goes on as a task.
    """
    with work.db.write() as session:
        for job in jobs:
            spec = _read_key(job.key, _from_watermark(session, work.shop_id))
            tasks.begin_only(session, work.shop_id, KIND, spec, actor=ACTOR)
    return Verdict(done=[*jobs], again=[(JobKind.RECONCILE, "", EVERY)])


def _read_key(key: str, otherwise: Reconciliation) -> Reconciliation:
    """Read where a walk of an earlier version was; ``otherwise`` where the key says nothing."""
    begun, _, place = key.partition("|")
    phase, _, cursor = place.partition("|")
    try:
        moment = parse_iso(begun)
    except ValueError:
        return otherwise
    return Reconciliation(moment, otherwise.since, "variants" if phase == "variants" else "orders", cursor)


def _page(work: Work, job: Job, seen: Task) -> Slice:
    """One page of orders, or of variants when all orders are done."""
    walk = tasks.spec_of(seen, Reconciliation)
    one_page = _orders_page if walk.phase == "orders" else _variants_page
    following, healed = one_page(work, walk.since, walk.cursor or None, job)
    is_last = not following and walk.phase == "variants"
    if is_last:
        expiry.expire(work.db, work.shop_id)
        work.db.scrub()
    with work.db.write() as session:
        if is_last:
            tasks.lock(session, work.shop_id)  # the shop before the task, as tasks.begin_only does
        task = tasks.resume(session, seen)
        _report(session, work.shop_id, walk.phase, healed)
        if is_last:
            session.execute(update(Shop).where(Shop.id == work.shop_id).values(reconciled_until=walk.begun))
            tasks.drop(session, task)
            if shops.has_scope(shops.by_id(session, work.shop_id), shops.READ_INVENTORY):
                outbox.put(session, work.shop_id, JobKind.SHOPIFY_STOCK, [""])
        else:
            phase: Literal["orders", "variants"] = walk.phase if following else "variants"
            tasks.advance(session, task, spec=replace(walk, phase=phase, cursor=following or ""))
    if is_last:
        return Slice(False)
    return Slice(True, points=900 if following and walk.phase == "orders" else 400)


RECONCILIATION = LongWork(KIND, _page, always_retried=True)


def _report(session: Session, shop_id: int, kind: str, healed: Sequence[int]) -> None:
    """Show people what webhooks had missed, in the shop's history and in the log."""
    if not healed:
        return
    log.warning("reconciled", **{kind: healed})
    entry = [(shop_id, {kind: {"to": [*healed]}})]
    history.record(session, shop_id, "shop", entry, actor=ACTOR, action="healed")


def _orders_page(work: Work, since: datetime, cursor: str | None, walk: Job) -> tuple[str | None, list[int]]:
    """One page of orders updated since: (cursor of the next one, IDs of orders of which something was missed).

    An order that cannot be read or applied becomes a ``fetch-order`` job, so that the watermark can move on.
    """
    found, following = page(work.call, f"updated_at:>='{iso(since)}'", cursor, singly=has_failed(walk))
    healed = []
    for entry in found:
        with work.set_aside(JobKind.FETCH_ORDER, entry.order_id, walk):
            order = entry.read()
            if order is not None and _missed(work, snapshot_of(order)):
                healed.append(entry.order_id)
    return following, healed


def _missed(work: Work, snapshot: OrderSnapshot) -> bool:
    """Apply what Shopify shows; whether it is news."""
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        known = lookups.updated_at(session, shop.id, snapshot.order_id)
        allowed = privacy.without_erased(session, work.vault, shop, snapshot)
        orders.apply(session, shop, allowed, actor=ACTOR)
    return known is None or known < snapshot.updated_at


def _variants_page(
    work: Work, since: datetime, cursor: str | None, walk: Job
) -> tuple[str | None, list[int]]:
    """The same for variants."""
    found = fetch.variants(work, f"updated_at:>='{iso(since)}'", cursor)
    with work.db.read() as session:
        known = catalog.heard_of(session, work.shop_id, found.ids)
    fetch.store_variants(work, found, walk)
    return found.following, [
        fact.variant_id
        for fact in found.facts
        if (heard := known.get(fact.variant_id)) is None or (fact.updated_at and heard < fact.updated_at)
    ]


def compare(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``compare``: digests at Shopify against those of our last writes, the longest unchecked first.

    Who differs is put into the outbox. The job that follows looks up what is there: an edit of what we wrote is
    overwritten, a value of another app is kept and its owner held.
    """
    drifted = 0
    started = now()
    for _ in range(COMPARE_MOST // COMPARE_PAGE):
        with work.db.read() as session:
            rows = session.execute(
                select(Mirror.owner, Mirror.owner_id, Mirror.pages)
                .where(Mirror.shop_id == work.shop_id, Mirror.checked_at < started)
                .order_by(Mirror.checked_at)
                .limit(COMPARE_PAGE)
            ).all()
        if not rows:
            break
        drifted += _compare_page(work, [(row.owner, row.owner_id, read_pages(row.pages)) for row in rows])
        if work.rest(1000) > 5:
            break
    if drifted:
        log.warning("metafields drifted", owners=drifted)
    return Verdict(done=[jobs[0]], again=[(JobKind.COMPARE, "", EVERY)], pause=work.rest())


def _compare_page(work: Work, owners: Sequence[tuple[str, int, MirroredPages]]) -> int:
    most = max(30, *(len(pages) + 5 for _, _, pages in owners))
    ids = [gid(OWNER_KINDS[kind], number) for kind, number, _ in owners]
    nodes = work.call("OwnerDigests", {"ids": ids, "first": min(most, 250)}).get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(owners):
        raise TransientFailure("no_graphql", "Shopify's answer does not name every owner it was asked for.")
    different: dict[tuple[str, int], MirroredPages] = {}
    missing = []
    for node, (kind, number, pages) in zip(nodes, owners, strict=True):
        if node is None:
            missing.append((kind, number))
            continue
        try:
            held = {entry["key"]: entry["compareDigest"] for entry in node["metafields"]["nodes"]}
        except (KeyError, TypeError):
            # One odd answer must not keep the others from being compared; this owner comes round in an hour.
            log.warning("digests not understood", owner=kind, owner_id=number)
            continue
        strange = [key for key in held if KEYS.fullmatch(key) and key not in pages]
        if strange or any(
            (held.get(key) or "") != (page.foreign or page.digest) for key, page in pages.items()
        ):
            different[kind, number] = to_look_at(pages, strange)
    with work.db.write() as session:
        for kind, number, _ in owners:
            values: JsonDict = {"checked_at": now()}
            if (kind, number) in different:
                values["pages"] = write_pages(different[kind, number])
            session.execute(
                update(Mirror)
                .where(Mirror.shop_id == work.shop_id, Mirror.owner == kind, Mirror.owner_id == number)
                .values(values)
            )
        for kind in OWNER_KINDS:
            keys = [number for owner, number in different if owner == kind]
            outbox.put(session, work.shop_id, MIRRORS[kind], keys)
        _missing(session, work.shop_id, missing)
    return len(different)


def _missing(session: Session, shop_id: int, owners: Sequence[tuple[str, int]]) -> None:
    """Owners that Shopify no longer shows, though no webhook told: variants are gone, orders are asked for again."""
    variants = [number for kind, number in owners if kind == "variant"]
    if variants:
        catalog.mark_missing(session, shop_id, variants)
        outbox.put(session, shop_id, JobKind.MIRROR_VARIANT, variants)
    shop = shops.by_id(session, shop_id)
    gone = [
        number
        for kind, number in owners
        if kind == "order" and fetch.is_shown(shop, lookups.ordered_at(session, shop_id, number))
    ]
    outbox.put(session, shop_id, JobKind.FETCH_ORDER, gone)


# --- looking at metafields again ------------------------------------------------------------------------------------


class VariantOrders(msgspec.Struct, frozen=True):
    """The spec of the task; it goes on behind the order at ``position``."""

    variant_id: int


@one_by_one()
def variant_orders(work: Work, job: Job) -> Verdict:
    """Handler of ``variant-orders``: a variant was toggled, so its orders' counts change. The key is the variant's ID.

    A task of the same priority does those that are more than a page. In an earlier version the job itself went on, and
    its key was ``variant:after``.
    """
    variant_id, _, after = job.key.partition(":")
    with work.db.write() as session:
        found = _touch_orders(session, work.shop_id, int(variant_id), int(after or 0))
        if len(found) == TOUCH_PAGE:
            spec, priority = VariantOrders(int(variant_id)), JobKind.VARIANT_ORDERS.priority
            task = tasks.draft(session, work.shop_id, VARIANT_ORDERS_KIND, spec, total=0, actor="app")
            tasks.advance(session, task, position=found[-1])
            tasks.start(session, task, priority=priority)
    return Verdict(done=[job])


def _touch_orders(session: Session, shop_id: int, variant_id: int, after: int) -> list[int]:
    found = list(lookups.with_variant(session, shop_id, variant_id, after=after, most=TOUCH_PAGE))
    outbox.put(session, shop_id, JobKind.MIRROR_ORDER, found)
    return found


def _next_orders_of_variant(session: Session, task: Task, _contain: Contain | None) -> bool:
    spec = tasks.spec_of(task, VariantOrders)
    return _go_on_behind(session, task, _touch_orders(session, task.shop_id, spec.variant_id, task.position))


def _go_on_behind(session: Session, task: Task, found: Sequence[int]) -> bool:
    """Save that a page is done; whether there may be another one."""
    if len(found) < TOUCH_PAGE:
        tasks.drop(session, task)
        return False
    tasks.advance(session, task, position=found[-1])
    return True


VARIANT_ORDERS = in_database(VARIANT_ORDERS_KIND, lambda _work: _next_orders_of_variant)


def begin_resync(session: Session, shop_id: int) -> Task:
    """Have the mirror look at every metafield of a shop and write those that differ, from the beginning."""
    outbox.put(session, shop_id, JobKind.DEFINITIONS, [""])
    query = select(Variant.variant_id).where(Variant.shop_id == shop_id, Variant.configured_at.is_not(None))
    _look_again(session, shop_id, "variant", session.scalars(query).all())
    return tasks.begin_anew(session, shop_id, RESYNC_KIND, {}, actor="app:resync")


def resync(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``resync``. In an earlier version the job itself went through the orders, and its key was the last
    one's ID.
    """
    with work.db.write() as session:
        for job in jobs:
            if not job.key.isdecimal():
                begin_resync(session, work.shop_id)
                continue
            task, is_new = tasks.begin_only(session, work.shop_id, RESYNC_KIND, {}, actor="app:resync")
            if is_new:
                tasks.advance(session, task, position=int(job.key))
    return Verdict(done=[*jobs])


def _resync_next(session: Session, task: Task, _contain: Contain | None) -> bool:
    found = lookups.with_something_trackable(session, task.shop_id, after=task.position, most=TOUCH_PAGE)
    _look_again(session, task.shop_id, "order", found)
    return _go_on_behind(session, task, found)


RESYNC = in_database(RESYNC_KIND, lambda _work: _resync_next)


def look_at_order(session: Session, shop_id: int, order_id: int) -> None:
    """Have one order's metafields looked at and written anew where they differ."""
    _look_again(session, shop_id, "order", [order_id])


def _look_again(session: Session, shop_id: int, kind: str, numbers: Sequence[int]) -> None:
    """Have the mirror look at what Shopify holds before it writes. What we wrote stays known as ours, so that an edit
    of it is told from a value of another app.
    """
    for start in range(0, len(numbers), TOUCH_PAGE):
        whose = (
            Mirror.shop_id == shop_id,
            Mirror.owner == kind,
            Mirror.owner_id.in_(numbers[start : start + TOUCH_PAGE]),
        )
        for number, pages in session.execute(select(Mirror.owner_id, Mirror.pages).where(*whose)).all():
            session.execute(
                update(Mirror)
                .where(*whose, Mirror.owner_id == number)
                .values(pages=write_pages(to_look_at(read_pages(pages))))
            )
    outbox.put(session, shop_id, MIRRORS[kind], numbers)
