"""Serials: entered by other systems or made here, found again, and what happened to each."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Integer, String, bindparam, select, text
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.serial_keys import serial_key
from serializer_app.domain.registry import patterns
from serializer_app.domain.shops import shops
from serializer_app.store.models import Item, Serial, Shop, Variant
from serializer_app.store.models.columns import UtcTime
from serializer_app.text import clean_code

MOST_PER_REQUEST = 10_000
LENGTH = 64
KEY_LENGTH = 256

TOO_MANY = "You must submit less than 10,000 serials per request"
TOO_LONG = f"The serial number is too long, it must be at most {LENGTH} characters"
EXISTS = "The serial number already exists"
NO_ENTRY = (
    "Each entry must be a JSON object with a serialNumber, or a quantity, and an experienceId or a productSku"
)
NO_SERIAL = "The serial number must be a string of 1 to 64 printable characters"
BOTH = "Send a serialNumber or a quantity, not both"
BAD_QUANTITY = "The quantity must be a whole number from 1 to 10,000"
NO_VARIANT = "An experienceId or a productSku is needed, as a string"
TWO_VARIANTS = "The experienceId and the productSku belong to different variants"
NO_CODES_LEFT = "The pattern of this shop has too few different codes left; make it longer in the settings"

_ECHOED = (str, int, float, bool, type(None))
# With half the codes still free a round leaves half of what is missing: 32 rounds fail once in billions of requests.
_ROUNDS = 32
_FRUITLESS = 20  # so many codes drawn and none of them new: the pattern is as good as used up


class Named(NamedTuple):
    """A variant as it is named here."""

    variant_id: int
    experience_id: str
    sku: str | None


class Created(msgspec.Struct, rename="camel"):
    """A serial as POST /serials answers it."""

    serial_number: str
    experience_id: str
    product_sku: str | None
    url: str
    qr_url: str


@dataclass
class EntryVerdicts:
    """What became of each entry: ``errors`` are {"errorMessage", "serialNumber", "experienceId" | "productSku"}."""

    created: list[Created] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


class _Row(NamedTuple):
    """A serial about to be entered: what the database is told, then what the answer needs."""

    serial_number: str
    key: str
    variant_id: int
    token: str
    variant: Named
    entry: dict[str, Any]


def enter(session: Session, shop: Shop, entries: Sequence[Any], *, source: str, actor: str) -> EntryVerdicts:
    """Enter or make serials; each entry stands on its own, a wrongly typed one too (contract §6, seeds/000 part 1).

    An entry is {"serialNumber" | "quantity", "experienceId" | "productSku"}. Above 10,000 serials nothing is entered.
    """
    if (beyond := _first_beyond(entries)) is not None:
        return EntryVerdicts(errors=[refused(entries[beyond], TOO_MANY)])
    by_experience, by_sku = _named(session, shop.id, entries)
    verdicts = EntryVerdicts()
    rows: dict[str, _Row] = {}
    wanted: list[tuple[Named, int, dict[str, Any]]] = []
    for entry, token in zip(entries, _tokens(len(entries)), strict=True):
        variant = _variant(entry, by_experience, by_sku) if type(entry) is dict else NO_ENTRY
        if type(variant) is str:
            verdicts.errors.append(refused(entry, variant))
        elif "quantity" in entry and entry.get("serialNumber") is None:
            if _is_count(entry["quantity"]):
                wanted.append((variant, entry["quantity"], entry))  # type: ignore[arg-type]
            else:
                verdicts.errors.append(refused(entry, BAD_QUANTITY))
        else:
            number = as_entered(entry.get("serialNumber"))
            problem = BOTH if "quantity" in entry else wrong(number)
            key = serial_key(number) if problem is None else ""
            if problem is not None or len(key) > KEY_LENGTH or key in rows:
                problem = problem or (EXISTS if key in rows else TOO_LONG)
                verdicts.errors.append(refused(entry, problem))
            else:
                rows[key] = _Row(number, key, variant.variant_id, token, variant, entry)  # type: ignore[arg-type, union-attr]
    _enter_rows(session, shop, rows, verdicts, source=source, actor=actor)
    for variant, count, entry in wanted:
        _make(session, shop, variant, count, entry, verdicts, actor=actor)
    return verdicts


def _enter_rows(
    session: Session, shop: Shop, rows: dict[str, _Row], verdicts: EntryVerdicts, *, source: str, actor: str
) -> None:
    """Enter what is right so far; what the database has already is refused as the rest was."""
    there = _insert(session, shop.id, list(rows.values()), source=source, actor=actor) if rows else set()
    for key, row in rows.items():
        if key in there:
            verdicts.errors.append(refused(row.entry, EXISTS))
        else:
            verdicts.created.append(_created(shop, row))


def as_entered(number: Any) -> Any:
    """A serial number or another code as it is stored: invisible characters that came with it are dropped."""
    return clean_code(number) if type(number) is str else number


def wrong(number: object) -> str | None:
    """What is wrong with a serial number somebody sent, or None."""
    if type(number) is not str:
        return NO_SERIAL
    if len(number) > LENGTH:
        return TOO_LONG
    return None if number.isprintable() and not number.isspace() and number else NO_SERIAL


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
        _Row(item.item_id, key, item.variant_id, token, Named(item.variant_id, "", None), {})
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
    row = _Row(number, serial_key(number), variant_id, _tokens(1)[0], Named(variant_id, "", None), {})
    _insert(session, shop_id, [row], source="api", actor=actor)
    return session.scalars(
        select(Serial).where(Serial.shop_id == shop_id, Serial.serial_key == row.key)
    ).one()


def _first_beyond(entries: Sequence[Any]) -> int | None:
    """The position of the entry with which a request asks for more than 10,000 serials."""
    if len(entries) <= MOST_PER_REQUEST and not any(
        type(entry) is dict and "quantity" in entry for entry in entries
    ):
        return None
    total = 0
    for position, entry in enumerate(entries):
        quantity = entry.get("quantity") if type(entry) is dict else None
        total += quantity if type(quantity) is int and quantity > 0 else 1
        if total > MOST_PER_REQUEST:
            return position
    return None


def _is_count(quantity: Any) -> bool:
    return type(quantity) is int and 1 <= quantity <= MOST_PER_REQUEST


def refused(entry: Any, message: str) -> dict[str, Any]:
    """A verdict that names the entry as it was sent: the source's alias too, but no nested nonsense."""
    refused: dict[str, Any] = {"errorMessage": message}
    if type(entry) is dict:
        for name in ("serialNumber", "quantity", "experienceId", "experienceID", "productSku"):
            if name in entry and isinstance(entry[name], _ECHOED):
                refused["experienceId" if name == "experienceID" else name] = entry[name]
    return refused


