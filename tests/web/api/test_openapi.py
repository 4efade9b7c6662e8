"""The document and the app say the same; the examples in it are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import serializer_app
from serializer_app.store.db import Database
from serializer_app.web.api.codes import ERRORS
from serializer_app.web.api.examples import EXAMPLES, ITEM_ID, SECOND_ID
from serializer_app.web.api.operations import OPERATIONS
from tests.web.api.caller import Caller

PACKAGE = Path(serializer_app.__file__).parent
_ITEM_ID = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json or {}
    return body


def test_routes_and_document_are_equal(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert served == described


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_chapter_has_its_place(document: dict[str, Any]) -> None:
    assert {tag["name"] for tag in document["tags"]} == {found.tag for found in OPERATIONS.values()}


def test_the_document_names_this_app(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]


def test_only_the_reference_needs_no_key(app: Flask, client: FlaskClient, document: dict[str, Any]) -> None:
    public = {
        path for path, methods in document["paths"].items() if methods.get("get", {}).get("security") == []
    }

    assert public == {"/api/v1/openapi.json", "/api/v1/docs"}
    for found in OPERATIONS.values():
        address = "/api/v1" + re.sub(r"\{\w+\}", "1", found.path)
        status = client.open(address, method=found.method).status_code
        assert (status == 401) == (not found.public), found.name


def test_every_operation_on_items_orders_variants_and_settings_has_an_example() -> None:
    # Serials and registrations have theirs in the source document, and tests of their own replay those.
    named = {
        found.name
        for found in OPERATIONS.values()
        if found.tag in {"Items", "Orders", "Variants", "Settings"}
    }

    assert set(EXAMPLES) >= named


@pytest.fixture
def world(api: Caller, item_ids: list[str], db: Database) -> Caller:
    """The shop the examples speak of: its two items have the examples' IDs."""
    with db.write() as session:
        for item_id, known in zip(item_ids, (ITEM_ID, SECOND_ID), strict=True):
            statement = f"UPDATE items SET item_id = '{known}' WHERE item_id = '{item_id}'"
            session.connection().exec_driver_sql(statement)
    return api


def masked(value: Any, key: str = "") -> Any:
    """What no two runs share is masked: times, experience IDs and the IDs of new items."""
    if isinstance(value, dict):
        return {name: masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, key) for inner in value]
    if key == "experienceId" or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value)):
        return f"some {key}"
    if isinstance(value, str) and _ITEM_ID.fullmatch(value) and value not in {ITEM_ID, SECOND_ID}:
        return "new item"
    return value


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_what_the_app_answers(world: Caller, document: dict[str, Any], name: str) -> None:
    found, example = OPERATIONS[name], EXAMPLES[name]
    path = found.path
    for parameter, value in example.path.items():
        path = path.replace("{" + parameter + "}", str(value))
    extra: dict[str, Any] = {} if example.body is None else {"json": example.body}

    answer = world.call(found.method, path, query_string=dict(example.query), **extra)

    assert answer.status_code == example.status, answer.text
    assert masked(answer.json) == masked(example.answer)
    described = document["paths"]["/api/v1" + found.path][found.method.lower()]["responses"][
        str(example.status)
    ]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    for body in (answer.json, example.answer):
        assert list(OAS31Validator(schema).iter_errors(body)) == []


def test_every_code_that_can_be_answered_is_listed() -> None:
    sources = [*(PACKAGE / "web" / "api").glob("*.py"), PACKAGE / "web" / "wire" / "problems.py"]
    sources += [PACKAGE / "domain" / f"{name}.py" for name in ("items", "orders", "catalog")]
    sources += [PACKAGE / "web" / f"{name}.py" for name in ("cursors", "limits", "answers")]
    raised = re.compile(r'(?:AppError\(\s*|code=)"(\w+)"')

    assert {code for source in sources for code in raised.findall(source.read_text())} - set(ERRORS) == set()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_failure_an_operation_names_is_a_known_code(name: str) -> None:
    assert set(OPERATIONS[name].errors) <= set(ERRORS)


def test_answers_hold_no_key_the_document_does_not_know(world: Caller, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    order: Any = world.get("/orders/4460047270069").json

    assert set(order) | {"created"} == set(schemas["Order"]["properties"])
    assert set(order["items"][0]) <= set(schemas["Item"]["properties"])
    assert "serialNumber" not in schemas["Item"]["required"]
    assert "warrantyDuration" not in schemas["Item"]["required"]
    assert "default" not in str(schemas["ItemChanges"])
