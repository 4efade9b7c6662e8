"""The goals, and whether this run met them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.measured import table
from bench.servers import KINDS

MOST_GROWTH = {"SQLite": 1.5, "PostgreSQL": 1.25}
MOST_SECONDS = 0.002
"""Of a query in the database."""


@dataclass(frozen=True)
class Goal:
    """``figure`` is a name among the figures of the parts; ``unit`` follows the numbers."""

    path: str
    figure: str
    limit: float
    at_least: bool
    unit: str = "×"

    def verdict(self, figures: dict[str, float]) -> dict[str, Any]:
        """{"path", "goal", "found", "verdict"}: met, missed or not measured."""
        found = figures.get(self.figure)
        met = found is not None and (found >= self.limit if self.at_least else found <= self.limit)
        sign = "≥" if self.at_least else "≤"
        return {
            "path": self.path,
            "goal": f"{sign} {self.limit:g} {self.unit}".rstrip(),
            "found": "–" if found is None else f"{found:.2f} {self.unit}".rstrip(),
            "verdict": "not measured" if found is None else "met" if met else "missed",
        }


def goals() -> Iterator[Goal]:
    yield from _reading()
    yield from _writing()
    for kind in KINDS:
        growth = f"growth, worst case, {kind}"
        yield Goal(f"growth of whole requests, worst case, {kind}", growth, MOST_GROWTH[kind], False)
        yield Goal(
            f"slowest query, {kind}", f"slowest database part, ms, {kind}", MOST_SECONDS * 1000, False, "ms"
        )
    for state in ("throttled", "down"):
        figure = f"webhook, mirror {state} / works"
        yield Goal(f"webhook while the mirror is {state}, of one while it works", figure, 1.1, False)
    for kind in KINDS:
        yield Goal(
            f"mirror, {kind}, of what the cost bucket gives", f"mirror, {kind}, of the bucket", 0.90, True
        )
        yield Goal(f"mirror, {kind}, writes of an order", f"mirror, {kind}, writes per order", 1.0, False, "")
        yield Goal(f"memory of a web process, {kind}", f"memory, {kind}", 120.0, False, "MB")
        yield Goal(f"memory at the end, of that when warm, {kind}", f"memory growth, {kind}", 1.05, False)
    yield Goal("start-up of the web process", "start-up, s", 1.5, False, "s")


def _reading() -> Iterator[Goal]:
    for kind, share in (("SQLite", 0.50), ("PostgreSQL", 0.40)):
        case = f"page of 100 by orderId, {kind} / floor"
        yield Goal(f"page of 100, {kind}", case, share, True, "of the floor")
    for kind in KINDS:
        case = f"one item by itemRef, {kind} / floor"
        yield Goal(f"one item by itemRef, {kind}", case, 0.60, True, "of the floor")
    for peer, times in (
        ("Express + Prisma", 3.0),
        ("React Router + Prisma", 5.0),
        ("Express + raw SQL", 1.0),
    ):
        yield Goal(f"page of 100 against {peer}, PostgreSQL", f"page of 100 / {peer}", times, True)


def _writing() -> Iterator[Goal]:
    for units, times in ((1, 1.5), (250, 2.7)):
        figure = f"webhook of {units} / the better with Prisma"
        yield Goal(
            f"webhook of {units} against the better official stack with Prisma, PostgreSQL",
            figure,
            times,
            True,
        )
    limits = {
        "order of 1": 2.0,
        "order of 10": 2.0,
        "order of 250": 2.0,
        "order of 5,000": 2.0,
        "10,000 serials": 3.0,
    }
    for kind in KINDS:
        for case, limit in limits.items():
            figure = f"{case}, {kind}, beyond the floor / raw insert"
            yield Goal(f"{case}, {kind}, beyond the floor", figure, limit, False, "raw inserts")


def verdicts(figures: dict[str, float]) -> list[dict[str, Any]]:
    return [goal.verdict(figures) for goal in goals()]


def goals_table(found: list[dict[str, Any]]) -> str:
    """Those that were measured, and one line on the rest."""
    rows = [
        [goal["path"], goal["goal"], goal["found"], goal["verdict"]]
        for goal in found
        if goal["verdict"] != "not measured"
    ]
    left = sum(goal["verdict"] == "not measured" for goal in found)
    text = table(["path", "goal", "found", ""], rows)
    return f"{text}\n\n{left} goals were not measured in this run." if left else text
