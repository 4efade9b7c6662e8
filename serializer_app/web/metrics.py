"""Figures for Prometheus, computed from the database at every scrape: right with any number of processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.store.db import Database
from serializer_app.store.models import OutboxRow, Shop, ShopToken


def text(db: Database) -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry()
    with db.read() as session:
        registry.register(_Figures(session))
        return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, session: Session) -> None:
        self.session = session

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield _by_label(
            "serializer_shops",
            "Shops by state",
            "status",
            self.session.execute(_count_by(Shop.status)).all(),
        )
        yield _by_label(
            "serializer_tokens",
            "Admin API tokens by state; a lost one waits for the merchant to open the app",
            "state",
            self.session.execute(_count_by(ShopToken.state)).all(),
        )

    def _queue(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("serializer_outbox_rows", "Rows that wait", labels=["kind", "state"])
        age = GaugeMetricFamily(
            "serializer_outbox_age_seconds", "Age of the oldest waiting row", labels=["kind"]
        )
        rows = self.session.execute(
            select(
                OutboxRow.kind,
                func.count().filter(OutboxRow.parked_at.is_(None), OutboxRow.attempts == 0),
                func.count().filter(OutboxRow.parked_at.is_(None), OutboxRow.attempts > 0),
                func.count().filter(OutboxRow.parked_at.is_not(None)),
                func.min(OutboxRow.queued_at).filter(
                    OutboxRow.parked_at.is_(None), OutboxRow.due_at <= now()
                ),
            ).group_by(OutboxRow.kind)
        )
        for kind, fresh, failing, parked, oldest in rows:
            for state, count in (("waiting", fresh), ("failing", failing), ("parked", parked)):
                depth.add_metric([kind, state], count)
            since: datetime | None = (
                oldest  # nothing due makes it NULL, which the type of the column does not say
            )
            age.add_metric([kind], (now() - since).total_seconds() if since else 0)
        yield depth
        yield age


def _count_by(column: Any) -> Any:
    return select(column, func.count()).group_by(column)


def _by_label(name: str, text: str, label: str, rows: Iterable[Any]) -> GaugeMetricFamily:
    metric = GaugeMetricFamily(name, text, labels=[label])
    for value, count in rows:
        metric.add_metric([value], count)
    return metric
