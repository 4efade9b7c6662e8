"""Serials and registrations as other systems send them (contract §6, seeds/000)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter, WithJsonSchema

from serializer_app.clock import now
from serializer_app.domain.ids import contacts
from serializer_app.domain.items.unit_states import BY_HAND, UnitState
from serializer_app.domain.registry import patterns, serials
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.registry.swaps import OPERATION, UNKNOWN_OPERATION
from serializer_app.domain.stock.changes import NOTE_LENGTH, UnitChanges
from serializer_app.errors import AppError
from serializer_app.text import Json, JsonObject, clean
from serializer_app.web.wire.inputs import Changes, PageQuery
from serializer_app.web.wire.values import (
    Id,
    IdText,
    Input,
    Name,
    SearchText,
    SerialNumber,
    Warranty,
)

StateText = Literal["in_stock", "reserved", "sold", "returned", "in_repair", "scrapped", "lost", "replaced"]


def _cleaned(text: str | None) -> str | None:
    return None if text is None else clean(text)


EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError as error:
        raise ValueError("must be a day that exists") from error
    if day is None:
        raise ValueError("must be a date as YYYY-MM-DD, such as 2026-01-31")
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must be from {EARLIEST} to {LATEST}")
    return day


def _past_day(text: str) -> date:
    day = _day(text)
    # Somewhere on Earth it may be this day already.
    if day > (now() + timedelta(hours=14)).date():
        raise ValueError("must not be in the future")
    return day


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
DayText = Annotated[str, Field(json_schema_extra={"format": "date"}), AfterValidator(_day)]
PastDayText = Annotated[str, Field(json_schema_extra={"format": "date"}), AfterValidator(_past_day)]


def _email(text: str) -> str:
    email = contacts.parse_email(text)
    if email is None:
        raise ValueError("must be one plain e-mail address")
    return email


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=contacts.LONGEST_EMAIL),
    Field(json_schema_extra={"format": "email"}),
    AfterValidator(_email),
]
"""Only a mail can tell whether an address works: this keeps out what cannot be one, or names several recipients."""
Status = Literal["pending", "approved", "denied", "archived"]


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
OWNER = TypeAdapter(Owner)


class RegistrationInput(Input):
    """A customer's claim of one unit."""

    serial_number: Annotated[SerialNumber, Field(description="A serial of the registry, or an item ID.")]
    customer: Owner
    purchase_date: PastDayText | None = None
    channel: Annotated[Name | None, Field(description="Where it was bought, e.g. retail.")] = None
    order_number: Name | None = None

    def claim(self) -> Claim:
        return Claim(
            serial_number=self.serial_number,
            person=self.customer.person(),
            purchase_date=self.purchase_date,  # type: ignore[arg-type]  # its validator makes it a date
            channel=self.channel,
            order_number=self.order_number,
        )


class RegistrationChanges(Changes):
    """An absent key leaves the stored value; null takes it away."""

    serial_number: Annotated[SerialNumber, Field(description="As PUT /registrations update-serial.")] = ""
    customer: PersonInput = PersonInput()
    purchase_date: PastDayText | None = None
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


def _known_operation(value: object) -> object:
    if value != OPERATION:
        raise AppError("unknown_operation", UNKNOWN_OPERATION)
    return value


class SerialUpdate(Input):
    """Move a registration to another serial number."""

    operation: Annotated[
        object, BeforeValidator(_known_operation), WithJsonSchema({"type": "string", "const": OPERATION})
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
    state: Annotated[StateText | None, Field(description="Where the unit is in its life.")] = None
    location_id: Annotated[IdText | None, Field(description="Shopify's ID of the location.")] = None


class UnitChangesInput(Changes):
    """An absent key leaves the stored value; null takes it away."""

    state: Annotated[
        Literal["in_stock", "sold", "returned", "in_repair", "scrapped", "lost"],
        Field(
            description="`reserved` follows from assigning a unit to an order, `replaced` from update-serial."
        ),
    ] = "in_stock"
    location_id: Annotated[Id | None, Field(description="Shopify's ID of the location.")] = None
    note: Annotated[str | None, StringConstraints(max_length=NOTE_LENGTH), AfterValidator(_cleaned)] = None

    def changes(self) -> UnitChanges:
        given = self.given("location_id", "note")
        if "state" in self.model_fields_set:
            given["state"] = UnitState(self.state)
        return UnitChanges(**given)


class PatternInput(Input):
    """How codes are made; what is absent is as by default."""

    prefix: Annotated[str, Field(max_length=patterns.PREFIX_LENGTH)] = ""
    length: Annotated[int, Field(ge=patterns.SHORTEST, le=patterns.MOST_SYMBOLS)] = patterns.DEFAULT.length
    alphabet: Annotated[str, Field(min_length=2, max_length=64)] = patterns.DEFAULT.alphabet
    check_symbol: bool = True

    def pattern(self) -> patterns.Pattern:
        return patterns.checked(patterns.Pattern(self.prefix, self.length, self.alphabet, self.check_symbol))


_ENTRY: JsonObject = {
    "type": "object",
    "properties": {
        "serialNumber": {"type": "string", "minLength": 1, "maxLength": serials.LENGTH},
        "quantity": {"type": "integer", "minimum": 1, "maximum": serials.MOST_PER_REQUEST},
        "experienceId": {"type": "string"},
        "productSku": {"type": "string"},
        "state": {"type": "string", "enum": sorted(state.value for state in BY_HAND)},
        "locationId": {"type": "integer", "minimum": 1, "format": "int64"},
    },
}
_ENTRIES: JsonObject = {"type": "array", "items": _ENTRY, "maxItems": serials.MOST_PER_REQUEST}
SerialEntries = Annotated[
    object,
    WithJsonSchema(
        {
            "description": "Serials, each with a serialNumber (or a quantity, to have codes made) and an experienceId "
            "or a productSku. Every entry gets its own verdict. `state` (in_stock where it is absent) and `locationId` "
            "stand in an entry, or beside `serials` for all entries that have none.",
            "anyOf": [
                _ENTRIES,
                {
                    "type": "object",
                    "required": ["serials"],
                    "properties": {
                        "serials": _ENTRIES,
                        "state": _ENTRY["properties"]["state"],
                        "locationId": _ENTRY["properties"]["locationId"],
                    },
                },
                {**_ENTRY, "anyOf": [{"required": ["serialNumber"]}, {"required": ["quantity"]}]},
            ],
        }
    ),
]
"""Not a model: an entry that is wrong gets a verdict of its own instead of failing the request."""

SERIAL_ENTRIES = TypeAdapter(SerialEntries)


_FOR_ALL = ("state", "locationId")
"""May stand beside ``serials`` and holds for every entry that says nothing else."""


def entries_of(body: Json) -> Sequence[Json]:
    """The entries of a body in any of its three shapes. Raises AppError ``body_invalid`` 422."""
    if isinstance(body, dict):
        if isinstance(body.get("serials"), list) and set(body) <= {"serials", *_FOR_ALL}:
            common = {name: body[name] for name in _FOR_ALL if name in body}
            body = [{**common, **one} if isinstance(one, dict) else one for one in body["serials"]]
        elif "serialNumber" in body or "quantity" in body:
            body = [body]
    if not isinstance(body, list):
        message = 'Send a JSON array of serials, {"serials": […]}, or one serial as an object'
        raise AppError(
            "body_invalid", message, status=422, details=[{"path": "", "message": "must be a list"}]
        )
    return body
