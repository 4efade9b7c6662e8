"""Which registry unit an item is, and which registration holds what: the rules of sale and ownership in one place.

- An item is one *sale* of a unit. A registry unit (a serial whose source is not ``item``) has at most one active item;
  ``uq_items_unit`` says so in the database. Removed items keep their unit as history.
- A registration belongs to the sale it was made for (``registrations.item_key``), or to the registry serial when there
  was no sale. A sale has at most one active registration, and so has a serial without a sale
  (``uq_registrations_item``, ``uq_registrations_unsold``).
- A registration never moves to another customer's item. When the sale is removed, its registration stays with the
  removed item: it holds nothing (``IN_FORCE``), comes back if the item is restored, and does not stop the unit from
  being sold or registered again.
- ``unit_to_enter`` is the one rule on which serial number may be entered on which item. Only a unit in stock may be
  sold; the states of units and the function that changes them are in ``unit_states``.
- Entering a unit on an item makes it ``reserved``, or ``sold`` if the line was shipped. Taking it off, or removing the
  item, puts it back in stock; a return says what becomes of it (domain.stock.returns).

This module stands below items, because entering a serial number on an item is what makes the item a sale of the unit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.ids.item_ids import old_id_key, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import unit_states
from serializer_app.domain.items.unit_states import IN_STOCK, REPLACED, RESERVED, RETURNED, SOLD, UnitState
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.models import Customer, Item, Line, Registration, Serial

DENIED = "denied"

HOLDS = (Registration.ended_at.is_(None), Registration.status != DENIED)
"""A registration that was neither denied nor ended."""

_Sale = aliased(Item)
_Resale = aliased(Item)

SALE_STANDS = or_(
    Registration.item_key.is_(None),
    exists().where(
        _Sale.shop_id == Registration.shop_id, _Sale.id == Registration.item_key, _Sale.removed_at.is_(None)
    ),
    Registration.kept
    & ~exists().where(
        _Resale.shop_id == Registration.shop_id,
        _Resale.unit_id == Registration.serial_id,
        _Resale.removed_at.is_(None),
    ),
)
"""A registration that was made without a sale, or whose sale was not removed, or that was kept when the unit was
returned (``onReturn: keep``) and has not been sold again.
"""

IN_FORCE = (*HOLDS, SALE_STANDS)
"""One that holds its unit today."""

UNIT_HELD = (
    *HOLDS,
    or_(
        Registration.item_key.is_(None),
        Registration.item_key == Serial.item_key,
        Registration.kept & Serial.item_key.is_(None),
    ),
)
"""The same for queries that walk the serials of a shop: the unit itself names its active item. With ``IN_FORCE``,
PostgreSQL would read the items of all shops.
"""


def unit_to_enter(
    session: Session, shop_id: int, item: Item, number: str, *, restoring: bool = False
) -> Serial | None:
    """Return the registry unit that ``item`` becomes when this serial number is entered on it; None for no unit.

    The one rule for packing, order page, API, import, swap and restore. A number that the registry does not know, or
    knows for another variant (two makers may use the same one), names no unit and may be entered. The unit is locked
    until the transaction ends, so that of two who enter it at once the second sees the first. ``restoring`` takes back
    the return of this very sale.

    Raises AppError ``serial_number_is_item_id``, ``serial_replaced``, ``serial_number_taken`` (on the same line item),
    ``serial_number_used``, ``serial_number_registered`` or ``unit_not_in_stock`` (all 409).
    """
    _not_another_item_id(session, shop_id, item, number)
    serial = session.scalars(
        select(Serial)
        .where(Serial.shop_id == shop_id, Serial.serial_key == serial_key(number), Serial.source != "item")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if serial is None or serial.variant_id != item.variant_id:
        return None
    if serial.state == REPLACED:
        unit_states.refuse_unless_in_stock(serial)
    if (other := active_item(session, shop_id, serial, besides=item.id)) is not None:
        raise _used(number, item, other)
    holder = _without_sale(session, shop_id, serial)
    if holder is None:
        is_its_sale = item.removed_at is None and (
            item.unit_id == serial.id
            or (item.serial_key == serial.serial_key and serial.state in (IN_STOCK, SOLD))
        )
        was_its_sale = restoring and serial.item_key == item.id and serial.state == RETURNED
        if not (is_its_sale or was_its_sale):
            unit_states.refuse_unless_in_stock(serial)
        return serial
    if not _is_customer(session, holder, item.customer_id):
        raise AppError(
            "serial_number_registered",
            f"The serial number {number} is registered, and not to the customer of this order; reset that "
            "registration, or correct its customer, first",
            status=409,
        )
    if _registered(session, shop_id, item):
        raise AppError(
            "serial_number_registered",
            f"The serial number {number} is registered, and so is this item under its item ID; end one of the two "
            "registrations first",
            status=409,
        )
    if serial.state != SOLD:
        unit_states.refuse_unless_in_stock(serial)
    return serial


def known_keys(session: Session, shop_id: int, keys: Sequence[str]) -> set[str]:
    """Those of these serial numbers, as compared, that the registry has as units of its own."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        found |= set(
            session.scalars(
                select(Serial.serial_key).where(
                    Serial.shop_id == shop_id,
                    Serial.serial_key.in_(keys[start : start + 500]),
                    Serial.source != "item",
                )
            )
        )
    return found


