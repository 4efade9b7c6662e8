"""What we build upon: known vulnerabilities, licences, and a list of all parts.

python scripts/supply_chain.py audit      asks the advisory database; tells "vulnerable" from "could not ask"
python scripts/supply_chain.py licences   reads what the installed packages say of themselves; asks nobody
python scripts/supply_chain.py sbom FILE  writes what a deployment installs as CycloneDX 1.6 JSON; asks nobody
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
"""Seconds for all answers of an advisory database; a network that swallows packets must not hold up a build."""

PERMISSIVE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSD-License ISC MIT MIT-0 MIT-CMU PSF-2.0 Unlicense Zlib".split()
)
"""What may be shipped and changed without publishing anything. ``BSD-License``: an old classifier names no number."""
EXCEPTIONS = {
    "axe-playwright-python": ("", "tests only; its repository says MIT, its metadata nothing"),
    "certifi": ("MPL-2.0", "a list of certificates, used unchanged; MPL binds changes of its own files"),
    "hypothesis": ("MPL-2.0", "tests only"),
    "pathspec": ("MPL-2.0", "development only, used unchanged"),
    "psycopg": ("LGPL-3.0-only", "imported as a library that anybody can replace, used unchanged"),
    "psycopg-binary": ("LGPL-3.0-only", "as psycopg"),
}
"""Package → (what it says, why it is all right). Another licence of the same package is a new question."""
_SPOKEN = {
    "apache 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD-License",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}
_SPDX = re.compile(r"[A-Za-z0-9.+ -]{1,100}")


@dataclass
class Findings:
    """What an advisory database said of our pins."""

    asked: int = 0
    vulnerable: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    problem: str = ""
    """Why nobody could be asked at all."""


def pins() -> dict[str, str]:
    """Package → version, as constraints.txt has them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


# --- vulnerabilities --------------------------------------------------------------------------------------------------


def read_findings(answer: str, error: str) -> Findings:
    """Understand what ``pip-audit -f json`` wrote. Its status 0 also means that it knew none of the packages."""
    try:
        dependencies = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = [line.strip() for line in error.splitlines() if line.strip()]
        return Findings(problem=lines[-1][:300] if lines else "pip-audit said nothing")
    findings = Findings()
    for package in dependencies:
        if "skip_reason" in package:
            findings.unanswered.append(package["name"])
            continue
        findings.asked += 1
        for hole in package["vulns"]:
            names = ", ".join([hole["id"], *hole.get("aliases", [])])
            mended = ", ".join(hole.get("fix_versions", [])) or "no version yet"
            findings.vulnerable.append(f"{package['name']} {package['version']}: {names}; mended in {mended}")
    return findings


def _ask(service: str) -> Findings:
    command = [
        sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--requirement", "constraints.txt",
        "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return Findings(problem=f"no answer within {PATIENCE:.0f} s")
    return read_findings(done.stdout, done.stderr)


def report(findings: Findings) -> int:
    """Say it plainly; 1 only for a vulnerability. Whoever could not be asked has said neither yes nor no."""
    for line in findings.vulnerable:
        print(f"VULNERABLE  {line}")
    total = findings.asked + len(findings.unanswered)
    if findings.problem:
        print(f"audit: COULD NOT ASK, nothing was checked: {findings.problem}")
    elif not findings.asked:
        print(f"audit: COULD NOT ASK, nothing was checked: the index here knows none of the {total} packages")
    elif findings.unanswered:
        print(f"audit: {findings.asked} of {total} packages checked, COULD NOT ASK about the rest:")
        print("  " + ", ".join(findings.unanswered))
    if findings.asked and not findings.vulnerable:
        print(f"audit: no known vulnerability in {findings.asked} packages")
    return 1 if findings.vulnerable else 0


def audit() -> int:
    findings = _ask("pypi")
    return report(findings if findings.asked else _or_else(findings, _ask("osv")))


def _or_else(first: Findings, second: Findings) -> Findings:
    return second if second.asked else first


# --- licences ---------------------------------------------------------------------------------------------------------


def _metadata(package: Distribution) -> Message:
    """The typed protocol of 3.11 knows no ``get``; what it describes is an e-mail message."""
    return cast(Message, package.metadata)


def licence_of(package: Distribution) -> str:
    """What the package says, as an SPDX expression where it can be told; ``""`` where it says nothing."""
    metadata = _metadata(package)
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [text.split("::")[-1].strip() for text in metadata.get_all("Classifier") or []
                   if text.startswith("License ::") and "OSI Approved ::" in text]  # fmt: skip
    free = str(metadata.get("License") or "").split("\n")[0].strip()
    # The free text names the clause number that an old classifier leaves out.
    said = [free, *classifiers] if _SPDX.fullmatch(free) else classifiers
    for words in said:
        if (known := _SPOKEN.get(words.lower(), words)) in PERMISSIVE:
            return known
    return _SPOKEN.get(said[0].lower(), said[0]) if said else ""


def is_permissive(expression: str) -> bool:
    """``A OR B``: one of them is enough; ``A AND B``: all of them. Brackets and exceptions are a person's to judge."""
    choices = [choice.split(" AND ") for choice in expression.split(" OR ")]
    return any(all(part.strip() in PERMISSIVE for part in choice) for choice in choices)


def objections(packages: Iterable[str]) -> Iterator[str]:
    """One line for each package whose licence is neither permissive nor an exception with a reason."""
    for name in packages:
        try:
            said = licence_of(distribution(name))
        except PackageNotFoundError:
            continue  # pinned for another version of Python
        if not is_permissive(said) and EXCEPTIONS.get(name, (None,))[0] != said:
            yield f"{name}: {said or 'says nothing of its licence'}"


def licences() -> int:
    names = sorted(pins())
    found = list(objections(names))
    for line in found:
        print(f"LICENCE  {line}")
    if not found:
        print(f"licences: {len(names)} packages, {len(EXCEPTIONS)} exceptions with a reason, no objection")
    return 1 if found else 0


# --- the list of parts ------------------------------------------------------------------------------------------------


def shipped() -> list[str]:
    """Everything that a deployment installs: the project's own requirements and theirs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [(Requirement(text), "") for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        for chosen in ("", *wanted.extras):
            if (name, chosen) not in seen:
                seen.add((name, chosen))
                requires = distribution(name).requires or []
                waiting += [(Requirement(text), chosen) for text in requires]
    return sorted({name for name, _ in seen})


def bill() -> str:
    """CycloneDX 1.6 of what is shipped, with the versions that are installed here."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licence = LicenseFactory()
    bom = Bom()
    whole = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        licenses=[licence.make_from_string(project["license"])],
        bom_ref=project["name"],
    )
    bom.metadata.component = whole
    parts = []
    for name in shipped():
        package = distribution(name)
        said = licence_of(package)
        parts.append(
            Component(
                name=name,
                version=package.version,
                type=ComponentType.LIBRARY,
                purl=PackageURL("pypi", name=name, version=package.version),
                bom_ref=f"{name}@{package.version}",
                description=_metadata(package).get("Summary"),
                licenses=[licence.make_from_string(said)] if said else [],
            )
        )
        bom.components.add(parts[-1])
    bom.register_dependency(whole, parts)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def sbom(file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(bill(), encoding="utf-8")
    print(f"{len(shipped())} packages in {file}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, dest="verb")
    verbs.add_parser("audit")
    verbs.add_parser("licences")
    verbs.add_parser("sbom").add_argument("file", type=Path)
    options = parser.parse_args()
    return {"audit": audit, "licences": licences}.get(options.verb, lambda: sbom(options.file))()


if __name__ == "__main__":
    sys.exit(main())
