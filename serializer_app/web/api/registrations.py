"""Registrations: claim, look up, decide, correct, reset, swap, transfer, erase (seeds/000 parts 2 and 3)."""

from __future__ import annotations

from functools import partial
from typing import cast

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import privacy
from serializer_app.domain.privacy.privacy import DataSubject
from serializer_app.domain.registry import customers, lookups, registrations, swaps, transfers
from serializer_app.domain.registry.lookups import Filters
from serializer_app.domain.registry.registrations import Corrections
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError, Detail
from serializer_app.store.models import Registration, Shop
from serializer_app.text import JsonDict
from serializer_app.web.answers import answer
from serializer_app.web.api import once
from serializer_app.web.api.operations import operation
from serializer_app.web.cursors import cursors_of
from serializer_app.web.house import house
from serializer_app.web.wire.registry import (
    Erased,
    Message,
    RegistrationPage,
    RegistrationWire,
    TransferCode,
    registration_page,
    registration_wire,
)
from serializer_app.web.wire.registry_inputs import (
    CustomerNamed,
    RegistrationChanges,
    RegistrationInput,
    RegistrationQuery,
    RegistrationSearch,
    SerialNamed,
    SerialUpdate,
    TransferAcceptance,
    TransferInput,
)
from serializer_app.web.wire.values import stored_warranty

TAG = "Registrations"

_FILTERS = {
    "serial_number": "serialNumber",
    "email": "email",
    "customer_id": "customerId",
    "order_id": "orderId",
    "order_number": "orderNumber",
    "status": "status",
}
"""The look-up's filters → what cursors call them."""


@operation(
    "POST",
    "/registrations",
    tag=TAG,
    summary="Register a unit",
    description="A serial or an item ID is claimed once. Your system is trusted: the claim is approved at once.",
    body=RegistrationInput,
    answers={201: RegistrationWire},
    errors=("serial_not_found", "serial_registered", "serial_replaced", "unit_not_in_stock", *once.ERRORS),
    headers=once.HEADERS,
)
def post_registration(body: RegistrationInput) -> Response:
    def register(session: Session) -> once.OnceOutcome:
        shop = shops.by_id(session, g.shop_id)
        registration = registrations.register(session, house().vault, shop, body.claim(), actor=g.actor)
        return once.OnceOutcome(201, _wire(session, shop, registration), registration.public_id)

    return once.once(register, body.model_dump(warnings=False))


@operation(
    "GET",
    "/registrations",
    tag=TAG,
    summary="Look up registrations",
    description="Those that were reset are gone; their serials' history tells of them.",
    query=RegistrationQuery,
    answers={200: RegistrationPage},
    errors=("cursor_invalid",),
)
def list_registrations(query: RegistrationQuery) -> Response:
    return _page(query)


@operation(
    "POST",
    "/registrations/search",
    tag=TAG,
    summary="Look up registrations without an address in the URL",
    body=RegistrationSearch,
    answers={200: RegistrationPage},
    errors=("cursor_invalid",),
    reads=True,
)
def search_registrations(body: RegistrationSearch) -> Response:
    return _page(body)


def _page(asked: RegistrationQuery | RegistrationSearch) -> Response:
    filters = {name: value for name in _FILTERS if (value := getattr(asked, name)) is not None}
    bound = {**{_FILTERS[name]: value for name, value in filters.items()}, "list": "registrations"}
    vault = house().vault
    cursors = cursors_of(vault, g.shop_id, bound)
    place = cursors.place(asked.cursor)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        page = lookups.search(
            session,
            vault,
            shop,
            cast(Filters, filters),
            place=place,
            most=asked.limit,
        )
    previous, following = cursors.around(page, place)
    return answer(registration_page(shop, page, previous, following, house().settings.app_url))


