"""A webhook is answered within four seconds, whatever the database does: 503 in time, and nothing half done."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from serializer_app import create_app
from serializer_app.config import Settings
from serializer_app.domain.orders import orders
from serializer_app.store import db as stores
from serializer_app.store.db import Database, retry_conflicts
from serializer_app.web import webhooks
from serializer_app.web.house import house
from tests.test_faults import is_told_to_come_again, on_sqlite, rows
from tests.town import Town
from tests.web.test_webhooks import payload, post

on_postgresql = pytest.mark.database("postgresql")
Lock = Callable[[Database], Any]


@contextmanager
def file_lock(db: Database) -> Iterator[None]:
    """As another process of ours that does not get on with its transaction."""
    descriptor = os.open(f"{db.path}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


@contextmanager
def database_lock(db: Database) -> Iterator[None]:
    """As a program that does not know our file lock."""
    with closing(sqlite3.connect(db.path or "", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def table_lock(db: Database) -> Iterator[None]:
    engine = create_engine(db.writer.url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def timed(ask: Callable[[], TestResponse]) -> tuple[TestResponse, float]:
    start = time.monotonic()
    answer = ask()
    return answer, time.monotonic() - start


def is_refused_in_time_and_taken_later(town: Town, lock: Lock) -> None:
    order, client = payload(town, 3), town.app.test_client()
    town.settle()
    before = rows(town)
    with lock(town.db):
        answer, seconds = timed(lambda: post(client, "orders-create", order))
        is_told_to_come_again(answer)
        assert webhooks.SECONDS - 0.5 < seconds < 4
        # Whoever comes next, behind this one, does not wait as long again.
        answer, seconds = timed(lambda: post(client, "orders-create", order))
        is_told_to_come_again(answer)
        assert seconds < 1.5
    assert rows(town) == before
    assert post(client, "orders-create", order).status_code == 200
    town.settle()
    assert rows(town)["items"] == 3


@on_sqlite
@pytest.mark.parametrize("lock", [file_lock, database_lock])
def test_a_locked_sqlite_database(town: Town, lock: Lock) -> None:
    is_refused_in_time_and_taken_later(town, lock)


@on_postgresql
def test_a_locked_table_of_postgresql(town: Town) -> None:
    is_refused_in_time_and_taken_later(town, table_lock)
    with town.db.connect() as connection:
        waiting = connection.execute(
            text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {HERE}")
        ).scalar_one()
    assert waiting == 0, "the statement that waited was cancelled at the server, too"


@pytest.mark.parametrize("topic", ["customers/data_request", "shop/redact"])
def test_compliance_webhooks_are_answered_in_time_as_well(town: Town, topic: str) -> None:
    town.settle()
    body: dict[str, Any] = {"shop_id": 1, "shop_domain": town.shop.domain}
    if topic == "customers/data_request":
        body |= {"customer": {"id": 5}, "orders_requested": [], "data_request": {"id": 1}}
    client = town.app.test_client()
    headers = {"X-Shopify-Topic": topic}
    with (file_lock if town.db.is_sqlite else all_tables)(town.db):
        answer, seconds = timed(lambda: post(client, "compliance", body, headers=headers))
        is_told_to_come_again(answer)
        assert seconds < 4
    assert post(client, "compliance", body, headers=headers).status_code == 200


@contextmanager
def all_tables(db: Database) -> Iterator[None]:
    engine = create_engine(db.writer.url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE shops IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


HERE = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
"""Other tests run on the same server."""


def until_nobody_waits(db: Database) -> None:
    """The server rolls back what a lost client began as soon as it notices: at once, or later where it is busy."""
    locks = text(f"SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND {HERE}")
    for _ in range(100):
        with db.connect() as connection:
            if not connection.execute(locks).scalar_one():
                return
        time.sleep(0.1)
    raise AssertionError("a lost client's transaction holds its locks")


class Wire:
    """What lies between us and PostgreSQL: passes everything on until it sees ``word`` on the way there."""

    def __init__(self, url: str) -> None:
        self.server = make_url(url)
        self.word: bytes | None = None
        self._stalled = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.url = self.server.set(
            host="127.0.0.1", port=self._listener.getsockname()[1], query={"sslmode": "disable"}
        ).render_as_string(hide_password=False)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            host, port = self.server.query.get("host", self.server.host), self.server.port or 5432
            if str(host).startswith("/"):
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{host}/.s.PGSQL.{port}")
            else:
                far = socket.create_connection((str(host), port))
            self._sockets += [near, far]
            for one, other, there in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=(one, other, there), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, there: bool) -> None:
        try:
            while chunk := one.recv(65536):
                if there and self.word is not None and self.word in chunk:
                    self._stalled.set()
                if not self._stalled.is_set():
                    other.sendall(chunk)
        except OSError:
            pass
        # A connection that one side gave up ends on the other side, too.
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        self.word = None
        self._stalled.clear()

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            one.close()


@on_postgresql
@pytest.mark.parametrize("word", [b"INSERT INTO orders", b"COMMIT"])
def test_a_server_that_falls_silent_in_the_middle(town: Town, settings: Settings, word: bytes) -> None:
    order = payload(town, 3)
    town.settle()
    wire = Wire(settings.database_url)
    app = create_app(replace(settings, database_url=wire.url))
    client = app.test_client()
    assert post(client, "orders-create", payload(town, 1)).status_code == 200
    before = rows(town)
    wire.word = word
    answer, seconds = timed(lambda: post(client, "orders-create", order))
    is_told_to_come_again(answer)
    assert seconds < 4
    assert rows(town) == before
    wire.heal()
    until_nobody_waits(town.db)
    assert post(client, "orders-create", order).status_code == 200
    assert rows(town)["items"] == before["items"] + 3
    house(app).db.dispose()
    wire.close()


@on_sqlite
def test_a_server_that_accepts_and_says_nothing(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        app = create_app(replace(settings, database_url=url))
        answer, seconds = timed(lambda: post(app.test_client(), "orders-create", {"id": 1}))
        is_told_to_come_again(answer)
        assert seconds < 4
        house(app).db.dispose()


@on_sqlite
def test_a_name_that_is_not_resolved(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        time.sleep(8)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    app = create_app(replace(settings, database_url="postgresql+psycopg://nobody@db.example.com/none"))
    answer, seconds = timed(lambda: post(app.test_client(), "orders-create", {"id": 1}))
    is_told_to_come_again(answer)
    assert seconds < 4
    house(app).db.dispose()


def test_within_the_limit_everything_is_as_ever(town: Town) -> None:
    """Also many at once, which wait in line for each other."""
    variant = town.track()
    client_orders = [payload_of(town, variant) for _ in range(12)]
    answers: list[int] = []

    def deliver(order: dict[str, Any]) -> None:
        answers.append(post(town.app.test_client(), "orders-create", order).status_code)

    threads = [threading.Thread(target=deliver, args=(order,)) for order in client_orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert rows(town)["items"] == 24


def payload_of(town: Town, variant: Any) -> dict[str, Any]:
    from serializer_app.devstore.order_payload import order_payload

    order = town.shop.place_order([(variant, 2)], announce=False)
    return dict(order_payload(town.shop.state, order))


# --- deadlocks ------------------------------------------------------------------------------------------------------


class Collision(Exception):
    sqlstate = "40P01"


def collide(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The first ``times`` transactions of the handler end in a deadlock."""
    left = [times]
    apply = orders.apply

    def applied(*arguments: Any, **named: Any) -> Any:
        outcome = apply(*arguments, **named)
        if left[0]:
            left[0] -= 1
            raise OperationalError("UPDATE", {}, Collision("deadlock detected"))
        return outcome

    monkeypatch.setattr(orders, "apply", applied)


