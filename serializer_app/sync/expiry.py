"""What is kept for a while only: answers to requests, logs, results of uploads, drawn codes, counts of scans."""

from __future__ import annotations

from sqlalchemy.orm import Session

from serializer_app.domain import deliveries, scans, tasks
from serializer_app.domain.registry import code_bundles, confirmations, idempotency, uploads


def expire(session: Session, shop_id: int) -> None:
    """Forget what is older than promised. For the hourly round of a shop."""
    idempotency.sweep(session)
    confirmations.sweep(session)
    scans.sweep(session)
    deliveries.expire(session, shop_id)
    uploads.expire(session, shop_id)
    code_bundles.forget(session, shop_id)
    tasks.forget(session, shop_id)
