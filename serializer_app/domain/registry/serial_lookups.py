"""Serials as other systems and staff see them: listed by what they are, each with the story of its life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.history import Changes, Entry
from serializer_app.domain.items.pages import PAGE
from serializer_app.domain.items.ties import IN_FORCE
from serializer_app.domain.items.unit_states import StateName, UnitState
from serializer_app.domain.paging import START, Page, Place, walk
from serializer_app.domain.registry import lookups, recognition, replacements
from serializer_app.store.models import Item, Registration, Serial, Shop, Variant


class SerialRow(NamedTuple):
    """A serial with its variant, its active sale and its registration."""

    id: int
    serial_number: str
    token: str
    source: Literal["made", "imported", "api", "item"]
    state: StateName
    location_id: int | None
    note: str | None
    variant_id: int
    created_at: datetime
    experience_id: str | None
    sku: str | None
    item_id: str | None
    order_id: int | None
    registration_id: str | None


def story(session: Session, shop_id: int, serial: Serial) -> list[Entry]:
    """A serial from its making to today, across swaps: what its older and newer numbers went through as well."""
    chain = replacements.chain(session, shop_id, serial.id)
    keys = [one.id for one in chain]
    claims = session.scalars(
        select(Registration.id).where(Registration.shop_id == shop_id, Registration.serial_id.in_(keys))
    ).all()
    told = [(one.created_at, 0, (one.created_at, one.created_by, "created", _making(one))) for one in chain]
    for subject, subjects in (("serial", keys), ("registration", claims)):
        told += [
            (entry[0], number, entry)
            for _, number, entry in lookups.entries_of(session, shop_id, subject, subjects)
        ]
    return [entry for *_, entry in sorted(told, key=lambda one: one[:2])]


def _making(serial: Serial) -> Changes:
    return {
        "serialNumber": {"from": None, "to": serial.serial_number},
        "source": {"from": None, "to": serial.source},
    }


def serial_page(
    session: Session,
    shop: Shop,
    *,
    variant_id: int | None = None,
    serial_number: str | None = None,
    state: UnitState | None = None,
    location_id: int | None = None,
    place: Place = START,
    most: int = PAGE,
) -> Page[SerialRow]:
    """Serials in the order they were entered that match all filters; rows as of ``serial_rows``."""
    query = select(Serial.id).where(Serial.shop_id == shop.id)
    if variant_id is not None:
        query = query.where(Serial.variant_id == variant_id)
    if state is not None:
        query = query.where(Serial.state == state.value)
    if location_id is not None:
        query = query.where(Serial.location_id == location_id, Serial.location_id.is_not(None))
    if serial_number is not None:
        found = recognition.serial_named(session, shop.id, serial_number)
        query = query.where(Serial.id == (0 if found is None else found.id))
    page = walk(session, query, Serial.id, place, most)
    return page.of(serial_rows(session, shop.id, page.rows))


def serial_rows(session: Session, shop_id: int, keys: Sequence[int]) -> list[SerialRow]:
    """Serials by their keys, in that order, with their variant, their active sale and whether they are registered."""
    claim = (
        select(Registration.public_id)
        .where(
            Registration.shop_id == Serial.shop_id,
            Registration.serial_id == Serial.id,
            *IN_FORCE,
        )
        .order_by(Registration.id.desc())
        .limit(1)
        .correlate(Serial)
        .scalar_subquery()
    )
    query = (
        select(
            Serial.id,
            Serial.serial_number,
            Serial.token,
            Serial.source,
            Serial.state,
            Serial.location_id,
            Serial.note,
            Serial.variant_id,
            Serial.created_at,
            Variant.experience_id,
            Variant.sku,
            Item.item_id,
            Item.order_id,
            claim.label("registration_id"),
        )
        .outerjoin(Variant, (Variant.shop_id == Serial.shop_id) & (Variant.variant_id == Serial.variant_id))
        .outerjoin(
            Item,
            (Item.shop_id == Serial.shop_id)
            & (Item.id == Serial.item_key)
            & (Item.removed_at.is_(None) | (Serial.source == "item")),
        )
        .where(Serial.shop_id == shop_id, Serial.id.in_(keys))
    )
    rows = {row.id: row for row in (SerialRow._make(found) for found in session.execute(query))}
    return [rows[key] for key in keys if key in rows]
