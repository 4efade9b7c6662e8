"""Static files have addresses that change with their content, and the desk's page loads all of its modules at once."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from serializer_app.web import static_files
from tests.visitors import database, installed, staff

FILES = sorted(
    file.relative_to(static_files.FOLDER).as_posix()
    for file in static_files.FOLDER.rglob("*")
    if file.is_file()
)
MODULES = {file for file in FILES if file.startswith("desk/")}
IMPORT = re.compile(r'^(?:import|\} from)\b[^"\n]*"(\./[a-z]+\.js)";$', re.MULTILINE)


def imports(module: str) -> set[str]:
    text = (static_files.FOLDER / module).read_text(encoding="utf-8")
    return {str(PurePosixPath(module).parent / name) for name in IMPORT.findall(text)}


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_kept_under_its_own_version_only(app: Flask, client: FlaskClient, file: str) -> None:
    with app.test_request_context():
        path = url_for("static", filename=file)
    assert path == f"/static/{static_files.version()}/{file}"
    content = (static_files.FOLDER / file).read_bytes()
    with client.get(path) as current, client.get(f"/static/another/{file}") as other:
        assert current.data == other.data == content
        assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert other.headers["Cache-Control"] == "no-cache"
        assert (
            re.match(r"text/(css|javascript);", current.content_type) or "javascript" in current.content_type
        )


@pytest.mark.parametrize("path", ["desk/none.js", "../web/pages.py", "%2e%2e/pages.py", "desk/", ""])
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    with client.get(f"/static/{static_files.version()}/{path}") as answer:
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_every_page_of_the_desk_loads_each_module_at_once(app: Flask, client: FlaskClient) -> None:
    installed(database(app))
    html = client.get("/settings", headers={**staff(), "Accept": "text/html"}).text
    folder = f"/static/{static_files.version()}/"
    preloaded = re.findall(rf'<link rel="modulepreload" href="{folder}([^"]+)">', html)
    started = re.findall(rf'<script type="module" src="{folder}([^"]+)">', html)
    assert started == ["desk/main.js"]
    assert sorted([*preloaded, *started]) == sorted(MODULES)


def test_every_module_is_imported_and_none_in_a_circle() -> None:
    done: list[str] = []

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"imported in a circle: {' > '.join([*path, module])}"
        if module in done:
            return
        for name in sorted(imports(module)):
            visit(name, (*path, module))
        done.append(module)

    visit("desk/main.js", ())
    assert set(done) == MODULES
