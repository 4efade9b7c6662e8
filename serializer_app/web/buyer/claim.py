"""Claims: in one tap for who bought the unit, by a mailed code for guests; and taking over from an owner.

Every POST is answered with a redirect (``see_other``), so that reload and Back change nothing. Only a form with wrong
fields is shown again at once, with what was entered.
"""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.domain.buyers import claims, confirmations, notices, scans
from serializer_app.domain.buyers.claims import ClaimStanding
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.registry import registrations, transfers
from serializer_app.domain.registry.people import Person
from serializer_app.errors import AppError
from serializer_app.store.models import Registration, Shop
from serializer_app.web.buyer import claiming
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.owner import owner_path
from serializer_app.web.buyer.pages import link, see_other, shown, words
from serializer_app.web.buyer.unit import Reached, problem_shown, reach, standing_of, unit_page
from serializer_app.web.house import house
from serializer_app.web.limits import Limiter, too_many

_AGAIN = Limiter(rate=1 / 600, burst=3)
"""How often one code is mailed once more."""
_MINE = Limiter(rate=1 / 600, burst=5)
"""How often a visitor may ask for the owner's link of one unit."""

_SAID = {
    "form_expired": "form_old",
    "claim_refused": "refused",
    "serial_registered": "taken",
    "too_many_mails": "too_many_mails",
    "too_many_files": "too_many_files",
    "mail_not_set_up": "take_over_sign_in",
    "transfer_ended": "transfer_ended",
    "registration_not_found": "transfer_ended",
    "code_wrong": "code_wrong",
}


@buyer.post("/u/<token>/claim")
def claim(token: str) -> BaseResponse:
    """One tap for a signed-in customer; for a guest the mail with the code. A proof of purchase comes with the form."""
    request.max_content_length = claiming.MOST_BODY
    try:
        _ = request.form
    except RequestEntityTooLarge:
        return see_other(link(f"/u/{token}"), problem="file.too_large")
    try:
        with house().db.read() as session:
            shop = shop_of(session)
            asked = claiming.proof_asked(session, shop, reach(session, shop, token).unit)
        proof = claiming.sent_proof(asked)
        with house().db.write() as session:
            shop = shop_of(session)
            reached = reach(session, shop, token)
            if (held := reached.unit.claim) is not None:
                if standing_of(session, reached.unit) in ("yours", "pending"):
                    return see_other(owner_path(session, held))
                raise AppError("serial_registered", "It is registered already", status=409)
            claiming.check_seal(reached.unit.subject)
            person, answers = claiming.said(shop, claims.rules(session, shop.id), proof)
            if person.customer_id is None:
                public_id = confirmations.ask(
                    session,
                    house().vault,
                    shop,
                    reached.unit,
                    person,
                    answers,
                    own_link=reached.own_link,
                    locale=words().language,
                    proof=proof.file,
                )
                return see_other(link(f"/confirm/{public_id}"))
            standing = ClaimStanding(reached.own_link, confirmed=True)
            made = claims.claim(
                session,
                house().vault,
                shop,
                reached.unit,
                person,
                answers,
                standing,
                actor=g.actor,
                proof=proof.file,
            )
            session.flush()
            return see_other(owner_path(session, made), done=1)
    except AppError as error:
        return _again(token, error)


@buyer.get("/confirm/<public_id>")
def confirmation(public_id: str) -> BaseResponse:
    """Where the link in the mail leads. Opening it confirms nothing, since programs that check mail open links; a link
    that was used leads to the owner's page.
    """
    check_patience()
    code = request.args.get("code", "")[:40]
    with house().db.read() as session:
        shop = shop_of(session)
        stage, email = confirmations.stage(session, house().vault, shop.id, public_id)
        held = confirmations.confirmed(session, house().vault, shop.id, public_id, code) if code else None
        if held is not None:
            return see_other(owner_path(session, held))
        with_proof = stage == "open" and confirmations.has_proof(session, shop.id, public_id)
    if stage == "gone":
        count_failure()
    problem, status = problem_shown()
    values = {"public_id": public_id, "stage": stage, "email": email, "code": code, "problem": problem}
    return shown("confirm.html", status, **values, sent_again="again" in request.args, with_proof=with_proof)


