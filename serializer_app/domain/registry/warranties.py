"""The warranty of a registered unit: when it starts by the shop's rule, when it ends, and what it is today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from serializer_app.domain.ids import warranty

State = Literal["none", "active", "expired", "void"]


@dataclass(frozen=True)
class WarrantyFacts:
    """What a warranty follows from. ``warranty`` in its stored form; what is unknown is None."""

    registered_at: datetime
    warranty: str | None
    until: date | None = None
    void: bool = False
    purchase_date: date | None = None
    ordered_at: datetime | None = None
    fulfilled_at: datetime | None = None


@dataclass(frozen=True)
class Cover:
    """``ends_on`` is the last day covered, in the shop's time zone."""

    state: State
    starts_on: date | None = None
    ends_on: date | None = None


def cover(unit: WarrantyFacts, *, rule: str, time_zone: str, at: datetime) -> Cover:
    """What covers a unit at a moment. A date set by hand wins over the duration; a void warranty stays void."""
    start = starts(unit, rule=rule, time_zone=time_zone)
    zone = warranty.zone(time_zone)
    end = unit.until or warranty.ends_on(start, unit.warranty, time_zone)
    if end is None:
        return Cover("void" if unit.void else "none")
    state: State = "void" if unit.void else "active" if at.astimezone(zone).date() <= end else "expired"
    return Cover(state, start.astimezone(zone).date(), end)


def starts(unit: WarrantyFacts, *, rule: str, time_zone: str) -> datetime:
    """The moment a warranty starts by the shop's ``warrantyStart``.

    ``order``: when it was bought, as the order says or else the customer. ``fulfillment``: when the unit was sent,
    or as for ``order`` where that is not known (yet). ``registration``: when it was registered.
    """
    if rule == "registration":
        return unit.registered_at
    bought = unit.ordered_at
    if bought is None and unit.purchase_date is not None:
        # Noon: the day is the shop's day, whatever its clocks do at midnight.
        bought = datetime.combine(unit.purchase_date, time(12), warranty.zone(time_zone))
    if rule == "fulfillment" and unit.fulfilled_at is not None:
        return unit.fulfilled_at
    return bought or unit.registered_at
