"""Items as rows of a file, in the columns that domain.imports.items reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search
from serializer_app.domain.ids import warranty
from serializer_app.domain.imports.kinds import Context, Opened, in_chunks
from serializer_app.domain.items import pages
from serializer_app.domain.items.pages import Filters
from serializer_app.domain.paging import START
from serializer_app.domain.sheets.writer import Value
from serializer_app.store.models import Item, Line, Order

_CHUNK = 1000


def export(opened: Opened, filters: Filters | None = None) -> Iterator[list[list[Value]]]:
    """Every living item that matches the filters, page by page: memory stays flat however many there are."""
    place = START
    more = True
    while more:
        with opened() as context:
            page = pages.page(
                context.session.connection(), context.shop.id, filters or {}, place, most=_CHUNK
            )
            written = _written(context, page.rows) if page.rows else []
        yield written
        more = page.has_next
        place = page.following


def _written(context: Context, rows: Sequence[pages.Row]) -> list[list[Value]]:
    session, shop_id, keys = context.session, context.shop.id, context.fields
    names: dict[int, str | None] = {}
    for some in in_chunks({row[7] for row in rows}):
        found = select(Order.order_id, Order.name).where(Order.shop_id == shop_id, Order.order_id.in_(some))
        names |= dict(session.execute(found).all())
    skus: dict[int, str | None] = {}
    places: dict[int, int] = {}
    for some in in_chunks({row[1] for row in rows}):
        lines = select(Line.line_item_id, Line.sku).where(
            Line.shop_id == shop_id, Line.line_item_id.in_(some)
        )
        skus |= dict(session.execute(lines).all())
        places |= _positions(session, shop_id, some)
    titles = item_search.variant_titles(session, shop_id, {row[2] for row in rows})
    written: list[list[Value]] = []
    for key, line, variant, item_id, serial, cover, fields, order, auto, made, changed in rows:
        values = {field["key"]: field["value"] for field in msgspec.json.decode(fields)} if keys else {}
        written.append(
            [
                item_id,
                serial,
                names.get(order),
                order,
                line,
                skus.get(line),
                places.get(key),
                warranty.written(cover),
                variant,
                *titles.get(variant, (None, None)),
                bool(auto),
                pages.printed(made),
                pages.printed(changed),
                *(values.get(name) for name in keys),
            ]
        )
    return written


def _positions(session: Session, shop_id: int, lines: Sequence[int]) -> dict[int, int]:
    """Each living item's place on its line, from 1, in the order they were made."""
    rows = session.execute(
        select(Item.id, Item.line_item_id).where(
            Item.shop_id == shop_id, Item.line_item_id.in_(lines), Item.removed_at.is_(None)
        )
    ).all()
    count: dict[int, int] = {}
    places: dict[int, int] = {}
    for key, line in sorted((row[0], row[1]) for row in rows):
        count[line] = places[key] = count.get(line, 0) + 1
    return places
