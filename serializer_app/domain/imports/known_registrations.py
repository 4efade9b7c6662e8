"""What the database says of rows that register units: units, registrations that have not ended, people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.imports.kinds import Context, ImportRow, in_chunks
from serializer_app.domain.items.ties import SALE_STANDS
from serializer_app.domain.registry import people, recognition
from serializer_app.domain.registry.people import Person
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Registration, Serial


class KnownSerial(NamedTuple):
    id: int
    item_key: int | None


class KnownRegistration(NamedTuple):
    """A registration that has not ended, as it is stored."""

    id: int
    public_id: str
    serial_id: int
    item_key: int | None
    customer_key: int | None
    purchase_date: date | None
    channel: str | None
    order_number: str | None
    status: str
    warranty: str | None
    warranty_until: date | None
    warranty_void: bool
    registered_at: datetime
    stands: bool


@dataclass(frozen=True)
class KnownRegistrations:
    """What the database says of the rows at hand."""

    serials: dict[str, KnownSerial]
    """By the number as it is compared."""
    items: dict[str, int]
    """By the item ID, or other code of a unit, as it was typed."""
    unknown: dict[str, AppError]
    """Numbers that name no unit: what is said of them."""
    by_id: dict[str, KnownRegistration]
    by_serial: dict[int, list[KnownRegistration]]
    by_item: dict[int, list[KnownRegistration]]
    people: dict[int, Person]
    country: str | None

    def person(self, one: KnownRegistration) -> Person | None:
        return None if one.customer_key is None else self.people.get(one.customer_key)


ROWS = select(
    Registration.id,
    Registration.public_id,
    Registration.serial_id,
    Registration.item_key,
    Registration.customer_key,
    Registration.purchase_date,
    Registration.channel,
    Registration.order_number,
    Registration.status,
    Registration.warranty,
    Registration.warranty_until,
    Registration.warranty_void,
    Registration.registered_at,
    SALE_STANDS.label("stands"),
).where(Registration.ended_at.is_(None))
"""A SELECT of the columns of KnownRegistration, in its order."""


def read_known(context: Context, rows: Sequence[ImportRow]) -> KnownRegistrations:
    """Look up what ``rows`` name. Only reads."""
    session, shop_id = context.session, context.shop.id
    keys = {serial_key(row.get("serial_number")) for row in rows}
    found: dict[str, KnownSerial] = {}
    for some in in_chunks(key for key in keys if 0 < len(key) <= 256):
        query = select(Serial.serial_key, Serial.id, Serial.item_key).where(
            Serial.shop_id == shop_id, Serial.serial_key.in_(some)
        )
        found |= {
            key: KnownSerial(serial_id, item_key) for key, serial_id, item_key in session.execute(query)
        }
    items = _items(session, shop_id, {row.get("serial_number") for row in rows})
    unknown: dict[str, AppError] = {}
    for number in dict.fromkeys(row.get("serial_number") for row in rows):
        if serial_key(number) in found or number in items:
            continue
        # A link, a GS1 code or another way to write a number: as at every other door, for the few that need it.
        unit, item = recognition.one_unit(session, shop_id, number)
        if unit is not None:
            found[serial_key(number)] = KnownSerial(unit.id, unit.item_key)
        elif item is not None and item.removed_at is None:
            items[number] = item.id
        else:
            unknown[number] = recognition.refusal(session, shop_id, number)
    item_keys = {*items.values(), *(one.item_key for one in found.values() if one.item_key is not None)}
    public_ids = {read_item_id(row.get("registration_id")) or "" for row in rows} - {""}
    by_id: dict[str, KnownRegistration] = {}
    by_serial: dict[int, list[KnownRegistration]] = {}
    by_item: dict[int, list[KnownRegistration]] = {}
    wanted: tuple[Iterator[ColumnElement[bool]], ...] = (
        (Registration.serial_id.in_(some) for some in in_chunks({one.id for one in found.values()})),
        (Registration.item_key.in_(some) for some in in_chunks(item_keys)),
        (Registration.public_id.in_(some) for some in in_chunks(public_ids)),
    )
    for condition in chain(*wanted):
        for row in session.execute(ROWS.where(Registration.shop_id == shop_id, condition)):
            by_id[row[1]] = KnownRegistration._make(row)
    for one in by_id.values():
        by_serial.setdefault(one.serial_id, []).append(one)
        if one.item_key is not None:
            by_item.setdefault(one.item_key, []).append(one)
    customers = [one.customer_key for one in by_id.values() if one.customer_key is not None]
    known = people.read(session, context.vault, shop_id, customers)
    return KnownRegistrations(found, items, unknown, by_id, by_serial, by_item, known, context.shop.country)


def _items(session: Session, shop_id: int, numbers: set[str]) -> dict[str, int]:
    """Numbers that are item IDs of living items, own or old ones → the item."""
    columns: tuple[tuple[InstrumentedAttribute[str | None], dict[str, str | None]], ...] = (
        (Item.old_key, {number: old_id_key(number) for number in numbers}),
        (Item.own_id, {number: read_item_id(number) for number in numbers}),
    )
    found: dict[str, int] = {}
    for column, names in columns:
        items: dict[str, int] = {}
        for some in in_chunks({name for name in names.values() if name}):
            # "+ 0": see domain.desk.sheet_rows, where SQLite otherwise walks the shop.
            shop = Item.shop_id + 0 == shop_id if column is Item.own_id else Item.shop_id == shop_id
            query = select(column, Item.id).where(shop, column.in_(some), Item.removed_at.is_(None))
            items |= {name: key for name, key in session.execute(query) if name is not None}
        found |= {number: items[name] for number, name in names.items() if name in items}
    return found
