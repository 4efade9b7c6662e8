"""The serialization API's source document (seeds/000), replayed word for word: its brand is all that is left out.

Where it is silent, about statuses most of all, contract §6 speaks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from serializer_app.domain.catalog import catalog
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from tests.web.api.caller import DOMAIN, ORDERED, Caller
from tests.web.api.test_registrations import ADA, GRACE

pytestmark = pytest.mark.usefixtures("tracked")

NUMBER, NEW_NUMBER = "XYZ123456789", "XYZ111222333"
LONG_NUMBER = "XYZ1234567899" + "9" * 60
SKU = "ABC-1000"

NO_EXPERIENCE = (
    "Experience ID ABC123 not found. To enter a serial number you must have an associated experience and variant. "
    "Experiences are created directly in the platform, and cannot be created programmatically"
)
NO_SKU = (
    "Product SKU ABC-1000 not found. To enter a serial number you must have an associated product and variant. "
    "Products and variants are created directly in the platform, and cannot be created programmatically"
)
TOO_LONG = "The serial number is too long, it must be at most 64 characters"
EXISTS = "The serial number already exists"
TOO_MANY = "You must submit less than 10,000 serials per request"


@pytest.fixture
def abc(api: Caller, db: Database) -> str:
    """The source's product: a variant with the SKU ABC-1000. Returns its experience ID."""
    with db.write() as session:
        shop = shops.installed(session, DOMAIN)
        catalog.describe(session, shop.id, [catalog.Facts(99, 9, SKU, None, None, "Example", None, ORDERED)])
    (variant,) = body(api.get(f"/variants?sku={SKU}"))["results"]
    return str(variant["experienceId"])


def body(found: TestResponse) -> dict[str, Any]:
    answered: dict[str, Any] = found.json  # type: ignore[assignment]
    return answered


def sku_entry(number: Any = NUMBER) -> dict[str, Any]:
    return {"serialNumber": number, "productSku": SKU}


def enter(api: Caller, *numbers: str) -> None:
    assert api.post("/serials", [sku_entry(number) for number in numbers]).status_code == 201


def register(api: Caller, number: str = NUMBER, customer: Any = ADA) -> dict[str, Any]:
    found = api.post("/registrations", {"serialNumber": number, "customer": customer})
    assert found.status_code == 201, found.text
    return body(found)


def answered(found: TestResponse) -> tuple[int, str]:
    """Status and message; a refusal says the same twice, in the source's shape and in ours."""
    told = body(found)
    if found.status_code >= 400:
        assert told["error"]["message"] == told["message"]
        assert told["requestId"]
    else:
        assert set(told) == {"message"}
    return found.status_code, told["message"]


# 1. Add serialized codes


@pytest.mark.parametrize("name", ["experienceId", "experienceID"])
def test_an_experience_that_is_not_there(api: Caller, name: str) -> None:
    found = api.post("/serials", [{"serialNumber": NUMBER, name: "ABC123"}])

    assert found.status_code == 422
    assert body(found)["errors"] == [
        {"errorMessage": NO_EXPERIENCE, "serialNumber": NUMBER, "experienceId": "ABC123"}
    ]


def test_a_sku_that_is_not_there(api: Caller) -> None:
    found = api.post("/serials", [sku_entry()])

    assert found.status_code == 422
    assert body(found)["errors"] == [{"errorMessage": NO_SKU, "serialNumber": NUMBER, "productSku": SKU}]


def test_a_serial_that_is_too_long_or_there_already(api: Caller, abc: str) -> None:
    enter(api, NUMBER)

    found = api.post("/serials", [sku_entry(LONG_NUMBER), sku_entry(), sku_entry("NEW")])

    assert found.status_code == 201
    assert sorted(body(found)["errors"], key=lambda error: str(error["errorMessage"])) == [
        {"errorMessage": EXISTS, "serialNumber": NUMBER, "productSku": SKU},
        {"errorMessage": TOO_LONG, "serialNumber": LONG_NUMBER, "productSku": SKU},
    ]
    assert [made["serialNumber"] for made in body(found)["created"]] == ["NEW"]


def test_one_number_twice_in_one_request_is_there_already(api: Caller, abc: str) -> None:
    found = api.post("/serials", [sku_entry(), sku_entry(" xyz123456789 ")])

    assert len(body(found)["created"]) == 1
    assert [error["errorMessage"] for error in body(found)["errors"]] == [EXISTS]


