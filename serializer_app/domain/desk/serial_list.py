"""Serials as staff look through them: searched by a code, or filtered and page by page, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.domain.items.ties import UNIT_HELD
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.paging import END, Page, Place, walk
from serializer_app.domain.registry.recognition import CodeKind, Recognized
from serializer_app.domain.registry.serial_lookups import SerialRow, serial_rows
from serializer_app.store.models import Registration, Serial

MOST = 50


_IS_REGISTERED = (
    exists()
    .where(Registration.shop_id == Serial.shop_id, Registration.serial_id == Serial.id, *UNIT_HELD)
    .correlate(Serial)
)


@dataclass(frozen=True)
class SerialFilters:
    """Which serials are meant. All filters must hold; None and an empty sequence stand for everything."""

    variant_ids: Sequence[int] = ()
    state: UnitState | None = None
    registered: bool | None = None
    keys: Sequence[int] = ()

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The filters for a query of serials."""
        found = self._own_conditions()
        if self.registered is not None:
            found.append(_IS_REGISTERED if self.registered else ~_IS_REGISTERED)
        return found

    def _own_conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.variant_ids:
            found.append(Serial.variant_id.in_(self.variant_ids))
        if self.state is not None:
            found.append(Serial.state == self.state.value)
        if self.keys:
            found.append(Serial.id.in_(self.keys))
        return found


def page(
    session: Session, shop_id: int, filters: SerialFilters, *, place: Place = END, most: int = MOST
) -> Page[SerialRow]:
    """A page of serials in the order they were entered; rows as of ``serial_lookups.serial_rows``."""
    key: InstrumentedAttribute[int] = Serial.id
    query: Select[int] = select(Serial.id).where(Serial.shop_id == shop_id, *filters.conditions)
    if filters.registered:
        # Most units of a shop may be unregistered, so the registrations lead, in the order of their index.
        key = Registration.serial_id
        query = (
            select(Registration.serial_id)
            .join(Serial, (Serial.shop_id == Registration.shop_id) & (Serial.id == Registration.serial_id))
            .where(Registration.shop_id == shop_id, *UNIT_HELD, *filters._own_conditions())
            .distinct()
        )
    found = walk(session, query, key, place, most)
    rows = serial_rows(session, shop_id, found.rows)
    return found.of([row for row in rows if not filters.registered or row.registration_id is not None])


def search(
    session: Session, shop_id: int, code: Recognized, filters: SerialFilters, *, place: Place = END
) -> Page[SerialRow]:
    """The serials that a typed or scanned code names; of the barcode or SKU of a product, that product's."""
    if code.kind is CodeKind.PRODUCT:
        return page(session, shop_id, replace(filters, variant_ids=code.products), place=place)
    keys = {serial.id for serial in code.serials}
    ties = [item.unit_id for item in code.items if item.unit_id is not None]
    rows = serial_rows(session, shop_id, sorted(keys.union(ties))[:MOST])
    return Page([row for row in rows if _matches(row, filters)], None, False, False)


def _matches(row: SerialRow, filters: SerialFilters) -> bool:
    return (
        (not filters.variant_ids or row.variant_id in filters.variant_ids)
        and (filters.state is None or row.state == filters.state)
        and (filters.registered is None or (row.registration_id is not None) is filters.registered)
    )