@operation(
    "DELETE",
    "/registrations",
    tag=TAG,
    summary="Reset a registered serial",
    description=(
        "The serial can be registered again. Its history stays, the customer's data does not. The serial number "
        "stands in the body or in the query."
    ),
    query=SerialNamed,
    body=SerialNamed,
    body_optional=True,
    answers={200: Message},
    errors=("serial_not_found", "serial_not_registered", "body_contradicts_itself"),
)
def delete_registration(query: SerialNamed, body: SerialNamed) -> Response:
    named = body.serial_number or query.serial_number
    if named is None:
        details: list[Detail] = [{"path": "serialNumber", "message": "is required"}]
        raise AppError("body_invalid", "serialNumber is required", status=422, details=details)
    if query.serial_number not in {None, named}:
        raise AppError("body_contradicts_itself", "Body and query name two serial numbers", status=422)
    with house().db.write() as session:
        registrations.reset(session, g.shop_id, named, actor=g.actor)
    house().db.scrub()
    return answer(Message(f"Serial number {named} has been reset successfully."))


@operation(
    "PUT",
    "/registrations",
    tag=TAG,
    summary="Move a registration to another serial number",
    description=(
        "For a unit that was replaced: owner, dates, warranty and history stay. The new number may be unknown so far, "
        "or an unregistered serial of the same variant; the old one is replaced from now on."
    ),
    body=SerialUpdate,
    answers={200: Message},
    errors=(
        "unknown_operation",
        "serial_not_found",
        "serial_not_registered",
        "serial_registered",
        "variant_differs",
        "serial_number_taken",
        "serial_number_used",
        "unit_not_in_stock",
        "serial_number_is_item_id",
        "serial_too_long",
        "serial_malformed",
    ),
)
def put_registration(body: SerialUpdate) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        swaps.update_serial(session, shop, body.serial_number, body.new_serial_number, actor=g.actor)
    return answer(Message(f"Serial number updated from {body.serial_number} to {body.new_serial_number}."))


@operation(
    "GET",
    "/registrations/{registrationId}",
    tag=TAG,
    summary="Read a registration",
    answers={200: RegistrationWire},
    errors=("registration_not_found",),
)
def get_registration(registration_id: str) -> Response:
    with house().db.read() as session:
        registration = registrations.find(session, g.shop_id, registration_id, lock=False)
        return answer(_wire(session, shops.by_id(session, g.shop_id), registration))


@operation(
    "PATCH",
    "/registrations/{registrationId}",
    tag=TAG,
    summary="Correct a registration",
    description="An absent key leaves the stored value, null takes it away; the customer is corrected field by field.",
    body=RegistrationChanges,
    answers={200: RegistrationWire},
    errors=(
        "registration_not_found",
        "serial_registered",
        "variant_differs",
        "serial_number_taken",
        "serial_number_used",
        "unit_not_in_stock",
        "serial_number_is_item_id",
        "serial_malformed",
        "customer_unreachable",
    ),
)
def patch_registration(registration_id: str, body: RegistrationChanges) -> Response:
    given = body.model_fields_set
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        registration = registrations.find(session, g.shop_id, registration_id)
        registrations.correct(session, house().vault, registration, _corrections(body), actor=g.actor)
        if "status" in given:
            registrations.decide(session, registration, body.status, actor=g.actor)
        if "serial_number" in given:
            old = registrations.serial_of(session, registration).serial_number
            if old != body.serial_number:
                swaps.update_serial(session, shop, old, body.serial_number, actor=g.actor)
        return answer(_wire(session, shop, registration))


def _corrections(body: RegistrationChanges) -> Corrections:
    given = body.model_fields_set
    values: JsonDict = body.given(
        "purchase_date", "channel", "order_number", "warranty_until", "warranty_void"
    )
    if "warranty_duration" in given:
        values["warranty"] = stored_warranty(body.warranty_duration)
    if "customer" in given:
        values["person"] = body.customer.given("email", "first_name", "last_name", "phone", "customer_id")
    return Corrections(**values)


def _decide(registration_id: str, status: registrations.Status) -> Response:
    with house().db.write() as session:
        registration = registrations.find(session, g.shop_id, registration_id)
        registrations.decide(session, registration, status, actor=g.actor)
        return answer(_wire(session, shops.by_id(session, g.shop_id), registration))


_decision = partial(
    operation,
    tag=TAG,
    answers={200: RegistrationWire},
    errors=("registration_not_found", "serial_registered"),
)


@_decision("POST", "/registrations/{registrationId}/approve", summary="Approve a registration")
def approve_registration(registration_id: str) -> Response:
    return _decide(registration_id, "approved")


@_decision(
    "POST",
    "/registrations/{registrationId}/deny",
    summary="Deny a registration",
    description="The serial can be registered by somebody else from now on.",
)
def deny_registration(registration_id: str) -> Response:
    return _decide(registration_id, "denied")


