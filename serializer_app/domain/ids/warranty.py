"""Warranties: a duration, how it is kept, and the day it ends. Pure.

Kept as one short text: None = never set, ``none`` = no warranty, otherwise ISO 8601 (``P10D``, ``P24M``, ``P2Y``).
On the wire (contract §4) absent, null and ``{"unit", "value"}``.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, TypedDict, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Unit = Literal["day", "month", "year"]

NONE = "none"
MOST = {"day": 36_525, "month": 1_200, "year": 100}
"""A hundred years, which pages call lifetime; more would be a typing error."""

_LETTER = {"day": "D", "month": "M", "year": "Y"}
_UNIT = {letter: unit for unit, letter in _LETTER.items()}
_UNIT_OF: dict[str, Unit] = {"d": "day", "m": "month", "y": "year"}


_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DOTTED = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})", re.ASCII)


def read_day(text: str) -> date | None:
    """A day that a person typed: ``2026-01-31`` or ``31.01.2026``; None for anything else.

    Forms with slashes are not read: 03/04/2026 is one day in Britain and another one in America.
    """
    dotted = _DOTTED.fullmatch(text.strip())
    iso = f"{dotted[3]}-{int(dotted[2]):02}-{int(dotted[1]):02}" if dotted else text.strip()
    try:
        return date.fromisoformat(iso) if _ISO.fullmatch(iso) else None
    except ValueError:
        return None


UNSET = "unset"
_WRITTEN = re.compile(r"([0-9]{1,5}) ?([a-zäöü]+)\.?")
_WORDS: dict[str, Unit] = {
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "tagen"), "day"),
    **dict.fromkeys(("m", "mo", "mon", "month", "months", "monat", "monate", "monaten"), "month"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "j", "jahr", "jahre", "jahren"), "year"),
}
_WEEKS = frozenset(("w", "week", "weeks", "woche", "wochen"))
_LIFELONG = frozenset(
    ("lifetime", "life time", "for life", "lebenslang", "lebenslänglich", "lebenslange garantie")
)
_NO_WARRANTY = frozenset(
    ("none", "no", "null", "no warranty", "keine", "keine garantie", "nein", "ohne", "ohne garantie")
)
_NEVER_SET = frozenset((UNSET, "not set", "nicht festgelegt", "nicht gesetzt"))


class WireDuration(TypedDict):
    unit: Unit
    value: int


@dataclass(frozen=True)
class Duration:
    """``value`` ≥ 1 units; raises ValueError for anything else."""

    unit: Unit
    value: int

    def __post_init__(self) -> None:
        if self.unit not in MOST:
            raise ValueError("the unit of a warranty is day, month or year")
        if not 1 <= self.value <= MOST[self.unit]:
            raise ValueError(f"a warranty lasts from 1 to {MOST[self.unit]} {self.unit}s")

    def stored(self) -> str:
        return f"P{self.value}{_LETTER[self.unit]}"


LIFETIME = Duration("year", 100)


def read(text: str) -> str | None:
    """The stored form of a warranty as people write it in a spreadsheet, in English or German.

    ``24 months``, ``2 Jahre``, ``P24M``, ``lifetime``, ``none``; ``unset`` gives None, "never set". Raises ValueError
    for anything else.
    """
    words = " ".join(text.casefold().split())
    if words in _NEVER_SET:
        return None
    if words in _NO_WARRANTY:
        return NONE
    if words in _LIFELONG:
        return LIFETIME.stored()
    if found := re.fullmatch(r"p([0-9]{1,5})([dmy])", words):
        return Duration(_UNIT_OF[found[2]], int(found[1])).stored()
    found = _WRITTEN.fullmatch(words)
    if found is not None and found[2] in _WEEKS:
        return Duration("day", 7 * int(found[1])).stored()
    if found is None or found[2] not in _WORDS:
        raise ValueError("a warranty is written as 24 months, 2 years, lifetime or none")
    return Duration(_WORDS[found[2]], int(found[1])).stored()


def written(stored: str | None) -> str:
    """A stored warranty as exports write it; ``read`` gives it back."""
    if stored is None:
        return UNSET
    return "lifetime" if stored == LIFETIME.stored() else stored


@lru_cache(maxsize=4096)
def parse(stored: str) -> Duration | None:
    """A stored warranty that was set; None stands for no warranty."""
    if stored == NONE:
        return None
    return Duration(cast(Unit, _UNIT[stored[-1]]), int(stored[1:-1]))


def wire(stored: str) -> WireDuration | None:
    """What the wire shows for a warranty that was set."""
    duration = parse(stored)
    return None if duration is None else {"unit": duration.unit, "value": duration.value}


def store(duration: Duration | None) -> str:
    """The stored form of a warranty somebody set; None is "no warranty"."""
    return NONE if duration is None else duration.stored()


def ends_on(start: datetime, stored: str | None, time_zone: str) -> date | None:
    """The last day covered: the start's day in the shop's time zone plus the duration, clamped to the month's end.

    None when there is no warranty. 31 January plus a month is 28 or 29 February.
    """
    duration = parse(stored) if stored is not None else None
    if duration is None:
        return None
    day = start.astimezone(zone(time_zone)).date()
    if duration.unit == "day":
        return day + timedelta(days=duration.value)
    months = duration.value * (12 if duration.unit == "year" else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def zone(name: str) -> ZoneInfo:
    """The IANA time zone of a shop; UTC where the name is none that this machine knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
