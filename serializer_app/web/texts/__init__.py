"""What pages say, in the language and the formats of whoever reads them.

A text stands in English where it is used: ``_("Save")`` in a template, ``words.gettext("Saved")`` in Python. Texts that
data picks (the name of a status, of a check) are ``LABELS`` by key, one file for each part of the app. Translations are
in ``serializer_app/translations``; ``make messages`` collects what is new. Templates escape the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from serializer_app import translations
from serializer_app.domain.desk.doctor import Finding
from serializer_app.domain.ids.warranty import LIFETIME, Unit, parse, zone
from serializer_app.errors import AppError
from serializer_app.text import Json
from serializer_app.translations import NN_, SOURCE, Counted, InContext, Label, name_of
from serializer_app.web.texts import (
    buyer,
    claims,
    codes,
    doctor,
    endpoints,
    failures,
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

LABELS: Mapping[str, Label] = {
    **buyer.LABELS,
    **claims.LABELS,
    **codes.LABELS,
    **doctor.LABELS,
    **endpoints.LABELS,
    **frame.LABELS,
    **gate.LABELS,
    **items.LABELS,
    **orders.LABELS,
    **products.LABELS,
    **registry.LABELS,
    **settings.LABELS,
    **staff.LABELS,
    **takeover.LABELS,
}
_LONGEST_TAG = 35
"""Longer ones (RFC 5646 §4.4.1) name variants that no format of ours knows."""
_DURATIONS: Mapping[Unit, Counted] = {
    "day": NN_("{count} day", "{count} days"),
    "month": NN_("{count} month", "{count} months"),
    "year": NN_("{count} year", "{count} years"),
}


class Texts:
    """The texts of one language, and how it writes numbers, times and durations in a shop's time zone."""

    def __init__(self, tag: str, time_zone: str = "UTC") -> None:
        self._language = translations.language(tag)
        self.language = self._language.name
        self.gettext = self._language.gettext
        self.pgettext = self._language.pgettext
        self.ngettext = self._language.ngettext
        self.number = self._language.number
        self.long_day = self._language.long_day
        self._zone = zone(time_zone)
        self.people: Mapping[str, str] = {}
        """What owners call their staff, by Shopify's number."""

    def in_templates(self) -> dict[str, object]:
        """What a template finds texts with: ``_``, ``ngettext``, ``pgettext``, ``label``; ``t`` has the formats."""
        return {
            "_": self.gettext,
            "pgettext": self.pgettext,
            "ngettext": self.ngettext,
            "label": self.label,
            "t": self,
        }

    def label(self, key: str, /, **values: object) -> str:
        """The text of ``LABELS`` under a key that data picked. Raises KeyError for one that nobody wrote."""
        label = LABELS[key]
        if isinstance(label, Counted):
            return self._counted(label, values)
        if isinstance(label, InContext):
            return self.pgettext(*label, **values)
        return self.gettext(label, **values) if label else ""

    def numbers(self, key: str, /, **values: str | int) -> str:
        """The text of a label with numbers in it, as the language writes them."""
        if isinstance(LABELS[key], Counted):
            return self.label(key, **values)
        return self.label(key, **self._written(values))

    def _counted(self, label: Counted, values: Mapping[str, object]) -> str:
        number = values[label.by]
        if not isinstance(number, int):
            raise TypeError(f"{label.by} picks the plural form and must be a whole number")
        written = {name: value for name, value in self._written(values).items() if name != "count"}
        return self.ngettext(label.singular, label.plural, number, **written)

    def _written(self, values: Mapping[str, object]) -> dict[str, object]:
        return {
            name: self.number(value) if isinstance(value, int) else value for name, value in values.items()
        }

    def at_most(self, number: int, most: int) -> str:
        """A count that stopped counting at ``most``."""
        return f"{self.number(most)}+" if number >= most else self.number(number)

    def day(self, moment: datetime | date | None) -> str:
        if moment is None:
            return "–"
        day = moment.astimezone(self._zone).date() if isinstance(moment, datetime) else moment
        return self._language.day(day)

    def time(self, moment: datetime | None) -> str:
        return "–" if moment is None else self._language.time(moment, self._zone)

    def today(self, moment: datetime) -> datetime:
        """The beginning of the shop's present day."""
        return moment.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def warranty(self, stored: str | None) -> str:
        """A stored warranty (domain.ids.warranty) in words."""
        if stored is None:
            return self.label("warranty.unset")
        duration = parse(stored)
        if duration is None:
            return self.label("warranty.none")
        if duration == LIFETIME:
            return self.label("warranty.lifetime")
        return self._counted(_DURATIONS[duration.unit], {"count": duration.value})

    def actor(self, actor: str) -> str:
        """Who did something, as a person says it."""
        kind, _, name = actor.partition(":")
        if kind == "staff" and name in self.people:
            return self.people[name]
        key = f"actor.{kind}"
        return self.label(key, name=name) if key in LABELS else actor

    def ask(self, owners: Sequence[str]) -> str:
        """Whom staff ask about settings. ``owners``: the names of those that have one."""
        if owners:
            return self.gettext("Ask an owner: {owners}.", owners=", ".join(owners))
        return self.gettext("Ask an owner of this app.")

    def field(self, field: str) -> str:
        """What a field of a history entry is called."""
        key = f"field.{field.removeprefix('customer.')}"
        return self.label(key) if key in LABELS else field.removeprefix("customFields.")

    def value(self, field: str, value: Json) -> str:
        """A value of a history entry as a person reads it."""
        if field in ("warrantyDuration", "warranty"):
            return self.warranty(value if isinstance(value, str) else None)
        if value in (None, "", []):
            return self.gettext("empty")
        if isinstance(value, bool):
            return self.gettext("Yes") if value else self.gettext("No")
        if isinstance(value, dict):
            return ", ".join(f"{self.field(name)}: {self.value(name, part)}" for name, part in value.items())
        if isinstance(value, list):
            return ", ".join(str(one.get("name", one) if isinstance(one, dict) else one) for one in value)
        if field == "scopes":
            return str(value).replace(",", ", ")
        keys = (f"value.{field}.{value}", f"value.{value}")
        return next((self.label(key) for key in keys if key in LABELS), str(value))

    def finding(self, finding: Finding) -> tuple[str, str]:
        """(what the doctor found, what to do about it); the second is empty where there is nothing to do."""
        key = f"doctor.{finding.check}.{finding.case}"
        advice = self.label(f"{key}.do", **finding.facts) if f"{key}.do" in LABELS else ""
        return self.numbers(key, **finding.facts), advice

    def action(self, action: str) -> str:
        key = f"action.{action}"
        return self.label(key) if key in LABELS else action

    def failure(self, error: AppError) -> str:
        """An expected failure in this language; its own English sentence where nobody translated it."""
        sentence = failures.FAILURES.get(error.code)
        if sentence is None or self.language == SOURCE:
            return error.message
        try:
            return self.gettext(sentence).format_map(error.values)
        except KeyError:  # kept without what it names, as the reason of a refused row
            return error.message

    def problem(self, message: str) -> str:
        """What is wrong with one field, as web.wire says it in English."""
        if self.language == SOURCE:
            return message[:1].upper() + message[1:]
        if message in failures.PROBLEMS:
            return self.gettext(message)
        if (counted := failures.counted(message)) is not None:
            return self.ngettext(*counted)
        if (shaped := failures.shaped(message)) is not None:
            sentence, values = shaped
            return self.gettext(sentence).format_map(values)
        return message


def choose(stated: str | None, accepted: Iterable[tuple[str, float]] = ()) -> str:
    """The language of a page: what Shopify or the theme states, else what the browser likes best, else English.

    Returns a tag with its region, such as ``de-AT``: dates and numbers differ from region to region. ``accepted`` are
    (tag, quality), best first.
    """
    if stated and name_of(stated):
        return stated[:_LONGEST_TAG]
    found = (tag for tag, quality in accepted if quality > 0 and name_of(tag))
    return next(found, SOURCE)[:_LONGEST_TAG]
