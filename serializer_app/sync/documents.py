"""What the metafields should hold now: present state in, JSON texts out. Pure but for the reads (contract §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.ids import warranty
from serializer_app.domain.items import mirrored
from serializer_app.domain.items.mirrored import LivingItem
from serializer_app.errors import AppError
from serializer_app.store.models import Variant
from serializer_app.text import JsonDict

NAMESPACE = "serializer"
MAIN = "properties"
SERIALS = "serials"

MOST_BYTES = 128_000
"""A little under Shopify's 128 KB for a JSON value (platform.md §4), however it counts a kilobyte."""
MOST_SERIALS = 128
"""Values that a list metafield takes."""
ATOMIC_PAGES = 25
"""Metafields that one metafieldsSet writes as a whole."""

_ENCODER = msgspec.json.Encoder()
_SEPARATOR = b","


@dataclass(frozen=True)
class Value:
    """One metafield as it should be."""

    type: str
    text: str

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class MirroredItem(Struct):
    lineItemId: int
    productVariantId: int
    itemId: str
    serialNumber: str | UnsetType
    warrantyDuration: warranty.WireDuration | UnsetType | None
    customFields: Raw


Wanted = dict[str, Value]
"""Metafield key → what it should be."""


def order_metafields(
    session: Session, shop_id: int, was_written: Mapping[int, bool]
) -> dict[int, Wanted | AppError | None]:
    """What the orders in ``was_written`` should have: {} where there never was anything trackable, None for one that is
    gone, the error where the stored data make no document. An order that was written once keeps its metafield, emptied.
    """
    found = mirrored.contents(session, shop_id, [*was_written])
    empty = [
        order_id
        for order_id, order in found.items()
        if not order.total and not order.rows and not was_written[order_id]
    ]
    bare = set(empty) - mirrored.ever_had_items(session, shop_id, empty)
    return {
        order_id: None
        if (order := found.get(order_id)) is None
        else {}
        if order_id in bare
        else _built(_of_order, order)
        for order_id in was_written
    }


_Source = TypeVar("_Source")


def _built(build: Callable[[_Source], Wanted | None], source: _Source) -> Wanted | AppError | None:
    """One document, or why there is none: what is stored of one owner must not hold up the others of its batch."""
    try:
        return build(source)
    except (ValueError, TypeError, LookupError, msgspec.MsgspecError) as error:
        return AppError(
            "document_not_built",
            f"The stored data cannot be written as a metafield ({type(error).__name__}). "
            "Correct the item or the product's settings.",
        )


def _of_order(order: mirrored.Contents) -> Wanted:
    wanted = {key: Value("json", text) for key, text in order_pages(order.total, order.rows).items()}
    serials = _serials(order.rows)
    if serials:
        wanted[SERIALS] = Value("list.single_line_text_field", _ENCODER.encode(serials).decode())
    return wanted


def order_pages(total: int, rows: Sequence[LivingItem], most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """``properties`` and, above the size limit, ``properties_2`` … of the same shape.

    Beyond 25 pages no single call is atomic any more: then every page carries the ``revision`` of its writing, by
    which a reader tells pages that belong together. It is made from the content, so that unchanged content stays so.
    """
    texts = [_item(row) for row in rows]
    room = most_bytes - 150  # the frame around the items
    pages: list[list[bytes]] = [[]]
    used = 0
    for text in texts:
        if used + len(text) + 1 > room and pages[-1]:
            pages.append([])
            used = 0
        pages[-1].append(text)
        used += len(text) + 1
    extra = b""
    if len(pages) > ATOMIC_PAGES:
        content = hashlib.sha256(b"".join([str(total).encode(), *texts])).hexdigest()[:16]
        extra = b',"revision":"' + content.encode() + b'"'
    documents: dict[str, str] = {}
    for number, page in enumerate(pages, start=1):
        count = f',"pages":{len(pages)}'.encode() if number == 1 and len(pages) > 1 else b""
        body = b'{"currentTotalTrackable":%d%s%s,"items":[%s]}' % (total, count, extra, _SEPARATOR.join(page))
        documents[MAIN if number == 1 else f"{MAIN}_{number}"] = body.decode()
    return documents


def _item(row: LivingItem) -> bytes:
    return _ENCODER.encode(
        MirroredItem(
            row.line_item_id,
            row.variant_id,
            row.item_id,
            UNSET if row.serial_number is None else row.serial_number,
            UNSET if row.warranty is None else warranty.wire(row.warranty),
            Raw(row.custom_fields),
        )
    )


def _serials(rows: Sequence[LivingItem]) -> list[str]:
    """What staff may type into Shopify's search: serial numbers first, then item IDs, as many as the type takes."""
    serials = [row.serial_number for row in rows if row.serial_number is not None]
    return list(dict.fromkeys([*serials, *(row.item_id for row in rows)]))[:MOST_SERIALS]


def variant_metafields(
    session: Session, shop_id: int, was_written: Mapping[int, bool]
) -> dict[int, Wanted | AppError | None]:
    """What variants should have: {} for one that nobody ever set up, None for one that is gone, the error where the
    stored data make no document.
    """
    return {
        variant_id: _built(_of_variant, catalog.find(session, shop_id, variant_id))
        for variant_id in was_written
    }


def _of_variant(variant: Variant | None) -> Wanted | None:
    if variant is None or variant.deleted_at is not None:
        return None
    if variant.configured_at is None:
        return {}
    document: JsonDict = {"trackable": variant.trackable, "autoGeneratable": variant.auto_generatable}
    if variant.warranty is not None:
        document["warrantyDuration"] = warranty.wire(variant.warranty)
    if variant.custom_fields is not None:
        document["customFields"] = Raw(variant.custom_fields)
    return {MAIN: Value("json", _ENCODER.encode(document).decode())}
