"""The packing table: what a scanned code means for the order that is being packed, and what was checked off.

What was checked off is kept, so that a reload or a colleague at the next table goes on where somebody stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, delete, false, func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import serial_entry
from serializer_app.domain.items import items, ties
from serializer_app.domain.orders import orders
from serializer_app.domain.registry.recognition import Recognized
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.models import Item, Order, PackedUnit, Serial, Variant


@dataclass(frozen=True)
class Scanned:
    """The unit of this order that a code stands for; ``entered``: the code became its serial number just now."""

    item: Item
    entered: bool


@dataclass(frozen=True)
class PackingProgress:
    """How far an order is: its living items, those of them that are done, and tracked units without an item.

    An item without a serial number is not done while its variant requires one; ``required`` counts those.
    """

    items: int
    scanned: int
    missing: int
    required: int

    @property
    def left(self) -> int:
        """What has to be done before the order is complete."""
        return self.items - self.scanned + self.missing


def orders_of(session: Session, shop_id: int, found: Recognized) -> list[int]:
    """Orders that a scanned code leads to: by number, or by the item ID or serial number of a unit of theirs."""
    if found.orders:
        return list(found.orders[:2])
    living = [item for item in found.items if item.removed_at is None] or list(found.items)
    return list(dict.fromkeys(item.order_id for item in living))


def progress(session: Session, shop_id: int, order_id: int) -> PackingProgress:
    """How far the order is. Units that are tracked now and have no item yet count as missing."""
    lacks = Item.serial_key.is_(None) & (Variant.serial_numbers == catalog.REQUIRED)
    is_done = PackedUnit.item_key.is_not(None) & ~func.coalesce(lacks, false())
    total, done, required = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((is_done, 1), else_=0)), 0),
            func.coalesce(func.sum(case((lacks, 1), else_=0)), 0),
        )
        .select_from(Item)
        .outerjoin(PackedUnit, (PackedUnit.shop_id == Item.shop_id) & (PackedUnit.item_key == Item.id))
        .outerjoin(Variant, (Variant.shop_id == Item.shop_id) & (Variant.variant_id == Item.variant_id))
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
    ).one()
    held = items.counts(session, shop_id, order_id)
    returned = items.returned_counts(session, shop_id, order_id)
    missing = sum(
        max(0, line.quantity - held.get(line.line_item_id, 0) - returned.get(line.line_item_id, 0))
        for line in orders.lines(session, shop_id, order_id)
        if line.trackable and line.removed_at is None
    )
    return PackingProgress(total, int(done), missing, int(required))


def packed(session: Session, shop_id: int, order_id: int) -> set[int]:
    """The keys of the units that are done: checked off, with a serial number where one is required."""
    query = (
        select(PackedUnit.item_key)
        .join(Item, (Item.shop_id == PackedUnit.shop_id) & (Item.id == PackedUnit.item_key))
        .outerjoin(Variant, (Variant.shop_id == Item.shop_id) & (Variant.variant_id == Item.variant_id))
        .where(PackedUnit.shop_id == shop_id, PackedUnit.order_id == order_id)
        .where(
            Item.serial_key.is_not(None)
            | (func.coalesce(Variant.serial_numbers, catalog.OPTIONAL) != catalog.REQUIRED)
        )
    )
    return set(session.scalars(query))


def start_again(session: Session, shop_id: int, order_id: int) -> None:
    """Take back the marks of all units; serial numbers that were entered stay."""
    session.execute(
        delete(PackedUnit).where(PackedUnit.shop_id == shop_id, PackedUnit.order_id == order_id),
        execution_options={"synchronize_session": False},
    )


def undo(
    session: Session, shop_id: int, order_id: int, item_id: str, *, entered: str | None, actor: str
) -> Item:
    """Take back the mark of one unit. ``entered`` is the serial number that the scan entered: it is taken back too,
    unless somebody has changed it since.

    Raises AppError ``item_not_found`` 404.
    """
    item = items.find(session, shop_id, item_id)
    if item is None or item.order_id != order_id or item.removed_at is not None:
        raise AppError("item_not_found", f"Item {item_id[:64]} not found.", status=404)
    session.execute(
        delete(PackedUnit).where(PackedUnit.shop_id == shop_id, PackedUnit.item_key == item.id),
        execution_options={"synchronize_session": False},
    )
    if entered is not None and item.serial_number == entered:
        changes = items.ItemChanges(serial_number=None)
        items.change(session, shop_id, item, changes, allowed_fields=(), actor=actor)
    return item


def scan(
    session: Session,
    shop_id: int,
    order_id: int,
    found: Recognized,
    *,
    line_item_id: int | None,
    actor: str,
    confirmed: bool = False,
) -> Scanned:
    """Check one unit off. A serial number that nobody entered yet goes to the next empty unit of its product.

    ``line_item_id`` is where a number goes that does not name its product. desk.serial_entry says which codes become
    serial numbers and which only if ``confirmed``. A product whose numbers are in the registry takes no others, and
    neither does one whose units are taken from stock. Where serial numbers are off, the product's barcode or SKU
    checks off its next unit; where they are required, an item ID alone is not enough.

    Raises AppError ``scan_twice``, ``scan_used``, ``scan_removed``, ``scan_other_product``, ``scan_full``,
    ``scan_unknown``, ``scan_serial_required`` (all 409), and what domain.desk.serial_entry and
    ``ties.unit_to_enter`` refuse.
    """
    own = [item for item in found.items if item.order_id == order_id and item.removed_at is None]
    if own:
        marked = packed(session, shop_id, order_id)
        item = next((item for item in own if item.id not in marked), own[0])
        if item.serial_key is None and _policy(session, shop_id, item.variant_id) == catalog.REQUIRED:
            raise _wrong("scan_serial_required", "Scan the serial number of this unit: it is required")
        return _check_off(session, item, actor)
    plain = _without_serials(session, shop_id, order_id, found)
    if plain:
        return _check_off_next(session, shop_id, order_id, plain, actor)
    elsewhere = [item for item in found.items if item.removed_at is None and not found.near]
    by_id = found.by_item_id or serial_entry.is_unit_link(found)
    serial = next((serial for serial in found.serials if serial.source != "item"), None)
    if serial is not None:
        return _enter_known(session, shop_id, order_id, serial, actor)
    if by_id and found.items:
        if elsewhere:
            raise _used(session, shop_id, elsewhere)
        raise _wrong("scan_removed", "This unit was removed from its order")
    serial_entry.refuse_other_things(session, shop_id, found)
    variants = _variants(session, shop_id, order_id)
    serial_entry.refuse_other_product(session, shop_id, found, variants)
    here = _place(session, shop_id, order_id, found, variants, line_item_id)
    if _has_registry(session, shop_id, here.variant_id) or serial_entry.is_from_stock(
        session, shop_id, here.variant_id
    ):
        # The maker's numbers of this product are known, so one that is none of them is a wrong scan.
        raise _wrong("scan_unknown", "Unknown: no serial number and no item ID of this shop")
    same = [item for item in elsewhere if item.variant_id == here.variant_id]
    if same:
        raise _used(session, shop_id, same)
    number = serial_entry.number_of(session, shop_id, found, variant_id=here.variant_id, confirmed=confirmed)
    return _enter(session, shop_id, here, number, actor)


def _enter_known(session: Session, shop_id: int, order_id: int, serial: Serial, actor: str) -> Scanned:
    """A unit of the registry becomes an item of its product, unless it is another active item."""
    other = ties.active_item(session, shop_id, serial)
    if other is not None:
        raise _used(session, shop_id, [other])
    here = _empty(session, shop_id, order_id, Item.variant_id == serial.variant_id)
    if here is not None:
        return _enter(session, shop_id, here, serial.serial_number, actor)
    if serial.variant_id in _variants(session, shop_id, order_id):
        raise _full()
    raise _other_product(session, shop_id, [serial.variant_id])


def _policy(session: Session, shop_id: int, variant_id: int) -> str:
    variant = catalog.find(session, shop_id, variant_id)
    return catalog.OPTIONAL if variant is None else variant.serial_numbers


def _without_serials(session: Session, shop_id: int, order_id: int, found: Recognized) -> set[int]:
    """The products of this order that a barcode or SKU names and that have no serial numbers."""
    named = set(found.products)
    if not named or any(serial.source != "item" for serial in found.serials):
        return set()
    query = select(Variant.variant_id).where(
        Variant.shop_id == shop_id, Variant.variant_id.in_(named), Variant.serial_numbers == catalog.OFF
    )
    return set(session.scalars(query)) & _variants(session, shop_id, order_id)


def _check_off_next(
    session: Session, shop_id: int, order_id: int, variant_ids: set[int], actor: str
) -> Scanned:
    """Check off the next unit of products whose units cannot be told apart."""
    query = (
        select(Item)
        .outerjoin(PackedUnit, (PackedUnit.shop_id == Item.shop_id) & (PackedUnit.item_key == Item.id))
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
        .where(Item.variant_id.in_(variant_ids), PackedUnit.item_key.is_(None))
    )
    item = session.scalars(query.order_by(Item.id).limit(1)).first()
    if item is None:
        raise _full()
    return _check_off(session, item, actor)


def _variants(session: Session, shop_id: int, order_id: int) -> set[int]:
    """The products of the order's living items."""
    query = select(Item.variant_id).where(
        Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None)
    )
    return set(session.scalars(query.distinct()))


