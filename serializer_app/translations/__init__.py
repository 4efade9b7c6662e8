"""Texts for people: one gettext catalogue for each language, and how that language writes dates and numbers (CLDR).

English is the source: templates and code hold it, ``<language>/LC_MESSAGES/messages.po`` holds the translations. A
catalogue is read once in each process, straight from its PO file, so no compiled file can be out of date. A language
is available as soon as its PO file is in this folder (CONTRIBUTING.md, "A language").
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

FOLDER = Path(__file__).parent
FILE = "messages.po"
SOURCE = "en"
"""The language of the messages in templates and code."""
LANGUAGES: tuple[str, ...] = (
    SOURCE,
    *sorted(path.parts[-3] for path in FOLDER.glob(f"*/LC_MESSAGES/{FILE}")),
)


def N_(message: str) -> str:
    """Mark a message for translation where the language is not known yet. Returns it unchanged."""
    return message


class InContext(NamedTuple):
    """A word that other languages translate in several ways, and which one is meant."""

    context: str
    message: str


class Counted(NamedTuple):
    """A message about a number of things; the value called ``by`` picks its plural form."""

    singular: str
    plural: str
    by: str


Label = str | InContext | Counted
"""A message that was marked for translation."""


def NP_(context: str, message: str) -> InContext:
    """Like ``N_`` for a word whose meaning ``context`` has to tell."""
    return InContext(context, message)


def NN_(singular: str, plural: str, by: str = "count") -> Counted:
    """Like ``N_`` for a message about a number of things."""
    return Counted(singular, plural, by)


class Language:
    """The messages of one language, and the formats of one of its regions."""

    def __init__(self, name: str, locale: Locale) -> None:
        self.name = name
        """One of ``LANGUAGES``."""
        self.own_name = locale.get_language_name(name) or name
        """What its speakers call it: English, Deutsch."""
        self._locale = locale
        self._catalogue = _catalogue(name)
        self._day_and_clock = str(locale.datetime_formats["medium"]).replace("'", "")

    def gettext(self, message: str, /, **values: object) -> str:
        """Translate a message and fill in its ``{values}``."""
        text = self._catalogue.gettext(message)
        return text.format(**values) if values else text

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Translate a message that means different things in different places."""
        text = self._catalogue.pgettext(context, message)
        return text.format(**values) if values else text

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Translate a message about ``number`` things; ``{count}`` is that number as the language writes it."""
        return self._catalogue.ngettext(singular, plural, number).format(count=self.number(number), **values)

    def number(self, number: int) -> str:
        return _number(number, self._locale)

    def day(self, day: date) -> str:
        """2 Jan 2026, in the order of the region."""
        return _day(day, self._locale)

    def long_day(self, day: date) -> str:
        """2 January 2026, in the order of the region."""
        return _long_day(day, self._locale)

    def time(self, moment: datetime, zone: tzinfo) -> str:
        """Day, hour and minute in ``zone``."""
        local = moment.astimezone(zone)
        clock = _clock(local.hour, local.minute, self._locale)
        return self._day_and_clock.replace("{0}", clock).replace("{1}", self.day(local.date()))


@lru_cache(maxsize=64)
def language(tag: str) -> Language:
    """The language of a tag such as ``de`` or ``de-AT``; English for one that has no catalogue. Never raises."""
    name = name_of(tag) or SOURCE
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale(name)
    return Language(name, locale if locale.language == name else Locale(name))


def name_of(tag: str) -> str | None:
    """The one of ``LANGUAGES`` that a tag such as ``de-AT`` belongs to; None if there is none."""
    name = tag.strip().lower().replace("_", "-").partition("-")[0]
    return name if name in LANGUAGES else None


@cache
def _catalogue(name: str) -> NullTranslations:
    if name == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    with (FOLDER / name / "LC_MESSAGES" / FILE).open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return GNUTranslations(compiled)


def load() -> None:
    """Read every catalogue now, so that no visitor waits for it."""
    for name in LANGUAGES:
        language(name)


# Lists repeat days and numbers, and a CLDR pattern takes twenty times as long as the look-up.
@lru_cache(maxsize=4096)
def _number(number: int, locale: Locale) -> str:
    return format_decimal(number, locale=locale)


@lru_cache(maxsize=4096)
def _day(day: date, locale: Locale) -> str:
    return format_skeleton("yMMMd", datetime(day.year, day.month, day.day), locale=locale)  # noqa: DTZ001


@lru_cache(maxsize=2048)
def _clock(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


@lru_cache(maxsize=4096)
def _long_day(day: date, locale: Locale) -> str:
    return format_date(day, "long", locale=locale)
