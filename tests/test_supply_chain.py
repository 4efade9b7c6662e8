"""What we build upon: nothing is called checked that nobody checked, and what a container gets comes from the lock."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts import supply_chain
from scripts.supply_chain import Findings, is_permissive, read_findings

ROOT = Path(__file__).resolve().parents[1]
CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
UNKNOWN = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited"}
HOLE = {"id": "PYSEC-2099-1", "aliases": ["CVE-2099-1"], "fix_versions": ["3.1.4"], "description": ""}


def told(findings: Findings, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return supply_chain.report(findings), capsys.readouterr().out


def answer(*packages: Mapping[str, object]) -> Findings:
    return read_findings(json.dumps({"dependencies": packages, "fixes": []}), "")


def test_a_vulnerability_fails_the_check_even_where_others_could_not_be_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said = told(answer({**CLEAN, "vulns": [HOLE]}, UNKNOWN), capsys)
    assert status == 1
    assert "VULNERABLE  flask 3.1.3: PYSEC-2099-1, CVE-2099-1; mended in 3.1.4" in said
    assert "COULD NOT ASK" in said
    assert "no known vulnerability" not in said


@pytest.mark.parametrize(
    "findings",
    [
        answer(UNKNOWN),  # a mirror without advisories: pip-audit calls this "no known vulnerabilities"
        read_findings("", "Traceback …\nrequests.exceptions.ConnectionError: no such host"),
        read_findings("", ""),
        read_findings("[]", ""),
    ],
)
def test_who_could_not_ask_says_so_and_neither_fails_nor_passes_the_packages(
    findings: Findings, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = told(findings, capsys)
    assert status == 0
    assert "COULD NOT ASK, nothing was checked" in said
    assert "no known vulnerability" not in said


def test_clean_is_said_of_those_that_were_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(answer(CLEAN), capsys) == (0, "audit: no known vulnerability in 1 packages\n")
    status, said = told(answer(CLEAN, UNKNOWN), capsys)
    assert status == 0
    assert "1 of 2 packages checked" in said
    assert "jinja2" in said


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later OR SSPL-1.0", False),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", False),
        ("", False),
    ],
)
def test_a_licence_is_permissive_as_a_whole_or_not(expression: str, allowed: bool) -> None:
    assert is_permissive(expression) is allowed


def test_every_package_we_pin_has_a_licence_we_may_ship_and_every_exception_is_needed() -> None:
    assert list(supply_chain.objections(supply_chain.pins())) == []
    for name in supply_chain.EXCEPTIONS:
        assert not is_permissive(supply_chain.licence_of(distribution(name))), f"{name} needs none"


def test_the_bill_of_materials_is_valid_and_names_what_a_deployment_installs() -> None:
    text = supply_chain.bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = {part["name"]: part["version"] for part in json.loads(text)["components"]}
    pins = supply_chain.pins()
    assert {"flask", "jinja2", "gunicorn", "psycopg-binary", "cryptography"} <= listed.keys()
    assert not {"pytest", "playwright", "graphql-core"} & listed.keys()
    assert listed == {name: pins[name] for name in listed}


def test_no_action_of_a_ci_is_taken_by_a_name_that_can_move() -> None:
    """There are none today; one that comes is named by the hash of its commit, an image by its digest."""
    folders = [ROOT / name for name in (".github", ".gitlab", ".circleci", ".forgejo", ".gitea")]
    files = [file for folder in folders for file in folder.rglob("*.y*ml")] + list(
        ROOT.glob(".gitlab-ci.yml")
    )
    for file in files:
        text = file.read_text(encoding="utf-8")
        for used in re.findall(r"^\s*-?\s*uses:\s*['\"]?([^'\"\s#]+)", text, re.MULTILINE):
            assert used.startswith("./") or re.search(r"@(sha256:)?[0-9a-f]{40,64}$", used), f"{file}: {used}"
        for image in re.findall(r"^\s*-?\s*image:\s*['\"]?([^'\"\s#]+)", text, re.MULTILINE):
            assert "@sha256:" in image, f"{file}: {image}"


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, rest) of the Containerfile, continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines()]
    return [(line.split()[0], line.split(None, 1)[1]) for line in lines if line and not line.startswith("#")]


def test_the_container_is_built_from_the_lock_and_runs_as_nobody_on_a_root_it_cannot_write() -> None:
    steps = instructions()
    words = [word for word, _ in steps]
    stages = [rest for word, rest in steps if word == "FROM"]
    assert len(stages) == 2
    assert all(stage.startswith("${PYTHON_IMAGE}") for stage in stages)
    built = " ".join(
        rest for word, rest in steps[: words.index("FROM", words.index("FROM") + 1)] if word == "ENV"
    )
    assert "PIP_CONSTRAINT=/src/constraints.txt" in built
    final = steps[len(words) - words[::-1].index("FROM") :]
    assert not any("pip install" in rest for word, rest in final if word == "RUN")
    (user,) = [rest for word, rest in final if word == "USER"]
    assert re.fullmatch(r"[1-9][0-9]{3,}:[0-9]+", user), (
        "by number, so that a platform can see it is not root"
    )
    (health,) = [rest for word, rest in final if word == "HEALTHCHECK"]
    assert "/healthz" in health
    # What the app writes goes to one volume; Python writes no byte code beside itself.
    assert [rest for word, rest in final if word == "VOLUME"] == ['["/data"]']
    environment = dict(
        pair.split("=", 1) for word, rest in final if word == "ENV" for pair in shlex.split(rest)
    )
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["DATABASE_URL"].startswith("sqlite:////data/")
    (command,) = [json.loads(rest) for word, rest in final if word == "CMD"]
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
    (web,) = re.findall(r"^web: (.+)$", procfile, re.MULTILINE)
    assert command[:3] == shlex.split(web)[:3]
    assert command[-1] == shlex.split(web)[-1]


def test_a_container_gets_nothing_of_the_checkout_but_what_it_needs() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    kept = {line.removeprefix("!") for line in ignored[1:]}
    copied = {
        source.rstrip("/")
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == kept
    assert all(os.path.exists(ROOT / name) for name in kept)
