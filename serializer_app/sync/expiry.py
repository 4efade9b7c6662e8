"""What is kept for a while only: answers to requests, logs of deliveries, results of uploads."""

from __future__ import annotations

from sqlalchemy.orm import Session

from serializer_app.domain import deliveries
from serializer_app.domain.registry import idempotency, uploads


def expire(session: Session, shop_id: int) -> None:
    """Forget what is older than promised. For the hourly round of a shop."""
    idempotency.sweep(session)
    deliveries.expire(session, shop_id)
    uploads.expire(session, shop_id)
