"""Serials and registrations on the wire: what comes in, and what goes out (contract §6, seeds/000)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from serializer_app.clock import iso
from serializer_app.domain.registry import patterns, serials
from serializer_app.domain.registry.lookups import Page, View
from serializer_app.domain.registry.lookups import wire_duration as effective
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.swaps import OPERATION, UNKNOWN_OPERATION
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.web.wire.history import EntryWire, entry_wire
from serializer_app.web.wire.inputs import Changes, PageQuery
from serializer_app.web.wire.items import Time, WarrantyWire
from serializer_app.web.wire.values import (
    Id,
    IdText,
    Input,
    Name,
    SearchText,
    SerialNumber,
    Warranty,
)

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
"""A day as YYYY-MM-DD, in the shop's time zone."""

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a day that exists, as YYYY-MM-DD") from error
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must be from {EARLIEST} to {LATEST}")
    return day


DayText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    Field(json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]
Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254, pattern=r"^[^\s@\u0000-\u001f]+@[^\s@\u0000-\u001f]+$"),
]
"""Whoever needs to know whether an address works has to write to it: this only keeps out what cannot be one."""
Status = Literal["pending", "approved", "denied", "archived"]


# --- what comes in ----------------------------------------------------------------------------------------------


class PersonInput(Changes):
    """Who owns the unit: at least an e-mail address, a telephone number or Shopify's customer ID."""

    email: Email | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    customer_id: Annotated[Id | None, Field(description="Shopify's customer ID, where there is one.")] = None

    def person(self) -> Person:
        return Person(self.email, self.first_name, self.last_name, self.phone, self.customer_id)


def _reachable(person: PersonInput) -> PersonInput:
    if not (person.email or person.phone or person.customer_id):
        raise ValueError("must have an email, a phone or a customerId")
    return person


Owner = Annotated[PersonInput, AfterValidator(_reachable)]


class RegistrationInput(Input):
    """A customer's claim of one unit."""

    serial_number: Annotated[SerialNumber, Field(description="A serial of the registry, or an item ID.")]
    customer: Owner
    purchase_date: DayText | None = None
    channel: Annotated[Name | None, Field(description="Where it was bought, e.g. retail.")] = None
    order_number: Name | None = None


class RegistrationChanges(Changes):
    """An absent key leaves the stored value; null takes it away."""

    serial_number: Annotated[SerialNumber, Field(description="As PUT /registrations update-serial.")] = ""
    customer: PersonInput = PersonInput()
    purchase_date: DayText | None = None
    channel: Name | None = None
    order_number: Name | None = None
    status: Status = "approved"
    warranty_duration: Warranty = None
    warranty_until: Annotated[DayText | None, Field(description="The last day covered, set by hand.")] = None
    warranty_void: Annotated[bool, Field(description="The warranty no longer holds, whatever its dates.")] = (
        False
    )


class RegistrationFilters(Input):
    """All filters given must hold; without any, every registration is listed."""

    serial_number: Annotated[SearchText | None, Field(description="A serial number or an item ID.")] = None
    email: Annotated[SearchText | None, Field(description="Case does not matter.")] = None
    customer_id: Id | None = None
    order_id: Id | None = None
    order_number: SearchText | None = None
    status: Status | None = None


