"""Every catalogue has exactly the messages that code and templates hold, with the same values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import messages
from scripts.messages import forms
from serializer_app import translations
from serializer_app.translations import LANGUAGES, SOURCE, Counted, Language, language, name_of
from serializer_app.web.texts import LABELS

PACKAGE = messages.PACKAGE
collect = cache(messages.collect)
each_translation = pytest.mark.parametrize("name", [name for name in LANGUAGES if name != SOURCE])


def values(text: str) -> frozenset[str | None]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, forms(message.id)


def faults(catalog: Catalog, collected: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, message by message."""
    wanted = {key(message) for message in collected if message.id}
    had = {key(message) for message in catalog if message.id}
    yield from (f"missing: {found}" for found in wanted - had)
    yield from (f"unused: {found}" for found in had - wanted)
    for message in catalog:
        if not message.id:
            continue
        texts = forms(message.string)
        if not all(texts):
            yield f"not translated: {message.id}"
        elif message.fuzzy:
            yield f"fuzzy: {message.id}"
        elif any(values(text) != values(forms(message.id)[-1]) for text in (*texts, *forms(message.id))):
            yield f"other values: {message.id}"
        if message.pluralizable and len(texts) != catalog.num_plurals:
            yield f"{len(texts)} plural forms: {message.id}"


@each_translation
def test_every_message_is_translated_with_the_same_values_and_no_other_is_kept(name: str) -> None:
    assert list(faults(messages.read(name), collect())) == []


@each_translation
def test_a_catalogue_has_the_plural_rule_of_its_language(name: str) -> None:
    assert messages.read(name).plural_expr == Catalog(locale=name).plural_expr


@each_translation
def test_a_catalogue_is_what_make_messages_writes(name: str) -> None:
    path = translations.FOLDER / name / "LC_MESSAGES" / translations.FILE
    assert path.read_bytes() == messages.updated(messages.read(name), collect()), "run make messages"


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"id": "Save {name}", "string": "Speichern"}, "other values"),
        ({"id": "Save {name}", "string": ""}, "not translated"),
        ({"id": "Save {name}", "string": "{name} speichern", "flags": ["fuzzy"]}, "fuzzy"),
        ({"id": "Save {name}", "string": "{name} speichern", "context": "verb"}, "missing"),
        ({"id": "Gone", "string": "Weg"}, "unused"),
        ({"id": ("{count} day", "{count} days"), "string": ("ein Tag", "{count} Tage")}, "other values"),
        ({"id": ("{count} day", "{count} days"), "string": ("{count} Tag", "")}, "not translated"),
    ],
)
def test_each_fault_of_a_catalogue_is_found(message: dict[str, object], fault: str) -> None:
    collected, catalog = Catalog(), Catalog(locale="de")
    collected.add("Save {name}")
    collected.add(("{count} day", "{count} days"))
    catalog.add("Save {name}", "{name} speichern")
    catalog.add(("{count} day", "{count} days"), ("{count} Tag", "{count} Tage"))
    assert list(faults(catalog, collected)) == []
    catalog.delete(message["id"])  # type: ignore[arg-type]
    catalog.add(**message)  # type: ignore[arg-type]
    assert fault in " ".join(faults(catalog, collected))


