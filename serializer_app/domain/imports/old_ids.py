"""Rows that bring an item ID of another app: the item keeps it (contract §8.2), as by takeover.adoption."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.ids import reader
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.imports.kinds import in_chunks
from serializer_app.domain.items import items
from serializer_app.domain.takeover import adoption, foreign
from serializer_app.domain.takeover.reading import ID_LENGTH, OldItem
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item


def check(typed: str) -> str:
    """The ID as it is compared. Raises AppError ``import_item_id_long`` 422."""
    key = old_id_key(typed)
    if key is None or len(typed) > ID_LENGTH:
        raise AppError("import_item_id_long", f"An item ID has at most {ID_LENGTH} characters", status=422)
    return key


def mistyped(session: Session, shop_id: int, unknown: Iterable[str]) -> dict[str, str]:
    """Which of these IDs are one typing error away from an item of ours, and from which."""
    near: dict[str, str] = {}
    for typed in unknown:
        if read_item_id(typed) is None:
            near |= dict.fromkeys(reader.near_item_ids(typed), typed)
    found: dict[str, str] = {}
    for some in in_chunks(near):
        # "+ 0": see desk.sheet_rows, where SQLite otherwise walks the shop.
        query = select(Item.own_id).where(Item.shop_id + 0 == shop_id, Item.own_id.in_(some))
        found |= {near[own_id]: own_id for own_id in session.scalars(query)}
    return found


def take_over(
    session: Session, shop_id: int, order_id: int, line_item_id: int, item_id: str, *, actor: str
) -> int:
    """Give an item of a line its old ID: a blank one, else a new one. Returns the item's key.

    Raises AppError ``foreign_values`` 409, ``import_item_id_taken`` 409.
    """
    foreign.refuse_if_held(session, shop_id, order_id)
    old = OldItem(item_id, None, line_item_id, None, None, {})
    adopted = adoption.add_items(session, shop_id, order_id, [old], actor=actor)
    item = items.find(session, shop_id, item_id)
    if adopted.problems or item is None or item.line_item_id != line_item_id:
        raise AppError(
            "import_item_id_taken", "Another item of this shop has this item ID by now", status=409
        )
    # The ID stands in the metafield too, also where the row says nothing else of the item.
    outbox.put(session, shop_id, JobKind.MIRROR_ORDER, [order_id])
    return item.id
