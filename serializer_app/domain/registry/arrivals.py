"""What happens when serials become known: other systems are told, and items that have the number are tied to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.items import ties, unit_states
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.webhooks_out import deliveries
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Serial

AT_ONCE = 250
"""How many units one event names."""


class NewSerial(NamedTuple):
    """A serial as it is inserted."""

    serial_number: str
    key: str
    variant_id: int
    token: str
    state: UnitState = UnitState.IN_STOCK
    location_id: int | None = None


def record(session: Session, shop_id: int, arrived: Sequence[NewSerial], *, actor: str) -> None:
    """Announce units that were entered in stock, and tie those whose number an item has had before."""
    if not arrived:
        return
    _announce(session, shop_id, [row for row in arrived if row.state is UnitState.IN_STOCK])
    by_key = {row.key: row for row in arrived}
    keys = sorted(by_key)
    sold: dict[tuple[str, int], list[Item]] = {}
    for start in range(0, len(keys), 500):
        query = select(Item).where(
            Item.shop_id == shop_id,
            Item.serial_key.in_(keys[start : start + 500]),
            Item.serial_key.is_not(None),
            Item.removed_at.is_(None),
            Item.unit_id.is_(None),
        )
        for item in session.scalars(query):
            if item.serial_key is not None and by_key[item.serial_key].variant_id == item.variant_id:
                sold.setdefault((item.serial_key, item.variant_id), []).append(item)
    for (key, _), items in sorted(sold.items(), key=lambda found: found[0]):
        _tie(session, shop_id, key, items, actor=actor)


def _tie(session: Session, shop_id: int, key: str, items: Sequence[Item], *, actor: str) -> None:
    """Make the item a sale of the unit. Nobody can tell which of several items with one number is the unit."""
    unit = session.scalars(
        select(Serial)
        .where(Serial.shop_id == shop_id, Serial.serial_key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if len(items) > 1:
        if unit.state == UnitState.IN_STOCK:
            unit_states.change(session, unit, UnitState.SOLD, actor=actor, action="sold")
        return
    try:
        found = ties.unit_to_enter(session, shop_id, items[0], unit.serial_number)
    except AppError:
        # Entered as lost or in repair: its sale stays untied, as it was before the registry knew the number.
        return
    if found is not None:
        ties.tie(session, shop_id, found, items[0], actor=actor)


def _announce(session: Session, shop_id: int, arrived: Sequence[NewSerial]) -> None:
    if not deliveries.wanted(session, shop_id, "unit.received"):
        return
    by_location: dict[int | None, list[NewSerial]] = {}
    for row in arrived:
        by_location.setdefault(row.location_id, []).append(row)
    told = [
        {
            "locationId": location_id,
            "units": [
                {"serialNumber": row.serial_number, "productVariantId": row.variant_id, "state": row.state}
                for row in rows[start : start + AT_ONCE]
            ],
        }
        for location_id, rows in by_location.items()
        for start in range(0, len(rows), AT_ONCE)
    ]
    unit_states.announce(session, shop_id, "unit.received", told)