@pytest.mark.parametrize("name", ["experienceId", "experienceID"])
def test_an_experience_takes_serials_under_both_spellings(api: Caller, abc: str, name: str) -> None:
    found = api.post("/serials", [{"serialNumber": NUMBER, name: abc}])

    assert found.status_code == 201
    (made,) = body(found)["created"]
    assert set(made) == {"serialNumber", "experienceId", "productSku", "url", "qrUrl"}
    assert (made["serialNumber"], made["experienceId"], made["productSku"]) == (NUMBER, abc, SKU)


@pytest.mark.parametrize("wrapped", [False, True])
def test_ten_thousand_are_taken_and_one_more_is_refused_whole(api: Caller, abc: str, wrapped: bool) -> None:
    def send(count: int) -> TestResponse:
        entries = [sku_entry(f"S{number:05}") for number in range(count)]
        return api.post("/serials", {"serials": entries} if wrapped else entries)

    refused = send(10_001)
    assert refused.status_code == 422
    assert body(refused)["created"] == []
    assert body(refused)["errors"] == [
        {"errorMessage": TOO_MANY, "serialNumber": "S10000", "productSku": SKU}
    ]
    assert body(refused)["message"] == TOO_MANY
    assert api.get("/serials/S00000").status_code == 404

    taken = send(10_000)
    assert taken.status_code == 201
    assert (len(body(taken)["created"]), body(taken)["errors"]) == (10_000, [])


def test_codes_asked_for_count_as_serials(api: Caller, abc: str) -> None:
    too_many = [{"quantity": 9_999, "experienceId": abc}, sku_entry("S1"), sku_entry("S2")]

    assert body(api.post("/serials", too_many))["message"] == TOO_MANY
    made = body(api.post("/serials", {"serials": [{"quantity": 3, "experienceId": abc}]}))["created"]
    assert len({one["serialNumber"] for one in made}) == 3


@pytest.mark.parametrize("wrong", [7, None, "X", [], {}, {"serialNumber": 7, "productSku": SKU}])
def test_a_wrongly_typed_entry_is_an_error_of_its_own(api: Caller, abc: str, wrong: Any) -> None:
    found = api.post("/serials", [wrong, sku_entry()])

    assert found.status_code == 201
    assert [made["serialNumber"] for made in body(found)["created"]] == [NUMBER]
    (error,) = body(found)["errors"]
    assert error["errorMessage"]


# 2. Reset a registered serial number


def by_body(api: Caller, number: str) -> TestResponse:
    return api.call("DELETE", "/registrations", json={"serialNumber": number})


def by_query(api: Caller, number: str) -> TestResponse:
    return api.call("DELETE", "/registrations", query_string={"serialNumber": number})


@pytest.mark.parametrize("reset", [by_body, by_query])
def test_reset(api: Caller, abc: str, reset: Callable[[Caller, str], TestResponse]) -> None:
    assert answered(reset(api, NUMBER)) == (404, "Serial number XYZ123456789 not found.")
    enter(api, NUMBER)
    assert answered(reset(api, NUMBER)) == (409, "Serial number XYZ123456789 not registered.")
    first = register(api)
    assert answered(reset(api, NUMBER)) == (
        200,
        "Serial number XYZ123456789 has been reset successfully.",
    )
    assert answered(reset(api, NUMBER)) == (409, "Serial number XYZ123456789 not registered.")

    assert body(api.get(f"/registrations?email={ADA['email']}"))["results"] == []
    assert api.get(f"/registrations/{first['id']}").status_code == 404
    register(api, customer=GRACE)
    story = api.get(f"/serials/{NUMBER}/history")
    told = [change["action"] for change in body(story)["results"]]
    assert told == ["created", "sold", "registered", "state-changed", "reset", "sold", "registered"]
    assert ADA["email"].lower() not in story.text.lower()


# 3. Update the serial number of an existing registration


def update(api: Caller, number: str = NUMBER, new_number: str = NEW_NUMBER) -> TestResponse:
    sent = {"operation": "update-serial", "serialNumber": number, "newSerialNumber": new_number}
    return api.put("/registrations", sent)


@pytest.mark.parametrize("known", [False, True])
def test_update_serial_keeps_owner_and_history(api: Caller, abc: str, known: bool) -> None:
    enter(api, NUMBER, *([NEW_NUMBER] if known else []))
    before = register(api)

    assert answered(update(api)) == (200, "Serial number updated from XYZ123456789 to XYZ111222333.")

    (after,) = body(api.get(f"/registrations?serialNumber={NEW_NUMBER}"))["results"]
    kept = ("id", "customer", "registeredAt", "warranty", "channel", "status", "productSku")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert [change["action"] for change in after["history"]] == ["registered", "serial-updated"]
    assert body(api.get(f"/serials/{NUMBER}"))["status"] == "replaced"
    assert answered(update(api)) == (409, "Serial number XYZ123456789 not registered.")


