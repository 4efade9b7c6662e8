"""The personal data of who registered a unit: kept encrypted, found by blind index, gone when the row is gone."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, false, insert, or_, select, update
from sqlalchemy.orm import Session

from serializer_app.store.crypto import Vault
from serializer_app.store.models import Customer

_PURPOSE = "customer-email"
_PHONE = "customer-phone"

FIELDS = {"email": "email", "firstName": "first_name", "lastName": "last_name", "phone": "phone"}
"""Wire names of the personal fields, and ours."""


@dataclass(frozen=True)
class Person:
    """Who claims a unit. ``customer_id`` is Shopify's, which says nothing by itself and is kept in the clear."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    customer_id: int | None = None

    def wire(self) -> dict[str, Any]:
        """Contract §6: email, firstName, lastName, phone; customerId where it is known."""
        shown: dict[str, Any] = {name: getattr(self, own) for name, own in FIELDS.items()}
        if self.customer_id is not None:
            shown["customerId"] = self.customer_id
        return shown


def email_form(email: str) -> str:
    """An address as it is compared: without regard to case and surrounding space."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).strip().casefold())


def keep(session: Session, vault: Vault, shop_id: int, person: Person) -> int:
    """Store a person; returns customers.id."""
    statement = insert(Customer).values(shop_id=shop_id, **_columns(vault, person)).returning(Customer.id)
    return session.execute(statement).scalar_one()


def replace(session: Session, vault: Vault, shop_id: int, key: int, person: Person) -> None:
    """Correct what is stored; nothing of the former values remains."""
    session.execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.id == key)
        .values(**_columns(vault, person)),
        execution_options={"synchronize_session": False},
    )


def read(session: Session, vault: Vault, shop_id: int, keys: Sequence[int]) -> dict[int, Person]:
    """People by customers.id."""
    found: dict[int, Person] = {}
    for start in range(0, len(keys), 500):
        rows = session.execute(
            select(Customer.id, Customer.data, Customer.customer_id).where(
                Customer.shop_id == shop_id, Customer.id.in_(keys[start : start + 500])
            )
        )
        for key, data, customer_id in rows:
            found[key] = Person(**msgspec.json.decode(vault.decrypt(data)), customer_id=customer_id)
    return found


def forget(session: Session, shop_id: int, keys: Sequence[int]) -> None:
    """Delete the only rows that hold these people's data."""
    for start in range(0, len(keys), 500):
        session.execute(
            delete(Customer).where(Customer.shop_id == shop_id, Customer.id.in_(keys[start : start + 500])),
            execution_options={"synchronize_session": False},
        )


def matching(
    vault: Vault, *, email: str | None = None, customer_id: int | None = None, phone: str | None = None
) -> Any:
    """The condition on Customer that finds somebody by any of these; under every key until ``keys rotate`` has run."""
    conditions: list[ColumnElement[bool]] = []
    if email is not None:
        conditions.append(Customer.email_index.in_(indexes(vault, email)))
    if phone is not None and (digits := _digits(phone)):
        conditions.append(Customer.phone_index.in_(vault.blind_indexes(_PHONE, digits)))
    if customer_id is not None:
        conditions.append(Customer.customer_id == customer_id)
    return or_(false(), *conditions)


def indexes(vault: Vault, email: str) -> list[str]:
    """What an address is found by, under every key, newest first."""
    return vault.blind_indexes(_PURPOSE, email_form(email))


def rotate(
    session: Session, vault: Vault, shop_id: int, *, after: int, most: int = 500
) -> tuple[int, int | None]:
    """Encrypt the next ``most`` people with the first key, indexes too: (how many, the last of them or None)."""
    rows = session.execute(
        select(Customer.id, Customer.data, Customer.customer_id)
        .where(Customer.shop_id == shop_id, Customer.id > after)
        .order_by(Customer.id)
        .limit(most)
        .with_for_update()
    ).all()
    for key, data, customer_id in rows:
        person = Person(**msgspec.json.decode(vault.decrypt(data)), customer_id=customer_id)
        replace(session, vault, shop_id, key, person)
    return len(rows), rows[-1][0] if rows else None


def _columns(vault: Vault, person: Person) -> dict[str, Any]:
    personal = asdict(person)
    del personal["customer_id"]
    return {
        "data": vault.encrypt(msgspec.json.encode(personal).decode()),
        "email_index": indexes(vault, person.email)[0] if person.email else None,
        "phone_index": vault.blind_index(_PHONE, digits) if (digits := _digits(person.phone or "")) else None,
        "customer_id": person.customer_id,
    }


def _digits(phone: str) -> str:
    return "".join(symbol for symbol in phone if symbol.isdecimal())
