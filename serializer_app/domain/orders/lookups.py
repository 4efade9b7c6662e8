"""Which orders there are: lists and single facts that the worker and the doors look up, without loading an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from serializer_app.store.models import Item, Line, Mirror, Order, Variant


def is_known(session: Session, shop_id: int, order_id: int) -> bool:
    """Whether we ever heard of an order, a deleted one too."""
    return session.get(Order, (shop_id, order_id)) is not None


def is_deleted(session: Session, shop_id: int, order_id: int) -> bool:
    """Whether Shopify told that an order was deleted."""
    order = session.get(Order, (shop_id, order_id))
    return order is not None and order.deleted_at is not None


def with_variant(session: Session, shop_id: int, variant_id: int, *, after: int, most: int) -> list[int]:
    """Orders that hold a variant, by their ID behind ``after``: their counts change when it is toggled."""
    return list(
        session.scalars(
            select(Line.order_id)
            .where(Line.shop_id == shop_id, Line.variant_id == variant_id, Line.order_id > after)
            .group_by(Line.order_id)
            .order_by(Line.order_id)
            .limit(most)
        )
    )


def updated_at(session: Session, shop_id: int, order_id: int) -> datetime | None:
    """When the newest applied snapshot of an order was made, None for an order never seen."""
    return session.execute(
        select(Order.source_updated_at).where(Order.shop_id == shop_id, Order.order_id == order_id)
    ).scalar_one_or_none()


def with_something_trackable(session: Session, shop_id: int, *, after: int, most: int) -> list[int]:
    """Orders that have or had metafields, by their ID behind ``after``: mirrored ones, ones with items, ones with
    units that are trackable now.
    """
    with_items = exists().where(
        Item.shop_id == Order.shop_id, Item.order_id == Order.order_id, Item.removed_at.is_(None)
    )
    mirrored = exists().where(
        Mirror.shop_id == shop_id, Mirror.owner == "order", Mirror.owner_id == Order.order_id
    )
    tracked = exists().where(
        Line.shop_id == Order.shop_id,
        Line.order_id == Order.order_id,
        Variant.shop_id == Line.shop_id,
        Variant.variant_id == Line.variant_id,
        Variant.trackable,
    )
    return list(
        session.scalars(
            select(Order.order_id)
            .where(Order.shop_id == shop_id, Order.order_id > after, Order.deleted_at.is_(None))
            .where(mirrored | with_items | tracked)
            .order_by(Order.order_id)
            .limit(most)
        )
    )


def ordered_at(session: Session, shop_id: int, order_id: int) -> datetime | None:
    """When an order was placed, None for one never seen alive."""
    return session.execute(
        select(Order.ordered_at).where(Order.shop_id == shop_id, Order.order_id == order_id)
    ).scalar_one_or_none()


def names(session: Session, shop_id: int, order_ids: Sequence[int]) -> dict[int, str | None]:
    """What orders are called, by their ID; one never seen is absent."""
    rows = session.execute(
        select(Order.order_id, Order.name).where(Order.shop_id == shop_id, Order.order_id.in_(order_ids))
    )
    return {row.order_id: row.name for row in rows}


def named(session: Session, shop_id: int, name: str, *, most: int = 10) -> list[int]:
    """Orders called ``name`` (``#1001`` or ``1001``), or with that ID; newest first."""
    bare = name.strip().removeprefix("#")
    query = (
        select(Order.order_id)
        .where(Order.shop_id == shop_id, Order.name.in_([name.strip(), bare, f"#{bare}"]))
        # "+ 0": SQLite would rather walk all orders by their key than look a name up and sort.
        .order_by((Order.order_id + 0).desc())
        .limit(most)
    )
    found = list(session.scalars(query))
    if bare.isascii() and bare.isdigit() and 8 < len(bare) < 19:
        by_id = select(Order.order_id).where(Order.shop_id == shop_id, Order.order_id == int(bare))
        found += [key for key in session.scalars(by_id) if key not in found]
    return found
