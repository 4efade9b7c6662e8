"""A code that names a unit names it at every door of the API and of the storefront, and other codes are told apart."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from serializer_app.domain.buyers import units
from serializer_app.domain.registry import recognition, registrations, serial_lookups
from serializer_app.domain.registry.recognition import CodeKind
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from tests.web.api.caller import DOMAIN, Caller

pytestmark = pytest.mark.usefixtures("tracked")

GTIN = "4006381333931"
NUMBER = "SN-2041"
CODES = (
    " sn-2041 ",
    "SN\u200b-2041",
    "ＳＮ－２０４１",
    "SN 2041",
    f"https://id.example.com/01/0{GTIN}/21/{NUMBER}",
    f"(01)0{GTIN}(21){NUMBER}",
    f"]d201{'0' + GTIN}21{NUMBER}",
    f"https://other.example/tools/x/verify?code={NUMBER}",
)


def told(answered: TestResponse) -> dict[str, Any]:
    """The body of an answer."""
    found: dict[str, Any] = answered.json or {}
    return found


def enter(api: Caller) -> None:
    answered = api.post("/serials", [{"serialNumber": NUMBER, "productSku": "CLOCK-R"}])
    assert answered.status_code == 201, answered.text


@pytest.mark.parametrize("code", CODES)
def test_every_form_of_a_number_finds_and_registers_the_unit(api: Caller, code: str) -> None:
    enter(api)
    if "/" not in code:
        assert told(api.get(f"/serials/{quote(code)}"))["serialNumber"] == NUMBER
    (found,) = told(api.get(f"/serials?serialNumber={quote(code, safe='')}"))["results"]
    assert found["serialNumber"] == NUMBER
    made = api.post("/registrations", {"serialNumber": code, "customer": {"email": "ada@example.com"}})
    assert made.status_code == 201, made.text
    assert told(made)["serialNumber"] == NUMBER
    (registration,) = told(api.post("/registrations/search", {"serialNumber": code}))["results"]
    assert registration["serialNumber"] == NUMBER


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (GTIN, "barcode, SKU or page of a product"),
        ("CLOCK-R", "barcode, SKU or page of a product"),
        ("96385074", "product's barcode (GTIN)"),
        ("https://example.com/somewhere", "leads to no unit"),
        (f"(01)0{GTIN}(21)NEVER-MADE", "not found."),
        ("SN-9999", "not found."),
    ],
)
def test_what_is_no_unit_is_refused_with_what_it_is(api: Caller, code: str, reason: str) -> None:
    enter(api)
    refused = api.post("/registrations", {"serialNumber": code, "customer": {"email": "ada@example.com"}})
    assert refused.status_code == 404
    assert told(refused)["error"]["code"] == "serial_not_found"
    assert reason in told(refused)["error"]["message"]
    if "/" not in code:
        assert reason in told(api.get(f"/serials/{quote(code)}"))["error"]["message"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(code=st.one_of(st.sampled_from((*CODES, GTIN, "CLOCK-R")), st.text(max_size=30)))
def test_all_doors_agree_on_which_unit_a_code_names(api: Caller, app: Flask, db: Database, code: str) -> None:
    with db.read() as session:
        known = bool(serial_lookups.serial_page(session, shops.installed(session, DOMAIN), most=1).rows)
    if not known:
        enter(api)
    with db.read() as session:
        shop = shops.installed(session, DOMAIN)
        kind = recognition.recognize(session, shop.id, code, orders=False).kind
        seen = [unit.number for unit in units.find(session, shop, code)]
        serial, _ = registrations.held(session, shop.id, code, lock=False)
        page = serial_lookups.serial_page(session, shop, serial_number=code)
    at_api = [] if serial is None else [serial.serial_number]
    assert at_api == seen
    assert [row.serial_number for row in page.rows] == seen
    assert (kind is CodeKind.UNIT) == bool(seen)
