"""What a scanned or typed code is in one shop: a unit, a product, an order, a link, or nothing known.

Packing, order page, item search, verify page, serial-number links and API look-ups all ask here, so that a code is the
same thing on every page. The forms of codes are read by domain.ids.reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.ids import reader
from serializer_app.domain.ids.gtin import barcode_forms, read_gtin
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.reader import Form, Reading
from serializer_app.domain.ids.readings import readings
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import items, ties
from serializer_app.domain.items.items import called
from serializer_app.domain.items.unit_states import REPLACED
from serializer_app.domain.orders import lookups
from serializer_app.domain.registry import serials
from serializer_app.errors import AppError
from serializer_app.store.models import Confirmation, Item, Registration, Serial, Variant

MOST = 20
LONGEST_KEY = 256

OpenToken = Callable[[str], tuple[str, int] | None]
"""Opens the sealed token of a link: what it is about ("item", "serial", "owner") and the key of that."""


class CodeKind(StrEnum):
    """What a code is, the most certain reading first."""

    UNIT = "unit"
    """An item, a serial of the registry, or both."""
    PRODUCT = "product"
    """The barcode, SKU or link of a product, which names no unit of it."""
    ORDER = "order"
    LINK = "link"
    """A link that leads to no unit of this shop."""
    CODE = "code"
    """A GS1 code without serial number and product, such as the label of a parcel."""
    MISTYPED = "mistyped"
    """Shaped like an item ID that this shop does not have."""
    TRADE_NUMBER = "trade number"
    """A GTIN that no product of this shop carries."""
    UNKNOWN = "unknown"
    """Any other text: perhaps a serial number that nobody entered yet."""
    EMPTY = "empty"


@dataclass(frozen=True)
class Recognized:
    """What a code is, and everything in the shop that goes by it.

    ``number`` is what a unit would be called after this code. ``near``: the units go by a number that differs from the
    code in separators or look-alike letters. ``products`` are the variants that the code names. ``misled`` are units
    with this number although the code's GTIN says another product. ``suggested`` are units whose item ID differs by one
    typing error.
    """

    kind: CodeKind
    reading: Reading
    number: str
    items: tuple[Item, ...] = ()
    serials: tuple[Serial, ...] = ()
    near: bool = False
    products: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()
    misled: tuple[Item | Serial, ...] = ()
    suggested: tuple[Item, ...] = ()

    @property
    def by_item_id(self) -> bool:
        """Whether the code is a unit's item ID, and not a number that a maker or a person gave it."""
        old_keys = {old_id_key(spelling) for spelling in self.reading.spellings} - {None}
        return any(item.own_id in self.reading.item_ids or item.old_key in old_keys for item in self.items)


def recognize(
    session: Session,
    shop_id: int,
    typed: str,
    *,
    open_token: OpenToken = lambda _: None,
    variants: Iterable[int] = (),
    orders: bool = True,
) -> Recognized:
    """What ``typed`` is. Exact matches come before near ones, living items before removed ones.

    ``variants`` limits the units to those of these products. Visitors are not told which orders exist: for them
    ``orders`` is False. Reads only; a handful of index probes.
    """
    reading = reader.read(typed)
    if reading.form is Form.EMPTY:
        return Recognized(CodeKind.EMPTY, reading, "")
    if reading.form in (Form.PLAIN, Form.GS1):
        return _by_number(session, shop_id, reading, set(variants), orders)
    if reading.form is Form.ORDER_LINK:
        keys = lookups.named(session, shop_id, reading.number or "") if orders else []
        return Recognized(CodeKind.ORDER if keys else CodeKind.LINK, reading, "", orders=tuple(keys))
    if reading.form is Form.EXPERIENCE_LINK:
        products = _of_experience(session, shop_id, reading.tokens)
        return Recognized(CodeKind.PRODUCT if products else CodeKind.LINK, reading, "", products=products)
    items, held = _of_link(session, shop_id, reading, open_token)
    number = held[0].serial_number if held else (items[0].serial_number or items[0].item_id if items else "")
    kind = CodeKind.UNIT if items or held else CodeKind.LINK
    return Recognized(kind, reading, number, tuple(items), tuple(held))


