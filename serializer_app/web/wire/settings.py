"""A shop's settings as /api/v1 shows them."""

from __future__ import annotations

from typing import Literal

import msgspec

from serializer_app.domain.gate import switch
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
    gate: bool
    gateNote: str
    customFields: list[FieldWire]


def settings_wire(shop: Shop) -> SettingsWire:
    return SettingsWire(
        storefrontAccess=shop.storefront_access,
        onOrderEdit=shop.on_order_edit,
        warrantyStart=shop.warranty_start,
        trackingMethod=shop.tracking_method,
        onReturn=shop.on_return,
        warrantyOnResale=shop.warranty_on_resale,
        gate=shop.gate_since is not None,
        gateNote=switch.note_of(shop),
        customFields=[FieldWire(field["name"], field["key"]) for field in shops.custom_fields(shop)],
    )
