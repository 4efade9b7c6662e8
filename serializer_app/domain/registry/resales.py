"""The warranty of a unit that was returned and sold again (``warrantyOnResale``)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items.ties import DENIED
from serializer_app.domain.registry import warranties
from serializer_app.domain.registry.warranties import WarrantyFacts
from serializer_app.store.models import Item, Line, Order, Registration, Shop


def covered_until(session: Session, shop: Shop, item: Item) -> date | None:
    """The last day of the first sale's warranty where it continues on this sale; None where the sale has its own.

    The first sale is the oldest one of the unit that ended with a return. A warranty that starts with the registration
    does not continue if nobody had registered the first sale.
    """
    if shop.warranty_on_resale != "continue" or item.unit_id is None:
        return None
    first = session.scalars(
        select(Item)
        .where(
            Item.shop_id == shop.id,
            Item.unit_id == item.unit_id,
            Item.id < item.id,
            Item.returned_at.is_not(None),
        )
        .order_by(Item.id)
        .limit(1)
    ).first()
    if first is None:
        return None
    claim = session.scalars(
        select(Registration)
        .where(
            Registration.shop_id == shop.id,
            Registration.item_key == first.id,
            Registration.item_key.is_not(None),
            Registration.status != DENIED,
        )
        .order_by(Registration.id.desc())
        .limit(1)
    ).first()
    if claim is None and shop.warranty_start == "registration":
        return None
    line = session.get(Line, (shop.id, first.line_item_id))
    order = session.get(Order, (shop.id, first.order_id))
    facts = WarrantyFacts(
        registered_at=first.created_at if claim is None else claim.registered_at,
        warranty=first.warranty if claim is None or claim.warranty is None else claim.warranty,
        until=None if claim is None else claim.warranty_until,
        purchase_date=None if claim is None else claim.purchase_date,
        ordered_at=None if order is None else order.ordered_at,
        fulfilled_at=None if line is None else line.fulfilled_at,
    )
    return warranties.cover(facts, rule=shop.warranty_start, time_zone=shop.time_zone, at=now()).ends_on
