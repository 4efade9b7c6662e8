"""How long the database's part of a page takes while the shop grows: every filter, first and deep page."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from bench.servers import databases
from bench.stock import FAN, ORDER, POPULAR, SHOP_ID, fill
from bench.table import table
from serializer_app.domain import item_pages
from serializer_app.domain.item_pages import Filters
from serializer_app.store.db import Database

FIRST = 10_000


def _cases(units: int) -> dict[str, tuple[Filters, int | None]]:
    middle = units // 2
    some_order = middle // ORDER + 1
    return {
        "itemRef": ({"itemRef": f"SN{middle}"}, None),
        "serialNumber": ({"serialNumber": f"SN{middle}"}, None),
        "orderId": ({"orderId": some_order}, None),
        "orderId and variant": ({"orderId": some_order, "productVariantId": 502}, None),
        "lineItemId and customer": ({"lineItemId": some_order * 10, "customerId": FAN}, None),
        "a customer with a tenth of all": ({"customerId": FAN}, None),
        "the same, deep page": ({"customerId": FAN}, middle),
        "customer and popular variant": ({"customerId": FAN, "productVariantId": POPULAR}, None),
        "the same, deep page ": ({"customerId": FAN, "productVariantId": POPULAR}, middle),
        "order of another customer": ({"orderId": some_order + 1, "customerId": FAN}, None),
    }


def measure(folder: Path, most: int) -> dict[tuple[str, str, int], float]:
    """Median seconds by (database, case, units); without statistics, as a fresh database has none."""
    found: dict[tuple[str, str, int], float] = {}
    with databases(folder, "growth") as urls:
        for kind, url in urls.items():
            db = Database(url)
            had, units = 0, FIRST
            while units <= most:
                for start in range(had, units, 250_000):
                    fill(db, start, min(units, start + 250_000))
                for case, (filters, beyond) in _cases(units).items():
                    found[kind, case, units] = _median(db, filters, beyond)
                had, units = units, units * 10
            db.dispose()
    return found


def _median(db: Database, filters: Filters, beyond: int | None) -> float:
    took = []
    with db.connect() as connection:
        for turn in range(220):
            begun = time.perf_counter()
            item_pages.page(connection, SHOP_ID, filters, beyond=beyond)
            if turn >= 20:
                took.append(time.perf_counter() - begun)
    return statistics.median(took)


def growth_table(found: dict[tuple[str, str, int], float]) -> str:
    sizes = sorted({units for _, _, units in found})
    rows: list[list[str]] = []
    pairs: list[tuple[str, str]] = list(dict.fromkeys((kind, case) for kind, case, _ in found))
    for kind, case in pairs:
        values: list[Any] = [found[kind, case, units] for units in sizes]
        rows.append(
            [
                f"{case.strip()}, {kind}",
                *(f"{value * 1e6:.0f}" for value in values),
                f"{values[-1] / values[0]:.2f}",
            ]
        )
    head = ["database part, µs", *(f"{units:,} units" for units in sizes), "growth"]
    return table(head, rows)
