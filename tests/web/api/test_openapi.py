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
from sqlalchemy import select

import serializer_app
from serializer_app.domain.attachments import checks
from serializer_app.domain.registry import proofs, registrations
from serializer_app.store.db import Database
from serializer_app.store.models import Registration
from serializer_app.web.api import registry_examples, webhook_examples
from serializer_app.web.api.codes import ERRORS
from serializer_app.web.api.examples import ITEM_ID, LINE_ID, ORDER_ID, SECOND_ID, VARIANT_ID
from serializer_app.web.api.openapi import EXAMPLES
from serializer_app.web.api.operations import OPERATIONS, Operation
from serializer_app.web.house import house
from tests.web.api.caller import Caller
from tests.web.api.test_uploads import work

pytestmark = pytest.mark.one_database

PACKAGE = Path(serializer_app.__file__).parent


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


def test_every_operation_behind_a_key_has_an_example() -> None:
    assert set(EXAMPLES) == {found.name for found in OPERATIONS.values() if not found.public}


@pytest.fixture
def world(api: Caller, item_ids: list[str], db: Database) -> Caller:
    """The shop the examples speak of: its two items have the examples' IDs."""
    for item_id, known in zip(item_ids, (ITEM_ID, SECOND_ID), strict=True):
        rename(db, "items", "item_id", known, f"item_id = '{item_id}'")
    for number, known in enumerate((registry_examples.EXPERIENCE_ID, registry_examples.OTHER_EXPERIENCE_ID)):
        rename(db, "variants", "experience_id", known, f"variant_id = {VARIANT_ID + number}")
    return api


def rename(db: Database, table: str, column: str, known: str, which: str = "true") -> None:
    """Give a row the name the examples know it by."""
    with db.write() as session:
        statement = f"UPDATE {table} SET {column} = '{known}' WHERE {which}"
        session.connection().exec_driver_sql(statement)


def _registry(app: Flask, world: Caller, db: Database) -> None:
    """Two serials, of which one is registered."""
    numbers = (registry_examples.NUMBER, registry_examples.FREE_NUMBER)
    entries = [{"serialNumber": number, "productSku": "CLOCK-R"} for number in numbers]
    assert world.post("/serials", entries).status_code == 201
    assert world.post("/registrations", registry_examples.CLAIM).status_code == 201
    rename(db, "registrations", "public_id", registry_examples.REGISTRATION_ID)


def _uploaded(app: Flask, world: Caller, db: Database) -> None:
    sent = world.call("POST", "/serials/uploads", data=registry_examples.UPLOADED, content_type="text/csv")
    assert sent.status_code == 202
    work(app)
    rename(db, "tasks", "public_id", registry_examples.UPLOAD_ID)


def _told(app: Flask, world: Caller, db: Database) -> None:
    """An endpoint with one delivery."""
    made: Any = world.post("/endpoints", webhook_examples.ENDPOINT).json
    assert world.post(f"/endpoints/{made['id']}/test").status_code == 202
    rename(db, "endpoints", "public_id", webhook_examples.ENDPOINT_ID)
    rename(db, "deliveries", "public_id", webhook_examples.DELIVERY_ID)


def _assigned(app: Flask, world: Caller, db: Database) -> None:
    """Two units in stock, of which one is assigned to the first item."""
    numbers = (registry_examples.NUMBER, registry_examples.FREE_NUMBER)
    entries = [{"serialNumber": number, "productSku": "CLOCK-R"} for number in numbers]
    assert world.post("/serials", entries).status_code == 201
    assigned = {"lineItemId": LINE_ID, "serialNumbers": [registry_examples.FREE_NUMBER]}
    assert world.post(f"/orders/{ORDER_ID}/assign", assigned).status_code == 200


def _proven(app: Flask, world: Caller, db: Database) -> None:
    """A registration that came with a proof of purchase."""
    _registry(app, world, db)
    file = checks.check("receipt.pdf", registry_examples.PROOF.encode())
    with db.write() as session:
        shop_id = session.scalars(select(Registration.shop_id)).one()
        held = registrations.find(session, shop_id, registry_examples.REGISTRATION_ID)
        proofs.attach(session, house(app).vault, held, file, actor="visitor")


