"""A unit was replaced: its registration goes on under another serial number (seeds/000 part 3)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import items, ties, unit_states
from serializer_app.domain.items.unit_states import IN_STOCK, REPLACED, SOLD, UnitState
from serializer_app.domain.registry import lookups, registrations, serials
from serializer_app.domain.registry.entry_documents import sentence
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Registration, Serial, Shop
from serializer_app.text import clean_code

OPERATION = "update-serial"
UNKNOWN_OPERATION = "unknown operation, only update-serial is allowed"


def update_serial(session: Session, shop: Shop, typed: str, new_number: str, *, actor: str) -> Registration:
    """Move a registration from one serial to another, with its owner, its dates, its warranty and its history.

    The old serial is replaced from now on; it can come back only as somebody's new one. Raises AppError in the words
    of the source: ``serial_not_found`` 404, ``serial_not_registered`` 409, ``serial_too_long`` 422,
    ``serial_malformed`` 422, ``serial_registered`` 409, ``variant_differs`` 409; and ``unit_not_in_stock`` 409.
    """
    shop_id = shop.id
    new_number = clean_code(new_number)
    old, registration = registrations.held_or_refused(session, shop_id, typed)
    _checked(new_number)
    # An item ID may have been typed for a unit that is registered under its serial number.
    old = registrations.serial_of(session, registration)
    new = _target(session, shop_id, old, new_number, actor=actor)
    unit = _item(session, shop_id, registration.item_key)
    own_unit = ties.sale_of(session, shop_id, new)
    if own_unit is not None and own_unit.removed_at is not None:
        own_unit = None
    if own_unit is not None and own_unit.id != registration.item_key:
        _same_customer(session, registration, unit, own_unit, new_number)
        # The replacement was sold to the same customer for itself, with a warranty and dates of its own; the owner
        # keeps the old promise.
        registration.warranty, cover = lookups.promised(session, shop, registration)
        registration.warranty_until = cover.ends_on
        registration.item_key = own_unit.id
    registration.serial_id, registration.updated_at = new.id, now()
    registration.version += 1
    old.replaced_by, new.replaced_by = new.id, None
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise _registered(new_number) from error
    changes = {"serialNumber": {"from": old.serial_number, "to": new.serial_number}}
    registrations.note(session, registration, changes, actor=actor, action="serial-updated")
    after = UnitState(old.state) if old.source == "item" else REPLACED
    unit_states.change(session, old, after, actor=actor, action="replaced", more=changes)
    if new.state == REPLACED:
        unit_states.change(session, new, IN_STOCK, actor=actor, action="reused")
    if unit is not None and own_unit is None:
        _carry_over(session, shop_id, unit, old, new, actor=actor)
    elif own_unit is None:
        unit_states.change(session, new, SOLD, actor=actor, action="sold")
    for item in (unit, own_unit):
        if item is not None:
            ties.settle(session, shop_id, item)
    registrations.announce(
        session, registration, "serial.swapped", new.serial_number, oldSerialNumber=old.serial_number
    )
    return registration


def _checked(number: str) -> None:
    problem = serials.wrong(number)
    if problem is None and len(serial_key(number)) > serials.KEY_LENGTH:
        problem = serials.EntryProblem.TOO_LONG
    if problem is serials.EntryProblem.TOO_LONG:
        message = f"The serial number {number} is too long, it must be at most {serials.LENGTH} characters"
        raise AppError("serial_too_long", message, status=422)
    if problem is not None:
        raise AppError("serial_malformed", sentence(problem, serials.Entry(serial_number=number)), status=422)


def _target(session: Session, shop_id: int, old: Serial, number: str, *, actor: str) -> Serial:
    """The serial a registration moves to: an unregistered one of the same variant, or a new one."""
    new = serials.find(session, shop_id, number)
    if new is None:
        return serials.create(session, shop_id, number, old.variant_id, actor=actor)
    if registrations.claim_of(session, shop_id, new, in_force=True) is not None:
        raise _registered(number)
    if new.variant_id != old.variant_id:
        raise AppError(
            "variant_differs", f"The serial number {number} belongs to another variant", status=409
        )
    if new.state != REPLACED and ties.sale_of(session, shop_id, new) is None:
        unit_states.refuse_unless_in_stock(new)
    return new


def _same_customer(
    session: Session, registration: Registration, unit: Item | None, replacement: Item, number: str
) -> None:
    """A registration never moves to another customer's item (domain.items.ties)."""
    owner = ties.customer_of(session, registration) if unit is None else unit.customer_id
    if owner is None or owner != replacement.customer_id:
        raise AppError(
            "serial_number_used",
            f"The serial number {number} is entered for item {replacement.item_id} of another customer",
            status=409,
        )


def _registered(number: str) -> AppError:
    return AppError(
        "serial_registered", f"The serial number {number} already exists and has been registered", status=409
    )


def _carry_over(session: Session, shop_id: int, unit: Item, old: Serial, new: Serial, *, actor: str) -> None:
    """The unit of the order goes by the new number from now on, where it went by the old one."""
    if unit.serial_key == old.serial_key:
        fields = [field["key"] for field in shops.custom_fields(shops.by_id(session, shop_id))]
        changes = items.ItemChanges(serial_number=new.serial_number)
        items.change(session, shop_id, unit, changes, allowed_fields=fields, actor=actor)
    else:
        ties.take_over(session, shop_id, unit, new, actor=actor)


def _item(session: Session, shop_id: int, key: int | None) -> Item | None:
    if key is None:
        return None
    return session.scalars(
        select(Item).where(Item.shop_id == shop_id, Item.id == key, Item.removed_at.is_(None))
    ).one_or_none()
