"""The project's own promises: what its files say of each other, and house rules that no linter knows."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from serializer_app import config
from serializer_app.sync import subscriptions
from serializer_app.web import webhooks

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "serializer_app"

TOPICS = {
    "orders/create",
    "orders/updated",
    "orders/edited",
    "orders/cancelled",
    "orders/delete",
    "refunds/create",
    "products/create",
    "products/update",
    "products/delete",
    "app/uninstalled",
    "app/scopes_update",
    "shop/update",
}
COMPLIANCE_TOPICS = {"customers/data_request", "customers/redact", "shop/redact"}
# The demo reads no setting from the environment; it hands it on to the processes it starts.
ENVIRONMENT_READERS = {PACKAGE / "config.py", PACKAGE / "devstore" / "demo.py"}
# Folders that tools make beside the sources.
MADE = {".git", ".hypothesis", ".venv", "var", "node_modules", "__pycache__", "results", "build", "dist"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads(read(name))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def sources() -> Iterator[tuple[Path, str]]:
    """Every text file of the project, with its text."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in MADE and not name.endswith(("_cache", ".egg-info"))
        ]
        for name in names:
            file = Path(folder, name)
            try:
                yield file, file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_shopify_is_told_the_topics_scopes_and_paths_of_the_contract() -> None:
    app = toml("shopify.app.toml")
    subscriptions = app["webhooks"]["subscriptions"]
    told = {topic: entry["uri"] for entry in subscriptions for topic in entry.get("topics", [])}
    assert told == {topic: "/webhooks/" + topic.replace("/", "-") for topic in TOPICS}
    (compliance,) = [entry for entry in subscriptions if "compliance_topics" in entry]
    assert set(compliance["compliance_topics"]) == COMPLIANCE_TOPICS
    assert compliance["uri"] == "/webhooks/compliance"
    assert app["webhooks"]["api_version"] == "2026-10"
    assert app["access_scopes"]["scopes"] == ",".join(config.SCOPES)
    assert app["access_scopes"]["optional_scopes"] == list(config.OPTIONAL_SCOPES)
    assert app["app_proxy"] == {
        "url": app["application_url"] + "/apps/serializer",
        "prefix": "apps",
        "subpath": "serializer",
    }
    assert app["auth"]["redirect_urls"] == [app["application_url"] + "/auth/callback"]
    assert len(app["name"]) <= 30


def test_the_app_handles_every_topic_that_shopify_is_told_and_no_other() -> None:
    # Topics that need an optional scope are subscribed to in each shop that grants it.
    every = {*TOPICS, *subscriptions.TOPICS}
    assert {topic.replace("/", "-") for topic in every} == webhooks.TOPICS


def test_the_procfile_starts_what_the_contract_names() -> None:
    processes = dict(line.split(": ", 1) for line in read("Procfile").splitlines())
    assert processes == {
        "release": "serializer-app migrate",
        "web": 'gunicorn -c gunicorn.conf.py "serializer_app:create_app()"',
        "worker": "serializer-app worker",
    }
    assert "gunicorn -c gunicorn.conf.py" in toml("shopify.web.toml")["commands"]["dev"]


def test_constraints_pin_versions_and_nothing_else() -> None:
    pins = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    for pin in pins:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*", pin), f"{pin!r} names more than a version"
    assert pins == sorted(pins, key=lambda pin: pin.split("==")[0])
    assert "://" not in read("constraints.txt")


NPM_PACKAGES = [
    ".",
    "tests/node",
    "bench/peer",
    *(f"extensions/{name}" for name in ("order-block", "order-status")),
]