def named(session: Session, shop_id: int, typed: str) -> tuple[Serial | None, Item | None]:
    """The serial that somebody named, else the item: exactly, or by any code that names one unit."""
    serial = serials.find(session, shop_id, typed)
    if serial is not None:
        return serial, None
    item = items.find(session, shop_id, typed)
    # The exact look-ups come first: they answer what nearly everybody asks, with two probes.
    return (None, item) if item is not None else one_unit(session, shop_id, typed)


def serial_named(session: Session, shop_id: int, typed: str) -> Serial | None:
    """The serial of the unit that somebody named."""
    serial, item = named(session, shop_id, typed)
    return ties.serial_of(session, shop_id, item.id) if serial is None and item is not None else serial


def one_unit(session: Session, shop_id: int, typed: str) -> tuple[Serial | None, Item | None]:
    """The unit that a code names, for look-ups and claims whose exact look-up found nothing.

    Both are None where the code names no unit, or several (two makers may use the same number): nobody is asked here
    which one is meant.
    """
    found = recognize(session, shop_id, typed, orders=False)
    apart = [serial for serial in found.serials if not any(_is(serial, item) for item in found.items)]
    alive = [serial for serial in apart if serial.state != REPLACED]
    units: list[Item | Serial] = [*found.items, *(alive if alive or found.items else apart)]
    if len(units) != 1:
        return None, None
    (unit,) = units
    if isinstance(unit, Serial):
        return unit, None
    return next((serial for serial in found.serials if serial not in apart), None), unit


def _is(serial: Serial, item: Item) -> bool:
    """Whether they are one unit: tied to each other, or a number of the registry that was entered on the item."""
    return serial.item_key == item.id or serial.variant_id == item.variant_id


def refusal(session: Session, shop_id: int, typed: str) -> AppError:
    """AppError ``serial_not_found`` (404) that says what the code is, where it is something that the shop knows."""
    found = recognize(session, shop_id, typed)
    reason = _REASONS[found.kind]
    if found.misled:
        reason = ": a unit has this number, but not of the product that the code's GTIN names"
    elif found.items and all(item.removed_at is not None for item in found.items):
        reason = ": that item was removed from its order"
    number = found.reading.text[:LONGEST_KEY]
    return AppError("serial_not_found", f"Serial number {number} not found{reason}.", status=404)


_REASONS = {
    CodeKind.UNIT: ": it names an item without a serial of its own, or more than one unit",
    CodeKind.PRODUCT: ": that is the barcode, SKU or page of a product; use the serial number of the unit",
    CodeKind.ORDER: ": that is the name of an order; use the serial number of the unit",
    CodeKind.LINK: ": that is a link which leads to no unit of this shop",
    CodeKind.CODE: ": that is a GS1 code without a serial number",
    CodeKind.MISTYPED: ": it looks like an item ID with a typing error",
    CodeKind.TRADE_NUMBER: ": that is a product's barcode (GTIN); use the serial number of the unit",
    CodeKind.UNKNOWN: "",
    CodeKind.EMPTY: "",
}


