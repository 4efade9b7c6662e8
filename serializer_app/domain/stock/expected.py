"""Lists of units that are expected: loaded before a delivery arrives, and ticked off by whatever door receives it.

A listed unit has arrived when the registry has it and it was not lost again, so that scanner page, file and API need no
step of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, delete, exists, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items.unit_states import IN_STOCK, RESERVED, SOLD
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.models import ExpectedUnit, Serial

MOST = 10_000
"""As many numbers may the list of one variant hold."""

SHOWN = 200

_ARRIVED = exists().where(
    Serial.shop_id == ExpectedUnit.shop_id,
    Serial.serial_key == ExpectedUnit.serial_key,
    Serial.variant_id == ExpectedUnit.variant_id,
    Serial.state.in_([IN_STOCK, RESERVED, SOLD]),
)


@dataclass(frozen=True)
class Expectation:
    """How far a delivery is: numbers on the list, those that arrived, and those that arrived and are not on it."""

    listed: int
    arrived: int
    unlisted: int

    @property
    def missing(self) -> int:
        return self.listed - self.arrived


@dataclass(frozen=True)
class Loaded:
    """What became of a list: how many numbers it added, and how many were here or on a list already."""

    added: int
    known: int


def load(session: Session, shop_id: int, variant_id: int, numbers: Iterable[str], *, actor: str) -> Loaded:
    """Add serial numbers to the list of a variant. Those that are in stock, sold, or on a list already stay out.

    Raises AppError ``too_many_expected`` (422) if the list would hold more than MOST numbers.
    """
    named: dict[str, str] = {}
    for number in numbers:
        named.setdefault(serial_key(number), number)
    standing = progress(session, shop_id, variant_id)
    if (0 if standing is None else standing.listed) + len(named) > MOST:
        raise AppError("too_many_expected", f"A list holds at most {MOST:,} serial numbers", status=422)
    keys = sorted(named)
    here: set[str] = set()
    for start in range(0, len(keys), 500):
        query = select(Serial.serial_key).where(
            Serial.shop_id == shop_id,
            Serial.serial_key.in_(keys[start : start + 500]),
            Serial.state.in_([IN_STOCK, RESERVED, SOLD]),
        )
        here |= set(session.scalars(query))
    at = now()
    rows = [
        {
            "shop_id": shop_id,
            "serial_key": key,
            "serial_number": named[key],
            "variant_id": variant_id,
            "listed": True,
            "created_by": actor,
            "created_at": at,
        }
        for key in keys
        if key not in here
    ]
    added = 0
    insert = upsert.insert(session, ExpectedUnit).on_conflict_do_nothing().returning(ExpectedUnit.serial_key)
    for start in range(0, len(rows), 500):
        added += len(session.execute(insert.values(rows[start : start + 500])).all())
    return Loaded(added, len(named) - added)


def progress(session: Session, shop_id: int, variant_id: int) -> Expectation | None:
    """How far the delivery of a variant is; None without a list. A list is short (MOST), so counting it is cheap."""
    listed, arrived, unlisted = session.execute(
        select(
            func.coalesce(func.sum(case((ExpectedUnit.listed, 1), else_=0)), 0),
            func.coalesce(func.sum(case((and_(ExpectedUnit.listed, _ARRIVED), 1), else_=0)), 0),
            func.coalesce(func.sum(case((ExpectedUnit.listed, 0), else_=1)), 0),
        ).where(ExpectedUnit.shop_id == shop_id, ExpectedUnit.variant_id == variant_id)
    ).one()
    return Expectation(int(listed), int(arrived), int(unlisted)) if listed or unlisted else None


def missing(session: Session, shop_id: int, variant_id: int) -> list[str]:
    """The first SHOWN numbers of the list that have not arrived."""
    return list(session.scalars(_numbers(shop_id, variant_id).where(ExpectedUnit.listed, ~_ARRIVED)))


def unlisted(session: Session, shop_id: int, variant_id: int) -> list[str]:
    """The first SHOWN numbers that arrived although the list does not name them."""
    return list(session.scalars(_numbers(shop_id, variant_id).where(~ExpectedUnit.listed)))


def note_arrival(session: Session, shop_id: int, unit: Serial, *, actor: str) -> bool | None:
    """Note a unit that arrived; returns whether the list of its variant names it, None without a list."""
    row = session.get(ExpectedUnit, (shop_id, unit.serial_key))
    if row is not None and row.variant_id == unit.variant_id:
        return row.listed
    of_variant = (ExpectedUnit.shop_id == shop_id, ExpectedUnit.variant_id == unit.variant_id)
    if session.scalar(select(ExpectedUnit.serial_key).where(*of_variant).limit(1)) is None:
        return None
    values = {
        "shop_id": shop_id,
        "serial_key": unit.serial_key,
        "serial_number": unit.serial_number,
        "variant_id": unit.variant_id,
        "listed": False,
        "created_by": actor,
        "created_at": now(),
    }
    session.execute(upsert.insert(session, ExpectedUnit).on_conflict_do_nothing().values(values))
    return False


def forget_unlisted(session: Session, unit: Serial) -> None:
    """Take back the note that a unit arrived without being on the list."""
    row = session.get(ExpectedUnit, (unit.shop_id, unit.serial_key))
    if row is not None and not row.listed:
        session.delete(row)


def close(session: Session, shop_id: int, variant_id: int) -> None:
    """Delete the list of a variant; the units that arrived stay."""
    session.execute(
        delete(ExpectedUnit).where(ExpectedUnit.shop_id == shop_id, ExpectedUnit.variant_id == variant_id),
        execution_options={"synchronize_session": False},
    )


def _numbers(shop_id: int, variant_id: int) -> Select[str]:
    return (
        select(ExpectedUnit.serial_number)
        .where(ExpectedUnit.shop_id == shop_id, ExpectedUnit.variant_id == variant_id)
        .order_by(ExpectedUnit.serial_key)
        .limit(SHOWN)
    )
