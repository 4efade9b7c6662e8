"""Registrations: who owns what, and everything a shop may decide about it."""

from __future__ import annotations

from typing import cast

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, staff
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import privacy
from serializer_app.domain.privacy.privacy import DataSubject
from serializer_app.domain.registry import (
    customers,
    lookups,
    proofs,
    registrations,
    serial_lookups,
    transfers,
)
from serializer_app.domain.registry.registrations import Corrections
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Order, Registration
from serializer_app.text import Json
from serializer_app.web.answers import as_download
from serializer_app.web.desk.forms import checked, is_number, ticked, typed, typed_day, warranty_changes
from serializer_app.web.desk.frame import (
    asked,
    asked_place,
    desk,
    neighbours,
    said,
    show,
    texts,
)
from serializer_app.web.house import house
from serializer_app.web.wire.registry_inputs import OWNER, PersonInput, RegistrationChanges

STATUSES = ("pending", "approved", "denied", "archived")
_PAGE = 50
_PERSON = ("email", "firstName", "lastName", "phone")
_DECISIONS = {"approve": "approved", "deny": "denied", "archive": "archived", "reopen": "pending"}


@desk.get("/registrations")
def registration_rows() -> Response:
    return _rows(asked("q", 100))


@desk.post("/registrations/search")
def search_registrations() -> Response:
    """The list once more, for what a person typed: an e-mail address must not stand in a URL."""
    return _rows(typed("q")[:254])


def _rows(text: str) -> Response:
    status = asked("status")
    filters: lookups.Filters = {"status": status} if status in STATUSES else {}
    if "@" in text or "＠" in text:
        filters["email"] = text
    elif text.startswith("#"):
        filters["order_number"] = text
    elif text:
        filters["serial_number"] = text
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        page = lookups.search(
            session,
            house().vault,
            shop,
            filters,
            place=asked_place(),
            most=_PAGE,
        )
        newer, older = neighbours("desk.registration_rows", page)
        return show(
            "registrations",
            shop,
            views=page.rows[::-1],
            state=status,
            statuses=("", *STATUSES),
            text=text,
            previous=newer,
            following=older,
        )


@desk.get("/registrations/<public_id>")
def registration(public_id: str) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = registrations.find(session, shop.id, public_id, lock=False)
        view = lookups.view(session, house().vault, shop, found)
        serial = registrations.serial_of(session, found)
        return show(
            "registration",
            shop,
            view=view,
            row=view.row,
            person=view.person,
            duration=lookups.duration(view.row),
            story=serial_lookups.story(session, shop.id, serial),
            people=staff.names(session, shop.id),
            order_name=_order_name(session, shop.id, view.row.order_id),
            product=item_search.variant_titles(session, shop.id, [view.row.variant_id]).get(
                view.row.variant_id
            ),
        )


def _order_name(session: Session, shop_id: int, order_id: int | None) -> str | None:
    order = None if order_id is None else session.get(Order, (shop_id, order_id))
    return None if order is None else order.name


@desk.post("/registrations/<public_id>")
def correct_registration(public_id: str) -> Response:
    """Correct what was said. An emptied field is taken away; an outdated version is refused."""
    body: RegistrationChanges = checked(
        RegistrationChanges,
        {
            "customer": {
                **{name: typed(f"customer.{name}") or None for name in _PERSON},
                **_typed_customer_id(),
            },
            "purchaseDate": typed_day("purchaseDate"),
            "channel": typed("channel") or None,
            "orderNumber": typed("orderNumber") or None,
            "warrantyUntil": typed_day("warrantyUntil"),
        },
    )
    corrections = Corrections(
        person=body.customer.given("email", "first_name", "last_name", "phone", "customer_id"),
        **body.given("purchase_date", "channel", "order_number", "warranty_until"),
        warranty=warranty_changes().get("warranty", ...),
        warranty_void=ticked("warrantyVoid"),
    )
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        _same_version(found)
        registrations.correct(session, house().vault, found, corrections, actor=g.actor)
    return said(texts().gettext("Saved"))


