"""Adopting what another app wrote: items with their old item IDs, and the settings of variants (contract §8.2).

Everything here is harmless to repeat: an item whose old ID the order has already is not made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import TrackingChanges
from serializer_app.domain.gate import holds
from serializer_app.domain.ids.item_ids import make_item_ids, old_id_key
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import field_values, items, ties
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import reading
from serializer_app.domain.takeover.reading import OldItem, Problem
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.models import Item, Line, Order, Shop
from serializer_app.text import JsonObject

ACTOR = "app:takeover"


@dataclass
class Adopted:
    """What came of adopting one owner."""

    items: int = 0
    known: int = 0
    """Items that had been adopted before."""
    problems: list[Problem] = field(default_factory=list)


def add_items(
    session: Session, shop_id: int, order_id: int, old: Sequence[OldItem], *, actor: str = ACTOR
) -> Adopted:
    """Make items of an order with the item IDs that another app, or an import, gave them.

    Blank items of ours on the same line get an old ID first, and stay findable under their own; new ones are made for
    the rest, also beyond the line's quantity. An old ID that another item of the shop has, or that comes twice, is left
    out and reported; the item is made all the same. A line that Shopify does not show is kept as a removed one. The
    order must be known. Queues no write: whoever decides about the metafields does.
    """
    customer_id = session.scalar(
        select(Order.customer_id)
        .where(Order.shop_id == shop_id, Order.order_id == order_id)
        .with_for_update()
    )
    found = Adopted()
    places = _Places(session, shop_id, order_id)
    owners = _owners(session, shop_id, old)
    serials = _serials(session, shop_id, order_id)
    fresh: list[dict[str, object]] = []
    given: dict[int, dict[str, str]] = {}
    entered: list[Item] = []
    for one in old:
        key = old_id_key(one.item_id) if one.item_id else None
        holder = owners.get(key) if key else None
        if holder is not None and holder.order_id == order_id:
            found.known += 1
            _complete(session, holder, one, serials, found, entered)
            continue
        line_id, variant_id = places.of(one, found.problems)
        if line_id is None:
            found.problems.append(Problem("no_line", one.item_id or one.serial_number or "", lost=True))
            continue
        if holder is not None or (key is not None and key in places.named):
            found.problems.append(Problem("item_id_taken", one.item_id or ""))
            key = None
        if key is not None:
            places.named.add(key)
        number = _free_serial(one, line_id, serials, found.problems)
        values = {
            "old_id": one.item_id if key else None,
            "old_key": key,
            "serial_number": number,
            "serial_key": serial_key(number) if number else None,
            "own_warranty": one.warranty is not None,
            "filled_fields": any(one.fields.values()),
        }
        blank = places.take_blank(line_id)
        found.items += 1
        if blank is not None:
            _fill(session, blank, one, values, actor)
            if one.fields:
                given[blank.id] = one.fields
            entered.append(blank)
            continue
        fresh.append(
            {
                **values,
                "shop_id": shop_id,
                "order_id": order_id,
                "line_item_id": line_id,
                "variant_id": variant_id,
                "customer_id": customer_id,
                "warranty": one.warranty,
                "custom_fields": _fields_text(one.fields),
                "auto_generated": False,
                "created_by": actor,
                "created_at": now(),
                "updated_at": now(),
            }
        )
    entered += _insert(session, shop_id, fresh, given)
    session.flush()
    field_values.put(session, shop_id, given)
    _tie(session, shop_id, entered, found.problems, actor=actor)
    holds.serials_changed(session, shop_id, order_id)
    return found


def adopt_settings(
    session: Session, shop: Shop, variant_id: int, text: str, *, actor: str = ACTOR
) -> Adopted:
    """Take a variant's settings over. What somebody set in this app stays, and what is missing there is added."""
    old = reading.read_settings(text)
    found = Adopted(problems=old.problems)
    if any(problem.lost for problem in old.problems):
        return found
    catalog.ensure(session, shop.id, [variant_id])
    variant = catalog.find(session, shop.id, variant_id, lock=True)
    assert variant is not None
    is_ours = variant.configured_at is not None
    changes = TrackingChanges()
    if old.trackable is not None and not is_ours:
        changes["trackable"] = old.trackable
    if old.auto_generatable is not None and not is_ours:
        changes["auto_generatable"] = old.auto_generatable
    if is_ours and (
        old.trackable not in (None, variant.trackable)
        or old.auto_generatable not in (None, variant.auto_generatable)
        or (old.warranty is not None and variant.warranty not in (None, old.warranty))
    ):
        found.problems.append(Problem("settings_differ"))
    if old.warranty is not None and variant.warranty is None:
        changes["warranty"] = old.warranty
    stored = {} if variant.custom_fields is None else _tracked(variant.custom_fields)
    fields = {**old.fields, **stored}
    if fields != stored:
        changes["custom_fields"] = [{"key": key, "trackable": tracked} for key, tracked in fields.items()]
        define(session, shop, list(old.fields), found.problems)
    if changes or not is_ours:
        catalog.configure(session, shop.id, variant_id, changes)
    found.items = 1
    return found


