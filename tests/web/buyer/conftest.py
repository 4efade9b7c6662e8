"""A shop that sells lamps and watches, and visitors who come through its app proxy and get pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse, encode_multipart

from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import Facts
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.store.models import Shop
from serializer_app.web.house import house
from tests.markup import well_formed
from tests.visitors import SHOP, forwarded, installed, sold

LAMP, WATCH = 111, 222
PREFIX = "/apps/serializer"


@dataclass
class Bazaar:
    """``open("/verify", {"code": …}, customer="7")``: one page, asked through the proxy."""

    app: Flask
    client: FlaskClient
    db: Database
    shop_id: int

    def open(
        self,
        path: str,
        query: dict[str, Any] | None = None,
        *,
        method: str = "GET",
        form: dict[str, Any] | None = None,
        address: str = "203.0.113.7",
        headers: dict[str, str] | None = None,
        **how: Any,
    ) -> TestResponse:
        parts = urlsplit(path)
        asked = [*parse_qsl(parts.query), *((name, str(value)) for name, value in (query or {}).items())]
        data: Any = form
        if form is not None and any(isinstance(value, list) for value in form.values()):
            # With files. Encoded here: the client would leave a temporary file open for a large one.
            boundary, data = encode_multipart(form)
            headers = {**(headers or {}), "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = self.client.open(
            f"{PREFIX}{parts.path.removeprefix(PREFIX)}?{urlencode(forwarded(asked, **how))}",
            method=method,
            data=data,
            headers={"X-Forwarded-For": address, **(headers or {})},
        )
        if answer.mimetype == "application/liquid":
            well_formed(parts.path, answer.text)
        return answer

    def post(self, path: str, form: dict[str, Any], **how: Any) -> TestResponse:
        """What a browser shows after a form was sent: the page that the answer leads to."""
        answer = self.open(path, method="POST", form=form, **how)
        if answer.status_code != 303:
            return answer
        # Nothing of the signed query goes into an address, and none leaves the shop.
        assert answer.location.startswith(PREFIX), answer.location
        assert "signature" not in answer.location
        return self.open(answer.location, **how)

    def sold(self, *units: dict[str, Any]) -> list[str]:
        return sold(self.db, self.shop_id, *units)

    def serial(self, number: str, variant: int = LAMP) -> str:
        """A serial of the registry; returns the path of its own link."""
        with self.db.write() as session:
            made = serials.create(session, self.shop_id, number, variant, actor="staff:1")
            return f"/u/{made.token}"

    def shop(self, session: Any) -> Shop:
        return shops.by_id(session, self.shop_id)


def verdict(response: TestResponse) -> str | None:
    found = re.search(r'data-verdict="(\w+)"', response.text)
    return found[1] if found else None


def standing(response: TestResponse) -> str | None:
    found = re.search(r'data-standing="(\w+)"', response.text)
    return found[1] if found else None


def link_in(response: TestResponse, part: str) -> str:
    """The first address on the page that holds ``part``."""
    found = re.search(rf'(?:href|action|src)="([^"]*{part}[^"]*)"', response.text)
    assert found, response.text
    return found[1].replace("&amp;", "&")


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""


def fields(response: TestResponse) -> dict[str, str]:
    """What the forms of a page would send."""
    parser = _Fields()
    parser.feed(response.text)
    return parser.fields


@pytest.fixture
def bazaar(app: Flask, client: FlaskClient) -> Bazaar:
    db = house(app).db
    shop_id = installed(db, SHOP)
    with db.write() as session:
        shops.describe(session, shops.by_id(session, shop_id), name="Cobalt Audio", time_zone="Europe/Berlin")
        catalog.describe(
            session,
            shop_id,
            [
                Facts(
                    LAMP,
                    1,
                    "LAMP",
                    "4006381333931",
                    "Brass",
                    "Desk Lamp",
                    "https://cdn.example/lamp.jpg",
                    None,
                ),
                Facts(WATCH, 2, "WATCH", None, "Default Title", "Tide Watch", None, None),
            ],
        )
        catalog.configure(session, shop_id, LAMP, {"trackable": True, "warranty": "P24M"})
    return Bazaar(app, client, db, shop_id)
