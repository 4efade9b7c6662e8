"""What the metafields of orders are made of, read for many orders at a time.

A flash sale goes out as fast as Shopify's cost bucket allows only while a batch of 25 orders costs a few statements, so
these are prepared once and rows stay positions (performance.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, bindparam, func, select, true
from sqlalchemy.orm import Session

from serializer_app.store import outbox
from serializer_app.store.job_kinds import MIRRORS
from serializer_app.store.models import PUBLIC_ID, Item, Line, Mirror, Order, Variant

KEYS = re.compile(r"properties(_[1-9][0-9]*)?|serials")
"""The metafield keys that this app writes (contract §5)."""


class MirroredPage(msgspec.Struct, omit_defaults=True):
    """What we know of one metafield of an order or variant. ``Mirror.pages`` keeps one for each key."""

    hash: str = ""
    """SHA-256 of the text that Shopify holds from us; empty while that is not known."""
    digest: str = ""
    """Shopify's compareDigest of that text, which guards the next write."""
    was: str = ""
    """``shown``: Shopify showed the owner without this metafield. ``taken``: it held a value of ours once."""
    sent: list[str] = []
    """SHA-256 of texts that were sent, or about to be, before any answer came: they are ours if they turn up."""
    look: bool = False
    """Whether to ask what Shopify holds before anything is written."""
    foreign: str = ""
    """The compareDigest of a value here that is not ours. Nothing of the owner is written meanwhile (contract §8.1)."""

    @property
    def was_ours(self) -> bool:
        """Whether the last value known here was one of ours."""
        return bool(self.digest or self.was == "taken") and not self.foreign


MirroredPages = dict[str, MirroredPage]
"""Metafield key → what we know of it."""

_PAGES = msgspec.json.Decoder(MirroredPages)


def read_pages(stored: str) -> MirroredPages:
    """``Mirror.pages`` as values."""
    return _PAGES.decode(stored)


def write_pages(pages: MirroredPages) -> str:
    """The text that ``Mirror.pages`` keeps."""
    return msgspec.json.encode(pages).decode()


def to_look_at(pages: MirroredPages, keys: Iterable[str] = ()) -> MirroredPages:
    """The same pages and those of ``keys``, to be looked at before the next write. What is ours stays known as ours."""
    known = {**{key: MirroredPage() for key in keys}, **pages}
    return {key: msgspec.structs.replace(page, look=True) for key, page in known.items()}


_ORDER, _LINE, _VARIANT, _ITEM = (table.__table__.c for table in (Order, Line, Variant, Item))


def _in(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column.in_(bindparam("orders", expanding=True))


_ALIVE = select(_ORDER.order_id).where(
    _ORDER.shop_id == bindparam("shop"), _in(_ORDER.order_id), _ORDER.deleted_at.is_(None)
)
_TOTALS = (
    select(_LINE.order_id, func.sum(_LINE.quantity))
    .join(Variant.__table__, (_VARIANT.shop_id == _LINE.shop_id) & (_VARIANT.variant_id == _LINE.variant_id))
    .where(_LINE.shop_id == bindparam("shop"), _in(_LINE.order_id), _VARIANT.trackable == true())
    .group_by(_LINE.order_id)
)
_LIVING = (
    select(
        _ITEM.order_id,
        _ITEM.line_item_id,
        _ITEM.variant_id,
        PUBLIC_ID,
        _ITEM.serial_number,
        _ITEM.warranty,
        _ITEM.custom_fields,
    )
    .where(_ITEM.shop_id == bindparam("shop"), _in(_ITEM.order_id), _ITEM.removed_at.is_(None))
    .order_by(_ITEM.order_id, _ITEM.id)
)
_SIZES = (
    select(_ITEM.order_id, func.count())
    .where(_ITEM.shop_id == bindparam("shop"), _in(_ITEM.order_id), _ITEM.removed_at.is_(None))
    .group_by(_ITEM.order_id)
)
# By line: what was removed is in the index of lines alone.
_EVER = (
    select(_LINE.order_id)
    .join(Item.__table__, (_ITEM.shop_id == _LINE.shop_id) & (_ITEM.line_item_id == _LINE.line_item_id))
    .where(_LINE.shop_id == bindparam("shop"), _in(_LINE.order_id))
    .distinct()
)


@dataclass(frozen=True)
class MirrorStanding:
    """Whether the metafields of one owner say what is stored here."""

    waiting: outbox.WaitingJob | None
    """Its row of the outbox (store.outbox.state); None when nothing waits."""
    written_at: datetime | None


def standing(session: Session, shop_id: int, owner: str, owner_id: int) -> MirrorStanding:
    """How it stands with the metafields of an ``order`` or a ``variant``."""
    written_at = session.scalar(
        select(Mirror.written_at).where(
            Mirror.shop_id == shop_id, Mirror.owner == owner, Mirror.owner_id == owner_id
        )
    )
    return MirrorStanding(outbox.state(session, shop_id, MIRRORS[owner], owner_id), written_at)


class LivingItem(NamedTuple):
    """An item as the mirror shows it; warranty and custom fields in their stored forms."""

    order_id: int
    line_item_id: int
    variant_id: int
    item_id: str
    serial_number: str | None
    warranty: str | None
    custom_fields: str


@dataclass
class Contents:
    """Of one order: units that are trackable now (contract §1), and its living items in the order they were made."""

    total: int = 0
    rows: list[LivingItem] = field(default_factory=list)


def contents(session: Session, shop_id: int, order_ids: Sequence[int]) -> dict[int, Contents]:
    """By order ID; an unknown or deleted order is absent."""
    connection, place = session.connection(), {"shop": shop_id, "orders": list(order_ids)}
    found = {order_id: Contents() for order_id in connection.execute(_ALIVE, place).scalars()}
    for order_id, total in connection.execute(_TOTALS, place):
        if order_id in found:
            found[order_id].total = int(total)
    for row in connection.execute(_LIVING, place):
        if row[0] in found:
            found[row[0]].rows.append(LivingItem._make(row))
    return found


def sizes(session: Session, shop_id: int, order_ids: Sequence[int]) -> dict[int, int]:
    """How many living items these orders have; one without any is absent."""
    place = {"shop": shop_id, "orders": list(order_ids)}
    rows = session.connection().execute(_SIZES, place).all()
    return {row[0]: int(row[1]) for row in rows}


def ever_had_items(session: Session, shop_id: int, order_ids: Sequence[int]) -> set[int]:
    """Those of these orders that have or had items, removed ones included."""
    if not order_ids:
        return set()
    place = {"shop": shop_id, "orders": list(order_ids)}
    return set(session.connection().execute(_EVER, place).scalars())
