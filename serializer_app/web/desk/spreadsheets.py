"""Items as CSV: a stream of any length."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Response, g, stream_with_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain import item_pages, item_search, shops
from serializer_app.domain.item_pages import Filters
from serializer_app.domain.sheet_rows import FORMULA
from serializer_app.store.models import Order
from serializer_app.web.desk.frame import desk
from serializer_app.web.desk.items import asked_filters
from serializer_app.web.house import house, still_alive

_CHUNK = 1000
_COLUMNS = (
    "item_id serial_number order order_id line_item_id variant_id product variant warranty auto_generated "
    "created_at updated_at"
).split()


@desk.get("/items/export.csv")
def export_items() -> Response:
    """Every living item that matches the filters, page by page: memory stays flat however many there are."""
    filters, shop_id = asked_filters(), g.shop_id
    with house().db.read() as session:
        keys = [field["key"] for field in shops.custom_fields(shops.by_id(session, shop_id))]
    rows = stream_with_context(_lines(shop_id, filters, keys))
    return Response(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="items.csv"', "Cache-Control": "no-store"},
    )


def _lines(shop_id: int, filters: Filters, keys: list[str]) -> Iterator[str]:
    yield "\ufeff" + _written([[*_COLUMNS, *(safe(key) for key in keys)]])
    beyond: int | None = None
    while True:
        # A session of its own for each page: a slow reader holds no connection.
        with house().db.read() as session:
            page = item_pages.page(session.connection(), shop_id, filters, beyond=beyond, most=_CHUNK)
            yield _written(_cells(session, shop_id, page.rows, keys))
        still_alive()
        if not page.has_next:
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
            safe(serial),
            safe(names.get(order)),
            order,
            line,
            variant,
            safe(product),
            safe(name),
            warranty,
            auto,
            made,
            changed,
            *(safe(values.get(key)) for key in keys),
        ]


def _written(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet runs; domain.sheet_rows takes the mark off again."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
