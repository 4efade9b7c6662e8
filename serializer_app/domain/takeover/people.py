"""What kept texts of another app may know about people: handed over and erased with the rest (domain.holdings)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain.privacy.privacy import DataSubject, Holding
from serializer_app.domain.takeover.foreign import as_kept
from serializer_app.store.crypto import Vault
from serializer_app.store.models import ForeignValue, Order, Shop
from serializer_app.text import JsonDict


def _of_person(shop_id: int, person: DataSubject) -> ColumnElement[bool]:
    theirs = select(Order.order_id).where(
        Order.shop_id == shop_id, Order.customer_id.in_(person.customer_ids)
    )
    orders = or_(ForeignValue.owner_id.in_(person.order_ids), ForeignValue.owner_id.in_(theirs))
    return and_(ForeignValue.shop_id == shop_id, ForeignValue.owner == "order", orders)


def _collect(session: Session, _vault: Vault, shop: Shop, person: DataSubject) -> list[JsonDict]:
    rows = session.scalars(
        select(ForeignValue).where(_of_person(shop.id, person), ForeignValue.erased_at.is_(None))
    )
    return [
        {
            "orderId": value.owner_id,
            "key": value.key,
            "firstText": value.first_text.encode("utf-8", "replace").decode(),
            "latestText": value.text.encode("utf-8", "replace").decode(),
            "firstSeenAt": iso(value.first_seen_at),
        }
        for value in map(as_kept, rows)
    ]


def _erase(session: Session, _vault: Vault, shop: Shop, person: DataSubject, _actor: str) -> int:
    """The texts go and the rows stay: what Shopify holds is still not ours to overwrite."""
    result = session.execute(
        update(ForeignValue)
        .where(_of_person(shop.id, person), ForeignValue.erased_at.is_(None))
        .values(first_text=b"", latest_text=None, erased_at=now()),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


HOLDING = Holding("foreign_values", ("foreign_values",), _collect, _erase)
"""It stands before the orders: they forget their customer, and with it which of these texts are about them."""
