"""The personal data of who registered a unit: kept encrypted, found by blind index, gone when the row is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import msgspec
from sqlalchemy import ColumnElement, delete, false, insert, or_, select, update
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.ids import contacts
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Customer, Shop
from serializer_app.text import Json

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

    def wire(self) -> dict[str, Json]:
        """Contract §6: email, firstName, lastName, phone; customerId where it is known."""
        shown: dict[str, Json] = {name: getattr(self, own) for name, own in FIELDS.items()}
        if self.customer_id is not None:
            shown["customerId"] = self.customer_id
        return shown


def full_name(person: Person) -> str | None:
    """First and last name; None where one is missing, because half a name fits many people."""
    return f"{person.first_name} {person.last_name}" if person.first_name and person.last_name else None


def keep(session: Session, vault: Vault, shop_id: int, person: Person) -> int:
    """Store a person; returns customers.id."""
    columns = _columns(vault, person, _country(session, shop_id))
    statement = insert(Customer).values(shop_id=shop_id, **columns).returning(Customer.id)
    return session.execute(statement).scalar_one()


def replace(session: Session, vault: Vault, shop_id: int, key: int, person: Person) -> None:
    """Correct what is stored; nothing of the former values remains."""
    session.execute(
        update(Customer)
        .where(Customer.shop_id == shop_id, Customer.id == key)
        .values(**_columns(vault, person, _country(session, shop_id))),
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
    vault: Vault,
    country: str | None,
    *,
    emails: Iterable[str] = (),
    customer_ids: Sequence[int] = (),
    phones: Iterable[str] = (),
) -> ColumnElement[bool]:
    """The condition on Customer that finds somebody by any of these, in whatever form they are written.

    ``country`` is the shop's. Indexes are tried under every key until ``keys rotate`` has run, and in the forms of
    earlier versions until ``index-people`` has.
    """
    conditions: list[ColumnElement[bool]] = []
    if by_email := [index for email in emails for index in email_indexes(vault, _PURPOSE, email)]:
        conditions.append(Customer.email_index.in_(by_email))
    by_phone = [
        index
        for phone in phones
        for key in contacts.phone_keys(phone, country)
        for index in vault.blind_indexes(_PHONE, key)
    ]
    if by_phone:
        conditions.append(Customer.phone_index.in_(by_phone))
    if customer_ids:
        conditions.append(Customer.customer_id.in_(customer_ids))
    return or_(false(), *conditions)


def email_indexes(vault: Vault, purpose: str, email: str) -> list[str]:
    """What an address may be stored under: in every form, under every key."""
    return [index for key in contacts.email_keys(email) for index in vault.blind_indexes(purpose, key)]


def rotate(
    session: Session, vault: Vault, shop_id: int, *, after: int, most: int = 500
) -> tuple[int, int | None]:
    """Encrypt the next ``most`` people with the first key and write their indexes anew, in the present normal form.

    Returns (how many, the last of them or None).
    """
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


def index_next(session: Session, vault: Vault, shop_id: int, beyond: int) -> int | None:
    """Write the indexes of the next people above the key ``beyond`` in the present normal form.

    Returns where to go on, None when everybody is done; the shop's history then says so.
    """
    _, last = rotate(session, vault, shop_id, after=beyond)
    if last is None:
        history.record(session, shop_id, "shop", [(shop_id, {})], actor="app", action="people-indexed")
    return last


def _country(session: Session, shop_id: int) -> str | None:
    return session.get_one(Shop, shop_id).country


def _columns(vault: Vault, person: Person, country: str | None) -> dict[str, Json]:
    personal = asdict(person)
    del personal["customer_id"]
    key = contacts.phone_key(person.phone, country) if person.phone else None
    return {
        "data": vault.encrypt(msgspec.json.encode(personal).decode()),
        "email_index": vault.blind_index(_PURPOSE, contacts.email_key(person.email))
        if person.email
        else None,
        "phone_index": vault.blind_index(_PHONE, key) if key else None,
        "customer_id": person.customer_id,
    }
