"""POST /serials and what stands around it, as seeds/000 tells it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.caller import DOMAIN, Caller

pytestmark = pytest.mark.usefixtures("tracked")

CLOCK = "CLOCK-R"


def experience(api: Caller, sku: str = CLOCK) -> str:
    (variant,) = api.get(f"/variants?sku={sku}").json["results"]  # type: ignore[index]
    return str(variant["experienceId"])


def entry(number: str, **more: Any) -> dict[str, Any]:
    return {"serialNumber": number, "productSku": CLOCK, **more}


def test_serials_are_created_with_their_addresses(api: Caller) -> None:
    found = api.post("/serials", [entry("XYZ123456789")])
    assert found.status_code == 201
    assert found.json is not None
    (made,) = found.json["created"]
    assert made["url"].startswith(f"https://{DOMAIN}/apps/serializer/u/")
    assert made == {
        "serialNumber": "XYZ123456789",
        "experienceId": experience(api),
        "productSku": CLOCK,
        "url": made["url"],
        "qrUrl": made["url"] + "/qr.svg",
    }
    assert found.json["errors"] == []


@pytest.mark.parametrize("wrap", [list, lambda entries: {"serials": entries}, lambda entries: entries[0]])
def test_every_shape_of_the_body_is_taken(api: Caller, wrap: Any) -> None:
    made = api.post("/serials", wrap([entry("S1")]))
    assert made.status_code == 201, made.text


def test_the_errors_of_the_source_stand_beside_our_error(api: Caller) -> None:
    found = api.post(
        "/serials",
        [
            {"serialNumber": "XYZ123456789", "experienceId": "ABC123"},
            {"serialNumber": "XYZ123456789", "productSku": "ABC-1000"},
            entry("X" * 65),
            7,
        ],
    )
    assert found.status_code == 422
    assert found.json is not None
    assert found.json["created"] == []
    assert [error["errorMessage"] for error in found.json["errors"]][:3] == [
        "Experience ID ABC123 not found. To enter a serial number you must have an associated experience and variant. "
        "Experiences are created directly in the platform, and cannot be created programmatically",
        "Product SKU ABC-1000 not found. To enter a serial number you must have an associated product and variant. "
        "Products and variants are created directly in the platform, and cannot be created programmatically",
        "The serial number is too long, it must be at most 64 characters",
    ]
    assert found.json["errors"][0]["experienceId"] == "ABC123"
    assert found.json["error"]["code"] == "no_serial_created"
    assert found.json["error"]["details"][3]["path"] == "3"
    assert found.json["message"] == found.json["error"]["message"]
    assert found.json["requestId"]


def test_some_made_is_made(api: Caller) -> None:
    api.post("/serials", [entry("S1")])
    found = api.post("/serials", [entry("s1"), entry("S2")])
    assert found.status_code == 201
    assert found.json is not None
    assert found.json["errors"] == [
        {"errorMessage": "The serial number already exists", "serialNumber": "s1", "productSku": CLOCK}
    ]


def test_more_than_ten_thousand_are_refused(api: Caller) -> None:
    found = api.post("/serials", [entry(str(number)) for number in range(10_001)])
    assert found.status_code == 422
    assert found.json is not None
    assert found.json["error"]["code"] == "too_many_serials"
    assert found.json["message"] == "You must submit less than 10,000 serials per request"
    assert [error["errorMessage"] for error in found.json["errors"]] == [found.json["message"]]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"{", "body_not_json", 400),
        (b'"S1"', "body_invalid", 422),
        (b"{}", "body_invalid", 422),
        (b'{"serials": 1}', "body_invalid", 422),
        (b"[]", "no_serial_created", 422),
        (b'["\\ud800"]', "no_serial_created", 422),
    ],
)
def test_what_is_no_list_of_serials_is_refused(api: Caller, body: bytes, code: str, status: int) -> None:
    found = api.call("POST", "/serials", data=body)
    assert found.status_code == status
    assert found.json is not None
    assert found.json["error"]["code"] == code
    assert found.json["message"] == found.json["error"]["message"]


def test_codes_are_made_by_a_pattern_that_was_previewed(api: Caller) -> None:
    pattern = {"prefix": "ACME-", "length": 6, "alphabet": "0123456789", "checkSymbol": False}
    preview = api.post("/serials/pattern/preview", pattern)
    assert preview.status_code == 200
    assert preview.json is not None
    assert preview.json["capacity"] == "1000000"
    assert all(code.startswith("ACME-") and len(code) == 11 for code in preview.json["examples"])
    assert api.get("/serials/pattern").json["length"] == 12  # type: ignore[index]
    assert api.put("/serials/pattern", pattern).status_code == 200
    made = api.post("/serials", {"quantity": 25, "experienceId": experience(api)})
    assert made.status_code == 201
    assert made.json is not None
    assert len({one["serialNumber"] for one in made.json["created"]}) == 25
    refused = api.put("/serials/pattern", {"alphabet": "Aa"})
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["error"]["code"] == "pattern_invalid"


def test_the_same_request_again_gets_the_first_answer(api: Caller) -> None:
    headers = {"Idempotency-Key": "order-7"}
    first = api.post("/serials", [entry("S1")], headers=headers)
    again = api.post("/serials", [entry("S1")], headers=headers)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotent-Replay"] == "true"
    other = api.post("/serials", [entry("S2")], headers=headers)
    assert other.status_code == 409
    assert other.json is not None
    assert other.json["error"]["code"] == "idempotency_key_reused"
    assert api.post("/serials", [entry("S1")], headers={"Idempotency-Key": ""}).status_code == 400


def test_serials_are_listed_read_and_told_of(api: Caller) -> None:
    api.post("/serials", [entry(f"S{number}") for number in range(5)])
    first = api.get("/serials?limit=3").json
    assert first is not None
    rest = api.get(f"/serials?limit=3&cursor={first['next']}").json
    assert rest is not None
    assert [one["serialNumber"] for one in first["results"] + rest["results"]] == [
        "S0",
        "S1",
        "S2",
        "S3",
        "S4",
    ]
    assert (rest["hasPrevious"], rest["hasNext"], rest["next"]) == (True, False, None)
    one = api.get("/serials/s3").json
    assert one is not None
    assert (one["status"], one["source"], one["productSku"]) == ("available", "api", CLOCK)
    (listed,) = api.get("/serials?serialNumber=s3").json["results"]  # type: ignore[index]
    assert {**listed, "history": one["history"]} == one
    story = api.get("/serials/S3/history").json
    assert story is not None
    assert [change["action"] for change in story["results"]] == ["created"]
    missing = api.get("/serials/nothing")
    assert (missing.status_code, missing.json["message"]) == (404, "Serial number nothing not found.")  # type: ignore[index]
