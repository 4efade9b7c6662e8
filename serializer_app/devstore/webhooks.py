"""Sends signed webhooks as Shopify does: in no promised order, at least once if at all, with retries."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition, Thread

from serializer_app.devstore.app_link import AppLink, AppUnreachable
from serializer_app.devstore.faults import Faults
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.signing import webhook_hmac
from serializer_app.text import JsonDict

COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
TIMEOUT = 5.0
#: Shopify tries 8 times over 4 hours; the pretend shop keeps the number and shortens the hours.
RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True)
class Attempt:
    """``status`` 0 means that no answer came."""

    status: int
    seconds: float


@dataclass
class Delivery:
    """One webhook: the same ID and body at every attempt. ``state``: pending, delivered, failed or dropped."""

    topic: str
    shop: str
    body: bytes = field(repr=False)
    triggered_at: datetime
    event_id: str
    webhook_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: list[Attempt] = field(default_factory=list)
    state: str = "pending"
    due: float = 0.0
    """Monotonic time before which the background thread leaves it alone."""

    @property
    def status(self) -> int | None:
        """The HTTP status of the last attempt."""
        return self.attempts[-1].status if self.attempts else None

    @property
    def path(self) -> str:
        return (
            "/webhooks/compliance"
            if self.topic in COMPLIANCE
            else f"/webhooks/{self.topic.replace('/', '-')}"
        )

    @property
    def payload(self) -> JsonDict:
        payload: JsonDict = json.loads(self.body)
        return payload


class WebhookSender:
    """All deliveries of a store. ``send`` makes the first attempt at once, in the calling thread.

    With ``hold`` set, deliveries only queue up, until ``flush`` sends them in order or shuffled: what the tests use
    to play every order of arrival. The background thread (``start``) repeats failed and delayed ones.
    """

    def __init__(
        self, app: Callable[[], AppLink | None], secret: str, version: str, clock: ShopClock, faults: Faults
    ) -> None:
        self._app = app
        self.secret = secret
        self.version = version
        self.clock = clock
        self.faults = faults
        self.hold = False
        self.retry_delays = RETRY_DELAYS
        self.deliveries: list[Delivery] = []
        self._waiting: Delivery | None = None
        self._wake = Condition()
        self._running = False
        self._thread: Thread | None = None

    def send(self, shop: str, topic: str, payload: JsonDict, event_id: str | None = None) -> Delivery:
        """Signs and delivers; ``payload`` is what is serialised. A failed attempt is no error here: see ``state``."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        delivery = Delivery(topic, shop, body, self.clock.now(), event_id or str(uuid.uuid4()))
        with self._wake:
            self.deliveries.append(delivery)
        fault = self.faults.for_webhook(topic)
        kind = fault.kind if fault else None
        if kind == "drop":
            delivery.state = "dropped"
        elif kind == "delay" and fault is not None:
            self._later(delivery, fault.seconds)
        elif kind == "reorder":
            before, self._waiting = self._waiting, delivery
            self._later(delivery, 3600)
            self._deliver_waiting(before)
        elif self.hold:
            self._later(delivery, 3600)
        else:
            self._deliver(delivery)
            if kind == "duplicate":
                self.attempt(delivery)
            waiting, self._waiting = self._waiting, None
            self._deliver_waiting(waiting)
        return delivery

    def pending(self) -> list[Delivery]:
        with self._wake:
            return [delivery for delivery in self.deliveries if delivery.state == "pending"]

    def flush(self, *, shuffle: bool = False) -> list[Delivery]:
        """Attempts everything pending now, whatever it waits for; a failure stays pending for the next time."""
        batch = self.pending()
        self._waiting = None
        if shuffle:
            self.faults.random.shuffle(batch)
        for delivery in batch:
            self._deliver(delivery)
        return batch

    def attempt(self, delivery: Delivery) -> int:
        """One delivery over the wire (also of one that arrived before: a duplicate); answers its status, 0 for none."""
        app = self._app()
        began = time.monotonic()
        status = 0
        if app is not None:
            try:
                status = app.send(
                    "POST", delivery.path, self.headers(delivery), delivery.body, TIMEOUT
                ).status
            except AppUnreachable:
                status = 0
        delivery.attempts.append(Attempt(status, time.monotonic() - began))
        return status

    def headers(self, delivery: Delivery) -> dict[str, str]:
        # Shopify writes nanoseconds.
        triggered = f"{delivery.triggered_at:%Y-%m-%dT%H:%M:%S.%f}{secrets.randbelow(1000):03d}Z"
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-SHA256": webhook_hmac(self.secret, delivery.body),
            "X-Shopify-Shop-Domain": delivery.shop,
            "X-Shopify-API-Version": self.version,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": triggered,
        }

    def start(self) -> None:
        """Starts repeating failed and delayed deliveries in the background."""
        self._running = True
        self._thread = Thread(target=self._repeat, name="devstore-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._running = False
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=TIMEOUT + 1)
            self._thread = None

    def _deliver(self, delivery: Delivery) -> None:
        status = self.attempt(delivery)
        if 200 <= status < 300:
            delivery.state = "delivered"
        elif len(delivery.attempts) > len(self.retry_delays):
            delivery.state = "failed"
        else:
            self._later(delivery, self.retry_delays[len(delivery.attempts) - 1])

    def _deliver_waiting(self, delivery: Delivery | None) -> None:
        if delivery is not None and delivery.state == "pending":
            self._deliver(delivery)

    def _later(self, delivery: Delivery, seconds: float) -> None:
        with self._wake:
            delivery.due = time.monotonic() + seconds
            self._wake.notify_all()

    def _repeat(self) -> None:
        while True:
            with self._wake:
                if not self._running:
                    return
                now = time.monotonic()
                waiting = [delivery for delivery in self.deliveries if delivery.state == "pending"]
                due = [
                    delivery
                    for delivery in waiting
                    if delivery.due <= now and (delivery.attempts or delivery.due)
                ]
                if not due:
                    self._wake.wait(min((d.due - now for d in waiting if d.due > now), default=60.0))
                    continue
            for delivery in due:
                self._deliver(delivery)