def _typed_customer_id() -> dict[str, Json]:
    """Shopify's customer ID, if the form has the field."""
    number = typed("customer.customerId")
    if "customer.customerId" not in request.form:
        return {}
    return {"customerId": int(number) if is_number(number) else number or None}


@desk.post("/registrations/<public_id>/decide")
def decide_registration(public_id: str) -> Response:
    action = request.form.get("action", "")
    if action not in _DECISIONS:
        raise AppError("nothing_picked", "Please choose something first", status=422)
    status = _DECISIONS[action]
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        registrations.decide(session, found, cast(registrations.Status, status), actor=g.actor)
    return said(texts().label(f"registrations.now.{status}"))


@desk.get("/registrations/<public_id>/proof")
def download_proof(public_id: str) -> Response:
    """The file that the customer sent as proof of purchase."""
    with house().db.read() as session:
        found = registrations.find(session, g.shop_id, public_id, lock=False)
        file, content = proofs.read(session, house().vault, found)
    return as_download(file.name, file.content_type, content)


@desk.post("/registrations/<public_id>/proof/delete")
def delete_proof(public_id: str) -> Response:
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        proofs.delete(session, found, actor=g.actor)
    house().db.scrub()
    return said(texts().gettext("Proof of purchase deleted"))


@desk.post("/registrations/<public_id>/transfer")
def transfer_registration(public_id: str) -> Response:
    """Another owner by decision of staff: dates, warranty and history stay with the unit."""
    named = {name: value for name in _PERSON if (value := typed(f"customer.{name}"))}
    owner = _owner(named)
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        _same_version(found)
        transfers.hand_over(session, house().vault, found, owner.person(), actor=g.actor)
    return said(texts().gettext("The unit has a new owner"))


def _owner(named: dict[str, str]) -> PersonInput:
    try:
        return checked(OWNER, named)
    except AppError as error:
        for found in error.details:
            found["path"] = f"customer.{found['path'] or 'email'}"
        raise


@desk.post("/registrations/<public_id>/transfer-code")
def offer_transfer(public_id: str) -> Response:
    """A one-time code that the owner passes on; shown in this answer and never again."""
    words = texts()
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        code = transfers.offer(session, house().vault, found, actor=g.actor)
    hours = int(transfers.LIFE.total_seconds() // 3600)
    shown = {
        "title": words.gettext("Transfer code"),
        "secret": code,
        "note": words.ngettext(
            "Give it to the present owner. The new owner can use it once, within {count} hour.",
            "Give it to the present owner. The new owner can use it once, within {count} hours.",
            hours,
        ),
    }
    return said(words.gettext("Transfer code created"), show=shown)


@desk.post("/registrations/<public_id>/reset")
def reset_registration(public_id: str) -> Response:
    """The claim ends: the serial can be registered again, the customer's data goes, the history stays."""
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        registrations.end(session, [found], actor=g.actor, action="reset")
    house().db.scrub()
    return said(texts().gettext("Registration reset"), "/registrations")


@desk.post("/registrations/<public_id>/erase")
def erase_customer(public_id: str) -> Response:
    """Delete the customer of this registration for good, wherever the registry knows them."""
    with house().db.write() as session:
        found = registrations.find(session, g.shop_id, public_id)
        count = erase_everywhere(session, customers.owner(session, house().vault, found))
    house().db.scrub()
    return said(
        texts().ngettext("{count} registration ended", "{count} registrations ended", count), "/registrations"
    )


def erase_everywhere(session: Session, person: DataSubject) -> int:
    """Delete a customer for good from every store; returns how many registrations ended with that."""
    shop = shops.by_id(session, g.shop_id)
    counts = privacy.erase(session, house().vault, shop, person, HOLDINGS, actor=g.actor)
    return counts[customers.HOLDING.name]


def _same_version(found: Registration) -> None:
    if request.form.get("version", type=int) != found.version:
        raise AppError("version_conflict", "Somebody else changed this meanwhile; load it again", status=409)
