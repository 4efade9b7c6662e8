"""The theme app extension: passes Shopify's theme-check, is small, and speaks every language whole."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.extensions.conftest import EXTENSIONS, Check

THEME = EXTENSIONS / "theme"
BLOCKS = sorted((THEME / "blocks").glob("*.liquid"))


def schema(block: Path) -> dict[str, Any]:
    found = re.search(r"\{% schema %\}(.*)\{% endschema %\}", block.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    parsed: dict[str, Any] = json.loads(found[1])
    return parsed


def keys(tree: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in tree.items():
        path = f"{prefix}{name}"
        found |= keys(value, f"{path}.") if isinstance(value, dict) else {path}
    return found


def locale(name: str) -> set[str]:
    return keys(json.loads((THEME / "locales" / name).read_text(encoding="utf-8")))


def test_shopifys_theme_check_finds_nothing(theme_check: Check) -> None:
    assert theme_check(THEME) == []


def test_the_checker_would_notice(theme_check: Check, tmp_path: Path) -> None:
    copy = tmp_path / "theme"
    shutil.copytree(THEME, copy)
    block = copy / "blocks" / "verify.liquid"
    block.write_text(
        block.read_text(encoding="utf-8").replace("'verify.check'", "'verify.nothing'") + "{% if %}"
    )
    assert theme_check(copy)


def test_it_is_a_theme_extension_with_two_blocks() -> None:
    declared = tomllib.loads((THEME / "shopify.extension.toml").read_text(encoding="utf-8"))
    assert declared["type"] == "theme"
    assert [block.stem for block in BLOCKS] == ["items", "verify"]
    for block in BLOCKS:
        described = schema(block)
        assert described["target"] == "section"
        for asset in ("stylesheet", "javascript"):
            assert (THEME / "assets" / described.get(asset, "serializer.css")).is_file()


def test_every_text_is_there_in_every_language() -> None:
    assert locale("en.default.json") == locale("de.json")
    assert locale("en.default.schema.json") == locale("de.schema.json")
    used = {
        key for block in BLOCKS for key in re.findall(r"'([\w.]+)' \| t\b", block.read_text(encoding="utf-8"))
    }
    assert used == locale("en.default.json")
    named = {
        key for block in BLOCKS for key in re.findall(r'"t:([\w.]+)"', block.read_text(encoding="utf-8"))
    }
    assert named == locale("en.default.schema.json")


@pytest.mark.parametrize(("asset", "most"), [("serializer-items.js", 5_000), ("serializer.css", 3_000)])
def test_assets_are_a_few_kilobytes(asset: str, most: int) -> None:
    assert (THEME / "assets" / asset).stat().st_size < most


def test_block_names_fit_the_theme_editor() -> None:
    for name in ("en.default.schema.json", "de.schema.json"):
        texts = json.loads((THEME / "locales" / name).read_text(encoding="utf-8"))
        assert all(len(block["name"]) <= 25 for key, block in texts["blocks"].items() if key != "shared")
