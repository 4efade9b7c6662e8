"""What the web processes of one machine count together: answers by door, refusals by reason, how late webhooks come.

The cells lie in memory that gunicorn's arbiter made before the fork (gunicorn.conf.py): each process adds in a part of
its own, whoever is asked reads all of them. No file, no database write and no lock between processes, so that counting
takes less than a microsecond; a process that dies leaves its part, with what it counted, to the one that follows it.
Machines are scraped one by one, as Prometheus wants it.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, MutableSequence, Sequence

from flask import Flask, current_app
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

STATUSES = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
"""Refusals that are told apart; any other one counts as ``other``."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds of the time to an answer: Shopify waits 5 s for that of a webhook."""
LAGS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 14400.0, 86400.0)
"""Bounds of a webhook's way: seconds are usual, four hours are Shopify's last try, a day happens."""
NOBODY = "none"
"""The door of an address that leads nowhere."""

_KEY = "serializer-counters"
_REFUSALS = len(STATUSES) + 1
_BUCKETS = len(SECONDS) + 1
_PER_DOOR = _REFUSALS + _BUCKETS + 1
_TICKS = 1_000_000


class Counters:
    """Counts of one process, and the sums over all that share its memory. ``doors`` are names of blueprints."""

    def __init__(self, doors: Sequence[str]) -> None:
        self._doors = (*doors, NOBODY)
        self._base = {door: number * _PER_DOOR for number, door in enumerate(self._doors)}
        self._nobody = self._base[NOBODY]
        self._reasons = {status: place for place, status in enumerate(STATUSES)}
        self._lags = len(self._doors) * _PER_DOOR
        self._length = self._lags + len(LAGS) + 2
        self._mine: MutableSequence[int] = [0] * self._length
        self._parts: Sequence[Sequence[int]] = [self._mine]
        # Threads of one process (gthread) share its part, and adding is a reading and a writing.
        self._lock = threading.Lock()

    def share(self, memory: memoryview, parts: int, mine: int) -> None:
        """Count in part ``mine`` of ``parts`` equal ones from now on; ``memory`` holds 64-bit cells.

        A memory too small for all doors is left alone: then this process counts, and shows, only what it saw itself.
        """
        length = len(memory) // parts
        if length >= self._length and mine < parts:
            self._parts = [memory[part * length : part * length + self._length] for part in range(parts)]
            self._mine = self._parts[mine]  # type: ignore[assignment]  # a memoryview of cells that can be written

    def answered(self, door: str | None, status: int, seconds: float) -> None:
        """One answer of the door, after so many seconds."""
        base = self._base.get(door or NOBODY, self._nobody)
        bucket = base + _REFUSALS + bisect_left(SECONDS, seconds)
        with self._lock:
            cells = self._mine
            cells[bucket] += 1
            cells[base + _PER_DOOR - 1] += int(seconds * _TICKS)
            if status >= 400:
                cells[base + self._reasons.get(status, _REFUSALS - 1)] += 1

    def webhook_accepted(self, lag: float) -> None:
        """A webhook was committed ``lag`` seconds after Shopify says that it happened."""
        lag = max(lag, 0.0)
        with self._lock:
            cells = self._mine
            cells[self._lags + bisect_left(LAGS, lag)] += 1
            cells[self._length - 1] += int(lag * _TICKS)

    def metrics(self) -> Iterator[Metric]:
        """Sums over all processes of this machine."""
        cells = [sum(column) for column in zip(*self._parts, strict=True)]
        seconds = HistogramMetricFamily(
            "serializer_answer_seconds", "Time to an answer, by door", labels=["door"]
        )
        refusals = CounterMetricFamily(
            "serializer_refusals",
            "Answers that were none, by door and HTTP status",
            labels=["door", "status"],
        )
        for door, base in self._base.items():
            for place, status in enumerate([*map(str, STATUSES), "other"]):
                if count := cells[base + place]:
                    refusals.add_metric([door, status], count)
            end = base + _PER_DOOR - 1
            seconds.add_metric([door], *_histogram(SECONDS, cells[base + _REFUSALS : end], cells[end]))
        yield seconds
        yield refusals
        lag = HistogramMetricFamily(
            "serializer_webhook_lag_seconds", "From X-Shopify-Triggered-At until the webhook was committed"
        )
        lag.add_metric([], *_histogram(LAGS, cells[self._lags : self._length - 1], cells[self._length - 1]))
        yield lag


def _histogram(
    bounds: Sequence[float], counts: Sequence[int], ticks: int
) -> tuple[list[tuple[str, float]], float]:
    """Prometheus' own shape: cumulative buckets and the sum."""
    total = 0
    buckets = []
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets, ticks / _TICKS


def count_in(app: Flask, doors: Sequence[str]) -> None:
    """Give the app its counters, one row of cells for each door."""
    app.extensions[_KEY] = Counters(doors)


def counters(app: Flask | None = None) -> Counters:
    """The counters of this app; inside a request without an argument."""
    found: Counters = (app or current_app).extensions[_KEY]
    return found
