"""Items found by whatever a person knows of them. Each way is an index probe or a bounded walk; results are few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy import text as text_clause
from sqlalchemy.orm import Session

from serializer_app.domain.desk import variant_list
from serializer_app.domain.ids.reader import Form
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import field_values, pages
from serializer_app.domain.items.pages import FilterName, Filters
from serializer_app.domain.orders import lookups
from serializer_app.domain.paging import END, Place
from serializer_app.domain.registry.recognition import Recognized
from serializer_app.store.models import Item, Line, Order, Variant

MOST = 50


@dataclass(frozen=True)
class Found:
    """An item with the names of what it belongs to."""

    item: Item
    order_name: str | None
    product: str | None
    variant: str | None


def search(session: Session, shop_id: int, code: Recognized) -> list[Found]:
    """Up to MOST items that a code stands for, or whose ID, number, order, customer, product or field is like it.

    A unit's link and a GS1 code lead to their units; of a plain text the beginning of a serial number is enough.
    """
    keys = dict.fromkeys(_of_code(session, shop_id, code))
    text = code.number or code.reading.text
    if code.reading.form is Form.PLAIN:
        for way in (_by_serial_beginning, _by_order, _by_number, _by_variant, _by_field_value):
            if len(keys) >= MOST:
                break
            keys |= dict.fromkeys(way(session, shop_id, text))
    return described(session, shop_id, list(keys)[:MOST])


def _of_code(session: Session, shop_id: int, code: Recognized) -> Iterable[int]:
    """Living items by what the code was recognized as: the unit, else those of its product or order."""
    keys = [item.id for item in (*code.items, *code.suggested) if item.removed_at is None]
    tied = [serial.item_key for serial in code.serials if serial.item_key is not None]
    if tied:
        living = select(Item.id).where(Item.shop_id == shop_id, Item.id.in_(tied), Item.removed_at.is_(None))
        keys += session.scalars(living)
    if not keys:
        for order_id in code.orders[:3]:
            keys += _filtered(session, shop_id, {"order_id": order_id})
        for variant_id in code.products[:5]:
            keys += _of_variant(session, shop_id, variant_id)
    return keys


def _of_variant(session: Session, shop_id: int, variant_id: int) -> list[int]:
    """The newest items of a variant."""
    rows = pages.page(
        session.connection(),
        shop_id,
        {"variant_id": variant_id},
        END,
        most=20,
    ).rows
    return [row[0] for row in rows][::-1]


def page(
    session: Session, shop_id: int, filters: Filters, *, before: int | None = None, after: int | None = None
) -> tuple[list[Found], int | None, int | None]:
    """(items newest first, key to newer ones, key to older ones), all filters of item_pages joined by AND."""
    connection = session.connection()
    if after is not None:
        found = pages.page(connection, shop_id, filters, Place("next", after), most=MOST)
        newer, older = found.has_next, True
    else:
        found = pages.page(connection, shop_id, filters, Place("previous", before), most=MOST)
        newer, older = before is not None, found.has_previous
    keys = [row[0] for row in found.rows][::-1]
    shown = described(session, shop_id, keys)
    return shown, keys[0] if keys and newer else None, keys[-1] if keys and older else None


def described(session: Session, shop_id: int, keys: Sequence[int]) -> list[Found]:
    """Items by their keys, in that order, in four queries."""
    if not keys:
        return []
    items = {
        item.id: item
        for item in session.scalars(select(Item).where(Item.shop_id == shop_id, Item.id.in_(keys)))
    }
    order_ids = {item.order_id for item in items.values()}
    orders = session.execute(
        select(Order.order_id, Order.name).where(Order.shop_id == shop_id, Order.order_id.in_(order_ids))
    )
    names = {row.order_id: row.name for row in orders}
    titles = variant_titles(session, shop_id, {item.variant_id for item in items.values()})
    # A variant that the catalog does not know (yet, or no longer) is called what the order calls it.
    lines = session.execute(
        select(Line.line_item_id, Line.title, Line.variant_title).where(
            Line.shop_id == shop_id, Line.line_item_id.in_({item.line_item_id for item in items.values()})
        )
    )
    sold = {row.line_item_id: (row.title, row.variant_title) for row in lines}
    found = []
    for key in (key for key in keys if key in items):
        item = items[key]
        title = titles.get(item.variant_id, (None, None))
        title = title if title[0] else sold.get(item.line_item_id, (None, None))
        found.append(Found(item, names.get(item.order_id), *title))
    return found


def variant_titles(
    session: Session, shop_id: int, variant_ids: Iterable[int]
) -> dict[int, tuple[str | None, str | None]]:
    """variant ID → (product title, variant title)."""
    rows = session.execute(
        select(Variant.variant_id, Variant.product_title, Variant.title).where(
            Variant.shop_id == shop_id, Variant.variant_id.in_(set(variant_ids))
        )
    )
    return {
        variant_id: (product, None if title == "Default Title" else title)
        for variant_id, product, title in rows
    }


def _filtered(session: Session, shop_id: int, filters: Filters) -> list[int]:
    return [row[0] for row in pages.page(session.connection(), shop_id, filters, most=MOST).rows]


def _by_serial_beginning(session: Session, shop_id: int, text: str) -> Iterable[int]:
    key = serial_key(text)
    if len(key) < 2:
        return ()
    query = select(Item.id).where(
        Item.shop_id == shop_id, Item.serial_key.is_not(None), Item.removed_at.is_(None)
    )
    if session.get_bind().dialect.name == "sqlite":
        # SQLite's LIKE ignores case and with it the index; its texts are ordered by their bytes.
        query = query.where(Item.serial_key >= key, Item.serial_key < key + "\U0010ffff")
    else:
        # By bytes as well, whatever the collation: the operators of text_pattern_ops, and of the index made with it.
        begins, ends = Item.serial_key.op("~>=~")(key), Item.serial_key.op("~<~")(key + "\U0010ffff")
        # In the order of that index too: in the database's own language it would sort every number that begins so.
        query = query.where(begins, ends).order_by(text_clause("items.serial_key USING ~<~"))
        return session.scalars(query.limit(MOST)).all()
    return session.scalars(query.order_by(Item.serial_key, Item.id).limit(MOST)).all()


def _by_order(session: Session, shop_id: int, text: str) -> list[int]:
    keys: list[int] = []
    for order_id in lookups.named(session, shop_id, text, most=3):
        keys += _filtered(session, shop_id, {"order_id": order_id})
    return keys


def _by_number(session: Session, shop_id: int, text: str) -> list[int]:
    if not (text.isascii() and text.isdigit() and 4 <= len(text) < 19):
        return []
    keys: list[int] = []
    names: tuple[FilterName, ...] = ("customer_id", "variant_id", "line_item_id")
    for name in names:
        keys += _filtered(session, shop_id, {name: int(text)})
    return keys


def _by_variant(session: Session, shop_id: int, text: str) -> list[int]:
    if len(text) < 3:
        return []
    variants, _, _ = variant_list.page(session, shop_id, text=text, most=5)
    keys: list[int] = []
    for variant in variants:
        keys += _of_variant(session, shop_id, variant.variant_id)
    return keys


def _by_field_value(session: Session, shop_id: int, text: str) -> Iterable[int]:
    keys = field_values.search(session, shop_id, text, most=200)
    if not keys:
        return ()
    query = select(Item.id).where(Item.shop_id == shop_id, Item.id.in_(keys), Item.removed_at.is_(None))
    living = set(session.scalars(query))
    return [key for key in keys if key in living][:MOST]
