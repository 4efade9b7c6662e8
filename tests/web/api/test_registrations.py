"""Registrations over HTTP: every sample of seeds/000, word for word without the brand."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest

from serializer_app.clock import now
from tests.web.api.caller import Caller

pytestmark = pytest.mark.usefixtures("tracked")

ADA = {"email": "Ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "phone": "+44 20 7946 0000"}
GRACE = {"email": "grace@example.com", "firstName": "Grace", "lastName": "Hopper", "phone": None}


@pytest.fixture(autouse=True)
def _serials(api: Caller, tracked: None) -> None:
    numbers = ["XYZ123456789", "S2", "S3"]
    made = api.post("/serials", [{"serialNumber": number, "productSku": "CLOCK-R"} for number in numbers])
    assert made.status_code == 201
    assert api.post("/serials", [{"serialNumber": "W1", "productSku": "WATCH"}]).status_code == 201


def register(api: Caller, number: str = "XYZ123456789", customer: Any = ADA, **more: Any) -> dict[str, Any]:
    found = api.post("/registrations", {"serialNumber": number, "customer": customer, **more})
    assert found.status_code == 201, found.text
    body: dict[str, Any] = found.json  # type: ignore[assignment]
    return body


def said(found: Any) -> tuple[int, str]:
    return found.status_code, found.json["message"]


def test_a_registration_tells_everything(api: Caller) -> None:
    made = register(api, purchaseDate="2026-11-01", channel="retail", orderNumber="1001")
    assert made["customer"] == {**ADA, "customerId": None}
    assert (made["status"], made["serialNumber"], made["channel"]) == ("approved", "XYZ123456789", "retail")
    assert (made["purchaseDate"], made["orderNumber"]) == ("2026-11-01", "1001")
    assert made["warranty"] == {
        "state": "active" if now().date() <= date(2028, 11, 1) else "expired",
        "startsOn": "2026-11-01",
        "endsOn": "2028-11-01",
        "duration": {"unit": "month", "value": 24},
    }
    assert made["warrantyEnd"] == "2028-11-01"
    assert [change["action"] for change in made["history"]] == ["registered"]
    assert api.get(f"/registrations/{made['id']}").json == made
    assert api.get("/serials/XYZ123456789").json["registrationId"] == made["id"]  # type: ignore[index]


def test_a_customer_is_found_by_what_is_known(api: Caller) -> None:
    made = register(api, orderNumber="1001")
    register(api, "S2", {"customerId": 6073892151477})
    for query in ("serialNumber=xyz123456789", "email=ADA@EXAMPLE.COM", "orderNumber=%231001"):
        page = api.get(f"/registrations?{query}").json
        assert page is not None
        assert page["results"] == [made]
        assert (page["previous"], page["hasPrevious"], page["next"], page["hasNext"]) == (
            None,
            False,
            None,
            False,
        )
    assert len(api.get("/registrations?customerId=6073892151477").json["results"]) == 1  # type: ignore[index]
    assert len(api.get("/registrations").json["results"]) == 2  # type: ignore[index]
    page = api.post("/registrations/search", {"email": "ada@example.com"}).json
    assert page is not None
    assert page["results"] == [made]
    first = api.get("/registrations?limit=1").json
    assert first is not None
    rest = api.get(f"/registrations?limit=1&cursor={first['next']}").json
    assert rest is not None
    assert rest["hasPrevious"]
    assert rest["results"][0]["serialNumber"] == "S2"
    assert api.get(f"/registrations?cursor={first['next']}&status=denied").status_code == 400


def test_claims_that_cannot_be(api: Caller) -> None:
    register(api)
    claim = {"serialNumber": "XYZ123456789", "customer": GRACE}
    assert said(api.post("/registrations", claim)) == (
        409,
        "Serial number XYZ123456789 is already registered.",
    )
    unknown = api.post("/registrations", {**claim, "serialNumber": "NOPE"})
    assert said(unknown) == (404, "Serial number NOPE not found.")
    assert unknown.json["error"]["code"] == "serial_not_found"  # type: ignore[index]
    wrong = api.post(
        "/registrations",
        {"serialNumber": "S2", "customer": {"firstName": "Ada"}, "purchaseDate": "2026-02-30"},
    )
    assert wrong.status_code == 422
    paths = {detail["path"] for detail in wrong.json["error"]["details"]}  # type: ignore[index]
    assert paths == {"customer", "purchaseDate"}


def test_two_systems_that_claim_one_serial_at_once(api: Caller) -> None:
    statuses: list[int] = []

    def claim() -> None:
        other = Caller(api.client.application.test_client(), api.key)
        statuses.append(other.post("/registrations", {"serialNumber": "S2", "customer": ADA}).status_code)

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409, 409, 409]


def test_reset(api: Caller) -> None:
    register(api)
    body = {"serialNumber": "XYZ123456789"}
    assert said(api.call("DELETE", "/registrations", json=body)) == (
        200,
        "Serial number XYZ123456789 has been reset successfully.",
    )
    assert said(api.call("DELETE", "/registrations", json=body)) == (
        409,
        "Serial number XYZ123456789 not registered.",
    )
    assert said(api.call("DELETE", "/registrations?serialNumber=NOPE")) == (
        404,
        "Serial number NOPE not found.",
    )
    assert api.call("DELETE", "/registrations").status_code == 422
    assert api.call("DELETE", "/registrations?serialNumber=S2", json=body).status_code == 422
    register(api, customer=GRACE)
    assert api.get("/registrations?email=ada@example.com").json["results"] == []  # type: ignore[index]


def swap(api: Caller, old: str, new: str, operation: Any = "update-serial") -> Any:
    return api.put("/registrations", {"operation": operation, "serialNumber": old, "newSerialNumber": new})


def test_update_serial(api: Caller) -> None:
    before = register(api)
    register(api, "S2", GRACE)
    assert said(swap(api, "XYZ123456789", "XYZ111222333")) == (
        200,
        "Serial number updated from XYZ123456789 to XYZ111222333.",
    )
    after = api.get(f"/registrations/{before['id']}").json
    assert after is not None
    assert (after["serialNumber"], after["customer"]) == ("XYZ111222333", before["customer"])
    assert after["history"][-1]["changes"] == {"serialNumber": {"from": "XYZ123456789", "to": "XYZ111222333"}}
    assert said(swap(api, "NOPE", "Y1")) == (404, "Serial number NOPE not found.")
    assert said(swap(api, "S3", "Y1")) == (409, "Serial number S3 not registered.")
    assert said(swap(api, "S2", "XYZ111222333")) == (
        409,
        "The serial number XYZ111222333 already exists and has been registered",
    )
    assert said(swap(api, "S2", "W1")) == (409, "The serial number W1 belongs to another variant")
    assert said(swap(api, "S2", "Y" * 65)) == (
        422,
        f"The serial number {'Y' * 65} is too long, it must be at most 64 characters",
    )
    for operation in ("delete-serial", None, 7):
        assert said(swap(api, "S2", "Y1", operation)) == (
            400,
            "unknown operation, only update-serial is allowed",
        )
    assert said(api.put("/registrations", {})) == (400, "unknown operation, only update-serial is allowed")


def test_staff_decide_and_correct(api: Caller) -> None:
    made = register(api)
    path = f"/registrations/{made['id']}"
    assert api.post(f"{path}/deny").json["status"] == "denied"  # type: ignore[index]
    register(api, customer=GRACE)
    assert api.post(f"{path}/approve").status_code == 409
    api.call("DELETE", "/registrations", json={"serialNumber": "XYZ123456789"})
    assert api.post(f"{path}/archive").json["status"] == "archived"  # type: ignore[index]
    changes = {
        "customer": {"lastName": "King", "phone": None},
        "channel": "online",
        "warrantyUntil": "2030-01-31",
        "status": "approved",
        "serialNumber": "S9",
    }
    after = api.patch(path, changes).json
    assert after is not None
    assert after["customer"] == {**ADA, "lastName": "King", "phone": None, "customerId": None}
    assert (after["channel"], after["warrantyEnd"], after["status"]) == ("online", "2030-01-31", "approved")
    assert after["serialNumber"] == "S9"
    void = api.patch(path, {"warrantyVoid": True}).json
    assert void is not None
    assert void["warranty"]["state"] == "void"
    assert api.patch(path, {"customer": {"email": None}}).status_code == 422
    assert api.patch(path, {"nonsense": 1}).status_code == 422
    assert api.get("/registrations/0000-0000-0000-0000").status_code == 404


def test_a_unit_goes_to_a_new_owner(api: Caller) -> None:
    made = register(api)
    path = f"/registrations/{made['id']}"
    code = api.post(f"{path}/transfer-code").json["code"]  # type: ignore[index]
    assert api.post(f"{path}/accept-transfer", {"code": "WRONG", "customer": GRACE}).status_code == 403
    after = api.post(f"{path}/accept-transfer", {"code": code, "customer": GRACE}).json
    assert after is not None
    assert after["customer"]["email"] == "grace@example.com"
    assert after["warranty"] == made["warranty"]
    back = api.post(f"{path}/transfer", {"customer": ADA}).json
    assert back is not None
    assert back["customer"]["email"] == "Ada@example.com"


def test_a_customer_is_deleted_for_good(api: Caller) -> None:
    headers = {"Idempotency-Key": "k1"}
    claim = {"serialNumber": "XYZ123456789", "customer": ADA}
    assert api.post("/registrations", claim, headers=headers).status_code == 201
    assert api.post("/registrations", claim, headers=headers).status_code == 201
    second = register(api, "S2")
    assert api.call("DELETE", f"/registrations/{second['id']}/customer").json == {"erased": 2}
    assert api.get("/registrations").json["results"] == []  # type: ignore[index]
    assert api.post("/registrations", claim, headers=headers).status_code == 410
    register(api)
    assert api.call("DELETE", "/customers", json={"email": "ada@EXAMPLE.com"}).json == {"erased": 1}
    assert api.call("DELETE", "/customers", json={}).status_code == 422


def test_an_item_id_is_claimed_like_a_serial(api: Caller, item_ids: list[str]) -> None:
    made = register(api, item_ids[0].lower(), {"customerId": 6073892151477})
    assert (made["itemId"], made["buyer"], made["orderNumber"]) == (item_ids[0], True, "#1001")
    assert api.post("/registrations", {"serialNumber": item_ids[0], "customer": ADA}).status_code == 409
    assert api.patch(f"/items/{item_ids[1]}", {"serialNumber": "S3"}).status_code == 200
    tied = register(api, "S3", {"email": "x@example.com", "customerId": 1})
    assert (tied["itemId"], tied["buyer"]) == (item_ids[1], False)
    assert api.post("/registrations", {"serialNumber": item_ids[1], "customer": ADA}).status_code == 409
    page = api.get(f"/registrations?orderId={made['orderId']}").json
    assert page is not None
    assert len(page["results"]) == 2