@_decision(
    "POST",
    "/registrations/{registrationId}/archive",
    summary="Archive a registration",
    description="It stays the serial's one registration.",
)
def archive_registration(registration_id: str) -> Response:
    return _decide(registration_id, "archived")


@operation(
    "POST",
    "/registrations/{registrationId}/transfer-code",
    tag=TAG,
    summary="Get a one-time code for a new owner",
    description="For the present owner to pass on: it works once, for 72 hours, and replaces an earlier one.",
    answers={201: TransferCode},
    errors=("registration_not_found",),
)
def post_transfer_code(registration_id: str) -> Response:
    with house().db.write() as session:
        registration = registrations.find(session, g.shop_id, registration_id)
        code = transfers.offer(session, house().vault, registration, actor=g.actor)
        return answer(TransferCode(code, iso(now() + transfers.LIFE)), 201)


@operation(
    "POST",
    "/registrations/{registrationId}/accept-transfer",
    tag=TAG,
    summary="Transfer to a new owner by code",
    description="Warranty, dates and history stay with the unit, the former owner's data does not.",
    body=TransferAcceptance,
    answers={200: RegistrationWire},
    errors=("registration_not_found", "transfer_code_wrong"),
)
def accept_transfer(registration_id: str, body: TransferAcceptance) -> Response:
    person = body.customer.person()
    with house().db.write() as session:
        registration = registrations.find(session, g.shop_id, registration_id)
        accepted = transfers.accept(session, house().vault, registration, body.code, person, actor=g.actor)
        shown = _wire(session, shops.by_id(session, g.shop_id), registration) if accepted else None
    # Outside the write unit: a wrong try is counted, not rolled back.
    if shown is None:
        raise AppError("transfer_code_wrong", "This code is wrong, used up or too old", status=403)
    return answer(shown)


@operation(
    "POST",
    "/registrations/{registrationId}/transfer",
    tag=TAG,
    summary="Transfer to a new owner by decision of staff",
    body=TransferInput,
    answers={200: RegistrationWire},
    errors=("registration_not_found",),
)
def transfer_registration(registration_id: str, body: TransferInput) -> Response:
    with house().db.write() as session:
        registration = registrations.find(session, g.shop_id, registration_id)
        transfers.hand_over(session, house().vault, registration, body.customer.person(), actor=g.actor)
        return answer(_wire(session, shops.by_id(session, g.shop_id), registration))


@operation(
    "DELETE",
    "/registrations/{registrationId}/customer",
    tag=TAG,
    summary="Delete the customer of a registration for good",
    description="Everything kept about this person, wherever it stands: all registrations under the same address.",
    answers={200: Erased},
    errors=("registration_not_found",),
)
def delete_registration_customer(registration_id: str) -> Response:
    with house().db.write() as session:
        registration = registrations.find(session, g.shop_id, registration_id)
        erased = _erased(session, customers.owner(session, house().vault, registration))
    house().db.scrub()
    return answer(Erased(erased))


@operation(
    "DELETE",
    "/customers",
    tag=TAG,
    summary="Delete a customer for good",
    description="Their registrations end, the serials can be registered again; history keeps no personal data.",
    body=CustomerNamed,
    answers={200: Erased},
)
def delete_customer(body: CustomerNamed) -> Response:
    if body.email is None and body.customer_id is None:
        raise AppError("body_invalid", "An email or a customerId is required", status=422)
    with house().db.write() as session:
        person = DataSubject(
            customer_ids=(body.customer_id,) if body.customer_id else (),
            emails=(body.email,) if body.email else (),
        )
        erased = _erased(session, person)
    house().db.scrub()
    return answer(Erased(erased))


def _erased(session: Session, person: DataSubject) -> int:
    """How many registrations ended with the erasure of this customer."""
    shop = shops.by_id(session, g.shop_id)
    counts = privacy.erase(session, house().vault, shop, person, HOLDINGS, actor=g.actor)
    return counts[customers.HOLDING.name]


def _wire(session: Session, shop: Shop, registration: Registration) -> RegistrationWire:
    view = lookups.view(session, house().vault, shop, registration)
    return registration_wire(shop, view, house().settings.app_url)
