"""What Shopify calls its locations and how many units it counts, kept to show beside ours.

Needs the scope ``read_inventory``. Nothing of it is ever written back to Shopify (contract §9.9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items.unit_states import IN_STOCK, RESERVED
from serializer_app.store import upsert
from serializer_app.store.models import Location, Serial, ShopifyStock

COUNTED = 1000
"""Variants with more units than this are not compared: counting them would cost a page too much."""


@dataclass(frozen=True)
class ShopLocation:
    """A location as Shopify names it."""

    location_id: int
    name: str
    active: bool


@dataclass(frozen=True)
class Difference:
    """Shopify's number of units on hand and ours (in stock and assigned to open orders), where they differ."""

    shopify: int
    ours: int
    checked_at: datetime


def store_locations(session: Session, shop_id: int, found: Sequence[ShopLocation]) -> None:
    """Keep all locations of the shop; those that Shopify has no more are forgotten."""
    numbers = [one.location_id for one in found]
    session.execute(
        delete(Location).where(Location.shop_id == shop_id, Location.location_id.not_in(numbers)),
        execution_options={"synchronize_session": False},
    )
    if not found:
        return
    statement = upsert.insert(session, Location)
    statement = statement.on_conflict_do_update(
        index_elements=["shop_id", "location_id"],
        set_={"name": statement.excluded.name, "active": statement.excluded.active},
    )
    rows = [
        {"shop_id": shop_id, "location_id": one.location_id, "name": one.name, "active": one.active}
        for one in found
    ]
    session.connection().execute(statement, rows)


def locations(session: Session, shop_id: int) -> list[ShopLocation]:
    """Every location that is known, by name."""
    query = select(Location).where(Location.shop_id == shop_id)
    found = [ShopLocation(row.location_id, row.name, row.active) for row in session.scalars(query)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.location_id))


def location_names(session: Session, shop_id: int) -> dict[int, str]:
    """What locations are called, by their ID."""
    return {one.location_id: one.name for one in locations(session, shop_id)}


def variants_to_read(session: Session, shop_id: int, *, after: int, most: int) -> list[int]:
    """The next variants with units in the registry, by their ID. Every step is one probe of an index."""
    found: list[int] = []
    while len(found) < most:
        query = select(Serial.variant_id).where(Serial.shop_id == shop_id, Serial.variant_id > after)
        following = session.scalar(query.order_by(Serial.variant_id).limit(1))
        if following is None:
            break
        found.append(following)
        after = following
    return found


def store(session: Session, shop_id: int, counts: Mapping[int, Mapping[int, int] | None]) -> None:
    """Keep Shopify's units on hand: variant → location → units; None where Shopify does not track the variant."""
    moment = now()
    session.execute(
        delete(ShopifyStock).where(
            ShopifyStock.shop_id == shop_id, ShopifyStock.variant_id.in_(sorted(counts))
        ),
        execution_options={"synchronize_session": False},
    )
    rows = [
        {
            "shop_id": shop_id,
            "variant_id": variant_id,
            "location_id": location_id,
            "on_hand": units,
            "checked_at": moment,
        }
        for variant_id, at in counts.items()
        for location_id, units in (at or {}).items()
    ]
    if rows:
        session.connection().execute(upsert.insert(session, ShopifyStock).on_conflict_do_nothing(), rows)


def differences(session: Session, shop_id: int, variant_ids: Sequence[int]) -> dict[int, Difference]:
    """Of these variants those of which Shopify counts another number of units than the registry has."""
    rows = session.execute(
        select(ShopifyStock.variant_id, func.sum(ShopifyStock.on_hand), func.min(ShopifyStock.checked_at))
        .where(ShopifyStock.shop_id == shop_id, ShopifyStock.variant_id.in_(variant_ids))
        .group_by(ShopifyStock.variant_id)
    )
    found = {}
    for variant_id, on_hand, checked_at in rows.all():
        ours = _present(session, shop_id, variant_id)
        if ours is not None and ours != on_hand:
            found[variant_id] = Difference(int(on_hand), ours, checked_at)
    return found


def _present(session: Session, shop_id: int, variant_id: int) -> int | None:
    """Units of the registry that are here: in stock, or assigned to an order and not shipped. None above COUNTED."""
    total = 0
    for state in (IN_STOCK, RESERVED):
        some = (
            select(Serial.id)
            .where(
                Serial.shop_id == shop_id,
                Serial.variant_id == variant_id,
                Serial.state == state.value,
                Serial.source != "item",
            )
            .limit(COUNTED + 1)
            .subquery()
        )
        count = session.scalar(select(func.count()).select_from(some)) or 0
        if count > COUNTED:
            return None
        total += count
    return total
