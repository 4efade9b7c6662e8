"""The lines of an order, written as a snapshot shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items import unit_states
from serializer_app.domain.items.plan import Fulfilments, OrderSnapshot, Plan, StoredLine
from serializer_app.store import upsert
from serializer_app.store.models import Line


def write(
    session: Session, shop_id: int, snapshot: OrderSnapshot, todo: Plan, stored: dict[int, StoredLine]
) -> None:
    """A line keeps the variant it was first seen with; one that the snapshot lacks has no units any more."""
    rows = []
    for position, line in enumerate(snapshot.lines):
        known = stored.get(line.line_item_id)
        rows.append(
            {
                "shop_id": shop_id,
                "line_item_id": line.line_item_id,
                "order_id": snapshot.order_id,
                "position": position,
                "variant_id": line.variant_id if known is None else known.variant_id or line.variant_id,
                "product_id": line.product_id,
                "title": line.title,
                "variant_title": line.variant_title,
                "sku": line.sku,
                "quantity": snapshot.units(line),
                "follows": todo.follows.get(line.line_item_id, False) if known is None else known.follows,
                "fulfilled_at": line.fulfilled_at,
                "removed_at": None,
            }
        )
    if rows:
        _upsert_lines(session, rows, fulfilments=None if not stored else snapshot.fulfilments)
    if todo.gone:
        session.connection().execute(
            update(Line)
            .where(Line.shop_id == shop_id, Line.line_item_id.in_(todo.gone), Line.removed_at.is_(None))
            .values(quantity=0, removed_at=now())
        )


def _upsert_lines(
    session: Session, rows: Sequence[Mapping[str, object]], *, fulfilments: Fulfilments | None
) -> None:
    """Insert lines, or change those that are there; ``fulfilments`` is None where none can be."""
    if fulfilments is None:
        statement = upsert.insert_new(session, Line)
    else:
        statement = upsert.insert(session, Line)
        excluded = statement.excluded
        kept = ("shop_id", "line_item_id", "order_id", "follows")
        changed: dict[str, object] = {name: excluded[name] for name in rows[0] if name not in kept}
        # A payload that comes after the product was deleted no longer names it.
        changed["product_id"] = func.coalesce(excluded.product_id, Line.product_id)
        changed["fulfilled_at"] = _fulfilled_at(fulfilments, excluded.fulfilled_at)
        statement = statement.on_conflict_do_update(index_elements=["shop_id", "line_item_id"], set_=changed)
    session.connection().execute(statement, rows)


def _fulfilled_at(
    fulfilments: Fulfilments, shown: ColumnElement[datetime | None]
) -> ColumnElement[datetime | None]:
    """The line's own date as shown, even where a cancelled fulfilment took it back. The order's only fills a gap."""
    return shown if fulfilments == "by line" else func.coalesce(Line.fulfilled_at, shown)


def follow_shipping(
    session: Session, shop_id: int, snapshot: OrderSnapshot, stored: dict[int, StoredLine], *, actor: str
) -> None:
    """Units of the registry become sold when their line is shipped. Costs nothing where no item is such a unit."""
    shipped, waiting = [], []
    for line in snapshot.lines:
        known = stored.get(line.line_item_id)
        if known is None or not any(item.has_unit for item in known.living):
            continue
        if line.fulfilled_at is not None and not known.shipped:
            shipped.append(line.line_item_id)
        elif line.fulfilled_at is None and known.shipped and snapshot.fulfilments == "by line":
            waiting.append(line.line_item_id)
    if shipped or waiting:
        unit_states.follow_shipping(session, shop_id, shipped, waiting, actor=actor)
