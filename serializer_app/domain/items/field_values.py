"""Values of custom fields as they are searched: by the beginning of the value or of any of its words.

A side table, because neither database finds something inside the JSON of a million items by an index. An item without
values has no row there, so a new order writes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from serializer_app.store.models import FieldValue, Item

SLICE = 5_000
"""Items that one step of indexing looks at."""
SHORTEST = 2
_WORDS = 8
_LENGTH = 200
_ABOVE_ALL = "\U0010ffff"
_WORD = re.compile(r"(?<!\w)\w")


def folded(text: str) -> str:
    """Text as it is compared: NFC, without regard to case, one blank where there are several."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())[:_LENGTH]


def put(session: Session, shop_id: int, values: Mapping[int, Mapping[str, str]]) -> None:
    """The fields that ``values`` names, by item, have these values from now on; "" has nothing to find."""
    for field in {field for given in values.values() for field in given}:
        keys = [key for key, given in values.items() if field in given]
        for start in range(0, len(keys), 500):
            session.execute(
                delete(FieldValue).where(
                    FieldValue.shop_id == shop_id,
                    FieldValue.item_key.in_(keys[start : start + 500]),
                    FieldValue.field == field[:64],
                ),
                execution_options={"synchronize_session": False},
            )
    rows = [
        {"shop_id": shop_id, "item_key": key, "field": field[:64], "place": place, "value": part}
        for key, given in values.items()
        for field, value in given.items()
        for place, part in enumerate(_parts(value))
    ]
    if rows:
        session.connection().execute(insert(FieldValue), rows)


def _parts(value: str) -> Iterator[str]:
    whole = folded(value)
    if not whole:
        return
    yield whole
    starts = [found.start() for found in _WORD.finditer(whole) if found.start()]
    yield from (whole[start:] for start in starts[: _WORDS - 1])


def search(session: Session, shop_id: int, text: str, *, most: int) -> list[int]:
    """Keys of items, removed ones too, with a value that is ``text`` (newest first) or has a word that begins so."""
    begins = folded(text)
    if len(begins) < SHORTEST:
        return []
    keys: Select[int] = select(FieldValue.item_key).where(FieldValue.shop_id == shop_id).limit(most)
    exact = keys.where(FieldValue.value == begins).order_by(FieldValue.item_key.desc())
    found = dict.fromkeys(session.scalars(exact))
    if len(found) < most:
        behind = keys.where(FieldValue.value > begins, FieldValue.value < begins + _ABOVE_ALL)
        found |= dict.fromkeys(session.scalars(behind.order_by(FieldValue.value, FieldValue.item_key)))
    return list(found)[:most]


def index_next(session: Session, shop_id: int, beyond: int) -> int | None:
    """Index the next items above the key ``beyond``, those that were filled before there was an index.

    Returns where to go on, None when nothing is left. Whoever changes one of them meanwhile waits, or is waited for.
    """
    window = (
        select(Item.id)
        .where(Item.shop_id == shop_id, Item.id > beyond)
        .order_by(Item.id)
        .limit(SLICE)
        .subquery()
    )
    edge: int | None = session.scalar(select(func.max(window.c.id)))
    if edge is None:
        return None
    filled = session.execute(
        select(Item.id, Item.custom_fields)
        .where(Item.shop_id == shop_id, Item.id > beyond, Item.id <= edge, Item.filled_fields)
        .order_by(Item.id)
        .with_for_update()
    )
    put(session, shop_id, {key: stored(fields) for key, fields in filled})
    return edge


def stored(custom_fields: str) -> dict[str, str]:
    """key → value of an item's custom fields."""
    entries: Sequence[dict[str, str]] = msgspec.json.decode(custom_fields)
    return {entry["key"]: entry["value"] for entry in entries}