def active_item(session: Session, shop_id: int, serial: Serial, *, besides: int | None = None) -> Item | None:
    """The active item that a registry unit is: by what was recorded, or by its number where nothing was."""
    query = (
        select(Item)
        .where(Item.shop_id == shop_id, Item.removed_at.is_(None))
        .where(Item.id != (besides or 0))
        .limit(1)
    )
    # Two queries and not one with OR, which would not be answered from an index.
    by_unit = session.scalars(query.where(Item.unit_id == serial.id)).first()
    if by_unit is not None or serial.source == "item":
        return by_unit
    return session.scalars(
        query.where(
            Item.serial_key == serial.serial_key,
            Item.serial_key.is_not(None),
            Item.variant_id == serial.variant_id,
            or_(Item.unit_id.is_(None), Item.unit_id == serial.id),
        ).order_by(Item.id)
    ).first()


def sale_of(session: Session, shop_id: int, serial: Serial) -> Item | None:
    """The item that a serial is: the active one of a registry unit, or the one whose item ID it is, removed or not."""
    if serial.source != "item":
        return active_item(session, shop_id, serial)
    return session.scalars(
        select(Item).where(Item.shop_id == shop_id, Item.id == serial.item_key)
    ).one_or_none()


def serial_of(session: Session, shop_id: int, item_key: int) -> Serial | None:
    """The serial under which an item was sold: the unit entered on it, else the one its item ID became."""
    return session.scalars(
        select(Serial)
        .where(Serial.shop_id == shop_id, Serial.item_key == item_key, Serial.state != REPLACED)
        .order_by(Serial.source == "item", Serial.id)
        .limit(1)
    ).first()


def entered(
    session: Session, shop_id: int, item: Item, unit: Serial | None, old_key: str | None, *, actor: str
) -> None:
    """Record that the item's serial number changed: it lets go of the unit it was and becomes ``unit``, if any."""
    if old_key is not None:
        let_go(session, shop_id, item, unit, actor=actor)
    if unit is not None:
        tie(session, shop_id, unit, item, actor=actor)


def take_over(session: Session, shop_id: int, item: Item, unit: Serial, *, actor: str) -> None:
    """Make ``unit`` what the item is from now on; its serial number as entered stays (a swap under the item ID)."""
    let_go(session, shop_id, item, unit, actor=actor)
    tie(session, shop_id, unit, item, actor=actor)


def tie(session: Session, shop_id: int, serial: Serial, item: Item, *, actor: str) -> None:
    """Make the item a sale of the unit. A registration of the unit's without a sale, made by the same customer, joins.

    Callers ask ``unit_to_enter`` first. Raises AppError ``serial_number_used`` 409 when another sale was quicker.
    """
    is_tied = item.unit_id == serial.id and serial.item_key == item.id
    if is_tied and serial.state not in unit_states.WITHOUT_ITEM:
        return
    item.unit_id = serial.id
    serial.item_key = item.id
    try:
        with session.begin_nested():
            session.flush()
            holder = _without_sale(session, shop_id, serial)
            if holder is not None and _is_customer(session, holder, item.customer_id):
                holder.item_key = item.id
                session.flush()
    except IntegrityError as error:
        raise AppError(
            "serial_number_used",
            f"The serial number {serial.serial_number} is already entered for another item",
            status=409,
        ) from error
    state = SOLD if _is_shipped(session, item) else RESERVED
    changes = {} if is_tied else {"itemId": {"from": None, "to": item.item_id}}
    unit_states.change(session, serial, state, actor=actor, action="entered", more=changes)
    sale = {"orderId": item.order_id, "lineItemId": item.line_item_id, "itemId": item.item_id}
    unit_states.announce(session, shop_id, "unit.assigned", [unit_states.facts(serial, **sale)])
    settle(session, shop_id, item)


def settle(session: Session, shop_id: int, item: Item) -> None:
    """Have the item know whether it is registered: a registered one is filled and never taken away by itself."""
    item.registered = _registered(session, shop_id, item)
    session.flush()


def sold_elsewhere(session: Session, serial: Serial, *, actor: str) -> None:
    """Who registers a unit without an order has bought it outside Shopify."""
    (unit,) = unit_states.locked(session, serial.shop_id, [serial.id])
    if unit.state != SOLD:
        unit_states.refuse_unless_in_stock(unit)
        unit_states.change(session, unit, SOLD, actor=actor, action="sold")


