"""What the registry knows about a customer: told to whoever may ask, and erased for good (contract §6, §7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso
from serializer_app.domain import privacy
from serializer_app.domain.registry import idempotency, people, registrations
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Customer, Registration, Serial, Shop

ERASED_ACTOR = privacy.ERASED_ACTOR


def collect(
    session: Session,
    vault: Vault,
    shop_id: int,
    *,
    email: str | None = None,
    customer_id: int | None = None,
    phone: str | None = None,
) -> list[dict[str, Any]]:
    """Everything kept about one customer: a registration an entry, with the personal data in the clear."""
    keys = _keys(session, vault, shop_id, email=email, customer_id=customer_id, phone=phone)
    persons = people.read(session, vault, shop_id, keys)
    rows = session.execute(
        select(
            Registration.customer_key,
            Registration.public_id,
            Serial.serial_number,
            Registration.purchase_date,
            Registration.channel,
            Registration.order_number,
            Registration.status,
            Registration.registered_at,
        )
        .join(Serial, (Serial.shop_id == Registration.shop_id) & (Serial.id == Registration.serial_id))
        .where(Registration.shop_id == shop_id, Registration.customer_key.in_(keys))
        .order_by(Registration.id)
    )
    return [
        {
            "registrationId": public_id,
            "serialNumber": serial_number,
            "customer": persons[key or 0].wire(),
            "purchaseDate": purchase_date.isoformat() if purchase_date else None,
            "channel": channel,
            "orderNumber": order_number,
            "status": status,
            "registeredAt": iso(registered_at),
        }
        for key, public_id, serial_number, purchase_date, channel, order_number, status, registered_at in rows
    ]


def erase(
    session: Session,
    vault: Vault,
    shop_id: int,
    *,
    email: str | None = None,
    customer_id: int | None = None,
    phone: str | None = None,
    actor: str = "app",
) -> int:
    """Delete a customer for good; returns how many registrations ended with that. Their serials can be claimed again.

    Nothing that is left can be read as them, with the encryption key neither.
    """
    keys = _keys(session, vault, shop_id, email=email, customer_id=customer_id, phone=phone)
    claims = session.scalars(
        select(Registration)
        .where(Registration.shop_id == shop_id, Registration.customer_key.in_(keys))
        .order_by(Registration.id)
        .with_for_update()
    ).all()
    registrations.end(session, claims, actor=actor, action="customer-erased")
    # Whatever stands under no registration any more, which nothing in the code should leave behind.
    people.forget(session, shop_id, keys)
    idempotency.erase(session, shop_id, [claim.public_id for claim in claims])
    if customer_id is not None:
        session.execute(
            update(Serial)
            .where(Serial.shop_id == shop_id, Serial.created_by == f"customer:{customer_id}")
            .values(created_by=ERASED_ACTOR),
            execution_options={"synchronize_session": False},
        )
    return len(keys)


def erase_owner(session: Session, vault: Vault, registration: Registration, *, actor: str) -> int:
    """Delete the customer of a registration for good, under whatever of theirs it knows them by."""
    key = registration.customer_key
    person = people.read(session, vault, registration.shop_id, [key]).get(key) if key is not None else None
    if person is None:
        return 0
    return erase(
        session,
        vault,
        registration.shop_id,
        email=person.email,
        customer_id=person.customer_id,
        # Families share a telephone: it counts only where nothing else names the person.
        phone=None if person.email or person.customer_id else person.phone,
        actor=actor,
    )


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt all people of all shops with the first key; returns how many."""
    count = 0
    for shop_id in session.scalars(select(Shop.id).order_by(Shop.id)).all():
        after: int | None = 0
        while after is not None:
            done, after = people.rotate(session, vault, shop_id, after=after)
            count += done
    return count


def _keys(
    session: Session,
    vault: Vault,
    shop_id: int,
    *,
    email: str | None,
    customer_id: int | None,
    phone: str | None,
) -> Sequence[int]:
    known_by = people.matching(vault, email=email, customer_id=customer_id, phone=phone)
    return session.scalars(select(Customer.id).where(Customer.shop_id == shop_id, known_by)).all()


def _collect(
    session: Session, vault: Vault, shop_id: int, person: privacy.Person
) -> Sequence[Mapping[str, Any]]:
    return collect(
        session, vault, shop_id, email=person.email, customer_id=person.customer_id, phone=person.phone
    )


def _erase(session: Session, vault: Vault, shop_id: int, person: privacy.Person) -> int:
    return erase(
        session,
        vault,
        shop_id,
        email=person.email,
        customer_id=person.customer_id,
        phone=person.phone,
        actor="webhook:compliance",
    )


privacy.HOLDINGS.append(privacy.Holding("registrations", _collect, _erase, rotate_all))