def _place(
    session: Session,
    shop_id: int,
    order_id: int,
    found: Recognized,
    variants: set[int],
    line_item_id: int | None,
) -> Item:
    """The unit that a new number goes to: of the product that the code names, else of the chosen line."""
    named = set(found.products) & variants if found.reading.gtin else set()
    if named:
        here = _empty(session, shop_id, order_id, Item.variant_id.in_(named))
    else:
        on_line = () if line_item_id is None else (Item.line_item_id == line_item_id,)
        here = _empty(session, shop_id, order_id, *on_line)
    if here is None:
        raise _full()
    return here


def _check_off(session: Session, item: Item, actor: str) -> Scanned:
    """Two tables that scan one unit at once: one of them is told."""
    if not _mark(session, item, actor):
        raise _wrong("scan_twice", "Scanned already")
    return Scanned(item, False)


def _mark(session: Session, item: Item, actor: str) -> bool:
    """Note that a unit was checked off; False when it was already."""
    row = {
        "shop_id": item.shop_id,
        "item_key": item.id,
        "order_id": item.order_id,
        "packed_by": actor,
        "packed_at": now(),
    }
    made = session.connection().execute(
        upsert.insert(session, PackedUnit).on_conflict_do_nothing().returning(PackedUnit.item_key), row
    )
    return made.scalar_one_or_none() is not None