def define(session: Session, shop: Shop, keys: Sequence[str], problems: list[Problem]) -> None:
    """Have the shop know custom fields that another app used. Those beyond the most that a shop has are reported."""
    for key in keys:
        try:
            shops.define_fields(session, shop, [key])
        except AppError:
            problems.append(Problem("too_many_fields", key))


def _tracked(stored: str) -> dict[str, bool]:
    return {one["key"]: one["trackable"] for one in msgspec.json.decode(stored)}


class _Places:
    """The lines of an order, and their blank items."""

    def __init__(self, session: Session, shop_id: int, order_id: int) -> None:
        self.session, self.shop_id, self.order_id = session, shop_id, order_id
        rows = session.execute(
            select(Line.line_item_id, Line.variant_id, Line.removed_at)
            .where(Line.shop_id == shop_id, Line.order_id == order_id)
            .order_by(Line.position)
        ).all()
        self.lines: dict[int, int | None] = {row.line_item_id: row.variant_id for row in rows}
        self.listed = [row.line_item_id for row in rows if row.removed_at is None]
        self.named: set[str] = set()
        blank = session.scalars(
            select(Item)
            .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None), items.BLANK)
            .order_by(Item.id)
            .with_for_update()
        )
        self._blank: dict[int, list[Item]] = defaultdict(list)
        for item in blank:
            self._blank[item.line_item_id].append(item)

    def take_blank(self, line_id: int) -> Item | None:
        """The oldest blank item of ours on a line: it was made for the unit that the other app knows already."""
        left = self._blank.get(line_id)
        return left.pop(0) if left else None

    def of(self, one: OldItem, problems: list[Problem]) -> tuple[int | None, int]:
        """(line item, variant) that an item belongs to; (None, 0) where nothing tells."""
        if one.line_item_id is not None:
            if one.line_item_id not in self.lines and not self._keep_line(one, problems):
                return None, 0
            return one.line_item_id, self.lines[one.line_item_id] or one.variant_id or 0
        of_variant = [line for line in self.listed if self.lines[line] == one.variant_id]
        candidates = of_variant if one.variant_id is not None else self.listed
        if len(candidates) != 1:
            return None, 0
        problems.append(Problem("line_guessed", one.item_id or one.serial_number or ""))
        return candidates[0], self.lines[candidates[0]] or 0

    def _keep_line(self, one: OldItem, problems: list[Problem]) -> bool:
        """Keep a line that Shopify does not show as a removed one; False where another order has it."""
        assert one.line_item_id is not None
        row = {
            "shop_id": self.shop_id,
            "line_item_id": one.line_item_id,
            "order_id": self.order_id,
            "position": len(self.lines),
            "variant_id": one.variant_id,
            "quantity": 0,
            "follows": False,
            "removed_at": now(),
        }
        made = self.session.connection().execute(
            upsert.insert_new(self.session, Line, Line.line_item_id), row
        )
        if made.scalar_one_or_none() is None:
            return False
        self.lines[one.line_item_id] = one.variant_id
        problems.append(Problem("line_not_shown", str(one.line_item_id)))
        return True


def _owners(session: Session, shop_id: int, old: Sequence[OldItem]) -> dict[str, Item]:
    """Old ID as compared → the item of the shop that goes by it, by an old ID or by one of our own."""
    typed = [one.item_id for one in old if one.item_id]
    found: dict[str, Item] = {}
    for start in range(0, len(typed), 500):
        for named in items.called(*typed[start : start + 500]):
            for item in session.scalars(select(Item).where(Item.shop_id == shop_id, named)):
                for key in (item.old_key, old_id_key(item.own_id)):
                    if key is not None:
                        found[key] = item
    return found


def _serials(session: Session, shop_id: int, order_id: int) -> set[tuple[int, str]]:
    """(line item, serial number as compared) of an order's living items: unique on a line."""
    rows = session.execute(
        select(Item.line_item_id, Item.serial_key).where(
            Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None)
        )
    )
    return {(line, key) for line, key in rows if key is not None}


