"""What a guest does, a claim or taking over, waits until whoever reads the mail of the given address confirms it with
the code sent there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain.attachments import attachments
from serializer_app.domain.attachments.checks import CheckedFile
from serializer_app.domain.buyers import claims, units
from serializer_app.domain.buyers.claims import Answers, ClaimStanding
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.ids import contacts
from serializer_app.domain.ids.item_ids import ALPHABET, make_item_ids, read_item_id, read_symbols
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import people, proofs, registrations, transfers
from serializer_app.domain.registry.people import Person
from serializer_app.domain.webhooks_out import mail
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Confirmation, Registration, Shop
from serializer_app.text import JsonDict

LIFE = timedelta(hours=24)
KEPT = timedelta(days=365)
"""So long a confirmed link leads its owner back, and its row tells where the owner's link went."""
MOST_TRIES = 5
MOST_BY_ADDRESS = 5
"""Mails to one address in an hour: nobody's mailbox is filled through us."""
MOST_BY_UNIT = 10
"""Mails about one unit in a day."""

_SYMBOLS = 8
PURPOSE = "confirmation-email"


@dataclass(frozen=True, repr=False)
class Letter:
    """What is to be mailed: to whom, about what, with which code. Has no repr: it holds personal data.

    ``owner_token``: of the page of whoever owns the unit; in a letter about that page only.
    """

    public_id: str
    email: str
    code: str
    product: str
    locale: str
    about: Literal["claim", "transfer", "owner", "ended", "suspended", "kept"] = "claim"
    owner_token: str | None = None


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
    proof: CheckedFile | None = None,
) -> str:
    """Have a code mailed to ``person.email``; returns the public id under which it is confirmed.

    The proof of purchase is kept until then, and deleted when nobody confirms the claim. Raises AppError
    ``claim_refused`` 403, ``mail_not_set_up`` 409, ``too_many_mails`` 429, ``too_many_files`` 429.
    """
    standing = ClaimStanding(own_link=own_link, confirmed=True)
    if not claims.may(unit, claims.rules(session, shop.id), None, standing):
        raise AppError("claim_refused", "This takes the unit's own link", status=403)
    kept = {"answers": claims.said(answers), "ownLink": own_link, "locale": locale}
    public_id = _mailed(session, vault, shop, unit, person, kept)
    if proof is not None:
        attachments.keep_with_claim(session, vault, shop.id, public_id, proof, LIFE)
    return public_id


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


def _mailed(session: Session, vault: Vault, shop: Shop, unit: Unit, person: Person, asked: JsonDict) -> str:
    if not mail.is_set_up(session, shop.id):
        raise AppError("mail_not_set_up", "This shop sends no mail", status=409)
    index = vault.blind_index(PURPOSE, contacts.email_key(person.email or ""))
    _limit(session, vault, shop.id, unit, person)
    kept = {
        **asked,
        "person": {name: value for name, value in asdict(person).items() if name != "customer_id"},
        "code": "".join(secrets.choice(ALPHABET) for _ in range(_SYMBOLS)),
    }
    return keep(session, vault, shop.id, unit.subject, kept, index, LIFE)


def keep(
    session: Session,
    vault: Vault,
    shop_id: int,
    subject: tuple[str, int],
    kept: JsonDict,
    index: str,
    life: timedelta,
    registration_id: int | None = None,
) -> str:
    """Keep a letter, encrypted, and have it sent; returns its public id."""
    moment = now()
    row = Confirmation(
        shop_id=shop_id,
        public_id=make_item_ids(1)[0],
        subject=subject[0],
        subject_id=subject[1],
        data=vault.encrypt(msgspec.json.encode(kept).decode()),
        email_index=index,
        registration_id=registration_id,
        created_at=moment,
        expires_at=moment + life,
    )
    session.add(row)
    session.flush()
    outbox.put(session, shop_id, JobKind.MAIL, [row.public_id])
    return row.public_id


def send_again(session: Session, shop_id: int, public_id: str) -> bool:
    """Mail the same code once more; False when nothing waits for it."""
    if _open(session, shop_id, public_id) is None:
        return False
    outbox.put(session, shop_id, JobKind.MAIL, [read_item_id(public_id) or ""])
    return True


