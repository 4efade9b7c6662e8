"""The codes of many units at once: drawn by the worker a few at a time, handed out as a ZIP file or as sheets.

Each part of a bundle holds some dozen files ready to be passed on (domain.desk.archives), so that neither drawing nor
downloading ever holds more than one of them, and a killed worker loses one part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import tasks
from serializer_app.domain.desk import archives, item_search
from serializer_app.domain.desk.archives import Packed
from serializer_app.domain.ids import gtin, qr
from serializer_app.domain.items.unit_states import REPLACED
from serializer_app.domain.registry import serials, uploads
from serializer_app.domain.sheets.writer import Writer
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Serial, Shop, Task, TaskPart, Variant

KIND = "codes"
MOST = 20_000
PART = 42
"""Two A4 sheets of labels."""
LIFE = timedelta(days=3)
COLUMNS = ("file", "itemId", "serialNumber", "product", "variant", "order", "link", "codeHolds")
SCALE = 10

Form = Literal["svg", "png"]
_PLACES = 2**32
_MASK = 3


@dataclass(frozen=True)
class BundleRequest:
    """Which codes: the units of an order, of a customer or of a variant, of a file of serials, or all there are.

    ``gs1``: as GS1 Digital Link where the unit has one.
    """

    order_id: int | None = None
    customer_id: int | None = None
    variant_id: int | None = None
    upload: str | None = None
    form: Form = "svg"
    gs1: bool = False


class Piece(msgspec.Struct, rename="camel"):
    """One code of a bundle. In camelCase it is kept with its task."""

    file: str
    item_id: str
    serial_number: str
    product: str
    variant: str
    order: str
    link: str
    code_holds: str
    crc: int
    packed: int
    size: int

    @property
    def archived(self) -> Packed:
        return Packed(self.file, self.crc, self.packed, self.size)


class Part(msgspec.Struct):
    """Files ready to be passed on, one behind the other, and what each of them shows."""

    pieces: list[Piece]
    files: bytes

    def images(self) -> Iterator[tuple[Piece, bytes]]:
        """Each code with its picture."""
        begin = 0
        for piece in self.pieces:
            archived = piece.archived
            yield piece, archives.unpack(archived, self.files[begin : begin + archived.length])
            begin += archived.length


@dataclass
class Slice:
    """The next units of a bundle: items and serials in their order, and where to go on (None: nothing is left)."""

    items: list[Item] = field(default_factory=list)
    serials: list[Serial] = field(default_factory=list)
    following: int | None = None


def begin(session: Session, shop: Shop, wanted: BundleRequest, *, actor: str) -> Task:
    """Have the worker draw them. Raises AppError ``no_codes`` 422, ``too_many_codes`` 422, ``upload_…``."""
    forget(session, shop.id)
    total = count(session, shop, wanted)
    if not total:
        raise AppError("no_codes", "There are no units to make codes for", status=422)
    if total > MOST:
        raise AppError("too_many_codes", f"At most {MOST:,} codes at once; choose fewer units", status=422)
    task = tasks.draft(session, shop.id, KIND, wanted, total=total, actor=actor)
    tasks.start(session, task)
    return task


def wanted_of(task: Task) -> BundleRequest:
    return tasks.spec_of(task, BundleRequest)


def count(session: Session, shop: Shop, wanted: BundleRequest) -> int:
    """How many codes that would be."""
    if wanted.upload is not None:
        return uploads.find(session, shop.id, wanted.upload).created
    sold = session.scalar(select(func.count()).select_from(Item).where(*_items(shop.id, wanted))) or 0
    if not _with_serials(wanted):
        return sold
    rest = session.scalar(select(func.count()).select_from(Serial).where(*_serials(shop.id, wanted)))
    return sold + (rest or 0)


def next_slice(session: Session, shop: Shop, task: Task) -> Slice:
    """The units that come after ``task.position``: items first, then serials without one (below zero)."""
    wanted, position = wanted_of(task), task.position
    if wanted.upload is not None:
        return _of_upload(session, shop, wanted.upload, position)
    if position >= 0:
        query = select(Item).where(*_items(shop.id, wanted), Item.id > position).order_by(Item.id)
        items = list(session.scalars(query.limit(PART)))
        if items:
            return Slice(items=items, following=items[-1].id)
        if not _with_serials(wanted):
            return Slice()
        position = -1
    query_serials = select(Serial).where(*_serials(shop.id, wanted), Serial.id > -position - 1)
    found = list(session.scalars(query_serials.order_by(Serial.id).limit(PART)))
    return Slice(serials=found, following=-found[-1].id - 1 if found else None)


def links(session: Session, shop_id: int, items: Sequence[Item], *, actor: str) -> dict[int, str]:
    """The token of each item's own link, by its key; one that has none yet gets its serial now."""
    rows = session.execute(
        select(Serial.item_key, Serial.token)
        .where(
            Serial.shop_id == shop_id,
            Serial.item_key.in_([item.id for item in items]),
            Serial.state != REPLACED,
        )
        # As in units.of_item: the number that somebody entered goes before the item ID.
        .order_by(Serial.source != "item", Serial.id.desc())
    )
    tokens = {int(key): token for key, token in rows if key is not None}
    bare = [item for item in items if item.id not in tokens]
    made = serials.make_for_items(session, shop_id, bare, actor=actor) if bare else {}
    return tokens | {key: serial.token for key, serial in made.items()}


