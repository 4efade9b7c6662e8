"""Real requests with one hostile value each: every form of the desk and of the buyer's pages, every operation of the
API, every webhook. None is answered with a fault, and every link of the desk leads somewhere.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serializer_app.domain.shops import shops
from serializer_app.web import webhooks
from serializer_app.web.api.openapi import EXAMPLES
from serializer_app.web.api.operations import OPERATIONS
from tests.town import Town
from tests.visitors import id_token, order, proxy_query, webhook
from tests.web.test_doors import Patience

pytestmark = pytest.mark.one_database

TEXTS = [
    "\x00", "9" * 5000, str(2**63), str(-(2**63) - 1), "1e400", "NaN", "-1", "", " ", "a" * 3000, "\u202e\u2028",
    "１２", "<script>alert(1)</script>", "{{ shop }}", "'; --", "%", "\U0001f4a9", "2026-02-30", "31.13.2026", "é@é",
    "\r\nX: y",
]  # fmt: skip
"""Half surrogates are added where the encoding can carry them."""
JSONS: list[Any] = [
    None, True, [], {}, [None], [[]], {"a": 1}, 2**63, -(2**63) - 1, 10**400, -1, 0, 1.5, 1e300, "\ud800", "x\u0000y",
    "9" * 5000, "", " ", "a" * 3000, "\u202e", "2026-02-30",
]  # fmt: skip
VALUES_EACH = 2
"""Hostile values for each field; they take turns, so that every value meets many fields."""


@dataclass(frozen=True)
class Form:
    """A form as a page shows it: where it goes, and its fields with their values."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[Form] = []
        self._open: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._open = {
                "action": given.get("action") or self.page,
                "method": (given.get("method") or "get").upper(),
                "fields": [],
                "files": [],
            }
        elif (
            self._open is not None and tag in ("input", "select", "textarea", "button") and given.get("name")
        ):
            if given.get("type") == "file":
                self._open["files"].append(given["name"])
            else:
                self._open["fields"].append((given["name"], given.get("value") or "1"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            opened, self._open = self._open, None
            fields, files = tuple(opened["fields"]), tuple(opened["files"])
            self.found.append(Form(opened["action"], opened["method"], fields, files))


def _staff(town: Town) -> dict[str, str]:
    return {"Authorization": f"Bearer {id_token(shop=town.shop.domain)}"}


@pytest.fixture
def shop(town: Town) -> Town:
    """A shop in which there is something of everything, and nobody is held back for asking a lot."""
    variant = town.track(custom_fields=[])
    town.shop.place_order([(variant, 2)], town.shop.add_customer("Ada", "Lind"))
    town.settle()
    town.app.extensions["serializer-api-limiter"] = Patience()
    return town


def _walk(shop: Town, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """(path, HTML) of every page of the desk that links lead to, one for each kind of address."""
    (sold,) = shop.shop.state.orders.values()
    rules = [rule for rule in shop.app.url_map.iter_rules() if rule.endpoint.startswith("desk.")]
    waiting = [rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments]
    waiting += [f"/orders/{sold.id}", f"/products/{sold.lines[0].variant_id}"]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answer = client.get(path, headers=_staff(shop))
        body = answer.text if answer.mimetype == "text/html" else ""
        status = answer.status_code
        answer.close()
        assert status < 400, path
        yield path, body
        links = re.findall(r'(?:href|src)="(/[^"]*)"', body)
        waiting += [unescape(link).partition("#")[0] for link in links]


@pytest.mark.database("sqlite")
def test_every_link_on_every_page_of_the_desk_leads_somewhere(shop: Town) -> None:
    seen = {path for path, _ in _walk(shop, shop.app.test_client())}
    assert "/api/v1/docs" in seen
    assert len(seen) > 30


def _no_fault(answer: TestResponse, what: Any) -> None:
    """Expected failures only; 502 and 503 where Shopify is asked and there is none to answer."""
    away = answer.status_code in (502, 503) and "internal" not in answer.text
    status = answer.status_code
    answer.close()
    assert status < 500 or away, (what, status)


def _no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    written = capsys.readouterr().err
    assert "Traceback" not in written
    assert '"level": "error"' not in written


def _posted(client: FlaskClient, form: Form, pairs: list[tuple[str, str]], **more: Any) -> TestResponse:
    """Submit a form with these fields, as a browser encodes them."""
    encoded = urlencode(pairs, errors="surrogatepass")
    if form.method == "GET":
        target = urlsplit(form.action)
        return client.get(f"{target.path}?{encoded}", **more)
    if form.files:
        files = dict.fromkeys(form.files, (b"serialNumber\nSN-1\n", "units.csv"))
        data = {name: value.encode("utf-8", "replace").decode() for name, value in pairs}
        uploaded = {name: (BytesIO(content), title) for name, (content, title) in files.items()}
        return client.post(form.action, data={**data, **uploaded}, content_type="multipart/form-data", **more)
    return client.post(form.action, data=encoded, content_type="application/x-www-form-urlencoded", **more)


def test_no_field_of_a_desk_form_leads_to_a_fault(shop: Town, capsys: pytest.CaptureFixture[str]) -> None:
    client = shop.app.test_client()
    forms: set[Form] = set()
    for path, body in _walk(shop, client):
        reader = _Forms(path)
        reader.feed(body)
        forms |= set(reader.found)
    capsys.readouterr()
    turns = itertools.cycle([*TEXTS, "\ud800"])
    tried = 0
    for form in sorted(forms, key=repr):
        for place in range(len(form.fields)):
            for _ in range(VALUES_EACH):
                pairs = list(form.fields)
                pairs[place] = (pairs[place][0], next(turns))
                answer = _posted(client, form, pairs, headers=_staff(shop))
                _no_fault(answer, (form.action, pairs[place]))
                tried += 1
        _no_fault(_posted(client, form, [], headers=_staff(shop)), form.action)
    assert tried > 150
    _no_traceback(capsys)


def test_no_field_of_a_buyers_form_leads_to_a_fault(shop: Town, capsys: pytest.CaptureFixture[str]) -> None:
    client = shop.app.test_client()
    (sold,) = shop.shop.state.orders.values()
    code = shop.items(sold)[0].item_id
    domain = shop.shop.domain
    forms: set[Form] = set()
    for path in (
        f"/apps/serializer/verify?{proxy_query(domain, code=code)}",
        f"/apps/serializer/verify?{proxy_query(domain)}",
    ):
        reader = _Forms(path)
        reader.feed(client.get(path).text)
        forms |= set(reader.found)
    assert forms
    capsys.readouterr()
    turns = itertools.cycle(TEXTS)
    for form in sorted(forms, key=repr):
        path = urlsplit(form.action).path
        for place in range(len(form.fields)):
            for _ in range(VALUES_EACH):
                name, value = form.fields[place][0], next(turns)
                if form.method == "GET":
                    answer = client.get(f"{path}?{_signed(domain, name, value)}")
                else:
                    pairs = list(form.fields)
                    pairs[place] = (name, value)
                    signed = Form(f"{path}?{proxy_query(domain)}", "POST", form.fields, ())
                    answer = _posted(client, signed, pairs)
                _no_fault(answer, (path, name, value))
    names = (
        "orderId",
        "customerId",
        "productVariantId",
        "lineItemId",
        "serialNumber",
        "itemId",
        "itemRef",
        "cursor",
    )
    for name, value in itertools.product(names, TEXTS):
        _no_fault(client.get(f"/apps/serializer/items?{_signed(domain, name, value)}"), (name, value))
    _no_traceback(capsys)


def _signed(domain: str, name: str, value: str) -> str:
    parameters: dict[str, Any] = {name: value}
    return proxy_query(domain, **parameters)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a JSON document, containers too."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        yield from _leaves(below, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], new)
    return copy


def test_no_value_in_an_api_request_leads_to_a_fault(shop: Town, capsys: pytest.CaptureFixture[str]) -> None:
    with shop.db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, shop.shop_id), ["read", "write"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    client = shop.app.test_client()
    turns, texts = itertools.cycle(JSONS), itertools.cycle(TEXTS)
    tried = 0
    for operation in OPERATIONS.values():
        example = EXAMPLES.get(operation.name)
        if example is None:
            continue
        address = "/api/v1" + operation.path.format(
            **{name: quote(str(value), safe="") for name, value in example.path.items()}
        )

        def ask(
            body: Any, query: dict[str, Any], to: str = address, method: str = operation.method
        ) -> TestResponse:
            data = None if body is None else json.dumps(body).encode()
            return client.open(f"{to}?{urlencode(query)}", method=method, data=data, headers=headers)

        for path in _leaves(example.body) if example.body is not None else ():
            for _ in range(VALUES_EACH):
                value = next(turns)
                _no_fault(
                    ask(_replaced(example.body, path, value), dict(example.query)),
                    (operation.name, path, value),
                )
                tried += 1
        for name in example.query:
            for _ in range(VALUES_EACH):
                value = next(texts)
                _no_fault(ask(example.body, {**example.query, name: value}), (operation.name, name, value))
        for name in example.path:
            for _ in range(VALUES_EACH):
                value = next(texts)
                filled = {**example.path, name: value}
                to = "/api/v1" + operation.path.format(
                    **{key: quote(str(part), safe="") for key, part in filled.items()}
                )
                _no_fault(ask(example.body, dict(example.query), to), (operation.name, name, value))
    assert tried > 150
    _no_traceback(capsys)


def test_no_value_in_a_webhook_leads_to_a_fault(shop: Town, capsys: pytest.CaptureFixture[str]) -> None:
    (sold,) = shop.shop.state.orders.values()
    known = order(sold.id + 1, line_item_id=77, variant_id=sold.lines[0].variant_id or 1)
    known |= {
        "refunds": [],
        "fulfillments": [
            {"id": 1, "status": "success", "created_at": known["created_at"], "line_items": [{"id": 77}]}
        ],
    }
    payloads: dict[str, Any] = {topic.replace("-", "/", 1): {"id": 5} for topic in sorted(webhooks.TOPICS)}
    payloads |= dict.fromkeys(("orders/create", "orders/updated", "orders/cancelled"), known)
    payloads["orders/edited"] = {
        "order_edit": {"order_id": sold.id, "line_items": {"additions": [], "removals": []}}
    }
    payloads["refunds/create"] = {"id": 1, "order_id": sold.id}
    payloads["customers/merge"] = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "completed",
    }
    payloads["app/scopes_update"] = {"id": 1, "previous": [], "current": ["write_orders"]}
    payloads["customers/redact"] = {
        "shop_id": 1,
        "shop_domain": shop.shop.domain,
        "customer": {"id": 1, "email": "a@example.com", "phone": None},
        "orders_to_redact": [1],
    }
    payloads["customers/data_request"] = {
        "shop_id": 1,
        "shop_domain": shop.shop.domain,
        "customer": {"id": 1, "email": "a@example.com", "phone": None},
        "orders_requested": [1],
        "data_request": {"id": 1},
    }
    # The last one ends the installation.
    ordered = sorted(payloads, key=lambda topic: (topic == "app/uninstalled", topic))
    client = shop.app.test_client()
    turns = itertools.cycle(JSONS)
    tried = 0
    for topic in ordered:
        for path in _leaves(payloads[topic]):
            for _ in range(VALUES_EACH):
                value = next(turns)
                body = _replaced(payloads[topic], path, value)
                answer = webhook(client, topic, body, shop.shop.domain)
                _no_fault(answer, (topic, path, value))
                tried += 1
    assert tried > 150
    _no_traceback(capsys)
