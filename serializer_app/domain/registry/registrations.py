"""Registrations: a customer claims a serial, the shop decides, and the claim ends (contract §1, §6; seeds/000)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import EllipsisType
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history, idempotency
from serializer_app.domain.attachments import attachments
from serializer_app.domain.catalog import catalog
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items import items, ties, unit_states
from serializer_app.domain.items.ties import DENIED, HOLDS, IN_FORCE
from serializer_app.domain.items.unit_states import REPLACED
from serializer_app.domain.registry import people, recognition, resales
from serializer_app.domain.registry.people import Person
from serializer_app.domain.webhooks_out import deliveries, mail
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Item, Order, Registration, Serial, Shop, Transfer
from serializer_app.text import Json, JsonDict

Status = Literal["pending", "approved", "denied", "archived"]

_DECIDED = {"approved": "approved", DENIED: "denied", "archived": "archived", "pending": "reopened"}
_ANNOUNCED = {"approved": "registration.approved", DENIED: "registration.denied"}


@dataclass(frozen=True)
class Claim:
    """What somebody says who registers a unit."""

    serial_number: str
    person: Person
    purchase_date: date | None = None
    channel: str | None = None
    order_number: str | None = None


@dataclass(frozen=True)
class Corrections:
    """What is to be different; ``...`` leaves a thing as it is, and ``warranty`` has its stored form."""

    person: JsonDict | None = None
    purchase_date: date | EllipsisType | None = ...
    channel: str | EllipsisType | None = ...
    order_number: str | EllipsisType | None = ...
    warranty: str | EllipsisType | None = ...
    warranty_until: date | EllipsisType | None = ...
    warranty_void: bool | EllipsisType = ...


def register(
    session: Session, vault: Vault, shop: Shop, claim: Claim, *, actor: str, status: Status = "approved"
) -> Registration:
    """Claim a serial, or an item ID as if it were one. The database lets one of two at once in.

    It belongs to the active item that the serial is, or to the serial itself when there is none (items.ties). Raises
    AppError ``serial_not_found`` 404, ``serial_registered`` 409, ``serial_replaced`` 409, ``unit_not_in_stock`` 409.
    """
    serial, item = _claimed(session, shop.id, claim.serial_number, actor=actor)
    key = people.keep(session, vault, shop.id, claim.person)
    moment = now()
    order_number = claim.order_number or _order_name(session, shop.id, item)
    values = {
        "shop_id": shop.id,
        "public_id": make_item_ids(1)[0],
        "serial_id": serial.id,
        "item_key": None if item is None else item.id,
        "customer_key": key,
        "purchase_date": claim.purchase_date,
        "channel": claim.channel,
        "order_number": order_number,
        "order_key": order_key(order_number),
        "status": status,
        "warranty": _warranty(session, shop.id, serial, item),
        "warranty_until": None if item is None else resales.covered_until(session, shop, item),
        "registered_at": moment,
        "updated_at": moment,
    }
    # No conflict target: the serial's promise and the unit's may both be what stands in the way.
    made = session.execute(
        upsert.insert(session, Registration)
        .values(values)
        .on_conflict_do_nothing()
        .returning(Registration.id)
    ).scalar_one_or_none()
    if made is None:
        raise AppError(
            "serial_registered", f"Serial number {claim.serial_number} is already registered.", status=409
        )
    registration = by_key(session, shop.id, made)
    if item is not None:
        ties.settle(session, shop.id, item)
    else:
        ties.sold_elsewhere(session, serial, actor=actor)
    changes: dict[str, dict[str, Json]] = {
        "serialNumber": {"from": None, "to": serial.serial_number},
        "status": {"from": None, "to": status},
        **{f"customer.{name}": {} for name, own in people.FIELDS.items() if getattr(claim.person, own)},
    }
    note(session, registration, changes, actor=actor, action="registered")
    announce(session, registration, "registration.submitted", serial.serial_number)
    return registration


def held(
    session: Session, shop_id: int, typed: str, *, lock: bool = True
) -> tuple[Serial | None, Registration | None]:
    """The serial somebody named (an item ID names its unit), and the claim it has now."""
    serial = recognition.serial_named(session, shop_id, typed)
    return serial, None if serial is None else claim_of(session, shop_id, serial, lock=lock)


def claim_of(
    session: Session, shop_id: int, serial: Serial, *, lock: bool = True, in_force: bool = False
) -> Registration | None:
    """The registration of the sale that a serial is today, or of the serial itself.

    When nothing is registered today, the newest one of an earlier sale that was removed, unless ``in_force``.
    """
    query = select(Registration).where(Registration.shop_id == shop_id, *(IN_FORCE if in_force else HOLDS))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    sale = ties.sale_of(session, shop_id, serial)
    if sale is not None:
        found = session.scalars(query.where(Registration.item_key == sale.id)).one_or_none()
        if found is not None:
            return found
    query = query.where(Registration.serial_id == serial.id)
    found = session.scalars(query.where(Registration.item_key.is_(None))).one_or_none()
    if found is not None or sale is not None:
        return found
    return session.scalars(query.order_by(Registration.id.desc()).limit(1)).first()


def find(session: Session, shop_id: int, public_id: str, *, lock: bool = True) -> Registration:
    """A registration that has not ended, locked for a change. Raises AppError ``registration_not_found`` 404."""
    query = select(Registration).where(
        Registration.shop_id == shop_id, Registration.public_id == (read_item_id(public_id) or "")
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    registration = session.scalars(query).one_or_none()
    if registration is None or registration.ended_at is not None:
        raise AppError("registration_not_found", f"Registration {public_id} not found.", status=404)
    return registration


def by_key(session: Session, shop_id: int, key: int) -> Registration:
    query = select(Registration).where(Registration.shop_id == shop_id, Registration.id == key)
    return session.scalars(query).one()


def decide(session: Session, registration: Registration, status: Status, *, actor: str) -> bool:
    """Approve, deny, archive or reopen; False when it was so already. A denied claim frees its serial.

    Raises AppError ``serial_registered`` 409 when a denied claim is to live again and another one took its place.
    """
    before = registration.status
    if before == status:
        return False
    serial = serial_of(session, registration)
    number = serial.serial_number
    if (
        before == DENIED
        and registration.item_key is None
        and ties.sale_of(session, registration.shop_id, serial)
    ):
        raise AppError(
            "serial_registered", f"Serial number {number} was sold to somebody else meanwhile.", status=409
        )
    registration.status, registration.updated_at = status, now()
    registration.version += 1
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise AppError(
            "serial_registered", f"Serial number {number} is already registered.", status=409
        ) from error
    _settle_item(session, registration)
    attachments.decided(session, registration.shop_id, registration.public_id, denied=status == DENIED)
    if registration.item_key is None and DENIED in (before, status):
        follow = ties.with_the_shop_again if status == DENIED else ties.sold_elsewhere
        follow(session, serial, actor=actor)
    changes = {"status": {"from": before, "to": status}}
    note(session, registration, changes, actor=actor, action=_DECIDED[status])
    if status in _ANNOUNCED:
        announce(session, registration, _ANNOUNCED[status], number)
    return True


def correct(
    session: Session, vault: Vault, registration: Registration, corrections: Corrections, *, actor: str
) -> bool:
    """Correct what was said; returns whether anything became different. Of personal data history names the fields."""
    differences: dict[str, dict[str, Json]] = {}
    for name, wire in _CORRECTED.items():
        value = getattr(corrections, name)
        if value is not ... and value != (before := getattr(registration, name)):
            setattr(registration, name, value)
            is_day = name in {"purchase_date", "warranty_until"}
            shown = (_day(before), _day(value)) if is_day else (before, value)
            differences[wire] = {"from": shown[0], "to": shown[1]}
    registration.order_key = order_key(registration.order_number)
    if corrections.person:
        differences |= _correct_person(session, vault, registration, corrections.person)
    if not differences:
        return False
    registration.updated_at = now()
    registration.version += 1
    session.flush()
    note(session, registration, differences, actor=actor, action="corrected")
    return True


_CORRECTED = {
    "purchase_date": "purchaseDate",
    "channel": "channel",
    "order_number": "orderNumber",
    "warranty": "warrantyDuration",
    "warranty_until": "warrantyUntil",
    "warranty_void": "warrantyVoid",
}


def _correct_person(
    session: Session, vault: Vault, registration: Registration, values: JsonDict
) -> dict[str, dict[str, Json]]:
    key = registration.customer_key
    known = people.read(session, vault, registration.shop_id, [key]).get(key) if key is not None else None
    before = known or Person()
    after = replace(before, **values)
    if after == before:
        return {}
    if not (after.email or after.phone or after.customer_id):
        raise AppError("customer_unreachable", "An owner needs an email, a phone or a customerId", status=422)
    if known is None or key is None:
        registration.customer_key = people.keep(session, vault, registration.shop_id, after)
    else:
        people.replace(session, vault, registration.shop_id, key, after)
    # What a repeated request would be answered still names the former values.
    idempotency.erase(session, registration.shop_id, [registration.public_id])
    own = {**people.FIELDS, "customerId": "customer_id"}
    return {
        f"customer.{wire}": {} for wire, name in own.items() if getattr(after, name) != getattr(before, name)
    }


def reset(session: Session, shop_id: int, typed: str, *, actor: str) -> None:
    """End a claim so that the serial can be registered again: its history stays, the customer's data does not.

    Raises AppError ``serial_not_found`` 404, ``serial_not_registered`` 409, in the words of seeds/000 part 2.
    """
    end(session, [held_or_refused(session, shop_id, typed)[1]], actor=actor, action="reset")


def held_or_refused(session: Session, shop_id: int, typed: str) -> tuple[Serial, Registration]:
    serial, registration = held(session, shop_id, typed)
    if serial is None:
        raise recognition.refusal(session, shop_id, typed)
    if registration is None:
        raise AppError("serial_not_registered", f"Serial number {typed} not registered.", status=409)
    return serial, registration


def end(session: Session, ended: Sequence[Registration], *, actor: str, action: str) -> None:
    """End claims and forget who made them: what was bought where, and history entries that say so, included."""
    if not ended:
        return
    shop_id, moment = ended[0].shop_id, now()
    people.forget(session, shop_id, [one.customer_key for one in ended if one.customer_key is not None])
    idempotency.erase(session, shop_id, [one.public_id for one in ended])
    mail.forget(session, shop_id, [one.id for one in ended])
    attachments.forget(session, shop_id, [one.public_id for one in ended])
    for registration in ended:
        serial = serial_of(session, registration)
        registration.customer_key = registration.channel = None
        registration.order_number = registration.order_key = None
        registration.ended_at = registration.updated_at = moment
        session.execute(
            delete(Transfer).where(Transfer.shop_id == shop_id, Transfer.registration_id == registration.id)
        )
        session.flush()
        history.forget(session, shop_id, "registration", registration.id)
        _settle_item(session, registration)
        if action == "reset" and registration.item_key is None:
            ties.with_the_shop_again(session, serial, actor=actor)
        changes: dict[str, dict[str, Json]] = {
            "serialNumber": {"from": serial.serial_number, "to": None},
            "customer": {},
        }
        note(session, registration, changes, actor=actor, action=action)
        announce(session, registration, "registration.reset", serial.serial_number)


def order_key(order_number: str | None) -> str | None:
    """An order number as it is compared: without its # and without regard to case."""
    return serial_key(order_number).removeprefix("#") or None if order_number else None


