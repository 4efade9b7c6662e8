"""Items: made, changed, taken away, brought back, and what their history says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import EllipsisType

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.gate import holds
from serializer_app.domain.ids.item_ids import make_item_ids, old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import events, fields, restoring, ties, unit_states
from serializer_app.domain.items import rows as item_rows
from serializer_app.domain.items.plan import Addition, StoredItem, StoredLine
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Line
from serializer_app.text import Json

SERIAL_LENGTH = 64
FIELD_KEY_LENGTH = 30
FIELD_VALUE_LENGTH = 200

BLANK = (
    Item.serial_key.is_(None)
    & Item.old_key.is_(None)
    & ~Item.own_warranty
    & ~Item.filled_fields
    & ~Item.registered
)


@dataclass(frozen=True)
class ItemChanges:
    """What a person or the API wants different. ``...`` (Ellipsis) leaves a thing as it is.

    ``serial_number`` None takes it away; ``warranty`` in its stored form, None makes it "never set" again;
    ``custom_fields`` are merged by key.
    """

    serial_number: str | EllipsisType | None = ...
    warranty: str | EllipsisType | None = ...
    custom_fields: dict[str, str] | None = None
    version: int | None = None
    """The version the person saw; another one by now is a conflict instead of a lost entry."""


def find(session: Session, shop_id: int, typed_item_id: str, *, lock: bool = False) -> Item | None:
    """The item of this shop that somebody typed or scanned, removed ones too.

    With ``lock`` nobody else changes it until this write unit ends.
    """
    for named in called(typed_item_id):
        query = select(Item).where(Item.shop_id == shop_id, named)
        item = session.scalars(query.with_for_update() if lock else query).one_or_none()
        if item is not None:
            return item
    return None


def called(*typed_item_ids: str) -> list[ColumnElement[bool]]:
    """Conditions under which an item goes by one of these IDs: our own ones, then those of another app.

    Each is answered from an index of its own. Joined by OR they would walk the shop on SQLite.
    """
    own = {item_id for typed in typed_item_ids if (item_id := read_item_id(typed))}
    old = {key for typed in typed_item_ids if (key := old_id_key(typed))}
    found: list[ColumnElement[bool]] = []
    if own:
        found.append(Item.own_id.in_(sorted(own)))
    if old:
        found.append(Item.old_key.in_(sorted(old)) & Item.old_key.is_not(None))
    return found


def stored_lines(session: Session, shop_id: int, order_id: int) -> dict[int, StoredLine]:
    """The lines of an order with their items, for planning."""
    connection = session.connection()
    living: dict[int, list[StoredItem]] = {}
    removed: dict[int, list[StoredItem]] = {}
    lines = connection.execute(
        select(
            Line.line_item_id,
            Line.variant_id,
            Line.quantity,
            Line.follows,
            Line.removed_at.is_(None),
            Line.fulfilled_at.is_not(None),
        )
        .where(Line.shop_id == shop_id, Line.order_id == order_id)
        .order_by(Line.position)
    ).all()
    line_ids = [row[0] for row in lines]
    for start in range(0, len(line_ids), 500):
        rows = connection.execute(
            select(
                Item.id,
                Item.line_item_id,
                Item.removed_at.is_(None),
                BLANK,
                Item.unit_id.is_not(None),
                Item.returned_at.is_not(None),
            )
            .where(Item.shop_id == shop_id, Item.line_item_id.in_(line_ids[start : start + 500]))
            .order_by(Item.id)
        )
        for item_key, line_item_id, lives, blank, has_unit, returned in rows:
            (living if lives else removed).setdefault(line_item_id, []).append(
                StoredItem(item_key, bool(blank), bool(has_unit), bool(returned))
            )
    return {
        line_id: StoredLine(
            line_id,
            variant,
            quantity,
            follows,
            tuple(living.get(line_id, ())),
            tuple(removed.get(line_id, ())),
            bool(listed),
            bool(shipped),
        )
        for line_id, variant, quantity, follows, listed, shipped in lines
    }


def make(
    session: Session,
    shop_id: int,
    order_id: int,
    customer_id: int | None,
    additions: Sequence[Addition],
    *,
    actor: str,
) -> list[str]:
    """Insert new items with the variant's default warranty and tracked fields; returns their item IDs.

    That an item was made, when and by whom stands in its own row and not in the history table:
    writing it twice would double the work of the busiest path.
    """
    total = sum(addition.count for addition in additions)
    if not total:
        return []
    moment = now()
    item_ids = make_item_ids(total)
    lines: list[tuple[Mapping[str, object], list[str]]] = []
    named: list[tuple[int, int, list[str]]] = []
    done = 0
    for addition in additions:
        shared = {
            "shop_id": shop_id,
            "order_id": order_id,
            "line_item_id": addition.line_item_id,
            "variant_id": addition.variant.variant_id,
            "customer_id": customer_id,
            "warranty": addition.variant.warranty,
            "custom_fields": addition.variant.custom_fields,
            "auto_generated": addition.auto_generated,
            "created_by": actor,
            "created_at": moment,
            "updated_at": moment,
        }
        lines.append((shared, item_ids[done : done + addition.count]))
        named.append((addition.line_item_id, addition.variant.variant_id, lines[-1][1]))
        done += addition.count
    item_rows.write(session, lines)
    events.created(session, shop_id, order_id, named)
    return item_ids


def take_away(
    session: Session, shop_id: int, keys: Sequence[int], *, actor: str, reason: str, only_blank: bool = False
) -> int:
    """Remove items: they stay in the table and in history, can come back, and verify as nothing.

    With ``only_blank`` an item stays that somebody filled since it was looked at.
    """
    return _mark(
        session, shop_id, keys, removed=True, actor=actor, action=reason, only=(BLANK,) if only_blank else ()
    )


def bring_back(session: Session, shop_id: int, keys: Sequence[int], *, actor: str) -> int:
    """Bring removed items back under their old IDs.

    A serial number that another active item has taken meanwhile stays with that one; of several that come back with
    the same one the oldest keeps it. ``ties.unit_to_enter`` decides about registry units.
    """
    if keys:
        restoring.before_restoring(session, shop_id, keys, actor=actor)
    for start in range(0, len(keys), 500):
        restoring.clear_taken_serials(session, shop_id, keys[start : start + 500], actor=actor)
    return _mark(session, shop_id, keys, removed=False, actor=actor, action="restored")


def _mark(
    session: Session,
    shop_id: int,
    keys: Sequence[int],
    *,
    removed: bool,
    actor: str,
    action: str,
    only: Sequence[ColumnElement[bool]] = (),
) -> int:
    if not keys:
        return 0
    moment = now()
    done: dict[int, int | None] = {}
    for start in range(0, len(keys), 500):
        rows = session.execute(
            update(Item)
            .where(
                Item.shop_id == shop_id,
                Item.id.in_(keys[start : start + 500]),
                Item.removed_at.is_(None) if removed else Item.removed_at.is_not(None),
                *only,
            )
            .values(
                removed_at=moment if removed else None,
                returned_at=None,
                updated_at=moment,
                version=Item.version + 1,
            )
            .returning(Item.id, Item.unit_id),
            execution_options={"synchronize_session": False},
        )
        done |= {row.id: row.unit_id for row in rows}
    states = {
        "state": {"from": "active", "to": "removed"} if removed else {"from": "removed", "to": "active"}
    }
    history.record(
        session, shop_id, "item", [(key, states) for key in sorted(done)], actor=actor, action=action
    )
    if removed:
        sales = {key: unit_id for key, unit_id in done.items() if unit_id is not None}
        unit_states.release(session, shop_id, sales, actor=actor, action="taken-off")
    unit_states.sale_ended(session, shop_id, sorted(done), ended=removed)
    return len(done)


def change(
    session: Session,
    shop_id: int,
    item: Item,
    changes: ItemChanges,
    *,
    allowed_fields: Iterable[str],
    actor: str,
) -> bool:
    """Change one item; returns whether anything became different.

    Raises AppError: ``item_removed`` 409, ``version_conflict`` 409, ``serial_number_taken`` 409 (unique per line item,
    by the database), ``custom_field_undefined`` 422, and what ``ties.unit_to_enter`` refuses (409).
    """
    item = locked(session, shop_id, item.id)
    if item.removed_at is not None:
        raise AppError(
            "item_removed", f"The item {item.item_id} was removed; bring it back first", status=409
        )
    if changes.version is not None and changes.version != item.version:
        raise AppError(
            "version_conflict", "Somebody else changed this item meanwhile; load it again", status=409
        )
    differences: dict[str, dict[str, Json]] = {}
    old_key, unit = item.serial_key, None
    if changes.serial_number is not ... and changes.serial_number != item.serial_number:
        differences["serialNumber"] = {"from": item.serial_number, "to": changes.serial_number}
        if changes.serial_number is not None:
            unit = ties.unit_to_enter(session, shop_id, item, changes.serial_number)
        item.serial_number = changes.serial_number
        item.serial_key = None if item.serial_number is None else serial_key(item.serial_number)
    if changes.warranty is not ... and (changes.warranty != item.warranty or not item.own_warranty):
        if changes.warranty != item.warranty:
            differences["warrantyDuration"] = {"from": item.warranty, "to": changes.warranty}
        item.warranty, item.own_warranty = changes.warranty, True
    if changes.custom_fields:
        differences |= fields.merge(session, item, changes.custom_fields, set(allowed_fields))
    if not session.is_modified(item):
        return False
    item.version, item.updated_at = item.version + 1, now()
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise AppError(
            "serial_number_taken",
            f"The serial number {changes.serial_number} is already entered for another unit of this line item",
            status=409,
        ) from error
    if item.serial_key != old_key:
        ties.entered(session, shop_id, item, unit, old_key, actor=actor)
        holds.serials_changed(session, shop_id, item.order_id)
    history.record(session, shop_id, "item", [(item.id, differences)], actor=actor, action="changed")
    outbox.put(session, shop_id, JobKind.MIRROR_ORDER, [item.order_id])
    events.updated(session, shop_id, item, differences)
    return True


def locked(session: Session, shop_id: int, key: int) -> Item:
    """The item as it is now; nobody else changes it until this transaction ends."""
    return session.scalars(
        select(Item)
        .where(Item.shop_id == shop_id, Item.id == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def removed_of_lines(
    session: Session, shop_id: int, line_ids: Sequence[int]
) -> list[tuple[str, int, datetime]]:
    """(item ID, line item ID, when) of what was taken away from these lines and can be brought back."""
    found: list[tuple[str, int, datetime]] = []
    for start in range(0, len(line_ids), 500):
        rows = session.execute(
            select(Item.item_id, Item.line_item_id, Item.removed_at, Item.id).where(
                Item.shop_id == shop_id,
                Item.line_item_id.in_(line_ids[start : start + 500]),
                Item.removed_at.is_not(None),
            )
        ).all()
        found += [
            (row[0], row[1], row[2]) for row in sorted(rows, key=lambda row: row[3]) if row[2] is not None
        ]
    return found


def given_to(session: Session, shop_id: int, order_id: int, customer_id: int | None) -> None:
    """The order belongs to another customer by now (an edit, or two customers merged)."""
    session.execute(
        update(Item)
        .where(Item.shop_id == shop_id, Item.order_id == order_id)
        .values(customer_id=customer_id),
        execution_options={"synchronize_session": False},
    )


def story(session: Session, item: Item) -> list[history.Entry]:
    """An item's history, oldest first; it begins with how it was made, which the item's own row knows."""
    made: history.Changes = {
        "itemId": {"from": None, "to": item.item_id},
        "autoGenerated": {"from": None, "to": item.auto_generated},
    }
    return [
        (item.created_at, item.created_by, "created", made),
        *history.entries(session, item.shop_id, "item", item.id),
    ]


def counts(session: Session, shop_id: int, order_id: int, *, numbered: bool = False) -> dict[int, int]:
    """Living items by line; with ``numbered`` only those that have a serial number."""
    living = Item.removed_at.is_(None)
    return _counts(session, shop_id, order_id, living & Item.serial_key.is_not(None) if numbered else living)


def returned_counts(session: Session, shop_id: int, order_id: int) -> dict[int, int]:
    """Items whose unit was returned, by line."""
    return _counts(session, shop_id, order_id, Item.returned_at.is_not(None))


def _counts(session: Session, shop_id: int, order_id: int, which: ColumnElement[bool]) -> dict[int, int]:
    # "+ 0": grouped by the bare column, SQLite walks the lines' index through the whole shop.
    by_line = Item.line_item_id + 0
    rows = session.execute(
        select(by_line, func.count())
        .where(Item.shop_id == shop_id, Item.order_id == order_id, which)
        .group_by(by_line)
    )
    return {row[0]: row[1] for row in rows}