class RegistrationSearch(RegistrationFilters):
    """The same filters in a body, so that no address stands in a URL."""

    cursor: Annotated[str | None, Field(max_length=512)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 100


class RegistrationQuery(PageQuery):
    """All filters given must hold; without any, every registration is listed."""

    serial_number: Annotated[SearchText | None, Field(description="A serial number or an item ID.")] = None
    email: Annotated[
        SearchText | None,
        Field(description="Case does not matter. POST /registrations/search keeps it out of the URL."),
    ] = None
    customer_id: Annotated[IdText | None, Field(description="Shopify's customer ID.")] = None
    order_id: Annotated[IdText | None, Field(description="Shopify's order ID.")] = None
    order_number: Annotated[SearchText | None, Field(description="With or without its #.")] = None
    status: Annotated[Status | None, Field(description="What the shop decided.")] = None


class SerialNamed(Input):
    """A serial number, or an item ID."""

    serial_number: Annotated[SearchText | None, Field(description="The serial to reset.")] = None


def _known_operation(value: Any) -> Any:
    if value != OPERATION:
        raise AppError("unknown_operation", UNKNOWN_OPERATION)
    return value


class SerialUpdate(Input):
    """Move a registration to another serial number."""

    operation: Annotated[
        Any, BeforeValidator(_known_operation), WithJsonSchema({"type": "string", "const": OPERATION})
    ] = Field(default=None, validate_default=True)
    serial_number: SearchText
    new_serial_number: Annotated[str, StringConstraints(max_length=10_000)]


class CustomerNamed(Input):
    """A customer by e-mail address or by Shopify's customer ID; both where both are given."""

    email: Email | None = None
    customer_id: Id | None = None


class TransferInput(Input):
    """The new owner."""

    customer: Owner


class TransferAcceptance(Input):
    """The new owner, with the code that the old one passed on."""

    code: SearchText
    customer: Owner


class SerialQuery(PageQuery):
    serial_number: Annotated[SearchText | None, Field(description="Exactly this serial.")] = None
    product_variant_id: Annotated[IdText | None, Field(description="Shopify's product variant ID.")] = None


class PatternInput(Input):
    """How codes are made; what is absent is as by default."""

    prefix: Annotated[str, Field(max_length=patterns.PREFIX_LENGTH)] = ""
    length: Annotated[int, Field(ge=patterns.SHORTEST, le=patterns.MOST_SYMBOLS)] = patterns.DEFAULT.length
    alphabet: Annotated[str, Field(min_length=2, max_length=64)] = patterns.DEFAULT.alphabet
    check_symbol: bool = True

    def pattern(self) -> patterns.Pattern:
        return patterns.checked(patterns.Pattern(self.prefix, self.length, self.alphabet, self.check_symbol))


_ENTRY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "serialNumber": {"type": "string", "minLength": 1, "maxLength": serials.LENGTH},
        "quantity": {"type": "integer", "minimum": 1, "maximum": serials.MOST_PER_REQUEST},
        "experienceId": {"type": "string"},
        "productSku": {"type": "string"},
    },
}
_ENTRIES: dict[str, Any] = {"type": "array", "items": _ENTRY, "maxItems": serials.MOST_PER_REQUEST}
SerialEntries = Annotated[
    Any,
    WithJsonSchema(
        {
            "description": "Serials, each with a serialNumber (or a quantity, to have codes made) and an experienceId "
            "or a productSku. Every entry gets its own verdict.",
            "anyOf": [
                _ENTRIES,
                {"type": "object", "required": ["serials"], "properties": {"serials": _ENTRIES}},
                {**_ENTRY, "anyOf": [{"required": ["serialNumber"]}, {"required": ["quantity"]}]},
            ],
        }
    ),
]
"""Not a model: an entry that is wrong gets a verdict of its own instead of failing the request."""


def entries_of(body: Any) -> list[Any]:
    """The entries of a body in any of its three shapes. Raises AppError ``body_invalid`` 422."""
    if isinstance(body, dict):
        if isinstance(body.get("serials"), list) and len(body) == 1:
            body = body["serials"]
        elif "serialNumber" in body or "quantity" in body:
            body = [body]
    if not isinstance(body, list):
        message = 'Send a JSON array of serials, {"serials": […]}, or one serial as an object'
        raise AppError(
            "body_invalid", message, status=422, details=[{"path": "", "message": "must be a list"}]
        )
    return body


# --- what goes out ----------------------------------------------------------------------------------------------


class SerialVerdicts(msgspec.Struct):
    """What became of each entry. `errors` holds errorMessage and the entry as it was sent."""

    created: list[serials.Created]
    errors: list[dict[str, Any]]


class SerialWire(msgspec.Struct):
    """A code of one unit. `status`: available, registered or replaced."""

    serialNumber: str
    status: Literal["available", "registered", "replaced"]
    source: Literal["made", "imported", "api", "item"]
    productVariantId: int
    experienceId: str | None
    productSku: str | None
    itemId: str | None
    registrationId: str | None
    url: str
    qrUrl: str
    createdAt: Time


class SerialPage(msgspec.Struct):
    """Serials in the order they were entered."""

    previous: str | None
    hasPrevious: bool
    next: str | None
    hasNext: bool
    results: list[SerialWire]


