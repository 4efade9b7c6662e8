"""Claims by visitors of the shop: who may make one, what they are asked, and the mail that a guest confirms.

Neither a serial number nor an item ID completes a claim: order IDs can be guessed, and a list of items by order names
both (contract §4). It takes the customer who bought the unit, the unit's own link, or, where the merchant allows it
and then decides about each, a confirmed address alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.attachments.checks import CheckedFile
from serializer_app.domain.buyers import links, scans, units
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.registry import proofs, registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim, Status
from serializer_app.errors import AppError, Detail
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import ClaimRules, HistoryEntry, Registration, Shop
from serializer_app.text import Json, JsonDict

Asked = Literal["optional", "required"]
Approval = Literal["never", "strangers", "always"]
Typed = Literal["refused", "approval"]

FIELDS = (
    "firstName",
    "lastName",
    "phone",
    "purchaseDate",
    "channel",
    "orderNumber",
    "proofOfPurchase",
    "consent",
)
CONSENT_LENGTH = 500


@dataclass(frozen=True)
class Rules:
    """``fields`` maps what is asked for to optional or required. ``approval``: whose claims wait for staff.

    ``typed``: what becomes of a confirmed address without the unit's own link: refused, or left to staff.
    """

    fields: Mapping[str, Asked] = field(default_factory=dict)
    approval: Approval = "never"
    typed: Typed = "refused"
    consent_text: str | None = None


@dataclass(frozen=True)
class Answers:
    """What somebody said beside who they are."""

    purchase_date: date | None = None
    channel: str | None = None
    order_number: str | None = None
    consent: bool = False


@dataclass(frozen=True)
class ClaimStanding:
    """What speaks for a claimant: the unit's own link, and an address or account that is known to be theirs."""

    own_link: bool
    confirmed: bool


def rules(session: Session, shop_id: int) -> Rules:
    """The rules of a shop."""
    row = session.get(ClaimRules, shop_id)
    if row is None:
        return Rules()
    approval: Approval = row.approval
    typed: Typed = row.typed
    fields = msgspec.json.decode(row.fields, type=dict[str, Asked])
    return Rules(fields, approval, typed, row.consent_text)


def configure(session: Session, shop: Shop, wanted: Rules, *, actor: str) -> None:
    """Set the rules of a shop. Raises AppError ``claim_rules_invalid`` 422."""
    wrong = [
        *(
            name
            for name, asked in wanted.fields.items()
            if name not in FIELDS or asked not in ("optional", "required")
        ),
        *(["approval"] if wanted.approval not in ("never", "strangers", "always") else []),
        *(["typed"] if wanted.typed not in ("refused", "approval") else []),
        *(["consentText"] if len(wanted.consent_text or "") > CONSENT_LENGTH else []),
    ]
    if wrong:
        details: list[Detail] = [{"path": name, "message": "is not a rule for claims"} for name in wrong]
        raise AppError("claim_rules_invalid", "The rules for claims are invalid", status=422, details=details)
    values = {
        "fields": msgspec.json.encode(dict(wanted.fields)).decode(),
        "approval": wanted.approval,
        "typed": wanted.typed,
        "consent_text": wanted.consent_text,
    }
    statement = upsert.insert(session, ClaimRules).values(shop_id=shop.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))
    session.expire_all()
    changes = {
        "claimRules": {
            "to": {"approval": wanted.approval, "typed": wanted.typed, "fields": dict(wanted.fields)}
        }
    }
    history.record(session, shop.id, "shop", [(shop.id, changes)], actor=actor, action="configured")


def may(unit: Unit, rules: Rules, customer_id: int | None, standing: ClaimStanding) -> bool:
    """Whether a claim is possible at all with what speaks for it."""
    if unit.state != "genuine":
        return False
    if bought_by(unit, customer_id):
        return True
    return standing.confirmed and (standing.own_link or rules.typed == "approval")


def asks_for_proof(unit: Unit, rules: Rules, customer_id: int | None) -> Asked | None:
    """Whether a claimant is asked for a proof of purchase. Not the customer of the unit's order, which is a proof."""
    return None if bought_by(unit, customer_id) else rules.fields.get("proofOfPurchase")


def bought_by(unit: Unit, customer_id: int | None) -> bool:
    """Whether this signed-in customer is the one of the unit's order."""
    return unit.item is not None and customer_id is not None and unit.item.customer_id == customer_id


