"""Claims: in one tap for who bought the unit, by a mailed code for guests; and taking over from an owner."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import contacts, scans
from serializer_app.domain.registry import claims, confirmations, registrations, transfers
from serializer_app.domain.registry.claims import Standing
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.units import Unit
from serializer_app.errors import AppError, Detail
from serializer_app.store.models import Registration, Shop
from serializer_app.web.buyer import claiming
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.owner import owner_page
from serializer_app.web.buyer.pages import shown, words
from serializer_app.web.buyer.unit import Reached, reach, stands, unit_page
from serializer_app.web.house import house

_SAID = {
    "form_expired": "form_old",
    "claim_refused": "refused",
    "serial_registered": "taken",
    "too_many_mails": "too_many_mails",
    "mail_not_set_up": "take_over_sign_in",
    "transfer_ended": "transfer_ended",
    "registration_not_found": "transfer_ended",
}


@buyer.post("/u/<token>/claim")
def claim(token: str) -> Response:
    """One tap for a signed-in customer; for a guest the mail with the code. Problems are said on the same page."""
    try:
        with house().db.write() as session:
            shop = shop_of(session)
            reached = reach(session, shop, token)
            claiming.check_seal(reached.unit.subject)
            if reached.unit.claim is not None:
                raise AppError("serial_registered", "It is registered already", status=409)
            person, answers = claiming.said(shop, claims.rules(session, shop.id))
            if person.customer_id is None:
                public_id = confirmations.ask(
                    session,
                    house().vault,
                    shop,
                    reached.unit,
                    person,
                    answers,
                    own_link=reached.own_link,
                    locale=words().locale,
                )
                return shown("confirm.html", public_id=public_id, email=person.email, code="")
            standing = Standing(reached.own_link, confirmed=True)
            made = claims.claim(
                session, house().vault, shop, reached.unit, person, answers, standing, actor=g.actor
            )
            return owner_page(session, shop, made, done=True)
    except AppError as error:
        return _again(token, error)


@buyer.get("/confirm/<public_id>")
def confirmation(public_id: str) -> Response:
    """Where the link in the mail leads: opening it confirms nothing, since programs that check mail open links."""
    with house().db.read() as session:
        shop_of(session)
    return shown("confirm.html", public_id=public_id, email=None, code=request.args.get("code", "")[:20])


@buyer.post("/confirm/<public_id>")
def confirm(public_id: str) -> Response:
    """The code from the mail completes the claim."""
    check_patience()
    with house().db.write() as session:
        shop = shop_of(session)
        try:
            with session.begin_nested():
                done = _confirmed(session, shop, public_id)
        except AppError as error:
            problem = words()(_SAID.get(error.code, "trouble_long"))
            return shown(
                "confirm.html", error.status, public_id=public_id, email=None, code="", problem=problem
            )
        if done is not None:
            return owner_page(session, shop, done[0], done=True)
    count_failure()
    values = {"public_id": public_id, "email": None, "code": "", "problem": words()("code_wrong")}
    return shown("confirm.html", 422, **values)


def _confirmed(session: Session, shop: Shop, public_id: str) -> tuple[Registration, Unit] | None:
    code = request.form.get("code", "")[:40]
    return confirmations.confirm(session, house().vault, shop, public_id, code)


@buyer.post("/u/<token>/accept")
def accept(token: str) -> Response:
    """A new owner with the former one's code; a guest's address is confirmed by mail first. Wrong codes are counted, by
    us and in the transfer itself.
    """
    try:
        with house().db.write() as session:
            shop = shop_of(session)
            reached = reach(session, shop, token)
            claiming.check_seal(reached.unit.subject)
            if (done := _accepted(session, shop, reached.unit)) is not None:
                return done
        # Outside the transaction: the wrong try stays counted.
        count_failure()
        raise AppError("code_wrong", "This code is wrong", status=422)
    except AppError as error:
        return _again(token, error)


def _accepted(session: Session, shop: Shop, unit: Unit) -> Response | None:
    """What follows on the right code: the owner's page, or for a guest the page that asks for the mailed code."""
    vault, customer, code = house().vault, g.visitor.customer_id, request.form.get("code", "")[:40]
    person = Person(customer_id=customer) if customer is not None else _guest()
    if unit.claim is None:
        return None
    held = registrations.find(session, shop.id, unit.claim.public_id)
    if customer is not None:
        accepted = transfers.accept(session, vault, held, code, person, actor=g.actor)
        return owner_page(session, shop, held, done=True) if accepted else None
    offer = transfers.recognised(session, vault, held, code)
    if offer is None:
        return None
    public_id = confirmations.ask_transfer(
        session, vault, shop, unit, person, held, offer, locale=words().locale
    )
    return shown("confirm.html", public_id=public_id, email=person.email, code="")


def _guest() -> Person:
    email = contacts.parse_email(request.form.get("email", ""))
    if email is None:
        details: list[Detail] = [{"path": "email", "message": "is missing or wrong"}]
        raise AppError("fields_invalid", "An address is needed", status=422, details=details)
    return Person(email=email)


def _again(token: str, error: AppError) -> Response:
    """The unit's page once more, with what went wrong in plain words."""
    if error.status == 429 and error.code != "too_many_mails":
        raise error
    t = words()
    if error.code == "fields_invalid":
        problem = t("field_wrong", fields=", ".join(_label(detail["path"]) for detail in error.details))
    elif error.code == "code_wrong":
        problem = t("code_wrong")
    elif error.code in _SAID:
        problem = t(_SAID[error.code])
    else:
        raise error
    with house().db.read() as session:
        shop = shop_of(session)
        reached: Reached = reach(session, shop, token)
        alert = scans.alerted(session, shop.id, reached.unit.subject)
        return unit_page(session, shop, reached, stands(session, reached.unit), alert, problem, error.status)


def _label(name: str) -> str:
    return words()(name, shop=g.shop_name) if name == "consent" else words()(name)
