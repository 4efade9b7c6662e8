"""The doctor: a sound shop gets a clean bill, and each thing that can be wrong is found and told apart."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, select, update
from werkzeug.serving import make_server

from serializer_app import cli
from serializer_app.clock import now
from serializer_app.devstore.faults import ALWAYS
from serializer_app.domain.desk import doctor
from serializer_app.domain.desk.doctor import Finding, Level
from serializer_app.store.models import HistoryEntry, OutboxRow, ShopToken, WebhookSeen, WorkerSeen
from serializer_app.store.outbox import Taken
from serializer_app.sync.doctor import examine
from serializer_app.sync.work import Work
from serializer_app.translations import LANGUAGES
from serializer_app.web import webhooks
from serializer_app.web.texts import LABELS, Texts
from tests.conftest import API_KEY, API_SECRET, ENCRYPTION_KEY
from tests.town import Town

pytestmark = pytest.mark.database("sqlite", "postgresql")


@pytest.fixture(autouse=True)
def unnoted() -> None:
    """What another test's webhooks left in this process."""
    webhooks._arrivals.clear()


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, town: Town) -> Town:
    """A sound shop with one order, and its settings in the environment. The dev store answers at its public address."""
    for name, value in {
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "SHOPIFY_APP_URL": town.store.origin,
        "SHOPIFY_ADMIN_ORIGIN": town.store.origin,
        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "DATABASE_URL": town.settings.database_url,
    }.items():
        monkeypatch.setenv(name, value)
    town.shop.place_order([(town.track(), 1)])
    town.settle()
    with town.db.write() as session:
        doctor.note_worker(session, "one", now())
    return town


def findings(town: Town) -> dict[str, Finding]:
    work = Work(
        town.settings,
        town.db,
        town.worker.vault,
        town.worker._http,
        town.shop_id,
        town.shop.domain,
        Taken(town.shop_id, "", ()),
    )
    return {finding.check: finding for finding in examine(work)}


def found(town: Town, check: str) -> tuple[str, str]:
    finding = findings(town)[check]
    return finding.level.value, finding.case


def test_a_sound_shop_has_no_problem_and_every_check_was_made(town: Town) -> None:
    checked = findings(town)
    assert {
        "token",
        "webhooks",
        "queue",
        "access",
        "scopes",
        "definitions",
        "lag",
        "proxy",
        "clock",
        "mail",
    } <= set(checked)
    bad = {
        check: finding
        for check, finding in checked.items()
        if finding.level in (Level.WARNING, Level.PROBLEM)
    }
    assert bad == {}
    assert checked["lag"].case == "ok"
    assert "orders/create" in str(checked["webhooks"].facts["topics"])


def _lose_the_token(town: Town) -> None:
    with town.db.write() as session:
        session.execute(update(ShopToken).values(state="lost", problem="Shopify says no."))


def _park_a_job(town: Town) -> None:
    with town.db.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.kind == "compare").values(parked_at=now()))


def _let_a_job_wait(town: Town) -> None:
    with town.db.write() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "compare")).one()
        row.due_at = now() - timedelta(hours=1)


def _miss_an_order(town: Town) -> None:
    missed = town.shop.place_order([(town.track("Radio"), 1)], announce=False)
    cli.main(["reconcile", "--shop", town.shop.domain])
    assert town.items(missed)


def _miss_every_order(town: Town) -> None:
    _miss_an_order(town)
    with town.db.write() as session:
        session.execute(delete(WebhookSeen))


def _hear_nothing(town: Town) -> None:
    with town.db.write() as session:
        session.execute(delete(WebhookSeen))
        session.execute(delete(HistoryEntry).where(HistoryEntry.action == "healed"))


def _grant_too_little(town: Town) -> None:
    town.store.tokens.scopes[town.shop.domain] = ("write_orders",)
    town.store.tokens.expire(town.shop.domain)


def _lose_definitions(town: Town) -> None:
    town.shop.state.metafields.definitions.clear()


