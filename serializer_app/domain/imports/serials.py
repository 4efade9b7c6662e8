"""Serials of the registry from files and into files (contract §8.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from serializer_app.domain.desk import item_search
from serializer_app.domain.desk.serial_entry import Numbers
from serializer_app.domain.desk.sheet_rows import whole_number
from serializer_app.domain.ids import reader as codes
from serializer_app.domain.ids.serial_keys import serial_key
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
from serializer_app.domain.items.unit_states import UnitState
from serializer_app.domain.registry import serials
from serializer_app.domain.registry.entry_documents import sentence
from serializer_app.domain.sheets.writer import Value
from serializer_app.errors import AppError
from serializer_app.store.models import Serial, Variant

_CHUNK = 1000


class _KnownSerial(NamedTuple):
    serial_key: str
    variant_id: int
    source: str


class _KnownVariant(NamedTuple):
    variant_id: int
    experience_id: str
    sku: str | None


class _Exported(NamedTuple):
    """A serial as an export writes it."""

    id: int
    serial_number: str
    variant_id: int
    state: str
    location_id: int | None
    created_at: datetime


def judge(context: Context, rows: Sequence[ImportRow], seen: Seen) -> list[Verdict]:
    """Say what each row would do. Raises nothing: what is wrong with a row is its verdict."""
    stored = _stored(context, {serial_key(row.get("serial_number")) for row in rows})
    variants = _variants(context, rows)
    unknown = {number for row in rows if serial_key(number := row.get("serial_number")) not in stored}
    numbers = Numbers(context.session, context.shop.id, unknown)
    verdicts: list[Verdict] = []
    for row in rows:
        try:
            verdicts.append(_judge(context, row, stored, variants, numbers, seen))
        except AppError as error:
            verdicts.append(error)
    return verdicts


def _judge(
    context: Context,
    row: ImportRow,
    stored: dict[str, _KnownSerial],
    variants: dict[tuple[str, str], list[_KnownVariant]],
    numbers: Numbers,
    seen: Seen,
) -> Action | None:
    number, note = row.get("serial_number"), None
    variant = _variant(row, variants)
    if number and serial_key(number) not in stored:
        typed = number
        number, note = numbers.of(typed, variant.variant_id)
        if number != typed:
            stored |= _stored(context, {serial_key(number)})
    if (problem := serials.wrong(number)) is not None:
        raise AppError(
            "serial_too_long" if problem is serials.EntryProblem.TOO_LONG else "import_serial_odd",
            sentence(problem, serials.Entry(serial_number=number)),
            status=422,
        )
    key = serial_key(number)
    if (above := seen.serials.get(key)) is not None:
        raise AppError("import_serial_twice", f"Line {above} has this serial number already", status=409)
    there = stored.get(key)
    if there is not None and there.source == "item":
        raise AppError(
            "serial_number_is_item_id", "This is the item ID of an item, not a serial number", status=409
        )
    if there is not None and there.variant_id != variant.variant_id:
        raise AppError(
            "import_serial_elsewhere", "The serial number already exists for another product", status=409
        )
    if there is None and row.get("state") == "replaced":
        raise AppError(
            "import_serial_replaced",
            "This serial number was replaced; enter the one that replaced it",
            status=409,
        )
    entry = serials.Entry(
        variant.experience_id,
        serial_number=number,
        state=_state(row.get("state")),
        location_id=_location(row.get("location_id")),
    )
    seen.serials[key] = row.number
    return None if there is not None else Action(row, True, entry, note)


_STATES = {
    "": UnitState.IN_STOCK,
    "active": UnitState.IN_STOCK,
    **{state.value: state for state in UnitState},
    # The rows of its items and registrations say that it is sold: they take units in stock only.
    UnitState.RESERVED.value: UnitState.IN_STOCK,
    UnitState.SOLD.value: UnitState.IN_STOCK,
}
"""What the column ``state`` says → the state in which a unit is entered. Exports of older versions say ``active``."""


def _state(cell: str) -> UnitState:
    state = _STATES.get(cell.strip().lower())
    if state is None:
        raise AppError("import_state", "No unit has this state", status=422)
    return state


def _location(cell: str) -> int | None:
    location_id = whole_number(cell)
    if cell and not location_id:
        raise AppError("import_location", "location_id is the ID of a location in Shopify", status=422)
    return location_id or None


def _variant(row: ImportRow, variants: dict[tuple[str, str], list[_KnownVariant]]) -> _KnownVariant:
    """The one variant that the row's cells name; all of those given must agree."""
    found: list[_KnownVariant] | None = None
    for column in ("variant_id", "experience_id", "sku"):
        if row.get(column):
            ours = variants.get((column, row.get(column)), [])
            found = ours if found is None else [one for one in found if one in ours]
    if not found:
        raise AppError("import_product", "No product has this variant_id, experience_id or sku", status=404)
    if len(found) > 1:
        raise AppError(
            "import_products", "More than one variant has this SKU; give its experience_id too", status=409
        )
    return found[0]


