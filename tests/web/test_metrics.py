"""What /metrics tells: sums over processes, the mirror's lag, refusals by reason, every name that alerts rest on."""

from __future__ import annotations

import mmap
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from serializer_app import count_together, create_app
from serializer_app.clock import iso, now
from serializer_app.config import Settings
from serializer_app.domain.desk import doctor
from serializer_app.domain.desk.doctor import Finding, Level
from serializer_app.domain.orders import backfills
from serializer_app.store.models import OutboxRow, ShopToken
from serializer_app.web.counters import LAGS, Counters
from serializer_app.web.house import house
from tests.town import Town
from tests.web.test_webhooks import payload, post

TOKEN = "token-of-the-scraper"
ALERTS = Path(__file__).resolve().parents[2] / "ops" / "alerts.yml"

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(app: Any) -> Series:
    """Every sample by name and labels."""
    object.__setattr__(house(app).settings, "metrics_token", TOKEN)
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float | None:
    return series.get((name, frozenset(labels.items())))


def test_refusals_are_told_by_door_and_reason_and_webhooks_by_how_late_they_came(town: Town) -> None:
    client, order = town.app.test_client(), payload(town, 1)
    before = scrape(town.app)
    late = {"X-Shopify-Triggered-At": iso(now() - timedelta(seconds=90))}
    assert post(client, "orders-create", order, headers=late).status_code == 200
    assert post(client, "orders-create", order, secret="wrong", headers=late).status_code == 401
    assert post(client, "orders-create", order, shop="other.myshopify.com").status_code == 404
    assert client.get("/apps/serializer/items?orderId=1").status_code == 401
    assert client.get("/nowhere").status_code == 404
    after = scrape(town.app)

    def more(name: str, **labels: str) -> float:
        return (value(after, name, **labels) or 0) - (value(before, name, **labels) or 0)

    assert more("serializer_refusals_total", door="webhooks", status="401") == 1
    assert more("serializer_refusals_total", door="webhooks", status="404") == 1
    assert more("serializer_refusals_total", door="storefront", status="401") == 1
    assert more("serializer_refusals_total", door="none", status="404") == 1
    assert more("serializer_answer_seconds_count", door="webhooks") == 3
    # Only what was committed has arrived; a refused webhook is still on its way.
    assert more("serializer_webhook_lag_seconds_count") == 1
    assert more("serializer_webhook_lag_seconds_bucket", le="60.0") == 0
    assert more("serializer_webhook_lag_seconds_bucket", le="300.0") == 1
    assert more("serializer_webhook_lag_seconds_sum") >= 90


def test_the_lag_of_the_mirror_is_the_age_of_the_oldest_owner_that_waits(town: Town) -> None:
    assert value(scrape(town.app), "serializer_mirror_lag_seconds") == 0
    town.shop.place_order([(town.track(), 2)])
    with town.db.write() as session:
        session.execute(update(OutboxRow).values(queued_at=now() - timedelta(minutes=20)))
    told = scrape(town.app)
    assert 1200 <= (value(told, "serializer_mirror_lag_seconds") or 0) < 1500
    shops = {
        over: value(told, "serializer_mirror_lagging_shops", over=over) for over in ("60", "900", "3600")
    }
    assert shops == {"60": 1, "900": 1, "3600": 0}
    town.settle()
    assert value(scrape(town.app), "serializer_mirror_lag_seconds") == 0


def test_every_metric_that_an_alert_rests_on_is_told(town: Town) -> None:
    town.shop.place_order([(town.track(), 1)])
    post(town.app.test_client(), "orders-create", {}, secret="wrong")
    with town.db.write() as session:
        problem = Finding("proxy", Level.PROBLEM, "missing")
        doctor.keep(session, town.shop_id, [problem])
    told = {name for name, _ in scrape(town.app)}
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        named = set(re.findall(r"\bserializer_[a-z_]+", rule["expr"]))
        assert named
        assert named <= told, f"{rule['alert']}: {named - told}"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_states_that_nobody_is_in_are_told_as_none(town: Town) -> None:
    with town.db.write() as session:
        backfills.start(session, town.shop_id)
    told = scrape(town.app)
    # A slice of long work counts as its kind.
    assert value(told, "serializer_outbox_rows", kind="backfill", state="waiting") == 1
    assert value(told, "serializer_outbox_rows", kind="task", state="waiting") is None
    assert value(told, "serializer_tokens", state="lost") == 0
    assert value(told, "serializer_shops", status="uninstalled") == 0
    with town.db.write() as session:
        session.execute(update(ShopToken).values(state="lost"))
    assert value(scrape(town.app), "serializer_tokens", state="lost") == 1


@pytest.mark.database("sqlite")
def test_without_its_database_a_process_still_tells_what_it_counted(
    sqlite_url: str, settings: Settings
) -> None:
    gone = replace(settings, database_url=sqlite_url.replace("serializer.sqlite3", "missing/none.sqlite3"))
    app = create_app(gone)
    os.rmdir(Path(gone.database_url.removeprefix("sqlite:///")).parent)
    assert app.test_client().get("/nowhere").status_code == 404
    told = scrape(app)
    assert value(told, "serializer_database_up") == 0
    assert value(told, "serializer_refusals_total", door="none", status="404") == 1
    assert not any(name.startswith("serializer_outbox") for name, _ in told)
    house(app).db.dispose()


@pytest.mark.database("sqlite")
def test_processes_that_share_memory_tell_the_sum_and_the_next_one_goes_on(settings: Settings) -> None:
    """As gunicorn.conf.py arranges it: memory from before the fork, a part for each process."""
    memory = memoryview(mmap.mmap(-1, 2 * 16 * 1024)).cast("Q")
    for part in (0, 1, 0):  # the third process follows the first one, which died
        app = create_app(settings)
        count_together(app, memory, 2, part)
        app.test_client().get("/nowhere")
        told = scrape(app)
        house(app).db.dispose()
    assert value(told, "serializer_refusals_total", door="none", status="404") == 3


def test_any_lag_falls_into_one_bucket() -> None:
    for lag in (-5.0, 0.0, *LAGS, 1e9):
        counted = Counters(["webhooks"])
        counted.webhook_accepted(lag)
        (told,) = [metric for metric in counted.metrics() if metric.name == "serializer_webhook_lag_seconds"]
        counts = {sample.labels["le"]: sample.value for sample in told.samples if "le" in sample.labels}
        assert counts["+Inf"] == 1
        assert [bound for bound in LAGS if counts[str(bound)]] == [bound for bound in LAGS if bound >= lag]


def test_what_the_doctor_found_is_counted_by_check(town: Town) -> None:
    """Problems and warnings of installed shops; what is fine needs no series."""
    with town.db.write() as session:
        found = [Finding("proxy", Level.PROBLEM, "missing"), Finding("token", Level.OK)]
        doctor.keep(session, town.shop_id, found)
    told = scrape(town.app)
    assert value(told, "serializer_shop_findings", check="proxy", level="problem") == 1
    assert not any(dict(labels).get("check") == "token" for _, labels in told)
