"""The returns page: what a scanned code is, the units of an order, and returned units that wait for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, serial_entry
from serializer_app.domain.desk.item_search import Found
from serializer_app.domain.items.unit_states import RETURNED
from serializer_app.domain.orders import lookups
from serializer_app.domain.registry import recognition
from serializer_app.domain.registry.recognition import OpenToken
from serializer_app.domain.stock import returns
from serializer_app.domain.stock.returns import ReturnScan
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Serial

SHOWN = 100


@dataclass(frozen=True)
class ReturnFound:
    """A scanned unit, what its order is called, and its product; both are None where it was never sold here."""

    scan: ReturnScan
    order: str | None
    product: str | None


def scan(
    session: Session, shop_id: int, code: str, *, order_id: int | None, open_token: OpenToken
) -> ReturnFound | int:
    """What a code is on the returns page: a unit, or the ID of the order that it names.

    Raises AppError 409 ``return_several_orders`` and what ``serial_entry.refuse_other_things`` refuses, so that a
    product's barcode is not called a unit of somebody else.
    """
    found = recognition.recognize(session, shop_id, code, open_token=open_token)
    if not found.items and not found.serials:
        if len(found.orders) > 1:
            message = "Several orders are called {number}. Scan a unit instead"
            values = {"number": found.number}
            raise AppError("return_several_orders", message.format_map(values), status=409, values=values)
        if found.orders:
            return found.orders[0]
        serial_entry.refuse_other_things(session, shop_id, found)
    scanned = returns.scan(session, shop_id, code, order_id=order_id, open_token=open_token)
    item, unit = scanned.item, scanned.unit
    variant_id = item.variant_id if item is not None else unit.variant_id if unit is not None else None
    name = None
    if item is not None:
        name = lookups.names(session, shop_id, [item.order_id]).get(item.order_id) or str(item.order_id)
    product = None if variant_id is None else serial_entry.product_name(session, shop_id, [variant_id])
    return ReturnFound(scanned, name, product)


def units_of(session: Session, shop_id: int, order_id: int) -> list[Found]:
    """The units of an order that were sold or came back, the first SHOWN."""
    keys = session.scalars(
        select(Item.id)
        .where(Item.shop_id == shop_id, Item.order_id == order_id)
        .where(Item.removed_at.is_(None) | Item.returned_at.is_not(None))
        .order_by(Item.id)
        .limit(SHOWN)
    ).all()
    return item_search.described(session, shop_id, keys)


def undecided(session: Session, shop_id: int) -> Sequence[Serial]:
    """Units that came back and about which nobody has decided yet, the latest SHOWN."""
    return session.scalars(
        select(Serial)
        .where(Serial.shop_id == shop_id, Serial.state == RETURNED.value)
        .order_by(Serial.id.desc())
        .limit(SHOWN)
    ).all()
