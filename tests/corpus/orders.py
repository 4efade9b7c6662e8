"""Order payloads (orders/create, orders/updated, orders/cancelled): the ordinary one, and what makes real ones odd."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

JsonDict = dict[str, Any]

TRACKED = 45_100_000_000_001
"""A variant that is tracked and gets items automatically."""
PLAIN = 45_100_000_000_002
"""A variant that is not tracked."""
FIRST_ORDER = 6_200_000_000_000
FIRST_LINE = 14_500_000_000_000
CREATED = "2030-05-04T10:11:12+02:00"
"""After any installation of a test."""


def money(amount: str, presentment: tuple[str, str] | None = None) -> JsonDict:
    shown = presentment or (amount, "EUR")
    return {
        "shop_money": {"amount": amount, "currency_code": "EUR"},
        "presentment_money": {"amount": shown[0], "currency_code": shown[1]},
    }


def line(number: int, variant_id: int | None = TRACKED, quantity: int = 1, **changes: Any) -> JsonDict:
    """One line with every key a real one has; ``current_quantity`` is ``quantity`` unless ``changes`` say otherwise."""
    line_id = FIRST_LINE + number
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "attributed_staffs": [],
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 200,
        "name": "Tide Watch - Steel",
        "price": "289.00",
        "price_set": money("289.00"),
        "product_exists": variant_id is not None,
        "product_id": None if variant_id is None else 8_100_000_000_001,
        "properties": [],
        "quantity": quantity,
        "requires_shipping": True,
        "sales_line_item_group_id": None,
        "sku": None if variant_id is None else "TIDE-40",
        "taxable": True,
        "title": "Tide Watch",
        "total_discount": "0.00",
        "total_discount_set": money("0.00"),
        "variant_id": variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": "Steel",
        "vendor": "Atelier Nord",
        "tax_lines": [
            {
                "channel_liable": False,
                "price": "46.14",
                "price_set": money("46.14"),
                "rate": 0.19,
                "title": "VAT",
            }
        ],
        "duties": [],
        "discount_allocations": [],
        **changes,
    }


def order(number: int, *lines: JsonDict | None, **changes: Any) -> JsonDict:
    order_id = FIRST_ORDER + number
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "app_id": 580111,
        "browser_ip": "203.0.113.9",
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": "c1-7f",
        "checkout_id": 37_100_000_000_001,
        "client_details": {
            "accept_language": "de-DE",
            "browser_ip": "203.0.113.9",
            "user_agent": "Mozilla/5.0",
        },
        "closed_at": None,
        "company": None,
        "confirmed": True,
        "contact_email": "ada@example.com",
        "created_at": CREATED,
        "currency": "EUR",
        "current_total_price": "289.00",
        "customer_locale": "de-DE",
        "discount_codes": [],
        "email": "ada@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "name": f"#{1000 + number}",
        "note": None,
        "note_attributes": [],
        "number": number,
        "order_number": 1000 + number,
        "payment_gateway_names": ["shopify_payments"],
        "phone": None,
        "presentment_currency": "EUR",
        "processed_at": CREATED,
        "source_name": "web",
        "tags": "",
        "test": False,
        "total_price_set": money("289.00"),
        "total_tip_received": "0.00",
        "updated_at": CREATED,
        "user_id": None,
        "billing_address": {"first_name": "Ada", "last_name": "Lind", "city": "Köln", "country_code": "DE"},
        "customer": {
            "id": 7_300_000_000_001,
            "email": "ada@example.com",
            "first_name": "Ada",
            "last_name": "Lind",
        },
        "discount_applications": [],
        "fulfillments": [],
        "line_items": list(lines),
        "payment_terms": None,
        "refunds": [],
        "shipping_address": {"first_name": "Ada", "last_name": "Lind", "city": "Köln", "country_code": "DE"},
        "shipping_lines": [{"id": 5_000_000_001, "code": "Standard", "price": "0.00", "title": "Standard"}],
        "returns": [],
        "line_item_groups": [],
        **changes,
    }


def fulfillment(status: str | None, at: str, *lines: JsonDict | None) -> JsonDict:
    return {
        "id": 4_900_000_000_001,
        "created_at": at,
        "location_id": 76_543,
        "service": "manual",
        "shipment_status": None,
        "status": status,
        "tracking_numbers": [],
        "line_items": list(lines),
    }


def refund(entry: JsonDict, quantity: int, restock_type: str, transaction: str = "success") -> JsonDict:
    return {
        "id": 9_300_000_000_001,
        "created_at": CREATED,
        "note": None,
        "order_id": FIRST_ORDER,
        "order_adjustments": [],
        "refund_line_items": [
            {
                "id": 1,
                "line_item_id": entry["id"],
                "quantity": quantity,
                "restock_type": restock_type,
                "location_id": None,
                "line_item": entry,
            }
        ],
        "transactions": [{"id": 2, "kind": "refund", "status": transaction, "amount": "289.00"}],
        "duties": None,
        "return": None,
    }


@dataclass(frozen=True)
class Case:
    """One order. ``items``: how many items each line (by its number) gets; lines that get none are left out."""

    name: str
    payload: JsonDict
    items: dict[int, int]
    trackable: int | None = None
    """Trackable units of the order; None: as many as items."""
    partial: bool = False
    """The payload does not show the whole order, so the app asks for it."""

    @property
    def total(self) -> int:
        return sum(self.items.values()) if self.trackable is None else self.trackable


def _without(payload: JsonDict, *names: str) -> JsonDict:
    return {name: value for name, value in payload.items() if name not in names}


def _quoted(value: Any) -> Any:
    """Every ID written as a text, as some middleware and older libraries do."""
    if isinstance(value, dict):
        return {
            name: str(member) if name.endswith("id") and type(member) is int else _quoted(member)
            for name, member in value.items()
        }
    return [_quoted(member) for member in value] if isinstance(value, list) else value


def _nulls(value: JsonDict, keep: set[str]) -> JsonDict:
    return {name: member if name in keep else None for name, member in value.items()}


_ORDER_NEEDS = {"id", "created_at", "updated_at", "line_items"}
_LINE_NEEDS = {"id", "variant_id", "quantity"}
_POS: JsonDict = {
    "source_name": "pos", "location_id": 76_543, "device_id": 11, "user_id": 102_938_475, "customer": None,
    "email": "", "contact_email": None, "shipping_address": None, "shipping_lines": [], "browser_ip": None,
    "client_details": None, "cart_token": None, "checkout_id": None,
}  # fmt: skip
_B2B: JsonDict = {
    "company": {"id": 330_001, "location_id": 440_001}, "po_number": "PO-7", "tax_exempt": True,
    "payment_terms": {"payment_terms_name": "Net 30", "due_in_days": 30, "payment_schedules": []},
    "financial_status": "pending",
    "customer": {"id": 7_300_000_000_009, "email": None, "phone": None, "first_name": None, "last_name": None},
}  # fmt: skip
_SELLING_PLAN: JsonDict = {"selling_plan_allocation": {"selling_plan": {"id": 1, "name": "Every month"}}}


def cases() -> Iterator[Case]:
    """Every oddity, each as an order of its own with the number of its place."""
    for number, make in enumerate(_MAKERS, start=1):
        yield make(number)


def _case(
    name: str, items: dict[int, int], /, *lines: JsonDict | None, **changes: Any
) -> Callable[[int], Case]:
    trackable, partial = changes.pop("trackable", None), changes.pop("partial", False)

    def make(number: int) -> Case:
        placed = copy.deepcopy(lines)
        for entry in placed:
            if entry is not None:
                entry["id"] += number * 10_000
        payload = order(number, *placed, **copy.deepcopy(changes))
        shown = {number * 10_000 + key: count for key, count in items.items()}
        return Case(name, payload, shown, trackable, partial)

    return make


def _changed(
    case: Callable[[int], Case], name: str, change: Callable[[JsonDict], Any]
) -> Callable[[int], Case]:
    def make(number: int) -> Case:
        made = case(number)
        return Case(name, change(made.payload), made.items, made.trackable, made.partial)

    return make


def _lists_are_null(payload: JsonDict) -> JsonDict:
    return {name: None if value == [] else value for name, value in payload.items()}


def _everything_null(payload: JsonDict) -> JsonDict:
    lines = [_nulls(entry, _LINE_NEEDS) for entry in payload["line_items"]]
    return {**_nulls(payload, _ORDER_NEEDS), "line_items": lines}


def _only_what_is_needed(payload: JsonDict) -> JsonDict:
    lines = [{name: entry[name] for name in sorted(_LINE_NEEDS)} for entry in payload["line_items"]]
    return {**{name: payload[name] for name in sorted(_ORDER_NEEDS)}, "line_items": lines}


_ordinary = _case("ordinary", {1: 2}, line(1, quantity=2), line(2, PLAIN))
_gift = line(2, PLAIN, gift_card=True, requires_shipping=False, product_id=8_100_000_000_077)
_tip = line(
    2, None, title="Tip", requires_shipping=False, taxable=False, tip={"payment_gateway": "shopify_payments"}
)
_shipped = line(1, quantity=2)
ODD_TEXTS = (
    "Mug \ud83d",
    "\ude00\ud83d",
    "Nu\x00l",
    "line\u2028sep\u2029arator",
    "\u202egnp.exe",
    "\ufeffBOM",
    "tab\tnew\nline",
    "\U0001f469\u200d\U0001f4bb",
    "می\u200cخواهم",
    "Jean\xa0Pierre",
    "\x85\x9f\x7f",
    "\ufffe\uffff",
    "a" * 5_000,
    " ",
    "",
)

_MAKERS: list[Callable[[int], Case]] = [
    _ordinary,
    _case(
        "point of sale", {1: 1}, line(1, properties=[{"name": "Serial number", "value": "SN\x00-1"}]), **_POS
    ),
    _case(
        "draft order", {1: 1}, line(1), source_name="shopify_draft_order", cart_token=None, browser_ip=None
    ),
    _case("business customer", {1: 3}, line(1, quantity=3), **_B2B),
    _case("subscription", {1: 1}, line(1, **_SELLING_PLAN), source_name="subscription_contract_checkout_one"),
    _case(
        "bundle with components",
        {1: 2, 2: 2},
        line(1, quantity=2, sales_line_item_group_id=5),
        line(2, quantity=2, sales_line_item_group_id=5),
        line(3, PLAIN),
        line_item_groups=[
            {"id": 5, "title": "Set", "quantity": 2, "variant_id": 9, "product_id": 8, "properties": []}
        ],
    ),
    _case("gift card", {1: 1}, line(1), _gift),
    _case("tip", {1: 1}, line(1), _tip, total_tip_received="5.00"),
    _case("custom line", {}, line(1, None, title="Engraving", sku="", product_exists=False), trackable=0),
    _case("exchange", {2: 1}, line(1, current_quantity=0), line(2), refunds=[refund(line(1), 1, "return")]),
    _case(
        "partial refund",
        {1: 1},
        line(1, quantity=2, current_quantity=1),
        refunds=[refund(line(1, quantity=2), 1, "return")],
        financial_status="partially_refunded",
    ),
    _case(
        "refund without restock, payment pending",
        {1: 2},
        line(1, quantity=3, current_quantity=2),
        refunds=[refund(line(1, quantity=3), 1, "no_restock", "pending")],
    ),
    _case(
        "refund of money alone that failed",
        {1: 1},
        line(1),
        refunds=[{**refund(line(1), 1, "cancel", "failure"), "refund_line_items": None}],
    ),
    _case("removed line", {2: 1}, line(1, current_quantity=0, fulfillable_quantity=0), line(2)),
    _case("quantity zero", {}, line(1, quantity=0), trackable=0),
    _case("test order", {1: 1}, line(1), test=True),
    _case("500 lines", dict.fromkeys(range(1, 501), 1), *(line(number) for number in range(1, 501))),
    _case("one line of 250 units", {1: 250}, line(1, quantity=250)),
    _case("split lines", {1: 1, 2: 2}, line(1), line(2, quantity=2)),
    _case("merged lines", {1: 3}, line(1, quantity=3), line(2, quantity=2, current_quantity=0)),
    _case("deleted product", {}, line(1, None, product_id=None, product_exists=False), trackable=0),
    _case(
        "another currency",
        {1: 1},
        line(1, price_set=money("289.00", ("46200", "JPY"))),
        presentment_currency="JPY",
        total_price_set=money("289.00", ("46200", "JPY")),
    ),
    _case("the same line twice", {1: 2}, line(1, quantity=2), line(1, quantity=2)),
    _case("a line twice, with other content", {1: 1}, line(1), line(1, quantity=2), partial=True),
    _case("a null member among the lines", {1: 1}, None, line(1), partial=True),
    _changed(
        _case("", {1: 1}, line(1), line(2), partial=True),
        "a line without an ID",
        lambda payload: {
            **payload,
            "line_items": [payload["line_items"][0], {**payload["line_items"][1], "id": None}],
        },
    ),
    _case("cancelled from the start", {}, line(1), cancelled_at=CREATED, cancel_reason="fraud", trackable=0),
    _case("unpaid", {1: 1}, line(1), financial_status="pending", confirmed=True),
    _case("fulfilled", {1: 2}, _shipped, fulfillments=[fulfillment("success", CREATED, _shipped, None)]),
    _case("fulfillments of null", {1: 1}, line(1), fulfillments=None, refunds=None),
    _case(
        "null members", {1: 1}, line(1), fulfillments=[None, fulfillment("success", CREATED)], refunds=[None]
    ),
    _case(
        "fulfilment without lines",
        {1: 1},
        line(1),
        fulfillments=[{**fulfillment("success", CREATED), "line_items": None}],
    ),
    _case("guest", {1: 1}, line(1), customer=None, email="", contact_email=None, billing_address=None),
    _case("customer without an ID", {1: 1}, line(1), customer={"id": None, "email": None}),
    _case(
        "unknown keys", {1: 1}, line(1, brand_new={"a": [None, {"id": "x"}]}), brand_new=[[[]]], id_new="a"
    ),
    _changed(_ordinary, "IDs as texts", _quoted),
    _changed(_ordinary, "every empty list is null", _lists_are_null),
    _changed(_ordinary, "null wherever it may be", _everything_null),
    _changed(_ordinary, "only what is needed", _only_what_is_needed),
    _changed(
        _ordinary,
        "before current_quantity",
        lambda payload: {
            **payload,
            "line_items": [_without(entry, "current_quantity") for entry in payload["line_items"]],
        },
    ),
    *(
        _case(
            f"odd text {number}",
            {1: 1},
            line(1, title=text, sku=text, variant_title=text),
            name=text,
            note=text,
            tags=text,
        )
        for number, text in enumerate(ODD_TEXTS)
    ),
]
