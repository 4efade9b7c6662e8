from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest

from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.web.api import examples
from tests.web.api.caller import DOMAIN, SNAPSHOT, Caller
from tests.web.api.conftest import Opener


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


@pytest.fixture
def many(tracked: None, place: Callable[..., list[str]]) -> list[str]:
    """An order of 250 units of one variant."""
    (line, *_) = SNAPSHOT.lines
    return place(SNAPSHOT, lines=(replace(line, quantity=250),))


@pytest.mark.parametrize("limit", [7, 50, 100])
def test_walking_forward_and_back_shows_every_item_once(api: Caller, many: list[str], limit: int) -> None:
    path = f"/items?orderId={examples.ORDER_ID}&limit={limit}"
    page: Any = api.get(path).json
    forward = [page["results"]]
    while page["hasNext"]:
        page = api.get(f"{path}&cursor={page['next']}").json
        forward.append(page["results"])
    back = [page["results"]]
    while page["hasPrevious"]:
        page = api.get(f"{path}&cursor={page['previous']}").json
        back.insert(0, page["results"])

    assert [item["itemId"] for item in chain(*forward)] == many
    assert list(chain(*back)) == list(chain(*forward))
    assert {len(results) for results in forward[:-1]} == {limit}


def test_each_filter_and_none_finds_what_it_should(api: Caller, item_ids: list[str]) -> None:
    api.patch(f"/items/{item_ids[0]}", {"serialNumber": "  Straße-1 "})

    def found(query: str) -> list[str]:
        return [item["itemId"] for item in api.items(query)]

    both, first = item_ids, item_ids[:1]
    assert found("") == both
    assert found(f"orderId={examples.ORDER_ID}") == both
    assert found(f"customerId={examples.CUSTOMER_ID}") == both
    assert found(f"productVariantId={examples.VARIANT_ID}") == both
    assert found(f"lineItemId={examples.LINE_ID}") == both
    assert found("serialNumber=STRASSE-1") == first
    assert found("itemRef=strasse-1") == first
    assert found(f"itemRef={item_ids[0].lower()}") == first
    assert found(f"itemId={item_ids[0].replace('-', '')}") == first
    assert found(f"productVariantId={examples.VARIANT_ID}&serialNumber=strasse-1") == first
    assert found(f"lineItemId={examples.LINE_ID}&productVariantId={examples.VARIANT_ID}") == both
    assert found(f"orderId={examples.ORDER_ID}&productVariantId=1") == []
    assert found("serialNumber=nobody") == []


def test_a_cursor_belongs_to_its_list_its_filters_and_its_shop(
    api: Caller, many: list[str], open_shop: Opener
) -> None:
    page: Any = api.get(f"/items?orderId={examples.ORDER_ID}&limit=5").json
    cursor = page["next"]

    assert api.get(f"/items?orderId={examples.ORDER_ID}&limit=9&cursor={cursor}").status_code == 200
    for caller, path in (
        (api, f"/items?cursor={cursor}"),
        (api, f"/items?customerId={examples.CUSTOMER_ID}&cursor={cursor}"),
        (api, f"/variants?cursor={cursor}"),
        (api, f"/items/{many[0]}/history?cursor={cursor}"),
        (open_shop("other.myshopify.com"), f"/items?orderId={examples.ORDER_ID}&cursor={cursor}"),
    ):
        assert code(caller.get(path)) == (400, "cursor_invalid")


@pytest.mark.parametrize(
    "type_it", [str.lower, lambda text: text.replace("-", ""), lambda text: text.replace("-", " ")]
)
def test_an_item_is_found_however_its_id_is_typed(
    api: Caller, item_ids: list[str], type_it: Callable[[str], str]
) -> None:
    answer = api.get(f"/items/{type_it(item_ids[0])}")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["itemId"] == item_ids[0]


