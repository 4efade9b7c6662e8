"""What the registry knows about a customer: told to whoever may ask, and erased for good (contract §6, §7.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso
from serializer_app.domain import history, idempotency
from serializer_app.domain.privacy.privacy import ERASED_ACTOR, DataSubject, Holding
from serializer_app.domain.registry import people, proofs, registrations
from serializer_app.store.crypto import Vault
from serializer_app.store.models import (
    BY_CUSTOMER,
    MADE_BY_CUSTOMER,
    Customer,
    HistoryEntry,
    Registration,
    Serial,
    Shop,
)
from serializer_app.text import JsonDict

_ENDED_AT_ONCE = 200
_ROUNDS = 5
"""How often what was found may name somebody by something new; real people need two."""


def collect(session: Session, vault: Vault, shop: Shop, person: DataSubject) -> list[JsonDict]:
    """Everything kept about one customer: a registration an entry, with the personal data in the clear."""
    keys = _keys(session, vault, shop, person)
    persons = people.read(session, vault, shop.id, keys)
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
        .where(Registration.shop_id == shop.id, Registration.customer_key.in_(keys))
        .order_by(Registration.id)
    ).all()
    files = proofs.described(session, vault, shop.id, [row.public_id for row in rows])
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
            "proofOfPurchase": files.get(public_id),
        }
        for key, public_id, serial_number, purchase_date, channel, order_number, status, registered_at in rows
    ]


def erase(session: Session, vault: Vault, shop: Shop, person: DataSubject, actor: str) -> int:
    """Delete a customer for good; returns how many registrations ended with that. Their serials can be claimed again.

    Nothing that is left can be read as them, with the encryption key neither.
    """
    keys = _keys(session, vault, shop, person)
    claims = session.scalars(
        select(Registration)
        .where(Registration.shop_id == shop.id, Registration.customer_key.in_(keys))
        .order_by(Registration.id)
        .with_for_update()
    ).all()
    registrations.end(session, claims, actor=actor, action="customer-erased")
    # Whatever stands under no registration any more, which nothing in the code should leave behind.
    people.forget(session, shop.id, keys)
    idempotency.erase(session, shop.id, [claim.public_id for claim in claims])
    _rename_maker(session, shop.id, person.customer_ids, ERASED_ACTOR)
    return len(keys)


def owner(session: Session, vault: Vault, registration: Registration) -> DataSubject:
    """The customer of a registration, by everything it knows them by; names nobody once the data is gone."""
    key = registration.customer_key
    found = people.read(session, vault, registration.shop_id, [key]).get(key) if key is not None else None
    if found is None:
        return DataSubject()
    # Families share a telephone: it counts only where nothing else names the person.
    by_phone = found.phone and not found.email and not found.customer_id
    return DataSubject(
        customer_ids=(found.customer_id,) if found.customer_id else (),
        emails=(found.email,) if found.email else (),
        phones=(found.phone,) if found.phone and by_phone else (),
    )


def identify(session: Session, vault: Vault, shop: Shop, person: DataSubject) -> DataSubject:
    """Add the addresses, IDs and names that this person's own registrations name."""
    for _ in range(_ROUNDS):
        found = people.read(session, vault, shop.id, _keys(session, vault, shop, person)).values()
        customer_ids = _union(person.customer_ids, (one.customer_id for one in found))
        wider = replace(
            person,
            customer_ids=customer_ids,
            emails=_union(
                person.emails,
                (one.email for one in found if _is_own(session, vault, shop, one.email, customer_ids)),
            ),
            names=_union(person.names, (people.full_name(one) for one in found)),
        )
        if wider == person:
            break
        person = wider
    return person


def merge(session: Session, shop_id: int, *, kept: int, gone: int) -> int:
    """customers/merge: the registrations of ``gone`` belong to ``kept``, and so does what ``gone`` did.

    Returns how many registrations. Otherwise an erasure of ``kept`` would not reach them.
    """
    moved = session.execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.customer_id == gone)
        .values(customer_id=kept),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(moved, CursorResult)
    _rename_maker(session, shop_id, (gone,), f"customer:{kept}")
    session.execute(
        update(HistoryEntry)
        .where(HistoryEntry.shop_id == shop_id, HistoryEntry.actor == f"customer:{gone}", BY_CUSTOMER)
        .values(actor=f"customer:{kept}"),
        execution_options={"synchronize_session": False},
    )
    return int(moved.rowcount)


def forget_ended(session: Session, shop_id: int, beyond: int) -> int | None:
    """Forget what history tells of registrations that an earlier version ended: it kept their private fields.

    Works through the next ones above the key ``beyond``; returns where to go on, None when all are done.
    """
    keys = session.scalars(
        select(Registration.id)
        .where(Registration.shop_id == shop_id, Registration.id > beyond, Registration.ended_at.is_not(None))
        .order_by(Registration.id)
        .limit(_ENDED_AT_ONCE)
    ).all()
    for key in keys:
        history.forget(session, shop_id, "registration", key)
    return keys[-1] if keys else None


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt all people of all shops with the first key; returns how many."""
    count = 0
    for shop_id in session.scalars(select(Shop.id).order_by(Shop.id)).all():
        after: int | None = 0
        while after is not None:
            done, after = people.rotate(session, vault, shop_id, after=after)
            count += done
    return count


def _is_own(
    session: Session, vault: Vault, shop: Shop, email: str | None, customer_ids: Sequence[int]
) -> bool:
    """Whether nobody with another customer ID uses this address: two customers of one household may share it."""
    if email is None:
        return False
    under_it = people.matching(vault, shop.country, emails=[email])
    others = select(Customer.id).where(
        Customer.shop_id == shop.id,
        under_it,
        Customer.customer_id.is_not(None),
        Customer.customer_id.not_in(customer_ids),
    )
    return session.scalars(others.limit(1)).first() is None


def _keys(session: Session, vault: Vault, shop: Shop, person: DataSubject) -> Sequence[int]:
    """customers.id of everybody who is this person."""
    known_by = people.matching(
        vault,
        shop.country,
        emails=person.emails,
        customer_ids=person.customer_ids,
        phones=person.phones,
    )
    return session.scalars(
        select(Customer.id).where(Customer.shop_id == shop.id, known_by).order_by(Customer.id)
    ).all()


T = TypeVar("T")


def _union(before: tuple[T, ...], found: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(dict.fromkeys([*before, *(each for each in found if each)]))


def _rename_maker(session: Session, shop_id: int, customer_ids: Sequence[int], actor: str) -> None:
    session.execute(
        update(Serial)
        .where(
            Serial.shop_id == shop_id,
            Serial.created_by.in_([f"customer:{each}" for each in customer_ids]),
            MADE_BY_CUSTOMER,
        )
        .values(created_by=actor),
        execution_options={"synchronize_session": False},
    )


HOLDING = Holding(
    "registrations",
    (
        "attachment_parts",
        "attachments",
        "customers",
        "registrations",
        "serials",
        "transfers",
        "idempotency_keys",
    ),
    collect,
    erase,
    identify,
)
