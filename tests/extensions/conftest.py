"""Shopify's own checker, installed with npm into a folder of this run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

THEME_CHECK = "@shopify/theme-check-node@3.29.1"
EXTENSIONS = Path(__file__).resolve().parents[2] / "extensions"

Check = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def theme_check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """``theme_check(folder)``: the offences that Shopify's theme-check finds in a theme app extension."""
    assert shutil.which("npm"), (
        "no npm found: extensions are checked with Shopify's own tools, which need Node.js"
    )
    folder = tmp_path_factory.mktemp("theme-check")
    (folder / "package.json").write_text('{"private": true}')
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", THEME_CHECK]
    made = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=240)
    assert made.returncode == 0, made.stderr
    shutil.copy(Path(__file__).with_name("check.cjs"), folder)

    def check(extension: Path) -> list[dict[str, Any]]:
        command = ["node", "check.cjs", str(extension)]
        ran = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert ran.returncode == 0, ran.stderr
        offences: list[dict[str, Any]] = json.loads(ran.stdout)
        return offences

    return check


@pytest.fixture(scope="session")
def ui_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node_modules with what the extensions' lock files name; all of them name the same packages."""
    assert shutil.which("npm"), (
        "no npm found: extensions are built with Shopify's own packages, which need Node.js"
    )
    folder = tmp_path_factory.mktemp("ui-extensions")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EXTENSIONS / "order-block" / name, folder)
    npm = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    made = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=240)
    assert made.returncode == 0, made.stderr
    return folder / "node_modules"