def serial_of(session: Session, registration: Registration) -> Serial:
    shop_id, key = registration.shop_id, registration.serial_id
    return session.scalars(select(Serial).where(Serial.shop_id == shop_id, Serial.id == key)).one()


def note(
    session: Session, registration: Registration, changes: history.Changes, *, actor: str, action: str
) -> None:
    """One history entry of a registration."""
    entry, shop_id = [(registration.id, changes)], registration.shop_id
    history.record(session, shop_id, "registration", entry, actor=actor, action=action)


def announce(
    session: Session, registration: Registration, event: str, serial_number: str, **more: object
) -> None:
    """Tell the merchant's systems; the facts hold no personal data."""
    facts = {
        "registrationId": registration.public_id,
        "serialNumber": serial_number,
        "status": registration.status,
        **more,
    }
    deliveries.announce(session, registration.shop_id, event, [facts])


def _claimed(session: Session, shop_id: int, typed: str, *, actor: str) -> tuple[Serial, Item | None]:
    """The serial that a claim is about, with the unit of an order that it is known to be."""
    serial, item = recognition.named(session, shop_id, typed)
    if serial is not None:
        if serial.state == REPLACED:
            unit_states.refuse_unless_in_stock(serial)
        if serial.source != "item":
            return serial, _unit(session, shop_id, serial, actor=actor)
        item = items.find(session, shop_id, serial.serial_number)
    if item is None or item.removed_at is not None:
        raise recognition.refusal(session, shop_id, typed)
    return ties.serial_of(session, shop_id, item.id) or ties.item_serial(
        session, shop_id, item, actor=actor
    ), item


