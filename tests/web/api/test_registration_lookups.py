"""Looking registrations up, and correcting every single thing about one (contract §6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.caller import Caller

pytestmark = pytest.mark.usefixtures("tracked")

CUSTOMER_ID = 6073892151477
ADA = {
    "email": "Ada.L@Example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "phone": "+44 20 7946 0000",
    "customerId": CUSTOMER_ID,
}
PAGE = {"previous", "hasPrevious", "next", "hasNext", "results"}
TOLD = {
    "customer",
    "purchaseDate",
    "registeredAt",
    "updatedAt",
    "channel",
    "status",
    "warrantyEnd",
    "history",
}


def body(found: Any, status: int = 200) -> dict[str, Any]:
    assert found.status_code == status, found.text
    answered: dict[str, Any] = found.json
    return answered


def claim(api: Caller, number: str, customer: Any = ADA, **more: Any) -> dict[str, Any]:
    api.post("/serials", [{"serialNumber": number, "productSku": "CLOCK-R"}])
    sent = {"serialNumber": number, "customer": customer, **more}
    return body(api.post("/registrations", sent), 201)


@pytest.mark.parametrize(
    "asked",
    [
        {"serialNumber": " s1 "},
        {"email": "ADA.L@example.COM"},
        {"email": " ada.l@example.com "},
        {"customerId": CUSTOMER_ID},
        {"serialNumber": "S1", "email": "ada.l@example.com", "customerId": CUSTOMER_ID},
        {"orderNumber": "#1001"},
        {"email": "ada.l@example.com", "status": "approved"},
    ],
)
def test_a_registration_is_found_in_the_address_and_in_the_body_alike(
    api: Caller, asked: dict[str, Any]
) -> None:
    made = claim(api, "S1", purchaseDate="2026-11-01", channel="retail", orderNumber="1001")
    claim(api, "S2", {"email": "grace@example.com", "customerId": 7})

    found = body(api.get("/registrations", query_string=asked))

    assert set(found) == PAGE
    assert found["results"] == [made]
    assert set(made) >= TOLD
    assert body(api.post("/registrations/search", asked)) == found


@pytest.mark.parametrize(
    "asked",
    [
        {"serialNumber": "S2"},
        {"email": "nobody@example.com"},
        {"customerId": 1},
        {"email": "ada.l@example.com", "customerId": 1},
        {"email": "ada.l@example.com", "status": "denied"},
    ],
)
def test_what_does_not_match_every_filter_is_not_found(api: Caller, asked: dict[str, Any]) -> None:
    claim(api, "S1")

    empty: dict[str, Any] = {
        "previous": None,
        "hasPrevious": False,
        "next": None,
        "hasNext": False,
        "results": [],
    }
    assert body(api.get("/registrations", query_string=asked)) == empty
    assert body(api.post("/registrations/search", asked)) == empty


def test_another_shops_customers_are_not_found(api: Caller, open_shop: Any) -> None:
    claim(api, "S1")
    other = open_shop("other.myshopify.com")

    for query in ("", "?email=ada.l@example.com", "?serialNumber=S1", f"?customerId={CUSTOMER_ID}"):
        assert body(other.get(f"/registrations{query}"))["results"] == []


@pytest.mark.parametrize("in_the_body", [False, True])
def test_walking_forth_and_back_gives_each_once(api: Caller, in_the_body: bool) -> None:
    made = [claim(api, f"S{number}")["id"] for number in range(5)]

    def ask(cursor: str | None) -> dict[str, Any]:
        asked = {"email": "ada.l@example.com", "limit": 2, **({"cursor": cursor} if cursor else {})}
        if in_the_body:
            return body(api.post("/registrations/search", asked))
        return body(api.get("/registrations", query_string=asked))

    forth = [ask(None)]
    while forth[-1]["hasNext"]:
        forth.append(ask(forth[-1]["next"]))
    back = [forth[-1]]
    while back[-1]["hasPrevious"]:
        back.append(ask(back[-1]["previous"]))

    assert [one["id"] for page in forth for one in page["results"]] == made
    assert [one["id"] for page in reversed(back) for one in page["results"]] == made
    for page in forth + back:
        assert (page["next"] is not None, page["previous"] is not None) == (
            page["hasNext"],
            page["hasPrevious"],
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purchaseDate": "2026-10-01"}, "purchaseDate"),
        ({"purchaseDate": None}, "purchaseDate"),
        ({"channel": "online"}, "channel"),
        ({"channel": None}, "channel"),
        ({"orderNumber": "#2002"}, "orderNumber"),
        ({"serialNumber": "S9"}, "serialNumber"),
        ({"status": "pending"}, "status"),
        ({"status": "denied"}, "status"),
        ({"customer": {"email": "countess@example.com"}}, "customer.email"),
        ({"customer": {"firstName": "Augusta"}}, "customer.firstName"),
        ({"customer": {"lastName": None}}, "customer.lastName"),
        ({"customer": {"phone": "+44 1"}}, "customer.phone"),
        ({"customer": {"customerId": 8}}, "customer.customerId"),
        ({"warrantyUntil": "2031-01-31"}, "warrantyUntil"),
        ({"warrantyDuration": {"unit": "year", "value": 5}}, "warrantyDuration"),
        ({"warrantyDuration": None}, "warrantyDuration"),
        ({"warrantyVoid": True}, "warrantyVoid"),
    ],
)
def test_every_field_can_be_corrected_and_nothing_else_changes(
    api: Caller, change: dict[str, Any], field: str
) -> None:
    before = claim(api, "S1", purchaseDate="2026-11-01", channel="retail", orderNumber="1001")

    after = body(api.patch(f"/registrations/{before['id']}", change))

    assert list(after["history"][-1]["changes"]) == [field]
    (name,) = change
    if name == "customer":
        assert after["customer"] == {**before["customer"], **change["customer"]}
        assert after["history"][-1]["changes"][field] == {}  # of personal data the field's name only
    elif name in after:
        assert after[name] == change[name]
    else:
        assert after["warranty"] != before["warranty"]
    same = set(before) - {name, "updatedAt", "history", "url", "warranty", "warrantyEnd"}
    assert {one: after[one] for one in same} == {one: before[one] for one in same}
    assert body(api.get(f"/registrations/{before['id']}")) == after


def test_a_corrected_address_is_the_one_to_be_found_by(api: Caller) -> None:
    made = claim(api, "S1")
    api.patch(f"/registrations/{made['id']}", {"customer": {"email": "New@example.com", "customerId": None}})

    assert len(body(api.get("/registrations?email=new@EXAMPLE.com"))["results"]) == 1
    for query in ("email=ada.l@example.com", f"customerId={CUSTOMER_ID}"):
        assert body(api.get(f"/registrations?{query}"))["results"] == []


def test_a_decision_shows_in_status_filter_and_history(api: Caller) -> None:
    made = claim(api, "S1")
    path = f"/registrations/{made['id']}"

    for verb, status in (("deny", "denied"), ("approve", "approved"), ("archive", "archived")):
        after = body(api.post(f"{path}/{verb}"))
        assert (after["status"], after["history"][-1]["action"]) == (status, status)
        assert body(api.get(f"/registrations?status={status}"))["results"] == [after]
        assert body(api.post(f"{path}/{verb}")) == after  # once more changes nothing


@pytest.mark.parametrize("known_by", [{"email": "ADA.L@example.com"}, {"customerId": CUSTOMER_ID}])
def test_a_customer_deleted_for_good_is_nowhere(api: Caller, known_by: dict[str, Any]) -> None:
    for number in ("S1", "S2"):
        claim(api, number)
    claim(api, "S3", {"email": "grace@example.com"})

    assert body(api.call("DELETE", "/customers", json=known_by)) == {"erased": 2}

    left = body(api.get("/registrations"))["results"]
    assert [one["serialNumber"] for one in left] == ["S3"]
    for number in ("S1", "S2"):
        serial = api.get(f"/serials/{number}")
        assert body(serial)["status"] == "available"
        story = api.get(f"/serials/{number}/history").text
        assert not any(str(value).casefold() in story.casefold() for value in ADA.values())
    claim(api, "S1")
