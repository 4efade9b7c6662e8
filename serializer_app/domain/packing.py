"""The packing table: what a scanned code means for the order that is being packed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain import item_pages, items, order_list
from serializer_app.domain.codes import read_item_id, serial_key
from serializer_app.domain.registry import serials
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Serial


@dataclass(frozen=True)
class Scanned:
    """The unit of this order that a code stands for; ``entered``: the code became its serial number just now."""

    item: Item
    entered: bool


def orders_of(session: Session, shop_id: int, code: str) -> list[int]:
    """Orders that a scanned code leads to: by number, or by the item ID or serial number of a unit of theirs."""
    found = order_list.named(session, shop_id, code, most=2)
    if found:
        return found
    rows: Sequence[Any] = item_pages.page(session.connection(), shop_id, {"itemRef": code}, most=50).rows
    return list(dict.fromkeys(row[7] for row in rows))


def scan(
    session: Session,
    shop_id: int,
    order_id: int,
    code: str,
    *,
    line_item_id: int | None,
    seen: Collection[str],
    actor: str,
) -> Scanned:
    """Check one unit off. A serial number that nobody entered yet goes to the next empty unit of its product.

    ``seen`` are the item IDs checked already, ``line_item_id`` where an unknown number belongs. Raises AppError
    ``scan_twice``, ``scan_used``, ``scan_other_product``, ``scan_full``, ``scan_unknown`` (all 409).
    """
    own = _own(session, shop_id, order_id, code)
    if own is not None:
        if own.item_id in seen:
            raise _wrong("scan_twice", "Scanned already")
        return Scanned(own, False)
    elsewhere: Sequence[Any] = item_pages.page(session.connection(), shop_id, {"itemRef": code}, most=50).rows
    serial = serials.find(session, shop_id, code)
    empty = _empty(session, shop_id, order_id, seen)
    if serial is not None:
        here = [item for item in empty if item.variant_id == serial.variant_id]
        if elsewhere or serial.item_key is not None or serial.state != "active":
            raise _wrong("scan_used", "Already used: it belongs to another order")
        if not here:
            raise _no_place(session, shop_id, order_id, serial.variant_id)
        return _enter(session, shop_id, here[0], serial.serial_number, actor)
    if elsewhere and read_item_id(code) is not None:
        raise _wrong("scan_used", "Already used: it belongs to another order")
    here = [item for item in empty if line_item_id in (None, item.line_item_id)]
    if not here:
        raise _wrong("scan_full", "This line is complete already")
    if _has_registry(session, shop_id, here[0].variant_id):
        # The maker's numbers of this product are known, so one that is none of them is a wrong scan.
        raise _wrong("scan_unknown", "Unknown: no serial number and no item ID of this shop")
    if any(row[2] == here[0].variant_id for row in elsewhere):
        raise _wrong("scan_used", "Already used: it belongs to another order")
    return _enter(session, shop_id, here[0], code, actor)


def _own(session: Session, shop_id: int, order_id: int, code: str) -> Item | None:
    item_id = read_item_id(code)
    living = (Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
    if item_id is not None:
        found = session.scalars(select(Item).where(*living, Item.item_id == item_id)).one_or_none()
        if found is not None:
            return found
    query = select(Item).where(*living, Item.serial_key == serial_key(code)).order_by(Item.id).limit(1)
    return session.scalars(query).first()


def _empty(session: Session, shop_id: int, order_id: int, seen: Collection[str]) -> list[Item]:
    query = select(Item).where(
        Item.shop_id == shop_id,
        Item.order_id == order_id,
        Item.removed_at.is_(None),
        Item.serial_key.is_(None),
    )
    return [item for item in session.scalars(query.order_by(Item.id)) if item.item_id not in seen]


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
    return Scanned(item, True)


def _wrong(code: str, message: str) -> AppError:
    return AppError(code, message, status=409)
