"""Serials and registrations as /api/v1 shows them (contract §6, seeds/000)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from serializer_app.clock import iso
from serializer_app.domain.attachments.checks import ContentType
from serializer_app.domain.history import Entry
from serializer_app.domain.ids import warranty
from serializer_app.domain.items.unit_states import StateName
from serializer_app.domain.paging import Page
from serializer_app.domain.registry import patterns, serials
from serializer_app.domain.registry.entry_documents import CreatedDocument, RefusalDocument
from serializer_app.domain.registry.lookups import View
from serializer_app.domain.registry.lookups import duration as effective
from serializer_app.domain.registry.serial_lookups import SerialRow
from serializer_app.store.models import Shop
from serializer_app.web.wire.history import EntryWire, entry_wire
from serializer_app.web.wire.items import Time, WarrantyWire
from serializer_app.web.wire.registry_inputs import Status

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
"""A day as YYYY-MM-DD, in the shop's time zone."""


class SerialVerdicts(msgspec.Struct):
    """What became of each entry. `errors` holds errorMessage and the entry as it was sent."""

    created: list[CreatedDocument]
    errors: list[RefusalDocument]


class SerialWire(msgspec.Struct):
    """A code of one unit. `status`: available, registered or replaced. `state` says where the unit is; `itemId` and
    `orderId` name its active sale.
    """

    serialNumber: str
    status: Literal["available", "registered", "replaced"]
    source: Literal["made", "imported", "api", "item"]
    productVariantId: int
    experienceId: str | None
    productSku: str | None
    state: StateName
    locationId: int | None
    note: str | None
    itemId: str | None
    orderId: int | None
    registrationId: str | None
    url: str
    qrUrl: str
    createdAt: Time


class UnitWire(SerialWire):
    """A serial with its whole life, across swaps and sales; oldest first."""

    history: list[EntryWire]


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


class ProofWire(msgspec.Struct):
    """The file that a customer sent as proof of purchase; `size` in bytes. `url` takes an API key."""

    fileName: str
    contentType: ContentType
    size: int
    url: str


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
    proofOfPurchase: ProofWire | None
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


def registration_wire(shop: Shop, view: View, app_url: str) -> RegistrationWire:
    row, person, cover = view.row, view.person, view.cover
    stored = effective(row)
    duration = None if stored is None else warranty.parse(stored)
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
            None if duration is None else WarrantyWire(duration.unit, duration.value),
        ),
        warrantyEnd=ends,
        proofOfPurchase=_proof_wire(view, app_url),
        url=serials.address(shop, row.token),
        history=[entry_wire(*entry) for entry in view.history],
    )


def _proof_wire(view: View, app_url: str) -> ProofWire | None:
    file = view.proof
    if file is None:
        return None
    return ProofWire(
        file.name, file.content_type, file.size, f"{app_url}/api/v1/registrations/{view.row.public_id}/proof"
    )


def registration_page(
    shop: Shop, page: Page[View], previous: str | None, following: str | None, app_url: str
) -> RegistrationPage:
    results = [registration_wire(shop, view, app_url) for view in page.rows]
    return RegistrationPage(previous, page.has_previous, following, page.has_next, results)


def serial_wire(shop: Shop, row: SerialRow) -> SerialWire:
    url = serials.address(shop, row.token)
    return SerialWire(
        serialNumber=row.serial_number,
        status="replaced"
        if row.state == "replaced"
        else "registered"
        if row.registration_id
        else "available",
        source=row.source,
        productVariantId=row.variant_id,
        experienceId=row.experience_id,
        productSku=row.sku,
        state=row.state,
        locationId=row.location_id,
        note=row.note,
        itemId=row.item_id,
        orderId=row.order_id,
        registrationId=row.registration_id,
        url=url,
        qrUrl=f"{url}/qr.svg",
        createdAt=iso(row.created_at),
    )


def unit_wire(shop: Shop, row: SerialRow, story: Iterable[Entry]) -> UnitWire:
    serial = serial_wire(shop, row)
    return UnitWire(**msgspec.structs.asdict(serial), history=[entry_wire(*entry) for entry in story])


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