def confirm(session: Session, vault: Vault, shop: Shop, public_id: str, typed: str) -> Registration | None:
    """Complete it if the code is right, and mail the owner's link. What was completed before stays as it is.

    None when the code is wrong, and the try is counted: commit it. After five wrong tries the code is void; the public
    id is as random as the code, so only who has the mail can use them up. Raises AppError as ``claims.claim`` does,
    and ``transfer_ended`` 409.
    """
    row = _open(session, shop.id, public_id, lock=True)
    if row is None:
        return confirmed(session, vault, shop.id, public_id, typed)
    kept = msgspec.json.decode(vault.decrypt(row.data))
    if not _is_code(kept, typed):
        row.tries += 1
        session.flush()
        return None
    unit = units.by_key(session, shop, row.subject, row.subject_id)
    if unit is None:
        return None
    person = Person(**kept["person"])
    if "transfer" in kept:
        held = _taken_over(session, vault, shop, kept, person)
    else:
        standing, answers = (
            ClaimStanding(own_link=kept["ownLink"], confirmed=True),
            claims.heard(kept["answers"]),
        )
        held = claims.claim(session, vault, shop, unit, person, answers, standing, actor="visitor")
        if attachments.claim_confirmed(session, shop.id, row.public_id, held.public_id):
            proofs.received(session, held, actor="visitor")
    row.registration_id, row.expires_at = held.id, now() + KEPT
    row.data = vault.encrypt(
        msgspec.json.encode(
            {"person": {"email": person.email}, "code": kept["code"], "locale": kept["locale"]}
        ).decode()
    )
    session.flush()
    outbox.put(session, shop.id, JobKind.MAIL, [row.public_id])
    return held


def confirmed(
    session: Session, vault: Vault, shop_id: int, public_id: str, typed: str
) -> Registration | None:
    """The registration that was confirmed with this link and code before; None where that is not so."""
    row = _row(session, shop_id, public_id)
    if row is None or row.registration_id is None:
        return None
    kept = msgspec.json.decode(vault.decrypt(row.data))
    if not kept["code"] or not _is_code(kept, typed):
        return None
    return registrations.by_key(session, shop_id, row.registration_id)


def _is_code(kept: JsonDict, typed: str) -> bool:
    code = read_symbols(typed) or ""
    return bool(code) and hmac.compare_digest(code.encode(), kept["code"].encode())


def _taken_over(session: Session, vault: Vault, shop: Shop, kept: JsonDict, person: Person) -> Registration:
    """The owner may have taken the offer back meanwhile, or somebody else was quicker."""
    held = registrations.find(session, shop.id, kept["transfer"])
    if not transfers.complete(session, vault, held, kept["offer"], person, actor="visitor"):
        raise AppError("transfer_ended", "The owner's code is no longer valid", status=409)
    return held


def letter(session: Session, vault: Vault, shop: Shop, public_id: str) -> Letter | None:
    """What the worker has to send, None when there is nothing to confirm any more."""
    row = _row(session, shop.id, public_id)
    unit = None if row is None else units.by_key(session, shop, row.subject, row.subject_id)
    if row is None or unit is None or (row.registration_id is None and row.tries >= MOST_TRIES):
        return None
    kept = msgspec.json.decode(vault.decrypt(row.data))
    email, locale, product = kept["person"]["email"], kept["locale"], unit.product.title
    if row.registration_id is not None:
        held = registrations.by_key(session, shop.id, row.registration_id)
        if held.ended_at is not None:
            return None
        token = claims.owner_token(session, vault, held)
        return Letter(row.public_id, email, "", product, locale, "owner", token)
    if "returned" in kept:
        return Letter(row.public_id, email, "", product, locale, kept["returned"])
    code = f"{kept['code'][:4]}-{kept['code'][4:]}"
    about: Literal["claim", "transfer"] = "transfer" if "transfer" in kept else "claim"
    return Letter(row.public_id, email, code, product, locale, about)


Stage = Literal["open", "done", "gone"]


def stage(session: Session, vault: Vault, shop_id: int, public_id: str) -> tuple[Stage, str]:
    """Whether a code can still be entered, was entered, or is void or too old; and the address, mostly hidden."""
    row = _row(session, shop_id, public_id)
    if row is None or (row.registration_id is None and row.tries >= MOST_TRIES):
        return "gone", ""
    email = msgspec.json.decode(vault.decrypt(row.data))["person"]["email"]
    return ("open" if row.registration_id is None else "done"), _masked(email)


def has_proof(session: Session, shop_id: int, public_id: str) -> bool:
    """Whether a proof of purchase came with the claim."""
    return attachments.exists(session, shop_id, read_item_id(public_id) or "")