def _tokens(count: int) -> list[str]:
    """Unguessable names of 120 bits: 20 URL-safe characters."""
    raw = msgspec.json.encode(secrets.token_bytes(15 * count))[1:-1].decode("ascii")
    safe = raw.replace("+", "-").replace("/", "_")
    return [safe[start : start + 20] for start in range(0, 20 * count, 20)]


def _named(
    session: Session, shop_id: int, entries: Sequence[Any]
) -> tuple[dict[str, Named], dict[str, list[Named]]]:
    """The variants that the entries name: by experience ID, and by SKU where more than one may carry it."""
    experiences: set[str] = set()
    skus: set[str] = set()
    for entry in entries:
        if type(entry) is dict:
            experience, sku = _experience(entry), as_entered(entry.get("productSku"))
            if type(experience) is str:
                experiences.add(experience)
            if type(sku) is str:
                skus.add(sku)
    by_experience = {
        row.experience_id: row
        for row in _variants(session, shop_id, Variant.experience_id, _storable(experiences, 32))
    }
    by_sku: dict[str, list[Named]] = {}
    for row in _variants(session, shop_id, Variant.sku, _storable(skus, 255), Variant.deleted_at.is_(None)):
        by_sku.setdefault(row.sku or "", []).append(row)
    return by_experience, by_sku


def _experience(entry: dict[str, Any]) -> Any:
    found = entry.get("experienceId")
    return as_entered(entry.get("experienceID") if found is None else found)


