"""The storefront's read path, whole requests over loopback, against a bare route that answers as many bytes."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from bench import load
from bench.floors import SECRET
from bench.servers import databases, floor, running
from bench.stock import FAN, ORDER, POPULAR, SHOP, fill
from bench.table import Turns
from serializer_app.domain.item_pages import Filters
from serializer_app.shopify.signatures import sign_proxy
from serializer_app.store.db import Database

UNITS = 100_000
PAGES: dict[str, Filters] = {
    "page of 100 by orderId": {"orderId": 7},
    "page of 100 by customerId": {"customerId": FAN},
    "page of 100 by customerId and variant": {"customerId": FAN, "productVariantId": POPULAR},
}
SINGLE: dict[str, Filters] = {
    "one item by itemRef (serial)": {"itemRef": "sn4711"},
    "one item by serialNumber": {"serialNumber": "SN4711"},
    "one item by itemRef within an order": {"itemRef": "SN4711", "orderId": 4711 // ORDER + 1},
}


def signed(port: int, filters: Filters) -> str:
    """The address Shopify's proxy would call now; valid for 90 s."""
    pairs = [(name, str(value)) for name, value in filters.items()]
    pairs += [
        ("shop", SHOP),
        ("logged_in_customer_id", ""),
        ("path_prefix", "/apps/serializer"),
        ("timestamp", str(int(time.time()))),
    ]
    query = urlencode([*pairs, ("signature", sign_proxy(pairs, SECRET))])
    return f"http://127.0.0.1:{port}/apps/serializer/items?{query}"


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def measure(folder: Path, rounds: int, seconds: float) -> Turns:
    """Turns of every case on both databases, in requests a second; the floors are "floor: page" and "floor: one"."""
    turns = Turns()
    log = folder / "servers.log"
    with databases(folder, "reads") as urls:
        for url in urls.values():
            db = Database(url)
            fill(db, 0, UNITS)
            db.dispose()
        app = "serializer_app:create_app()"
        with (
            running(app, log, DATABASE_URL=urls["SQLite"]) as sqlite,
            running(app, log, DATABASE_URL=urls["PostgreSQL"]) as postgresql,
        ):
            (folder / "page").write_bytes(fetched(signed(sqlite.port, PAGES["page of 100 by orderId"])))
            (folder / "one").write_bytes(fetched(signed(sqlite.port, SINGLE["one item by itemRef (serial)"])))
            with floor(log, folder) as bare:
                for _ in range(rounds):
                    for name, cases in (("page", PAGES), ("one", SINGLE)):
                        for case, filters in cases.items():
                            turns.add(
                                f"floor: {name}", load.rate(f"http://127.0.0.1:{bare.port}/{name}", seconds)
                            )
                            for kind, server in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
                                turns.add(f"{case}, {kind}", load.rate(signed(server.port, filters), seconds))
    return turns
