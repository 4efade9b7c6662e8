"""What a guest does, a claim or taking over, waits until whoever reads the mail of the given address confirms it with
the code sent there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain import contacts, mail, privacy
from serializer_app.domain.codes import ALPHABET, make_item_ids, read_item_id, read_symbols
from serializer_app.domain.registry import claims, people, registrations, transfers, units
from serializer_app.domain.registry.claims import Answers, Standing
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.units import Unit
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Confirmation, Registration, Shop

LIFE = timedelta(hours=24)
MOST_TRIES = 5
MOST_BY_ADDRESS = 5
"""Mails to one address in an hour: nobody's mailbox is filled through us."""
MOST_BY_UNIT = 10
"""Mails about one unit in a day."""

_SYMBOLS = 8
_PURPOSE = "confirmation-email"


@dataclass(frozen=True, repr=False)
class Letter:
    """What is to be mailed: to whom, about what, with which code. Has no repr: it holds personal data."""

    public_id: str
    email: str
    code: str
    product: str
    locale: str
    about: Literal["claim", "transfer"] = "claim"


def ask(
    session: Session,
    vault: Vault,
    shop: Shop,
    unit: Unit,
    person: Person,
    answers: Answers,
    *,
    own_link: bool,
    locale: str,
) -> str:
    """Have a code mailed to ``person.email``; returns the public id under which it is confirmed.

    Raises AppError ``claim_refused`` 403, ``mail_not_set_up`` 409, ``too_many_mails`` 429.
    """
    standing = Standing(own_link=own_link, confirmed=True)
    if not claims.may(unit, claims.rules(session, shop.id), None, standing):
        raise AppError("claim_refused", "This takes the unit's own link", status=403)
    kept = {"answers": claims.said(answers), "ownLink": own_link, "locale": locale}
    return _mailed(session, vault, shop, unit, person, kept)


def ask_transfer(
    session: Session,
    vault: Vault,
    shop: Shop,
    unit: Unit,
    person: Person,
    registration: Registration,
    offer: str,
    *,
    locale: str,
) -> str:
    """The same for who takes a unit over: ``offer`` is the index of the right code (``transfers.recognised``).

    Raises AppError ``mail_not_set_up`` 409, ``too_many_mails`` 429.
    """
    kept = {"transfer": registration.public_id, "offer": offer, "locale": locale}
    return _mailed(session, vault, shop, unit, person, kept)


def _mailed(
    session: Session, vault: Vault, shop: Shop, unit: Unit, person: Person, asked: Mapping[str, Any]
) -> str:
    if not mail.is_set_up(session, shop.id):
        raise AppError("mail_not_set_up", "This shop sends no mail", status=409)
    index = vault.blind_index(_PURPOSE, contacts.email_key(person.email or ""))
    _limit(session, vault, shop.id, unit, person)
    kept = {
        **asked,
        "person": {name: value for name, value in asdict(person).items() if name != "customer_id"},
        "code": "".join(secrets.choice(ALPHABET) for _ in range(_SYMBOLS)),
    }
    moment = now()
    row = Confirmation(
        shop_id=shop.id,
        public_id=make_item_ids(1)[0],
        subject=unit.subject[0],
        subject_id=unit.subject[1],
        data=vault.encrypt(msgspec.json.encode(kept).decode()),
        email_index=index,
        created_at=moment,
        expires_at=moment + LIFE,
    )
    session.add(row)
    session.flush()
    outbox.put(session, shop.id, mail.KIND, [row.public_id])
    return row.public_id


def confirm(
    session: Session, vault: Vault, shop: Shop, public_id: str, typed: str
) -> tuple[Registration, Unit] | None:
    """Complete it if the code is right. None when it is not, and the try is counted: commit it.

    After five wrong tries the code is void. Raises AppError as ``claims.claim`` does, and ``transfer_ended`` 409.
    """
    row = _open(session, shop.id, public_id, lock=True)
    if row is None:
        return None
    kept = msgspec.json.decode(vault.decrypt(row.data))
    code = read_symbols(typed) or ""
    if not hmac.compare_digest(code.encode(), kept["code"].encode()):
        row.tries += 1
        session.flush()
        return None
    unit = units.by_key(session, shop, row.subject, row.subject_id)
    session.delete(row)
    session.flush()
    if unit is None:
        return None
    person = Person(**kept["person"])
    if "transfer" in kept:
        return _taken_over(session, vault, shop, kept, person), unit
    standing, answers = Standing(own_link=kept["ownLink"], confirmed=True), claims.heard(kept["answers"])
    made = claims.claim(session, vault, shop, unit, person, answers, standing, actor="visitor")
    return made, unit


