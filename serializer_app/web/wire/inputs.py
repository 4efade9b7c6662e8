"""What /api/v1 takes in: one model for each body and each query."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from serializer_app.domain.gate.switch import MOST_NOTE
from serializer_app.domain.shops.shops import MOST_FIELDS
from serializer_app.text import JsonDict, clean
from serializer_app.web.wire.values import (
    FieldKey,
    FieldValue,
    Id,
    IdText,
    Input,
    ItemIdText,
    Name,
    SearchText,
    SerialNumber,
    Warranty,
)

MOST_ADDED = 10_000
MOST_NAMED = 10_000
PAGE = 100


def _limit(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    raise ValueError(f"must be an integer from 1 to {PAGE}")


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


Entry = TypeVar("Entry", bound=_Keyed)


def _one_entry_per_key(entries: list[Entry]) -> list[Entry]:
    keys = [entry.key for entry in entries]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"must name each key once, and names {twice} more often")
    return entries


def _without_defaults(schema: JsonDict) -> None:
    for described in schema["properties"].values():
        described.pop("default", None)


class Changes(Input):
    """What is absent stays as it is, so the schema shows no defaults."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)


class Nothing(Input):
    """No parameter, or an empty object."""


class PageQuery(Input):
    cursor: Annotated[
        str | None,
        Field(max_length=512, description="`next` or `previous` of an earlier answer, filters unchanged."),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=PAGE, description="How many results a page has at most."), BeforeValidator(_limit)
    ] = PAGE


class VariantQuery(PageQuery):
    sku: Annotated[SearchText | None, Field(description="Exactly this SKU.")] = None


class ItemQuery(PageQuery):
    """All filters given must hold. Without any, every item of the shop is listed."""

    order_id: Annotated[IdText | None, Field(description="Shopify's order ID.")] = None
    customer_id: Annotated[IdText | None, Field(description="Shopify's customer ID.")] = None
    product_variant_id: Annotated[IdText | None, Field(description="Shopify's product variant ID.")] = None
    line_item_id: Annotated[IdText | None, Field(description="Shopify's line item ID.")] = None
    serial_number: Annotated[
        SearchText | None, Field(description="A serial number; case and surrounding spaces do not matter.")
    ] = None
    item_id: Annotated[
        SearchText | None,
        Field(description="An item ID; case, hyphens, spaces and look-alikes do not matter."),
    ] = None
    item_ref: Annotated[
        SearchText | None, Field(description="A serial number or an item ID, whichever it is.")
    ] = None


class FieldTrackingInput(Input):
    key: FieldKey
    trackable: bool


class VariantChanges(Changes):
    """An absent key leaves the stored value."""

    trackable: Annotated[bool, Field(description="Units of this variant are tracked as items.")] = False
    auto_generatable: Annotated[bool, Field(description="New orders get their items by themselves.")] = False
    serial_numbers: Annotated[
        Literal["off", "optional", "required"],
        Field(description="Whether units of this variant have serial numbers, and whether each needs one."),
    ] = "optional"
    warranty_duration: Warranty = None
    custom_fields: Annotated[
        list[FieldTrackingInput],
        Field(
            max_length=MOST_FIELDS,
            description="Which custom fields are tracked. A key the shop does not have yet is defined.",
        ),
        AfterValidator(_one_entry_per_key),
    ] = Field(default=[])


class FieldEntry(Input):
    key: FieldKey
    value: FieldValue


def _object_or_list(value: object) -> str | None:
    return "(object)" if isinstance(value, dict) else "(list)" if isinstance(value, list) else None


FieldValues = Annotated[
    Annotated[dict[FieldKey, FieldValue], Field(max_length=MOST_FIELDS), Tag("(object)")]
    | Annotated[
        list[FieldEntry], Field(max_length=MOST_FIELDS), AfterValidator(_one_entry_per_key), Tag("(list)")
    ],
    Discriminator(
        _object_or_list,
        custom_error_type="fields_shape",
        custom_error_message='must be an object {key: value} or a list [{"key", "value"}]',
    ),
]


class ItemChanges(Changes):
    """An absent key leaves the stored value."""

    serial_number: Annotated[SerialNumber | None, Field(description="null takes it away.")] = None
    warranty_duration: Warranty = None
    custom_fields: Annotated[
        FieldValues,
        Field(description="Merged by key; a key that the shop's settings do not define is refused."),
    ] = Field(default={})
    version: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1, description="The version you saw: the number in the item's ETag."),
    ] = None

    def field_values(self) -> dict[str, str]:
        fields = self.custom_fields
        return fields if isinstance(fields, dict) else {entry.key: entry.value for entry in fields}


class FieldDefinition(Input):
    name: Annotated[Name, Field(description="What people see.")]
    key: Annotated[FieldKey, Field(description="What is stored and sent.")]


class SettingsChanges(Changes):
    """An absent key leaves the stored value."""

    storefront_access: Annotated[
        Literal["open", "owner"],
        Field(description="Who may list items by order or customer in the storefront."),
    ] = "open"
    on_order_edit: Annotated[
        Literal["automatic", "manual"],
        Field(description="Whether items follow an edited order by themselves."),
    ] = "automatic"
    warranty_start: Annotated[
        Literal["order", "fulfillment", "registration"],
        Field(description="The event a warranty begins with."),
    ] = "order"
    tracking_method: Annotated[
        Literal["sold", "inventory"],
        Field(
            description="Whether units are known once they are sold, or from stock on. `inventory` holds for variants "
            "whose quantity Shopify tracks, and needs the scope read_inventory."
        ),
    ] = "sold"
    on_return: Annotated[
        Literal["end", "suspend", "keep"],
        Field(
            description="What becomes of a registration when its unit is returned: it ends, it is paused as long as "
            "the unit is back, or it stays until the unit is sold again."
        ),
    ] = "end"
    warranty_on_resale: Annotated[
        Literal["restart", "continue"],
        Field(
            description="Whether the warranty of a unit that is sold again starts anew, or ends when the first one "
            "would have ended."
        ),
    ] = "restart"
    gate: Annotated[
        bool,
        Field(
            description="Hold the lines of an order in Shopify until their required serial numbers are entered. Needs "
            "the scopes read_ and write_merchant_managed_fulfillment_orders."
        ),
    ] = False
    gate_note: Annotated[
        str,
        Field(
            max_length=MOST_NOTE, description="The words on a hold in Shopify. Empty for the default words."
        ),
        AfterValidator(clean),
    ] = ""
    custom_fields: Annotated[
        list[FieldDefinition],
        Field(max_length=MOST_FIELDS, description="Every field that staff may fill for an item."),
        AfterValidator(_one_entry_per_key),
    ] = Field(default=[])


class Reason(Input):
    """Why somebody did something out of the ordinary."""

    reason: Annotated[Name, Field(description="Kept in the history.")]


class Adjustment(Input):
    """All or nothing. The newest state of the order is the answer."""

    line_item_id: Id
    add: Annotated[int, Field(ge=0, le=MOST_ADDED, description="How many new items the line gets.")] = 0
    remove: Annotated[
        list[ItemIdText],
        Field(max_length=MOST_NAMED, description="Item IDs that leave the line; they can come back."),
    ] = Field(default=[])
    restore: Annotated[
        list[ItemIdText], Field(max_length=MOST_NAMED, description="Item IDs removed earlier that come back.")
    ] = Field(default=[])