def _define_otherwise(town: Town) -> None:
    _lose_definitions(town)
    entry = {
        "namespace": "serializer",
        "key": "serials",
        "ownerType": "ORDER",
        "type": "json",
        "name": "Mine",
    }
    town.shop.state.metafields.define(entry)


def _write_nothing(town: Town) -> None:
    orders = list(town.shop.state.orders.values())
    town.shop.state.metafields.delete(
        [{"ownerId": order.gid, "namespace": "serializer", "key": "properties"} for order in orders]
    )


Breaker = Callable[[Town], None]
BROKEN: dict[str, tuple[Breaker, str, str, str]] = {
    "token": (_lose_the_token, "token", "problem", "lost"),
    "parked": (_park_a_job, "queue", "problem", "parked"),
    "late": (_let_a_job_wait, "queue", "problem", "late"),
    "missed": (_miss_an_order, "webhooks", "warning", "missed"),
    "none arrive": (_miss_every_order, "webhooks", "problem", "none_arrive"),
    "nothing heard": (_hear_nothing, "webhooks", "note", "not_yet"),
    "address refused": (lambda town: town.store.faults.refuse(403, ALWAYS), "access", "problem", "address"),
    "frozen": (lambda town: town.store.faults.refuse(402, ALWAYS), "access", "problem", "closed"),
    "down": (lambda town: town.store.faults.error(ALWAYS), "access", "problem", "unreachable"),
    "scopes": (_grant_too_little, "scopes", "problem", "missing"),
    "no definitions": (_lose_definitions, "definitions", "warning", "missing"),
    "other definitions": (_define_otherwise, "definitions", "problem", "other_type"),
    "no metafields": (_write_nothing, "lag", "problem", "no_metafields"),
    "question refused": (
        lambda town: town.store.faults.error(ALWAYS, operation="OrderTimes"),
        "lag",
        "warning",
        "unanswered",
    ),
    "password": (lambda town: town.store.faults.break_storefront("password"), "proxy", "warning", "password"),
    "no proxy": (lambda town: town.store.faults.break_storefront("missing"), "proxy", "problem", "not_found"),
    "wrong secret": (
        lambda town: setattr(town.store.proxy, "secret", "another"),
        "proxy",
        "problem",
        "signature",
    ),
    "clock": (lambda town: town.store.faults.set_clock_ahead(200), "clock", "problem", "off"),
    "clock a little": (lambda town: town.store.faults.set_clock_ahead(45), "clock", "warning", "off"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_told_apart(town: Town, name: str) -> None:
    """Every fault leads to its own finding, with words for it and what to do, in each language."""
    breaks, check, level, case = BROKEN[name]
    breaks(town)
    assert found(town, check) == (level, case)
    for language in LANGUAGES:
        message, remedy = Texts(language).finding(findings(town)[check])
        assert message
        assert remedy


def test_a_proxy_without_an_app_behind_it_is_told(town: Town) -> None:
    town.store.app, town.store.app_url = None, "http://127.0.0.1:9"
    assert found(town, "proxy") == ("problem", "app_away")


def test_the_worker_stores_findings_and_the_desk_shows_them(town: Town) -> None:
    town.store.faults.break_storefront("missing")
    assert town.shop.open_app("/").status == 200
    with town.db.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.kind == "doctor").values(due_at=now()))
    while town.worker.step():
        pass
    page = town.shop.open_app("/").text
    assert "shopify app deploy" in page
    assert "1 problem" in page
    with town.db.read() as session:
        again = session.scalars(select(OutboxRow).where(OutboxRow.kind == "doctor")).one()
        stored = doctor.stored(session, town.shop_id)
    assert again.due_at > now() + timedelta(hours=5)
    assert stored.findings[0].check == "proxy"
    assert stored.found_at is not None


