"""What is asked while the database is away, full or read-only gets a clear 503, leaves nothing half done, and works
again by itself; so does the worker. `python -m bench.drills` plays the same with real disks, servers and processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from werkzeug.test import TestResponse

from serializer_app import create_app
from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.store.models import Base, Lane, Mirror, OutboxRow
from serializer_app.web.house import house
from tests.postgres import free_port
from tests.town import Town
from tests.visitors import proxy_query
from tests.web.test_webhooks import payload, post

on_sqlite = pytest.mark.database("sqlite")


pytestmark = pytest.mark.database("sqlite", "postgresql")


def rows(town: Town) -> dict[str, int]:
    """How many rows every table holds."""
    with town.db.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def is_told_to_come_again(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.get_json()["error"]["code"] == "database_unavailable"


@contextmanager
def pragma(db: Database, during: str, after: str) -> Iterator[None]:
    """Every connection that writes gets the first one, and the second one when it is over."""

    def give(connection: Any, _record: Any) -> None:
        connection.execute(during)

    event.listen(db.writer, "connect", give)
    db.writer.dispose()
    yield
    event.remove(db.writer, "connect", give)
    with db.writer.connect() as connection:
        connection.connection.execute(after)
    db.writer.dispose()


@contextmanager
def read_only(db: Database) -> Iterator[None]:
    with pragma(db, "PRAGMA query_only=ON", "PRAGMA query_only=OFF"):
        yield


@contextmanager
def full(db: Database) -> Iterator[None]:
    """No page beyond those that are there; what is free inside them is used up by the first big order."""
    with pragma(db, "PRAGMA max_page_count=1", "PRAGMA max_page_count=1073741823"):
        yield


@contextmanager
def no_lock_file(db: Database) -> Iterator[None]:
    """As on a disk that takes no new file, or with no more files to open."""
    lock = Path(f"{db.path}.lock")
    lock.unlink()
    lock.mkdir()
    yield
    lock.rmdir()


@on_sqlite
@pytest.mark.parametrize("fault", [read_only, full, no_lock_file])
def test_a_webhook_that_cannot_be_stored_is_refused_whole_and_taken_when_it_comes_again(
    town: Town, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    order, client = payload(town, 250), town.app.test_client()
    town.settle()
    before = rows(town)
    with fault(town.db):
        is_told_to_come_again(post(client, "orders-create", order))
        assert rows(town) == before
        assert client.get("/healthz").status_code == 200
        # What was sold before can be looked up as ever.
        query = proxy_query(orderId=order["id"], shop=town.shop.domain)
        assert client.get(f"/apps/serializer/items?{query}").status_code == 200
    assert "Traceback" not in caplog.text
    assert post(client, "orders-create", order).status_code == 200
    assert rows(town)["items"] == 250
    town.settle()
    assert len(town.shop.metafield(f"gid://shopify/Order/{order['id']}").json_value["items"]) > 0  # type: ignore[union-attr]


@on_sqlite
@pytest.mark.parametrize("fault", [read_only, no_lock_file])
def test_the_worker_outlives_a_database_that_takes_nothing(
    town: Town, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    with fault(town.db):
        # Told to end while it looks what is due: it still tries to take it, and then need not wait for a second.
        event.listen(town.db.reader, "after_cursor_execute", lambda *_: town.worker.stop(), once=True)
        town.worker.run()
    assert "database unavailable" in caplog.text
    town.settle()
    assert len(town.document(order)["items"]) == 2


def unreachable(settings: Settings) -> Flask:
    """The app on a PostgreSQL that nobody answers for."""
    return create_app(
        replace(settings, database_url=f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    )


@on_sqlite
def test_without_a_database_every_door_says_when_to_come_again(settings: Settings) -> None:
    app = unreachable(settings)
    client = app.test_client()
    is_told_to_come_again(post(client, "orders-create", {"id": 1}))
    is_told_to_come_again(client.get(f"/apps/serializer/items?{proxy_query(orderId=1)}"))
    is_told_to_come_again(client.get("/api/v1/settings", headers={"Authorization": "Bearer szr_" + "x" * 43}))
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    house(app).db.dispose()


def test_connections_that_are_all_in_use_are_no_fault_of_the_caller(
    postgresql_url: str, settings: Settings
) -> None:
    app = create_app(replace(settings, database_url=postgresql_url))
    db = house(app).db
    db.writer.pool._timeout = 0.01  # type: ignore[attr-defined]
    held = [db.writer.connect() for _ in range(10)]
    try:
        with db.read() as session:
            assert shops.find(session, "demo.myshopify.com") is None
        is_told_to_come_again(post(app.test_client(), "orders-create", {"id": 1}))
    finally:
        for connection in held:
            connection.close()
        db.dispose()


def test_what_a_clock_that_was_ahead_put_off_is_done_once_it_is_right_again(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    town.shop.edit_order(order, {order.lines[0].id: 3})
    ahead = now() + timedelta(hours=2)
    with town.db.write() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.key == str(order.id)).values(queued_at=ahead, due_at=ahead)
        )
        session.execute(
            update(Lane).values(leased_until=ahead, served_at=ahead, lease="of a worker that is gone")
        )
        session.execute(update(Mirror).values(written_at=ahead))
    assert not town.worker.step()
    town.worker._mind_the_clock()
    while town.worker.step():
        pass
    assert len(town.document(order)["items"]) == 3


def test_a_worker_that_waits_for_its_turn_is_not_taken_for_one_whose_clock_was_ahead(town: Town) -> None:
    with town.db.write() as session:
        session.execute(update(OutboxRow).values(due_at=now() + timedelta(minutes=59)))
        session.execute(
            update(Lane).values(leased_until=now() + timedelta(seconds=19), lease="of a busy worker")
        )
    town.worker._mind_the_clock()
    with town.db.read() as session:
        assert session.scalars(select(Lane.lease)).one() == "of a busy worker"
        assert session.scalars(select(Lane.leased_until)).one() > now()
        assert all(due > now() + timedelta(minutes=50) for due in session.scalars(select(OutboxRow.due_at)))
