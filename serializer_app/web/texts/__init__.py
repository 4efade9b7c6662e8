"""Every text of the desk, in each language it speaks: key → (English, German). One place, ready for a third one.

Chosen by Shopify's ``locale`` parameter, else by Accept-Language. Values are filled in with str.format and escaped by
the template that prints the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from serializer_app.domain.desk.doctor import Finding
from serializer_app.domain.ids.warranty import LIFETIME, parse, zone
from serializer_app.errors import AppError
from serializer_app.web.texts import (
    claims,
    codes,
    doctor,
    endpoints,
    frame,
    gate,
    items,
    orders,
    products,
    registry,
    settings,
    staff,
    takeover,
)
from serializer_app.web.texts import failures as failures

LANGUAGES = ("en", "de")

WORDS: Mapping[str, tuple[str, str]] = {
    **frame.WORDS,
    **products.WORDS,
    **orders.WORDS,
    **items.WORDS,
    **registry.WORDS,
    **settings.WORDS,
    **claims.WORDS,
    **codes.WORDS,
    **endpoints.WORDS,
    **staff.WORDS,
    **doctor.WORDS,
    **takeover.WORDS,
    **gate.WORDS,
}
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "de": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.".split(),
}


class Texts:
    """The words of one language, and how it writes numbers, times and durations in a shop's time zone."""

    def __init__(self, language: str, time_zone: str = "UTC") -> None:
        self.language = language
        self._column = LANGUAGES.index(language)
        self._zone = zone(time_zone)
        self.people: Mapping[str, str] = {}
        """What owners call their staff, by Shopify's number."""

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text under ``key``. Raises KeyError for one that nobody wrote."""
        text = WORDS[key][self._column]
        return text.format(**values) if values else text

    def count(self, key: str, number: int, /, **values: Any) -> str:
        """The text under ``key.one`` or ``key.other`` with ``{count}``."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", count=self.number(number), **values)

    def number(self, number: int) -> str:
        grouped = f"{number:,}"
        return grouped.replace(",", ".") if self.language == "de" else grouped

    def at_most(self, number: int, most: int) -> str:
        """A count that stopped counting at ``most``."""
        return f"{self.number(most)}+" if number >= most else self.number(number)

    def day(self, moment: datetime | date | None) -> str:
        if moment is None:
            return "–"
        day = moment.astimezone(self._zone).date() if isinstance(moment, datetime) else moment
        month = _MONTHS[self.language][day.month - 1]
        return f"{day.day}. {month} {day.year}" if self.language == "de" else f"{day.day} {month} {day.year}"

    def time(self, moment: datetime | None) -> str:
        if moment is None:
            return "–"
        local = moment.astimezone(self._zone)
        return f"{self.day(moment)}, {local.hour:02}:{local.minute:02}"

    def today(self, moment: datetime) -> datetime:
        """The beginning of the shop's present day."""
        return moment.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def warranty(self, stored: str | None) -> str:
        """A stored warranty (domain.ids.warranty) in words."""
        if stored is None:
            return self("warranty.unset")
        duration = parse(stored)
        if duration is None:
            return self("warranty.none")
        if duration == LIFETIME:
            return self("warranty.lifetime")
        return self.count(f"warranty.{duration.unit}", duration.value)

    def actor(self, actor: str) -> str:
        """Who did something, as a person says it."""
        kind, _, name = actor.partition(":")
        if kind == "staff" and name in self.people:
            return self.people[name]
        key = f"actor.{kind}"
        return self(key, name=name) if key in WORDS else actor

    def ask(self, owners: Sequence[str]) -> str:
        """Whom staff ask about settings. ``owners``: the names of those that have one."""
        return self("staff.ask.named", owners=", ".join(owners)) if owners else self("staff.ask.unnamed")

    def field(self, field: str) -> str:
        """What a field of a history entry is called."""
        key = f"field.{field.removeprefix('customer.')}"
        return self(key) if key in WORDS else field.removeprefix("customFields.")

    def value(self, field: str, value: Any) -> str:
        """A value of a history entry as a person reads it."""
        if field in ("warrantyDuration", "warranty"):
            return self.warranty(value)
        if value in (None, "", []):
            return self("changed.empty")
        if isinstance(value, bool):
            return self("yes" if value else "no")
        if isinstance(value, dict):
            return ", ".join(f"{self.field(name)}: {self.value(name, part)}" for name, part in value.items())
        if isinstance(value, list):
            return ", ".join(str(one.get("name", one) if isinstance(one, dict) else one) for one in value)
        if field == "scopes":
            return str(value).replace(",", ", ")
        key = f"value.{value}"
        return self(key) if key in WORDS else str(value)

    def finding(self, finding: Finding) -> tuple[str, str]:
        """(what the doctor found, what to do about it); the second is empty where there is nothing to do."""
        key = f"doctor.{finding.check}.{finding.case}"
        return self(key, **finding.facts), self(f"{key}.do", **finding.facts) if f"{key}.do" in WORDS else ""

    def action(self, action: str) -> str:
        key = f"action.{action}"
        return self(key) if key in WORDS else action

    def failure(self, error: AppError) -> str:
        """An expected failure in this language; its own English sentence where nobody translated it."""
        if self.language != "de" or error.code not in failures.GERMAN:
            return error.message
        try:
            return failures.GERMAN[error.code].format_map(error.values)
        except KeyError:  # kept without what it names, as the reason of a refused row
            return error.message

    def problem(self, message: str) -> str:
        """What is wrong with one field, as web.wire says it in English."""
        if self.language == "de":
            return failures.problem(message)
        return message[:1].upper() + message[1:]


def language_of(asked: str | None, accepted: str | None) -> str:
    """``de-CH`` → de; English for everything that nobody wrote."""
    if asked and asked[:2].lower() in LANGUAGES:
        return asked[:2].lower()
    for entry in (accepted or "").split(","):
        if (tag := entry.strip()[:2].lower()) in LANGUAGES:
            return tag
    return "en"
