"""The documents agree with the code: sections, links, paths, settings, routes, commands and pictures exist."""

from __future__ import annotations

import argparse
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect

from serializer_app import cli, config

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
CITED = re.compile(r"\b(contract|platform|performance)(?:\.md)? §(\d+)(?:\.(\d+))?")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SOURCES = [
    *(
        file
        for folder in ("serializer_app", "tests", "bench", "migrations", "scripts", "ops")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in {".py", ".sh", ".html", ".js", ".graphql", ".yml", ".cfg", ".ini"}
        and "node_modules" not in file.parts
    ),
]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def _sections(name: str) -> set[tuple[str, str | None]]:
    """(section, None) and (section, numbered point) of one document."""
    found: set[tuple[str, str | None]] = set()
    section = ""
    for line in (DOCS / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d+)\. ", line):
            section = heading[1]
            found.add((section, None))
        elif point := re.match(r"(\d+)\. ", line):
            found.add((section, point[1]))
    return found


def test_every_section_that_is_cited_is_there() -> None:
    sections = {name: _sections(name) for name in ("contract", "platform", "performance")}
    dangling = []
    citations = 0
    for file in [*SOURCES, *PAGES]:
        for name, section, point in CITED.findall(file.read_text(encoding="utf-8")):
            citations += 1
            if (section, point or None) not in sections[name]:
                dangling.append(f"{file.relative_to(ROOT)}: {name} §{section}{'.' * bool(point)}{point}")
    assert citations > 80
    assert dangling == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_of_the_project_leads_there(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
        and not target.startswith("#")
        and not (page.parent / target.split("#")[0]).exists()
    ]
    assert missing == []


def test_every_decision_has_a_number_of_its_own_and_the_usual_parts() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for page in decisions:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert {"## Context", "## Decision", "## Consequences"} <= set(text.splitlines()), page.name


def _code(page: Path) -> Iterator[str]:
    """The code spans of a page and the lines of its code blocks."""
    outside, *rest = re.split(r"^```.*$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for number, part in enumerate([outside, *rest]):
        if number % 2:
            yield from part.splitlines()
        else:
            yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", part))


# The changelog names what existed at each version; it is not a guide to today's code.
GUIDES = [page for page in PAGES if page.name != "CHANGELOG.md"]


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _unknown_words(command: str) -> list[str]:
    """The verbs and options of a ``serializer-app`` command line that the command line does not know."""
    parser, unknown = cli._parser(), []
    words = re.split(r"[\s=|]+", re.sub(r"[\[\](),;`\"]", " ", command))[1:]
    for word in words:
        if word.startswith("#"):
            break
        choices = _subcommands(parser)
        if choices and not word.startswith("-"):
            if word not in choices:
                return [word]
            parser = choices[word]
        elif word.startswith("--") and word not in parser._option_string_actions:
            unknown.append(word)
    return unknown


def test_every_command_and_option_that_documents_name_exists() -> None:
    unknown, seen = [], 0
    for page in GUIDES:
        for code in _code(page):
            for command in re.findall(r"serializer-app(?: [^`]*)?$", code.strip()):
                if re.match(r"serializer-app [a-z]", command):
                    seen += 1
                    unknown += [f"{page.name}: {command}: {word}" for word in _unknown_words(command)]
    assert seen >= 20
    assert unknown == []


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (page.name, target)
        for page in GUIDES
        for code in _code(page)
        for target in re.findall(r"(?:^|&& )make ([a-z-]+)", code)
    }
    assert len(named) > 8
    assert {(page, target) for page, target in named if target not in targets} == set()