@buyer.post("/confirm/<public_id>")
def confirm(public_id: str) -> BaseResponse:
    """The code from the mail completes the claim; sent once more, it leads to the same page."""
    check_patience()
    with house().db.write() as session:
        shop = shop_of(session)
        try:
            with session.begin_nested():
                code = request.form.get("code", "")[:40]
                held = confirmations.confirm(session, house().vault, shop, public_id, code)
        except AppError as error:
            return see_other(link(f"/confirm/{public_id}"), problem=_SAID.get(error.code, "trouble_long"))
        if held is not None:
            return see_other(owner_path(session, held), done=1)
    count_failure()
    return see_other(link(f"/confirm/{public_id}"), problem="code_wrong")


@buyer.post("/confirm/<public_id>/again")
def send_again(public_id: str) -> BaseResponse:
    """Mail the same code once more."""
    _ = request.form  # a body that is too large or cut off is refused before anything happens
    check_patience()
    if wait := _AGAIN.take((g.shop_id, public_id[:40])):
        raise too_many(wait)
    with house().db.write() as session:
        shop = shop_of(session)
        if not confirmations.send_again(session, shop.id, public_id):
            count_failure()
    return see_other(link(f"/confirm/{public_id}"), again=1)


@buyer.post("/u/<token>/mine")
def mine(token: str) -> BaseResponse:
    """Mail the owner's link to the owner. Everybody gets the same answer, which says nothing of whose the unit is."""
    try:
        with house().db.write() as session:
            shop = shop_of(session)
            reached = reach(session, shop, token)
            claiming.check_seal(reached.unit.subject)
            person, held = _guest(), reached.unit.claim
            visitor = claiming.visitor()
            if wait := _MINE.take((shop.id, reached.unit.subject, visitor)):
                raise too_many(wait)
            if held is not None:
                notices.mail_owner_link(
                    session,
                    house().vault,
                    shop,
                    reached.unit,
                    held,
                    person.email or "",
                    locale=words().language,
                )
            return see_other(reached.path, sent=1)
    except AppError as error:
        return _again(token, error)


@buyer.post("/u/<token>/accept")
def accept(token: str) -> BaseResponse:
    """A new owner with the former one's code; a guest's address is confirmed by mail first. Wrong codes count against
    the visitor and are told to staff; the owner's code survives them (domain.registry.transfers).
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


def _accepted(session: Session, shop: Shop, unit: Unit) -> BaseResponse | None:
    """What follows on the right code: the owner's page, or for a guest the page that asks for the mailed code."""
    vault, customer, code = house().vault, g.visitor.customer_id, request.form.get("code", "")[:40]
    person = Person(customer_id=customer) if customer is not None else _guest()
    if unit.claim is None:
        return None
    held: Registration = registrations.find(session, shop.id, unit.claim.public_id)
    if customer is not None:
        if standing_of(session, unit) == "yours":
            return see_other(owner_path(session, held))
        accepted = transfers.accept(session, vault, held, code, person, actor=g.actor)
        return see_other(owner_path(session, held), done=1) if accepted else None
    offer = transfers.recognised(session, vault, held, code)
    if offer is None:
        return None
    public_id = confirmations.ask_transfer(
        session, vault, shop, unit, person, held, offer, locale=words().language
    )
    return see_other(link(f"/confirm/{public_id}"))


def _guest() -> Person:
    email, reason = claiming.email_of_guest()
    if reason:
        raise claiming.fields_invalid({"email": reason})
    return Person(email=email)


def _again(token: str, error: AppError) -> BaseResponse:
    """The unit's page once more, with what went wrong in plain words."""
    if error.status == 429 and error.code not in _SAID:
        raise error
    if error.code == "fields_invalid":
        reasons = " ".join(
            words().label(detail["message"], field=_label(detail["path"])) for detail in error.details
        )
        return _with_entries(token, reasons, error.status)
    if error.code not in _SAID:
        raise error
    return see_other(link(f"/u/{token}"), problem=_SAID[error.code])


def _with_entries(token: str, problem: str, status: int) -> Response:
    """The form with what was entered, which belongs in no address. Sending it again changes nothing."""
    with house().db.read() as session:
        shop = shop_of(session)
        reached: Reached = reach(session, shop, token)
        alert = scans.alerted(session, shop.id, reached.unit.subject)
        return unit_page(session, shop, reached, standing_of(session, reached.unit), alert, problem, status)


def _label(name: str) -> str:
    return words().label(name, shop=g.shop_name) if name == "consent" else words().label(name)
