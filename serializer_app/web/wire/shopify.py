"""What Shopify's webhooks carry, as far as we read it (platform.md §3). Bodies keep the REST shape.

msgspec checks types while it parses, in one pass over several megabytes; unknown keys are left alone, because Shopify
adds some with every version.

What Shopify documents as a list may be null, absent, or have null members; what it documents as a number may be written
in quotes; texts may hold what no strict parser takes. None of that is a reason to refuse a delivery for good.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from serializer_app.clock import parse_iso
from serializer_app.domain.catalog.catalog import Facts
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot
from serializer_app.errors import AppError
from serializer_app.text import Json, JsonDict, clean, clean_code, clean_json, clean_values

MOST_UNITS = 1_000_000
_FULL_VARIANTS = 100

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Units = Annotated[int, Meta(ge=0, le=MOST_UNITS)]
_AnyObject = dict[str, msgspec.Raw]

Payload = TypeVar("Payload")
Member = TypeVar("Member")


def decode(body: bytes, shape: type[Payload]) -> Payload:
    """The body in ``shape``; raises AppError ``payload_invalid`` 400 with the path of what is wrong."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_odd(body, shape)


def _decode_odd(body: bytes, shape: type[Payload]) -> Payload:
    """The second reading of a body that is not as documented, so that the first one costs nothing extra.

    It drops half surrogates and the like from texts, and takes numbers in quotes.
    """
    try:
        return msgspec.json.decode(clean_json(body), type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AppError(
            "payload_invalid", f"The body has the wrong shape: {error}"[:300], status=400
        ) from error


def must_be_object(body: bytes) -> None:
    """Raise AppError ``payload_invalid`` 400 unless ``body`` is a JSON object, whatever the topic reads of it.

    It is looked through and not built: a large order has a hundred thousand parts.
    """
    decode(body, _AnyObject)


def _present(members: Sequence[Member | None] | None) -> list[Member]:
    """The members of a list; none where it is null."""
    return [member for member in members if member is not None] if members else []


class CustomerPayload(Struct):
    id: Id | None = None


class OrderRef(Struct):
    id: Id | None = None


class LineRef(Struct):
    id: Id | None = None


class Fulfillment(Struct):
    created_at: str | None = None
    status: str | None = None
    line_items: list[LineRef | None] | None = None


class LineItem(Struct):
    id: Id | None = None
    variant_id: Id | None = None
    product_id: Id | None = None
    quantity: Units | None = None
    current_quantity: Units | None = None
    title: str | None = None
    variant_title: str | None = None
    sku: str | None = None


class OrderPayload(Struct):
    id: Id
    created_at: str
    updated_at: str
    line_items: list[LineItem | None] | None = None
    name: str | None = None
    customer: CustomerPayload | None = None
    cancelled_at: str | None = None
    fulfillments: list[Fulfillment | None] | None = None

    def snapshot(self, *, creation: bool) -> OrderSnapshot:
        """The order as the domain sees it; raises AppError 400 for a time that is none.

        A list of lines that is missing, has a null member or names a line twice with different content is *partial*:
        nothing follows from what it lacks.
        """
        fulfilled = self._fulfilled_at()
        partial = self.line_items is None
        listed: dict[int, LineItem] = {}
        for line in self.line_items or ():
            if line is None or line.id is None:
                partial = True
            elif (first := listed.setdefault(line.id, line)) is not line:
                partial = partial or first != line
        lines = tuple(
            LineSnapshot(
                line_id,
                line.variant_id,
                line.product_id,
                _line(line.title),
                _line(line.variant_title),
                _code(line.sku),
                (line.quantity or 0) if line.current_quantity is None else line.current_quantity,
                fulfilled.get(line_id),
            )
            for line_id, line in listed.items()
        )
        return OrderSnapshot(
            self.id,
            _line(self.name),
            self.customer.id if self.customer else None,
            _moment(self.created_at, "created_at"),
            _moment(self.updated_at, "updated_at"),
            _moment(self.cancelled_at, "cancelled_at") if self.cancelled_at else None,
            lines,
            creation,
            partial=partial,
            fulfilments="absent" if self.fulfillments is None else "by line",
        )

    def _fulfilled_at(self) -> dict[int, datetime]:
        """The first successful fulfilment by line. One that is pending, cancelled or failed handed nothing over."""
        found: dict[int, datetime] = {}
        for fulfillment in self.fulfillments or ():
            if fulfillment is None or not fulfillment.created_at or fulfillment.status != "success":
                continue
            moment = _moment(fulfillment.created_at, "fulfillments")
            for line in fulfillment.line_items or ():
                if line is not None and line.id is not None:
                    found[line.id] = min(moment, found.get(line.id, moment))
        return found


class Edit(Struct):
    order_id: Id


class OrderEdited(Struct):
    order_edit: Edit


class Refund(Struct):
    order_id: Id


class Deleted(Struct):
    id: Id


class Image(Struct):
    id: int | None = None
    src: str | None = None


class ProductVariant(Struct):
    id: Id | None = None
    title: str | None = None
    sku: str | None = None
    barcode: str | None = None
    image_id: int | None = None
    updated_at: str | None = None


class ProductPayload(Struct):
    id: Id
    title: str | None = None
    updated_at: str | None = None
    variants: list[ProductVariant | None] | None = None
    variant_gids: list[Any] | None = None  # msgspec's type for any JSON
    images: list[Image | None] | None = None
    image: Image | None = None

    @property
    def variant_ids(self) -> list[int]:
        return [variant.id for variant in _present(self.variants) if variant.id is not None]

    @property
    def is_complete(self) -> bool:
        """Whether every variant is listed. Shopify lists only the first hundred in full, and no product has none."""
        listed = len(self.variant_ids)
        return (
            0 < listed < _FULL_VARIANTS
            and listed == len(self.variants or ())
            and (self.variant_gids is None or len(self.variant_gids) <= listed)
        )

    def moment(self) -> datetime | None:
        return _moment(self.updated_at, "updated_at") if self.updated_at else None

    def facts(self) -> list[Facts]:
        sources = {image.id: image.src for image in _present(self.images)}
        common = self.image.src if self.image else None
        return [
            Facts(
                variant.id,
                self.id,
                _code(variant.sku),
                _code(variant.barcode),
                _line(variant.title),
                _line(self.title),
                _line(sources.get(variant.image_id) or common),
                self.moment(),
            )
            for variant in _present(self.variants)
            if variant.id is not None
        ]


class CustomersMerged(Struct):
    admin_graphql_api_customer_kept_id: str | None = None
    admin_graphql_api_customer_deleted_id: str | None = None
    status: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether the customers *are* merged: Shopify also announces that they will be, and that it failed."""
        return (self.status or "").casefold() == "completed"

    @property
    def kept(self) -> int:
        return _number(self.admin_graphql_api_customer_kept_id or "")

    @property
    def gone(self) -> int:
        return _number(self.admin_graphql_api_customer_deleted_id or "")


class ReturnPayload(Struct):
    """returns/* and reverse_fulfillment_orders/dispose. Most topics name the order, the others the return alone."""

    admin_graphql_api_id: str | None = None
    order_id: Id | None = None
    order: OrderRef | None = None

    @property
    def order_number(self) -> int | None:
        return self.order_id if self.order is None else self.order.id or self.order_id

    @property
    def key(self) -> str | None:
        """What the payload is about, as the jobs' keys name it: ``Return/5`` or ``ReverseFulfillmentOrder/5``."""
        found = _RETURN.fullmatch(self.admin_graphql_api_id or "")
        return None if found is None or int(found[2]) >= 2**63 else found[0].removeprefix("gid://shopify/")


class ShopPayload(Struct):
    """shop/update and app/uninstalled."""

    id: int | None = None
    myshopify_domain: str | None = None
    updated_at: str | None = None

    def moment(self) -> datetime | None:
        return None if self.updated_at is None else _moment(self.updated_at, "updated_at")


class ScopesUpdated(Struct):
    current: list[str | None] | UnsetType | None = UNSET

    @property
    def scopes(self) -> list[str] | None:
        """The scopes granted now, None where the payload does not list them."""
        return None if self.current is UNSET or self.current is None else _present(self.current)


class Compliance(Struct):
    """customers/data_request, customers/redact or shop/redact: they share one address."""

    shop_domain: str
    shop_id: int | None = None
    # IDs come as numbers, as text and as gid://shopify/…: domain.privacy.privacy reads all of them.
    customer: JsonDict | UnsetType | None = UNSET
    orders_requested: list[Any] | UnsetType | None = UNSET  # msgspec's type for any JSON
    orders_to_redact: list[Any] | UnsetType | None = UNSET  # likewise
    data_request: JsonDict | UnsetType | None = UNSET

    def may_be(self, topic: str) -> bool:
        """Whether the body has the shape of ``topic``.

        The topic stands in a header, which is not signed: a harmless request that somebody captured must not work as
        an erasure when it is sent again.
        """
        asks = self.orders_requested is not UNSET or self.data_request is not UNSET
        redacts = self.orders_to_redact is not UNSET
        if topic == "customers/data_request":
            return not redacts and (asks or self.customer is not UNSET)
        if topic == "customers/redact":
            return not asks and (redacts or self.customer is not UNSET)
        return not asks and not redacts and self.customer is UNSET and self.shop_id is not None

    def as_dict(self) -> JsonDict:
        """What the domain reads: no null among the lists, texts cleaned."""
        return {
            "customer": clean_values(self.customer or {}),
            "orders_requested": clean_values(_present(self.orders_requested or [])),
            "orders_to_redact": clean_values(_present(self.orders_to_redact or [])),
            "data_request": clean_values(self.data_request or {}),
        }


def _moment(text: str, path: str) -> datetime:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as error:
        raise AppError("payload_invalid", f"{path} is no time with a zone", status=400) from error


def _number(gid: str) -> int:
    tail = gid.rpartition("/")[2]
    if not tail.isascii() or not tail.isdigit() or not 0 < int(tail[:20]) < 2**63:
        raise AppError("payload_invalid", "A customer is named by no ID", status=400)
    return int(tail)


def _line(text: str | None) -> str | None:
    return clean(text) if text else text


def _code(text: str | None) -> str | None:
    return clean_code(text) if text else text


_RETURN = re.compile(r"gid://shopify/(Return|ReverseFulfillmentOrder)/([1-9]\d{0,18})", re.ASCII)
_FULFILLMENT_ORDER = re.compile(r"gid://shopify/FulfillmentOrder/([1-9]\d{0,18})")
MOST_FULFILLMENT_ORDERS = 50


def fulfillment_order_ids(body: bytes) -> list[int]:
    """Every fulfilment order that a payload of ``fulfillment_orders/*`` names, each once, at most fifty.

    Each topic has a shape of its own, and all of them name global IDs.
    """
    found: dict[int, None] = {}
    pending: deque[Json] = deque([decode(body, dict)])
    while pending and len(found) < MOST_FULFILLMENT_ORDERS:
        value = pending.popleft()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif (
            isinstance(value, str)
            and (match := _FULFILLMENT_ORDER.fullmatch(value))
            and (number := int(match[1])) < 2**63
        ):
            found[number] = None
    return list(found)