@pytest.mark.parametrize("folder", NPM_PACKAGES)
def test_npm_takes_exact_versions_from_whatever_registry_it_is_told(folder: str) -> None:
    wanted = json.loads(read(f"{folder}/package.json"))
    lock = json.loads(read(f"{folder}/package-lock.json"))["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert lock[""].get(kind, {}) == wanted.get(kind, {})
        assert all(re.fullmatch(r"[0-9.]+", version) for version in wanted.get(kind, {}).values())
    assert not any("resolved" in package for package in lock.values())


def test_every_npm_package_of_the_project_is_locked() -> None:
    manifests = {str(file.parent.relative_to(ROOT)) for file, _ in sources() if file.name == "package.json"}
    assert manifests == set(NPM_PACKAGES)


def test_all_extensions_use_the_same_packages() -> None:
    wanted = [json.loads(read(f"{folder}/package.json")) for folder in NPM_PACKAGES if "extensions" in folder]
    for kind in ("dependencies", "devDependencies"):
        assert all(manifest[kind] == wanted[0][kind] for manifest in wanted)


def test_every_requirement_is_pinned_within_its_range_and_installed_as_pinned() -> None:
    pins = dict(line.split("==") for line in read("constraints.txt").splitlines() if not line.startswith("#"))
    project = toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["demo"], *extras["dev"]]:
        wanted = Requirement(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name == "serializer-app":
            continue
        assert wanted.specifier.contains(pins[name]), f"{text} is pinned to {pins[name]}"
        assert Version(installed_version(name)) == Version(pins[name])


def test_the_changelog_tells_of_the_version_of_the_package() -> None:
    version = toml("pyproject.toml")["project"]["version"]
    assert "## [Unreleased]" in read("CHANGELOG.md")
    assert f"## {version}" in read("CHANGELOG.md")


def test_the_readme_and_the_ci_give_the_same_commands() -> None:
    lines = read(".ci/run").splitlines()
    assert lines[-2:] == ["make check", "make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    for verb in ("demo", "test", "check", "help"):
        assert f"make {verb}" in read("README.md")


def test_the_figures_of_every_drill_are_told() -> None:
    sources = read("bench/drills/__main__.py") + read("bench/drills/faults.py")
    drills = set(re.findall(r'^    "([a-z-]+)":', sources, re.MULTILINE))
    assert len(drills) >= 12
    assert set(re.findall(r"^\| `([a-z-]+)`", read("docs/drills.md"), re.MULTILINE)) == drills


def test_make_alone_lists_every_verb() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    answer = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    for verb in ("help", "demo", "test", "check", "sbom", "bench", "soak", "drills", "clean"):
        assert re.search(rf"^  {verb} ", answer.stdout, re.MULTILINE)


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(PACKAGE)))
def test_a_module_stays_readable_in_one_sitting(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 400


def test_only_config_reads_the_environment() -> None:
    readers = set()
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            attribute = isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
            imported = (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and any(name.name in {"environ", "getenv"} for name in node.names)
            )
            if attribute or imported:
                readers.add(module)
    assert readers <= ENVIRONMENT_READERS


def test_broad_exceptions_stand_in_two_places_only() -> None:
    allowed = {"web/errors.py", "__init__.py", "sync/work.py"}
    broad = set()
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            ):
                broad.add(str(module.relative_to(PACKAGE)))
    assert broad <= allowed


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services", "base", "misc"}
    assert not [
        module for module in modules() if empty & {module.stem, *module.relative_to(PACKAGE).parent.parts}
    ]


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    homes = re.compile(r"(?<![\w.}/-])/(?:home|root|Users|tmp|work|opt)/\w")
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file, text in sources()
        for match in homes.finditer(text)
    ]
    assert found == []


def test_one_class_name_has_one_meaning_in_the_domain() -> None:
    found: dict[str, list[str]] = {}
    for path in (ROOT / "serializer_app" / "domain").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_no_template_line_is_longer_than_160_characters() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "serializer_app").rglob("*.html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 160
    ]
    assert long == []


MOST_ANY = 24
"""Uses of Any in the package, without imports. Only lower it."""
MOST_IGNORES = 7


def test_types_do_not_get_looser() -> None:
    """Any and ``type: ignore`` become no more, and each of them says in a comment on its line why it is there."""
    anys: list[str] = []
    ignores: list[str] = []
    unexplained: list[str] = []
    for module in modules():
        text = module.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            named = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
            if named == "Any" and isinstance(node, ast.Name | ast.Attribute):
                where = f"{module.relative_to(ROOT)}:{node.lineno}"
                anys.append(where)
                if not re.search(r"  # \S", lines[node.lineno - 1]):
                    unexplained.append(where)
        for number, line in enumerate(lines, start=1):
            if "type: ignore" in line:
                ignores.append(line)
                if not re.search(r"type: ignore\[[a-z-]+\]  # \S", line):
                    unexplained.append(f"{module.relative_to(ROOT)}:{number}")
    assert unexplained == []
    assert len(anys) <= MOST_ANY
    assert len(ignores) <= MOST_IGNORES