def test_filling_in_an_item_changes_what_is_given_and_tells_shopify(
    api: Caller, item_ids: list[str], db: Database
) -> None:
    with db.write() as session:
        session.connection().exec_driver_sql("DELETE FROM outbox")
    path = f"/items/{item_ids[0]}"

    api.patch(path, {"serialNumber": "SN-1", "warrantyDuration": {"unit": "year", "value": 3}})
    answer = api.patch(path, {"customFields": {"imei": "356938035643809"}})
    answer = api.patch(path, {"customFields": [{"key": "colour", "value": "rot\nund blau"}]})

    assert answer.status_code == 200
    item: Any = answer.json
    assert item["serialNumber"] == "SN-1"
    assert item["warrantyDuration"] == {"unit": "year", "value": 3}
    assert item["customFields"] == [
        {"key": "imei", "value": "356938035643809"},
        {"key": "colour", "value": "rot\nund blau"},
    ]
    assert api.get(path).json == item
    with db.read() as session:
        assert outbox.state(session, 1, JobKind.MIRROR_ORDER, examples.ORDER_ID) is not None


def test_null_takes_a_serial_number_away_and_means_no_warranty(api: Caller, item_ids: list[str]) -> None:
    path = f"/items/{item_ids[0]}"
    api.patch(path, {"serialNumber": "SN-1"})

    item: Any = api.patch(path, {"serialNumber": None, "warrantyDuration": None}).json

    assert "serialNumber" not in item
    assert item["warrantyDuration"] is None


def test_the_same_change_again_changes_nothing(api: Caller, item_ids: list[str]) -> None:
    path = f"/items/{item_ids[0]}"
    first = api.patch(path, {"serialNumber": "SN-1", "customFields": {"imei": "1"}})

    second = api.patch(path, {"serialNumber": "SN-1", "customFields": {"imei": "1"}})
    third = api.patch(path, {})

    assert first.json == second.json == third.json
    assert first.headers["ETag"] == third.headers["ETag"]


@pytest.mark.parametrize("serial", ["", "   ", "\u200b\x00", "\ue000", "x" * 65, 5, ["a"], True])
def test_what_is_no_serial_number_is_refused(api: Caller, item_ids: list[str], serial: Any) -> None:
    assert code(api.patch(f"/items/{item_ids[0]}", {"serialNumber": serial})) == (422, "body_invalid")


@pytest.mark.parametrize(
    "sent", ["a b", "a\tb", "a\x00\xa0b", "\ufeffa\u3000b\u200b", "\u202aa b\u202c", "a \u00adb\u200d"]
)
def test_what_nobody_can_see_is_no_part_of_a_serial_number(
    api: Caller, item_ids: list[str], sent: str
) -> None:
    changed: Any = api.patch(f"/items/{item_ids[0]}", {"serialNumber": sent}).json
    assert changed["serialNumber"] == "a b"
    for asked in ("A B", sent):
        assert [item["itemId"] for item in api.items(urlencode({"serialNumber": asked}))] == [item_ids[0]]


@pytest.mark.parametrize("serial", ["x" * 64, "é", "ÄÖÜ 7/3-§", "日本", "😀" * 64, "İ" * 64])
def test_every_printable_text_is_a_serial_number_and_is_found(
    api: Caller, item_ids: list[str], serial: str
) -> None:
    assert api.patch(f"/items/{item_ids[0]}", {"serialNumber": serial}).status_code == 200
    found: Any = api.get("/items", query_string={"serialNumber": serial}).json
    assert [item["serialNumber"] for item in found["results"]] == [serial]


def test_a_serial_number_is_unique_on_its_line_in_its_compared_form(api: Caller, item_ids: list[str]) -> None:
    api.patch(f"/items/{item_ids[0]}", {"serialNumber": "Sn-1"})

    assert code(api.patch(f"/items/{item_ids[1]}", {"serialNumber": " sN-1 "})) == (
        409,
        "serial_number_taken",
    )
    assert "serialNumber" not in (api.get(f"/items/{item_ids[1]}").json or {})


def test_an_undefined_custom_field_is_422_and_nothing_is_stored(api: Caller, item_ids: list[str]) -> None:
    answer = api.patch(
        f"/items/{item_ids[0]}", {"serialNumber": "SN-1", "customFields": {"imei": "1", "size": "L"}}
    )

    assert code(answer) == (422, "custom_field_undefined")
    assert answer.json is not None
    assert answer.json["error"]["details"][0]["path"] == "customFields.size"
    assert "serialNumber" not in (api.get(f"/items/{item_ids[0]}").json or {})