def _unit(session: Session, shop_id: int, serial: Serial, *, actor: str) -> Item | None:
    """The active item of a registry unit; one on which it was entered before the registry knew it is tied now."""
    item = ties.active_item(session, shop_id, serial)
    if item is not None:
        # In the order of items.change, which locks the item and then the unit.
        session.refresh(item, with_for_update=True)
    session.refresh(serial, with_for_update=True)
    item = ties.active_item(session, shop_id, serial)
    if item is None or item.unit_id == serial.id:
        return item
    try:
        ties.unit_to_enter(session, shop_id, item, serial.serial_number)
    except AppError:
        # On two items: nobody can tell which of them this is. Or registered already, which the database will say.
        return None
    ties.tie(session, shop_id, serial, item, actor=actor)
    return item


def _item(session: Session, registration: Registration) -> Item | None:
    if registration.item_key is None:
        return None
    return session.scalars(
        select(Item).where(Item.shop_id == registration.shop_id, Item.id == registration.item_key)
    ).one_or_none()


def _settle_item(session: Session, registration: Registration) -> None:
    if (item := _item(session, registration)) is not None:
        ties.settle(session, registration.shop_id, item)


def _warranty(session: Session, shop_id: int, serial: Serial, item: Item | None) -> str | None:
    """The duration a claim begins with: the variant's, unless a unit of an order has its own that may still change."""
    variant = None if item is not None else catalog.find(session, shop_id, serial.variant_id)
    return None if variant is None else variant.warranty


def _order_name(session: Session, shop_id: int, item: Item | None) -> str | None:
    order = None if item is None else session.get(Order, (shop_id, item.order_id))
    return None if order is None or not order.name else order.name[:100]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
