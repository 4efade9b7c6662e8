"""A shop's settings as /api/v1 shows them."""

from __future__ import annotations

from typing import Literal

import msgspec

from serializer_app.domain.shops import shops
from serializer_app.store.models import Shop


class FieldWire(msgspec.Struct):
    """A field that staff may fill for an item."""

    name: str
    key: str


class SettingsWire(msgspec.Struct):
    """The shop's settings."""

    storefrontAccess: Literal["open", "owner"]
    onOrderEdit: Literal["automatic", "manual"]
    warrantyStart: Literal["order", "fulfillment", "registration"]
    trackingMethod: Literal["sold", "inventory"]
    onReturn: Literal["end", "suspend", "keep"]
    warrantyOnResale: Literal["restart", "continue"]
    customFields: list[FieldWire]


def settings_wire(shop: Shop) -> SettingsWire:
    return SettingsWire(
        storefrontAccess=shop.storefront_access,  # type: ignore[arg-type]
        onOrderEdit=shop.on_order_edit,  # type: ignore[arg-type]
        warrantyStart=shop.warranty_start,  # type: ignore[arg-type]
        trackingMethod=shop.tracking_method,  # type: ignore[arg-type]
        onReturn=shop.on_return,  # type: ignore[arg-type]
        warrantyOnResale=shop.warranty_on_resale,  # type: ignore[arg-type]
        customFields=[FieldWire(field["name"], field["key"]) for field in shops.custom_fields(shop)],
    )
