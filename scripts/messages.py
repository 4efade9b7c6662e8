"""``make messages``: collect the messages of code and templates and bring every catalogue up to date.

New messages stand in the PO files with an empty translation, messages that nothing uses any more are removed. With
``LANGUAGE=fr`` a catalogue is begun for a language that has none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from serializer_app.translations import FILE, FOLDER, LANGUAGES, SOURCE

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "serializer_app"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "NN_": (1, 2),
    "NP_": ((1, "c"), 2),
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_IMPORTS = re.compile(
    r"^from serializer_app(\.translations| import translations|\.web\.texts|\.web\.desk\.frame|\.web\.buyer\.pages)",
    re.MULTILINE,
)
"""Babel reads Python slowly, and most of ours says nothing to people."""
COMMENT = """\
# Texts of Serializer. How to translate: CONTRIBUTING.md, "A text" and "A language"."""
_UNUSED = (
    "Project-Id-Version",
    "Report-Msgid-Bugs-To",
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Last-Translator",
    "Language-Team",
    "Generated-By",
)
"""Header lines that change with every run or say nothing that git does not say."""


def sources() -> Iterator[tuple[str, Path]]:
    """(Babel's extractor, file) for every file that may hold messages: whatever imports where they come from."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if _IMPORTS.search(path.read_text(encoding="utf-8")):
            yield "python", path
    for path in sorted((PACKAGE / "web" / "templates").rglob("*.html")):
        yield "jinja2", path


def collect() -> Catalog:
    """Every message that code and templates hold, with the files that use it."""
    catalog = Catalog(fuzzy=False)
    for method, path in sources():
        found = extract_from_file(method, path, KEYWORDS, ("Translators:",), {"silent": "false"})
        for _, message, comments, context in found:
            name = path.relative_to(ROOT).as_posix()
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def read(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / FILE).open("rb") as file:
        return read_po(file, locale=language)


def updated(catalog: Catalog, collected: Catalog) -> bytes:
    """The PO file of ``catalog`` with exactly the messages that were collected."""
    catalog.update(collected, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment, catalog.fuzzy = COMMENT, False
    for message in catalog:
        # The flags are Babel's guess; no text of ours is filled in with "%".
        message.flags.discard("python-format")
    written = BytesIO()
    write_po(written, catalog, width=100, sort_by_file=True, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    return "".join(
        line for line in lines if not line.startswith(tuple(f'"{name}' for name in _UNUSED))
    ).encode()


def missing(catalog: Catalog) -> list[str]:
    """The messages without a translation."""
    return [str(message.id) for message in catalog if message.id and not all(forms(message.string))]


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The plural forms of a message or translation; one for a text that has none."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def main(wanted: str) -> int:
    collected = collect()
    for language in sorted({*LANGUAGES, *wanted.split()} - {SOURCE}):
        path = FOLDER / language / "LC_MESSAGES" / FILE
        catalog = read(language) if path.exists() else Catalog(locale=language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(catalog, collected))
        open_messages = missing(read(language))
        print(f"{path.relative_to(ROOT)}: {len(collected)} messages, {len(open_messages)} to translate")
        for message in open_messages[:20]:
            print(f"  {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
