"""UI extensions: their types agree with Shopify's packages, they build, and they speak every language whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.extensions.conftest import EXTENSIONS

NAMES = sorted(
    folder.parent.name
    for folder in EXTENSIONS.glob("*/shopify.extension.toml")
    if 'type = "ui_extension"' in folder.read_text(encoding="utf-8")
)
MOST_BYTES = 64 * 1024
"""shopify.dev, "UI extensions: bundle size"."""


@pytest.fixture(params=NAMES)
def extension(request: pytest.FixtureRequest, ui_packages: Path, tmp_path: Path) -> Path:
    """A copy of one extension with its packages beside it."""
    copy = tmp_path / str(request.param)
    shutil.copytree(EXTENSIONS / str(request.param), copy)
    (copy / "node_modules").symlink_to(ui_packages)
    return copy


def compiled(extension: Path) -> subprocess.CompletedProcess[str]:
    tsc = extension / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(tsc), "-p", "."]
    return subprocess.run(command, cwd=extension, capture_output=True, text=True, timeout=120)


def modules(extension: Path) -> list[str]:
    declared = tomllib.loads((extension / "shopify.extension.toml").read_text(encoding="utf-8"))
    return [target["module"] for entry in declared["extensions"] for target in entry["targeting"]]


def test_the_types_agree_with_shopifys(extension: Path) -> None:
    done = compiled(extension)
    assert done.returncode == 0, done.stdout


def test_the_compiler_would_notice_a_wrong_component_or_call(extension: Path) -> None:
    source = extension / modules(extension)[0]
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("heading=", "headin=", 1), encoding="utf-8")
    assert "headin" in compiled(extension).stdout
    source.write_text(text.replace("i18n.translate(", "i18n.say(", 1), encoding="utf-8")
    assert "say" in compiled(extension).stdout


def test_it_builds_within_shopifys_limit(extension: Path, tmp_path: Path) -> None:
    for module in modules(extension):
        bundle = tmp_path / "bundle.js"
        esbuild = extension / "node_modules" / ".bin" / "esbuild"
        command = [
            str(esbuild),
            module,
            "--bundle",
            "--minify",
            "--jsx=automatic",
            "--jsx-import-source=preact",
            "--format=esm",
            f"--outfile={bundle}",
        ]
        done = subprocess.run(command, cwd=extension, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert 0 < bundle.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_every_language(name: str) -> None:
    folder = EXTENSIONS / name
    texts = {
        file.name: set(json.loads(file.read_text(encoding="utf-8")))
        for file in (folder / "locales").iterdir()
    }
    assert set(texts) == {"en.default.json", "de.json"}
    assert texts["en.default.json"] == texts["de.json"]
    source = "".join(file.read_text(encoding="utf-8") for file in (folder / "src").iterdir())
    settings = (folder / "shopify.extension.toml").read_text(encoding="utf-8")
    for key in texts["de.json"] - {"name"}:
        assert f'"{key}"' in source or f'"t:{key}"' in settings


def test_the_order_status_reads_all_pages_of_one_writing(ui_packages: Path, tmp_path: Path) -> None:
    """An order of thousands of units has several metafields; what a shrunken one left behind is not shown."""
    esbuild = ui_packages / ".bin" / "esbuild"
    source = EXTENSIONS / "order-status" / "src" / "items.ts"
    bundle = tmp_path / "items.mjs"
    command = [str(esbuild), str(source), "--bundle", "--format=esm", f"--outfile={bundle}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pages = {
        "properties": {"pages": 3, "revision": "r", "items": [{"itemId": "A"}]},
        "properties_2": {"revision": "r", "items": [{"itemId": "B"}]},
        "properties_3": {"revision": "older", "items": [{"itemId": "X"}]},
        "properties_4": {"revision": "r", "items": [{"itemId": "Y"}]},
    }
    values = {key: {"value": json.dumps(page)} for key, page in pages.items()}
    script = tmp_path / "run.mjs"
    script.write_text(
        "import { itemsOf } from './items.mjs';\n"
        "for (const order of [" + json.dumps(values) + ", { properties: null }, null]) {\n"
        "  globalThis.fetch = async () => ({ json: async () => ({ data: { order } }) });\n"
        "  console.log((await itemsOf('gid://shopify/Order/1')).map((item) => item.itemId).join());\n"
        "}\n",
        encoding="utf-8",
    )
    ran = subprocess.run(["node", str(script)], check=True, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split("\n") == ["A,B", "", "", ""]
