"""A registered unit goes to a new owner: by a one-time code that the old owner passes on, or by staff."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.codes import ALPHABET, read_symbols
from serializer_app.domain.registry import idempotency, people, registrations
from serializer_app.domain.registry.people import Person
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Registration, Transfer

LIFE = timedelta(hours=72)
MOST_TRIES = 10

_SYMBOLS = 10
_PURPOSE = "transfer-code"


def offer(session: Session, vault: Vault, registration: Registration, *, actor: str) -> str:
    """A code with which whoever has it becomes the owner, once, within 72 hours; the one before it is void.

    50 random bits, shown this once.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(_SYMBOLS))
    values = {
        "code_index": _index(vault, registration, code)[0],
        "tries": 0,
        "expires_at": now() + LIFE,
    }
    statement = outbox.insert(session, Transfer).values(
        shop_id=registration.shop_id, registration_id=registration.id, **values
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "registration_id"], set_=values)
    )
    registrations.note(session, registration, {}, actor=actor, action="transfer-offered")
    return f"{code[:5]}-{code[5:]}"


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

    After ten wrong tries the code is void, so that nobody finds it by trying.
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


def _open(session: Session, registration: Registration) -> Transfer | None:
    return session.scalars(
        select(Transfer)
        .where(
            Transfer.shop_id == registration.shop_id,
            Transfer.registration_id == registration.id,
            Transfer.expires_at > now(),
            Transfer.tries < MOST_TRIES,
        )
        .with_for_update()
    ).one_or_none()


def hand_over(
    session: Session, vault: Vault, registration: Registration, person: Person, *, actor: str
) -> None:
    """Make ``person`` the owner. Dates, warranty and history stay with the unit, the old owner's data does not."""
    shop_id = registration.shop_id
    if registration.customer_key is not None:
        people.forget(session, shop_id, [registration.customer_key])
    # A repeated request would otherwise still tell who the old owner was.
    idempotency.erase(session, shop_id, [registration.public_id])
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


def _index(vault: Vault, registration: Registration, code: str) -> list[str]:
    return vault.blind_indexes(_PURPOSE, f"{registration.public_id}:{code}")
