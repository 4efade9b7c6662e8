"""Hostile and careless input: 4xx with all problems at once, never 5xx."""

from __future__ import annotations

import io
from typing import Any

import pytest

from serializer_app.web.api import examples
from tests.web.api.caller import Caller

pytestmark = pytest.mark.one_database

VARIANT = f"/variants/{examples.VARIANT_ID}"


def problems(answer: Any) -> dict[str, str]:
    return {detail["path"]: detail["message"] for detail in answer.json["error"]["details"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"nul",
        b"NaN",
        b'{"trackable": NaN}',
        b'{"trackable": Infinity}',
        b"\xff\xfe",
        b'{"warrantyDuration": {"unit": "day", "value": ' + b"1" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"trackable=true",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_is_400(api: Caller, body: bytes) -> None:
    answer = api.call("PUT", VARIANT, data=body)

    assert answer.status_code == 400, answer.text
    assert answer.json is not None
    assert answer.json["error"]["code"] == "body_not_json"


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"trackable": true, "customFields": [{"key": "imei", "trackable": true}]}',
        b'{"trackable": true, "customFields": [{"key": "imei\\ud800\\u0000", "trackable": true}]}',
        b'{"trackable":\n\ttrue, "customFields": [{"key": "im\x01ei", "trackable": true}]}',
        b'{"trackable": true, "customFields": [{"key": "\xed\xa0\xbdimei", "trackable": true}]}',
    ],
)
def test_what_nobody_can_mean_is_dropped_from_a_body(api: Caller, body: bytes) -> None:
    answer: Any = api.call("PUT", VARIANT, data=body)

    assert answer.status_code == 200, answer.text
    assert answer.json["customFields"] == [{"key": "imei", "trackable": True}]


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        7,
        {"trackable": "true"},
        {"trackable": 1},
        {"autoGeneratable": None},
        {"unknown": 1},
        {"productVariantId": 5},
        {"warrantyDuration": {"unit": "week", "value": 1}},
        {"warrantyDuration": {"unit": "year", "value": 101}},
        {"warrantyDuration": {"unit": "month", "value": 1201}},
        {"warrantyDuration": {"unit": "day", "value": 0}},
        {"warrantyDuration": {"unit": "day", "value": 1.5}},
        {"warrantyDuration": {"unit": "day", "value": 10**30}},
        {"warrantyDuration": {"unit": "day", "value": True}},
        {"warrantyDuration": {"unit": "day"}},
        {"warrantyDuration": 12},
        {"customFields": {"key": "imei", "trackable": True}},
        {"customFields": [{"key": "x" * 31, "trackable": True}]},
        {"customFields": [{"key": "", "trackable": True}]},
        {"customFields": [{"key": "  ", "trackable": True}]},
        {"customFields": [{"key": "\x00\u200b", "trackable": True}]},
        {"customFields": [{"key": "a", "trackable": True}, {"key": "a", "trackable": False}]},
        {"customFields": [{"key": f"k{number}", "trackable": True} for number in range(101)]},
    ],
    ids=repr,
)
def test_wrong_values_are_422_with_their_paths(api: Caller, body: Any) -> None:
    answer = api.put(VARIANT, body)

    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert answer.json["error"]["code"] == "body_invalid"
    assert answer.json["error"]["details"]
    assert api.get(VARIANT).status_code == 404, "nothing was stored"


def test_all_problems_come_at_once_and_name_their_place(api: Caller, item_ids: list[str]) -> None:
    answer = api.patch(
        f"/items/{item_ids[0]}",
        {
            "serialNumber": 1,
            "warrantyDuration": {"unit": "week", "value": 0},
            "customFields": [{"key": "imei", "value": 5}, {"value": "x"}],
            "colour": "red",
        },
    )

    assert problems(answer) == {
        "serialNumber": "must be a string",
        "warrantyDuration.unit": "must be 'day', 'month' or 'year'",
        "warrantyDuration.value": "must be greater than or equal to 1",
        "customFields.0.value": "must be a string",
        "customFields.1.key": "is required",
        "colour": "is not known here",
    }


def test_thousands_of_problems_are_told_in_part(api: Caller) -> None:
    answer = api.put(VARIANT, {f"field{number}": 1 for number in range(5000)})

    assert answer.status_code == 422
    assert answer.json is not None
    assert len(answer.json["error"]["details"]) == 100


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_two_megabytes_is_413_before_it_is_parsed(api: Caller, chunked: bool) -> None:
    body = b'{"a": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    extra: dict[str, Any] = {"data": body}
    if chunked:
        extra = {
            "input_stream": io.BytesIO(body),
            "headers": {"Transfer-Encoding": "chunked"},
            "environ_overrides": {"wsgi.input_terminated": True},
        }
    answer = api.call("PUT", VARIANT, **extra)

    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["error"]["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("unknown=1", "unknown"),
        ("orderId=1&orderId=1", "orderId"),
        ("orderId=", "orderId"),
        ("orderId=0", "orderId"),
        ("orderId=-1", "orderId"),
        ("orderId=%2B1", "orderId"),
        ("orderId=1_0", "orderId"),
        ("orderId=1.0", "orderId"),
        ("orderId=9223372036854775808", "orderId"),
        ("orderId=" + "9" * 5000, "orderId"),
        ("orderId=%D9%A1", "orderId"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("serialNumber=", "serialNumber"),
        ("serialNumber=%00", "serialNumber"),
        ("cursor=nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("order_id=1", "order_id"),
        ("%00=1", "\x00"),
    ],
)
def test_a_wrong_query_is_400_and_names_the_parameter(api: Caller, query: str, path: str) -> None:
    answer = api.get(f"/items?{query}")

    assert answer.status_code == 400, answer.text
    assert path in problems(answer)


def test_every_wrong_parameter_is_named_at_once(api: Caller) -> None:
    assert set(problems(api.get("/items?orderId=x&customerId=0&foo=1&limit=z"))) == {
        "orderId",
        "customerId",
        "foo",
        "limit",
    }


def test_calls_without_parameters_refuse_any(api: Caller) -> None:
    assert api.get("/settings?x=1").status_code == 400
    assert api.client.get("/api/v1/openapi.json?x=1").status_code == 400


@pytest.mark.parametrize(
    "text", ["0", "-1", "abc", "1.5", "9223372036854775808", "%D9%A1", "%00", "1e3", "9" * 400]
)
@pytest.mark.parametrize("path", ["/variants/{}", "/orders/{}"])
def test_a_malformed_id_in_the_path_is_400(api: Caller, path: str, text: str) -> None:
    answer = api.get(path.format(text))

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["code"] == "id_invalid"
    assert list(problems(answer)) == ["productVariantId" if "variants" in path else "orderId"]


@pytest.mark.parametrize("largest", [2**63 - 1])
def test_the_largest_id_is_an_id(api: Caller, largest: int) -> None:
    assert api.put(f"/variants/{largest}", {"trackable": True}).status_code == 200
    assert api.get(f"/orders/{largest}").status_code == 404
    assert api.items(f"lineItemId={largest}") == []


@pytest.mark.parametrize(
    "typed", ["%00", "x" * 500, "AAAA-AAAA-AAAA-AAAA", "%F0%9F%98%80", "..", "'; DROP TABLE items"]
)
def test_what_is_no_item_id_finds_nothing(api: Caller, item_ids: list[str], typed: str) -> None:
    assert api.get(f"/items/{typed}").status_code == 404
