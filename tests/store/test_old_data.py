"""Migrations on databases that hold what older versions did wrong: it is put right and told, and nothing is lost.

The data is written by SQL into the schema of its time, because today's code can no longer make it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from serializer_app.clock import iso, now, parse_iso
from serializer_app.config import Settings
from serializer_app.domain import tasks
from serializer_app.domain.desk import label_bundles, spreadsheets
from serializer_app.domain.desk.label_bundles import BundleRequest
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.domain.orders import backfills
from serializer_app.domain.registry import uploads
from serializer_app.domain.takeover import moves
from serializer_app.store import migrate, schema
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Task
from serializer_app.sync import reconcile
from serializer_app.sync.jobs import HANDLERS
from serializer_app.sync.worker import Worker
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY

SHOP, OTHER_SHOP = 1, 2
SOLD, REGISTERED, TAKEN_OFF, SOLD_AGAIN = (f"2026-0{month}-01T10:00:00.000Z" for month in (1, 2, 3, 4))


class Old:
    """A database at an older revision, filled by SQL. Times are texts, which both databases take."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)

    def add(self, table: str, **values: Any) -> None:
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        with self.database.write() as session:
            session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), values)

    def all(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def shop(self, shop_id: int) -> None:
        domain = f"shop-{shop_id}.myshopify.com"
        self.add("shops", id=shop_id, domain=domain, status="installed", installed_at=SOLD)

    def serial(self, key: int, number: str, *, item_key: int | None = None, shop_id: int = SHOP) -> None:
        self.add(
            "serials",
            id=key,
            shop_id=shop_id,
            serial_number=number,
            serial_key=number.lower(),
            variant_id=11,
            token=f"token-{key}",
            source="imported",
            item_key=item_key,
            created_by="staff:1",
            created_at=SOLD,
        )

    def item(
        self,
        key: int,
        customer_id: int | None,
        number: str | None = None,
        *,
        registered: bool = False,
        removed: bool = False,
        shop_id: int = SHOP,
    ) -> None:
        self.add(
            "items",
            id=key,
            shop_id=shop_id,
            order_id=100 + key,
            line_item_id=200 + key,
            variant_id=11,
            customer_id=customer_id,
            item_id=item_id(key),
            serial_number=number,
            serial_key=number.lower() if number else None,
            custom_fields="[]",
            auto_generated=True,
            registered=registered,
            created_by="app",
            created_at=SOLD,
            updated_at=SOLD,
            removed_at=TAKEN_OFF if removed else None,
        )

    def registration(
        self, key: int, serial_id: int, item_key: int | None, holder: int | None, *, shop_id: int = SHOP
    ) -> None:
        self.add("customers", id=key, shop_id=shop_id, data="sealed", customer_id=holder)
        self.add(
            "registrations",
            id=key,
            shop_id=shop_id,
            public_id=f"R-{key}",
            serial_id=serial_id,
            item_key=item_key,
            customer_key=key,
            status="approved",
            registered_at=REGISTERED,
            updated_at=REGISTERED,
        )

    def entered(self, serial_id: int, key: int, at: str, *, shop_id: int = SHOP) -> None:
        changes = f'{{"itemId": {{"from": null, "to": "{item_id(key)}"}}}}'
        self._happened(shop_id, serial_id, "entered", at, changes)

    def taken_off(self, serial_id: int, key: int, *, shop_id: int = SHOP) -> None:
        changes = f'{{"itemId": {{"from": "{item_id(key)}", "to": null}}}}'
        self._happened(shop_id, serial_id, "taken-off", TAKEN_OFF, changes)

    def _happened(self, shop_id: int, serial_id: int, action: str, at: str, changes: str) -> None:
        self.add(
            "history",
            shop_id=shop_id,
            subject="serial",
            subject_id=serial_id,
            at=at,
            actor="staff:1",
            action=action,
            changes=changes,
        )

    def sale_of(self, registration: int) -> int | None:
        ((item_key,),) = self.all("SELECT item_key FROM registrations WHERE id = :key", key=registration)
        return item_key  # type: ignore[no-any-return]

    def registered_items(self) -> set[int]:
        return {key for key, registered in self.all("SELECT id, registered FROM items") if registered}

    def told(self, subject: str, key: int) -> list[tuple[str, str]]:
        """(action, changes) of what the migration wrote into history."""
        statement = (
            "SELECT action, changes FROM history WHERE subject = :subject AND subject_id = :key AND actor = 'app' "
            "ORDER BY id"
        )
        return [(action, changes) for action, changes in self.all(statement, subject=subject, key=key)]

    def job(self, kind: str, key: str, *, shop_id: int = SHOP, priority: int = 5) -> None:
        self.add(
            "outbox",
            shop_id=shop_id,
            kind=kind,
            key=key,
            priority=priority,
            due_at=SOLD,
            queued_at=SOLD,
        )

    def lane(self, shop_id: int) -> None:
        self.add("lanes", shop_id=shop_id, leased_until=SOLD, paused_until=SOLD, served_at=SOLD)

    def task(self, key: int, kind: str, spec: str, **values: Any) -> str:
        """A task that runs; returns its public ID."""
        public_id = make_item_ids(1)[0]
        given = {"total": 9, "done": 4, "position": 3, "tally": '{"items": 4}', **values}
        times = {"created_at": SOLD, "started_at": SOLD}
        self.add(
            "tasks",
            id=key,
            shop_id=SHOP,
            public_id=public_id,
            kind=kind,
            spec=spec,
            created_by="staff:1",
            **times,
            **given,
        )
        return public_id

    def upgrade(self) -> None:
        self.database.dispose()
        migrate.upgrade(self.url)
        self.database = Database(self.url)
        with self.database.connect() as connection:
            assert schema.is_current(connection)


def item_id(key: int) -> str:
    return f"AAAA-AAAA-AAAA-{key:04}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/old.sqlite3"
        return
    postgres_url: str = request.getfixturevalue("postgres_url")
    server, name = Database(postgres_url), f"old_data_{worker_id}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield postgres_url.rsplit("/", 1)[0] + f"/{name}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


@pytest.fixture
def before_units(empty_url: str) -> Iterator[Old]:
    """The schema at 0007, when a registration still followed its serial number onto another sale."""
    migrate.upgrade(empty_url, "0007")
    old = Old(empty_url)
    old.shop(SHOP)
    old.shop(OTHER_SHOP)
    yield old
    old.database.dispose()


def test_a_registration_that_moved_to_a_strangers_order_goes_back_to_its_sale(before_units: Old) -> None:
    old = before_units
    for shop_id, start in ((SHOP, 0), (OTHER_SHOP, 10)):
        first, second, serial, claim = start + 1, start + 2, start + 1, start + 1
        old.item(first, 501, removed=True, shop_id=shop_id)
        old.item(second, 502, "W1", registered=True, shop_id=shop_id)
        old.serial(serial, "W1", item_key=second, shop_id=shop_id)
        old.registration(claim, serial, second, 501, shop_id=shop_id)
        old.entered(serial, first, SOLD, shop_id=shop_id)
        old.taken_off(serial, first, shop_id=shop_id)
        old.entered(serial, second, SOLD_AGAIN, shop_id=shop_id)
    old.upgrade()
    assert (old.sale_of(1), old.sale_of(11)) == (1, 11)
    assert old.registered_items() == {1, 11}
    assert old.all("SELECT id, unit_id FROM items WHERE unit_id IS NOT NULL ORDER BY id") == [
        (2, 1),
        (12, 11),
    ]
    ((action, changes),) = old.told("registration", 1)
    assert action == "returned-to-sale"
    assert item_id(2) in changes
    assert item_id(1) in changes


def test_a_registration_without_a_sale_leaves_a_strangers_order_and_stays_with_its_own(
    before_units: Old,
) -> None:
    old = before_units
    # Registered before any sale; sold later to another customer (1), to the same one (2), to an unknown one (3).
    for key, (buyer, holder) in enumerate(((502, 501), (503, 503), (None, 504)), start=1):
        old.item(key, buyer, f"W{key}", registered=True)
        old.serial(key, f"W{key}", item_key=key)
        old.registration(key, key, key, holder)
        old.entered(key, key, SOLD_AGAIN)
    old.upgrade()
    assert [old.sale_of(key) for key in (1, 2, 3)] == [None, 2, 3]
    assert old.registered_items() == {2, 3}
    assert [action for action, _ in old.told("registration", 1)] == ["returned-to-sale"]
    assert old.told("registration", 2) == old.told("registration", 3) == []


def test_a_registration_stays_where_it_is_while_its_old_sale_has_another_one(before_units: Old) -> None:
    old = before_units
    old.item(1, 501, registered=True)
    old.item(2, 502, "W1", registered=True)
    old.serial(1, "W1", item_key=2)
    old.serial(2, "W2")
    old.registration(1, 1, 2, 501)
    old.registration(2, 2, 1, 501)
    old.entered(1, 1, SOLD)
    old.entered(1, 2, SOLD_AGAIN)
    old.upgrade()
    assert (old.sale_of(1), old.sale_of(2)) == (2, 1)
    assert old.registered_items() == {1, 2}


def test_an_item_keeps_its_newest_unit_and_numbers_on_several_items_are_reported(before_units: Old) -> None:
    old = before_units
    old.item(1, 501, "W2")
    old.serial(1, "W1", item_key=1)
    old.serial(2, "W2", item_key=1)
    for key in (3, 4):
        old.item(key, 503, "W3")
    old.serial(3, "W3")
    old.upgrade()
    assert old.all("SELECT id, item_key FROM serials ORDER BY id") == [(1, None), (2, 1), (3, None)]
    assert old.all("SELECT unit_id FROM items ORDER BY id") == [(2,), (None,), (None,)]
    assert [action for action, _ in old.told("serial", 1)] == ["taken-off"]
    assert old.told("serial", 2) == []
    assert old.told("serial", 3) == [("on-several-items", '{"items": {"to": 2}}')]


def test_alerts_that_one_visitor_could_raise_are_settled_and_the_others_stay(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0011")
    old = Old(empty_url)
    old.shop(SHOP)
    alert = {"shop_id": SHOP, "subject": "item", "count": 105, "places": 1, "raised_at": SOLD}
    old.add("clone_alerts", id=1, subject_id=1, reason="often", **alert)
    old.add("clone_alerts", id=2, subject_id=2, reason="places", **alert)
    settled = {"settled_at": TAKEN_OFF, "settled_by": "staff:7"}
    old.add("clone_alerts", id=3, subject_id=3, reason="often", **alert, **settled)
    old.add("transfers", shop_id=SHOP, registration_id=1, code_index="x", expires_at=SOLD_AGAIN)
    kept = old.all("SELECT settled_at, settled_by FROM clone_alerts WHERE id = 3")
    old.upgrade()
    assert old.all("SELECT id, settled_by FROM clone_alerts ORDER BY id") == [
        (1, "app"),
        (2, None),
        (3, "staff:7"),
    ]
    assert old.all("SELECT settled_at, settled_by FROM clone_alerts WHERE id = 3") == kept
    assert old.all("SELECT id FROM clone_alerts WHERE settled_at IS NULL") == [(2,)]
    assert old.all("SELECT registration_id, nonce FROM transfers") == [(1, None)]
    old.database.dispose()


def test_active_serials_become_sold_or_in_stock(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0017")
    old = Old(empty_url)
    for shop_id in (SHOP, OTHER_SHOP):
        old.shop(shop_id)
    old.item(1, 501, "W1")
    old.item(2, 501, "W2", removed=True)
    old.item(3, 501, "W3")  # entered before the registry knew the number, so nothing ties the two
    for key, (number, item_key) in enumerate(
        (("W1", 1), ("W2", 2), ("W3", None), ("W4", None), ("W5", None)), 1
    ):
        old.serial(key, number, item_key=item_key)
    old.serial(6, "W3", shop_id=OTHER_SHOP)
    old.registration(1, 4, None, 501)
    old.add("serials", **_replaced(7))
    old.upgrade()
    assert old.all("SELECT id, state FROM serials ORDER BY id") == [
        (1, "sold"),
        (2, "in_stock"),
        (3, "sold"),
        (4, "sold"),
        (5, "in_stock"),
        (6, "in_stock"),
        (7, "replaced"),
    ]
    assert old.all("SELECT on_return, warranty_on_resale FROM shops") == [("end", "restart")] * 2
    with pytest.raises(IntegrityError):
        old.add("serials", **{**_replaced(8), "state": "active"})
    with pytest.raises(IntegrityError):
        old.add("serials", **{**_replaced(9), "source": "unknown"})
    assert old.all("SELECT count(*) FROM serials") == [(7,)]
    old.database.dispose()


# --- long work that was running ---------------------------------------------------------------------------------------

BEGUN = "2026-11-02T03:04:05.678Z"
BACKFILLS = {
    "|0|0/0|": (None, "", (0, 0, 0)),
    f"{BEGUN}|250|31/2|eyJ|strange|cursor": (BEGUN, "eyJ|strange|cursor", (250, 31, 2)),
    "|12|7|of a version before 0013": (None, "of a version before 0013", (12, 7, 0)),
    # What nobody can read begins again, which is harmless.
    "4711": (None, "", (0, 0, 0)),
    "|many|0/0|x": (None, "", (0, 0, 0)),
    "yesterday|1|1/0|x": (None, "", (0, 0, 0)),
}
WALKS = {
    f"{BEGUN}|orders|eyJ|x": (BEGUN, "orders", "eyJ|x"),
    f"{BEGUN}|variants|": (BEGUN, "variants", ""),
    "": (None, "orders", ""),
    "4711": (None, "orders", ""),
    "nonsense|variants|eyJ": (None, "orders", ""),
}
HANDED_OVER = (
    JobKind.BACKFILL,
    JobKind.CODES,
    JobKind.GATE_WALK,
    JobKind.INDEX_FIELDS,
    JobKind.INDEX_PEOPLE,
    JobKind.RECONCILE,
    JobKind.RESYNC,
    JobKind.SERIAL_IMPORT,
    JobKind.SYNC_CATALOG,
    JobKind.TAKEOVER,
)


def carry_over(old: Old) -> None:
    """Upgrade, and let a worker of today have the jobs of then; what they become is not done yet."""
    old.upgrade()
    hand_over(old)


def hand_over(old: Old) -> None:
    settings = Settings.from_env(
        {
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_APP_URL": APP_URL,
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "DATABASE_URL": old.url,
        }
    )
    handlers = {kind: HANDLERS[kind] for kind in HANDED_OVER}
    worker = Worker(settings, old.database, Vault(settings.encryption_keys), handlers)
    while worker.step():
        pass


@pytest.fixture
def walking(empty_url: str) -> Iterator[Old]:
    """The schema at 0020, when long work kept its progress in the keys of jobs."""
    migrate.upgrade(empty_url, "0020")
    old = Old(empty_url)
    yield old
    old.database.dispose()


def test_a_backfill_goes_on_where_the_key_of_its_job_says(walking: Old) -> None:
    for shop_id, key in enumerate(BACKFILLS, 1):
        walking.shop(shop_id)
        walking.lane(shop_id)
        walking.job("backfill", key, shop_id=shop_id)
    carry_over(walking)
    for shop_id, (since, cursor, counts) in enumerate(BACKFILLS.values(), 1):
        with walking.database.read() as session:
            task = tasks.running(session, shop_id, backfills.KIND)
            assert task is not None
            spec = tasks.spec_of(task, backfills.Backfill)
            stands = backfills.progress(session, shop_id)
        assert (spec.since and iso(spec.since), spec.cursor) == (since, cursor)
        assert stands == backfills.BackfillProgress(True, counts[0], counts[1], skipped=counts[2])
    waiting = walking.all("SELECT shop_id, kind FROM outbox ORDER BY shop_id")
    assert waiting == [(shop_id, "task") for shop_id in range(1, len(BACKFILLS) + 1)]


def test_a_reconciliation_goes_on_where_the_key_of_its_job_says(walking: Old) -> None:
    for shop_id, key in enumerate(WALKS, 1):
        walking.shop(shop_id)
        walking.lane(shop_id)
        walking.job("reconcile", key, shop_id=shop_id)
    carry_over(walking)
    for shop_id, (begun, phase, cursor) in enumerate(WALKS.values(), 1):
        with walking.database.read() as session:
            task = tasks.running(session, shop_id, reconcile.KIND)
            assert task is not None
            walk = tasks.spec_of(task, reconcile.Reconciliation)
        assert (walk.phase, walk.cursor) == (phase, cursor)
        assert (iso(walk.begun) == begun) if begun else (walk.begun > parse_iso(BEGUN))
        assert walk.since == parse_iso(SOLD) - reconcile.OVERLAP
    jobs = walking.all("SELECT kind, key FROM outbox WHERE kind <> 'task'")
    assert jobs == [("reconcile", "")] * len(WALKS), "and it comes round in an hour"
    assert walking.all("SELECT count(*) FROM outbox WHERE kind = 'task'") == [(len(WALKS),)]


def test_other_walks_go_on_where_the_keys_of_their_jobs_say(walking: Old) -> None:
    walking.shop(SHOP)
    walking.lane(SHOP)
    scopes = "read_merchant_managed_fulfillment_orders,write_merchant_managed_fulfillment_orders"
    with walking.database.write() as session:
        statement = text("UPDATE shops SET country = 'DE', gate_since = :since, scopes = :scopes")
        session.execute(statement, {"since": SOLD, "scopes": scopes})
    for kind, key in (
        ("gate-walk", f"{BEGUN}|eyJ|strange"),
        ("index-fields", "7000"),
        ("index-people", "ended-5"),
        ("resync", "500"),
        ("sync-catalog", "eyJ|strange"),
    ):
        walking.job(kind, key)
    carry_over(walking)
    assert walking.all("SELECT kind, position, spec FROM tasks ORDER BY kind") == [
        ("gate-walk", 0, f'{{"begun":"{BEGUN[:-1]}000Z","cursor":"eyJ|strange"}}'),
        ("index-fields", 7000, "{}"),
        ("index-people", 5, '{"phase":"ended"}'),
        ("resync", 500, "{}"),
        ("sync-catalog", 0, '{"cursor":"eyJ|strange"}'),
    ]
    jobs = walking.all("SELECT kind, key FROM outbox WHERE kind <> 'task' ORDER BY kind")
    assert jobs == [("gate-walk", ""), ("subscribe", "")], "the hourly one comes round again"
    assert walking.all("SELECT count(*) FROM outbox WHERE kind = 'task'") == [(5,)]


def test_tasks_that_had_a_kind_of_job_of_their_own_go_on(walking: Old) -> None:
    walking.shop(SHOP)
    walking.lane(SHOP)
    look = f'{{"phase": "orders", "cursor": "eyJ", "samples": [], "problems": [], "since": "{BEGUN}"}}'
    bundle = (
        '{"order_id": null, "customer_id": 7, "variant_id": null, "upload": null, "form": "png", "gs1": true}'
    )
    sheet = '{"head": ["serial"], "parts": 5}'
    for job, public_id in (
        ("takeover", walking.task(1, "takeover-look", look)),
        ("codes", walking.task(2, "codes", bundle)),
        ("task", walking.task(3, "serials", sheet)),
    ):
        walking.job(job, public_id)
    before = walking.all("SELECT kind, spec, position, done, tally FROM tasks ORDER BY id")
    carry_over(walking)
    assert walking.all("SELECT kind, spec, position, done, tally FROM tasks ORDER BY id") == before
    names = walking.all(
        "SELECT outbox.kind, tasks.id FROM outbox JOIN tasks ON tasks.public_id = outbox.key ORDER BY tasks.id"
    )
    assert names == [("task", 1), ("task", 2), ("task", 3)]
    with walking.database.read() as session:
        found = {task.kind: task for task in session.scalars(select(Task))}
        assert tasks.spec_of(found["takeover-look"], moves.MoveSpec).since == parse_iso(BEGUN)
        assert label_bundles.wanted_of(found["codes"]) == BundleRequest(customer_id=7, form="png", gs1=True)
        assert tasks.spec_of(found["serials"], spreadsheets.SheetSpec).notes == []


ENTRIES = [f'[{{"serialNumber": "S-{number}", "experienceId": "11"}}]' for number in range(3)]
VERDICTS = ['{"serialNumber":"S-0","url":"https://x/t-0"}', '{"serialNumber":"S-1","errorMessage":"taken"}']


UPLOADED, ENTERED = (iso(now() - timedelta(days=days)) for days in (2, 1))


def add_uploads(old: Old) -> list[str]:
    """One that is done, one of which two of three parts are, and one that was not begun; returns their public IDs."""
    public_ids = make_item_ids(3)
    for key, (public_id, done) in enumerate(zip(public_ids, (3, 2, 0), strict=True), 1):
        old.add(
            "uploads",
            id=key,
            shop_id=SHOP,
            public_id=public_id,
            form="jsonl",
            parts=3,
            parts_done=done,
            entries=3,
            created=min(done, 1),
            failed=max(done - 1, 0),
            created_by="api-key:1",
            created_at=UPLOADED,
            finished_at=ENTERED if done == 3 else None,
        )
        for number, content in enumerate(ENTRIES):
            result = VERDICTS[min(number, 1)] if number < done else None
            old.add(
                "upload_parts",
                shop_id=SHOP,
                upload_id=key,
                number=number,
                content=content if result is None else "[]",
                result=result,
            )
        if done < 3:
            old.job("serial-import", public_id)
    return public_ids


@pytest.mark.parametrize("taken_by_the_previous_version", [False, True])
def test_files_of_serials_become_tasks_with_their_results(
    walking: Old, taken_by_the_previous_version: bool
) -> None:
    walking.shop(SHOP)
    walking.lane(SHOP)
    if taken_by_the_previous_version:
        # It still serves after the migration.
        walking.upgrade()
    public_ids = add_uploads(walking)
    if taken_by_the_previous_version:
        hand_over(walking)
    else:
        carry_over(walking)
    with walking.database.read() as session:
        done, half, fresh = (uploads.find(session, SHOP, public_id) for public_id in public_ids)
        assert [(one.parts_done, one.created, one.failed) for one in (done, half, fresh)] == [
            (3, 1, 2),
            (2, 1, 1),
            (0, 0, 0),
        ]
        assert [one.finished_at and iso(one.finished_at) for one in (done, half)] == [ENTERED, None]
        assert (done.form, done.entries, iso(done.created_at)) == ("jsonl", 3, UPLOADED)
        assert "".join(uploads.result(session, done)).splitlines() == [VERDICTS[0], VERDICTS[1], VERDICTS[1]]
        assert [one.public_id for one in uploads.recent(session, SHOP)] == public_ids[::-1]
    assert walking.all("SELECT key FROM outbox WHERE kind = 'task' ORDER BY id") == [
        (public_id,) for public_id in public_ids[1:]
    ]
    assert walking.all("SELECT count(*) FROM outbox WHERE kind = 'serial-import'") == [(0,)]
    assert walking.all("SELECT (SELECT count(*) FROM uploads), (SELECT count(*) FROM upload_parts)") == [
        (0, 0)
    ]
    with walking.database.write() as session:
        task = tasks.find(session, SHOP, public_ids[1], lock=True)
        assert not uploads.enter_next(session, task), "one part was left"
        half = uploads.find(session, SHOP, public_ids[1])
        lines = "".join(uploads.result(session, half)).splitlines()
    assert lines[:2] == VERDICTS
    assert (half.created + half.failed, '"S-2"' in lines[2]) == (3, True)


def _replaced(key: int) -> dict[str, Any]:
    number = f"r{key}"
    return {
        "id": key,
        "shop_id": SHOP,
        "serial_number": number,
        "serial_key": number,
        "variant_id": 11,
        "token": f"token-{key}",
        "source": "api",
        "state": "replaced",
        "created_by": "staff:1",
        "created_at": SOLD,
    }
