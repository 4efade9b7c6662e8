"""Metafield definitions under our keys: which ones this app created in a shop, and which were there before it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.store import upsert
from serializer_app.store.models import Definition

Place = tuple[str, str]
"""(Shopify's owner type, metafield key)."""


def note(session: Session, shop_id: int, places: Sequence[Place], *, ours: bool) -> None:
    """Note whose definitions these are. One that we created once stays ours."""
    rows = [
        {"shop_id": shop_id, "owner_type": owner_type, "key": key, "ours": ours, "noted_at": now()}
        for owner_type, key in places
    ]
    if not rows:
        return
    statement = upsert.insert(session, Definition)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "owner_type", "key"],
            set_={"ours": or_(Definition.ours, statement.excluded.ours)},
        ),
        rows,
    )


def ours(session: Session, shop_id: int) -> set[Place]:
    """Those that we created."""
    return _places(session, shop_id, ours=True)


def others(session: Session, shop_id: int) -> set[Place]:
    """Those that were there before we asked. We leave them as they are, and say so."""
    return _places(session, shop_id, ours=False)


def _places(session: Session, shop_id: int, *, ours: bool) -> set[Place]:
    rows = session.execute(
        select(Definition.owner_type, Definition.key).where(
            Definition.shop_id == shop_id, Definition.ours.is_(ours)
        )
    )
    return {(row.owner_type, row.key) for row in rows}