def _settings() -> set[str]:
    """Every environment variable that the app or gunicorn's configuration reads."""
    asked: set[str] = set()

    class Environment(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return default

    with pytest.raises(config.ConfigError):
        config.Settings.from_env(Environment())
    config.log_level(Environment())
    gunicorn = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")
    asked.update(re.findall(r"environ\.get\(\"([A-Z_]+)", gunicorn))
    return {name for name in asked if not name.endswith("_FILE")}


def test_the_operators_guide_names_every_setting_and_no_other() -> None:
    guide = (DOCS / "operators.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `([A-Z_]+)`", guide, re.MULTILINE)
    assert len(set(table)) == len(table) >= 15
    assert set(table) == _settings()


def test_every_setting_that_documents_name_exists() -> None:
    """Names that begin like settings of ours, wherever a document or an example configuration uses them."""
    known = _settings() | {f"{name}_FILE" for name in _settings()} | {"FORWARDED_ALLOW_IPS"}
    prefixes = "SHOPIFY|SERIALIZER|DATABASE|FORWARDED|LOG|WEB"
    unknown = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in [*GUIDES, ROOT / "shopify.web.toml", ROOT / "Containerfile", ROOT / "Procfile"]
        for name in re.findall(rf"\b(?:{prefixes})_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert unknown == []


def test_every_route_that_documents_name_exists(app: Flask) -> None:
    """``GET /path`` in a code span: a route of the app, or of the API when the page leaves out its prefix."""
    unknown, seen = set(), 0
    routes = app.url_map.bind("app.example")
    for page in GUIDES:
        for code in _code(page):
            for method, path in re.findall(r"(GET|POST|PUT|PATCH|DELETE) (/(?:<[^>]*>|[^\s?`])*)", code):
                seen += 1
                path = re.sub(r"<topic[^>]*>", "orders-create", path)
                path = re.sub(r"\{[^}]*\}", "1", path)
                if not any(_routed(routes, prefix + path, method) for prefix in ("", "/api/v1")):
                    unknown.add(f"{page.name}: {method} {path}")
    assert seen > 15
    assert unknown == set()


def _routed(routes: MapAdapter, path: str, method: str) -> bool:
    try:
        endpoint, _ = routes.match(path, method)
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    return bool(endpoint)


FOLDERS = {
    folder.name for place in (ROOT, ROOT / "serializer_app") for folder in place.iterdir() if folder.is_dir()
}
SUFFIXES = (".py", ".cfg", ".ini", ".yml", ".toml", ".sh", ".html", ".liquid", ".graphql")
GENERATED = (".venv/", "var/", "bench/results")
PLANNED_FOLDERS = {"extensions/pos"}


def test_every_path_of_the_repository_that_documents_name_exists() -> None:
    """Such as ``sync/mirror.py`` or ``ops/haproxy.cfg`` in code, from the top, the package or the page's folder."""
    missing, seen = [], 0
    for page in GUIDES:
        for path in {
            found
            for code in _code(page)
            for found in re.findall(r"(?<![\w./*@-])((?:[\w.-]+/)+[\w.*-]*)", code)
        } - PLANNED_FOLDERS:
            if path.startswith(GENERATED) or not (path.endswith(SUFFIXES) or path.split("/")[0] in FOLDERS):
                continue
            seen += 1
            places = (ROOT, ROOT / "serializer_app", page.parent)
            if not any(any(place.glob(path.rstrip("/"))) for place in places):
                missing.append(f"{page.relative_to(ROOT)}: {path}")
    assert seen > 40
    assert missing == []


def test_every_module_and_function_that_documents_name_exists() -> None:
    """Such as ``domain.items.ties.unit_to_enter`` in code. Not ``shopify.…``: Shopify's package has that name too."""
    missing, seen = [], 0
    for page in GUIDES:
        for code in _code(page):
            if re.fullmatch(r"(?:domain|store|web|sync|devstore|cli)(?:\.\w+)+", code):
                seen += 1
                try:
                    pkgutil.resolve_name(f"serializer_app.{code}")
                except (ImportError, AttributeError):
                    missing.append(f"{page.relative_to(ROOT)}: {code}")
    assert seen > 5
    assert missing == []


def test_the_table_of_rooms_lists_every_room_of_the_domain() -> None:
    rows = re.findall(
        r"^\| ((?:`domain/[^`]+`(?:, )?)+) \|", (DOCS / "architecture.md").read_text(encoding="utf-8"), re.M
    )
    listed = {room for row in rows for room in re.findall(r"`domain/(\w+)", row)}
    here = {
        place.stem
        for place in (ROOT / "serializer_app" / "domain").iterdir()
        if not place.name.startswith("__") and (place.suffix == ".py" or (place / "__init__.py").exists())
    }
    assert listed == here


# With words for people who do not see it.
PICTURE = re.compile(r"""(?:!\[[^\]]+\]\(|<img alt="[^"]+" width="\d+" src=")([^)"\s]+)""")


def test_every_picture_is_shown_and_every_shown_picture_exists() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in PICTURE.findall(page.read_text(encoding="utf-8"))
    }
    pictures = {picture.resolve() for picture in (DOCS / "pictures").glob("*")}
    assert shown == pictures
    assert len(pictures) <= 8
    assert all(picture.stat().st_size < 150_000 for picture in pictures)
