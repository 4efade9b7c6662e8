"""Serial numbers of the registry: the list, entering and generating them, and the life of one unit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import item_search, serial_list, staff, variant_list
from serializer_app.domain.desk.serial_list import SerialFilters
from serializer_app.domain.ids import reader
from serializer_app.domain.imports import serials as imports
from serializer_app.domain.imports.kinds import Context
from serializer_app.domain.items import ties, unit_states
from serializer_app.domain.items.unit_states import BY_HAND, UnitState
from serializer_app.domain.registry import lookups, patterns, registrations, serial_lookups, serials, swaps
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import returns, shopify_stock
from serializer_app.domain.stock.changes import NOTE_LENGTH, UnitChanges, change_unit
from serializer_app.errors import AppError
from serializer_app.store.models import Serial, Variant
from serializer_app.text import Json, clean_lines
from serializer_app.web.desk.files import written
from serializer_app.web.desk.forms import INVALID, checked, is_number, picked, typed, typed_day
from serializer_app.web.desk.frame import (
    address,
    asked,
    asked_number,
    asked_place,
    desk,
    neighbours,
    said,
    show,
    texts,
)
from serializer_app.web.desk.nonces import answered_before, keep, new_nonce
from serializer_app.web.desk.receiving import read_location
from serializer_app.web.desk.scan import recognized
from serializer_app.web.house import house
from serializer_app.web.wire.registry_inputs import RegistrationInput, UnitChangesInput
from serializer_app.web.wire.stock import ReturnInput

MOST_LINES = 500
"""As many lines as are entered in one transaction; more belong in a file."""
_SAMPLES = 4
_PRODUCTS = 20
_PERSON = ("email", "firstName", "lastName", "phone")
_YES_NO: dict[bool | None, str] = {True: "yes", False: "no", None: ""}
_STATES = [state for state in UnitState if state in BY_HAND]

_DISPOSITIONS = (
    UnitState.RETURNED,
    UnitState.IN_STOCK,
    UnitState.IN_REPAIR,
    UnitState.SCRAPPED,
    UnitState.LOST,
)


@desk.get("/serials")
def serial_rows() -> Response:
    text, filters = asked("q", reader.LONGEST), _asked_filters()
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        if text:
            code = recognized(session, text)
            page = serial_list.search(session, shop.id, code, filters, place=asked_place())
        else:
            page = serial_list.page(session, shop.id, filters, place=asked_place())
        newer, older = neighbours("desk.serial_rows", page)
        variants = [*(row.variant_id for row in page.rows), *filters.variant_ids]
        return show(
            "serials",
            shop,
            rows=page.rows[::-1],
            titles=item_search.variant_titles(session, shop.id, variants),
            text=text,
            variant=filters.variant_ids[0] if filters.variant_ids else None,
            state=filters.state or "",
            states=("", *UnitState),
            registered=_YES_NO[filters.registered],
            settable=_STATES,
            exported=_names(filters),
            previous=newer,
            following=older,
        )


def _asked_filters() -> SerialFilters:
    variant, state, registered = asked_number("variant"), asked("state"), asked("registered")
    keys = [int(key) for key in asked("pick", 2000).split(",") if is_number(key) and len(key) < 19]
    return SerialFilters(
        variant_ids=() if variant is None else (variant,),
        state=UnitState(state) if state in set(UnitState) else None,
        registered={"yes": True, "no": False}.get(registered),
        keys=keys,
    )


def _names(filters: SerialFilters) -> dict[str, str]:
    """Filters as they stand in an address."""
    found = {
        "variant": str(filters.variant_ids[0]) if filters.variant_ids else "",
        "state": filters.state or "",
        "registered": _YES_NO[filters.registered],
    }
    return {name: value for name, value in found.items() if value}


@desk.get("/serials/export.<form>")
def export_serials(form: str) -> Response:
    """The serials that match the filters of the list, or those that were picked in it."""
    export = partial(imports.export, filters=_asked_filters().conditions)
    return written(replace(imports.KIND, export=export), form)


@desk.post("/serials/bulk")
def change_serials() -> Response:
    """One change of the picked units; a unit that refuses it stops no other one."""
    action, keys = request.form.get("action", ""), sorted(picked())
    if action.startswith("export."):
        href = address(
            "desk.export_serials", form=action.removeprefix("export."), pick=",".join(map(str, keys))
        )
        return said("", download={"href": href, "name": f"serials.{action.removeprefix('export.')}"})
    state = _state(typed("to") if action == "state" else "")
    words = texts()
    changed, refused = 0, []
    with house().db.write() as session:
        for unit in unit_states.locked(session, g.shop_id, keys):
            try:
                with session.begin_nested():
                    changed += change_unit(session, g.shop_id, unit, UnitChanges(state=state), actor=g.actor)
            except AppError as error:
                refused.append(f"{unit.serial_number}: {words.failure(error)}")
    message = words.ngettext("{count} unit changed", "{count} units changed", changed)
    return said(". ".join([message, *refused[:3], *(["…"] if len(refused) > 3 else [])]))


def _state(name: str) -> UnitState:
    """A state that a person may set. Raises AppError ``nothing_picked`` 422."""
    if name not in _STATES:
        raise AppError("nothing_picked", "Please choose something first", status=422)
    return UnitState(name)


@desk.get("/serials/new")
def new_serials() -> Response:
    """First the product, then its serial numbers: typed, scanned, pasted, or generated."""
    return _entry(asked_number("variant"))


def _entry(
    variant_id: int | None, verdicts: list[imports.LineVerdict] | None = None, left: str = ""
) -> Response:
    text = asked("q", 100)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        variant = None if variant_id is None else _variant(session, variant_id)
        pattern = patterns.of_shop(session, shop.id)
        return show(
            "serial_entry",
            shop,
            variant=variant,
            text=text,
            found=[] if variant else variant_list.page(session, shop.id, text=text, most=_PRODUCTS)[0],
            samples=pattern.make(_SAMPLES),
            verdicts=verdicts,
            left=left,
            most=MOST_LINES,
            most_codes=serials.MOST_PER_REQUEST,
            nonce=new_nonce(),
        )


def _variant(session: Session, variant_id: int) -> Variant:
    variant = catalog.find(session, g.shop_id, variant_id)
    if variant is None:
        raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
    return variant


@desk.post("/serials/new/<int:variant_id>")
def enter_lines(variant_id: int) -> Response:
    """Enter a serial number for each line, and show what became of it; refused lines stay in the field."""
    lines = clean_lines(request.form.get("lines", "")).split("\n")
    over = len(lines) - MOST_LINES
    with house().db.write() as session:
        _variant(session, variant_id)
        context = Context(session, house().vault, shops.by_id(session, g.shop_id), g.actor)
        verdicts = imports.enter_lines(context, variant_id, lines[:MOST_LINES])
    left = [verdict.text for verdict in verdicts if verdict.error is not None]
    return _entry(variant_id, verdicts, "\n".join([*left, *(lines[MOST_LINES:] if over > 0 else [])]))


@desk.post("/serials/new/<int:variant_id>/generate")
def generate_serials(variant_id: int) -> Response:
    """Make codes of the shop's pattern. A form that is sent twice makes them once."""
    number = typed("quantity")
    quantity = int(number) if is_number(number) else 0
    words = texts()
    with house().db.write() as session:
        if (before := answered_before(session)) is not None:
            return before
        variant = _variant(session, variant_id)
        shop = shops.by_id(session, g.shop_id)
        entry = serials.Entry(variant.experience_id, quantity=quantity)
        verdicts = serials.enter(session, shop, [entry], source="made", actor=g.actor)
        if verdicts.refused:
            raise _no_codes(verdicts.refused[0].problem)
        made = words.ngettext(
            "{count} serial number generated", "{count} serial numbers generated", len(verdicts.created)
        )
        return keep(session, said(made, address("desk.serial_rows", variant=variant_id)))


