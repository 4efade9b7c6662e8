"""A registered unit goes to a new owner: by a one-time code that the old owner passes on, or by staff.

Why wrong codes do not void the right one: it has 50 random bits (1.1e15 codes) and lives for 72 hours. A visitor may be
wrong 30 times at once and then every two seconds (web.limits.Guesses), which is 130,000 codes in 72 hours: a chance of
1.2e-10. Ten thousand addresses that do nothing else reach 1.3e9 codes, a chance of 1.2e-6. So strangers cannot find the
code, and there is no reason to let them take it away from its owner by guessing. Staff see the attack in the history of
the registration (``ATTACKED``).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import idempotency
from serializer_app.domain.attachments import attachments
from serializer_app.domain.ids.item_ids import ALPHABET, read_symbols
from serializer_app.domain.registry import people, registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.webhooks_out import mail
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Registration, Transfer

LIFE = timedelta(hours=72)
ATTACKED = (10, 100, 1_000, 10_000, 100_000)
"""After so many wrong codes the history of the registration says that somebody guesses."""

_SYMBOLS = 10
_PURPOSE = "transfer-code"


@dataclass(frozen=True, repr=False)
class Offer:
    """The code of an open transfer, as it is shown to the owner. Has no repr, so that no log can show the code."""

    code: str
    expires_at: datetime


def offer(session: Session, vault: Vault, registration: Registration, *, actor: str) -> str:
    """A code with which whoever has it becomes the owner, once, within 72 hours; the one before it is void.

    50 bits that only this shop's keys can derive from a random nonce: the code itself is not stored, and ``current``
    can show it again to its owner.
    """
    nonce = secrets.token_hex(8)
    code = _codes(vault, registration, nonce)[0]
    values = {
        "code_index": _index(vault, registration, code)[0],
        "nonce": nonce,
        "tries": 0,
        "expires_at": now() + LIFE,
    }
    statement = upsert.insert(session, Transfer).values(
        shop_id=registration.shop_id, registration_id=registration.id, **values
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "registration_id"], set_=values)
    )
    registrations.note(session, registration, {}, actor=actor, action="transfer-offered")
    return _shown(code)


def current(session: Session, vault: Vault, registration: Registration) -> Offer | None:
    """The open offer of a registration, or None. One from before codes could be shown again is None too."""
    found = _open(session, registration, lock=False)
    if found is None or found.nonce is None:
        return None
    for code in _codes(vault, registration, found.nonce):
        if found.code_index in _index(vault, registration, code):
            return Offer(_shown(code), found.expires_at)
    return None


def withdraw(session: Session, registration: Registration, *, actor: str) -> bool:
    """Void the open code; False when there is none."""
    if _open(session, registration) is None:
        return False
    session.execute(
        delete(Transfer).where(
            Transfer.shop_id == registration.shop_id, Transfer.registration_id == registration.id
        )
    )
    registrations.note(session, registration, {}, actor=actor, action="transfer-withdrawn")
    return True


def accept(
    session: Session, vault: Vault, registration: Registration, typed: str, person: Person, *, actor: str
) -> bool:
    """Hand over to ``person`` if the code is right. False when it is not, and the try is counted: commit it."""
    if recognised(session, vault, registration, typed) is None:
        return False
    hand_over(session, vault, registration, person, actor=actor)
    return True


def recognised(session: Session, vault: Vault, registration: Registration, typed: str) -> str | None:
    """What ``complete`` wants if the code is right. None when it is not, and the try is counted: commit it.

    The code survives wrong ones (see above); the caller limits how often a visitor may be wrong.
    """
    found = _open(session, registration)
    if found is None:
        return None
    code = read_symbols(typed)
    if code is None or not any(
        hmac.compare_digest(found.code_index, index) for index in _index(vault, registration, code)
    ):
        found.tries += 1
        session.flush()
        if found.tries in ATTACKED:
            changes = {"wrongCodes": {"to": found.tries}}
            registrations.note(session, registration, changes, actor="app", action="transfer-attacked")
        return None
    return found.code_index


def complete(
    session: Session, vault: Vault, registration: Registration, offer: str, person: Person, *, actor: str
) -> bool:
    """Hand over to ``person``, who had the right code of ``offer`` before; False when that is no longer open."""
    found = _open(session, registration)
    if found is None or not hmac.compare_digest(found.code_index, offer):
        return False
    hand_over(session, vault, registration, person, actor=actor)
    return True


def _open(session: Session, registration: Registration, *, lock: bool = True) -> Transfer | None:
    query = select(Transfer).where(
        Transfer.shop_id == registration.shop_id,
        Transfer.registration_id == registration.id,
        Transfer.expires_at > now(),
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def hand_over(
    session: Session, vault: Vault, registration: Registration, person: Person, *, actor: str
) -> None:
    """Make ``person`` the owner. Dates, warranty and history stay with the unit, the old owner's data does not."""
    shop_id = registration.shop_id
    if registration.customer_key is not None:
        people.forget(session, shop_id, [registration.customer_key])
    # A repeated request would otherwise still tell who the old owner was.
    idempotency.erase(session, shop_id, [registration.public_id])
    mail.forget(session, shop_id, [registration.id])
    attachments.forget(session, shop_id, [registration.public_id])
    registration.customer_key = people.keep(session, vault, shop_id, person)
    registration.updated_at = now()
    registration.version += 1
    session.execute(
        delete(Transfer).where(Transfer.shop_id == shop_id, Transfer.registration_id == registration.id)
    )
    session.flush()
    registrations.note(session, registration, {"customer": {}}, actor=actor, action="transferred")
    serial = registrations.serial_of(session, registration)
    registrations.announce(session, registration, "registration.transferred", serial.serial_number)


def _codes(vault: Vault, registration: Registration, nonce: str) -> list[str]:
    """The code that a nonce stands for, under every key: the first is that of new offers."""
    text = f"{registration.shop_id}:{registration.public_id}:{nonce}".encode()
    found = []
    for key in vault.derived_keys("transfer-codes"):
        number = int.from_bytes(hmac.digest(key, text, "sha256")[:8], "big")
        found.append("".join(ALPHABET[number >> (5 * place) & 31] for place in range(_SYMBOLS)))
    return found


def _shown(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"


def _index(vault: Vault, registration: Registration, code: str) -> list[str]:
    return vault.blind_indexes(_PURPOSE, f"{registration.public_id}:{code}")
