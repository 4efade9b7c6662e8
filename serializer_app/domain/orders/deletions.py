"""Orders that end: Shopify said so, or has it no longer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.gate import holds
from serializer_app.domain.items import items
from serializer_app.domain.items.mirrored import MirroredPages, read_pages
from serializer_app.store import outbox, upsert
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Line, Mirror, Order


def delete(session: Session, shop_id: int, order_id: int, *, actor: str) -> int:
    """The order is gone in Shopify: all its items go, filled ones too, and a tombstone keeps it from coming back."""
    moment = now()
    row = {"shop_id": shop_id, "order_id": order_id, "deleted_at": moment}
    session.connection().execute(
        upsert.insert(session, Order)
        .values(row)
        .on_conflict_do_update(index_elements=["shop_id", "order_id"], set_={"deleted_at": moment})
    )
    removed = _empty(session, shop_id, order_id, actor=actor, reason="order-deleted")
    outbox.put(session, shop_id, JobKind.MIRROR_ORDER, [order_id])
    holds.serials_changed(session, shop_id, order_id)
    return removed


def was_there(session: Session, shop_id: int, order_id: int) -> bool:
    """Whether Shopify surely had this order: it took a metafield for it, or had a day to show it."""
    pages = session.scalar(select(Mirror.pages).where(*_mirror_of(shop_id, order_id)))
    if pages is not None and was_taken(read_pages(pages)):
        return True
    first = session.scalar(
        select(func.min(Item.created_at)).where(Item.shop_id == shop_id, Item.order_id == order_id)
    )
    return first is not None and first < now() - timedelta(days=1)


def was_taken(pages: MirroredPages) -> bool:
    """Whether Shopify ever took or showed one of these metafields, and so their owner."""
    return any(page.digest or page.was or page.foreign for page in pages.values())


def vanish(session: Session, shop_id: int, order_id: int, *, actor: str) -> int:
    """Shopify no longer has the order, though no orders/delete came: its items go as after a deletion.

    Without a tombstone: this was concluded and not told, and a newer snapshot brings the items back.
    """
    session.execute(delete_from(Mirror).where(*_mirror_of(shop_id, order_id)))
    return _empty(session, shop_id, order_id, actor=actor, reason="order-vanished")


def _mirror_of(shop_id: int, order_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Mirror.shop_id == shop_id, Mirror.owner == "order", Mirror.owner_id == order_id)


def _empty(session: Session, shop_id: int, order_id: int, *, actor: str, reason: str) -> int:
    """Every line of an order and every item of it goes; returns how many items."""
    keys = session.scalars(
        select(Item.id).where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
    ).all()
    session.connection().execute(
        update(Line)
        .where(Line.shop_id == shop_id, Line.order_id == order_id)
        .values(quantity=0, removed_at=now())
    )
    return items.take_away(session, shop_id, keys, actor=actor, reason=reason)
