"""Scripts and styles of the app's own pages. Their addresses change with their content, so browsers keep them for good.

The version is a folder in the address: a script that imports ``./dom.js`` gets the one of its own version.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, url_for

FOLDER = Path(__file__).parent / "static"
URL_PATH = "/static/<version>"
FOREVER = "public, max-age=31536000, immutable"


@cache
def version() -> str:
    """A fingerprint of all static files, as they are when the process first needs it."""
    digest = hashlib.sha256()
    for file in sorted(file for file in FOLDER.rglob("*") if file.is_file()):
        digest.update(str(file.relative_to(FOLDER)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def put_version(endpoint: str, values: dict[str, str]) -> None:
    """Let ``url_for("static", filename=...)`` name the present version."""
    if endpoint == "static":
        values.setdefault("version", version())


def keep_if_current(response: Response, asked: str) -> Response:
    """Let browsers keep a file that was asked for by its own version.

    During a deployment a page of one version asks a process of the other. That process sends what it has, which is not
    kept.
    """
    if asked == version():
        response.headers["Cache-Control"] = FOREVER
    return response


@cache
def _module_names() -> tuple[str, ...]:
    return tuple(
        sorted(f"desk/{file.name}" for file in (FOLDER / "desk").glob("*.js") if file.stem != "main")
    )


def desk_modules() -> list[str]:
    """The paths of all modules that the desk's ``main.js`` imports, so that a page can load them at once."""
    return [url_for("static", filename=name) for name in _module_names()]
