"""Figures for Prometheus: what waits and how long, computed from the database at every scrape and so right with any
number of machines, and what the web processes of this machine counted (web.counters).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Result, Select, func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.clock import now
from serializer_app.domain import tasks
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Erasure, ForeignValue, OutboxRow, Shop, ShopFinding, ShopToken, Task
from serializer_app.web.counters import Counters

# Written out: with parameters PostgreSQL does not know what is grouped for what is selected.
_FOUND: ColumnElement[str] = literal_column("CASE WHEN counts = '{}' THEN 'not_found' ELSE 'erased' END")
OVERDUE = (60, 900, 3600)
"""Seconds of mirror lag that shops are counted by. A label for each shop would be a series for each shop."""


def text(db: Database, counted: Counters, *, version: str, api_version: str) -> bytes:
    """All figures in Prometheus' text format; without the database those that need none, and that it is away."""
    build = InfoMetricFamily("serializer_build", "What runs here")
    build.add_metric(
        [], {"version": version, "python": platform.python_version(), "shopify_api": api_version}
    )
    up = GaugeMetricFamily("serializer_database_up", "Whether the database answered this scrape")
    try:
        with db.read() as session:
            stored = list(_stored(session))
    except SQLAlchemyError:
        stored = []
    up.add_metric([], bool(stored))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given([build, up, *counted.metrics(), *stored]))
    return generate_latest(registry)


class _Given(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics

    def describe(self) -> list[Metric]:
        return []


def _stored(session: Session) -> Iterator[Metric]:
    yield from _queue(session)
    yield from _mirror(session)
    yield _findings(session)
    yield _by_label(
        "serializer_customer_erasures",
        "Erasures of customers that Shopify asked for, by what they found; not_found wants a look by a person",
        "result",
        {"erased": 0, "not_found": 0},
        session.execute(
            select(_FOUND, func.count())
            .select_from(Erasure)
            .where(Erasure.kind == "customer")
            .group_by(_FOUND)
        ),
    )
    yield _by_label(
        "serializer_foreign_values",
        "Metafield values of other apps that are held in installed shops, until somebody adopts or discards them",
        "owner",
        {"order": 0, "variant": 0},
        session.execute(
            _count_by(ForeignValue.owner)
            .join(Shop, Shop.id == ForeignValue.shop_id)
            .where(Shop.status == "installed", ForeignValue.state == "held")
        ),
    )
    yield _by_label(
        "serializer_shops",
        "Shops by state",
        "status",
        {"installed": 0, "uninstalled": 0},
        session.execute(_count_by(Shop.status)),
    )
    yield _by_label(
        "serializer_tokens",
        "Admin API tokens of installed shops by state; a lost one waits for the merchant to open the app",
        "state",
        {"active": 0, "lost": 0},
        session.execute(
            _count_by(ShopToken.state)
            .join(Shop, Shop.id == ShopToken.shop_id)
            .where(Shop.status == "installed")
        ),
    )


def _findings(session: Session) -> Metric:
    """What the doctor last found, as numbers of shops; a check that is fine everywhere has no series."""
    family = GaugeMetricFamily(
        "serializer_shop_findings",
        "Installed shops in which the doctor found something, by check",
        labels=["check", "level"],
    )
    rows = session.execute(
        select(ShopFinding.check_name, ShopFinding.level, func.count())
        .join(Shop, Shop.id == ShopFinding.shop_id)
        .where(Shop.status == "installed", ShopFinding.level.in_(("warning", "problem")))
        .group_by(ShopFinding.check_name, ShopFinding.level)
    )
    for check, level, count in rows:
        family.add_metric([check, level], count)
    return family


def _queue(session: Session) -> Iterator[Metric]:
    depth = GaugeMetricFamily("serializer_outbox_rows", "Rows that wait", labels=["kind", "state"])
    age = GaugeMetricFamily(
        "serializer_outbox_age_seconds",
        "How long the oldest row that is due has been waiting",
        labels=["kind"],
    )
    kind_or_task, is_task = tasks.job_names()
    rows = session.execute(
        select(
            kind_or_task,
            func.count().filter(OutboxRow.parked_at.is_(None), OutboxRow.attempts == 0),
            func.count().filter(OutboxRow.parked_at.is_(None), OutboxRow.attempts > 0),
            func.count().filter(OutboxRow.parked_at.is_not(None)),
            func.min(OutboxRow.due_at).filter(OutboxRow.parked_at.is_(None), OutboxRow.due_at <= now()),
        )
        # What an uninstalled shop left is kept for its return and waits for nobody.
        .join(Shop, Shop.id == OutboxRow.shop_id)
        .outerjoin(Task, is_task)
        .where(Shop.status == "installed")
        .group_by(kind_or_task)
    )
    for kind, fresh, failing, parked, oldest in rows:
        for state, count in (("waiting", fresh), ("failing", failing), ("parked", parked)):
            depth.add_metric([kind, state], count)
        age.add_metric([kind], _seconds_since(oldest))
    yield depth
    yield age


def _mirror(session: Session) -> Iterator[Metric]:
    """The mirror's lag: since when the truth of an order or variant is newer than its metafields, parked ones too."""
    oldest = (
        select(func.min(OutboxRow.queued_at))
        .join(Shop, Shop.id == OutboxRow.shop_id)
        .where(Shop.status == "installed", OutboxRow.kind.in_((JobKind.MIRROR_ORDER, JobKind.MIRROR_VARIANT)))
        .group_by(OutboxRow.shop_id)
    )
    lags = [_seconds_since(moment) for moment in session.scalars(oldest)]
    lag = GaugeMetricFamily(
        "serializer_mirror_lag_seconds",
        "Since when the oldest order or variant that waits is newer here than in its metafields",
    )
    lag.add_metric([], max(lags, default=0.0))
    shops = GaugeMetricFamily(
        "serializer_mirror_lagging_shops",
        "Shops whose mirror lags by more than so many seconds",
        labels=["over"],
    )
    for bound in OVERDUE:
        shops.add_metric([str(bound)], sum(lag > bound for lag in lags))
    yield lag
    yield shops


def _seconds_since(moment: datetime | None) -> float:
    return max(0.0, (now() - moment).total_seconds()) if moment else 0.0


def _count_by(column: ColumnElement[str] | InstrumentedAttribute[str]) -> Select[str, int]:
    return select(column, func.count()).group_by(column)


def _by_label(
    name: str, text: str, label: str, known: dict[str, int], rows: Result[str, int]
) -> GaugeMetricFamily:
    """Known values are told as 0 rather than left out: an alert on an absent series never fires."""
    metric = GaugeMetricFamily(name, text, labels=[label])
    for value, count in (known | dict(rows.all())).items():
        metric.add_metric([value], count)
    return metric
