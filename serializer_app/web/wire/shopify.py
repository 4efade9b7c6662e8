"""What Shopify's webhooks carry, as far as we read it (platform.md §3). Bodies keep the REST shape.

msgspec checks types while it parses, in one pass over several megabytes; unknown keys are left alone, because Shopify
adds some with every version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from serializer_app.clock import parse_iso
from serializer_app.domain.catalog import Facts
from serializer_app.domain.plan import LineSnapshot, OrderSnapshot
from serializer_app.errors import AppError

MOST_UNITS = 1_000_000
_FULL_VARIANTS = 100

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Units = Annotated[int, Meta(ge=0, le=MOST_UNITS)]
_AnyObject = dict[str, msgspec.Raw]

Payload = TypeVar("Payload")


def decode(body: bytes, shape: type[Payload]) -> Payload:
    """The body in ``shape``; raises AppError ``payload_invalid`` 400 with the path of what is wrong."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AppError(
            "payload_invalid", f"The body has the wrong shape: {error}"[:300], status=400
        ) from error


def must_be_object(body: bytes) -> None:
    """Raise AppError ``payload_invalid`` 400 unless ``body`` is a JSON object, whatever the topic reads of it.

    It is looked through and not built: a large order has a hundred thousand parts.
    """
    decode(body, _AnyObject)
    try:
        body.decode()
    except UnicodeDecodeError as error:  # msgspec passes over the bytes of texts that nobody asks for
        raise AppError("payload_invalid", "The body is not UTF-8", status=400) from error


class Customer(Struct):
    id: Id | None = None


class LineRef(Struct):
    id: Id


class Fulfillment(Struct):
    created_at: str | None = None
    status: str | None = None
    line_items: list[LineRef] = []


class LineItem(Struct):
    id: Id
    variant_id: Id | None = None
    product_id: Id | None = None
    quantity: Units = 0
    current_quantity: Units | None = None
    title: str | None = None
    variant_title: str | None = None
    sku: str | None = None


class OrderPayload(Struct):
    id: Id
    created_at: str
    updated_at: str
    line_items: list[LineItem]
    name: str | None = None
    customer: Customer | None = None
    cancelled_at: str | None = None
    fulfillments: list[Fulfillment] = []

    def snapshot(self, *, creation: bool) -> OrderSnapshot:
        """The order as the domain sees it; raises AppError 400 for a time that is none or a line listed twice."""
        fulfilled: dict[int, datetime] = {}
        for fulfillment in self.fulfillments:
            if fulfillment.created_at and fulfillment.status in (None, "success", "pending", "open"):
                moment = _moment(fulfillment.created_at, "fulfillments")
                for line in fulfillment.line_items:
                    fulfilled[line.id] = min(moment, fulfilled.get(line.id, moment))
        if len({line.id for line in self.line_items}) != len(self.line_items):
            raise AppError("payload_invalid", "A line item is listed twice", status=400)
        lines = tuple(
            LineSnapshot(
                line.id,
                line.variant_id,
                line.product_id,
                _text(line.title),
                _text(line.variant_title),
                _text(line.sku),
                line.quantity if line.current_quantity is None else line.current_quantity,
                fulfilled.get(line.id),
            )
            for line in self.line_items
        )
        return OrderSnapshot(
            self.id,
            _text(self.name),
            self.customer.id if self.customer else None,
            _moment(self.created_at, "created_at"),
            _moment(self.updated_at, "updated_at"),
            _moment(self.cancelled_at, "cancelled_at") if self.cancelled_at else None,
            lines,
            creation,
        )


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
    id: Id
    title: str | None = None
    sku: str | None = None
    barcode: str | None = None
    image_id: int | None = None
    updated_at: str | None = None


class ProductPayload(Struct):
    id: Id
    title: str | None = None
    updated_at: str | None = None
    variants: list[ProductVariant] = []
    variant_gids: list[Any] | None = None
    images: list[Image] = []
    image: Image | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every variant is listed: Shopify sends only the first hundred in full."""
        listed = len(self.variants)
        return listed < _FULL_VARIANTS and (self.variant_gids is None or len(self.variant_gids) <= listed)

    def moment(self) -> datetime | None:
        return _moment(self.updated_at, "updated_at") if self.updated_at else None

    def facts(self) -> list[Facts]:
        sources = {image.id: image.src for image in self.images}
        common = self.image.src if self.image else None
        return [
            Facts(
                variant.id,
                self.id,
                _text(variant.sku),
                _text(variant.barcode),
                _text(variant.title),
                _text(self.title),
                _text(sources.get(variant.image_id) or common),
                self.moment(),
            )
            for variant in self.variants
        ]


class CustomersMerged(Struct):
    admin_graphql_api_customer_kept_id: str
    admin_graphql_api_customer_deleted_id: str

    @property
    def kept(self) -> int:
        return _number(self.admin_graphql_api_customer_kept_id)

    @property
    def gone(self) -> int:
        return _number(self.admin_graphql_api_customer_deleted_id)


class ShopPayload(Struct):
    myshopify_domain: str | None = None


class ScopesUpdated(Struct):
    current: list[str]


class Compliance(Struct):
    """customers/data_request, customers/redact and shop/redact; ``topic`` says which of them this shape is."""

    shop_domain: str
    shop_id: int | None = None
    customer: dict[str, Any] | None = None
    # IDs come as numbers, as text and as gid://shopify/…: domain.privacy reads all of them.
    orders_requested: list[Any] | None = None
    orders_to_redact: list[Any] | None = None
    data_request: dict[str, Any] | None = None

    @property
    def topic(self) -> str | None:
        if self.customer is None:
            about_shop = (
                self.orders_requested is None and self.orders_to_redact is None and self.data_request is None
            )
            return "shop/redact" if about_shop and self.shop_id is not None else None
        if self.orders_to_redact is not None:
            return "customers/redact"
        return "customers/data_request"

    def as_dict(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]


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


def _text(text: str | None) -> str | None:
    """PostgreSQL cannot keep a NUL, which JSON can carry."""
    return text.replace("\x00", "") if text and "\x00" in text else text