def name_of_call(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def calls(path: Path) -> Iterator[tuple[ast.Call, bool]]:
    """Calls that mark or translate a message, and whether they stand inside an f-string."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node) for outer in ast.walk(tree) if isinstance(outer, ast.JoinedStr) for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and name_of_call(node) in messages.KEYWORDS:
            yield node, id(node) in inside


def test_every_message_in_code_is_one_that_babel_collects() -> None:
    """Babel reads neither f-strings nor concatenations; such a message would stay English without a word."""
    known = {text for message in collect() for text in forms(message.id)}
    own = {PACKAGE / "translations" / "__init__.py", PACKAGE / "web" / "texts" / "__init__.py"}
    for method, path in messages.sources():
        if method != "python" or path in own:
            continue
        for call, in_f_string in calls(path):
            assert not in_f_string, f"{path}:{call.lineno}: take the message out of the f-string"
            arg = call.args[len(call.args) > 1 and name_of_call(call) in ("NP_", "pgettext")]
            if isinstance(arg, ast.Constant):
                assert arg.value in known, f"{path}:{call.lineno}: Babel does not see this message"
            else:
                assert isinstance(arg, ast.Name), f"{path}:{call.lineno}: write the message out"


def test_every_message_in_a_template_is_a_literal() -> None:
    for method, path in messages.sources():
        if method == "jinja2":
            text = path.read_text(encoding="utf-8")
            assert not re.findall(r"(?<![\w.])(?:_|n?p?gettext)\(\s*[^'\"\s]", text), path


def test_every_label_is_one_that_something_picks() -> None:
    """Either its whole key stands in the code, or a template or a handler puts its key together from parts."""
    code = ""
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")]:
        if "texts" not in path.parts or path.name == "__init__.py":
            code += path.read_text(encoding="utf-8")
    whole = set(re.findall(r"""["']([\w.-]+)["']""", code))
    parts = re.findall(r"""(?:label|numbers)\(\s*f?(["'])([\w-]+[._](?:[\w.-]|\{[^}]*\})*)\1""", code)
    parts += re.findall(r"""\bf(["'])([a-z]+\.\{.*?)\1""", code)
    beginnings = tuple({re.split(r"\{", part)[0] for _, part in parts if len(re.split(r"\{", part)[0]) > 2})
    assert len(beginnings) > 20
    assert [label for label in LABELS if label not in whole and not label.startswith(beginnings)] == []


def test_the_number_that_picks_a_plural_form_is_in_the_message() -> None:
    counted = [label for label in LABELS.values() if isinstance(label, Counted)]
    assert len(counted) > 10
    assert all(label.by in values(label.plural) for label in counted)


@pytest.mark.parametrize(
    ("tag", "day", "long_day", "time", "number"),
    [
        ("en", "Mar 30, 2026", "March 30, 2026", "Mar 30, 2026, 1:30\u202fAM", "12,345"),
        ("en-GB", "30 Mar 2026", "30 March 2026", "30 Mar 2026, 01:30", "12,345"),
        ("de", "30. März 2026", "30. März 2026", "30. März 2026, 01:30", "12.345"),
        ("de-CH", "30. März 2026", "30. März 2026", "30. März 2026, 01:30", "12’345"),
        ("de_XX", "30. März 2026", "30. März 2026", "30. März 2026, 01:30", "12.345"),
    ],
)
def test_dates_and_numbers_are_those_of_the_region(
    tag: str, day: str, long_day: str, time: str, number: str
) -> None:
    found = language(tag)
    assert found.day(date(2026, 3, 30)) == day
    assert found.long_day(date(2026, 3, 30)) == long_day
    moment = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    assert found.time(moment, ZoneInfo("Europe/Stockholm")) == time
    assert found.number(12345) == number


@settings(max_examples=40)
@given(st.text(max_size=35) | st.from_regex(r"(de|en|DE)[-_][\w-]{0,30}", fullmatch=True))
def test_any_tag_gets_a_language(tag: str) -> None:
    assert language(tag).name == (name_of(tag) or SOURCE)
    assert language(tag).day(date(2026, 3, 30))


def test_another_language_is_a_po_file_with_its_own_plural_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    collected, catalog = Catalog(), Catalog(locale="pl")
    for found in (collected, catalog):
        found.add(("{count} day", "{count} days"), ("{count} dzień", "{count} dni", "{count} dnia"))
    (folder / translations.FILE).write_bytes(messages.updated(catalog, collected))
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    polish = Language("pl", Locale("pl"))
    counted = [polish.ngettext("{count} day", "{count} days", number) for number in (1, 3, 22, 5, 12000)]
    assert counted == ["1 dzień", "3 dni", "22 dni", "5 dnia", "12\u00a0000 dnia"]
    assert polish.gettext("Save") == "Save"
