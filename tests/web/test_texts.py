"""The desk's texts: each in every language, with the same values, and each that a page names is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import serializer_app
from serializer_app.web import desk
from serializer_app.web.texts import LANGUAGES, WORDS, Texts, language_of

TEMPLATES = Path(desk.__file__).parents[1] / "templates" / "desk"
PACKAGE = Path(serializer_app.__file__).parent
GERMAN_TEXTS = [
    *sorted((PACKAGE / "web" / "texts").glob("*.py")),
    PACKAGE / "web" / "buyer" / "texts.py",
    PACKAGE / "sync" / "mail.py",
    *sorted((PACKAGE.parent / "extensions").glob("*/locales/de*.json")),
]


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_text_stands_in_every_language_with_the_same_values() -> None:
    for key, texts in WORDS.items():
        assert len(texts) == len(LANGUAGES)
        assert len({frozenset(_values(text)) for text in texts}) == 1, key


def test_every_text_that_a_page_names_is_there() -> None:
    named: set[str] = set()
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text(encoding="utf-8")
        named |= set(re.findall(r"""\bt\(["']([a-zA-Z.\-_]+)["'][,)]""", text))
        named |= {f"{key}.other" for key in re.findall(r"""\bt\.count\(["']([a-z.]+)["'],""", text)}
    assert len(named) > 100
    assert not named - set(WORDS)


@pytest.mark.parametrize("path", GERMAN_TEXTS, ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_german_says_sie_and_calls_an_item_exemplar(path: Path) -> None:
    # "Artikel" is what German shops call their products.
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"\b(?:du|dich|dir|deine?[mnrs]?|euch|artikel\w*)\b", text, re.IGNORECASE)


def test_times_numbers_and_durations_are_those_of_the_shop() -> None:
    moment = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    assert Texts("en", "Europe/Stockholm").time(moment) == "30 Mar 2026, 01:30"
    assert Texts("de", "Europe/Berlin").time(moment) == "30. März 2026, 01:30"
    assert Texts("en", "nowhere").day(moment) == "29 Mar 2026"
    assert (Texts("en").number(12345), Texts("de").number(12345)) == ("12,345", "12.345")
    assert Texts("de").warranty("P24M") == "24 Monate"
    assert [Texts("en").warranty(stored) for stored in (None, "none", "P100Y", "P1D")] == [
        "Not set",
        "No warranty",
        "Lifetime",
        "1 day",
    ]


def test_the_language_is_the_one_asked_for() -> None:
    assert language_of("de-CH", "en") == "de"
    assert language_of(None, "fr, de;q=0.5") == "de"
    assert language_of("zz", None) == language_of("", "") == "en"
