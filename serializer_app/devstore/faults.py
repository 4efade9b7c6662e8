"""How the dev store can be told to misbehave, as Shopify and the network sometimes do."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

from serializer_app.text import Json, JsonDict

ALWAYS = -1


@dataclass
class Fault:
    """One order to misbehave: ``kind``, how often still (ALWAYS = until cleared), for which operation (None = any)."""

    kind: str
    times: int = 1
    operation: str | None = None
    seconds: float = 0.0
    status: int = 500


class Faults:
    """The control object of a store. All methods may be called at any time from any thread.

    Orders are used up in the order they were given. ``operation`` limits one to a GraphQL operation name such as
    ``MetafieldsSet``; ``times=ALWAYS`` keeps it until ``clear()``.
    """

    def __init__(self, seed: int = 1) -> None:
        self._lock = RLock()
        self._admin: deque[Fault] = deque()
        self._tokens: deque[Fault] = deque()
        self._webhooks: deque[Fault] = deque()
        self._holds: deque[Fault] = deque()
        self._distorted: dict[str, JsonDict] = {}
        self._poisoned: set[str] = set()
        self.random = random.Random(seed)
        self.metafield_echo = False
        """Whether a metafield write touches its order and sends orders/updated (Shopify's behaviour is unverified)."""
        self.storefront: str | None = None
        """What stands in the way of the app proxy: ``password`` (the storefront asks for one) or ``missing``."""
        self.clock_ahead = 0.0
        """Seconds by which the Date of the storefront's answers is ahead of this machine's clock."""
        self.log: list[Fault] = []
        """Every fault that was acted out."""

    def clear(self) -> None:
        with self._lock:
            for queue in (self._admin, self._tokens, self._webhooks, self._holds):
                queue.clear()
            self.metafield_echo = False
            self.storefront = None
            self.clock_ahead = 0.0
            self._distorted.clear()
            self._poisoned.clear()

    def throttle(self, times: int = 1, operation: str | None = None) -> None:
        """THROTTLED in an HTTP 200, as the Admin API does."""
        self._add(self._admin, Fault("throttle", times, operation))

    def throttle_429(self, times: int = 1, retry_after: float = 2.0, operation: str | None = None) -> None:
        """HTTP 429 with Retry-After in seconds."""
        self._add(self._admin, Fault("throttle_429", times, operation, seconds=retry_after))

    def error(self, times: int = 1, status: int = 502, operation: str | None = None) -> None:
        """An HTTP 5xx whose body is HTML."""
        self._add(self._admin, Fault("error", times, operation, status=status))

    def refuse(self, status: int, times: int = 1, operation: str | None = None) -> None:
        """401 (token), 402 (frozen shop), 403 (not allowed, e.g. IP allowlist), 423 (locked): JSON ``errors`` text."""
        self._add(self._admin, Fault("status", times, operation, status=status))

    def time_out(
        self,
        seconds: float = 30.0,
        times: int = 1,
        *,
        after_success: bool = False,
        operation: str | None = None,
    ) -> None:
        """Hangs before executing, or executes and then hangs: the caller cannot tell the two apart."""
        kind = "timeout_after" if after_success else "timeout_before"
        self._add(self._admin, Fault(kind, times, operation, seconds=seconds))

    def disconnect(self, times: int = 1, *, operation: str | None = None) -> None:
        """Executes, then closes the connection without an answer."""
        self._add(self._admin, Fault("disconnect", times, operation))

    def slow(self, seconds: float, times: int = ALWAYS, operation: str | None = None) -> None:
        self._add(self._admin, Fault("slow", times, operation, seconds=seconds))

    def html(self, times: int = 1, operation: str | None = None) -> None:
        """HTTP 200 with an HTML page in place of JSON."""
        self._add(self._admin, Fault("html", times, operation))

    def refuse_refresh(self, times: int = 1, *, html: bool = False, status: int = 401) -> None:
        """Terminal refusal of a refresh token; the body may be HTML."""
        self._add(self._tokens, Fault("refresh_html" if html else "refresh", times, status=status))

    def token_error(self, times: int = 1, status: int = 503) -> None:
        """A 5xx or 429 of the token endpoint, for any grant; the token stays good."""
        self._add(self._tokens, Fault("error", times, status=status))

    def token_time_out(self, seconds: float = 30.0, times: int = 1, *, after_success: bool = False) -> None:
        """The token endpoint hangs, before or after the rotation: the app cannot tell the two apart."""
        kind = "timeout_after" if after_success else "timeout_before"
        self._add(self._tokens, Fault(kind, times, seconds=seconds))

    def token_without_expiry(self, times: int = 1) -> None:
        """An answer without ``expires_in`` and ``refresh_token``, as a non-expiring grant has."""
        self._add(self._tokens, Fault("no_expiry", times))

    def break_storefront(self, how: str) -> None:
        """``password``: the storefront asks for a password first; ``missing``: no app proxy is set up."""
        self.storefront = how

    def refuse_hold(self, code: str = "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED", times: int = 1) -> None:
        """fulfillmentOrderHold answers with a user error of this code."""
        self._add(self._holds, Fault("refuse_hold", times, code))

    def set_clock_ahead(self, seconds: float) -> None:
        self.clock_ahead = seconds

    def drop_webhooks(self, times: int = 1, topic: str | None = None) -> None:
        """Deliveries that never leave Shopify."""
        self._add(self._webhooks, Fault("drop", times, topic))

    def duplicate_webhooks(self, times: int = 1, topic: str | None = None) -> None:
        """Deliveries that arrive twice with the same X-Shopify-Webhook-Id."""
        self._add(self._webhooks, Fault("duplicate", times, topic))

    def delay_webhooks(self, seconds: float, times: int = 1, topic: str | None = None) -> None:
        self._add(self._webhooks, Fault("delay", times, topic, seconds=seconds))

    def reorder_webhooks(self, times: int = 1, topic: str | None = None) -> None:
        """A delivery that waits until the next one has gone out."""
        self._add(self._webhooks, Fault("reorder", times, topic))

    def distort(self, owner: str, field: str, value: Json) -> None:
        """Every answer shows ``value`` in ``field`` of the object with the GID ``owner``, whatever the schema says."""
        with self._lock:
            self._distorted.setdefault(owner, {})[field] = value

    def poison(self, owner: str) -> None:
        """Shopify fails inside on every query that would show more than the ID of the object with the GID ``owner``."""
        with self._lock:
            self._poisoned.add(owner)

    def spoil(self, data: Json) -> bool:
        """Distort an answer's data in place; whether it shows more than the ID of a poisoned object."""
        if not isinstance(data, dict | list):
            return False
        inside = [self.spoil(part) for part in (data.values() if isinstance(data, dict) else data)]
        if isinstance(data, list):
            return any(inside)
        poisoned = data.get("id") in self._poisoned and len(data) > 1
        with self._lock:
            data.update({k: v for k, v in self._distorted.get(str(data.get("id")), {}).items() if k in data})
        return poisoned or any(inside)

    def for_admin(self, operation: str | None) -> Fault | None:
        return self._take(self._admin, lambda fault: fault.operation in (None, operation))

    def for_tokens(self, *, refresh: bool) -> Fault | None:
        return self._take(self._tokens, lambda fault: refresh or not fault.kind.startswith("refresh"))

    def for_hold(self) -> str | None:
        """The code that a hold is refused with, or None."""
        fault = self._take(self._holds, lambda fault: True)
        return None if fault is None else fault.operation

    def for_webhook(self, topic: str) -> Fault | None:
        return self._take(self._webhooks, lambda fault: fault.operation in (None, topic))

    def order(self, name: str, arguments: JsonDict) -> None:
        """The HTTP control's way in: ``order("throttle", {"times": 5})``. Raises KeyError for an unknown name."""
        if name not in CONTROLS:
            raise KeyError(name)
        if name == "metafield_echo":
            self.metafield_echo = bool(arguments.get("on", True))
            return
        getattr(self, name)(**arguments)

    def pending(self) -> dict[str, list[JsonDict]]:
        """Orders not yet used up, for the control page."""
        with self._lock:
            queues = {
                "admin": self._admin,
                "tokens": self._tokens,
                "webhooks": self._webhooks,
                "holds": self._holds,
            }
            return {name: [vars(fault).copy() for fault in queue] for name, queue in queues.items()}

    def _add(self, queue: deque[Fault], fault: Fault) -> None:
        with self._lock:
            queue.append(fault)

    def _take(self, queue: deque[Fault], fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in queue:
                if fits(fault):
                    if fault.times != ALWAYS:
                        fault.times -= 1
                        if fault.times <= 0:
                            queue.remove(fault)
                    self.log.append(fault)
                    return fault
        return None


CONTROLS = frozenset(
    {
        "clear",
        "throttle",
        "throttle_429",
        "error",
        "refuse",
        "time_out",
        "disconnect",
        "slow",
        "html",
        "refuse_refresh",
        "token_error",
        "token_time_out",
        "token_without_expiry",
        "drop_webhooks",
        "duplicate_webhooks",
        "delay_webhooks",
        "reorder_webhooks",
        "metafield_echo",
        "break_storefront",
        "refuse_hold",
        "set_clock_ahead",
        "distort",
        "poison",
    }
)