def test_update_serial_refuses_in_the_sources_words(api: Caller, abc: str) -> None:
    assert answered(update(api)) == (404, "Serial number XYZ123456789 not found.")
    enter(api, NUMBER, NEW_NUMBER)
    assert answered(update(api)) == (409, "Serial number XYZ123456789 not registered.")
    register(api)
    register(api, NEW_NUMBER, GRACE)
    taken = "The serial number XYZ111222333 already exists and has been registered"
    assert answered(update(api)) == (409, taken)
    long = f"The serial number {LONG_NUMBER} is too long, it must be at most 64 characters"
    assert answered(update(api, new_number=LONG_NUMBER)) == (422, long)
    clock = {"serialNumber": "CLK-1", "productSku": "CLOCK-R"}
    assert api.post("/serials", [clock]).status_code == 201
    assert update(api, new_number="CLK-1").status_code == 409
    (still,) = body(api.get(f"/registrations?serialNumber={NUMBER}"))["results"]
    assert still["customer"]["email"] == ADA["email"]


@pytest.mark.parametrize(
    "sent",
    [
        {"operation": "remove-serial", "serialNumber": NUMBER, "newSerialNumber": NEW_NUMBER},
        {"operation": None, "serialNumber": NUMBER, "newSerialNumber": NEW_NUMBER},
        {"serialNumber": NUMBER, "newSerialNumber": NEW_NUMBER},
        {"operation": "remove-serial", "more": 1},
        {},
    ],
)
def test_no_operation_but_update_serial(api: Caller, sent: dict[str, Any]) -> None:
    found = api.put("/registrations", sent)

    assert answered(found) == (400, "unknown operation, only update-serial is allowed")
    assert body(found)["error"]["code"] == "unknown_operation"


# 1:1


def at_once(
    api: Caller, *bodies: dict[str, Any], headers: dict[str, str] | None = None
) -> list[TestResponse]:
    """The same moment, a thread each, as different systems would."""
    answers: list[TestResponse] = []
    gate = threading.Barrier(len(bodies))

    def claim(sent: dict[str, Any]) -> None:
        other = Caller(api.client.application.test_client(), api.key)
        gate.wait(30)
        answers.append(other.post("/registrations", sent, headers=dict(headers or {})))

    threads = [threading.Thread(target=claim, args=(sent,)) for sent in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_two_systems_that_claim_a_serial_at_once_one_gets_it(api: Caller, abc: str) -> None:
    numbers = [f"S{number}" for number in range(5)]
    enter(api, *numbers)

    for number in numbers:
        claims = [{"serialNumber": number, "customer": person} for person in (ADA, GRACE)]
        answers = at_once(api, *claims)

        assert sorted(found.status_code for found in answers) == [201, 409]
        (refused,) = (found for found in answers if found.status_code == 409)
        assert answered(refused) == (409, f"Serial number {number} is already registered.")
        assert body(refused)["error"]["code"] == "serial_registered"
        assert len(body(api.get(f"/registrations?serialNumber={number}"))["results"]) == 1


def test_one_idempotency_key_at_once_registers_once(api: Caller, abc: str) -> None:
    enter(api, NUMBER)
    claim = {"serialNumber": NUMBER, "customer": ADA}

    answers = at_once(api, claim, claim, headers={"Idempotency-Key": "k1"})

    assert [found.status_code for found in answers] == [201, 201]
    assert answers[0].data == answers[1].data


@pytest.mark.parametrize("path", ["/serials", "/registrations"])
def test_an_idempotency_key_repeats_the_first_answer(api: Caller, abc: str, path: str) -> None:
    enter(api, "S1", "S2")
    bodies: dict[str, list[Any]] = {
        "/serials": [[sku_entry("S3")], [sku_entry("S4")]],
        "/registrations": [{"serialNumber": number, "customer": ADA} for number in ("S1", "S2")],
    }
    sent, other = bodies[path]
    headers = {"Idempotency-Key": "4d1f9a64"}

    first = api.post(path, sent, headers=dict(headers))
    again = api.post(path, sent, headers=dict(headers))
    differs = api.post(path, other, headers=dict(headers))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert answered(differs)[0] == 409
    assert body(differs)["error"]["code"] == "idempotency_key_reused"
    assert api.post(path, other, headers={"Idempotency-Key": "another"}).status_code == 201
