"""Rate limits: token buckets in the memory of one process.

They keep one caller from crowding out the others; they are no fence against a crowd. With several processes each one
counts for itself, so a limit is at least what it says and at most that times the number of processes.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Literal

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
        if key not in self._buckets:
            return 0.0
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


Guessed = Literal["names", "numbers", "secrets"]
"""What a look-up that finds nothing was after: serial numbers; Shopify's order and customer numbers; or links, codes
and item IDs, of which nobody finds one by trying."""


class Guesses:
    """Look-ups of visitors that found nothing (contract §3): honest visitors find what is on their box.

    Each visitor has a bucket: the signed-in customer, else the address. Whether Shopify lets a visitor's own
    X-Forwarded-For through is not documented, and who has many addresses needs none, so all anonymous misses of a
    shop together have one as well. While that is empty, who signs in, or has a link, a code or an item ID, is answered
    as ever.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._visitors = Limiter(rate=0.5, burst=30, clock=clock)
        self._crowds = {
            "names": Limiter(rate=2, burst=300, clock=clock),
            # A shop's own pages ask by order and customer, and find nothing where nothing is tracked.
            "numbers": Limiter(rate=10, burst=1000, clock=clock),
        }

    def check(self, shop_id: int, customer_id: int | None, address: str, guessed: Guessed) -> None:
        """Raises AppError 429 for a visitor who missed too often, or while too many others do."""
        if wait := self._visitors.peek((shop_id, customer_id or address)):
            raise too_many(wait)
        if customer_id is None and guessed != "secrets" and (wait := self._crowds[guessed].peek(shop_id)):
            raise too_many(wait, "too_many_guesses")

    def missed(self, shop_id: int, customer_id: int | None, address: str, guessed: Guessed) -> None:
        self._visitors.take((shop_id, customer_id or address))
        if customer_id is None and guessed != "secrets":
            self._crowds[guessed].take(shop_id)


def too_many(wait: float, code: str = "too_many_requests") -> AppError:
    """429 with Retry-After, in the one shape of every error."""
    return AppError(
        code,
        "Too many requests; wait a moment and try again",
        status=429,
        permanent=False,
        retry_after=wait,
    )
