"""Claim forms: which way a visitor may claim a unit, what the form asks, and what somebody sent with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from flask import g, request
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.attachments import checks
from serializer_app.domain.attachments.checks import CheckedFile
from serializer_app.domain.buyers import claims, links
from serializer_app.domain.buyers.claims import Answers, Asked, ClaimStanding, Rules
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.ids import contacts, warranty
from serializer_app.domain.registry.people import Person
from serializer_app.domain.webhooks_out import mail
from serializer_app.errors import AppError, Detail
from serializer_app.store.models import Shop
from serializer_app.text import clean, is_blank
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import house
from serializer_app.web.limits import Limiter, too_many

PROOF = "proofOfPurchase"
"""The field of the form that takes a file."""
MOST_BODY = checks.MOST_BYTES + 64 * 1024
"""Bytes of a form with a file: the file, and what the form says beside it."""
FORM_LIFE = 2 * 3600
LONGEST = 100

_FILES = Limiter(rate=1 / 60, burst=10)
"""How often a visitor may send a file: to decode a picture takes a second."""

Way = Literal["account", "mail", "none"]


@dataclass(frozen=True)
class SentProof:
    """What became of the file field: ``problem`` is the key of a label (web.texts.buyer)."""

    file: CheckedFile | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Claiming:
    """The form of one visitor; ``values`` are what stood in it when something was wrong."""

    way: Way
    seal: str
    fields: list[tuple[str, Asked]] = field(default_factory=list)
    consent_text: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    mails: bool = False
    """Whether a guest's address can be confirmed."""

    @property
    def enctype(self) -> str:
        """How the form is sent: with a file where it asks for one."""
        with_file = any(name == PROOF for name, _ in self.fields)
        return "multipart/form-data" if with_file else "application/x-www-form-urlencoded"


def claiming(session: Session, shop: Shop, unit: Unit, *, own_link: bool) -> Claiming:
    """What this visitor may do about this unit."""
    rules = claims.rules(session, shop.id)
    customer = g.visitor.customer_id
    mails = mail.is_set_up(session, shop.id)
    way: Way = "none"
    if customer is not None and claims.may(unit, rules, customer, ClaimStanding(own_link, confirmed=True)):
        way = "account"
    elif (
        customer is None and claims.may(unit, rules, None, ClaimStanding(own_link, confirmed=True)) and mails
    ):
        way = "mail"
    wanted = _fields(unit, rules)
    fields = [(name, wanted[name]) for name in claims.FIELDS if name in wanted]
    values = {name: text[:LONGEST] for name, text in request.form.items()}
    return Claiming(way, seal(unit.subject), fields, rules.consent_text, values, mails)


def _fields(unit: Unit, rules: Rules) -> dict[str, Asked]:
    """What the form asks this visitor for."""
    fields = dict(rules.fields)
    if claims.asks_for_proof(unit, rules, g.visitor.customer_id) is None:
        fields.pop(PROOF, None)
    return fields


def proof_asked(session: Session, shop: Shop, unit: Unit) -> Asked | None:
    """Whether this form asks for a proof of purchase. Raises AppError ``form_expired`` 403 if it does and is not this
    visitor's, so that nobody else's file is looked into.
    """
    if unit.claim is not None:
        return None
    asked = claims.asks_for_proof(unit, claims.rules(session, shop.id), g.visitor.customer_id)
    if asked is not None:
        check_seal(unit.subject)
    return asked


def sent_proof(asked: Asked | None) -> SentProof:
    """The file that came with the form, checked; one that nobody asked for is not read. Call it outside transactions.

    Raises AppError 429 for a visitor who sends too many.
    """
    if asked is None:
        return SentProof()
    # A browser sends a file without a name where none was chosen.
    sent = [file for file in request.files.getlist(PROOF) if file.filename]
    if not sent:
        return SentProof(problem="file.missing" if asked == "required" else None)
    if len(sent) > 1:
        return SentProof(problem="file.several")
    if wait := _FILES.take((g.shop_id, visitor())):
        raise too_many(wait)
    # After a deadlock the handler runs again (_App.dispatch_request), and the file was read by then.
    sent[0].seek(0)
    try:
        return SentProof(checks.check(sent[0].filename or "", sent[0].read(MOST_BODY)))
    except AppError as error:
        return SentProof(problem=f"file.{error.details[0]['message']}")


def seal(subject: tuple[str, int]) -> str:
    """What only a page of ours for this visitor can send back: the proxy strips cookies, so the form itself says it."""
    return links.seal(house().vault, g.shop_id, _purpose(), *subject, FORM_LIFE)


def check_seal(subject: tuple[str, int]) -> None:
    """Raises AppError ``form_expired`` 403 for a form that is not this visitor's, not this unit's, or too old."""
    found = links.unseal(house().vault, g.shop_id, _purpose(), request.form.get("form", ""))
    if found != subject:
        raise AppError("form_expired", "This form is not yours, or too old", status=403)


def said(shop: Shop, rules: Rules, proof: SentProof) -> tuple[Person, Answers]:
    """Who claims and what they say; raises AppError ``fields_invalid`` 422 with every wrong field and its reason, which
    is the key of a label (web.texts.buyer).
    """
    customer = g.visitor.customer_id
    wrong: dict[str, str] = {}
    texts: dict[str, str | None] = {}
    if proof.problem is not None:
        wrong[PROOF] = proof.problem
    for name, asked in rules.fields.items():
        if name == PROOF:
            continue
        text = clean(request.form.get(name, "")).strip()
        text = "" if is_blank(text) else text
        texts[name] = text or None
        if asked == "required" and not text:
            wrong[name] = "consent_missing" if name == "consent" else "is_missing"
        elif len(text) > LONGEST:
            wrong[name] = "is_too_long"
    typed = texts.get("purchaseDate")
    day = warranty.read_day(typed or "")
    if typed and "purchaseDate" not in wrong and (reason := _wrong_day(day, shop)):
        wrong["purchaseDate"] = reason
    email = None
    if customer is None:
        email, reason = email_of_guest()
        if reason:
            wrong["email"] = reason
    if wrong:
        raise fields_invalid(wrong)
    person = Person(email, texts.get("firstName"), texts.get("lastName"), texts.get("phone"), customer)
    consent = texts.get("consent") is not None
    return person, Answers(day, texts.get("channel"), texts.get("orderNumber"), consent)


def email_of_guest() -> tuple[str | None, str | None]:
    """(the address in the form, what is wrong with it)."""
    typed = request.form.get("email", "")
    email = contacts.parse_email(typed)
    if email is not None:
        return email, None
    return None, "is_missing" if is_blank(clean(typed)) else "is_no_email"


def fields_invalid(wrong: Mapping[str, str]) -> AppError:
    """AppError ``fields_invalid`` 422 for fields and their reasons."""
    details: list[Detail] = [{"path": name, "message": reason} for name, reason in wrong.items()]
    return AppError("fields_invalid", "Please check the form", status=422, details=details)


def visitor() -> int | str:
    """Whom to count a request against: the signed-in customer, else the address."""
    customer: int | None = g.visitor.customer_id
    return customer or visitor_address()


def _purpose() -> str:
    return f"form:{g.visitor.customer_id or ''}"


def _wrong_day(day: date | None, shop: Shop) -> str | None:
    """What is wrong with a day of purchase: it was, in the shop's time zone, and not before 1970."""
    if day is None:
        return "is_no_day"
    if day < date(1970, 1, 1):
        return "is_too_early"
    return "is_in_future" if day > now().astimezone(warranty.zone(shop.time_zone)).date() else None
