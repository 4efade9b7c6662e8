"""Serials: entered by other systems or made here, found again, and what happened to each."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Integer, String, bindparam, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.clock import now
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import arrivals, patterns
from serializer_app.domain.registry.arrivals import NewSerial
from serializer_app.domain.shops import shops
from serializer_app.store.models import Item, Serial, Shop, Variant
from serializer_app.store.models.columns import UtcTime

MOST_PER_REQUEST = 10_000
LENGTH = 64
KEY_LENGTH = 256

# With half the codes still free a round leaves half of what is missing: 32 rounds fail once in billions of requests.
_ROUNDS = 32
_FRUITLESS = 20  # so many codes drawn and none of them new: the pattern is as good as used up


class EntryProblem(Enum):
    """Why a serial was not entered."""

    TOO_MANY = "the request asks for more than 10,000 serials"
    MALFORMED = "the entry has no readable form"
    MALFORMED_NUMBER = "the serial number is not 1 to 64 printable characters"
    TOO_LONG = "the serial number is too long"
    EXISTS = "the serial number exists already"
    NUMBER_AND_QUANTITY = "a serial number and a quantity were given"
    QUANTITY = "the quantity is not from 1 to 10,000"
    NO_VARIANT = "no variant was named"
    UNKNOWN_EXPERIENCE = "no variant has this experience ID"
    UNKNOWN_SKU = "no variant has this SKU"
    SHARED_SKU = "more than one variant has this SKU"
    TWO_VARIANTS = "the experience ID and the SKU belong to different variants"
    STATE = "the state is none in which a unit can be entered"
    LOCATION = "the location ID is no ID"
    NO_CODES_LEFT = "the pattern of the shop has too few codes left"


class Entry(NamedTuple):
    """A serial number to enter, or a quantity of codes to make, for a variant named by experience ID or SKU."""

    experience_id: str | None = None
    sku: str | None = None
    serial_number: str | None = None
    quantity: int | None = None
    state: UnitState = UnitState.IN_STOCK
    location_id: int | None = None
    problem: EntryProblem | None = None
    """What was wrong with the entry before it came here; it is refused for that unless its variant is unknown."""


class Named(NamedTuple):
    """A variant with the names that an entry may use for it."""

    variant_id: int
    experience_id: str
    sku: str | None


class Created(NamedTuple):
    """A serial that was entered or made."""

    serial: NewSerial
    variant: Named


class Refusal(NamedTuple):
    """Entry number ``at`` was refused; ``missing`` is how many of its codes could not be made."""

    at: int
    problem: EntryProblem
    missing: int | None = None


@dataclass
class EntryVerdicts:
    """What became of each entry."""

    created: list[Created] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class _Wanted(NamedTuple):
    """Codes to make for entry number ``at``."""

    at: int
    variant: Named
    quantity: int
    state: UnitState
    location_id: int | None


def enter(
    session: Session, shop: Shop, entries: Sequence[Entry], *, source: str, actor: str
) -> EntryVerdicts:
    """Enter or make serials; each entry stands on its own (contract §6). Above 10,000 serials nothing is entered."""
    if (beyond := _first_beyond(entries)) is not None:
        return EntryVerdicts(refused=[Refusal(beyond, EntryProblem.TOO_MANY)])
    by_experience, by_sku = _named(session, shop.id, entries)
    verdicts = EntryVerdicts()
    rows: dict[str, tuple[int, Created]] = {}
    wanted: list[_Wanted] = []
    for at, (entry, token) in enumerate(zip(entries, _tokens(len(entries)), strict=True)):
        variant = _variant(entry, by_experience, by_sku)
        if isinstance(variant, EntryProblem):
            verdicts.refused.append(Refusal(at, variant))
            continue
        number = entry.serial_number
        problem = entry.problem
        if problem is None and number is None:
            if entry.quantity is not None and 1 <= entry.quantity <= MOST_PER_REQUEST:
                wanted.append(_Wanted(at, variant, entry.quantity, entry.state, entry.location_id))
                continue
            problem = EntryProblem.MALFORMED_NUMBER if entry.quantity is None else EntryProblem.QUANTITY
        if problem is None and number is not None:
            problem = EntryProblem.NUMBER_AND_QUANTITY if entry.quantity is not None else wrong(number)
            key = serial_key(number) if problem is None else ""
            if problem is None and key in rows:
                problem = EntryProblem.EXISTS
            elif problem is None and len(key) > KEY_LENGTH:
                problem = EntryProblem.TOO_LONG
            elif problem is None:
                new = NewSerial(number, key, variant.variant_id, token, entry.state, entry.location_id)
                rows[key] = at, Created(new, variant)
        if problem is not None:
            verdicts.refused.append(Refusal(at, problem))
    _enter_rows(session, shop, rows, verdicts, source=source, actor=actor)
    for codes in wanted:
        _make(session, shop, codes, verdicts, actor=actor)
    arrivals.record(session, shop.id, [created.serial for created in verdicts.created], actor=actor)
    return verdicts


def _enter_rows(
    session: Session,
    shop: Shop,
    rows: dict[str, tuple[int, Created]],
    verdicts: EntryVerdicts,
    *,
    source: str,
    actor: str,
) -> None:
    """Insert the rows; what the database has already is refused."""
    sent = [created.serial for _, created in rows.values()]
    there = _insert(session, shop.id, sent, source=source, actor=actor) if rows else set()
    for key, (at, created) in rows.items():
        if key in there:
            verdicts.refused.append(Refusal(at, EntryProblem.EXISTS))
        else:
            verdicts.created.append(created)


def wrong(number: str) -> EntryProblem | None:
    """What is wrong with a serial number, or None."""
    if len(number) > LENGTH:
        return EntryProblem.TOO_LONG
    return None if number.isprintable() and not number.isspace() and number else EntryProblem.MALFORMED_NUMBER


def address(shop: Shop, token: str) -> str:
    """The page of one unit, on the shop's own domain."""
    return shops.proxy_url(shop, f"/u/{token}")


