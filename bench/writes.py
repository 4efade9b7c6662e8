"""The webhook path: orders/create of 1 … 5,000 units, whole requests one after the other.

Beside it a bare route that verifies and parses the same body, and the driver alone inserting the same rows (one order,
one line, the items, one outbox row) into the same tables with the same indexes, in one durable transaction.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from bench.floors import SECRET
from bench.servers import databases, floor, running
from bench.stock import POPULAR, SHOP, SHOP_ID, fill
from bench.table import Turns
from serializer_app.domain.codes import make_item_ids
from serializer_app.store.db import Database

SIZES = (1, 10, 250, 5000)
_PER_ROUND = {1: 40, 10: 30, 250: 10, 5000: 2}
_MOMENT = "2026-11-21T22:01:02.123Z"
_ITEM = (
    "INSERT INTO items (shop_id, order_id, line_item_id, variant_id, item_id, warranty, custom_fields, auto_generated, "
    "created_by, created_at, updated_at) VALUES "
)
_ORDER = "INSERT INTO orders (shop_id, order_id, name, ordered_at, source_updated_at) VALUES "
_LINE = "INSERT INTO lines (shop_id, line_item_id, order_id, position, variant_id, quantity, follows, title) VALUES "
_OUTBOX = "INSERT INTO outbox (shop_id, kind, key, due_at, queued_at) VALUES "

_numbers = itertools.count(10_000_000)


def order(units: int) -> tuple[int, bytes]:
    """An order's number and a body as Shopify sends it, as far as size and shape matter: some 7 KB and one line."""
    number = next(_numbers)
    address = {
        "first_name": "A",
        "last_name": "B",
        "address1": "C 1",
        "city": "D",
        "zip": "1",
        "country": "E",
    }
    body = {
        "id": number,
        "name": f"#{number}",
        "created_at": "2026-11-22T10:00:00+01:00",
        "updated_at": "2026-11-22T10:00:00+01:00",
        "cancelled_at": None,
        "customer": {"id": number + 1, "default_address": address},
        "billing_address": address,
        "shipping_address": address,
        "note_attributes": [{"name": f"note {n}", "value": "x" * 60} for n in range(50)],
        "fulfillments": [],
        "line_items": [
            {
                "id": number * 10,
                "variant_id": POPULAR,
                "product_id": 5,
                "title": "Speaker",
                "variant_title": "Blue",
                "sku": "S-1",
                "quantity": units,
                "current_quantity": units,
                "properties": [],
                "tax_lines": [{"title": "VAT", "rate": 0.2, "price": "1.00"}],
            }
        ],
    }
    return number, json.dumps(body).encode()


def _timed(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _posted(port: int, path: str, body: bytes) -> None:
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-SHA256": signature,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}: {told[:300]!r}")


class RawSqlite:
    """The driver alone, with the durability that the app asks for."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def insert(self, number: int, item_ids: list[str]) -> None:
        line, moment = number * 10, _MOMENT
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        run(_ORDER + "(?, ?, ?, ?, ?)", (SHOP_ID, number, f"#{number}", moment, moment))
        run(_LINE + "(?, ?, ?, 0, ?, ?, 1, ?)", (SHOP_ID, line, number, POPULAR, len(item_ids), "Speaker"))
        shared = (SHOP_ID, number, line, POPULAR)
        self._connection.executemany(
            _ITEM + "(?, ?, ?, ?, ?, 'P24M', '[]', 1, 'app', ?, ?)",
            [(*shared, item_id, moment, moment) for item_id in item_ids],
        )
        run(_OUTBOX + "(?, 'mirror-order', ?, ?, ?)", (SHOP_ID, str(number), moment, moment))
        run("COMMIT")

    def close(self) -> None:
        self._connection.close()


class RawPostgresql:
    """psycopg alone."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, prepare_threshold=1)

    def insert(self, number: int, item_ids: list[str]) -> None:
        line, moment = number * 10, _MOMENT
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_ORDER + "(%s, %s, %s, %s, %s)", (SHOP_ID, number, f"#{number}", moment, moment))
            cursor.execute(
                _LINE + "(%s, %s, %s, 0, %s, %s, true, %s)",
                (SHOP_ID, line, number, POPULAR, len(item_ids), "Speaker"),
            )
            shared = (SHOP_ID, number, line, POPULAR)
            cursor.executemany(
                _ITEM + "(%s, %s, %s, %s, %s, 'P24M', '[]', true, 'app', %s, %s)",
                [(*shared, item_id, moment, moment) for item_id in item_ids],
            )
            cursor.execute(
                _OUTBOX + "(%s, 'mirror-order', %s, %s, %s)", (SHOP_ID, str(number), moment, moment)
            )

    def close(self) -> None:
        self._connection.close()


def measure(folder: Path, rounds: int) -> Turns:
    """Seconds of one request or insert: "floor n, kind", "raw n, kind", "app n, kind"."""
    turns = Turns()
    log = folder / "servers.log"
    for name in ("page", "one"):
        (folder / name).write_bytes(b"{}")
    with (
        databases(folder, "writes") as urls,
        databases(folder, "raw") as raw_urls,
        floor(log, folder) as bare,
    ):
        for url in (*urls.values(), *raw_urls.values()):
            db = Database(url)
            fill(db, 0, 20_000)  # an index with nothing in it costs nothing
            db.dispose()
        for kind, driver in (("SQLite", RawSqlite), ("PostgreSQL", RawPostgresql)):
            raw = driver(raw_urls[kind])
            with running("serializer_app:create_app()", log, DATABASE_URL=urls[kind]) as app:
                for turn, units in itertools.product(range(-1, rounds), SIZES):
                    for _ in range(_PER_ROUND[units] if turn >= 0 else 2):
                        for part, seconds in _one(units, bare.port, raw, app.port):
                            if turn >= 0:  # the first turn only warms up
                                turns.add(f"{part} {units}, {kind}", seconds)
            raw.close()
    return turns


def _one(
    units: int, floor_port: int, raw: RawSqlite | RawPostgresql, app_port: int
) -> Iterator[tuple[str, float]]:
    """The same order through all three, one after the other."""
    number, body = order(units)
    item_ids = make_item_ids(units)
    yield "floor", _timed(lambda: _posted(floor_port, "/webhook", body))
    yield "raw", _timed(lambda: raw.insert(number, item_ids))
    yield "app", _timed(lambda: _posted(app_port, "/webhooks/orders-create", body))