def described(session: Session, shop: Shop, found: Slice, tokens: dict[int, str], gs1: bool) -> list[Piece]:
    """What stands in the index about each unit, and what its code holds."""
    barcodes = _barcodes(session, shop.id, found)
    pieces = []
    for one in item_search.described(session, shop.id, [item.id for item in found.items]):
        item = one.item
        number = item.serial_number or item.item_id
        link = serials.address(shop, tokens[item.id])
        holds = digital_link(shop, barcodes.get(item.variant_id), number, tokens[item.id]) if gs1 else None
        names = (one.product or "", one.variant or "", one.order_name or str(item.order_id))
        pieces.append(
            _piece(item.item_id, item.item_id, item.serial_number or "", names, link, holds or link)
        )
    titles = item_search.variant_titles(session, shop.id, {serial.variant_id for serial in found.serials})
    for serial in found.serials:
        link = serials.address(shop, serial.token)
        barcode = barcodes.get(serial.variant_id)
        holds = digital_link(shop, barcode, serial.serial_number, serial.token) if gs1 else None
        product, variant = titles.get(serial.variant_id, (None, None))
        # Two serial numbers may differ only in what a file name cannot hold.
        name = f"{_name(serial.serial_number)}-{serial.id}"
        pieces.append(
            _piece(name, "", serial.serial_number, (product or "", variant or "", ""), link, holds or link)
        )
    return pieces


def digital_link(shop: Shop, barcode: str | None, number: str, token: str) -> str | None:
    """A unit's own link as GS1 Digital Link, its token as ``k``; None where GS1 has no form for it."""
    trade_item = gtin.read_gtin(barcode)
    path = gtin.digital_link(trade_item, number) if trade_item else None
    return f"{shops.proxy_url(shop, path)}?k={token}" if path else None


def draw(pieces: Sequence[Piece], form: Form) -> Part:
    """The pictures: some milliseconds each, so nothing else may wait for it."""
    files = []
    for piece in pieces:
        piece.file = f"{piece.file}.{form}"
        packed, stored = archives.pack(piece.file, qr.drawn(piece.code_holds, form, SCALE, mask=_MASK))
        piece.crc, piece.packed, piece.size = packed.crc, packed.packed, packed.size
        files.append(stored)
    return Part(list(pieces), b"".join(files))


def keep(session: Session, task: Task, found: Slice, part: Part) -> bool:
    """Add the part that was drawn; False when nothing is left to draw."""
    if part.pieces:
        number = tasks.counts(task).get("parts", 0)
        content = msgspec.json.encode(part).decode()
        row = {"shop_id": task.shop_id, "task_id": task.id, "number": number, "content": content}
        session.execute(insert(TaskPart).values(**row))
    tasks.advance(
        session,
        task,
        position=task.position if found.following is None else found.following,
        done=len(part.pieces),
        tally={"parts": int(bool(part.pieces)), "codes": len(part.pieces)},
    )
    if found.following is None:
        task.total = tasks.counts(task).get("codes", 0)
        tasks.finish(session, task)
    return task.finished_at is None


def parts(task: Task) -> int:
    return tasks.counts(task).get("parts", 0)


def part(session: Session, task: Task, number: int) -> Part:
    """Raises AppError ``task_not_found`` 404 for one that was forgotten meanwhile."""
    row = session.get(TaskPart, (task.shop_id, task.id, number))
    if row is None:
        raise tasks.not_found()
    return msgspec.json.decode(row.content, type=Part)


def archive(bundle: Iterator[Part]) -> Iterator[bytes]:
    """The ZIP file, part by part; the index comes last, because it tells of all the others."""
    files: list[Packed] = []
    writer = Writer("csv", COLUMNS)
    index: list[bytes] = []
    for one in bundle:
        yield one.files
        files += [piece.archived for piece in one.pieces]
        index.append(writer.write(map(_cells, one.pieces)))
    packed, stored = archives.pack("index.csv", b"".join([*index, writer.end()]))
    yield stored
    yield from archives.directory([*files, packed])


