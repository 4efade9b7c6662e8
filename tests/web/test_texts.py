"""What pages say: in German as German is written, in the shop's time, in the language that was asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.datastructures import LanguageAccept

import serializer_app
from scripts import messages
from serializer_app.web.texts import Texts, choose

PACKAGE = Path(serializer_app.__file__).parent
GERMAN_LOCALES = sorted((PACKAGE.parent / "extensions").glob("*/locales/de*.json"))


def german(source: Path | None) -> list[str]:
    """Every German text of the catalogue (None), or of one extension."""
    if source is not None:
        return re.findall(r'"((?:[^"\\]|\\.)*)"', source.read_text(encoding="utf-8"))
    return [text for message in messages.read("de") if message.id for text in messages.forms(message.string)]


@pytest.mark.parametrize(
    "source", [None, *GERMAN_LOCALES], ids=lambda path: "catalogue" if path is None else path.parts[-3]
)
def test_german_says_sie_and_calls_an_item_exemplar(source: Path | None) -> None:
    # "Artikel" is what German shops call their products.
    texts = german(source)
    assert len(texts) > 2
    said = re.compile(r"\b(?:du|dich|dir|deine?[mnrs]?|euch|artikel\w*)\b", re.IGNORECASE)
    assert [text for text in texts if said.search(text)] == []


def test_times_numbers_and_durations_are_those_of_the_shop() -> None:
    moment = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    assert Texts("en-GB", "Europe/Stockholm").time(moment) == "30 Mar 2026, 01:30"
    assert Texts("de", "Europe/Berlin").time(moment) == "30. März 2026, 01:30"
    assert Texts("en", "nowhere").day(moment) == "Mar 29, 2026"
    assert (Texts("en").number(12345), Texts("de").number(12345)) == ("12,345", "12.345")
    assert Texts("de").warranty("P24M") == "24 Monate"
    assert [Texts("en").warranty(stored) for stored in (None, "none", "P100Y", "P1D")] == [
        "Not set",
        "No warranty",
        "Lifetime",
        "1 day",
    ]


def test_a_label_with_a_number_has_the_plural_form_of_that_number() -> None:
    done = {"done": 0, "entered": 1, "same": 0, "bad": 1234}
    english, german = (Texts(tag).numbers("task.serials.finished", **done) for tag in ("en", "de"))
    assert english == "1 serial number entered, 0 already there, 1,234 with errors."
    assert german == "1 Seriennummer eingetragen, 0 schon vorhanden, 1.234 mit Fehlern."
    assert Texts("de").numbers("task.takeover-adopt.running", done=1, total=2000) == "1 von 2.000 übernommen."


def test_the_language_is_the_one_asked_for() -> None:
    assert choose("de-CH", LanguageAccept([("en", 1)])) == "de-CH"
    assert choose(None, LanguageAccept([("fr", 1), ("de", 0.5)])) == "de"
    assert choose(None, LanguageAccept([("de", 0)])) == "en"
    assert choose("zz", ()) == choose("", ()) == "en"
    assert len(choose("de-" + "x" * 999)) < 50