def _no_codes(problem: serials.EntryProblem) -> AppError:
    words = texts()
    if problem is serials.EntryProblem.NO_CODES_LEFT:
        message = words.gettext("The pattern has too few different numbers left. Make it longer.")
    else:
        message = words.gettext(
            "Enter a number from 1 to {most}.", most=words.number(serials.MOST_PER_REQUEST)
        )
    return AppError("form_invalid", INVALID, status=422, details=[{"path": "quantity", "message": message}])


@desk.get("/serials/<int:serial_id>")
def serial(serial_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = _known(session, serial_id)
        (row,) = serial_lookups.serial_rows(session, shop.id, [found.id])
        claim = registrations.claim_of(session, shop.id, found, lock=False)
        sale = [] if found.item_key is None else item_search.described(session, shop.id, [found.item_key])
        following = None if found.replaced_by is None else _known(session, found.replaced_by)
        return show(
            "serial",
            shop,
            serial=found,
            row=row,
            claim=None if claim is None else lookups.view(session, house().vault, shop, claim),
            sale=sale[0] if sale else None,
            following=following,
            variant=catalog.find(session, shop.id, found.variant_id),
            url=serials.address(shop, found.token),
            settable=[
                state
                for state in _STATES
                if state == found.state or unit_states.is_allowed(UnitState(found.state), state)
            ],
            dispositions=_DISPOSITIONS,
            note_length=NOTE_LENGTH,
            places=shopify_stock.locations(session, shop.id),
            story=serial_lookups.story(session, shop.id, found),
            people=staff.names(session, shop.id),
        )


def _known(session: Session, serial_id: int) -> Serial:
    """Raises AppError ``serial_not_found`` 404."""
    found = session.get(Serial, (g.shop_id, serial_id))
    if found is None:
        raise AppError("serial_not_found", "Serial number not found.", status=404)
    return found


@desk.post("/serials/<int:serial_id>")
def change_serial(serial_id: int) -> Response:
    """The note of a unit, and its state and location if the form's are other ones than it showed."""
    given: dict[str, Json] = {"note": typed("note") or None}
    if typed("state") not in ("", typed("stateShown")):
        given["state"] = typed("state")
    if typed("location") != typed("locationShown"):
        given["locationId"] = read_location(typed("location"))
    body: UnitChangesInput = checked(UnitChangesInput, given)
    with house().db.write() as session:
        change_unit(session, g.shop_id, _known(session, serial_id), body.changes(), actor=g.actor)
    return said(texts().gettext("Saved"))


@desk.post("/serials/<int:serial_id>/register")
def register_serial(serial_id: int) -> Response:
    """Register a unit for a customer, by the rules of POST /registrations."""
    with house().db.write() as session:
        found = _known(session, serial_id)
        body: RegistrationInput = checked(
            RegistrationInput,
            {
                "serialNumber": found.serial_number,
                "customer": {name: value for name in _PERSON if (value := typed(f"customer.{name}"))},
                "purchaseDate": typed_day("purchaseDate"),
                "channel": typed("channel") or None,
                "orderNumber": typed("orderNumber") or None,
            },
        )
        shop = shops.by_id(session, g.shop_id)
        registrations.register(session, house().vault, shop, body.claim(), actor=g.actor)
    return said(texts().gettext("Registered"))


@desk.post("/serials/<int:serial_id>/swap")
def swap_serial(serial_id: int) -> Response:
    """The registration goes on under another serial number, whose page is shown next."""
    with house().db.write() as session:
        found, shop = _known(session, serial_id), shops.by_id(session, g.shop_id)
        try:
            claim = swaps.update_serial(
                session, shop, found.serial_number, typed("newSerialNumber"), actor=g.actor
            )
        except AppError as error:
            error.details = [{"path": "newSerialNumber", "message": texts().failure(error)}]
            raise
        go = address("desk.serial", serial_id=claim.serial_id)
    return said(texts().gettext("Serial number swapped"), go)


@desk.post("/serials/<int:serial_id>/reset")
def reset_serial(serial_id: int) -> Response:
    """The registration ends: the serial can be registered again, the customer's data goes, the history stays."""
    with house().db.write() as session:
        registrations.reset(session, g.shop_id, _known(session, serial_id).serial_number, actor=g.actor)
    house().db.scrub()
    return said(texts().gettext("Registration reset"))


@desk.post("/serials/<int:serial_id>/return")
def return_serial(serial_id: int) -> Response:
    """The unit came back from the customer of its order; what becomes of it is its new state."""
    with house().db.write() as session:
        found, shop = _known(session, serial_id), shops.by_id(session, g.shop_id)
        sale = ties.active_item(session, g.shop_id, found)
        if sale is None:
            raise AppError("unit_not_assigned", "This unit is on no order", status=409)
        unit = {"itemId": sale.item_id, "disposition": typed("disposition"), "note": typed("note") or None}
        body: ReturnInput = checked(ReturnInput, {"items": [unit]})
        returns.take_back(session, house().vault, shop, sale.order_id, body.entries(), actor=g.actor)
    return said(texts().gettext("Returned"))