def _empty(session: Session, shop_id: int, order_id: int, *conditions: ColumnElement[bool]) -> Item | None:
    """The first unit without a serial number that was not checked off by its item ID, of a product that has any.

    A unit that has to have a serial number takes one even after it was checked off.
    """
    policy = func.coalesce(Variant.serial_numbers, catalog.OPTIONAL)
    query = (
        select(Item)
        .outerjoin(PackedUnit, (PackedUnit.shop_id == Item.shop_id) & (PackedUnit.item_key == Item.id))
        .outerjoin(Variant, (Variant.shop_id == Item.shop_id) & (Variant.variant_id == Item.variant_id))
        .where(
            Item.shop_id == shop_id,
            Item.order_id == order_id,
            Item.removed_at.is_(None),
            Item.serial_key.is_(None),
            policy != catalog.OFF,
            PackedUnit.item_key.is_(None) | (policy == catalog.REQUIRED),
            *conditions,
        )
    )
    return session.scalars(query.order_by(Item.id).limit(1)).first()


def _full() -> AppError:
    return _wrong("scan_full", "This line is complete already")


def _other_product(session: Session, shop_id: int, variant_ids: Sequence[int]) -> AppError:
    product = serial_entry.product_name(session, shop_id, variant_ids)
    return _wrong("scan_other_product", "Other product: {product} is not in this order", {"product": product})


def _used(session: Session, shop_id: int, elsewhere: Sequence[Item]) -> AppError:
    order_id = elsewhere[0].order_id
    order = session.get(Order, (shop_id, order_id))
    name = str(order_id) if order is None else order.name or str(order_id)
    return _wrong("scan_used", "Already used: it belongs to order {order}", {"order": name})


def _has_registry(session: Session, shop_id: int, variant_id: int) -> bool:
    query = select(Serial.id).where(
        Serial.shop_id == shop_id, Serial.variant_id == variant_id, Serial.source != "item"
    )
    return session.scalar(query.limit(1)) is not None


def _enter(session: Session, shop_id: int, item: Item, serial: str, actor: str) -> Scanned:
    # Two tables that scan different numbers for one unit race here; the version refuses the second.
    changes = items.ItemChanges(serial_number=serial, version=item.version)
    items.change(session, shop_id, item, changes, allowed_fields=(), actor=actor)
    if not _mark(session, item, actor) and _policy(session, shop_id, item.variant_id) != catalog.REQUIRED:
        raise _wrong("scan_twice", "Scanned already")
    return Scanned(item, True)


def _wrong(code: str, message: str, values: Mapping[str, str] | None = None) -> AppError:
    return AppError(code, message.format_map(values or {}), status=409, values=values)
