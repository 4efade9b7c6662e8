"""Pages for people: the desk in the admin and a unit's page in the shop, against a constant page of the same length."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench import load, orders, proxied
from bench.facts import CLIENT_ID, EXPERIENCE, SECRET, SHOP
from bench.measured import Part, Turns
from bench.reads import fetched
from bench.servers import APP, KINDS, Server, databases, floor, running
from bench.stock import admit, fill
from serializer_app.shopify import id_tokens
from serializer_app.store.db import Database

ORDERS = 150
LARGE = 250

Address = Callable[[Server], str]
"""A page's address on a server, signed anew each time: id tokens live for a minute."""


def measure(folder: Path, rounds: int, seconds: float) -> list[Part]:
    turns = Turns()
    log, bodies = folder / "servers.log", folder / "page-bodies"
    bodies.mkdir()
    with databases(folder, "pages") as found:
        urls = found["pages"]
        keys = {kind: _stocked(url) for kind, url in urls.items()}
        with (
            running(APP, log, DATABASE_URL=urls["SQLite"]) as sqlite,
            running(APP, log, DATABASE_URL=urls["PostgreSQL"]) as postgresql,
        ):
            servers = dict(zip(KINDS, (sqlite, postgresql), strict=True))
            pages = {kind: _sold(server, keys[kind]) for kind, server in servers.items()}
            names = [*pages[KINDS[0]]]
            for number, name in enumerate(names):
                body = fetched(pages[KINDS[0]][name](sqlite))
                (bodies / f"page{number}").write_bytes(body)
            with floor(log, bodies) as bare:
                for _ in range(rounds):
                    for number, name in enumerate(names):
                        address = f"http://127.0.0.1:{bare.port}/page{number}"
                        turns.add(f"floor {name}", load.rate(address, seconds))
                        for kind, server in servers.items():
                            turns.add(f"{name}, {kind}", load.rate(pages[kind][name](server), seconds))
    return [_part(turns, names, bodies)]


def _stocked(url: str) -> str:
    db = Database(url)
    fill(db, 0, 20_000)
    key = admit(db)
    db.dispose()
    return key


def _sold(server: Server, key: str) -> dict[str, Address]:
    """Sell something, so that there is something to show; the addresses of the pages."""
    load.post_rate(server.port, orders.deliveries(2, ORDERS))
    number, body = orders.order(LARGE)
    load.post_rate(server.port, [orders.delivery(body)])
    unit = urlsplit(_unit(server, key)).path
    return {
        "home": lambda server: _desk(server, "/"),
        "orders": lambda server: _desk(server, "/orders"),
        f"order of {LARGE}": lambda server: _desk(server, f"/orders/{number}"),
        "items": lambda server: _desk(server, "/items"),
        "a unit's page": lambda server: proxied.address(server.port, {}, unit),
    }


def _unit(server: Server, key: str) -> str:
    """The public address of a new unit."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/v1/serials",
        json.dumps([{"quantity": 1, "experienceId": EXPERIENCE}]).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        url: str = json.load(answer)["created"][0]["url"]
    return url


def _desk(server: Server, path: str) -> str:
    moment = int(time.time())
    claims = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": CLIENT_ID,
        "sub": "102938475",
        "exp": moment + 60,
        "nbf": moment,
        "iat": moment,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    }
    query = urlencode({"shop": SHOP, "id_token": id_tokens.sign(claims, SECRET)})
    return f"http://127.0.0.1:{server.port}{path}?{query}"


def _part(turns: Turns, names: list[str], bodies: Path) -> Part:
    part = Part("Pages, server time", ["page", "KB", "requests/s", "spread", "times the floor's"])
    for number, name in enumerate(names):
        size = (bodies / f"page{number}").stat().st_size / 1000
        for kind in KINDS:
            case = f"{name}, {kind}"
            row = [case, f"{size:.0f}", f"{turns.median(case):.0f}", f"± {turns.spread(case):.0%}"]
            part.rows.append([*row, part.kept(f"{case}, time / floor's", turns.ratio(f"floor {name}", case))])
    return part
