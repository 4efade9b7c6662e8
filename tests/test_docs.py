"""The documents agree with the code: every section that is cited is there, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