PREPARED = {
    "Proofs of purchase": _proven,
    "Units": _assigned,
    "Serials": _registry,
    "Registrations": _registry,
    "Uploads": _uploaded,
    "Webhooks": _told,
}
"""What has to be there before the examples of a chapter are tried."""

MASKS = [
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "some time"),
    (r"https://\w+\.myshopify\.com/apps/serializer/u/[\w-]{20}", "some address"),
    (r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b", "some ID"),
    (r"^[0-9A-Z]{13}$|^ACME-[0-9]{6}$|^[0-9A-Z]{5}-[0-9A-Z]{5}$|^whsec_.{40,}$", "some code"),
    (r"^(active|expired)$", "as of today"),
]
"""What no two runs share: times, and what is drawn by lot."""
KNOWN = {
    ITEM_ID,
    SECOND_ID,
    registry_examples.REGISTRATION_ID,
    webhook_examples.ENDPOINT_ID,
    webhook_examples.DELIVERY_ID,
}


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if isinstance(value, str) and value not in KNOWN:
        for pattern, instead in MASKS:
            value = re.sub(pattern, instead, value)
    return value


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_what_the_app_answers(
    app: Flask, world: Caller, db: Database, document: dict[str, Any], name: str
) -> None:
    found, example = OPERATIONS[name], EXAMPLES[name]
    if found.tag in PREPARED:
        PREPARED[found.tag](app, world, db)
    path = found.path
    for parameter, value in example.path.items():
        path = path.replace("{" + parameter + "}", str(value))
    body = example.body
    if name == "accept_transfer":  # the code is a lot drawn anew each time
        offered: Any = world.post(path.replace("accept-transfer", "transfer-code")).json
        assert isinstance(body, dict)
        body = {**body, "code": offered["code"]}
    extra: dict[str, Any] = {} if body is None else {"json": body}
    if found.takes:
        extra = {"data": body, "content_type": found.takes[0]}

    answer = world.call(found.method, path, query_string=dict(example.query), **extra)

    assert answer.status_code == example.status, answer.text
    given = answer.json if answer.is_json else answer.text
    assert compared(given, found) == compared(example.answer, found)
    described = document["paths"]["/api/v1" + found.path][found.method.lower()]["responses"][
        str(example.status)
    ]
    media = described["content"][answer.mimetype]
    assert media["example"] == example.answer
    schema = {**media["schema"], "components": document["components"]}
    for one in (given, example.answer):
        assert list(OAS31Validator(schema).iter_errors(one)) == []


def compared(value: Any, found: Operation) -> Any:
    """An answer without what is drawn by lot; what is made anew has no known name."""
    shown = masked(value)
    if found.name in {"post_registration", "post_endpoint", "test_endpoint", "replay_delivery"}:
        shown["id"] = "made just now"
    return shown


def test_every_code_that_can_be_answered_is_listed() -> None:
    sources = [*(PACKAGE / "web" / "api").glob("*.py"), PACKAGE / "web" / "wire" / "problems.py"]
    sources += [
        PACKAGE / "domain" / f"{name}.py" for name in ("items/items", "orders/orders", "catalog/catalog")
    ]
    sources += [PACKAGE / "web" / f"{name}.py" for name in ("cursors", "limits", "answers")]
    raised = re.compile(r'(?:AppError\(\s*|code=)"(\w+)"')

    assert {code for source in sources for code in raised.findall(source.read_text())} - set(ERRORS) == set()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_failure_an_operation_names_is_a_known_code(name: str) -> None:
    assert set(OPERATIONS[name].errors) <= set(ERRORS)


def test_answers_hold_no_key_the_document_does_not_know(world: Caller, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    order: Any = world.get("/orders/4460047270069").json

    assert set(order) | {"created", "hold"} == set(schemas["Order"]["properties"])
    assert set(order["items"][0]) <= set(schemas["Item"]["properties"])
    assert "serialNumber" not in schemas["Item"]["required"]
    assert "warrantyDuration" not in schemas["Item"]["required"]
    assert "default" not in str(schemas["ItemChanges"])
