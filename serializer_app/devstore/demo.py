"""``make demo``: the app, its worker and a pretend shop on loopback, and a walk through the main job that is checked.

Everything goes over real HTTP with real signatures. The account on stdout says what happened; every line that begins
with a tick was compared with what had to come out, and ``--once`` exits 0 only if all of them held.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import requests
from cryptography.fernet import Fernet

from serializer_app.devstore import demo_buyer, demo_takeover, demo_units
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Customer, Variant
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.shop import Shop
from serializer_app.store import migrate
from serializer_app.text import Json, JsonDict

FOLDER = Path("var")
API_KEY = "demo-client-id"
WAIT_SECONDS = 30.0


class Walk:
    """The steps of the demo: each prints what it saw and whether it is what had to come out."""

    def __init__(self, store: DevStore, app_url: str, environ: dict[str, str], *, once: bool) -> None:
        self.store = store
        self.shop: Shop = store.shop()
        self.app_url = app_url
        self.environ = environ
        self.once = once
        self.failures: list[str] = []
        self.http = requests.Session()
        self.variants: dict[str, Variant] = {}
        self.orders: dict[str, Order] = {}
        self.ada: Customer | None = None

    # --- telling --------------------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def told(self, text: str) -> None:
        print(f"    {text}", flush=True)

    def check(self, holds: bool, text: str) -> None:
        print(f"  {'✓' if holds else '✗ FAILED:'} {text}", flush=True)
        if not holds:
            self.failures.append(text)

    def until(self, ready: Callable[[], bool]) -> bool:
        """Background work takes a moment; a generous one before it counts as failed."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            if ready():
                return True
            time.sleep(0.1)
        return False

    # --- asking ---------------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: Json = None) -> Any:  # the walk knows what each path answers
        answer = self.http.request(method, f"{self.app_url}/api/v1{path}", json=body, timeout=30)
        if not answer.ok:
            self.check(False, f"{method} /api/v1{path} answered {answer.status_code}: {answer.text[:200]}")
            return {}
        return answer.json()

    def items(self, **filters: str | int) -> JsonDict:
        answer = self.shop.proxy_get("/items", filters)
        if answer.status != 200:
            self.check(False, f"the proxy answered {answer.status} to {filters}")
            return {"results": [], "hasNext": False}
        page: JsonDict = json.loads(answer.body)
        return page

    def properties(self, owner: str) -> JsonDict:
        metafield = self.shop.metafield(owner)
        return json.loads(metafield.value) if metafield else {}

    # --- the walk -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        for step in (
            self.install,
            self.track,
            self.place_orders,
            self.metafields,
            self.mail,
            self.verify,
            self.pages,
            lambda: demo_buyer.walk(self),
            lambda: demo_units.walk(self),
            lambda: demo_takeover.walk(self),
        ):
            step()

    def install(self) -> None:
        self.title("1. A merchant opens the app for the first time")
        answer = self.shop.open_app()
        self.check(
            answer.status == 200, "the page opens with Shopify's id token, which is exchanged for a token"
        )
        key = subprocess.run(
            [sys.executable, "-m", "serializer_app.cli", "api-key", "create", "--shop", self.shop.domain],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        made = re.fullmatch(r"szr_[A-Za-z0-9]{40,}", key.stdout.strip())
        self.check(made is not None, "serializer-app api-key create makes a key for the shop's other systems")
        self.http.headers["Authorization"] = f"Bearer {key.stdout.strip()}"

    def track(self) -> None:
        self.title(
            "2. Three variants: one generates items by itself, one is only tracked, one is not tracked"
        )
        self.variants = {
            "watch": self.shop.add_product("Tide Watch", sku="TIDE-40", price="289.00").variant,
            "strap": self.shop.add_product("Leather Strap", sku="STRAP-20", price="39.00").variant,
            "gift": self.shop.add_product("Gift Wrap", sku="WRAP", price="4.00").variant,
        }
        warranty = {"unit": "month", "value": 24}
        settings: dict[str, JsonDict] = {
            "watch": {"trackable": True, "autoGeneratable": True, "warrantyDuration": warranty},
            "strap": {"trackable": True, "autoGeneratable": False},
            "gift": {"trackable": False, "autoGeneratable": False},
        }
        for name, body in settings.items():
            self.api("PUT", f"/variants/{self.variants[name].id}", body)
        owner = f"gid://shopify/ProductVariant/{self.variants['watch'].id}"
        mirrored = self.until(lambda: self.properties(owner).get("warrantyDuration") == warranty)
        self.check(mirrored, f"the variant's metafield holds {json.dumps(self.properties(owner))}")

    def place_orders(self) -> None:
        self.title("3. Orders come in by webhook (orders/create, full-size payloads)")
        watch, strap, gift = self.variants["watch"], self.variants["strap"], self.variants["gift"]
        self.ada = self.shop.add_customer("Ada", "Lind")
        self.orders["three lines"] = self.shop.place_order([(watch, 2), (strap, 1), (gift, 1)], self.ada)
        self.orders["a guest"] = self.shop.place_order([(watch, 1)])
        self.orders["a line without a variant"] = self.shop.place_order([(watch, 1), (None, 3)], self.ada)
        self.orders["250 units"] = self.shop.place_order([(watch, 250)], self.ada)
        self.store.faults.duplicate_webhooks(1, "orders/create")
        self.orders["delivered twice"] = self.shop.place_order([(watch, 2)], self.ada)
        wanted = {
            "three lines": 2,
            "a guest": 1,
            "a line without a variant": 1,
            "250 units": 250,
            "delivered twice": 2,
        }
        for name, count in wanted.items():
            order = self.orders[name]
            held = self.until(partial(self._has_items, order, count))
            self.check(held, f"order {order.name} ({name}): {count} item{'s' * (count != 1)}")
        for item in self.all_items(self.orders["three lines"]):
            self.told(f"item {item['itemId']}  warranty {item['warrantyDuration']['value']} months")

    def _has_items(self, order: Order, count: int) -> bool:
        return len(self.all_items(order)) == count

    def all_items(self, order: Order) -> list[JsonDict]:
        found: list[JsonDict] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.items(orderId=order.id, **cursor)
            found += page["results"]
            if not page["hasNext"]:
                return found
            cursor = {"cursor": page["next"]}

    def metafields(self) -> None:
        self.title("4. The order's metafield, as the pretend shop holds it now")
        for name, total, count in (("three lines", 3, 2), ("a guest", 1, 1), ("250 units", 250, 250)):
            order = self.orders[name]
            owner = f"gid://shopify/Order/{order.id}"
            wanted = {item["itemId"] for item in self.all_items(order)}

            def agrees(owner: str = owner, wanted: set[str] = wanted, total: int = total) -> bool:
                document = self.properties(owner)
                ids = {item["itemId"] for item in document.get("items", [])}
                return document.get("currentTotalTrackable") == total and ids == wanted

            self.check(self.until(agrees), f"{order.name}: currentTotalTrackable {total}, {count} items")
        owner = f"gid://shopify/Order/{self.orders['three lines'].id}"
        for line in json.dumps(self.properties(owner), indent=2).splitlines():
            self.told(line)

    def mail(self) -> None:
        self.title("5. The order confirmation, rendered by the pretend shop from its Liquid template")
        order = self.orders["three lines"]
        text = _as_text(self.shop.render_mail(order))
        ids = [item["itemId"] for item in self.all_items(order)]
        self.check(all(item_id in text for item_id in ids), "the mail names both item IDs")
        self.check("24 months" in text, "and their warranty of 24 months")
        for line in text.splitlines():
            if any(word in line for word in (*ids, "Tide Watch", "arranty")):
                self.told(line)

    def verify(self) -> None:
        self.title("6. A visitor of the shop verifies an item through the app proxy")
        order = self.orders["three lines"]
        found = self.items(orderId=order.id)["results"]
        self.check(len(found) == 2, f"GET /apps/serializer/items?orderId={order.id}: {len(found)} items")
        item_id = found[0]["itemId"]
        typed = item_id.lower().replace("-", "")
        again = self.items(itemId=typed)["results"]
        self.check(
            [item["itemId"] for item in again] == [item_id], f"itemId typed as {typed} finds {item_id}"
        )
        self.api("PATCH", f"/items/{item_id}", {"serialNumber": "TW-2026-00017"})
        entered = self.items(serialNumber="tw-2026-00017 ")["results"]
        self.check(
            [item["itemId"] for item in entered] == [item_id], "the serial number entered since finds it too"
        )
        owner = f"gid://shopify/Order/{order.id}"

        def mirrored() -> bool:
            return any(
                item.get("serialNumber") == "TW-2026-00017" for item in self.properties(owner)["items"]
            )

        self.check(self.until(mirrored), "and stands in the order's metafield")
        made_up = self.items(itemId="0000-0000-0000-0001")["results"]
        self.check(made_up == [], "a made-up item ID finds nothing")
        forged = requests.get(
            f"{self.app_url}/apps/serializer/items",
            params={"orderId": str(order.id), "shop": self.shop.domain, "signature": "0" * 64},
            timeout=10,
        )
        self.check(forged.status_code == 401, "a request that Shopify did not sign is refused (401)")

    def pages(self) -> None:
        self.title("7. A walk over all pages of the big order")
        order = self.orders["250 units"]
        page = self.items(orderId=order.id)
        walked = [page["results"]]
        while page["hasNext"]:
            page = self.items(orderId=order.id, cursor=page["next"])
            walked.append(page["results"])
        sizes = [len(results) for results in walked]
        ids = [item["itemId"] for results in walked for item in results]
        self.check(sizes == [100, 100, 50] and len(set(ids)) == 250, f"pages of {sizes}, 250 different items")
        back = [page["results"]]
        while page["hasPrevious"]:
            page = self.items(orderId=order.id, cursor=page["previous"])
            back.append(page["results"])
        self.check(back[::-1] == walked, "and the same pages on the way back")


def run(*, once: bool, port: int) -> int:
    """Start everything, walk through it, and stay up until Ctrl-C (or end at once). 0 only if every step held."""
    print("Serializer demo: the app, its worker and a pretend Shopify shop, all on this machine.", flush=True)
    for number, what in ((port, "the app"), (port + 1, "the pretend shop")):
        if _is_taken(number):
            print(
                f"Port {number}, for {what}, is taken. Choose others with: make demo PORT={port + 100}",
                file=sys.stderr,
            )
            return 1
    # SIGTERM ends the demo as Ctrl-C does: with the web process, which would keep its port otherwise.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    FOLDER.mkdir(exist_ok=True)
    app_url = f"http://127.0.0.1:{port}"
    secret = secrets.token_hex(16)
    store = DevStore(app_url=app_url, api_key=API_KEY, api_secret=secret, port=port + 1)
    with store:
        environ = _environ(store, app_url, port, secret)
        for old in FOLDER.glob("demo.sqlite3*"):
            old.unlink()
        migrate.upgrade(environ["DATABASE_URL"])
        with (FOLDER / "demo.log").open("wb") as log:
            web = _start_web(environ, log)
            try:
                return _walk(store, app_url, environ, web, once=once)
            except KeyboardInterrupt:
                return 130 if once else 0
            finally:
                _stop(web)


def _walk(
    store: DevStore, app_url: str, environ: dict[str, str], web: subprocess.Popen[bytes], *, once: bool
) -> int:
    if not _is_ready(app_url, web):
        print(f"The app did not start; its log is {FOLDER / 'demo.log'}", file=sys.stderr)
        return 1
    walk = Walk(store, app_url, environ, once=once)
    try:
        walk.run()
    except (requests.RequestException, OSError, KeyError, ValueError) as error:
        walk.check(False, f"the walk broke off: {type(error).__name__}: {error}")
    if walk.failures:
        print(
            f"\n{len(walk.failures)} step(s) did not hold; the app's log is {FOLDER / 'demo.log'}", flush=True
        )
    else:
        print("\nEvery step held.", flush=True)
    if not once:
        _stay(store, app_url, web)
    return 1 if walk.failures else 0


def _stay(store: DevStore, app_url: str, web: subprocess.Popen[bytes]) -> None:
    domain = store.shop().domain
    print(
        f"""
Open:
  {store.origin}/           the pretend shop: orders, notification mails, storefront, and faults to switch on
  {store.origin}/admin/{domain}   the app inside the pretend Shopify admin
  {store.origin}/admin/{demo_takeover.DOMAIN}   the same for a shop that comes from another app
  {store.origin}/_mail   what the app mailed to visitors
  {app_url}/api/v1/docs    the API's reference
The app's log is {FOLDER / "demo.log"}. Stop with Ctrl-C.""",
        flush=True,
    )
    while web.poll() is None:
        time.sleep(0.5)
    print(f"The app ended by itself; see {FOLDER / 'demo.log'}", file=sys.stderr)


def _environ(store: DevStore, app_url: str, port: int, secret: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_FILE")}
    return {
        **inherited,
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": secret,
        "SHOPIFY_APP_URL": app_url,
        "SHOPIFY_ADMIN_ORIGIN": store.origin,
        "DATABASE_URL": f"sqlite:///{FOLDER.resolve() / 'demo.sqlite3'}",
        "SERIALIZER_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "PYTHONUNBUFFERED": "1",
    }


def _start_web(environ: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    config = Path(__file__).resolve().parents[2] / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config), "-b", f"127.0.0.1:{environ['PORT']}"]
    return subprocess.Popen([*command, "serializer_app:create_app()"], env=environ, stdout=log, stderr=log)


def _is_ready(app_url: str, web: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end and web.poll() is None:
        try:
            if requests.get(f"{app_url}/readyz", timeout=2).ok:
                return True
        except requests.RequestException:
            time.sleep(0.1)
    return False


def _stop(web: subprocess.Popen[bytes]) -> None:
    web.send_signal(signal.SIGTERM)
    try:
        web.wait(35)
    except subprocess.TimeoutExpired:
        web.kill()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _as_text(page: str) -> str:
    """A mail as a reader sees it, roughly: tags gone, one line per block."""
    body = re.sub(r"(?s)<(style|head|script).*?</\1>", "", page)
    body = re.sub(r"</(p|div|tr|li|h\d|td)>|<br ?/?>", "\n", body)
    lines = (re.sub(r"\s+", " ", line).strip() for line in re.sub(r"<[^>]+>", " ", body).splitlines())
    return "\n".join(line for line in lines if line)
