"""Items for the orders of the time before the installation, page by page (contract §7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from serializer_app.clock import iso
from serializer_app.domain import backfills, orders, privacy, shops
from serializer_app.domain.backfills import Backfill
from serializer_app.domain.plan import snapshot_of
from serializer_app.errors import AppError
from serializer_app.shopify.orders import page
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Job
from serializer_app.sync.worker import Verdict, Work

ACTOR = "app:backfill"


def backfill(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``backfill``; the key is a ``Backfill``. One page a time, so that nothing else has to wait."""
    for job in jobs:
        walk = Backfill.of_key(job.key)
        query = f"created_at:>='{iso(walk.since)}'" if walk.since else None
        found, following = page(work.call, query, walk.cursor or None)
        made = 0
        with work.db.write() as session:
            shop = shops.by_id(session, work.shop_id)
            for snapshot in map(snapshot_of, found):
                allowed = privacy.without_erased(session, work.vault, shop, snapshot)
                made += len(orders.apply(session, shop, allowed, actor=ACTOR).made)
                made += _generate(session, shop, snapshot.order_id)
            walk = replace(
                walk, orders=walk.orders + len(found), items=walk.items + made, cursor=following or ""
            )
            step = backfills.go_on if following else backfills.finish
            step(session, work.shop_id, job, walk)
    return Verdict(pause=work.rest(900))


def _generate(session: Session, shop: Shop, order_id: int) -> int:
    try:
        return len(orders.generate_missing(session, shop, order_id, actor=ACTOR, only_auto=True).made)
    except AppError as error:
        if error.code != "order_deleted":  # it was deleted after the page was fetched
            raise
        return 0
