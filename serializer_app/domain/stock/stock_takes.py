"""Stock-take: what was scanned on a shelf compared with what should be there. Nothing is changed by comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items.unit_states import IN_STOCK
from serializer_app.domain.registry import recognition
from serializer_app.errors import AppError
from serializer_app.store.models import Serial

MOST = 5_000
"""As many units may a shelf hold, and as many codes be scanned, in one stock-take."""


RECOGNIZED = 500
"""Up to this many codes that are no number of the registry are read as links, GS1 codes and the like."""


class Surprise(StrEnum):
    """Why a scanned code was not expected on the shelf."""

    UNKNOWN = "unknown"
    """No unit of the registry; it can be received."""
    OTHER_PRODUCT = "other_product"
    OTHER_LOCATION = "other_location"
    """In stock at another location; receiving it moves it here."""
    OTHER_STATE = "other_state"
    """Known, and not in stock: lost, sold, returned …"""


@dataclass(frozen=True)
class Unexpected:
    """A scanned code that should not be on the shelf; ``unit`` is None for an unknown one."""

    code: str
    surprise: Surprise
    unit: Serial | None


@dataclass(frozen=True)
class Comparison:
    """``found`` units are where they should be; ``scanned`` counts each code once."""

    scanned: int
    found: int
    missing: list[Serial]
    unexpected: list[Unexpected]


def compare(
    session: Session, shop_id: int, variant_id: int, location_id: int | None, codes: Sequence[str]
) -> Comparison:
    """Compare scanned codes with the units of a variant that are in stock, at one location or anywhere.

    Raises AppError ``stock_take_too_large`` (422) for more than MOST units or codes.
    """
    query = select(Serial).where(
        Serial.shop_id == shop_id,
        Serial.variant_id == variant_id,
        Serial.state == IN_STOCK.value,
        Serial.source != "item",
    )
    if location_id is not None:
        query = query.where(Serial.location_id == location_id)
    shelf = {unit.id: unit for unit in session.scalars(query.order_by(Serial.id).limit(MOST + 1))}
    if len(shelf) > MOST or len(codes) > MOST:
        raise AppError(
            "stock_take_too_large",
            f"A stock-take covers at most {MOST:,} units; choose a location, or count in parts",
            status=422,
        )
    named = _named(session, shop_id, codes)
    unexpected = []
    found: set[int] = set()
    for code, unit in named.values():
        if unit is not None and unit.id in shelf:
            found.add(unit.id)
        else:
            unexpected.append(Unexpected(code, _surprise(unit, variant_id), unit))
    missing = [unit for key, unit in shelf.items() if key not in found]
    return Comparison(len(named), len(found), missing, unexpected)


def _named(
    session: Session, shop_id: int, codes: Sequence[str]
) -> dict[int | str, tuple[str, Serial | None]]:
    """Each unit once, by its key, and each unknown code once. Plain numbers are found together, links one by one."""
    texts = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    keys = {code: serial_key(code) for code in texts}
    by_key: dict[str, Serial] = {}
    wanted = sorted({key for key in keys.values() if key and len(key) <= 256 and key.isprintable()})
    for start in range(0, len(wanted), 500):
        query = select(Serial).where(
            Serial.shop_id == shop_id,
            Serial.serial_key.in_(wanted[start : start + 500]),
            Serial.source != "item",
        )
        by_key |= {unit.serial_key: unit for unit in session.scalars(query)}
    named: dict[int | str, tuple[str, Serial | None]] = {}
    unread = RECOGNIZED
    for code in texts:
        unit = by_key.get(keys[code])
        if unit is None and unread:
            unread -= 1
            scanned = recognition.recognize(session, shop_id, code, orders=False)
            units = [serial for serial in scanned.serials if serial.source != "item"]
            unit = units[0] if len(units) == 1 and not scanned.near else None
        named.setdefault(keys[code] or code if unit is None else unit.id, (code, unit))
    return named


def _surprise(unit: Serial | None, variant_id: int) -> Surprise:
    if unit is None:
        return Surprise.UNKNOWN
    if unit.variant_id != variant_id:
        return Surprise.OTHER_PRODUCT
    return Surprise.OTHER_LOCATION if unit.state == IN_STOCK else Surprise.OTHER_STATE
