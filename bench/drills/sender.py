"""Shopify's side of a drill: orders at a steady pace whatever happens, every webhook repeated until it is taken."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, PriorityQueue
from random import Random
from urllib.parse import urlencode

from serializer_app.devstore.order_payload import order_payload
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Variant
from serializer_app.devstore.proxy import AppProxy
from serializer_app.devstore.shop import Shop
from serializer_app.devstore.signing import webhook_hmac

TIMEOUT = 5.0
WAITS = (0.5, 1.0, 2.0, 4.0)
"""Before each further try; the last one again and again. Shopify's are longer, the order of things is the same."""


@dataclass
class Webhook:
    """One delivery with all its tries: (when it began, seconds, status; 0 = no answer)."""

    topic: str
    order: int
    body: bytes
    placed: float
    tries: list[tuple[float, float, int]] = field(default_factory=list)
    accepted: float | None = None
    identity: str = field(default_factory=lambda: secrets.token_hex(8))


class Sender:
    """Places ``pace`` orders a second and delivers them to ``address``, some twice at once, from many connections."""

    def __init__(
        self,
        shop: Shop,
        variant: Variant,
        secret: str,
        address: tuple[str, int],
        *,
        pace: float = 12,
        seed: int = 1,
    ) -> None:
        self.shop = shop
        self.variant = variant
        self.secret = secret
        self.address = address
        self.pace = pace
        self.random = Random(seed)
        self.orders: list[Order] = []
        self.known: list[int] = []
        self._proxy = AppProxy(secret, shop.state.clock)
        self.webhooks: list[Webhook] = []
        self.look_ups: list[tuple[float, float, int]] = []
        self._queue: PriorityQueue[tuple[float, int, Webhook]] = PriorityQueue()
        self._placing = threading.Event()
        self._over = threading.Event()
        self._counter = 0
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Sender:
        self._placing.set()
        works = [self._place, self._look_up, *[self._deliver] * 8]
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._placing.clear()
        self._over.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 2)

    def stop_placing(self) -> None:
        """No more orders; what is not accepted yet is repeated on."""
        self._placing.clear()

    def pending(self) -> int:
        return sum(webhook.accepted is None for webhook in [*self.webhooks])

    def first_accepted_after(self, moment: float) -> float | None:
        """Seconds from ``moment`` until a webhook was accepted that was sent after it."""
        ends = [
            at + took - moment
            for webhook in [*self.webhooks]
            for at, took, status in webhook.tries
            if 200 <= status < 300 and at >= moment
        ]
        return min(ends, default=None)

    def send_junk(self, size: int) -> None:
        """Two signed bodies of so many bytes at once that cost the app as much memory as any; answers don't matter."""
        body = b'{"id":1,"line_items":[' + b'{"id":1},' * (size // 9) + b'{"id":1}]}'
        for _ in range(2):
            webhook = Webhook("orders/updated", 1, body, 0.0)
            threading.Thread(target=self._post, args=(webhook,), daemon=True).start()

    # --- threads ----------------------------------------------------------------------------------------------------

    def _place(self) -> None:
        while self._placing.is_set():
            began = time.monotonic()
            order = self.shop.place_order([(self.variant, self.random.randint(1, 5))], announce=False)
            with self.shop.state.lock:
                body = json.dumps(order_payload(self.shop.state, order), separators=(",", ":")).encode()
            self.orders.append(order)
            # Shopify delivers at least once, in any order: some come twice, at the same moment.
            topics = ["orders/create"] + ["orders/create"] * (self.random.random() < 0.1)
            topics += ["orders/updated"] * (self.random.random() < 0.2)
            for topic in topics:
                webhook = Webhook(topic, order.id, body, time.monotonic())
                self.webhooks.append(webhook)
                self._put(webhook, 0)
            self._over.wait(max(0.0, 1 / self.pace - (time.monotonic() - began)))

    def _put(self, webhook: Webhook, wait: float) -> None:
        with self._lock:
            self._counter += 1
            self._queue.put((time.monotonic() + wait, self._counter, webhook))

    def _deliver(self) -> None:
        while not self._over.is_set():
            try:
                due, number, webhook = self._queue.get(timeout=0.2)
            except Empty:
                continue
            if (wait := due - time.monotonic()) > 0:
                self._queue.put((due, number, webhook))
                self._over.wait(min(wait, 0.05))
                continue
            began = time.monotonic()
            status = self._post(webhook)
            webhook.tries.append((began, time.monotonic() - began, status))
            if 200 <= status < 300:
                webhook.accepted = time.monotonic()
                self.known.append(webhook.order)
            else:
                self._put(webhook, WAITS[min(len(webhook.tries), len(WAITS)) - 1])

    def _post(self, webhook: Webhook) -> int:
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": webhook.topic,
            "X-Shopify-Hmac-SHA256": webhook_hmac(self.secret, webhook.body),
            "X-Shopify-Shop-Domain": self.shop.domain,
            "X-Shopify-Webhook-Id": webhook.identity,
            "X-Shopify-Triggered-At": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z",
        }
        return self._ask("POST", "/webhooks/" + webhook.topic.replace("/", "-"), webhook.body, headers)

    def _look_up(self) -> None:
        """A visitor of the storefront: no retries, so that what fails is seen."""
        while not self._over.wait(0.1):
            if not self.known:
                continue
            # Only orders that are known to have arrived: looking up others would be guessing, and guesses are limited.
            order = self.random.choice(self.known)
            signed = self._proxy.signed(self.shop.domain, [("orderId", str(order))], None)
            query = urlencode(signed)
            began = time.monotonic()
            status = self._ask("GET", f"/apps/serializer/items?{query}", None, {})
            self.look_ups.append((began, time.monotonic() - began, status))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    # --- figures ----------------------------------------------------------------------------------------------------

    def figures(self) -> dict[str, object]:
        first = [webhook.tries[0][2] for webhook in self.webhooks if webhook.tries]
        failed = Counter(status for status in first if not 200 <= status < 300)
        times = sorted(webhook.accepted - webhook.placed for webhook in self.webhooks if webhook.accepted)
        missed = Counter(status for _, _, status in self.look_ups if status != 200)
        return {
            "webhooks": len(self.webhooks),
            "first tries failed": _told(failed),
            "unanswered in the end": self.pending(),
            "longest until accepted, s": round(times[-1], 1) if times else None,
            "look-ups failed": f"{sum(missed.values())} of {len(self.look_ups)}"
            + (f" ({_told(missed)})" if missed else ""),
        }


def _told(counts: Counter[int]) -> str:
    words = {0: "no answer"}
    return (
        ", ".join(f"{count} × {words.get(status, status)}" for status, count in sorted(counts.items())) or "0"
    )
