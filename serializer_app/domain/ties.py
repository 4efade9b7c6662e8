"""What ties a registry serial to the order item it was entered on (issue: the bridge to orders).

Stands below items, because entering a serial number on an item is what ties the two.
"""

from __future__ import annotations

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Registration, Serial

DENIED = "denied"

HOLDS = (Registration.ended_at.is_(None), Registration.status != DENIED)
"""The claim that a serial has: there is at most one, by uq_registrations_serial."""


def entered(session: Session, shop_id: int, item: Item, old_key: str | None, *, actor: str) -> None:
    """The item's serial number is another one by now: let go of the serial it had, take hold of the one it has.

    A number that is in no registry, or there for another variant (two makers may use the same one), ties nothing.
    Raises AppError ``serial_number_registered`` 409 when unit and serial are registered already, by two claims.
    """
    if old_key is not None:
        _let_go(session, shop_id, item, old_key, actor=actor)
    serial = None
    if item.serial_key is not None:
        serial = session.scalars(
            select(Serial)
            .where(Serial.shop_id == shop_id, Serial.serial_key == item.serial_key)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
    if serial is not None and serial.variant_id == item.variant_id and serial.state == "active":
        tie(session, shop_id, serial, item, actor=actor)
    elif old_key is not None:
        settle(session, shop_id, item)


def tie(session: Session, shop_id: int, serial: Serial, item: Item, *, actor: str) -> bool:
    """Serial and item are one unit from now on, unless the serial is another living unit's already."""
    if serial.item_key == item.id:
        return True
    if serial.item_key is not None and _lives(session, shop_id, serial.item_key):
        return False
    serial.item_key = item.id
    try:
        with session.begin_nested():
            session.flush()
            session.execute(
                update(Registration)
                .where(Registration.shop_id == shop_id, Registration.serial_id == serial.id, *HOLDS)
                .values(item_key=item.id),
                execution_options={"synchronize_session": False},
            )
    except IntegrityError as error:
        raise AppError(
            "serial_number_registered",
            f"The serial number {serial.serial_number} is registered already, and so is this unit under its item ID",
            status=409,
        ) from error
    changes = {"itemId": {"from": None, "to": item.item_id}}
    history.record(session, shop_id, "serial", [(serial.id, changes)], actor=actor, action="entered")
    settle(session, shop_id, item)
    return True


def settle(session: Session, shop_id: int, item: Item) -> None:
    """Have the item know whether it is registered: a registered one is filled and never taken away by itself."""
    registered = session.scalar(
        select(exists().where(Registration.shop_id == shop_id, Registration.item_key == item.id, *HOLDS))
    )
    item.registered = bool(registered)
    session.flush()


def _let_go(session: Session, shop_id: int, item: Item, old_key: str, *, actor: str) -> None:
    serial = session.scalars(
        select(Serial).where(
            Serial.shop_id == shop_id,
            Serial.item_key == item.id,
            Serial.serial_key == old_key,
            # The serial that an item ID became stays the item's, whatever is entered on it.
            Serial.source != "item",
        )
    ).one_or_none()
    if serial is None:
        return
    serial.item_key = None
    session.flush()
    session.execute(
        update(Registration)
        .where(Registration.shop_id == shop_id, Registration.serial_id == serial.id, *HOLDS)
        # What the unit was covered by stays promised to whoever registered it.
        .values(item_key=None, warranty=func.coalesce(Registration.warranty, item.warranty)),
        execution_options={"synchronize_session": False},
    )
    changes = {"itemId": {"from": item.item_id, "to": None}}
    history.record(session, shop_id, "serial", [(serial.id, changes)], actor=actor, action="taken-off")


def _lives(session: Session, shop_id: int, item_key: int) -> bool:
    return bool(
        session.scalar(
            select(exists().where(Item.shop_id == shop_id, Item.id == item_key, Item.removed_at.is_(None)))
        )
    )
