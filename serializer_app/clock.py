"""The one clock: aware UTC times, and their ISO-8601 form on the wire."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO-8601 in UTC with ``Z`` and milliseconds, as contract §4 promises for every time on the wire."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Read an ISO-8601 time that carries an offset (Shopify sends the shop's own); answers it in UTC.

    Raises ValueError when the text is no time, or has no offset and so would be ambiguous.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
