"""The demo's second shop: a merchant who comes from another app, with 200 orders full of its item IDs and serials."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

from serializer_app.devstore.orders import Order
from serializer_app.devstore.other_app import OtherApp
from serializer_app.devstore.products import Variant
from serializer_app.devstore.shop import Shop
from serializer_app.text import JsonDict

if TYPE_CHECKING:
    from serializer_app.devstore.demo import Walk

DOMAIN = "harbour-bikes.myshopify.com"
ORDERS = 200
_PRODUCTS = (
    ("Pier City Bike", "PIER", "749.00"),
    ("Quay Gravel Bike", "QUAY", "1899.00"),
    ("Lighthouse Front Lamp", "LAMP", "59.00"),
    ("Anchor Lock", "LOCK", "89.00"),
    ("Tide E-Bike Battery", "BATT", "499.00"),
)
_PEOPLE = (("Mina", "Okafor"), ("Jonas", "Weber"), ("Aiko", "Tanaka"), ("Lucía", "Ferrer"), ("Noah", "Berg"))
_UNREADABLE = ("malformed", "unknown")
"""Shapes of values that nobody can adopt: each replaces what the other app wrote for one order."""


def seed(shop: Shop, other: OtherApp, count: int = ORDERS) -> list[Order]:
    """Sell ``count`` orders before this app is installed; ``other`` serialises every one of them."""
    chance = random.Random(200)  # the same shop in every demo
    variants: list[Variant] = [
        shop.add_product(title, sku=sku, price=price, announce=False).variant
        for title, sku, price in _PRODUCTS
    ]
    people = [shop.add_customer(*name) for name in _PEOPLE]
    orders = [
        shop.place_order(
            [(variant, chance.randint(1, 2)) for variant in chance.sample(variants, chance.randint(1, 2))],
            chance.choice(people),
            announce=False,
        )
        for _ in range(count)
    ]
    other.seed(orders, variants)
    for order, shape in zip(orders, _UNREADABLE, strict=False):
        other.write_shape(order, shape)
    return orders


def walk(demo: Walk) -> None:
    """Install beside the other app's data and check that it stays; with ``--once``, move in as well."""
    count = ORDERS if not demo.once else ORDERS // 4
    demo.title(f"10. A merchant comes from another app: {DOMAIN}, {count} orders with its data")
    shop, other = demo.store.shop(DOMAIN), demo.store.other_app(DOMAIN)
    orders = seed(shop, other, count)
    demo.check(shop.open_app().status == 200, "the app is installed beside the other one's data")
    readable = [json.loads(other.written[order.gid, "properties"]) for order in orders[len(_UNREADABLE) :]]
    units = sum(len(document["items"]) for document in readable)
    look = _takeover(demo, "look")
    demo.check(
        (look["counts"].get("items"), len(look["problems"])) == (units, len(_UNREADABLE)),
        f"takeover look finds {units} units of the other app, and {len(_UNREADABLE)} orders that nobody can read",
    )
    demo.check(other.untouched(), "and everything that the other app wrote still stands as it wrote it")
    if not demo.once:
        demo.told("Move it in yourself: open the shop's admin below and choose Move in on the home page.")
        return
    old = json.loads(other.written[orders[-1].gid, "properties"])["items"][0]
    adopted = _takeover(demo, "adopt")
    demo.check(adopted["counts"].get("items") == units, f"takeover adopt brings over all {units} units")
    typed = old["itemId"].lower().replace("-", " ")
    found = json.loads(shop.proxy_get("/items", {"itemId": typed}).body)["results"]
    demo.check(
        [(item["itemId"], item["serialNumber"]) for item in found] == [(old["itemId"], old["serialNumber"])],
        f"the old item ID, typed as {typed}, is found with its serial number",
    )


def _takeover(demo: Walk, action: str) -> JsonDict:
    done = subprocess.run(
        [sys.executable, "-m", "serializer_app.cli", "takeover", action, "--shop", DOMAIN, "--json"],
        env=demo.environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        demo.check(False, f"takeover {action} ended with {done.returncode}: {done.stderr.strip()[:300]}")
        return {"counts": {}}
    report: JsonDict = json.loads(done.stdout)
    return report
