"""Registrations and serials as other systems see them: found by what people know of them, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypedDict, TypeVar

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.clock import now
from serializer_app.domain.attachments import attachments
from serializer_app.domain.attachments.attachments import AttachedFile
from serializer_app.domain.history import Entry
from serializer_app.domain.items.pages import PAGE
from serializer_app.domain.items.ties import SALE_STANDS
from serializer_app.domain.paging import START, Page, Place, cut, walk
from serializer_app.domain.registry import people, registrations, warranties
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Status
from serializer_app.domain.registry.warranties import Cover, WarrantyFacts
from serializer_app.store.crypto import Vault
from serializer_app.store.models import (
    Customer,
    HistoryEntry,
    Item,
    Line,
    Order,
    Registration,
    Serial,
    Shop,
    Variant,
)

"""(when, who, what was done, changes)."""


Key = TypeVar("Key", int, str)


class Filters(TypedDict, total=False):
    """What a registration is looked up by; joined by AND."""

    serial_number: str
    email: str
    customer_id: int
    order_number: str
    order_id: int
    status: str


class RegistrationRow(NamedTuple):
    """A registration with its serial, its variant, its sale and its order."""

    id: int
    public_id: str
    customer_key: int | None
    buyer: bool | None
    """Whether the claimant bought the unit; None, unknown, where either customer is."""
    purchase_date: date | None
    channel: str | None
    order_number: str | None
    status: Status
    warranty: str | None
    warranty_until: date | None
    warranty_void: bool
    version: int
    registered_at: datetime
    updated_at: datetime
    serial_number: str
    token: str
    variant_id: int
    experience_id: str | None
    sku: str | None
    item_id: str | None
    order_id: int | None
    item_warranty: str | None
    ordered_at: datetime | None
    fulfilled_at: datetime | None


@dataclass(frozen=True)
class View:
    """One registration with everything that belongs to it."""

    row: RegistrationRow
    person: Person | None
    cover: Cover
    history: list[Entry]
    proof: AttachedFile | None
    """The proof of purchase."""

    @property
    def key(self) -> int:
        return self.row.id


def search(
    session: Session,
    vault: Vault,
    shop: Shop,
    filters: Filters,
    *,
    place: Place = START,
    most: int = PAGE,
) -> Page[View]:
    """Registrations that have not ended and match all filters, in the order they were made."""
    named = _named(session, vault, shop.id, filters)
    if named is None:
        query = select(Registration.id).where(Registration.shop_id == shop.id, *_OPEN)
        if "status" in filters:
            query = query.where(Registration.status == filters["status"])
        page = walk(session, query, Registration.id, place, most)
    else:
        if "status" in filters:
            of_status = Registration.status == filters["status"]
            named &= _open(session, shop.id, Registration.id, named, of_status)
        page = cut(sorted(named), place, most)
    return page.of(views(session, vault, shop, page.rows))


def view(session: Session, vault: Vault, shop: Shop, registration: Registration) -> View:
    """One registration as it is now."""
    session.flush()
    return views(session, vault, shop, [registration.id])[0]


def views(session: Session, vault: Vault, shop: Shop, keys: Sequence[int]) -> list[View]:
    """Registrations by their keys, in that order, in a fixed number of queries."""
    if not keys:
        return []
    rows = {
        row[0]: RegistrationRow._make(row)
        for row in session.execute(_ROWS.where(Registration.shop_id == shop.id, Registration.id.in_(keys)))
    }
    customers = [row.customer_key for row in rows.values() if row.customer_key is not None]
    persons = people.read(session, vault, shop.id, customers)
    stories: dict[int, list[Entry]] = {}
    for key, _, entry in entries_of(session, shop.id, "registration", keys):
        stories.setdefault(key, []).append(entry)
    proofs = attachments.of(session, vault, shop.id, [row.public_id for row in rows.values()])
    moment = now()
    return [
        View(
            rows[key],
            persons.get(rows[key].customer_key or 0),
            _cover(shop, rows[key], moment),
            stories.get(key, []),
            proofs.get(rows[key].public_id),
        )
        for key in keys
        if key in rows
    ]


_ROWS = (
    select(
        Registration.id,
        Registration.public_id,
        Registration.customer_key,
        (Customer.customer_id == Item.customer_id).label("buyer"),
        Registration.purchase_date,
        Registration.channel,
        Registration.order_number,
        Registration.status,
        Registration.warranty,
        Registration.warranty_until,
        Registration.warranty_void,
        Registration.version,
        Registration.registered_at,
        Registration.updated_at,
        Serial.serial_number,
        Serial.token,
        Serial.variant_id,
        Variant.experience_id,
        Variant.sku,
        Item.item_id,
        Item.order_id,
        Item.warranty.label("item_warranty"),
        Order.ordered_at,
        Line.fulfilled_at,
    )
    .join(Serial, (Serial.shop_id == Registration.shop_id) & (Serial.id == Registration.serial_id))
    .outerjoin(Variant, (Variant.shop_id == Serial.shop_id) & (Variant.variant_id == Serial.variant_id))
    .outerjoin(Item, (Item.shop_id == Registration.shop_id) & (Item.id == Registration.item_key))
    .outerjoin(
        Customer, (Customer.shop_id == Registration.shop_id) & (Customer.id == Registration.customer_key)
    )
    .outerjoin(Order, (Order.shop_id == Item.shop_id) & (Order.order_id == Item.order_id))
    .outerjoin(Line, (Line.shop_id == Item.shop_id) & (Line.line_item_id == Item.line_item_id))
)


def duration(row: RegistrationRow) -> str | None:
    """The warranty that holds, in its stored form: the claim's, else that of the unit of the order."""
    return row.item_warranty if row.warranty is None else row.warranty