def test_who_changes_what_somebody_else_changed_finds_out(api: Caller, item_ids: list[str]) -> None:
    path = f"/items/{item_ids[0]}"
    tag = api.get(path).headers["ETag"]
    version = int(tag.strip('"'))
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert api.patch(path, {"serialNumber": "A", "version": version}).status_code == 200

    assert code(api.patch(path, {"serialNumber": "B", "version": version})) == (409, "version_conflict")
    late = api.patch(path, {"serialNumber": "B"}, headers={"If-Match": tag})
    assert code(late) == (412, "precondition_failed")
    present = api.get(path).headers["ETag"]
    assert api.patch(path, {"serialNumber": "B"}, headers={"If-Match": present}).status_code == 200


def test_what_was_removed_is_found_no_more_but_keeps_its_history(api: Caller, item_ids: list[str]) -> None:
    body = {"lineItemId": examples.LINE_ID, "remove": item_ids[:1]}
    assert api.post(f"/orders/{examples.ORDER_ID}/adjust", body).status_code == 200

    assert code(api.get(f"/items/{item_ids[0]}")) == (404, "item_removed")
    assert code(api.patch(f"/items/{item_ids[0]}", {"serialNumber": "A"})) == (404, "item_removed")
    assert [item["itemId"] for item in api.items()] == item_ids[1:]
    story: Any = api.get(f"/items/{item_ids[0]}/history").json
    assert [entry["action"] for entry in story["results"]] == ["created", "removed"]


def test_history_says_when_who_and_from_what_to_what(api: Caller, item_ids: list[str], db: Database) -> None:
    path = f"/items/{item_ids[0]}"
    api.patch(path, {"serialNumber": "A", "warrantyDuration": None})
    api.patch(path, {"warrantyDuration": {"unit": "day", "value": 10}, "customFields": {"imei": "7"}})

    entries = (api.get(f"{path}/history").json or {})["results"]

    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("webhook:orders/create", "created"),
        ("api-key:1", "changed"),
        ("api-key:1", "changed"),
    ]
    assert entries[0]["changes"] == {"itemId": {"to": item_ids[0]}, "autoGenerated": {"to": True}}
    assert entries[1]["changes"] == {
        "serialNumber": {"from": None, "to": "A"},
        "warrantyDuration": {"from": {"unit": "month", "value": 24}, "to": None},
    }
    assert entries[2]["changes"] == {
        "warrantyDuration": {"from": None, "to": {"unit": "day", "value": 10}},
        "customFields.imei": {"from": "", "to": "7"},
    }
    assert all(entry["at"].endswith("Z") for entry in entries)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_a_long_history_comes_in_pages(api: Caller, item_ids: list[str], limit: int) -> None:
    path = f"/items/{item_ids[0]}"
    for number in range(6):
        api.patch(path, {"serialNumber": f"SN-{number}"})

    page: Any = api.get(f"{path}/history?limit={limit}").json
    assert page["hasPrevious"] is False
    forward = [page["results"]]
    while page["hasNext"]:
        page = api.get(f"{path}/history?limit={limit}&cursor={page['next']}").json
        forward.append(page["results"])
    back = [page["results"]]
    while page["hasPrevious"]:
        page = api.get(f"{path}/history?limit={limit}&cursor={page['previous']}").json
        assert page["hasNext"] is True
        back.insert(0, page["results"])

    assert [entry["action"] for entry in chain(*forward)] == ["created"] + ["changed"] * 6
    assert list(chain(*back)) == list(chain(*forward))


def test_a_field_defined_in_the_settings_can_be_filled_though_the_variant_does_not_track_it(
    api: Caller, item_ids: list[str], db: Database
) -> None:
    with db.write() as session:
        shops.define_fields(session, shops.installed(session, DOMAIN), ["batch"])

    item: Any = api.patch(f"/items/{item_ids[0]}", {"customFields": {"batch": "B7"}}).json

    assert {"key": "batch", "value": "B7"} in item["customFields"]
