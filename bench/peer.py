"""The same endpoints as Shopify's Node documentation teaches them (bench/peer), in the same minutes, on one database.

Prisma's client without an engine needs no download beyond npm's registry. Where there is no Node.js or no registry the
bench says so and goes on.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench import load, orders, proxied
from bench.facts import SECRET, SERIAL, SHOP, UNITS, WHOLE_ORDER
from bench.measured import Part, Turns
from bench.reads import fetched
from bench.servers import APP, Server, databases, running, serving
from bench.stock import fill
from serializer_app.store.db import Database
from serializer_app.web.storefront import Filters
from tests.postgres import free_port

FOLDER = Path(__file__).parent / "peer"
PEERS = {
    "Express + Prisma": ("express", "prisma"),
    "Express + raw SQL": ("express", "pg"),
    "React Router + Prisma": ("react-router", "prisma"),
}
OURS = "Serializer"
TITLE = "Beside Shopify's official Node packages, PostgreSQL, requests a second"
_READS: dict[str, Filters] = {"page of 100": {"orderId": WHOLE_ORDER}, "one item": {"itemRef": SERIAL}}
_POSTS = {1: 400, 10: 250, 250: 50}
_OLDEST = (20, 19)
_SCHEMA_ENGINE = "PRISMA_SCHEMA_ENGINE_BINARY"


def measure(folder: Path, rounds: int, seconds: float) -> list[Part]:
    missing = _install()
    if missing is not None:
        return [Part(TITLE, [], notes=[f"**Peer not compared:** {missing}."])]
    turns = Turns()
    log = folder / "servers.log"
    with databases(folder, "peer") as urls, ExitStack() as stack:
        url = urls["peer"]["PostgreSQL"]
        db = Database(url)
        fill(db, 0, UNITS)
        db.dispose()
        servers = {OURS: stack.enter_context(running(APP, log, DATABASE_URL=url))}
        _admit_template(url)
        for name, words in PEERS.items():
            servers[name] = stack.enter_context(serving(*_node(words, log, url)))
        _same_answers(servers)
        for _ in range(rounds):
            for case, filters in _READS.items():
                for name, server in servers.items():
                    turns.add(f"{case}: {name}", load.rate(proxied.address(server.port, filters), seconds))
            for units, count in _POSTS.items():
                for name, server in servers.items():
                    rate = load.post_rate(server.port, orders.deliveries(units, count))
                    turns.add(f"webhook of {units}: {name}", rate)
    return [_part(turns)]


def _install() -> str | None:
    """Install the peer's packages unless they are there already; why that was not possible, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "there is no Node.js with npm on this machine"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        return f"Node.js is {version.strip()}, {_OLDEST[0]}.{_OLDEST[1]} is needed"
    stamp = FOLDER / "node_modules" / ".made-from"
    made_from = "".join((FOLDER / name).read_text() for name in ("package-lock.json", "prisma/schema.prisma"))
    if stamp.exists() and stamp.read_text() == made_from:
        return None
    # The schema engine is for migrations and never run; without a name of one it would be downloaded.
    environment = {
        **os.environ,
        _SCHEMA_ENGINE: node,
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
    }
    for name, command in {
        "npm ci": [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
        "prisma generate": [npm, "exec", "--no", "--", "prisma", "generate"],
    }.items():
        try:
            done = subprocess.run(
                command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
        except subprocess.TimeoutExpired:
            return f"`{name}` did not end within five minutes"
        if done.returncode:
            return f"`{name}` failed: {' '.join((done.stderr or done.stdout).split())[:300]}"
    stamp.write_text(made_from)
    return None


def _admit_template(url: str) -> None:
    """The table in which Shopify's app template keeps its sessions, with one for the shop."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            'CREATE TABLE "Session" (id text PRIMARY KEY, shop text NOT NULL, state text NOT NULL, '
            '"isOnline" boolean NOT NULL DEFAULT false, scope text, expires timestamp(3), '
            '"accessToken" text NOT NULL, "userId" bigint, "firstName" text, "lastName" text, email text, '
            '"accountOwner" boolean NOT NULL DEFAULT false, locale text, collaborator boolean DEFAULT false, '
            '"emailVerified" boolean DEFAULT false, "refreshToken" text, "refreshTokenExpires" timestamp(3))'
        )
        connection.execute(
            'INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES (%s, %s, %s, %s, %s)',
            (f"offline_{SHOP}", SHOP, "", "write_orders", "shpat_of_the_bench"),
        )


def _node(words: tuple[str, str], log: Path, url: str) -> tuple[list[str], int, Path, dict[str, str]]:
    port = free_port()
    environment = {
        **os.environ,
        "NODE_ENV": "production",
        "PORT": str(port),
        "DATABASE_URL": url.replace("+psycopg", ""),
        "SHOPIFY_API_SECRET": SECRET,
    }
    return ["node", str(FOLDER / "server.mjs"), *words], port, log, environment


def _same_answers(servers: dict[str, Server]) -> None:
    """All serve the same units in the same shape, make as many, and refuse what Shopify did not sign."""
    for case, filters in _READS.items():
        answers = {
            name: json.loads(fetched(proxied.address(server.port, filters)))
            for name, server in servers.items()
        }
        if any(answer != answers[OURS] for answer in answers.values()):
            raise SystemExit(f"the servers answer differently to {case}:\n{json.dumps(answers)[:3000]}")
    for name, server in servers.items():
        number, body = orders.order(10)
        for _ in load.answers(server.port, [orders.delivery(body)] * 2):
            pass  # twice, as Shopify delivers now and then
        made = json.loads(fetched(proxied.address(server.port, {"orderId": number})))["results"]
        if len({unit["itemId"] for unit in made}) != len(made) or len(made) != 10:
            raise SystemExit(f"{name} made {len(made)} units of an order of 10: {json.dumps(made)[:1000]}")
        forged = proxied.address(server.port, {"orderId": WHOLE_ORDER}).replace(
            f"orderId={WHOLE_ORDER}", "orderId=1"
        )
        try:
            urllib.request.urlopen(forged, timeout=30).close()
        except urllib.error.HTTPError as error:
            if error.code in (400, 401):
                continue
        raise SystemExit(f"{name} answered what Shopify did not sign")


def _part(turns: Turns) -> Part:
    others = [*PEERS]
    part = Part(
        TITLE,
        ["case", OURS, *others, *(f"of {name}" for name in others)],
    )
    for case in _cases():
        rates = [f"{turns.median(f'{case}: {name}'):.0f}" for name in (OURS, *others)]
        ratios = [
            part.kept(f"{case} / {name}", turns.ratio(f"{case}: {OURS}", f"{case}: {name}"))
            for name in others
        ]
        part.rows.append([case, *rates, *ratios])
        part.figures[f"{case} / the better with Prisma"] = min(
            part.figures[f"{case} / {name}"] for name, (_, store) in PEERS.items() if store == "prisma"
        )
    return part


def _cases() -> Iterator[str]:
    yield from _READS
    yield from (f"webhook of {units}" for units in _POSTS)