def _cells(piece: Piece) -> tuple[str, ...]:
    """A row of the index, in the order of COLUMNS."""
    return (
        piece.file,
        piece.item_id,
        piece.serial_number,
        piece.product,
        piece.variant,
        piece.order,
        piece.link,
        piece.code_holds,
    )


def newest(session: Session, shop_id: int, *, most: int = 5) -> list[Task]:
    """The bundles that can still be had, newest first."""
    query = select(Task).where(Task.shop_id == shop_id, Task.kind == KIND, Task.created_at >= now() - LIFE)
    return list(session.scalars(query.order_by(Task.id.desc()).limit(most)))


def forget(session: Session, shop_id: int) -> None:
    """Bundles are gone after three days: they can be made again."""
    old = select(Task.id).where(Task.shop_id == shop_id, Task.kind == KIND, Task.created_at < now() - LIFE)
    unsynchronised = {"synchronize_session": False}
    session.execute(
        delete(TaskPart).where(TaskPart.shop_id == shop_id, TaskPart.task_id.in_(old)),
        execution_options=unsynchronised,
    )
    session.execute(
        delete(Task).where(Task.shop_id == shop_id, Task.id.in_(old)), execution_options=unsynchronised
    )


def _items(shop_id: int, wanted: BundleRequest) -> list[ColumnElement[bool]]:
    conditions = [Item.shop_id == shop_id, Item.removed_at.is_(None)]
    if wanted.order_id is not None:
        conditions.append(Item.order_id == wanted.order_id)
    if wanted.customer_id is not None:
        conditions.append(Item.customer_id == wanted.customer_id)
    if wanted.variant_id is not None:
        conditions.append(Item.variant_id == wanted.variant_id)
    return conditions


def _with_serials(wanted: BundleRequest) -> bool:
    """Serials of the registry have neither order nor customer."""
    return wanted.order_id is None and wanted.customer_id is None


def _serials(shop_id: int, wanted: BundleRequest) -> list[ColumnElement[bool]]:
    """Those that are no item's: an item's code is the item's."""
    sold = (
        select(Item.id)
        .where(Item.shop_id == shop_id, Item.id == Serial.item_key, Item.removed_at.is_(None))
        .exists()
    )
    conditions = [Serial.shop_id == shop_id, Serial.state != REPLACED, Serial.source != "item", ~sold]
    if wanted.variant_id is not None:
        conditions.append(Serial.variant_id == wanted.variant_id)
    return conditions


def _of_upload(session: Session, shop: Shop, public_id: str, position: int) -> Slice:
    """The serials that a file brought, in its order: ``position`` is (part, line of its result)."""
    upload = uploads.find(session, shop.id, public_id)
    number, line = divmod(position, _PLACES)
    while number < upload.parts:
        lines = uploads.verdicts(session, upload, number).split("\n")
        made = [text for text in lines if text][line : line + PART]
        if made:
            tokens = [
                verdict["url"].rpartition("/")[2]
                for text in made
                if "url" in (verdict := msgspec.json.decode(text))
            ]
            rows = session.scalars(
                select(Serial).where(
                    Serial.shop_id == shop.id, Serial.token.in_(tokens), Serial.state != REPLACED
                )
            )
            by_token = {serial.token: serial for serial in rows}
            serials_made = [by_token[token] for token in tokens if token in by_token]
            return Slice(serials=serials_made, following=number * _PLACES + line + PART)
        number, line = number + 1, 0
    return Slice()


def _barcodes(session: Session, shop_id: int, found: Slice) -> dict[int, str | None]:
    wanted = {item.variant_id for item in found.items} | {serial.variant_id for serial in found.serials}
    rows = session.execute(
        select(Variant.variant_id, Variant.barcode).where(
            Variant.shop_id == shop_id, Variant.variant_id.in_(wanted)
        )
    )
    return {row.variant_id: row.barcode for row in rows}


def _piece(
    file: str, item_id: str, serial_number: str, names: tuple[str, str, str], link: str, holds: str
) -> Piece:
    return Piece(file, item_id, serial_number, *names, link, holds, 0, 0, 0)


def _name(serial_number: str) -> str:
    """A serial number as a file may be called everywhere: no folder, no mark, no name that Windows keeps to itself."""
    return "code-" + (re.sub(r"[^A-Za-z0-9-]+", "_", serial_number).strip("_")[:40] or "x")
