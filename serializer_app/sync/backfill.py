"""Items for the orders of the time before the installation, page by page (contract §7.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from serializer_app.clock import iso
from serializer_app.domain import tasks
from serializer_app.domain.items.plan import snapshot_of
from serializer_app.domain.orders import backfills, orders
from serializer_app.domain.orders.backfills import Backfill
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.shopify.orders import FetchedOrder, fetch, page
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop, Task
from serializer_app.store.outbox import Job
from serializer_app.sync.look_up import find_foreign
from serializer_app.sync.tasks import LongWork, Slice
from serializer_app.sync.work import Verdict, Work, contained, has_failed, one_by_one

ACTOR = "app:backfill"


def _page(work: Work, job: Job, seen: Task) -> Slice:
    """One page of orders. One that fails is rolled back to its savepoint and becomes a ``backfill-order`` job."""
    walk = tasks.spec_of(seen, Backfill)
    query = f"created_at:>='{iso(walk.since)}'" if walk.since else None
    found, following = page(work.call, query, walk.cursor or None, singly=has_failed(job))
    read = []
    for entry in found:
        with work.set_aside(JobKind.BACKFILL_ORDER, entry.order_id, job):
            read.append(entry.read())
    orders_read = [order for order in read if order is not None]
    unclear = find_foreign(work, [order.order_id for order in orders_read])
    made = skipped = 0
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        shop = shops.by_id(session, work.shop_id)
        for order in orders_read:
            try:
                with (
                    contained(kind=JobKind.BACKFILL_ORDER, job_key=str(order.order_id)),
                    session.begin_nested(),
                ):
                    if order.order_id in unclear:
                        raise unclear[order.order_id]
                    new = _fill(session, work.vault, shop, order)
                    made += new or 0
                    skipped += new is None
            except AppError as error:
                outbox.put_failed(session, shop.id, JobKind.BACKFILL_ORDER, order.order_id, error.message)
        tally = {"orders": len(found), "items": made, "skipped": skipped}
        backfills.advance(session, task, following, tally)
    return Slice(bool(following), points=900)


BACKFILL = LongWork(backfills.KIND, _page)


def go_on(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``backfill``, a job of earlier versions: it becomes a task and goes on where it was."""
    with work.db.write() as session:
        for job in jobs:
            backfills.go_on_with_job(session, work.shop_id, job.key)
        outbox.done(session, jobs)
    return Verdict()


@one_by_one(points=500)
def backfill_order(work: Work, job: Job) -> Verdict:
    """Handler of ``backfill-order``: one order that failed in its page."""
    order = fetch(work.call, int(job.key))
    if order is not None:
        if error := find_foreign(work, [order.order_id]).get(order.order_id):
            raise error
        with work.db.write() as session:
            _fill(session, work.vault, shops.by_id(session, work.shop_id), order)
    return Verdict(done=[job], pause=work.rest())


def _fill(session: Session, vault: Vault, shop: Shop, order: FetchedOrder) -> int | None:
    """Apply an order and make what it lacks; returns the number of items made, None where it holds data of another app
    and is left out.
    """
    allowed = privacy.without_erased(session, vault, shop, snapshot_of(order))
    made = len(orders.apply(session, shop, allowed, actor=ACTOR).made)
    generated = _generate(session, shop, order.order_id)
    return None if generated is None else made + generated


def _generate(session: Session, shop: Shop, order_id: int) -> int | None:
    """How many items were made; None for an order that holds data of another app, which is left out."""
    try:
        return len(orders.generate_missing(session, shop, order_id, actor=ACTOR, only_auto=True).made)
    except AppError as error:
        if error.code == "foreign_values":
            return None
        if error.code != "order_deleted":  # it was deleted after the page was fetched
            raise
        return 0