def with_the_shop_again(session: Session, serial: Serial, *, actor: str) -> None:
    """Nobody holds a unit any more that was sold only because somebody had registered it."""
    if serial.source == "item" or active_item(session, serial.shop_id, serial) is not None:
        return
    (unit,) = unit_states.locked(session, serial.shop_id, [serial.id])
    if unit.state == SOLD:
        unit_states.change(session, unit, IN_STOCK, actor=actor, action="state-changed")


def item_serial(session: Session, shop_id: int, item: Item, *, actor: str) -> Serial:
    """The serial that an item's own ID is, made if nobody needed it before."""
    key = serial_key(item.item_id)
    row = {
        "shop_id": shop_id,
        "serial_number": item.item_id,
        "serial_key": key,
        "variant_id": item.variant_id,
        "token": secrets.token_urlsafe(15),
        "source": "item",
        "item_key": item.id,
        "state": SOLD.value,
        "created_by": actor,
        "created_at": now(),
    }
    session.execute(upsert.insert(session, Serial).values(row).on_conflict_do_nothing())
    return session.scalars(select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key == key)).one()


def _not_another_item_id(session: Session, shop_id: int, item: Item, number: str) -> None:
    """An item ID names its item for good, so it cannot be another item's serial number."""
    own_id, old_key = read_item_id(number), old_id_key(number)
    names = [] if own_id is None else [Item.own_id == own_id]
    if old_key is not None:
        names.append((Item.old_key == old_key) & Item.old_key.is_not(None))
    # A query each: with OR neither index would answer.
    if any(
        session.scalar(select(exists().where(Item.shop_id == shop_id, named, Item.id != item.id)))
        for named in names
    ):
        raise AppError(
            "serial_number_is_item_id",
            f"{number} is the item ID of another item; enter the serial number that is on the unit",
            status=409,
        )


def _used(number: str, item: Item, other: Item) -> AppError:
    if other.line_item_id == item.line_item_id:
        return AppError(
            "serial_number_taken",
            f"The serial number {number} is already entered for another unit of this line item",
            status=409,
        )
    return AppError(
        "serial_number_used",
        f"The serial number {number} is already entered for item {other.item_id} of another line or order; "
        "take it off there, or remove that item, first",
        status=409,
    )


def unit_of(session: Session, shop_id: int, item: Item) -> Serial | None:
    if item.unit_id is None:
        return None
    return session.scalars(
        select(Serial).where(Serial.shop_id == shop_id, Serial.id == item.unit_id)
    ).one_or_none()


def let_go(session: Session, shop_id: int, item: Item, following: Serial | None, *, actor: str) -> None:
    """The item is the unit no longer. Its registration stays with it, under ``following`` or else the item's own ID."""
    serial = unit_of(session, shop_id, item)
    if serial is None or (following is not None and following.id == serial.id):
        return
    item.unit_id = None
    if serial.item_key == item.id:
        serial.item_key = None
    session.flush()
    under = following or item_serial(session, shop_id, item, actor=actor)
    moved = session.scalars(
        update(Registration)
        .where(
            Registration.shop_id == shop_id,
            Registration.serial_id == serial.id,
            Registration.item_key == item.id,
            Registration.ended_at.is_(None),
        )
        .values(serial_id=under.id)
        .returning(Registration.id),
        execution_options={"synchronize_session": "fetch"},
    ).all()
    renamed = {"serialNumber": {"from": serial.serial_number, "to": under.serial_number}}
    history.record(
        session,
        shop_id,
        "registration",
        [(key, renamed) for key in moved],
        actor=actor,
        action="serial-updated",
    )
    changes = {"itemId": {"from": item.item_id, "to": None}}
    state = IN_STOCK if serial.state in (RESERVED, SOLD) else UnitState(serial.state)
    unit_states.change(session, serial, state, actor=actor, action="taken-off", more=changes)


def _is_shipped(session: Session, item: Item) -> bool:
    line = session.get(Line, (item.shop_id, item.line_item_id), populate_existing=True)
    return line is not None and line.fulfilled_at is not None


def _without_sale(session: Session, shop_id: int, serial: Serial) -> Registration | None:
    return session.scalars(
        select(Registration).where(
            Registration.shop_id == shop_id,
            Registration.serial_id == serial.id,
            Registration.item_key.is_(None),
            *HOLDS,
        )
    ).one_or_none()


def customer_of(session: Session, registration: Registration) -> int | None:
    """Shopify's number of the customer who holds a registration, where it is known."""
    if registration.customer_key is None:
        return None
    return session.scalar(
        select(Customer.customer_id).where(
            Customer.shop_id == registration.shop_id, Customer.id == registration.customer_key
        )
    )


def _is_customer(session: Session, registration: Registration, customer_id: int | None) -> bool:
    return customer_id is not None and customer_of(session, registration) == customer_id


def _registered(session: Session, shop_id: int, item: Item) -> bool:
    return bool(
        session.scalar(
            select(exists().where(Registration.shop_id == shop_id, Registration.item_key == item.id, *HOLDS))
        )
    )
