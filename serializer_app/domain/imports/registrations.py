"""Registrations from files and into files (contract §8.6). Who owns what follows items.ties, as at every door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update

from serializer_app.clock import iso, now
from serializer_app.domain import history
from serializer_app.domain.ids import contacts, warranty
from serializer_app.domain.ids.item_ids import read_item_id
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.imports import registration_cells
from serializer_app.domain.imports.kinds import (
    Action,
    Context,
    ImportKind,
    ImportRow,
    Opened,
    Seen,
    Verdict,
    in_chunks,
)
from serializer_app.domain.imports.known_registrations import (
    ROWS,
    KnownRegistration,
    KnownRegistrations,
    KnownSerial,
    read_known,
)
from serializer_app.domain.items.ties import DENIED
from serializer_app.domain.registry import people, registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim, Corrections, Status
from serializer_app.domain.sheets.writer import Value
from serializer_app.errors import AppError
from serializer_app.store.models import Registration, Serial

_CHUNK = 500


@dataclass(frozen=True)
class RegistrationEntry:
    """What a row says. ``key``: the registration that it corrects, None for a new one."""

    key: int | None
    claim: Claim
    status: Status | None
    registered_at: datetime | None
    corrections: Corrections


def judge(context: Context, rows: Sequence[ImportRow], seen: Seen) -> list[Verdict]:
    """Say what each row would do. Raises nothing: what is wrong with a row is its verdict."""
    known = read_known(context, rows)
    verdicts: list[Verdict] = []
    for row in rows:
        try:
            verdicts.append(_judge(row, known, seen))
        except AppError as error:
            verdicts.append(error)
    return verdicts


def _judge(row: ImportRow, known: KnownRegistrations, seen: Seen) -> Action | None:
    number = row.get("serial_number")
    claim, corrections, status, registered_at = registration_cells.read(row)
    if number in known.unknown:
        raise known.unknown[number]
    serial = known.serials.get(serial_key(number))
    item_key = known.items.get(number)
    open_ones = _open(known, serial, item_key)
    found = _found(row, claim.person, open_ones, known)
    place = serial.id if serial is not None else -(item_key or 0)
    if found is None:
        _check_free(row, place, status, open_ones, seen)
        if not (claim.person.email or claim.person.phone or claim.person.customer_id):
            raise AppError("import_unreachable", "A row needs an email, a phone or a customer_id", status=422)
        return Action(row, True, RegistrationEntry(None, claim, status, registered_at, corrections))
    if (above := seen.registrations.get(found.id)) is not None:
        raise AppError(
            "import_registration_twice", f"Line {above} names this registration already", status=409
        )
    seen.registrations[found.id] = row.number
    corrections = _different(found, known.person(found), corrections)
    new_status = status if status != found.status else None
    new_moment = registered_at if _differs(found.registered_at, registered_at, row) else None
    if new_status is None and new_moment is None and corrections == Corrections():
        return None
    return Action(row, False, RegistrationEntry(found.id, claim, new_status, new_moment, corrections))


def _check_free(
    row: ImportRow, place: int, status: str | None, open_ones: Sequence[KnownRegistration], seen: Seen
) -> None:
    """Refuse a second owner. A denied registration holds nothing, so any number of those may be entered."""
    if status == DENIED:
        return
    if (above := seen.owned.get(place)) is not None:
        raise AppError("import_serial_twice", f"Line {above} has this serial number already", status=409)
    if any(one.stands and one.status != DENIED for one in open_ones):
        raise AppError("import_registered", "This serial number is registered to somebody else", status=409)
    seen.owned[place] = row.number


def _open(
    known: KnownRegistrations, serial: KnownSerial | None, item_key: int | None
) -> list[KnownRegistration]:
    """Registrations of a serial, and of the item that it is, which have not ended."""
    keys = {item_key, serial.item_key if serial is not None else None}
    found = list(known.by_serial.get(serial.id, ())) if serial is not None else []
    found += [one for key in keys if key is not None for one in known.by_item.get(key, ())]
    return list({one.id: one for one in found}.values())


def _found(
    row: ImportRow, person: Person, open_ones: Sequence[KnownRegistration], known: KnownRegistrations
) -> KnownRegistration | None:
    """The registration that a row means: by its ID, else the one of the same person."""
    if row.get("registration_id") and (
        one := known.by_id.get(read_item_id(row.get("registration_id")) or "")
    ):
        if one.id not in {other.id for other in open_ones}:
            raise AppError(
                "import_registration_elsewhere",
                "The registration is one of another serial number",
                status=409,
            )
        return one
    same = [one for one in open_ones if _is_same(person, known.person(one), known.country)]
    return min(same, key=lambda one: (not one.stands, one.status == DENIED, -one.id), default=None)


def _is_same(typed: Person, stored: Person | None, country: str | None) -> bool:
    if stored is None:
        return False
    if typed.email and stored.email:
        return contacts.email_key(typed.email) == contacts.email_key(stored.email)
    if typed.customer_id and stored.customer_id:
        return typed.customer_id == stored.customer_id
    if typed.phone and stored.phone:
        return contacts.phone_key(typed.phone, country) == contacts.phone_key(stored.phone, country)
    return False


def _differs(stored: datetime, given: datetime | None, row: ImportRow) -> bool:
    """A cell with a day alone differs only where the day does."""
    if given is None:
        return False
    if warranty.read_day(row.get("registered_at").strip()) is not None:
        return stored.date() != given.date()
    return iso(stored) != iso(given)


_CORRECTED = ("purchase_date", "channel", "order_number", "warranty", "warranty_until", "warranty_void")


def _different(stored: KnownRegistration, person: Person | None, corrections: Corrections) -> Corrections:
    """The corrections that change something."""
    same = {name: ... for name in _CORRECTED if getattr(corrections, name) == getattr(stored, name)}
    own = {
        name: value
        for name, value in (corrections.person or {}).items()
        if value != getattr(person, name, None)
    }
    return replace(corrections, person=own or None, **same)


def enter(context: Context, action: Action) -> None:
    """Register or correct. Raises AppError as registrations.register, decide and correct do."""
    session, vault, shop, entry = context.session, context.vault, context.shop, action.detail
    assert isinstance(entry, RegistrationEntry)
    if entry.key is None:
        registration = registrations.register(
            session, vault, shop, entry.claim, actor=context.actor, status=entry.status or "approved"
        )
    else:
        stored = session.scalars(
            select(Registration)
            .where(
                Registration.shop_id == shop.id, Registration.id == entry.key, Registration.ended_at.is_(None)
            )
            .with_for_update()
        ).one_or_none()
        if stored is None:
            raise AppError("import_registration_ended", "This registration has ended meanwhile", status=409)
        registration = stored
    corrections = entry.corrections
    if entry.key is None:
        # The claim said everything else already.
        corrections = Corrections(
            warranty=corrections.warranty,
            warranty_until=corrections.warranty_until,
            warranty_void=corrections.warranty_void,
        )
    registrations.correct(session, vault, registration, corrections, actor=context.actor)
    if entry.key is not None and entry.status is not None:
        registrations.decide(session, registration, entry.status, actor=context.actor)
    if entry.registered_at is not None:
        _put_moment(context, registration, entry.registered_at)


def _put_moment(context: Context, registration: Registration, moment: datetime) -> None:
    """When it was registered, as the file says: a warranty may begin on that day."""
    before = registration.registered_at
    context.session.execute(
        update(Registration)
        .where(Registration.shop_id == registration.shop_id, Registration.id == registration.id)
        .values(registered_at=moment, updated_at=now(), version=Registration.version + 1),
        execution_options={"synchronize_session": False},
    )
    changes: history.Changes = {"registeredAt": {"from": iso(before), "to": iso(moment)}}
    registrations.note(context.session, registration, changes, actor=context.actor, action="corrected")


def export(opened: Opened) -> Iterator[list[list[Value]]]:
    """Every registration that has not ended, page by page."""
    beyond, more = 0, True
    while more:
        with opened() as context:
            found = context.session.execute(
                ROWS.where(Registration.shop_id == context.shop.id, Registration.id > beyond)
                .order_by(Registration.id)
                .limit(_CHUNK)
            )
            rows = [KnownRegistration._make(row) for row in found]
            written = _written(context, rows)
        yield written
        more = len(rows) == _CHUNK
        beyond = rows[-1].id if rows else 0


def _written(context: Context, rows: Sequence[KnownRegistration]) -> list[list[Value]]:
    session, shop_id = context.session, context.shop.id
    customers = [row.customer_key for row in rows if row.customer_key is not None]
    persons = people.read(session, context.vault, shop_id, customers)
    numbers: dict[int, str] = {}
    for some in in_chunks({row.serial_id for row in rows}):
        query = select(Serial.id, Serial.serial_number).where(Serial.shop_id == shop_id, Serial.id.in_(some))
        numbers |= dict(session.execute(query).all())
    written: list[list[Value]] = []
    for row in rows:
        person = Person() if row.customer_key is None else persons.get(row.customer_key, Person())
        written.append(
            [
                row.public_id,
                numbers.get(row.serial_id),
                person.email,
                person.first_name,
                person.last_name,
                person.phone,
                person.customer_id,
                None if row.purchase_date is None else row.purchase_date.isoformat(),
                row.registered_at,
                row.channel,
                row.order_number,
                row.status,
                warranty.written(row.warranty),
                None if row.warranty_until is None else row.warranty_until.isoformat(),
                bool(row.warranty_void),
            ]
        )
    return written


KIND = ImportKind(
    name="registrations",
    columns=(
        "registration_id",
        "serial_number",
        "email",
        "first_name",
        "last_name",
        "phone",
        "customer_id",
        "purchase_date",
        "registered_at",
        "channel",
        "order_number",
        "status",
        "warranty",
        "warranty_until",
        "warranty_void",
    ),
    aliases={
        "serial": "serial_number",
        "id": "registration_id",
        "order": "order_number",
        "warrantyduration": "warranty",
    },
    needs=(("serial_number",), ("email", "phone", "customer_id", "registration_id")),
    codes=frozenset(("registration_id", "serial_number", "customer_id", "status", "warranty_void")),
    judge=judge,
    enter=enter,
    export=export,
    example=(
        *("", "SN-000123", "kim@example.com", "Kim", "Park", "+1 555 0100", "", "2026-01-31", "", "retail"),
        *("#1001", "approved", "", "", ""),
    ),
)