class SerialStory(msgspec.Struct):
    """A serial from its making to today, across swaps; oldest first."""

    serialNumber: str
    results: list[EntryWire]


class PatternWire(msgspec.Struct):
    """How codes are made. `capacity` is how many different ones there are."""

    prefix: str
    length: int
    alphabet: str
    checkSymbol: bool
    capacity: str
    examples: list[str]


class PersonWire(msgspec.Struct):
    """The owner of a unit."""

    email: str | None
    firstName: str | None
    lastName: str | None
    phone: str | None
    customerId: int | None


class CoverWire(msgspec.Struct):
    """The warranty of a registered unit today; days in the shop's time zone, `endsOn` is the last one covered."""

    state: Literal["none", "active", "expired", "void"]
    startsOn: Day | None
    endsOn: Day | None
    duration: WarrantyWire | None


class RegistrationWire(msgspec.Struct):
    """A customer's claim of one unit. `buyer`: whether the customer bought it; null where that is unknown."""

    id: str
    serialNumber: str
    productVariantId: int
    experienceId: str | None
    productSku: str | None
    itemId: str | None
    orderId: int | None
    status: Status
    customer: PersonWire | None
    buyer: bool | None
    purchaseDate: Day | None
    channel: str | None
    orderNumber: str | None
    registeredAt: Time
    updatedAt: Time
    warranty: CoverWire
    warrantyEnd: Day | None
    url: str
    history: list[EntryWire]


class RegistrationPage(msgspec.Struct):
    """Registrations in the order they were made. A cursor is null where its flag is false."""

    previous: str | None
    hasPrevious: bool
    next: str | None
    hasNext: bool
    results: list[RegistrationWire]


class Message(msgspec.Struct):
    """What was done, as a sentence."""

    message: str


class TransferCode(msgspec.Struct):
    """Shown this once: whoever has it can become the owner, once, within 72 hours."""

    code: str
    expiresAt: Time


class Erased(msgspec.Struct):
    """How many registrations ended with the customer's data."""

    erased: int


def registration_wire(shop: Shop, view: View) -> RegistrationWire:
    row, person, cover = view.row, view.person, view.cover
    duration = effective(row)
    ends = _shown(cover.ends_on)
    return RegistrationWire(
        id=row.public_id,
        serialNumber=row.serial_number,
        productVariantId=row.variant_id,
        experienceId=row.experience_id,
        productSku=row.sku,
        itemId=row.item_id,
        orderId=row.order_id,
        status=row.status,
        customer=None
        if person is None
        else PersonWire(person.email, person.first_name, person.last_name, person.phone, person.customer_id),
        buyer=row.buyer,
        purchaseDate=_shown(row.purchase_date),
        channel=row.channel,
        orderNumber=row.order_number,
        registeredAt=iso(row.registered_at),
        updatedAt=iso(row.updated_at),
        warranty=CoverWire(
            cover.state,
            _shown(cover.starts_on),
            ends,
            None if duration is None else WarrantyWire(duration["unit"], duration["value"]),
        ),
        warrantyEnd=ends,
        url=serials.address(shop, row.token),
        history=[entry_wire(*entry) for entry in view.history],
    )


def registration_page(
    shop: Shop, page: Page, previous: str | None, following: str | None
) -> RegistrationPage:
    results = [registration_wire(shop, view) for _, view in page.rows]
    return RegistrationPage(previous, page.has_previous, following, page.has_next, results)


def serial_wire(shop: Shop, row: Any) -> SerialWire:
    status: Any = (
        "replaced" if row.state == "replaced" else "registered" if row.registration_id else "available"
    )
    url = serials.address(shop, row.token)
    return SerialWire(
        serialNumber=row.serial_number,
        status=status,
        source=row.source,
        productVariantId=row.variant_id,
        experienceId=row.experience_id,
        productSku=row.sku,
        itemId=row.item_id,
        registrationId=row.registration_id,
        url=url,
        qrUrl=f"{url}/qr.svg",
        createdAt=iso(row.created_at),
    )


def pattern_wire(pattern: patterns.Pattern) -> PatternWire:
    return PatternWire(
        pattern.prefix,
        pattern.length,
        pattern.alphabet,
        pattern.check_symbol,
        str(pattern.capacity),
        pattern.make(5),
    )


def _shown(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
