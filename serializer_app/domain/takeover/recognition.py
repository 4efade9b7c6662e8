"""Whose a metafield value is, judged by its content alone. Pure but for one read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.takeover.reading import Unreadable
from serializer_app.store.models import Item, Line
from serializer_app.text import Json

_DOCUMENT = {"currentTotalTrackable", "pages", "revision", "items"}
_ITEM = {"lineItemId", "productVariantId", "itemId", "serialNumber", "warrantyDuration", "customFields"}


def fingerprints(text: str) -> set[str]:
    """SHA-256 of the text as it is, and as we would print the same JSON: Shopify may print it in another way."""
    found = {_sha256(text)}
    document = _parse(text)
    if document is not Unreadable.UNREADABLE:
        found.add(hashlib.sha256(msgspec.json.encode(document)).hexdigest())
    return found


def same_json(held: str, wanted: str) -> bool:
    """Whether two texts say the same, however they are printed."""
    if held == wanted:
        return True
    document = _parse(held)
    return document is not Unreadable.UNREADABLE and bool(document == _parse(wanted))


def holds_only(text: str, names: Collection[str]) -> bool:
    """Whether a value of an order holds something, and nothing but what ``names`` names.

    It is either a document of contract §5 whose items are all known, or a list of known serial numbers and item IDs.
    A document without items names nothing: whose it is, the caller has to know from elsewhere.
    """
    document = _parse(text)
    if isinstance(document, list):
        return bool(document) and all(isinstance(entry, str) and entry in names for entry in document)
    if not isinstance(document, dict) or not document.keys() <= _DOCUMENT:
        return False
    items = document.get("items")
    return isinstance(items, list) and bool(items) and all(_is_known(item, names) for item in items)


def _is_known(item: Json, names: Collection[str]) -> bool:
    return isinstance(item, dict) and item.keys() <= _ITEM and _name(item.get("itemId")) in names


def item_ids(text: str) -> set[str]:
    """Everything that stands under the key ``itemId`` anywhere in a JSON text; nothing for a text that is no JSON."""
    found: set[str] = set()
    left = [_parse(text)]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if "itemId" in part:
                found.add(_name(part["itemId"]))
            left += part.values()
        elif isinstance(part, list):
            left += part
    return found


def names_of_order(session: Session, shop_id: int, order_id: int) -> set[str]:
    """The item IDs and serial numbers of an order's items, removed ones included."""
    rows = session.execute(
        select(Item.item_id, Item.serial_number)
        .select_from(Line)
        .join(Item, (Item.shop_id == Line.shop_id) & (Item.line_item_id == Line.line_item_id))
        .where(Line.shop_id == shop_id, Line.order_id == order_id)
    )
    return {name for row in rows for name in row if name is not None}


def _name(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(text: str) -> Json | Unreadable:
    """The parsed JSON, or UNREADABLE: another app may have written anything, at any depth."""
    try:
        value: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Unreadable.UNREADABLE
    return value
