"""The packing table: what a scanned code means for the order that is being packed, and what was checked off.

What was checked off is kept, so that a reload or a colleague at the next table goes on where somebody stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import item_pages, items, order_list, ties
from serializer_app.domain.codes import read_item_id, serial_key
from serializer_app.domain.registry import serials
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.models import Item, PackedUnit, Serial

_LINKS = ("https://", "http://")


@dataclass(frozen=True)
class Scanned:
    """The unit of this order that a code stands for; ``entered``: the code became its serial number just now."""

    item: Item
    entered: bool


def number_of(session: Session, shop_id: int, code: str) -> str:
    """What a label's code says: the number itself, or of a unit's own link or a GS1 Digital Link the unit's number."""
    if not code.startswith(_LINKS):
        return code
    try:
        path = urlsplit(code).path
    except ValueError:
        return code
    _, of_unit, token = path.rpartition("/u/")
    if of_unit:
        serial = serials.by_token(session, shop_id, token)
        return code if serial is None else serial.serial_number
    _, of_gs1, number = path.rpartition("/21/")
    return unquote(number) if of_gs1 else code


def orders_of(session: Session, shop_id: int, code: str) -> list[int]:
    """Orders that a scanned code leads to: by number, or by the item ID or serial number of a unit of theirs."""
    found = order_list.named(session, shop_id, code, most=2)
    if found:
        return found
    reference = number_of(session, shop_id, code)
    rows: Sequence[Any] = item_pages.page(session.connection(), shop_id, {"itemRef": reference}, most=50).rows
    return list(dict.fromkeys(row[7] for row in rows))


def standing(session: Session, shop_id: int, order_id: int) -> tuple[int, int]:
    """(units of the order, those of them that were checked off)."""
    total, packed = session.execute(
        select(func.count(), func.count(PackedUnit.item_key))
        .select_from(Item)
        .outerjoin(PackedUnit, (PackedUnit.shop_id == Item.shop_id) & (PackedUnit.item_key == Item.id))
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
    ).one()
    return total, packed


def packed(session: Session, shop_id: int, order_id: int) -> set[int]:
    """The keys of the units that were checked off."""
    query = select(PackedUnit.item_key).where(PackedUnit.shop_id == shop_id, PackedUnit.order_id == order_id)
    return set(session.scalars(query))


def start_again(session: Session, shop_id: int, order_id: int) -> None:
    """Nothing is checked off any more; serial numbers that were entered stay."""
    session.execute(
        delete(PackedUnit).where(PackedUnit.shop_id == shop_id, PackedUnit.order_id == order_id),
        execution_options={"synchronize_session": False},
    )


def scan(
    session: Session, shop_id: int, order_id: int, code: str, *, line_item_id: int | None, actor: str
) -> Scanned:
    """Check one unit off. A serial number that nobody entered yet goes to the next empty unit of its product.

    ``line_item_id`` is where an unknown number belongs. Raises AppError ``scan_twice``, ``scan_used``,
    ``scan_other_product``, ``scan_full``, ``scan_unknown``, and what ``ties.unit_to_enter`` refuses (all 409).
    """
    if code.startswith(_LINKS):
        raise _wrong("scan_unknown", "Unknown: no serial number and no item ID of this shop")
    own = _own(session, shop_id, order_id, code)
    if own is not None:
        return _check_off(session, own, actor)
    elsewhere: Sequence[Any] = item_pages.page(session.connection(), shop_id, {"itemRef": code}, most=50).rows
    serial = serials.find(session, shop_id, code)
    if serial is not None and serial.source != "item":
        if ties.active_item(session, shop_id, serial) is not None:
            raise _wrong("scan_used", "Already used: it belongs to another order")
        here = _empty(session, shop_id, order_id, Item.variant_id == serial.variant_id)
        if here is None:
            raise _no_place(session, shop_id, order_id, serial.variant_id)
        return _enter(session, shop_id, here, serial.serial_number, actor)
    if elsewhere and read_item_id(code) is not None:
        raise _wrong("scan_used", "Already used: it belongs to another order")
    on_line = () if line_item_id is None else (Item.line_item_id == line_item_id,)
    here = _empty(session, shop_id, order_id, *on_line)
    if here is None:
        raise _wrong("scan_full", "This line is complete already")
    if _has_registry(session, shop_id, here.variant_id):
        # The maker's numbers of this product are known, so one that is none of them is a wrong scan.
        raise _wrong("scan_unknown", "Unknown: no serial number and no item ID of this shop")
    if any(row[2] == here.variant_id for row in elsewhere):
        raise _wrong("scan_used", "Already used: it belongs to another order")
    return _enter(session, shop_id, here, code, actor)


def _check_off(session: Session, item: Item, actor: str) -> Scanned:
    """Two tables that scan one unit at once: one of them is told."""
    row = {
        "shop_id": item.shop_id,
        "item_key": item.id,
        "order_id": item.order_id,
        "packed_by": actor,
        "packed_at": now(),
    }
    made = session.connection().execute(
        outbox.insert(session, PackedUnit).on_conflict_do_nothing().returning(PackedUnit.item_key), row
    )
    if made.scalar_one_or_none() is None:
        raise _wrong("scan_twice", "Scanned already")
    return Scanned(item, False)


def _own(session: Session, shop_id: int, order_id: int, code: str) -> Item | None:
    item_id = read_item_id(code)
    living = (Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
    if item_id is not None:
        found = session.scalars(select(Item).where(*living, Item.item_id == item_id)).one_or_none()
        if found is not None:
            return found
    query = select(Item).where(*living, Item.serial_key == serial_key(code)).order_by(Item.id).limit(1)
    return session.scalars(query).first()


def _empty(session: Session, shop_id: int, order_id: int, *conditions: Any) -> Item | None:
    """The first unit without a serial number that was not checked off by its item ID."""
    query = (
        select(Item)
        .outerjoin(PackedUnit, (PackedUnit.shop_id == Item.shop_id) & (PackedUnit.item_key == Item.id))
        .where(
            Item.shop_id == shop_id,
            Item.order_id == order_id,
            Item.removed_at.is_(None),
            Item.serial_key.is_(None),
            PackedUnit.item_key.is_(None),
            *conditions,
        )
    )
    return session.scalars(query.order_by(Item.id).limit(1)).first()


def _no_place(session: Session, shop_id: int, order_id: int, variant_id: int) -> AppError:
    sold = session.scalar(
        select(Item.id)
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.variant_id == variant_id)
        .where(Item.removed_at.is_(None))
        .limit(1)
    )
    if sold is None:
        return _wrong("scan_other_product", "Other product: it belongs to no line of this order")
    return _wrong("scan_full", "This line is complete already")


def _has_registry(session: Session, shop_id: int, variant_id: int) -> bool:
    query = select(Serial.id).where(
        Serial.shop_id == shop_id, Serial.variant_id == variant_id, Serial.source != "item"
    )
    return session.scalar(query.limit(1)) is not None


def _enter(session: Session, shop_id: int, item: Item, serial: str, actor: str) -> Scanned:
    changes = items.ItemChanges(serial_number=serial)
    items.change(session, shop_id, item, changes, allowed_fields=(), actor=actor)
    _check_off(session, item, actor)
    return Scanned(item, True)


def _wrong(code: str, message: str) -> AppError:
    return AppError(code, message, status=409)
