"""Orders in answers of the Admin API: lists of null, half orders, statuses, odd texts."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.clock import parse_iso
from serializer_app.domain.items.plan import snapshot_of
from serializer_app.shopify.orders import fetch, page
from serializer_app.text import decode_json
from tests.test_text import ANY

SHIPPED = "2026-11-02T00:00:00Z"
LAST: dict[str, Any] = {"hasNextPage": False, "endCursor": None}


def line(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": "Watch",
        "variantTitle": None,
        "sku": "W",
        "quantity": 2,
        "currentQuantity": 2,
        "unfulfilledQuantity": 2,
        "nonFulfillableQuantity": 0,
        "variant": {"id": "gid://shopify/ProductVariant/5"},
        "product": None,
        **changes,
    }


def node(*lines: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/7",
        "name": "#7",
        "createdAt": "2026-11-01T00:00:00Z",
        "updatedAt": "2026-11-03T00:00:00Z",
        "cancelledAt": None,
        "customer": None,
        "fulfillments": [],
        "lineItems": {"nodes": list(lines), "pageInfo": LAST},
        **changes,
    }


def call(*orders: Any) -> Any:
    """Answers ``Order`` with each of ``orders`` in turn."""
    answers = [copy.deepcopy(order) for order in orders]

    def execute(_operation: str, _variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"order": answers.pop(0)}

    return execute


def test_a_whole_order_is_not_partial() -> None:
    order = fetch(call(node(line(1), line(2, currentQuantity=0))), 7)
    assert order is not None
    assert [(entry.line_item_id, entry.quantity) for entry in order.lines] == [(1, 2), (2, 0)]
    assert not order.partial
    assert snapshot_of(order).asked


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ({"nodes": [None, line(1)], "pageInfo": LAST}, [1]),
        ({"nodes": None, "pageInfo": LAST}, []),
        ({"nodes": [line(1)], "pageInfo": None}, [1]),
        (None, []),
    ],
)
def test_what_shopify_left_out_makes_an_order_partial(lines: Any, shown: list[int]) -> None:
    order = fetch(call(node(lineItems=lines)), 7)
    assert order is not None
    assert [entry.line_item_id for entry in order.lines] == shown
    assert order.partial is (shown != [1] or None in lines["nodes"])


def test_a_page_of_lines_that_is_null_makes_an_order_partial() -> None:
    first = node(line(1), lineItems={"nodes": [line(1)], "pageInfo": {"hasNextPage": True, "endCursor": "c"}})
    order = fetch(call(first, {"updatedAt": first["updatedAt"], "lineItems": None}), 7)
    assert order is not None
    assert order.partial


@pytest.mark.parametrize(
    "answer", [None, {"nodes": None, "pageInfo": None}, {"nodes": [None], "pageInfo": LAST}, {}]
)
def test_a_page_without_orders_is_the_last_one(answer: Any) -> None:
    assert page(lambda _operation, _variables: {"orders": answer}, None, None) == ([], None)


def test_a_null_order_holds_up_no_other() -> None:
    answer = {"nodes": [None, node(line(1))], "pageInfo": {"hasNextPage": True, "endCursor": "next"}}
    found, cursor = page(lambda _operation, _variables: {"orders": answer}, None, None)
    assert ([order.order_id for order in found], cursor) == ([7], "next")


@pytest.mark.parametrize(
    ("entries", "fulfilments", "moment"),
    [
        ([{"createdAt": SHIPPED, "status": "SUCCESS"}], "by order", SHIPPED),
        (
            [
                None,
                {"createdAt": "2026-11-09T00:00:00Z", "status": "SUCCESS"},
                {"createdAt": SHIPPED, "status": "SUCCESS"},
            ],
            "by order",
            SHIPPED,
        ),
        (
            [
                {"createdAt": SHIPPED, "status": status}
                for status in ("PENDING", "OPEN", "CANCELLED", "ERROR", "FAILURE", None)
            ],
            "by line",
            None,
        ),
        ([], "by line", None),
        (None, "absent", None),
    ],
)
def test_only_successful_fulfilments_hand_something_over(
    entries: Any, fulfilments: str, moment: str | None
) -> None:
    order = fetch(call(node(line(1, unfulfilledQuantity=1), line(2), fulfillments=entries)), 7)
    assert order is not None
    expected = None if moment is None else parse_iso(moment)
    assert (order.fulfilments, [entry.fulfilled_at for entry in order.lines]) == (
        fulfilments,
        [expected, None],
    )


@given(ANY, st.booleans())
def test_any_text_of_an_answer_can_be_kept(text: str, escaped: bool) -> None:
    answer = node(line(1, title=text, sku=text, variantTitle=text), name=text)
    body = json.dumps({"data": {"order": answer}}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    order = fetch(lambda _operation, _variables: decode_json(body)["data"], 7)
    assert order is not None
    for kept in (order.name, order.lines[0].title, order.lines[0].sku, order.lines[0].variant_title):
        assert kept is None or (kept.encode().decode() == kept and "\x00" not in kept and "\n" not in kept)