def _by_number(
    session: Session, shop_id: int, reading: Reading, variants: set[int], with_orders: bool
) -> Recognized:
    claimed = carrying(session, shop_id, reading.gtin) if reading.gtin else ()
    number = reading.number or ""
    if not number:
        kind = CodeKind.PRODUCT if claimed else CodeKind.TRADE_NUMBER if reading.gtin else CodeKind.CODE
        return Recognized(kind, reading, "", products=claimed)
    item_ids = (*reading.item_ids, *reading.spellings)
    items, held = _units(session, shop_id, _keys(reading.spellings), item_ids, variants)
    misled: tuple[Item | Serial, ...] = ()
    if reading.gtin:
        found_units: list[Item | Serial] = [*items, *held]
        others = _others(session, shop_id, reading.gtin, claimed, found_units)
        misled = tuple(unit for unit in found_units if unit.variant_id in others)
        items = [item for item in items if item.variant_id not in others]
        held = [serial for serial in held if serial.variant_id not in others]
    products = claimed or (() if reading.gtin else _named(session, shop_id, reading.spellings))
    orders = tuple(lookups.named(session, shop_id, number)) if with_orders and not reading.gtin else ()
    found = Recognized(
        CodeKind.UNKNOWN, reading, number, tuple(items), tuple(held), False, products, orders, misled
    )
    if items or held:
        return replace(found, kind=CodeKind.UNIT)
    if products and not reading.gtin:
        return replace(found, kind=CodeKind.PRODUCT)
    if orders:
        return replace(found, kind=CodeKind.ORDER)
    if misled:
        return found
    items, held = _units(session, shop_id, readings(reading.spellings[0])[1:], (), variants | set(claimed))
    if items or held:
        return Recognized(CodeKind.UNIT, reading, number, tuple(items), tuple(held), True, products)
    if reading.gtin:
        return found
    suggested = _suggested(session, shop_id, number)
    if suggested or reader.looks_like_item_id(number):
        return Recognized(CodeKind.MISTYPED, reading, number, suggested=suggested)
    return replace(found, kind=CodeKind.TRADE_NUMBER) if reader.trade_number(number) else found


def _keys(spellings: Iterable[str]) -> list[str]:
    keys = dict.fromkeys(serial_key(spelling[: LONGEST_KEY + 1]) for spelling in spellings)
    return [key for key in keys if key and len(key) <= LONGEST_KEY]


def _units(
    session: Session, shop_id: int, keys: Sequence[str], item_ids: Sequence[str], variants: set[int]
) -> tuple[list[Item], list[Serial]]:
    """The items and serials of these names. Removed items only if nothing that lives goes by one of them."""
    of = (Item.variant_id.in_(variants),) if variants else ()
    items: dict[int, Item] = {}
    # A query each and not one with OR, which would walk the whole shop on SQLite.
    conditions = called(*item_ids)
    if keys:
        conditions.append(Item.serial_key.in_(keys) & Item.serial_key.is_not(None))
    for condition in conditions:
        query = select(Item).where(Item.shop_id == shop_id, condition, *of).order_by(Item.id)
        living = session.scalars(query.where(Item.removed_at.is_(None)).limit(MOST)).all()
        found = living or session.scalars(query.where(Item.removed_at.is_not(None)).limit(MOST)).all()
        items |= {item.id: item for item in found}
    alive = [item for item in items.values() if item.removed_at is None]
    held: list[Serial] = []
    if keys:
        serial_query = select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key.in_(keys))
        if variants:
            serial_query = serial_query.where(Serial.variant_id.in_(variants))
        held = list(session.scalars(serial_query.order_by(Serial.id).limit(MOST)))
    # The serial that an item ID became lives and dies with its item.
    dead = not alive and not any(serial.state != REPLACED and serial.source != "item" for serial in held)
    return list(items.values()) if dead else alive, held


def _of_link(
    session: Session, shop_id: int, reading: Reading, open_token: OpenToken
) -> tuple[list[Item], list[Serial]]:
    """The unit behind one of our links: the token on its label, or the sealed one of a view or an owner's page."""
    if reading.form is Form.CONFIRMATION_LINK:
        row = session.execute(
            select(Confirmation.subject, Confirmation.subject_id).where(
                Confirmation.shop_id == shop_id,
                Confirmation.public_id.in_([read_item_id(token) or "" for token in reading.tokens]),
            )
        ).first()
        return ([], []) if row is None else _by_subject(session, shop_id, row.subject, row.subject_id)
    # With Caps Lock on, a scanner's letters arrive in the other case.
    for spelling in dict.fromkeys((*reading.tokens, *(token.swapcase() for token in reading.tokens))):
        opened = open_token(spelling)
        if opened is not None:
            return _by_subject(session, shop_id, *opened)
        serial = serials.by_token(session, shop_id, spelling) if reading.form is Form.UNIT_LINK else None
        if serial is not None:
            return _with_item(session, shop_id, serial)
    return [], []


