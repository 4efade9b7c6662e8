"""Time as Shopify tells it: whole seconds, in the shop's zone for REST and webhooks, in UTC for GraphQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo


class ShopClock:
    """The dev store's clock; ``advance`` moves it, so that tokens expire and times differ without sleeping."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._lock = Lock()

    def now(self) -> datetime:
        """The pretend present, aware, in UTC, to the microsecond."""
        return datetime.now(UTC) + self.offset

    def second(self) -> datetime:
        """The pretend present as Shopify stores it: without fractions. Two changes in one second look simultaneous."""
        return self.now().replace(microsecond=0)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.offset += timedelta(seconds=seconds)


def rest_time(moment: datetime | None, zone: str) -> str | None:
    """``2026-11-21T17:04:26-05:00``: REST and webhook payloads carry the shop's own offset."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if moment else None


def graphql_time(moment: datetime | None) -> str | None:
    """``2026-11-21T22:04:26Z``: the DateTime scalar of the Admin API."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
