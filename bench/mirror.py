"""The mirror against a pretend Shopify: how much of its cost bucket it uses, and what webhooks feel of its troubles."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import load
from bench.measured import Part, Turns
from bench.servers import KINDS, databases
from serializer_app.devstore.admin_api import Call
from serializer_app.devstore.faults import ALWAYS
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.webhooks import Delivery
from tests.conftest import API_KEY, API_SECRET
from tests.crash.processes import House

ORDERS = 1000
_UNITS = 2
_CHANGES = 2
"""Webhooks of one order that arrive while its first write waits."""
_CAPACITY, _RATE = 100.0, 100.0
"""Points, and points a second as of the smallest plan. A bucket that is small from the start shows the steady state."""
_PER_TURN = 30
STATES = ("works", "throttled", "down")


def measure(folder: Path, rounds: int) -> list[Part]:
    drained = Part(
        "The mirror against the cost bucket",
        [
            *("database", "orders", "seconds", "orders/s", "calls", "of them throttled", "metafields a call"),
            *("writes per order", "of what the bucket gives"),
        ],
    )
    felt = Part(
        "Webhooks of 2 units beside the mirror, ms", ["mirror", "median", "spread", "of a mirror that works"]
    )
    with databases(folder, "mirror") as urls:
        for kind in KINDS:
            place = folder / kind
            place.mkdir()
            with _house(urls["mirror"][kind], place) as house:
                _drain(drained, kind, house)
                _troubles(felt, kind, house, rounds)
    return [drained, felt]


@contextmanager
def _house(url: str, folder: Path) -> Iterator[House]:
    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        house = House(url, folder, store)
        store.webhooks.hold = True  # what is to be sent is sent by us
        try:
            house.start("web")
            if not house.db.is_sqlite:
                house.start("worker")
            house.wait_until(lambda: house.waiting() == 0, 60, "the installation's own work is done")
            yield house
        finally:
            house.close()


def _webhooks(house: House, orders: int, changes: int = 1) -> list[bytes]:
    """New orders of the pretend shop as it would announce them, and their changes."""
    store = house.store
    placed = [store.shop().place_order([(house.variant, _UNITS)]) for _ in range(orders)]
    for number in range(changes - 1):
        store.advance(1)
        for order in placed:
            store.shop().update_order(order, note=f"change {number}")
    return [_taken(house, delivery) for delivery in store.webhooks.pending()]


def _taken(house: House, delivery: Delivery) -> bytes:
    """The request of a delivery that waits, which is not sent by the store any more."""
    delivery.state = "delivered"
    return load.request("POST", delivery.path, house.store.webhooks.headers(delivery), delivery.body)


def _drain(part: Part, kind: str, house: House) -> None:
    """Let orders and their changes pile up while Shopify throttles, then see how fast they go out."""
    store = house.store
    store.faults.throttle(ALWAYS)
    load.post_rate(house.port, _webhooks(house, ORDERS, _CHANGES))
    store.limit(_CAPACITY, _RATE)
    before = len(store.admin.calls)
    store.faults.clear()
    house.wait_until(lambda: house.waiting() == 0, 180, "the mirror catches up")
    calls = [call for call in store.admin.calls[before:] if call.operation == "MetafieldsSet"]
    went = [call for call in calls if call.outcome == "ok"]
    seconds = (went[-1].at - went[0].at).total_seconds()
    share = _share(went)
    writes, metafields = _written(went)
    part.figures[f"mirror, {kind}, of the bucket"] = share
    part.figures[f"mirror, {kind}, writes per order"] = writes
    rates = (f"{seconds:.1f}", f"{ORDERS / seconds:.0f}", str(len(calls)), str(len(calls) - len(went)))
    part.rows.append([kind, str(ORDERS), *rates, f"{metafields:.1f}", f"{writes:.2f}", f"{share:.0%}"])


def _share(calls: list[Call]) -> float:
    """Points used of those the bucket gave: from the call on that found its first filling used up, if one did."""
    begun, used = calls[0].at, 0.0
    for number, call in enumerate(calls):
        used += call.cost
        left = _CAPACITY + _RATE * (call.at - begun).total_seconds() - used
        if left < _CAPACITY / 2:
            later = calls[number + 1 :]
            return sum(call.cost for call in later) / (_RATE * (later[-1].at - call.at).total_seconds())
    return used / (_CAPACITY + _RATE * (calls[-1].at - begun).total_seconds())


def _written(calls: list[Call]) -> tuple[float, float]:
    """How often an order's main metafield was written, and how many metafields a call carried."""
    inputs = [entry for call in calls for entry in call.variables["metafields"]]
    owners = Counter(entry["ownerId"] for entry in inputs if entry["key"] == "properties")
    return sum(owners.values()) / len(owners), len(inputs) / len(calls)


def _troubles(part: Part, kind: str, house: House, rounds: int) -> None:
    turns = Turns()
    for _ in range(rounds):
        for state in STATES:
            _bring_about(house.store, state)
            turns.add(state, load.posted_apart(house.port, _webhooks(house, _PER_TURN)))
    house.store.faults.clear()
    for state in STATES:
        ratio = turns.ratio(state, "works")
        row = [f"{state}, {kind}", f"{turns.median(state) * 1000:.1f}", f"± {turns.spread(state):.0%}"]
        part.rows.append([*row, part.kept(f"webhook, mirror {state} / works, {kind}", ratio)])
    for state in STATES[1:]:
        name = f"webhook, mirror {state} / works"
        part.figures[name] = max(part.figures.get(name, 0.0), part.figures[f"{name}, {kind}"])


def _bring_about(store: DevStore, state: str) -> None:
    store.faults.clear()
    if state == "throttled":
        store.faults.throttle(ALWAYS)
    elif state == "down":
        store.faults.time_out(3.0, ALWAYS)  # no answer at all
    time.sleep(0.5)  # the worker looks every quarter of a second