def claim(
    session: Session,
    vault: Vault,
    shop: Shop,
    unit: Unit,
    person: Person,
    answers: Answers,
    standing: ClaimStanding,
    *,
    actor: str,
    proof: CheckedFile | None = None,
) -> Registration:
    """Register a unit for a visitor. The database lets one of two at once in.

    ``proof`` is the proof of purchase, if it came just now. ``person.customer_id`` must be the signed-in customer,
    never what somebody sent. Raises AppError ``claim_refused`` 403, ``serial_registered`` 409.
    """
    decided = rules(session, shop.id)
    if not may(unit, decided, person.customer_id, standing):
        raise AppError(
            "claim_refused", "This takes the unit's own link or the account it was bought with", status=403
        )
    buyer = bought_by(unit, person.customer_id)
    waits = (
        decided.approval == "always"
        or (decided.approval == "strangers" and not buyer)
        or not (buyer or standing.own_link)
        # Somebody may hold a copy of the label: staff decide who has the original.
        or (not buyer and scans.alerted(session, shop.id, unit.subject))
    )
    status: Status = "pending" if waits else "approved"
    if unit.serial is not None:
        number = unit.serial.serial_number
    else:
        assert unit.item is not None, "a unit is known by a serial or an item"
        number = unit.item.item_id
    made = Claim(number, person, answers.purchase_date, answers.channel, answers.order_number)
    registration = registrations.register(session, vault, shop, made, actor=actor, status=status)
    if answers.consent:
        changes = {"consent": {"from": None, "to": decided.consent_text or True}}
        registrations.note(session, registration, changes, actor=actor, action="consent-given")
    if proof is not None:
        proofs.attach(session, vault, registration, proof, actor=actor)
    return registration


Owned = Literal["current", "transferred", "ended"]


def of_owner(session: Session, shop_id: int, key: int, holder: int) -> tuple[Registration, Owned] | None:
    """The registration with this key, and whether it is still whose ``holder`` stands for.

    ``transferred``: somebody else's by now; ``ended``: reset or erased. None for a holder that it never had.
    """
    found = session.scalars(
        select(Registration).where(Registration.shop_id == shop_id, Registration.id == key)
    ).one_or_none()
    if found is None:
        return None
    handed_over = _handed_over(session, found)
    if holder not in (_holder(found, number) for number in range(handed_over + 1)):
        return None
    if holder != _holder(found, handed_over):
        return found, "transferred"
    return found, "current" if found.ended_at is None else "ended"


def holder_of(session: Session, registration: Registration) -> int:
    """32 bits that are others once the unit was handed over.

    Not customers.id: SQLite gives the number of a deleted row to the next one.
    """
    return _holder(registration, _handed_over(session, registration))


def owner_token(session: Session, vault: Vault, registration: Registration) -> str:
    """The token of the page of whoever owns the unit now; the key of a guest, who has no account."""
    mark = holder_of(session, registration)
    return links.seal(vault, registration.shop_id, "owner", "owner", registration.id, links.OWNER_LIFE, mark)


def _handed_over(session: Session, registration: Registration) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                HistoryEntry.shop_id == registration.shop_id,
                HistoryEntry.subject == "registration",
                HistoryEntry.subject_id == registration.id,
                HistoryEntry.action == "transferred",
            )
        )
        or 0
    )


def _holder(registration: Registration, handed_over: int) -> int:
    return zlib.crc32(f"{registration.public_id}:{handed_over}".encode())


def unit_of(session: Session, shop: Shop, registration: Registration) -> Unit:
    """The unit that a registration is about."""
    serial = registrations.serial_of(session, registration)
    if registration.item_key is not None:
        found = units.by_key(session, shop, "item", registration.item_key)
        if found is not None:
            return found
    return units.of_serial(session, shop, serial, sold=False)


def said(answers: Answers) -> dict[str, Json]:
    """Answers as they are kept until they are confirmed."""
    return {
        "purchaseDate": answers.purchase_date.isoformat() if answers.purchase_date else None,
        "channel": answers.channel,
        "orderNumber": answers.order_number,
        "consent": answers.consent,
    }


def heard(kept: JsonDict) -> Answers:
    day = kept.get("purchaseDate")
    return Answers(
        date.fromisoformat(day) if day else None,
        kept.get("channel"),
        kept.get("orderNumber"),
        bool(kept.get("consent")),
    )
