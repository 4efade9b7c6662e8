"""The page a developer reads."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from serializer_app.web.api.codes import ERRORS
from serializer_app.web.api.operations import OPERATIONS
from serializer_app.web.api.reference_page import code_spans, kind


class Reading(HTMLParser):
    """What stands in a page: its IDs, its links, what it loads, and whether its tags close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [given[name] for name in ("src",) if name in given]
        if tag == "link":
            self.loaded.append(given["href"])
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def html(client: FlaskClient) -> str:
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    return answer.text


def test_every_call_code_and_link_is_there(html: str) -> None:
    page = Reading(html)

    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(OPERATIONS) <= set(page.ids)
    assert all(f"<code>{code}</code>" in html for code in ERRORS)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_nothing_comes_from_another_host_and_no_script_runs(html: str, client: FlaskClient) -> None:
    page = Reading(html)

    assert "<script" not in html
    icon, style_path = page.loaded
    assert icon == "data:,"
    assert re.fullmatch(r"/static/[0-9a-f]{12}/api-reference\.css", style_path)
    style = client.get(style_path)
    assert style.status_code == 200
    assert "light-dark(" in style.text
    assert "@import" not in style.text
    style.close()


def test_an_example_can_be_copied_into_a_shell(html: str) -> None:
    calls = re.findall(r'aria-label="Example call">(.*?)</pre>', html, re.DOTALL)

    assert len(calls) == len(OPERATIONS)
    assert any("-X PATCH" in call and "Authorization: Bearer" in call for call in calls)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/ItemWire"}, "ItemWire"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"type": "string", "maxLength": 64}, "string, at most 64 characters"),
        ({"enum": ["open", "owner"]}, '"open" | "owner"'),
        ({"type": "integer", "format": "int64", "maximum": 9}, "ID"),
        ({"type": "integer", "minimum": 1, "maximum": 100}, "integer, 1 to 100"),
    ],
)
def test_a_schema_reads_as_a_few_words(schema: dict[str, Any], words: str) -> None:
    assert kind(schema) == words


def test_text_is_escaped_before_its_code_is_marked() -> None:
    assert code_spans("a <b> `c & d`") == "a &lt;b&gt; <code>c &amp; d</code>"
