"""Items as CSV or .xlsx: a stream of any length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Response, g, stream_with_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search
from serializer_app.domain.items import pages
from serializer_app.domain.items.pages import Filters
from serializer_app.domain.sheets.writer import TYPES, Writer
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Order
from serializer_app.web.desk.frame import desk
from serializer_app.web.desk.items import asked_filters
from serializer_app.web.house import house, still_alive

_CHUNK = 1000
_COLUMNS = (
    "item_id serial_number order order_id line_item_id variant_id product variant warranty auto_generated "
    "created_at updated_at"
).split()


@desk.get("/items/export.<form>")
def export_items(form: str) -> Response:
    """Every living item that matches the filters, page by page: memory stays flat however many there are."""
    if form not in TYPES:
        raise AppError("not_found", "There is no export of this kind", status=404)
    filters, shop_id = asked_filters(), g.shop_id
    with house().db.read() as session:
        keys = [field["key"] for field in shops.custom_fields(shops.by_id(session, shop_id))]
    writer = Writer(form, [*_COLUMNS, *keys])
    return download(_pieces(shop_id, filters, keys, writer), "items", form)


def download(pieces: Iterator[bytes], name: str, form: str) -> Response:
    """A spreadsheet that is sent while it is written."""
    return Response(
        stream_with_context(pieces),
        content_type=TYPES[form],  # type: ignore[index]  # one of TYPES
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            "Cache-Control": "no-store",
        },
    )


def _pieces(shop_id: int, filters: Filters, keys: list[str], writer: Writer) -> Iterator[bytes]:
    beyond: int | None = None
    while True:
        # A session of its own for each page: a slow reader holds no connection.
        with house().db.read() as session:
            page = pages.page(session.connection(), shop_id, filters, beyond=beyond, most=_CHUNK)
            yield writer.write(_cells(session, shop_id, page.rows, keys))
        still_alive()
        if not page.has_next:
            yield writer.end()
            return
        beyond = page.rows[-1][0]


def _cells(session: Session, shop_id: int, rows: Any, keys: list[str]) -> Iterator[list[Any]]:
    orders = {row[7] for row in rows}
    found = session.execute(
        select(Order.order_id, Order.name).where(Order.shop_id == shop_id, Order.order_id.in_(orders))
    )
    names = {row.order_id: row.name for row in found}
    titles = item_search.variant_titles(session, shop_id, {row[2] for row in rows})
    for _, line, variant, item_id, serial, warranty, fields, order, auto, made, changed in rows:
        values = {field["key"]: field["value"] for field in msgspec.json.decode(fields)} if keys else {}
        product, name = titles.get(variant, (None, None))
        yield [
            item_id,
            serial,
            names.get(order),
            order,
            line,
            variant,
            product,
            name,
            warranty,
            bool(auto),
            pages.printed(made),
            pages.printed(changed),
            *(values.get(key) for key in keys),
        ]