@pytest.fixture
def served(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The town, with the app behind a real port as its public address."""
    server = make_server("127.0.0.1", 0, town.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("SHOPIFY_APP_URL", f"http://127.0.0.1:{server.server_port}")
    yield town
    server.shutdown()
    server.server_close()
    thread.join()


def test_two_runs_of_the_command_on_a_sound_and_a_broken_shop(
    served: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town = served
    words = ["doctor", "--shop", town.shop.domain, "--json"]
    assert cli.main(words) == 0
    sound = json.loads(capsys.readouterr().out)
    assert {row["subject"] for row in sound} == {"deployment", town.shop.domain}
    assert {"settings", "database", "migrations", "keys", "worker", "address"} <= {
        row["check"] for row in sound
    }
    town.store.faults.refuse(403, ALWAYS)
    assert cli.main(words) == 1
    broken = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert broken["access"]["case"] == "address"
    assert "IP allowlist" in broken["access"]["whatToDo"]
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr()
    assert "→ Add the server's outgoing addresses" in printed.out
    assert "1 problem" in printed.err


def _row(capsys: pytest.CaptureFixture[str], check: str) -> dict[str, Any]:
    cli.main(["doctor", "--json"])
    (row,) = [row for row in json.loads(capsys.readouterr().out) if row["check"] == check]
    return dict(row)


def test_a_deployment_without_settings_worker_or_the_right_keys_is_told(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with town.db.write() as session:
        session.execute(update(WorkerSeen).values(seen_at=now() - timedelta(minutes=10)))
    assert _row(capsys, "worker")["case"] == "silent"
    with town.db.write() as session:
        session.execute(delete(WorkerSeen))
    assert _row(capsys, "worker")["case"] == "never"
    other = Fernet.generate_key().decode()
    monkeypatch.setenv("SERIALIZER_ENCRYPTION_KEYS", f"{other},{ENCRYPTION_KEY}")
    assert _row(capsys, "keys")["case"] == "old"
    monkeypatch.setenv("SERIALIZER_ENCRYPTION_KEYS", other)
    assert _row(capsys, "keys")["case"] == "missing"
    monkeypatch.setenv("SHOPIFY_APP_URL", "http://127.0.0.1:9")
    assert _row(capsys, "address")["case"] == "unreachable"
    monkeypatch.setenv("SHOPIFY_APP_URL", "nowhere")
    monkeypatch.delenv("SHOPIFY_API_KEY")
    invalid = _row(capsys, "settings")
    assert "SHOPIFY_API_KEY" in invalid["message"]
    assert "SHOPIFY_APP_URL" in invalid["message"]


def test_a_database_that_is_missing_old_or_open_to_others_is_told(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    assert _row(capsys, "database")["case"] == "unreachable"
    assert not (tmp_path / "none.sqlite3").exists()
    (tmp_path / "none.sqlite3").touch(0o644)
    os.chmod(tmp_path / "none.sqlite3", 0o644)
    assert _row(capsys, "migrations")["case"] == "pending"
    assert _row(capsys, "database")["case"] == "readable"


def test_a_worker_reports_that_it_is_alive(town: Town) -> None:
    with town.db.write() as session:
        session.execute(delete(WorkerSeen))
    town.worker._report_alive()
    town.worker._report_alive()
    with town.db.read() as session:
        assert doctor.worker(session) == Finding("worker", Level.OK, facts={"workers": 1})


def test_webhooks_are_noted_rarely(town: Town) -> None:
    with town.db.read() as session:
        before = {row.topic: row.seen_at for row in session.scalars(select(WebhookSeen))}
    town.shop.place_order([(town.track("Clock"), 1)])
    with town.db.read() as session:
        after = {row.topic: row.seen_at for row in session.scalars(select(WebhookSeen))}
    assert after["orders/create"] == before["orders/create"]


def test_every_finding_has_its_words() -> None:
    """A finding without a text would fail the page that shows it."""
    cases = {(check, case) for _, check, _, case in BROKEN.values()}
    for check, case in cases:
        assert f"doctor.{check}.{case}" in LABELS
        assert f"doctor.{check}.{case}.do" in LABELS
    named = {key.split(".")[1] for key in LABELS if key.startswith("doctor.")}
    assert {check for check, _ in cases} <= named