def _cover(shop: Shop, row: RegistrationRow, at: datetime) -> Cover:
    unit = WarrantyFacts(
        registered_at=row.registered_at,
        warranty=duration(row),
        until=row.warranty_until,
        void=row.warranty_void,
        purchase_date=row.purchase_date,
        ordered_at=row.ordered_at,
        fulfilled_at=row.fulfilled_at,
    )
    return warranties.cover(unit, rule=shop.warranty_start, time_zone=shop.time_zone, at=at)


def promised(session: Session, shop: Shop, registration: Registration) -> tuple[str | None, Cover]:
    """The duration that holds for a registered unit, in its stored form, and what covers it today."""
    session.flush()
    found = session.execute(
        _ROWS.where(Registration.shop_id == shop.id, Registration.id == registration.id)
    ).one()
    row = RegistrationRow._make(found)
    return duration(row), _cover(shop, row, now())


_OPEN = (Registration.ended_at.is_(None),)


def _named(session: Session, vault: Vault, shop_id: int, filters: Filters) -> set[int] | None:
    """Keys of the open registrations that the naming filters leave; None when there is no such filter.

    These are few, so they are fetched whole, by index probes without an order: asked for in order and with a limit, a
    planner without statistics walks all registrations of the shop to find a customer's one (2 s for 150,000).
    """
    found: list[set[int]] = []
    if "serial_number" in filters:
        found.append(_of_serial(session, shop_id, filters["serial_number"]))
    known_by: list[ColumnElement[bool]] = []
    if "email" in filters:
        known_by.append(people.matching(vault, None, emails=[filters["email"]]))
    if "customer_id" in filters:
        known_by.append(people.matching(vault, None, customer_ids=[filters["customer_id"]]))
    for matching in known_by:
        keys = session.scalars(select(Customer.id).where(Customer.shop_id == shop_id, matching)).all()
        found.append(_open(session, shop_id, Registration.customer_key, keys))
    if "order_number" in filters:
        key = registrations.order_key(filters["order_number"])
        found.append(set() if key is None else _open(session, shop_id, Registration.order_key, [key]))
    if "order_id" in filters:
        units = select(Item.id).where(Item.shop_id == shop_id, Item.order_id == filters["order_id"])
        found.append(_open(session, shop_id, Registration.item_key, session.scalars(units).all()))
    return set.intersection(*found) if found else None


def _open(
    session: Session,
    shop_id: int,
    column: InstrumentedAttribute[Key] | InstrumentedAttribute[Key | None],
    values: Iterable[Key],
    *conditions: ColumnElement[bool],
) -> set[int]:
    """Keys of the open registrations that have one of ``values``."""
    wanted = list(values)
    keys: set[int] = set()
    for start in range(0, len(wanted), 500):
        keys.update(
            session.scalars(
                select(Registration.id).where(
                    Registration.shop_id == shop_id,
                    column.in_(wanted[start : start + 500]),
                    *_OPEN,
                    *conditions,
                )
            )
        )
    return keys


def _of_serial(session: Session, shop_id: int, typed: str) -> set[int]:
    """Claims of the serial and of the sale it is today, denied ones too; of earlier sales only if there is none."""
    serial, claim = registrations.held(session, shop_id, typed, lock=False)
    keys = set() if claim is None else {claim.id}
    return (
        keys
        if serial is None
        else keys | _open(session, shop_id, Registration.serial_id, [serial.id], SALE_STANDS)
    )


def entries_of(
    session: Session, shop_id: int, subject: str, keys: Sequence[int]
) -> list[tuple[int, int, Entry]]:
    """(whose, number of the entry, entry), oldest first within one subject."""
    found: list[tuple[int, int, Entry]] = []
    for start in range(0, len(keys), 500):
        rows = session.execute(
            select(
                HistoryEntry.subject_id,
                HistoryEntry.id,
                HistoryEntry.at,
                HistoryEntry.actor,
                HistoryEntry.action,
                HistoryEntry.changes,
            )
            .where(
                HistoryEntry.shop_id == shop_id,
                HistoryEntry.subject == subject,
                HistoryEntry.subject_id.in_(keys[start : start + 500]),
            )
            .order_by(HistoryEntry.id)
        )
        found += [
            (key, number, (at, actor, action, msgspec.json.decode(changes)))
            for key, number, at, actor, action, changes in rows
        ]
    return found