def _by_subject(session: Session, shop_id: int, subject: str, key: int) -> tuple[list[Item], list[Serial]]:
    if subject == "owner":
        claim = session.scalars(
            select(Registration).where(Registration.shop_id == shop_id, Registration.id == key)
        ).one_or_none()
        if claim is None:
            return [], []
        subject, key = ("item", claim.item_key) if claim.item_key is not None else ("serial", claim.serial_id)
    if subject == "item":
        return list(session.scalars(select(Item).where(Item.shop_id == shop_id, Item.id == key))), []
    serial = session.scalars(select(Serial).where(Serial.shop_id == shop_id, Serial.id == key)).one_or_none()
    return ([], []) if serial is None else _with_item(session, shop_id, serial)


def _with_item(session: Session, shop_id: int, serial: Serial) -> tuple[list[Item], list[Serial]]:
    if serial.item_key is None:
        return [], [serial]
    query = select(Item).where(Item.shop_id == shop_id, Item.id == serial.item_key)
    items = [item for item in session.scalars(query) if item.removed_at is None or serial.source == "item"]
    return items, [serial]


def _of_experience(session: Session, shop_id: int, tokens: Sequence[str]) -> tuple[int, ...]:
    known = [token.upper() for token in tokens if token.isascii() and token.isalnum() and len(token) <= 32]
    query = select(Variant.variant_id).where(Variant.shop_id == shop_id, Variant.experience_id.in_(known))
    return tuple(session.scalars(query.limit(MOST)))


def carrying(session: Session, shop_id: int, gtin: str) -> tuple[int, ...]:
    """The variants whose barcode is this GTIN (14 digits), in any of its lengths."""
    query = select(Variant.variant_id).where(
        Variant.shop_id == shop_id, Variant.barcode.in_(barcode_forms(gtin))
    )
    return tuple(session.scalars(query.order_by(Variant.variant_id).limit(MOST)))


def _named(session: Session, shop_id: int, spellings: Sequence[str]) -> tuple[int, ...]:
    """The variants that have one of ``spellings`` as barcode or SKU."""
    forms = dict.fromkeys(
        form for one in spellings for form in (one, one.upper(), one.lower()) if len(form) < 256
    )
    gtins = [gtin for one in spellings if (gtin := reader.trade_number(one))]
    barcodes = [*forms, *(form for gtin in gtins for form in barcode_forms(gtin))]
    found: dict[int, None] = {}
    for column, values in ((Variant.barcode, barcodes), (Variant.sku, list(forms))):
        query = select(Variant.variant_id).where(Variant.shop_id == shop_id, column.in_(values))
        found |= dict.fromkeys(session.scalars(query.order_by(Variant.variant_id).limit(MOST)))
    return tuple(found)


def _others(
    session: Session, shop_id: int, gtin: str, claimed: Sequence[int], found: Sequence[Item | Serial]
) -> set[int]:
    """The variants among the units found that are another product than the code's GTIN says."""
    candidates = {one.variant_id for one in found} - set(claimed)
    if claimed or not candidates:
        return candidates
    # No product has this GTIN. That contradicts a variant only if its own barcode is another GTIN.
    query = select(Variant.variant_id, Variant.barcode).where(
        Variant.shop_id == shop_id, Variant.variant_id.in_(candidates)
    )
    return {row.variant_id for row in session.execute(query) if read_gtin(row.barcode) not in (None, gtin)}


def _suggested(session: Session, shop_id: int, number: str) -> tuple[Item, ...]:
    near = reader.near_item_ids(number)
    if not near:
        return ()
    query = select(Item).where(Item.shop_id == shop_id, Item.own_id.in_(near), Item.removed_at.is_(None))
    return tuple(session.scalars(query.order_by(Item.id).limit(MOST)))
