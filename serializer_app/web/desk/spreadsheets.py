"""Items as CSV: out as a stream of any length, serial numbers in by slices that are shown first and then entered."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Response, g, stream_with_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain import item_pages, item_search, items, shops
from serializer_app.domain.codes import read_item_id, serial_key
from serializer_app.domain.item_pages import Filters
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Order
from serializer_app.web.answers import answer
from serializer_app.web.desk.forms import checked, json_body
from serializer_app.web.desk.frame import desk, show, texts
from serializer_app.web.desk.items import asked_filters
from serializer_app.web.house import house
from serializer_app.web.texts import Texts
from serializer_app.web.wire.values import SerialNumber

_CHUNK = 1000
_COLUMNS = (
    "item_id serial_number order order_id line_item_id variant_id product variant warranty auto_generated "
    "created_at updated_at"
).split()
_NAMES = {"itemid": "item_id", "serialnumber": "serial_number", "serial": "serial_number"}
# A spreadsheet would run what begins with these; read back, the mark is taken off again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Slice(msgspec.Struct):
    """Some lines of a file: ``first`` is the number of the first one, ``head`` the file's first line."""

    head: str
    lines: list[str]
    first: int
    preview: bool


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
    yield "\ufeff" + _written([[*_COLUMNS, *keys]])
    beyond: int | None = None
    while True:
        # A session of its own for each page: a slow reader holds no connection.
        with house().db.read() as session:
            page = item_pages.page(session.connection(), shop_id, filters, beyond=beyond, most=_CHUNK)
            yield _written(_cells(session, shop_id, page.rows, keys))
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
        title = titles.get(variant, (None, None))
        named = [
            item_id,
            serial,
            names.get(order),
            order,
            line,
            variant,
            *title,
            warranty,
            auto,
            made,
            changed,
        ]
        yield [*named, *(values.get(key) for key in keys)]


def _written(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


@desk.get("/items/import")
def import_page() -> Response:
    with house().db.read() as session:
        return show("import", shops.by_id(session, g.shop_id))


@desk.post("/items/import")
def import_serials() -> Response:
    """One slice: what would happen (preview) or what happened. Sent twice it finds everything entered already."""
    body: Slice = json_body(Slice)
    words = texts()
    told: dict[str, Any] = {"good": 0, "same": 0, "errors": []}
    rows = _rows(body)
    db = house().db
    with db.read() if body.preview else db.write() as session:
        known = _known(session, [typed for _, _, typed, _ in rows])
        taken = _taken(session, known) if body.preview else {}
        for number, text, typed, serial in rows:
            try:
                item = known.get(read_item_id(typed) or "")
                if item is None or item.removed_at is not None:
                    raise AppError("item_not_found", "There is no such item", status=404)
                value = checked(SerialNumber, serial)
                if item.serial_number == value:
                    told["same"] += 1
                    continue
                _preview(item, value, taken) if body.preview else _enter(session, item, value)
                told["good"] += 1
            except AppError as error:
                told["errors"].append({"line": number, "text": text[:200], "message": _reason(error, words)})
    return answer(told)


def _reason(error: AppError, words: Texts) -> str:
    if error.details:
        return words.problem(error.details[0]["message"])
    return words.failure(error.code, error.message)


def _rows(body: Slice) -> list[tuple[int, str, str, str]]:
    """(line number, the line, item ID as typed, serial number); raises AppError ``csv_columns`` 422."""
    delimiter = max(",;\t", key=body.head.count)
    head = [
        name.strip().lower().replace(" ", "").replace("_", "").replace("-", "")
        for name in next(csv.reader([body.head], delimiter=delimiter), [])
    ]
    columns = {_NAMES[name]: place for place, name in enumerate(head) if name in _NAMES}
    if len(columns) < 2:
        raise AppError(
            "csv_columns", "The file's first line must name the columns item_id and serial_number", status=422
        )
    found = []
    for offset, line in enumerate(body.lines[:1000]):
        cells = next(csv.reader([line], delimiter=delimiter), [])
        if not any(cell.strip() for cell in cells):
            continue
        cells += [""] * len(head)
        serial = cells[columns["serial_number"]].strip()
        if serial.startswith("'") and serial[1:].startswith(_FORMULA):
            serial = serial[1:]
        if serial:
            found.append((body.first + offset, line, cells[columns["item_id"]], serial))
    return found


def _known(session: Session, typed: list[str]) -> dict[str, Item]:
    item_ids = {item_id for one in typed if (item_id := read_item_id(one))}
    rows = session.scalars(select(Item).where(Item.item_id.in_(item_ids), Item.shop_id == g.shop_id))
    return {item.item_id: item for item in rows}


def _taken(session: Session, known: dict[str, Item]) -> dict[tuple[int, str], int]:
    """(line item, serial as compared) → item, for the lines that these items belong to."""
    lines = {item.line_item_id for item in known.values()}
    rows = session.execute(
        select(Item.line_item_id, Item.serial_key, Item.id).where(
            Item.shop_id == g.shop_id,
            Item.line_item_id.in_(lines),
            Item.serial_key.is_not(None),
            Item.removed_at.is_(None),
        )
    )
    return {(line, key): item for line, key, item in rows if key is not None}


def _preview(item: Item, serial: str, taken: dict[tuple[int, str], int]) -> None:
    place = (item.line_item_id, serial_key(serial))
    if taken.setdefault(place, item.id) != item.id:
        raise AppError(
            "serial_number_taken",
            "This serial number is already entered for another unit of this line item",
            status=409,
        )


def _enter(session: Session, item: Item, serial: str) -> None:
    with session.begin_nested():
        changes = items.ItemChanges(serial_number=serial)
        items.change(session, g.shop_id, item, changes, allowed_fields=(), actor=g.actor)