def _free_serial(
    one: OldItem, line_id: int, serials: set[tuple[int, str]], problems: list[Problem]
) -> str | None:
    if one.serial_number is None:
        return None
    place = (line_id, serial_key(one.serial_number))
    if place in serials:
        problems.append(Problem("serial_repeated", one.serial_number))
        return None
    serials.add(place)
    return one.serial_number


def _complete(
    session: Session,
    item: Item,
    one: OldItem,
    serials: set[tuple[int, str]],
    found: Adopted,
    entered: list[Item],
) -> None:
    """The order has this item already. A serial number that it lacks is taken; a different one stays as it is."""
    if one.serial_number is None or item.serial_key == serial_key(one.serial_number):
        return
    if item.serial_number is not None:
        found.problems.append(Problem("serial_differs", one.serial_number))
        return
    number = _free_serial(one, item.line_item_id, serials, found.problems)
    if number is not None and item.removed_at is None:
        changes = {"serialNumber": {"from": None, "to": number}}
        item.serial_number, item.serial_key = number, serial_key(number)
        item.version, item.updated_at = item.version + 1, now()
        history.record(session, item.shop_id, "item", [(item.id, changes)], actor=ACTOR, action="changed")
        entered.append(item)


def _fill(
    session: Session, item: Item, one: OldItem, values: Mapping[str, str | bool | None], actor: str
) -> None:
    """Make a blank item of ours the unit that the other app knows."""
    differences: dict[str, JsonObject] = {
        "itemId": {"from": item.own_id, "to": values["old_id"] or item.own_id}
    }
    for name, value in values.items():
        setattr(item, name, value)
    if one.warranty is not None:
        item.warranty = one.warranty
    stored = {field["key"]: field["value"] for field in msgspec.json.decode(item.custom_fields)}
    item.custom_fields = _fields_text({**stored, **one.fields})
    item.version, item.updated_at = item.version + 1, now()
    if values["serial_number"] is not None:
        differences["serialNumber"] = {"from": None, "to": values["serial_number"]}
    history.record(session, item.shop_id, "item", [(item.id, differences)], actor=actor, action="adopted")


def _fields_text(fields: Mapping[str, str]) -> str:
    return msgspec.json.encode([{"key": key, "value": value} for key, value in fields.items()]).decode()


def _insert(
    session: Session,
    shop_id: int,
    rows: list[dict[str, object]],
    given: dict[int, dict[str, str]],
) -> list[Item]:
    """Insert items in their order; ``given`` learns the fields of those that have any."""
    if not rows:
        return []
    own_ids = make_item_ids(len(rows))
    session.connection().execute(
        insert(Item), [row | {"item_id": own_id} for row, own_id in zip(rows, own_ids, strict=True)]
    )
    made: list[Item] = []
    for start in range(0, len(own_ids), 500):
        some = own_ids[start : start + 500]
        made += session.scalars(select(Item).where(Item.shop_id == shop_id, Item.own_id.in_(some)))
    for item in made:
        if item.filled_fields:
            given[item.id] = {
                field["key"]: field["value"] for field in msgspec.json.decode(item.custom_fields)
            }
    return made


def _tie(
    session: Session, shop_id: int, entered: Sequence[Item], problems: list[Problem], *, actor: str
) -> None:
    """Tie items to the units of the registry that their serial numbers name, where it has them."""
    wanted = [item for item in entered if item.serial_key is not None]
    held = ties.known_keys(session, shop_id, [item.serial_key or "" for item in wanted])
    for item in wanted:
        if item.serial_key not in held or item.serial_number is None:
            continue
        try:
            unit = ties.unit_to_enter(session, shop_id, item, item.serial_number)
            if unit is not None:
                ties.tie(session, shop_id, unit, item, actor=actor)
        except AppError:
            problems.append(Problem("registry_conflict", item.serial_number))


def conflicts(session: Session, shop_id: int, order_id: int, old: Sequence[OldItem]) -> list[Problem]:
    """Old IDs that an adoption could not give, because another item has them or because they come twice."""
    owners = _owners(session, shop_id, old)
    seen: set[str] = set()
    found = []
    for one in old:
        key = old_id_key(one.item_id) if one.item_id else None
        if key is None:
            continue
        if key in seen or (key in owners and owners[key].order_id != order_id):
            found.append(Problem("item_id_taken", one.item_id or ""))
        seen.add(key)
    return found