def _storable(names: Iterable[str], longest: int) -> list[str]:
    """Names that could be in the database at all: PostgreSQL refuses to be asked about some others."""
    return sorted(name for name in names if name and len(name) <= longest and "\0" not in name)


def _variants(session: Session, shop_id: int, column: Any, names: list[str], *conditions: Any) -> list[Named]:
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
    entry: dict[str, Any], by_experience: dict[str, Named], by_sku: dict[str, list[Named]]
) -> Named | str:
    """The variant an entry names, or what to answer (the source's sentences without its brand)."""
    experience, sku = _experience(entry), as_entered(entry.get("productSku"))
    if (experience is None and sku is None) or any(
        value is not None and type(value) is not str for value in (experience, sku)
    ):
        return NO_VARIANT
    if experience is not None:
        named = by_experience.get(experience)
        if named is None:
            return (
                f"Experience ID {experience} not found. To enter a serial number you must have an associated "
                "experience and variant. Experiences are created directly in the platform, and cannot be created "
                "programmatically"
            )
        return TWO_VARIANTS if sku is not None and sku != named.sku else named
    carriers = by_sku.get(sku)
    if not carriers:
        return (
            f"Product SKU {sku} not found. To enter a serial number you must have an associated product and variant. "
            "Products and variants are created directly in the platform, and cannot be created programmatically"
        )
    if len(carriers) > 1:
        return (
            f"Product SKU {sku} is on more than one variant. Send the experienceId instead, or give each variant a "
            "SKU of its own"
        )
    return carriers[0]


_COLUMNS = "shop_id, serial_number, serial_key, variant_id, token, source, created_by, created_at"
# Rows travel as one JSON parameter that the database unpacks: a third of a multi-row insert's time (performance.md).
_UNPACKED = {
    "sqlite": "SELECT :shop, value ->> 0, value ->> 1, value ->> 2, value ->> 3, :source, :actor, :at "
    "FROM json_each(:rows) WHERE true",
    "postgresql": "SELECT :shop, value ->> 0, value ->> 1, (value ->> 2)::bigint, value ->> 3, :source, :actor, :at "
    "FROM json_array_elements(CAST(:rows AS json))",
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


def _insert(session: Session, shop_id: int, rows: Sequence[_Row], *, source: str, actor: str) -> set[str]:
    """Insert what is new; returns the keys of what was there already.

    Sorted by key: two requests with the same serials in another order would wait for each other for ever. The rows
    that were refused are asked for only if there were any: telling 10,000 new ones costs as much as entering them.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    sent = msgspec.json.encode([row[:4] for row in sorted(rows, key=lambda row: row.key)]).decode()
    values = {"shop": shop_id, "rows": sent, "source": source, "actor": actor, "at": now()}
    result = connection.execute(_INSERT[dialect], values, execution_options={"preserve_rowcount": True})
    if result.rowcount == len(rows):
        return set()
    return set(connection.execute(_THERE[dialect], {"shop": shop_id, "rows": sent}).scalars())


def _make(
    session: Session,
    shop: Shop,
    variant: Named,
    count: int,
    entry: dict[str, Any],
    verdicts: EntryVerdicts,
    *,
    actor: str,
) -> None:
    """Make ``count`` codes; the database says which are new, and for those that were not others are made."""
    pattern = patterns.of_shop(session, shop.id)
    missing = count
    for _ in range(_ROUNDS):
        if pattern.capacity < 2 * count:
            break
        tokens = _tokens(missing)
        codes = pattern.make(missing)
        rows = {
            key: _Row(code, key, variant.variant_id, token, variant, entry)
            for code, key, token in zip(codes, map(serial_key, codes), tokens, strict=True)
        }
        there = _insert(session, shop.id, list(rows.values()), source="made", actor=actor)
        verdicts.created += [_created(shop, row) for key, row in rows.items() if key not in there]
        missing -= len(rows) - len(there)
        if not missing:
            return
        if len(there) == len(rows) >= _FRUITLESS:
            break
    verdicts.errors.append({**refused(entry, NO_CODES_LEFT), "quantity": missing})


def _created(shop: Shop, row: _Row) -> Created:
    url = address(shop, row.token)
    return Created(row.serial_number, row.variant.experience_id, row.variant.sku, url, f"{url}/qr.svg")
