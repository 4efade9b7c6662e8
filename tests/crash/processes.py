"""The app as it runs in production: gunicorn and the worker as processes that can be killed, a pretend shop beside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import requests
from sqlalchemy import func, select, update

from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.devstore.orders import Order
from serializer_app.devstore.server import DevStore
from serializer_app.domain.catalog import catalog
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify import oauth
from serializer_app.store import migrate
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import SCHEDULED
from serializer_app.store.models import Item, Lane, OutboxRow
from tests.conftest import API_KEY, API_SECRET, ENCRYPTION_KEY
from tests.postgres import free_port, temporary_server

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0
MOST_PENDING = 30


@dataclass
class House:
    """The app's processes on one database. ``log`` collects what all of them write."""

    database_url: str
    folder: Path
    store: DevStore
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store.app_url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / "app.log"
        self.environ = {
            **os.environ,
            "SHOPIFY_API_KEY": API_KEY,
            "SHOPIFY_API_SECRET": API_SECRET,
            "SHOPIFY_APP_URL": self.store.app_url,
            "SHOPIFY_ADMIN_ORIGIN": self.store.origin,
            "DATABASE_URL": self.database_url,
            "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "PYTHONPATH": str(ROOT),
        }
        self.settings = Settings.from_env(self.environ)
        migrate.upgrade(self.database_url)
        self.db = Database(self.database_url)
        self._install()

    def _install(self) -> None:
        shop = self.store.shop()
        grant = oauth.exchange_id_token(self.settings, shop.domain, shop.id_token())
        with self.db.write() as session:
            row = shops.install(session, shop.domain, sorted(grant.scopes))
            tokens.save(session, Vault(self.settings.encryption_keys), row.id, grant)
            self.api_key = shops.create_api_key(session, row, ["read", "write"])
            self.shop_id = row.id
            self.variant = shop.add_product("Watch", sku="W-1").variant
            catalog.configure(session, row.id, self.variant.id, {"trackable": True, "auto_generatable": True})

    # --- processes ------------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """``web`` or ``worker``; a process group of its own, so that a kill takes all of it as a power cut would."""
        commands = {
            "web": ["gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "-b", f"127.0.0.1:{self.port}"],
            "worker": ["serializer_app.cli", "worker"],
        }
        words = [sys.executable, "-m", *commands[name]]
        if name == "web":
            words.append("serializer_app:create_app()")
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                words, env=self.environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        if name == "web":
            self.wait_until(self._is_ready, READY_SECONDS, "the app gets ready")

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.killed.append(name)

    def let_leases_end(self) -> None:
        """As if the twenty seconds had passed that a killed worker keeps its shop's lane."""
        with self.db.write() as session:
            session.execute(update(Lane).values(leased_until=now()))

    def stop(self, name: str) -> int:
        """SIGTERM as a platform sends it; the exit status."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(40)

    def close(self) -> None:
        for name in [*self.running]:
            self.kill(name)
        self.db.dispose()

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.store.app_url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    # --- waiting and looking --------------------------------------------------------------------------------------

    def wait_until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
        raise AssertionError(f"not within {seconds:.0f} s: {what}\n{tail}")

    def waiting(self) -> int:
        """Jobs that are due some time soon."""
        with self.db.read() as session:
            return int(session.scalar(select(func.count()).where(OutboxRow.kind.not_in(SCHEDULED))) or 0)

    def parked(self) -> list[str | None]:
        with self.db.read() as session:
            return list(session.scalars(select(OutboxRow.problem).where(OutboxRow.parked_at.is_not(None))))

    def leases(self) -> list[str | None]:
        with self.db.read() as session:
            return [lease for lease in session.scalars(select(Lane.lease)) if lease is not None]

    def items(self) -> dict[int, list[Item]]:
        """All items by order, removed ones too."""
        found: dict[int, list[Item]] = {}
        with self.db.read() as session:
            for item in session.scalars(select(Item).order_by(Item.id)):
                found.setdefault(item.order_id, []).append(item)
        return found


class Load:
    """Orders, edits and entered serials of a busy shop, from a thread. ``most``: units that an order ever had."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = Random(seed)
        self.orders: list[Order] = []
        self.most: dict[int, int] = {}
        self.serials: dict[str, str] = {}
        """Item ID → serial number that the API acknowledged."""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Load:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(60)

    def _run(self) -> None:
        shop = self.house.store.shop()
        while not self.over.wait(0.03):
            if len(self.house.store.webhooks.pending()) > MOST_PENDING:
                continue  # the app is away: people wait
            if len(self.orders) < 3 or self.random.random() < 0.4:
                units = self.random.randint(1, 4)
                order = shop.place_order([(self.house.variant, units)])
                self.orders.append(order)
                self.most[order.id] = units
            elif self.random.random() < 0.6:
                order = self.random.choice(self.orders[1::2])
                units = self.random.randint(0, 6)
                self.house.store.advance(1)
                self.most[order.id] = max(units, self.most[order.id])
                shop.edit_order(order, {order.lines[0].id: units})
            else:
                self._enter_serial(self.random.choice(self.orders[::2]))

    def _enter_serial(self, order: Order) -> None:
        """On orders that are never edited, so that nothing takes the item away."""
        headers = {"Authorization": f"Bearer {self.house.api_key}"}
        url = f"{self.house.store.app_url}/api/v1"
        try:
            found = requests.get(f"{url}/orders/{order.id}", headers=headers, timeout=5)
            if not found.ok or not found.json()["items"]:
                return
            item_id = found.json()["items"][0]["itemId"]
            serial = f"SN-{self.random.randint(1, 10**9)}"
            body = {"serialNumber": serial}
            answer = requests.patch(f"{url}/items/{item_id}", json=body, headers=headers, timeout=5)
        except requests.RequestException:
            # Killed on the way: whether it was kept is open until it is entered again.
            self.serials.pop(locals().get("item_id", ""), None)
            return
        if answer.ok:
            self.serials[item_id] = serial
        elif answer.status_code >= 500:
            # The database went away at the commit: open as well.
            self.serials.pop(item_id, None)


@contextmanager
def house_on_sqlite(folder: Path) -> Iterator[House]:
    """The app on a new SQLite file, where the web process does the worker's part; closed in the end."""
    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        house = House(f"sqlite:///{folder / 'app.sqlite3'}", folder, store)
        try:
            yield house
        finally:
            house.close()


@contextmanager
def house_on_postgresql(folder: Path) -> Iterator[House]:
    """The app on a new PostgreSQL server that writes through to the disk; closed in the end."""
    with temporary_server(fsync=True) as server, DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        house = House(server.url(), folder, store)
        try:
            yield house
        finally:
            house.close()