def test_a_request_whose_transaction_ends_in_a_deadlock_is_repeated(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = payload(town, 2)
    collide(monkeypatch, 2)
    assert post(town.app.test_client(), "orders-create", order).status_code == 200
    assert rows(town)["items"] == 2


def test_a_deadlock_is_never_told_as_an_absent_database(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order = payload(town, 2)
    before = rows(town)
    collide(monkeypatch, 99)
    answer = post(town.app.test_client(), "orders-create", order)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "conflict")
    assert "database unavailable" not in caplog.text
    assert rows(town) == before


@on_postgresql
def test_two_that_lock_each_other_out_both_get_through(town: Town) -> None:
    with town.db.write() as session:
        session.execute(text("CREATE TABLE pairs (id int PRIMARY KEY, n int)"))
        session.execute(text("INSERT INTO pairs VALUES (1, 0), (2, 0)"))
    both = threading.Barrier(2, timeout=10)
    collisions: list[str] = []

    def change(order: tuple[int, int]) -> None:
        tries = [0]

        def attempt() -> None:
            tries[0] += 1
            with town.db.write() as session:
                session.execute(text("UPDATE pairs SET n = n + 1 WHERE id = :id"), {"id": order[0]})
                if tries[0] == 1:
                    both.wait()
                session.execute(text("UPDATE pairs SET n = n + 1 WHERE id = :id"), {"id": order[1]})

        retry_conflicts(attempt)
        collisions.extend(["again"] * (tries[0] - 1))

    threads = [threading.Thread(target=change, args=(order,)) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with town.db.write() as session:
        found = session.execute(text("SELECT n FROM pairs ORDER BY id")).scalars().all()
        session.execute(text("DROP TABLE pairs"))
    assert found == [2, 2]
    assert collisions == ["again"]
    assert stores.CONFLICT_TRIES > 1