def _taken_over(
    session: Session, vault: Vault, shop: Shop, kept: Mapping[str, Any], person: Person
) -> Registration:
    """The owner may have taken the offer back meanwhile, or somebody else was quicker."""
    held = registrations.find(session, shop.id, kept["transfer"])
    if not transfers.complete(session, vault, held, kept["offer"], person, actor="visitor"):
        raise AppError("transfer_ended", "The owner's code is no longer valid", status=409)
    return held


def letter(session: Session, vault: Vault, shop: Shop, public_id: str) -> Letter | None:
    """What the worker has to send, None when there is nothing to confirm any more."""
    row = _open(session, shop.id, public_id)
    unit = None if row is None else units.by_key(session, shop, row.subject, row.subject_id)
    if row is None or unit is None:
        return None
    kept = msgspec.json.decode(vault.decrypt(row.data))
    code = f"{kept['code'][:4]}-{kept['code'][4:]}"
    about: Literal["claim", "transfer"] = "transfer" if "transfer" in kept else "claim"
    return Letter(row.public_id, kept["person"]["email"], code, unit.product.title, kept["locale"], about)


def waits(session: Session, shop_id: int, public_id: str) -> bool:
    """Whether a code can still be entered for it."""
    return _open(session, shop_id, public_id) is not None


def sweep(session: Session) -> None:
    """Forget what nobody confirmed within a day."""
    session.execute(
        delete(Confirmation).where(Confirmation.expires_at <= now()),
        execution_options={"synchronize_session": False},
    )


def _open(session: Session, shop_id: int, public_id: str, *, lock: bool = False) -> Confirmation | None:
    query = select(Confirmation).where(
        Confirmation.shop_id == shop_id,
        Confirmation.public_id == (read_item_id(public_id) or ""),
        Confirmation.expires_at > now(),
        Confirmation.tries < MOST_TRIES,
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def _limit(session: Session, vault: Vault, shop_id: int, unit: Unit, person: Person) -> None:
    sweep(session)
    moment = now()
    indexes = _indexes(vault, person.email or "")
    by_address = session.scalar(
        select(func.count()).where(
            Confirmation.shop_id == shop_id,
            Confirmation.email_index.in_(indexes),
            Confirmation.created_at > moment - timedelta(hours=1),
        )
    )
    by_unit = session.scalar(
        select(func.count()).where(
            Confirmation.shop_id == shop_id,
            Confirmation.subject == unit.subject[0],
            Confirmation.subject_id == unit.subject[1],
        )
    )
    if (by_address or 0) >= MOST_BY_ADDRESS or (by_unit or 0) >= MOST_BY_UNIT:
        raise AppError("too_many_mails", "Too many mails were sent already", status=429, retry_after=3600)


def _indexes(vault: Vault, email: str) -> list[str]:
    return people.email_indexes(vault, _PURPOSE, email)


def _about(
    session: Session, vault: Vault, shop: Shop, person: privacy.Person
) -> list[tuple[Confirmation, Any]]:
    """(row, what it keeps) of everything that waits for this person.

    Found by the address; where a number is known, each row is read, because it has no index: they live for a day.
    """
    query = select(Confirmation).where(Confirmation.shop_id == shop.id)
    if not person.phones:
        indexes = [index for email in person.emails for index in _indexes(vault, email)]
        query = query.where(Confirmation.email_index.in_(indexes))
    found = []
    for row in session.scalars(query):
        kept = msgspec.json.decode(vault.decrypt(row.data))
        said = kept["person"]
        other = privacy.Person(emails=(said["email"],), phones=(said["phone"],) if said.get("phone") else ())
        if person.shares(other, shop.country):
            found.append((row, kept))
    return found


def _collect(
    session: Session, vault: Vault, shop: Shop, person: privacy.Person
) -> Sequence[Mapping[str, Any]]:
    return [
        {"askedAt": iso(row.created_at), "customer": kept["person"]}
        for row, kept in _about(session, vault, shop, person)
    ]


def _erase(session: Session, vault: Vault, shop: Shop, person: privacy.Person, _actor: str) -> int:
    found = [row.id for row, _ in _about(session, vault, shop, person)]
    session.execute(
        delete(Confirmation).where(Confirmation.shop_id == shop.id, Confirmation.id.in_(found)),
        execution_options={"synchronize_session": False},
    )
    return len(found)


def _rotate(session: Session, vault: Vault) -> int:
    rows = session.scalars(select(Confirmation).with_for_update()).all()
    for row in rows:
        email = msgspec.json.decode(vault.decrypt(row.data))["person"]["email"]
        row.data = vault.rotate(row.data)
        row.email_index = vault.blind_index(_PURPOSE, contacts.email_key(email))
    session.flush()
    return len(rows) + mail.rotate_all(session, vault)


HOLDING = privacy.Holding("confirmations", ("confirmations",), _collect, _erase, rotate=_rotate)
