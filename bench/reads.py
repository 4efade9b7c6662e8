"""The storefront's read path, whole requests over loopback, against a bare route that answers as many bytes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from bench import load, proxied
from bench.facts import ORDER, SERIAL, UNITS, WHOLE_ORDER
from bench.measured import Part, Turns
from bench.servers import APP, KINDS, Server, databases, floor, raw, running
from bench.stock import Unit, fill, pick
from serializer_app.store.db import Database
from serializer_app.web.storefront import Filters

PAGE = "page of 100 by orderId"
ONE = "one item by itemRef"
_LISTS = ("orderId", "customerId", "productVariantId", "lineItemId")
_FEWER = 2
"""Turns of the cases that no goal speaks of; they tell that none of them falls out of line."""


def _cases(unit: Unit) -> dict[str, Filters]:
    """The names of single units begin with "one". All others are whole pages of a hundred."""
    whole = Unit((WHOLE_ORDER - 1) * ORDER, "")
    cases: dict[str, Filters] = {
        PAGE: {"orderId": WHOLE_ORDER},
        ONE: {"itemRef": SERIAL},
        "one item by itemRef, an item ID": {"itemRef": unit.item_id},
        "one item by itemId": {"itemId": unit.item_id},
        "one item by serialNumber": {"serialNumber": SERIAL},
        "one item by lineItemId and serialNumber": {"lineItemId": WHOLE_ORDER * 10, "serialNumber": SERIAL},
    }
    for count in range(1, len(_LISTS) + 1):
        for names in combinations(_LISTS, count):
            if names != ("orderId",) and {"orderId", "customerId"} & set(names):
                cases[f"page of 100 by {', '.join(names)}"] = whole.filters(names)
    for names in (("customerId",), ("customerId", "productVariantId")):
        filters = whole.filters(names)
        cases[f"deep page of 100 by {', '.join(names)}"] = proxied.deep(filters, whole.key + ORDER - 1)
    return cases


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def measure(folder: Path, rounds: int, seconds: float, warm: int) -> list[Part]:
    """Requests a second of every case on both databases; then what the processes hold after all of that.

    ``warm``: so many requests at least each web process shall have answered at the end.
    """
    turns = Turns()
    log, bodies = folder / "servers.log", folder / "read-bodies"
    bodies.mkdir()
    with databases(folder, "reads") as found:
        urls = found["reads"]
        units = [_stocked(url) for url in urls.values()]
        with (
            running(APP, log, DATABASE_URL=urls["SQLite"]) as sqlite,
            running(APP, log, DATABASE_URL=urls["PostgreSQL"]) as postgresql,
            raw(log, urls["SQLite"]) as raw_sqlite,
            raw(log, urls["PostgreSQL"]) as raw_postgresql,
        ):
            asked = Asked(
                dict(zip(KINDS, (sqlite, postgresql), strict=True)),
                dict(zip(KINDS, (raw_sqlite, raw_postgresql), strict=True)),
                {kind: _cases(unit) for kind, unit in zip(KINDS, units, strict=True)},
            )
            for name, case in (("page", PAGE), ("one", ONE)):
                (bodies / name).write_bytes(asked.checked(case, name))
            memory = Memory(asked.servers)
            with floor(log, bodies) as bare:
                for turn in range(rounds):
                    asked.in_turn(bare, turns, memory, seconds, everything=turn < _FEWER)
                    memory.look()
            memory.top_up(lambda server: proxied.address(server.port, {"orderId": WHOLE_ORDER}), warm)
    return [_part(turns), memory.part()]


def _stocked(url: str) -> Unit:
    db = Database(url)
    fill(db, 0, UNITS)
    (unit,) = pick(db, UNITS, 1)
    db.dispose()
    return unit


@dataclass(frozen=True)
class Asked:
    """The app, the routes that ask the driver alone, and what they are asked; each by the kind of database."""

    servers: dict[str, Server]
    raws: dict[str, Server]
    cases: dict[str, dict[str, Filters]]

    def checked(self, case: str, route: str) -> bytes:
        """The body of a case, after a look that everybody answers the same units."""
        urls = [proxied.address(server.port, self.cases[kind][case]) for kind, server in self.servers.items()]
        urls += [_address(server, route) for server in self.raws.values()]
        bodies = [fetched(url) for url in urls]
        units = [json.loads(body)["results"] for body in bodies]
        if any(found != units[0] for found in units):
            raise SystemExit(f"the answers to {case} differ: {[found[:1] for found in units]}")
        return bodies[0]

    def in_turn(
        self, bare: Server, turns: Turns, memory: Memory, seconds: float, *, everything: bool
    ) -> None:
        for route, main in (("page", PAGE), ("one", ONE)):
            turns.add(f"floor, {route}", load.rate(_address(bare, route), seconds))
            for kind, server in self.raws.items():
                turns.add(f"raw driver, {route}, {kind}", load.rate(_address(server, route), seconds))
            for case in self.cases[KINDS[0]]:
                if case.startswith("one") != (route == "one") or not (everything or case == main):
                    continue
                for kind, server in self.servers.items():
                    found = load.rate(proxied.address(server.port, self.cases[kind][case]), seconds)
                    turns.add(f"{case}, {kind}", found)
                    memory.count(kind, found * seconds)


def _address(server: Server, route: str) -> str:
    return f"http://127.0.0.1:{server.port}/{route}"


def _part(turns: Turns) -> Part:
    part = Part(
        "Reading, requests a second", ["case", "requests/s", "spread", "of the floor", "of the raw driver"]
    )
    for case in turns.cases():
        name = "one" if case.startswith(("one", "floor, one", "raw driver, one")) else "page"
        kind = case.rpartition(", ")[2]
        row = [case, f"{turns.median(case):.0f}", f"± {turns.spread(case):.0%}"]
        if case.startswith("floor"):
            part.rows.append([*row, "", ""])
            continue
        row.append(part.kept(f"{case} / floor", turns.ratio(case, f"floor, {name}")))
        base = f"raw driver, {name}, {kind}"
        part.rows.append([*row, "" if case == base else str(turns.ratio(case, base))])
    return part


class Memory:
    """What the web processes hold: at the start, after the first turn of everything, and at the end."""

    def __init__(self, servers: dict[str, Server]) -> None:
        self._servers = servers
        self._seen: dict[str, list[tuple[float, float]]] = {kind: [] for kind in servers}
        self._answered = dict.fromkeys(servers, 0.0)
        self.look()

    def count(self, kind: str, requests: float) -> None:
        self._answered[kind] += requests

    def look(self) -> None:
        for kind, server in self._servers.items():
            held = server.memory()
            if held:
                self._seen[kind].append((self._answered[kind] / len(held), max(held)))

    def top_up(self, address: Callable[[Server], str], least: int) -> None:
        """More requests, until each process has answered ``least``."""
        for kind, server in self._servers.items():
            while self._answered[kind] / 2 < least:
                self.count(kind, load.rate(address(server), 5) * 5)
        self.look()

    def part(self) -> Part:
        head = [
            "a web process, MB",
            "at the start",
            "after requests",
            "MB",
            "at the end, after requests",
            "MB",
            "growth",
        ]
        part = Part("Memory of a web process, without mapped files", head)
        for kind, seen in self._seen.items():
            if len(seen) < 3:
                part.notes.append(f"{kind}: not measured, there is no /proc here.")
                continue
            (_, start), (warm_after, warm), (last_after, last) = seen[0], seen[1], seen[-1]
            part.figures[f"memory, {kind}"] = last
            part.figures[f"memory growth, {kind}"] = last / warm
            warmed = (f"{start:.0f}", f"{warm_after:,.0f}", f"{warm:.0f}")
            part.rows.append([kind, *warmed, f"{last_after:,.0f}", f"{last:.0f}", f"{last / warm:.2f}"])
        return part