def find(session: Session, shop_id: int, serial_number: str) -> Serial | None:
    """The serial somebody typed, without regard to case and surrounding space."""
    key = serial_key(serial_number[: KEY_LENGTH + 1])
    if not key or len(key) > KEY_LENGTH or not key.isprintable():
        return None
    return session.scalars(
        select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key == key)
    ).one_or_none()


def by_token(session: Session, shop_id: int, token: str) -> Serial | None:
    """The serial whose unit's address holds ``token``."""
    if not token.isascii() or not token.isprintable() or len(token) > 32:
        return None
    return session.scalars(
        select(Serial).where(Serial.shop_id == shop_id, Serial.token == token)
    ).one_or_none()


def make_for_items(session: Session, shop_id: int, items: Sequence[Item], *, actor: str) -> dict[int, Serial]:
    """The serial that each item's ID becomes, by the item's key: one for good, however many ask for it at once."""
    named = {serial_key(item.item_id): item for item in items}
    rows = [
        NewSerial(item.item_id, key, item.variant_id, token, UnitState.SOLD)
        for (key, item), token in zip(named.items(), _tokens(len(named)), strict=True)
    ]
    _insert(session, shop_id, rows, source="item", actor=actor)
    found = session.scalars(select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key.in_(named)))
    made = {named[serial.serial_key].id: serial for serial in found}
    for key, serial in made.items():
        if serial.source == "item":
            serial.item_key = key
    session.flush()
    return made


def create(session: Session, shop_id: int, number: str, variant_id: int, *, actor: str) -> Serial:
    """One new serial, for a number that nobody entered before; of two at once both get the same."""
    row = NewSerial(number, serial_key(number), variant_id, _tokens(1)[0])
    _insert(session, shop_id, [row], source="api", actor=actor)
    return session.scalars(
        select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key == row.key)
    ).one()


def _first_beyond(entries: Sequence[Entry]) -> int | None:
    """The position of the entry with which a request asks for more than 10,000 serials."""
    if len(entries) <= MOST_PER_REQUEST and all(entry.quantity is None for entry in entries):
        return None
    total = 0
    for position, entry in enumerate(entries):
        total += entry.quantity if entry.quantity is not None and entry.quantity > 0 else 1
        if total > MOST_PER_REQUEST:
            return position
    return None


def _tokens(count: int) -> list[str]:
    """Unguessable names of 120 bits: 20 URL-safe characters."""
    raw = msgspec.json.encode(secrets.token_bytes(15 * count))[1:-1].decode("ascii")
    safe = raw.replace("+", "-").replace("/", "_")
    return [safe[start : start + 20] for start in range(0, 20 * count, 20)]


def _named(
    session: Session, shop_id: int, entries: Sequence[Entry]
) -> tuple[dict[str, Named], dict[str, list[Named]]]:
    """The variants that the entries name: by experience ID, and by SKU where more than one may carry it."""
    experiences = {entry.experience_id for entry in entries if entry.experience_id is not None}
    skus = {entry.sku for entry in entries if entry.sku is not None}
    by_experience = {
        row.experience_id: row
        for row in _variants(session, shop_id, Variant.experience_id, _storable(experiences, 32))
    }
    by_sku: dict[str, list[Named]] = {}
    for row in _variants(session, shop_id, Variant.sku, _storable(skus, 255), Variant.deleted_at.is_(None)):
        by_sku.setdefault(row.sku or "", []).append(row)
    return by_experience, by_sku


def _storable(names: Iterable[str], longest: int) -> list[str]:
    """Names that could be in the database at all: PostgreSQL refuses to be asked about some others."""
    return sorted(name for name in names if name and len(name) <= longest and "\0" not in name)


