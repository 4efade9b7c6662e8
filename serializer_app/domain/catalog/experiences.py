"""Variants with their experiences as a sheet: written out, changed elsewhere, read in again.

A SKU names an experience only where one variant carries it (seeds/000: "do not share SKU"), so a sheet that would
share one is told so, row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.ids import warranty
from serializer_app.domain.sheets import cells, reader
from serializer_app.domain.sheets.writer import Value, Writer
from serializer_app.errors import AppError
from serializer_app.store.models import Variant
from serializer_app.text import clean_code

_FIELDS = {
    "experienceId": "experience_id",
    "productVariantId": "variant_id",
    "productId": "product_id",
    "productTitle": "product_title",
    "variantTitle": "variant_title",
    "productSku": "sku",
    "trackable": "trackable",
    "autoGeneratable": "auto_generatable",
    "warrantyDuration": "warranty",
}
"""Columns of a sheet → what they are called here."""
COLUMNS = tuple(_FIELDS)
MOST_ROWS = 10_000
_PAGE = 1000
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NAMES = {column.lower(): name for column, name in _FIELDS.items()}


@dataclass(frozen=True)
class SheetRefusal:
    """Why a row was refused; ``row`` is its number in the sheet, and its cells that name a variant are as given."""

    row: int
    message: str
    experience_id: str | None
    variant_id: str | None
    sku: str | None


@dataclass
class ExperienceVerdicts:
    """What became of a sheet."""

    changed: int = 0
    errors: list[SheetRefusal] = field(default_factory=list)


def sheet(session: Session, shop_id: int) -> Iterator[str]:
    """All variants of a shop as CSV. ``warrantyDuration``: ISO 8601 as P24M, ``none``, or empty if never set."""
    writer = Writer("csv", COLUMNS, bom=False)
    after = 0
    while True:
        rows = session.scalars(
            select(Variant)
            .where(Variant.shop_id == shop_id, Variant.variant_id > after, Variant.deleted_at.is_(None))
            .order_by(Variant.variant_id)
            .limit(_PAGE)
        ).all()
        if not rows:
            yield writer.end().decode()
            return
        after = rows[-1].variant_id
        yield writer.write(_cells(row) for row in rows).decode()


def read_sheet(session: Session, shop_id: int, content: bytes) -> ExperienceVerdicts:
    """Change how variants are tracked, a row each; a row that is wrong changes nothing and says why.

    A row is found by productVariantId or experienceId. Raises AppError ``sheet_invalid`` 422 for what is no sheet.
    """
    numbered = _rows(content)
    rows = [row for _, row, _ in numbered]
    verdicts = ExperienceVerdicts()
    found = [_named(session, shop_id, row) for row in rows]
    skus = _carriers(session, shop_id, rows, found)
    for (number, row, trouble), variant in zip(numbered, found, strict=True):
        problem = trouble or (_unknown(row) if variant is None else _problem(row, variant, skus))
        if variant is not None and problem is None:
            _change(session, shop_id, variant, row)
            verdicts.changed += 1
        else:
            named = [row.get(name) or None for name in ("experience_id", "variant_id", "sku")]
            verdicts.errors.append(SheetRefusal(number, problem or "", *named))
    return verdicts


def _cells(variant: Variant) -> tuple[Value, ...]:
    return (
        variant.experience_id,
        variant.variant_id,
        variant.product_id or "",
        variant.product_title or "",
        variant.title or "",
        variant.sku or "",
        str(variant.trackable).lower(),
        str(variant.auto_generatable).lower(),
        variant.warranty or "",
    )


def _rows(content: bytes) -> list[tuple[int, dict[str, str], str | None]]:
    """(number in the sheet, cells by name, what could not be read) of every row that has content."""
    try:
        sheet = reader.open_sheet(content)
        names = [_NAMES.get(name.strip().replace("_", "").lower(), "") for name in sheet.head]
        if not {"experience_id", "variant_id"} & set(names):
            raise _invalid(
                "The first line must name the columns, experienceId or productVariantId among them"
            )
        rows: list[tuple[int, dict[str, str], str | None]] = []
        for row in sheet.rows:
            if not any(cell.strip() for cell in row.cells):
                continue
            named = {
                name: clean_code(cell).strip() for name, cell in zip(names, row.cells, strict=False) if name
            }
            lost = [code for at, code in row.troubles.items() if at < len(names) and names[at]]
            rows.append((row.number, named, cells.TROUBLES[lost[0]] if lost else None))
            if len(rows) > MOST_ROWS:
                raise _invalid(f"A sheet has at most {MOST_ROWS:,} rows")
    except AppError as error:
        raise _invalid(error.message) from error
    return rows


def _named(session: Session, shop_id: int, row: dict[str, str]) -> Variant | None:
    number, experience = row.get("variant_id", ""), row.get("experience_id", "")
    query = select(Variant).where(Variant.shop_id == shop_id)
    if number:
        if not number.isascii() or not number.isdigit() or not 0 < int(number[:20]) < 2**63:
            return None
        query = query.where(Variant.variant_id == int(number))
    if experience:
        if len(experience) > 32 or not experience.isprintable():
            return None
        query = query.where(Variant.experience_id == experience)
    return session.scalars(query).one_or_none() if number or experience else None


def _carriers(
    session: Session, shop_id: int, rows: list[dict[str, str]], found: list[Variant | None]
) -> Counter[str]:
    """On how many variants each SKU of the sheet would be."""
    wanted = {row["sku"] for row in rows if row.get("sku", "").isprintable() and row.get("sku")}
    carriers: Counter[str] = Counter()
    in_sheet = {
        variant.variant_id: row["sku"]
        for row, variant in zip(rows, found, strict=True)
        if variant is not None and row.get("sku")
    }
    names = sorted(name for name in wanted if len(name) <= 255)
    for start in range(0, len(names), 500):
        stored = session.execute(
            select(Variant.variant_id, Variant.sku).where(
                Variant.shop_id == shop_id,
                Variant.sku.in_(names[start : start + 500]),
                Variant.deleted_at.is_(None),
            )
        )
        carriers.update(sku for variant_id, sku in stored if sku and variant_id not in in_sheet)
    carriers.update(in_sheet.values())
    return carriers


def _unknown(row: dict[str, str]) -> str:
    name = row.get("experience_id") or row.get("variant_id") or ""
    return (
        f"Experience ID {name} not found. Experiences are created directly in the platform, and cannot be created "
        "programmatically"
    )


def _problem(row: dict[str, str], variant: Variant, skus: Counter[str]) -> str | None:
    sku = row.get("sku", "")
    if len(sku) > 255 or not sku.isprintable():
        return "The product SKU has at most 255 printable characters"
    if sku and skus[sku] > 1:
        return (
            f"Product SKU {sku} is on more than one variant. A SKU must not be shared: it could not tell which "
            "experience a serial number belongs to. Give each variant a SKU of its own"
        )
    if sku and variant.sku and sku != variant.sku:
        return f"Product SKU {sku} differs from Shopify's, which is {variant.sku}. Change it in Shopify"
    for column in ("trackable", "autoGeneratable"):
        cell = row.get(_FIELDS[column], "")
        if cell and cell.lower() not in _BOOLEANS:
            return f"{column} is true or false, not {cell}"
    try:
        _warranty(row.get("warranty", ""))
    except ValueError as error:
        return str(error)
    return None


def _warranty(text: str) -> str | None:
    """A duration of a sheet in its stored form: P24M, none, lifetime; None where the cell is empty."""
    if not text:
        return None
    if text.lower() in {warranty.NONE, "lifetime"}:
        return warranty.NONE if text.lower() == warranty.NONE else warranty.LIFETIME.stored()
    number = text[1:-1]
    units: Mapping[str, warranty.Unit] = {"D": "day", "M": "month", "Y": "year"}
    unit = units.get(text[-1:].upper())
    if (
        unit is None
        or text[:1].upper() != "P"
        or not (number.isascii() and number.isdigit())
        or len(number) > 5
    ):
        raise ValueError(f"warrantyDuration is like P24M, P2Y or P10D, none, or lifetime, not {text[:40]}")
    return warranty.Duration(unit, int(number)).stored()


def _change(session: Session, shop_id: int, variant: Variant, row: dict[str, str]) -> None:
    changes: catalog.TrackingChanges = {}
    if row.get("trackable"):
        changes["trackable"] = _BOOLEANS[row["trackable"].lower()]
    if row.get("auto_generatable"):
        changes["auto_generatable"] = _BOOLEANS[row["auto_generatable"].lower()]
    stored = _warranty(row.get("warranty", ""))
    if stored is not None:
        changes["warranty"] = stored
    if row.get("sku") and not variant.sku:
        variant.sku = row["sku"]
    catalog.configure(session, shop_id, variant.variant_id, changes)


def _invalid(message: str) -> AppError:
    return AppError("sheet_invalid", message, status=422)
