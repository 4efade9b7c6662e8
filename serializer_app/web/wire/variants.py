"""Variants as /api/v1 shows them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from serializer_app.clock import iso
from serializer_app.store.models import Variant
from serializer_app.store.models.variants import SerialNumbers
from serializer_app.web.wire.items import Time, WarrantyWire, warranty_wire
from serializer_app.web.wire.mirror import MirrorWire

_FIELDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "trackable"],
        "properties": {"key": {"type": "string", "maxLength": 30}, "trackable": {"type": "boolean"}},
    },
}


class VariantWire(msgspec.Struct):
    """A product variant and how it is tracked. What Shopify says about it is null until it was heard of. `mirror` is
    there where a single variant is read or set, and does not count for its ETag.
    """

    productVariantId: int
    productId: int | None
    experienceId: str
    sku: str | None
    barcode: str | None
    title: str | None
    productTitle: str | None
    imageUrl: str | None
    inventoryTracked: bool | None
    trackable: bool
    autoGeneratable: bool
    serialNumbers: SerialNumbers
    warrantyDuration: WarrantyWire | UnsetType | None
    customFields: Annotated[Raw, Meta(extra_json_schema=_FIELDS)] | UnsetType
    createdAt: Time
    updatedAt: Time
    mirror: MirrorWire | UnsetType = UNSET


class VariantPage(msgspec.Struct):
    """A page of variants by their ID."""

    previous: str | None
    hasPrevious: bool
    next: str | None
    hasNext: bool
    results: list[VariantWire]


def variant_wire(variant: Variant) -> VariantWire:
    return VariantWire(
        productVariantId=variant.variant_id,
        productId=variant.product_id,
        experienceId=variant.experience_id,
        sku=variant.sku,
        barcode=variant.barcode,
        title=variant.title,
        productTitle=variant.product_title,
        imageUrl=variant.image_url,
        inventoryTracked=variant.inventory_tracked,
        trackable=variant.trackable,
        autoGeneratable=variant.auto_generatable,
        serialNumbers=variant.serial_numbers,
        warrantyDuration=warranty_wire(variant.warranty),
        customFields=UNSET if variant.custom_fields is None else Raw(variant.custom_fields),
        createdAt=iso(variant.created_at),
        updatedAt=iso(variant.updated_at),
    )