def _masked(email: str) -> str:
    """An address as whoever owns it knows it again: a•••@example.com."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def sweep(session: Session) -> None:
    """Forget what nobody confirmed within a day."""
    session.execute(
        delete(Confirmation).where(Confirmation.expires_at <= now()),
        execution_options={"synchronize_session": False},
    )


def _row(session: Session, shop_id: int, public_id: str, *, lock: bool = False) -> Confirmation | None:
    query = select(Confirmation).where(
        Confirmation.shop_id == shop_id,
        Confirmation.public_id == (read_item_id(public_id) or ""),
        Confirmation.expires_at > now(),
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def _open(session: Session, shop_id: int, public_id: str, *, lock: bool = False) -> Confirmation | None:
    """One that waits for its code."""
    row = _row(session, shop_id, public_id, lock=lock)
    return None if row is None or row.registration_id is not None or row.tries >= MOST_TRIES else row


def _limit(session: Session, vault: Vault, shop_id: int, unit: Unit, person: Person) -> None:
    limit_address(session, vault, shop_id, person.email or "")
    by_unit = session.scalar(
        select(func.count()).where(
            Confirmation.shop_id == shop_id,
            Confirmation.subject == unit.subject[0],
            Confirmation.subject_id == unit.subject[1],
            Confirmation.registration_id.is_(None),
        )
    )
    if (by_unit or 0) >= MOST_BY_UNIT:
        raise _too_many()


def limit_address(session: Session, vault: Vault, shop_id: int, email: str) -> None:
    """Raises AppError ``too_many_mails`` 429."""
    sweep(session)
    sent = session.scalar(
        select(func.count()).where(
            Confirmation.shop_id == shop_id,
            Confirmation.email_index.in_(_indexes(vault, email)),
            Confirmation.created_at > now() - timedelta(hours=1),
        )
    )
    if (sent or 0) >= MOST_BY_ADDRESS:
        raise _too_many()


def _too_many() -> AppError:
    return AppError("too_many_mails", "Too many mails were sent already", status=429, retry_after=3600)


def _indexes(vault: Vault, email: str) -> list[str]:
    return people.email_indexes(vault, PURPOSE, email)


def _about(
    session: Session, vault: Vault, shop: Shop, person: privacy.DataSubject
) -> list[tuple[Confirmation, JsonDict]]:
    """(row, what it keeps) of everything that waits for this person.

    Found by the address. Where a number is known, each row that waits is read as well, because a number has no index:
    they live for a day. Confirmed ones hold no number.
    """
    indexes = [index for email in person.emails for index in _indexes(vault, email)]
    known: ColumnElement[bool] = Confirmation.email_index.in_(indexes)
    if person.phones:
        known = or_(known, Confirmation.registration_id.is_(None))
    query = select(Confirmation).where(Confirmation.shop_id == shop.id, known)
    found = []
    for row in session.scalars(query):
        kept = msgspec.json.decode(vault.decrypt(row.data))
        said = kept["person"]
        other = privacy.DataSubject(
            emails=(said["email"],), phones=(said["phone"],) if said.get("phone") else ()
        )
        if person.shares(other, shop.country):
            found.append((row, kept))
    return found


def _collect(session: Session, vault: Vault, shop: Shop, person: privacy.DataSubject) -> Sequence[JsonDict]:
    found = _about(session, vault, shop, person)
    files = proofs.described(session, vault, shop.id, [row.public_id for row, _ in found])
    return [
        {
            "askedAt": iso(row.created_at),
            "customer": kept["person"],
            "proofOfPurchase": files.get(row.public_id),
        }
        for row, kept in found
    ]


def _erase(session: Session, vault: Vault, shop: Shop, person: privacy.DataSubject, _actor: str) -> int:
    found = [row.public_id for row, _ in _about(session, vault, shop, person)]
    attachments.forget(session, shop.id, found)
    session.execute(
        delete(Confirmation).where(Confirmation.shop_id == shop.id, Confirmation.public_id.in_(found)),
        execution_options={"synchronize_session": False},
    )
    return len(found)


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every confirmation with the first key, its blind index too; returns how many."""
    rows = session.scalars(select(Confirmation).with_for_update()).all()
    for row in rows:
        email = msgspec.json.decode(vault.decrypt(row.data))["person"]["email"]
        row.data = vault.rotate(row.data)
        row.email_index = vault.blind_index(PURPOSE, contacts.email_key(email))
    session.flush()
    return len(rows)


HOLDING = privacy.Holding("confirmations", ("confirmations",), _collect, _erase)
