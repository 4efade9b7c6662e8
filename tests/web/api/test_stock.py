"""One unit through stock, sale, registration, return and resale, as another system sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.domain.webhooks_out import endpoints
from serializer_app.store.db import Database
from serializer_app.store.models import Delivery, Shop
from serializer_app.web.api.examples import LINE_ID, ORDER_ID, VARIANT_ID
from serializer_app.web.house import house
from tests.web.api.caller import SNAPSHOT, Caller

OTHER_ORDER, OTHER_LINE = ORDER_ID + 1, LINE_ID + 10
ADA = {"email": "ada@example.com"}
BOB = {"email": "bob@example.com"}


@pytest.fixture
def shop(api: Caller, item_ids: list[str], place: Callable[..., list[str]]) -> Caller:
    """Two orders of clocks; CLK-1 to CLK-3 are in stock, CLK-3 at location 7."""
    line = replace(SNAPSHOT.lines[0], line_item_id=OTHER_LINE, quantity=1)
    place(order_id=OTHER_ORDER, name="#1002", customer_id=77, lines=(line,))
    for body in (
        [{"serialNumber": number, "productSku": "CLOCK-R"} for number in ("CLK-1", "CLK-2")],
        {
            "serials": [{"serialNumber": "CLK-3", "productSku": "CLOCK-R"}],
            "locationId": 7,
            "state": "in_stock",
        },
    ):
        assert api.post("/serials", body).status_code == 201
    return api


def unit(api: Caller, number: str = "CLK-1") -> dict[str, Any]:
    answer = api.get(f"/serials/{number}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    return found


def numbers(api: Caller, query: str) -> list[str]:
    answer = api.get(f"/serials?{query}")
    assert answer.status_code == 200, answer.text
    return [row["serialNumber"] for row in (answer.json or {})["results"]]


def refused(answer: Any, status: int = 409) -> str:
    assert answer.status_code == status, answer.text
    code: str = answer.json["error"]["code"]
    return code


def assign(api: Caller, number: str, order_id: int = ORDER_ID, line_id: int = LINE_ID) -> Any:
    return api.post(f"/orders/{order_id}/assign", {"lineItemId": line_id, "serialNumbers": [number]})


def give_back(api: Caller, order_id: int = ORDER_ID, **item: Any) -> Any:
    return api.post(f"/orders/{order_id}/returns", {"items": [item]})


def register(api: Caller, customer: dict[str, str], number: str = "CLK-1") -> str:
    answer = api.post("/registrations", {"serialNumber": number, "customer": customer})
    assert answer.status_code == 201, answer.text
    public_id: str = (answer.json or {})["id"]
    return public_id


def test_a_unit_is_sold_registered_returned_and_sold_to_somebody_else(shop: Caller) -> None:
    assigned: Any = assign(shop, "clk-1").json
    (item,) = assigned["items"]
    assert item["serialNumber"] == "CLK-1"
    assert (unit(shop)["state"], unit(shop)["itemId"], unit(shop)["orderId"]) == (
        "reserved",
        item["itemId"],
        ORDER_ID,
    )
    first = register(shop, ADA)
    assert refused(assign(shop, "CLK-1", OTHER_ORDER, OTHER_LINE)) == "serial_number_used"
    (back,) = give_back(shop, serialNumber="CLK-1", disposition="RESTOCKED", note="Box opened").json[
        "results"
    ]
    assert (back["itemId"], back["state"], back["ownership"]) == (item["itemId"], "in_stock", "ended")
    assert shop.get(f"/registrations/{first}").status_code == 404
    assert (unit(shop)["itemId"], unit(shop)["registrationId"]) == (None, None)
    assert item["itemId"] not in {one["itemId"] for one in shop.items(f"orderId={ORDER_ID}")}
    assert assign(shop, "CLK-1", OTHER_ORDER, OTHER_LINE).status_code == 200
    second = register(shop, BOB)
    (held,) = shop.post("/registrations/search", {"serialNumber": "CLK-1"}).json["results"]  # type: ignore[index]
    assert (held["id"], held["orderId"]) == (second, OTHER_ORDER)
    life = unit(shop)
    assert [entry["action"] for entry in life["history"]] == [
        "created",
        "entered",
        "registered",
        "returned",
        "ended-by-return",
        "entered",
        "registered",
    ]
    assert "ada@example.com" not in str(life)
    assert refused(give_back(shop, serialNumber="CLK-1")) == "unit_of_other_order"


def test_units_are_found_by_state_variant_and_location(shop: Caller) -> None:
    assign(shop, "CLK-2")
    assert numbers(shop, "state=in_stock") == ["CLK-1", "CLK-3"]
    assert numbers(shop, f"state=reserved&productVariantId={VARIANT_ID}") == ["CLK-2"]
    assert numbers(shop, "locationId=7") == numbers(shop, "locationId=7&state=in_stock") == ["CLK-3"]
    assert numbers(shop, "locationId=8") == numbers(shop, "state=lost") == []
    assert refused(shop.get("/serials?state=mislaid"), 400) == "query_invalid"
    page: Any = shop.get("/serials?state=in_stock&limit=1").json
    assert refused(shop.get(f"/serials?state=lost&limit=1&cursor={page['next']}"), 400) == "cursor_invalid"


def test_a_unit_is_changed_by_hand_as_far_as_no_order_has_it(shop: Caller) -> None:
    changed: Any = shop.patch("/serials/CLK-1", {"state": "lost", "note": "Not on the shelf"}).json
    assert (changed["state"], changed["note"], changed["locationId"]) == ("lost", "Not on the shelf", None)
    assert refused(assign(shop, "CLK-1")) == "unit_not_in_stock"
    assert shop.patch("/serials/CLK-1", {"state": "in_stock", "note": None}).status_code == 200
    assert assign(shop, "CLK-1").status_code == 200
    for state in ("in_stock", "returned", "lost", "scrapped"):
        assert refused(shop.patch("/serials/CLK-1", {"state": state})) == "unit_on_order"
    assert refused(shop.patch("/serials/CLK-1", {"state": "reserved"}), 422) == "body_invalid"
    assert shop.patch("/serials/CLK-1", {"state": "sold", "locationId": 3}).status_code == 200
    # A customer's unit is the customer's, wherever it is.
    assert shop.patch("/serials/CLK-1", {"state": "in_repair"}).status_code == 200
    assert unit(shop)["itemId"] is not None
    assert refused(shop.patch("/serials/XYZ", {"state": "lost"}), 404) == "serial_not_found"
    item_id = shop.items(f"orderId={ORDER_ID}")[1]["itemId"]
    shop.post("/registrations", {"serialNumber": item_id, "customer": ADA})
    assert refused(shop.patch(f"/serials/{item_id}", {"state": "lost"})) == "unit_is_item_id"


def test_an_entry_that_names_no_state_or_location_is_refused_by_itself(shop: Caller) -> None:
    entry = {"productSku": "CLOCK-R"}
    entries = [
        {**entry, "serialNumber": "N-1", "state": "reserved"},
        {**entry, "serialNumber": "N-2", "state": ["lost"]},
        {**entry, "serialNumber": "N-3", "locationId": "7"},
        {**entry, "serialNumber": "N-4", "locationId": True},
        {**entry, "serialNumber": "N-5", "state": "sold", "locationId": 9},
        {**entry, "quantity": 2, "state": "in_repair"},
    ]
    answer: Any = shop.post("/serials", entries).json
    assert [one["errorMessage"] for one in answer["errors"]] == [
        *["The state must be in_stock, sold, returned, in_repair, scrapped or lost"] * 2,
        *["The locationId must be a positive integer"] * 2,
    ]
    assert (unit(shop, "N-5")["state"], unit(shop, "N-5")["locationId"]) == ("sold", 9)
    assert len(numbers(shop, "state=in_repair")) == 2


def test_a_number_that_an_item_had_before_becomes_its_unit(shop: Caller) -> None:
    item_id = shop.items(f"orderId={ORDER_ID}")[0]["itemId"]
    shop.patch(f"/items/{item_id}", {"serialNumber": "OLD-1"})
    shop.post("/serials", [{"serialNumber": "old-1", "productSku": "CLOCK-R"}])
    found = unit(shop, "OLD-1")
    assert (found["state"], found["itemId"]) == ("reserved", item_id)


def test_units_are_assigned_oldest_first_and_taken_off(shop: Caller) -> None:
    body = {"lineItemId": LINE_ID, "locationIds": [7]}
    assert [one["serialNumber"] for one in shop.post(f"/orders/{ORDER_ID}/assign", body).json["items"]] == [  # type: ignore[index]
        "CLK-3"
    ]
    rest = shop.post(f"/orders/{ORDER_ID}/assign", {"lineItemId": LINE_ID}).json
    assert [one["serialNumber"] for one in rest["items"]] == ["CLK-1"]  # type: ignore[index]
    off = {"lineItemId": LINE_ID, "serialNumbers": ["CLK-1"]}
    assert shop.post(f"/orders/{ORDER_ID}/unassign", off).status_code == 200
    assert refused(shop.post(f"/orders/{ORDER_ID}/unassign", off)) == "unit_not_assigned"
    assert unit(shop)["state"] == "in_stock"


def test_a_return_that_is_sent_twice_is_recorded_once(shop: Caller) -> None:
    assign(shop, "CLK-1")
    body = {"items": [{"serialNumber": "CLK-1", "disposition": "MISSING"}]}
    path, header = f"/orders/{ORDER_ID}/returns", {"Idempotency-Key": "return-1"}
    first = shop.post(path, body, headers=header)
    assert first.status_code == 201
    assert shop.post(path, body, headers=header).json == first.json
    assert refused(shop.post(path, body)) == "item_returned"
    assert unit(shop)["state"] == "lost"
    assert refused(shop.post(path, {"items": [{"disposition": "lost"}]}), 422) == "body_invalid"


def test_other_systems_are_told_of_each_step(shop: Caller, db: Database) -> None:
    with db.write() as session:
        row = session.scalars(select(Shop)).one()
        vault = house(shop.client.application).vault
        events = [event for event in endpoints.EVENTS if event.startswith("unit.")]
        endpoints.create(session, vault, row, "https://erp.example.com/hook", events, loopback=False)
    shop.post("/serials", [{"quantity": 1, "productSku": "CLOCK-R", "locationId": 7}])
    assign(shop, "CLK-1")
    give_back(shop, serialNumber="CLK-1", disposition="lost")
    with db.read() as session:
        rows = session.execute(select(Delivery.event, Delivery.data).order_by(Delivery.id)).all()
    assert [row.event for row in rows] == [
        "unit.received",
        "unit.state_changed",
        "unit.assigned",
        "unit.state_changed",
        "unit.returned",
    ]
    assert '"locationId":7' in rows[0].data
    assert '"previousState":"reserved"' in rows[3].data
    assert '"disposition":"lost"' in rows[4].data
