"""The writing paths, whole requests one after the other: orders/create of 1 … 5,000 units, 10,000 serials.

Beside each a bare route that verifies and parses the same body, and the driver alone inserting the same rows into the
same tables with the same indexes, in one durable transaction.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import load, orders
from bench.drivers import DRIVERS, Raw
from bench.facts import EXPERIENCE
from bench.measured import Part, Ratio, Turns
from bench.servers import APP, KINDS, databases, floor, running
from bench.stock import admit, fill
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.store.db import Database

SIZES = (1, 10, 250, 5000)
SERIALS = 10_000
_PER_ROUND = {1: 40, 10: 30, 250: 10, 5000: 2}
_numbers = itertools.count()


def measure(folder: Path, rounds: int) -> list[Part]:
    """Seconds of one request or insert: "floor <case>, kind", "raw <case>, kind", "app <case>, kind"."""
    turns = Turns()
    log, bodies = folder / "servers.log", folder / "write-bodies"
    bodies.mkdir()
    with databases(folder, "writes", "raw") as urls, floor(log, bodies) as bare:
        for kind in KINDS:
            keys = [_stocked(urls[name][kind]) for name in ("writes", "raw")]
            raw = DRIVERS[kind](urls["raw"][kind])
            with running(APP, log, DATABASE_URL=urls["writes"][kind]) as app:
                for turn in range(-1, rounds):  # the first turn only warms up
                    for case, part, seconds in _turn(turn, bare.port, raw, app.port, keys[0]):
                        if turn >= 0:
                            turns.add(f"{part} {case}, {kind}", seconds)
            raw.close()
    return [_part(turns)]


def _stocked(url: str) -> str:
    """An index with nothing in it costs nothing."""
    db = Database(url)
    fill(db, 0, 20_000)
    key = admit(db)
    db.dispose()
    return key


def _turn(turn: int, floor_port: int, raw: Raw, app_port: int, key: str) -> Iterator[tuple[str, str, float]]:
    for units in SIZES:
        for _ in range(_PER_ROUND[units] if turn >= 0 else 2):
            for part, seconds in _order(units, floor_port, raw, app_port):
                yield f"order of {units:,}", part, seconds
    for part, seconds in _serials(floor_port, raw, app_port, key):
        yield f"{SERIALS:,} serials", part, seconds


def _order(units: int, floor_port: int, raw: Raw, app_port: int) -> Iterator[tuple[str, float]]:
    """The same order through all three, one after the other."""
    number, body = orders.order(units)
    item_ids = make_item_ids(units)
    yield "floor", _sent(floor_port, orders.delivery(body, "/webhook"))
    yield "raw", _timed(lambda: raw.order(number, item_ids))
    yield "app", _sent(app_port, orders.delivery(body))


def _serials(floor_port: int, raw: Raw, app_port: int, key: str) -> Iterator[tuple[str, float]]:
    numbers = [f"W{next(_numbers):08d}" for _ in range(SERIALS)]
    body = json.dumps([{"serialNumber": number, "experienceId": EXPERIENCE} for number in numbers]).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    yield "floor", _sent(floor_port, load.request("POST", "/serials", headers, body))
    yield "raw", _timed(lambda: raw.serials(numbers))
    yield "app", _sent(app_port, load.request("POST", "/api/v1/serials", headers, body))


def _sent(port: int, request: bytes) -> float:
    return sum(load.answers(port, [request]))


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _part(turns: Turns) -> Part:
    part = Part(
        "Writing, a whole request in ms",
        ["case", "floor", "raw insert", "app", "spread", "(app - floor) / raw"],
    )
    for kind in KINDS:
        for case in [*(f"order of {units:,}" for units in SIZES), f"{SERIALS:,} serials"]:
            floor, raw, app = (turns.values(f"{name} {case}, {kind}") for name in ("floor", "raw", "app"))
            # The medians first: the fsync of a single turn may take anything.
            base, insert = Ratio.of(floor).median, Ratio.of(raw).median
            beyond = Ratio.of([(seconds - base) / insert for seconds in app])
            part.rows.append(
                [f"{case}, {kind}"]
                + [f"{Ratio.of(values).median * 1000:.2f}" for values in (floor, raw, app)]
                + [
                    f"± {Ratio.of(app).spread:.0%}",
                    part.kept(f"{case}, {kind}, beyond the floor / raw insert", beyond),
                ]
            )
    return part
