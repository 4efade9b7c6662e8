"""History as /api/v1 shows it: when, who, what, from what to what."""

from __future__ import annotations

from datetime import datetime

import msgspec

from serializer_app.clock import iso
from serializer_app.domain.history import Changes
from serializer_app.domain.ids import warranty
from serializer_app.text import JsonDict, JsonObject
from serializer_app.web.wire.items import Time


class EntryWire(msgspec.Struct):
    """One change. `changes` is {field: {"from", "to"}}; null is a side on which nothing was set.

    Of a warrantyDuration null says that there is none, so a side that was never set is absent; of personal data both
    sides are.
    `actor`: webhook:<topic>, staff:<id>, api-key:<id>, customer:<id> or app.
    """

    at: Time
    actor: str
    action: str
    changes: dict[str, JsonDict]


class HistoryPage(msgspec.Struct):
    """A page of history, oldest first."""

    previous: str | None
    hasPrevious: bool
    next: str | None
    hasNext: bool
    results: list[EntryWire]


def entry_wire(at: datetime, actor: str, action: str, changes: Changes) -> EntryWire:
    shown = {
        field: _durations(sides) if field == "warrantyDuration" else dict(sides)
        for field, sides in changes.items()
    }
    return EntryWire(iso(at), actor, action, shown)


def _durations(sides: JsonObject) -> JsonDict:
    """Stored warranties as the wire shows them: null is no warranty, so what was never set has to be absent."""
    return {side: warranty.wire(stored) for side, stored in sides.items() if isinstance(stored, str)}
