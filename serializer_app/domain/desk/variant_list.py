"""Variants as staff look through them: searched, filtered, page by page by their key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from serializer_app.store.models import Variant

PAGE = 50

Tracked = Literal["tracked", "untracked", "automatic"]


def page(
    session: Session,
    shop_id: int,
    *,
    text: str = "",
    tracked: Tracked | None = None,
    products: Sequence[int] = (),
    after: int | None = None,
    before: int | None = None,
    most: int = PAGE,
) -> tuple[list[Variant], int | None, int | None]:
    """(variants that still exist, key to go back with, key to go on with); ``text`` stands anywhere in their names."""
    query = select(Variant).where(*_matching(shop_id, text, tracked, products)).limit(most + 1)
    if before is not None:
        rows = list(
            session.scalars(query.where(Variant.variant_id < before).order_by(Variant.variant_id.desc()))
        )
        more = len(rows) > most
        rows = rows[:most][::-1]
        return (
            rows,
            rows[0].variant_id if rows and more else None,
            rows[-1].variant_id if rows else before - 1,
        )
    if after is not None:
        query = query.where(Variant.variant_id > after)
    rows = list(session.scalars(query.order_by(Variant.variant_id)))
    more, rows = len(rows) > most, rows[:most]
    back = (rows[0].variant_id if rows else after + 1) if after is not None else None
    return rows, back, rows[-1].variant_id if rows and more else None


def count(
    session: Session,
    shop_id: int,
    *,
    text: str = "",
    tracked: Tracked | None = None,
    products: Sequence[int] = (),
) -> int:
    """How many variants a list shows on all its pages together."""
    query = select(func.count()).select_from(Variant).where(*_matching(shop_id, text, tracked, products))
    return session.scalar(query) or 0


def _matching(
    shop_id: int, text: str, tracked: Tracked | None, products: Sequence[int]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Variant.shop_id == shop_id, Variant.deleted_at.is_(None)]
    if tracked == "automatic":
        conditions.append(Variant.trackable & Variant.auto_generatable)
    elif tracked is not None:
        conditions.append(Variant.trackable.is_(tracked == "tracked"))
    if products:
        conditions.append(Variant.product_id.in_(products))
    for word in text.lower().split()[:5]:
        names = (Variant.product_title, Variant.title, Variant.sku, Variant.barcode)
        conditions.append(or_(*(func.lower(name).contains(word, autoescape=True) for name in names)))
    return conditions