def _variants(context: Context, rows: Sequence[ImportRow]) -> dict[tuple[str, str], list[_KnownVariant]]:
    """By what may name them: a column and its cell."""
    found: dict[tuple[str, str], list[_KnownVariant]] = {}

    def named(column: str) -> set[str]:
        return {row.get(column) for row in rows if row.get(column) and len(row.get(column)) <= 255}

    for ids in in_chunks({whole_number(cell) for cell in named("variant_id")}):
        for variant in _variants_where(context, Variant.variant_id.in_(ids)):
            found.setdefault(("variant_id", str(variant.variant_id)), []).append(variant)
    for some in in_chunks(named("experience_id")):
        for variant in _variants_where(context, Variant.experience_id.in_(some)):
            found.setdefault(("experience_id", variant.experience_id), []).append(variant)
    for some in in_chunks(named("sku")):
        for variant in _variants_where(context, Variant.sku.in_(some)):
            found.setdefault(("sku", variant.sku or ""), []).append(variant)
    return found


def _variants_where(context: Context, condition: ColumnElement[bool]) -> list[_KnownVariant]:
    query = select(Variant.variant_id, Variant.experience_id, Variant.sku).where(
        Variant.shop_id == context.shop.id, condition
    )
    return [_KnownVariant(*row) for row in context.session.execute(query)]


def _stored(context: Context, keys: set[str]) -> dict[str, _KnownSerial]:
    found: dict[str, _KnownSerial] = {}
    for some in in_chunks(key for key in keys if 0 < len(key) <= 256):
        query = select(Serial.serial_key, Serial.variant_id, Serial.source).where(
            Serial.shop_id == context.shop.id, Serial.serial_key.in_(some)
        )
        found |= {row[0]: _KnownSerial(*row) for row in context.session.execute(query)}
    return found


def enter(context: Context, action: Action) -> None:
    """Enter a serial. Raises AppError ``import_serial_elsewhere`` 409 when somebody else was quicker."""
    entry = action.detail
    assert isinstance(entry, serials.Entry)
    entered = serials.enter(context.session, context.shop, [entry], source="imported", actor=context.actor)
    if entered.refused:
        raise AppError("import_serial_refused", sentence(entered.refused[0].problem, entry), status=409)


@dataclass(frozen=True)
class LineVerdict:
    """What became of a line that somebody typed or scanned; without an ``error`` its serial number is there now."""

    number: int
    text: str
    error: AppError | None = None
    is_new: bool = False
    note: str | None = None
    """The code of what a person should look at (``Action.note``)."""


def enter_lines(context: Context, variant_id: int, lines: Sequence[str]) -> list[LineVerdict]:
    """Enter serial numbers of one variant, as a file with these lines would, and say what became of each.

    Empty lines are left out; ``number`` counts them, beginning with 1.
    """
    rows = [
        ImportRow(number, {"serial_number": text, "variant_id": str(variant_id)})
        for number, line in enumerate(lines, 1)
        if (text := codes.clean(line).strip())
    ]
    verdicts = []
    for row, verdict in zip(rows, judge(context, rows, Seen()), strict=True):
        text = row.get("serial_number")
        if isinstance(verdict, Action):
            try:
                with context.session.begin_nested():
                    enter(context, verdict)
            except AppError as error:
                verdict = error
            else:
                verdicts.append(LineVerdict(row.number, text, is_new=True, note=verdict.note))
                continue
        verdicts.append(LineVerdict(row.number, text, verdict))
    return verdicts


def export(opened: Opened, filters: Sequence[ColumnElement[bool]] = ()) -> Iterator[list[list[Value]]]:
    """Serials that somebody entered or had made, page by page: all of them, or those that ``filters`` leave."""
    beyond, more = 0, True
    while more:
        with opened() as context:
            found = context.session.execute(
                select(
                    Serial.id,
                    Serial.serial_number,
                    Serial.variant_id,
                    Serial.state,
                    Serial.location_id,
                    Serial.created_at,
                )
                .where(Serial.shop_id == context.shop.id, Serial.id > beyond)
                .order_by(Serial.id)
                .where(Serial.source != "item", *filters)
                .limit(_CHUNK)
            )
            rows = [_Exported(*row) for row in found]
            written = _written(context, rows)
        yield written
        more = len(rows) == _CHUNK
        beyond = rows[-1].id if rows else 0


def _written(context: Context, rows: Sequence[_Exported]) -> list[list[Value]]:
    wanted = {row.variant_id for row in rows}
    variants: dict[int, _KnownVariant] = {}
    for some in in_chunks(wanted):
        known = _variants_where(context, Variant.variant_id.in_(some))
        variants |= {variant.variant_id: variant for variant in known}
    titles = item_search.variant_titles(context.session, context.shop.id, wanted)
    return [
        [
            row.serial_number,
            variants[row.variant_id].experience_id if row.variant_id in variants else None,
            variants[row.variant_id].sku if row.variant_id in variants else None,
            row.variant_id,
            row.state,
            row.location_id,
            *titles.get(row.variant_id, (None, None)),
            row.created_at,
        ]
        for row in rows
    ]


KIND = ImportKind(
    name="serials",
    columns=("serial_number", "experience_id", "sku", "variant_id", "state", "location_id"),
    shown_only=("product", "variant", "created_at"),
    aliases={"serial": "serial_number", "productsku": "sku", "productvariantid": "variant_id"},
    needs=(("serial_number",), ("experience_id", "sku", "variant_id")),
    codes=frozenset(("serial_number", "experience_id", "sku", "variant_id", "state", "location_id")),
    judge=judge,
    enter=enter,
    export=export,
    example=("SN-000123", "", "CLOCK-R", "", "", ""),
)
