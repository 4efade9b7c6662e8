"""Rate limits: token buckets in the memory of one process.

They keep one caller from crowding out the others; they are no fence against a crowd. With several processes each one
counts for itself, so a limit is at least what it says and at most that times the number of processes.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from flask import request

from serializer_app.errors import AppError


class Limiter:
    """``rate`` takes a second, up to ``burst`` at once, for each key; knows at most ``most`` keys.

    The key that was used longest ago is forgotten first and starts afresh with a full bucket. A full bucket is what a
    key unused for ``burst / rate`` seconds has anyway, so forgetting gives nothing away unless more than ``most`` keys
    are busy at once.
    """

    def __init__(
        self, rate: float, burst: int, *, most: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> float:
        """Take one from the bucket of ``key``. 0.0 means go on; otherwise the seconds until there is one again.

        A refused take costs nothing: who keeps knocking is let in as soon as who waits politely.
        """
        with self._lock:
            level, now = self._level(key)
            if level < 1.0:
                self._keep(key, level, now)
                return (1.0 - level) / self._rate
            self._keep(key, level - 1.0, now)
            return 0.0

    def peek(self, key: Hashable) -> float:
        """What ``take`` would answer, without taking: for limits that count failures only."""
        with self._lock:
            level, _ = self._level(key)
        return 0.0 if level >= 1.0 else (1.0 - level) / self._rate

    def left(self, key: Hashable) -> int:
        """How many takes ``key`` has right now."""
        with self._lock:
            return int(self._level(key)[0])

    def __len__(self) -> int:
        return len(self._buckets)

    def _level(self, key: Hashable) -> tuple[float, float]:
        now = self._clock()
        level, at = self._buckets.get(key, (self._burst, now))
        return min(self._burst, level + max(0.0, now - at) * self._rate), now

    def _keep(self, key: Hashable, level: float, now: float) -> None:
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)


def too_many(wait: float) -> AppError:
    """429 with Retry-After, in the one shape of every error."""
    return AppError(
        "too_many_requests",
        "Too many requests; wait a moment and try again",
        status=429,
        permanent=False,
        retry_after=wait,
    )


def caller_address() -> str:
    """Whom to count a request without a credential against.

    The last entry of X-Forwarded-For is the one our own router appended. Whoever reaches the app without a router can
    invent it, and thereby only escapes a limit, never fills somebody else's bucket for long.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    return (forwarded or request.remote_addr or "")[:64]
