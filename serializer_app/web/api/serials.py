"""Serials: entered or made, at most 10,000 a request, each with its own verdict (seeds/000 part 1)."""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import entry_documents, patterns, recognition, serial_lookups
from serializer_app.domain.registry.entry_documents import VerdictDocuments
from serializer_app.domain.shops import shops
from serializer_app.domain.stock.changes import change_unit
from serializer_app.errors import Detail
from serializer_app.store.models import Serial, Shop
from serializer_app.text import Json
from serializer_app.web.answers import answer
from serializer_app.web.api import once
from serializer_app.web.api.operations import operation
from serializer_app.web.cursors import cursors_of
from serializer_app.web.house import house
from serializer_app.web.wire.history import entry_wire
from serializer_app.web.wire.registry import (
    PatternWire,
    SerialPage,
    SerialStory,
    SerialVerdicts,
    UnitWire,
    pattern_wire,
    serial_wire,
    unit_wire,
)
from serializer_app.web.wire.registry_inputs import (
    SERIAL_ENTRIES,
    PatternInput,
    SerialQuery,
    UnitChangesInput,
    entries_of,
)

TAG = "Serials"
MOST_DETAILS = 100


@operation(
    "POST",
    "/serials",
    tag=TAG,
    summary="Enter serials, or have codes made",
    description=(
        "At most 10,000 serials a request. Each entry stands on its own: `created` and `errors` say what became of it. "
        "201 if any was made, 422 if none. The SKU must be on exactly one variant; the experience ID always is."
    ),
    body=SERIAL_ENTRIES,
    answers={201: SerialVerdicts},
    errors=("no_serial_created", "too_many_serials", *once.ERRORS),
    headers=once.HEADERS,
)
def post_serials(body: Json) -> Response:
    entries = entries_of(body)

    def enter(session: Session) -> once.OnceOutcome:
        shop = shops.by_id(session, g.shop_id)
        verdicts = entry_documents.enter(session, shop, entries, source="api", actor=g.actor)
        if verdicts.created:
            return once.OnceOutcome(201, SerialVerdicts(verdicts.created, verdicts.errors))
        return once.OnceOutcome(422, _none_created(verdicts))

    return once.once(enter, body)


def _none_created(verdicts: VerdictDocuments) -> dict[str, Json]:
    """The source's verdicts with the error shape of contract §3 beside them."""
    messages = [error.error_message for error in verdicts.errors]
    details: list[Detail] = [
        {"path": str(number), "message": message} for number, message in enumerate(messages[:MOST_DETAILS])
    ]
    too_many = messages[:1] == [entry_documents.TOO_MANY]
    message = entry_documents.TOO_MANY if too_many else "None of the serials was created"
    return {
        "error": {
            "code": "too_many_serials" if too_many else "no_serial_created",
            "message": message,
            "details": details,
        },
        "requestId": g.request_id,
        "message": message,
        "created": [],
        "errors": verdicts.errors,
    }


@operation(
    "GET",
    "/serials",
    tag=TAG,
    summary="List serials",
    query=SerialQuery,
    answers={200: SerialPage},
    errors=("cursor_invalid",),
)
def list_serials(query: SerialQuery) -> Response:
    filters: dict[str, int | str] = {"list": "serials"}
    if query.product_variant_id is not None:
        filters["productVariantId"] = query.product_variant_id
    if query.serial_number is not None:
        filters["serialNumber"] = query.serial_number
    if query.state is not None:
        filters["state"] = query.state
    if query.location_id is not None:
        filters["locationId"] = query.location_id
    cursors = cursors_of(house().vault, g.shop_id, filters)
    place = cursors.place(query.cursor)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        page = serial_lookups.serial_page(
            session,
            shop,
            variant_id=query.product_variant_id,
            serial_number=query.serial_number,
            state=None if query.state is None else UnitState(query.state),
            location_id=query.location_id,
            place=place,
            most=query.limit,
        )
    previous, following = cursors.around(page, place)
    results = [serial_wire(shop, row) for row in page.rows]
    return answer(SerialPage(previous, page.has_previous, following, page.has_next, results))


@operation(
    "GET",
    "/serials/{serialNumber}",
    tag=TAG,
    summary="Read a serial with its life",
    description="A serial number with a slash in it is found by GET /serials?serialNumber=.",
    answers={200: UnitWire},
    errors=("serial_not_found",),
)
def get_serial(serial_number: str) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        return _unit(session, shop, _named(session, serial_number))


@operation(
    "PATCH",
    "/serials/{serialNumber}",
    tag=TAG,
    summary="Change the state, the location or the note of a unit",
    description=(
        "A unit on an order is `reserved` or `sold`. To have it back, return it (POST /orders/{orderId}/returns), or "
        "take it off the order."
    ),
    body=UnitChangesInput,
    answers={200: UnitWire},
    errors=(
        "serial_not_found",
        "unit_is_item_id",
        "unit_on_order",
        "unit_state_by_assignment",
        "unit_state_refused",
    ),
)
def patch_serial(serial_number: str, body: UnitChangesInput) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        serial = _named(session, serial_number)
        change_unit(session, g.shop_id, serial, body.changes(), actor=g.actor)
        session.flush()
        return _unit(session, shop, serial)


def _unit(session: Session, shop: Shop, serial: Serial) -> Response:
    (row,) = serial_lookups.serial_rows(session, shop.id, [serial.id])
    return answer(unit_wire(shop, row, serial_lookups.story(session, shop.id, serial)))


def _named(session: Session, code: str) -> Serial:
    """The serial of a number or any other code of its unit. Raises AppError ``serial_not_found`` (404)."""
    serial = recognition.serial_named(session, g.shop_id, code)
    if serial is None:
        raise recognition.refusal(session, g.shop_id, code)
    return serial


@operation(
    "GET",
    "/serials/{serialNumber}/history",
    tag=TAG,
    summary="Read what happened to a serial",
    description="From its making to today, across swaps: what older and newer numbers of the unit went through too.",
    answers={200: SerialStory},
    errors=("serial_not_found",),
)
def get_serial_history(serial_number: str) -> Response:
    with house().db.read() as session:
        serial = _named(session, serial_number)
        story = serial_lookups.story(session, g.shop_id, serial)
        return answer(SerialStory(serial.serial_number, [entry_wire(*entry) for entry in story]))


@operation("GET", "/serials/pattern", tag=TAG, summary="Read how codes are made", answers={200: PatternWire})
def get_serial_pattern() -> Response:
    with house().db.read() as session:
        return answer(pattern_wire(patterns.of_shop(session, g.shop_id)))


@operation(
    "PUT",
    "/serials/pattern",
    tag=TAG,
    summary="Choose how codes are made",
    description="Codes that exist stay as they are.",
    body=PatternInput,
    answers={200: PatternWire},
    errors=("pattern_invalid",),
)
def put_serial_pattern(body: PatternInput) -> Response:
    pattern = body.pattern()
    with house().db.write() as session:
        patterns.choose(session, g.shop_id, pattern, actor=g.actor)
    return answer(pattern_wire(pattern))


@operation(
    "POST",
    "/serials/pattern/preview",
    tag=TAG,
    summary="See codes of a pattern without making any",
    body=PatternInput,
    answers={200: PatternWire},
    errors=("pattern_invalid",),
    reads=True,
)
def preview_serial_pattern(body: PatternInput) -> Response:
    return answer(pattern_wire(body.pattern()))