def _variants(
    session: Session,
    shop_id: int,
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    names: list[str],
    *conditions: ColumnElement[bool],
) -> list[Named]:
    connection = session.connection()
    found: list[Named] = []
    for start in range(0, len(names), 500):
        rows = connection.execute(
            select(Variant.variant_id, Variant.experience_id, Variant.sku)
            .where(Variant.shop_id == shop_id, column.in_(names[start : start + 500]), *conditions)
            .order_by(Variant.variant_id)
        )
        found += [Named(*row) for row in rows]
    return found


def _variant(
    entry: Entry, by_experience: dict[str, Named], by_sku: dict[str, list[Named]]
) -> Named | EntryProblem:
    """The variant that an entry names, or why there is none."""
    if entry.experience_id is not None:
        named = by_experience.get(entry.experience_id)
        if named is None:
            return EntryProblem.UNKNOWN_EXPERIENCE
        return EntryProblem.TWO_VARIANTS if entry.sku is not None and entry.sku != named.sku else named
    if entry.sku is None:
        return entry.problem or EntryProblem.NO_VARIANT
    carriers = by_sku.get(entry.sku)
    if not carriers:
        return EntryProblem.UNKNOWN_SKU
    return EntryProblem.SHARED_SKU if len(carriers) > 1 else carriers[0]


_COLUMNS = "shop_id, serial_number, serial_key, variant_id, token, state, location_id, source, created_by, created_at"
# Rows travel as one JSON parameter that the database unpacks: a third of a multi-row insert's time (performance.md).
_UNPACKED = {
    "sqlite": "SELECT :shop, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, "
    ":source, :actor, :at FROM json_each(:rows) WHERE true",
    "postgresql": "SELECT :shop, value ->> 0, value ->> 1, (value ->> 2)::bigint, value ->> 3, value ->> 4, "
    "(value ->> 5)::bigint, :source, :actor, :at FROM json_array_elements(CAST(:rows AS json))",
}
_INSERT = {
    dialect: text(
        f"INSERT INTO serials ({_COLUMNS}) {rows} ON CONFLICT (shop_id, serial_key) DO NOTHING"
    ).bindparams(
        bindparam("shop", type_=Integer), bindparam("rows", type_=String), bindparam("at", type_=UtcTime)
    )
    for dialect, rows in _UNPACKED.items()
}
_THERE = {
    # CROSS keeps SQLite from reading the parameter anew for every serial of the shop (215 s for 10,000 rows).
    "sqlite": text(
        "SELECT serials.serial_key FROM json_each(:rows) AS sent CROSS JOIN serials "
        "WHERE serials.shop_id = :shop AND serials.serial_key = sent.value ->> 1 "
        "AND serials.token <> sent.value ->> 3"
    ),
    "postgresql": text(
        "SELECT serials.serial_key FROM json_array_elements(CAST(:rows AS json)) AS sent "
        "JOIN serials ON serials.shop_id = :shop AND serials.serial_key = sent.value ->> 1 "
        "WHERE serials.token <> sent.value ->> 3"
    ),
}


def _insert(
    session: Session, shop_id: int, rows: Sequence[NewSerial], *, source: str, actor: str
) -> set[str]:
    """Insert what is new; returns the keys of what was there already.

    Sorted by key: two requests with the same serials in another order would wait for each other for ever. The rows
    that were refused are asked for only if there were any: telling 10,000 new ones costs as much as entering them.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    sent = msgspec.json.encode(sorted(rows, key=lambda row: row.key)).decode()
    values = {"shop": shop_id, "rows": sent, "source": source, "actor": actor, "at": now()}
    result = connection.execute(_INSERT[dialect], values, execution_options={"preserve_rowcount": True})
    if result.rowcount == len(rows):
        return set()
    return set(connection.execute(_THERE[dialect], {"shop": shop_id, "rows": sent}).scalars())


def _make(session: Session, shop: Shop, wanted: _Wanted, verdicts: EntryVerdicts, *, actor: str) -> None:
    """Make codes. The database says which of them are new; others replace those that were not."""
    pattern = patterns.of_shop(session, shop.id)
    variant, missing = wanted.variant, wanted.quantity
    for _ in range(_ROUNDS):
        if pattern.capacity < 2 * wanted.quantity:
            break
        tokens = _tokens(missing)
        codes = pattern.make(missing)
        rows = {
            key: NewSerial(code, key, variant.variant_id, token, wanted.state, wanted.location_id)
            for code, key, token in zip(codes, map(serial_key, codes), tokens, strict=True)
        }
        there = _insert(session, shop.id, list(rows.values()), source="made", actor=actor)
        verdicts.created += [Created(row, variant) for key, row in rows.items() if key not in there]
        missing -= len(rows) - len(there)
        if not missing:
            return
        if len(there) == len(rows) >= _FRUITLESS:
            break
    verdicts.refused.append(Refusal(wanted.at, EntryProblem.NO_CODES_LEFT, missing))
