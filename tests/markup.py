"""What an HTML parser objects to: tags that are left open, closed twice or nested in the wrong element."""

from __future__ import annotations

import re
from collections import Counter

from tinyhtml5.parser import HTMLParser

_FRAGMENT = (
    "<!doctype html><html lang='en'><head><title>A theme</title></head><body><main>{}</main></body></html>"
)


_read: Counter[str] = Counter()
_ENOUGH = 3
"""Times that a process reads the pages of one route: parsing takes as long as the test around it."""


def well_formed(path: str, page: str) -> None:
    """Raise AssertionError for the mistakes in a page, for the first pages of each route that a process gets."""
    route = re.sub(r"[A-Z0-9]{4,}[-\w]*|\d+|(?<=/u/)[^/?]+|(?<==)[^&]+", "…", path)
    _read[route] += 1
    if _read[route] <= _ENOUGH:
        assert not (found := mistakes(page)), (path, found)


def mistakes(page: str) -> list[str]:
    """Each parse error of a page, or of a part of one, with the markup around it (WHATWG HTML, "Parse errors")."""
    page = page.removeprefix("{% layout none %}")
    whole = page if "<html" in page[:200].lower() else _FRAGMENT.format(page)
    parser = HTMLParser()
    parser.parse(whole)
    lines = whole.splitlines()
    return [
        f"{code} {values}: {lines[line - 1][max(0, column - 80) : column + 20]}"
        for (line, column), code, values in parser.errors
    ]
