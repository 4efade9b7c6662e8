"""What the app's writing is measured against: the driver alone, putting the same rows into the same tables."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from bench.facts import POPULAR, SHOP_ID

_MOMENT = "2026-11-21T22:01:02.123Z"
_ITEM = (
    "INSERT INTO items (shop_id, order_id, line_item_id, variant_id, customer_id, item_id, warranty, custom_fields, "
    "auto_generated, created_by, created_at, updated_at) VALUES "
)
_FIELDS = '[{"key":"imei","value":""}]'
_ORDER = "INSERT INTO orders (shop_id, order_id, name, customer_id, ordered_at, source_updated_at) VALUES "
_LINE = (
    "INSERT INTO lines (shop_id, line_item_id, order_id, position, variant_id, product_id, title, variant_title, sku, "
    "quantity, follows) VALUES "
)
_OUTBOX = "INSERT INTO outbox (shop_id, kind, key, due_at, queued_at) VALUES "
_SERIAL = (
    "INSERT INTO serials (shop_id, serial_number, serial_key, variant_id, token, source, created_by, created_at) "
    "VALUES "
)


class RawSqlite:
    """sqlite3 alone, with the durability that the app asks for."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def order(self, number: int, item_ids: list[str]) -> None:
        """An order of one line with its items and a row of the outbox."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        run(_ORDER + "(?, ?, ?, ?, ?, ?)", _order_row(number))
        run(_LINE + "(?, ?, ?, 0, ?, 5, 'Speaker', 'Blue', 'S-1', ?, 1)", _line_row(number, item_ids))
        self._connection.executemany(
            _ITEM + "(?, ?, ?, ?, ?, ?, 'P24M', ?, 1, 'app', ?, ?)", _item_rows(number, item_ids)
        )
        run(_OUTBOX + "(?, 'mirror-order', ?, ?, ?)", (SHOP_ID, str(number), _MOMENT, _MOMENT))
        run("COMMIT")

    def serials(self, numbers: list[str]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_SERIAL + "(?, ?, ?, ?, ?, 'api', 'app', ?)", _serial_rows(numbers))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class RawPostgresql:
    """psycopg alone."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, prepare_threshold=1)

    def order(self, number: int, item_ids: list[str]) -> None:
        """An order of one line with its items and a row of the outbox."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_ORDER + "(%s, %s, %s, %s, %s, %s)", _order_row(number))
            cursor.execute(
                _LINE + "(%s, %s, %s, 0, %s, 5, 'Speaker', 'Blue', 'S-1', %s, true)",
                _line_row(number, item_ids),
            )
            cursor.executemany(
                _ITEM + "(%s, %s, %s, %s, %s, %s, 'P24M', %s, true, 'app', %s, %s)",
                _item_rows(number, item_ids),
            )
            cursor.execute(
                _OUTBOX + "(%s, 'mirror-order', %s, %s, %s)", (SHOP_ID, str(number), _MOMENT, _MOMENT)
            )

    def serials(self, numbers: list[str]) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(_SERIAL + "(%s, %s, %s, %s, %s, 'api', 'app', %s)", _serial_rows(numbers))

    def close(self) -> None:
        self._connection.close()


Raw = RawSqlite | RawPostgresql
DRIVERS: dict[str, type[RawSqlite] | type[RawPostgresql]] = {
    "SQLite": RawSqlite,
    "PostgreSQL": RawPostgresql,
}


def _order_row(number: int) -> tuple[Any, ...]:
    return SHOP_ID, number, f"#{number}", number + 1, _MOMENT, _MOMENT


def _line_row(number: int, item_ids: list[str]) -> tuple[Any, ...]:
    return SHOP_ID, number * 10, number, POPULAR, len(item_ids)


def _item_rows(number: int, item_ids: list[str]) -> list[tuple[Any, ...]]:
    shared = (SHOP_ID, number, number * 10, POPULAR, number + 1)
    return [(*shared, item_id, _FIELDS, _MOMENT, _MOMENT) for item_id in item_ids]


def _serial_rows(numbers: list[str]) -> list[tuple[Any, ...]]:
    return [
        (SHOP_ID, number, number.lower(), POPULAR, secrets.token_urlsafe(15), _MOMENT) for number in numbers
    ]
