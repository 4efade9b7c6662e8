"""The units of an order as the desk shows them, and the look-up behind its search field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.items import items
from serializer_app.domain.orders.orders import OrderLine, missing_serials
from serializer_app.store.models import Item

PAGE = 250


def of_order(
    session: Session, shop_id: int, order_id: int, *, after: int = 0, most: int = PAGE
) -> tuple[Sequence[Item], int | None]:
    """Living items of an order in the order they were made, and the key to go on with."""
    rows = session.scalars(
        select(Item)
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None), Item.id > after)
        .order_by(Item.id)
        .limit(most + 1)
    ).all()
    kept = rows[:most]
    return kept, kept[-1].id if len(rows) > most else None


def missing_by_line(
    session: Session, shop_id: int, order_id: int, lines: Iterable[OrderLine]
) -> dict[int, int]:
    """How many serial numbers each line lacks (``orders.missing_serials``)."""
    numbered = items.counts(session, shop_id, order_id, numbered=True)
    return {line.line_item_id: missing_serials(line, numbered.get(line.line_item_id, 0)) for line in lines}
