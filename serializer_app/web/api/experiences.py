"""Experiences as a sheet: every variant with what leads to its page, out and in again."""

from __future__ import annotations

import msgspec
from flask import Response, g, request

from serializer_app.domain.catalog import experiences
from serializer_app.domain.catalog.experiences import SheetRefusal
from serializer_app.domain.sheets.reader import XLSX
from serializer_app.errors import AppError
from serializer_app.text import JsonDict
from serializer_app.web.answers import answer
from serializer_app.web.api.operations import operation, read_file
from serializer_app.web.house import house

TAG = "Experiences"
CSV = "text/csv"
MOST_BYTES = 2 * 1024 * 1024


class SheetVerdicts(msgspec.Struct):
    """How many rows were taken over; `errors` holds row, errorMessage and what names the row."""

    changed: int
    errors: list[JsonDict]


@operation(
    "GET",
    "/experiences",
    tag=TAG,
    summary="Export variants and their experiences as CSV",
    description="warrantyDuration is like P24M, none, or empty where it was never set.",
    answers={200: str},
    gives=(CSV,),
)
def export_experiences() -> Response:
    with house().db.read() as session:
        content = "".join(experiences.sheet(session, g.shop_id))
    return Response(
        content,
        headers={"Content-Disposition": "attachment; filename=experiences.csv"},
        content_type=f"{CSV}; charset=utf-8",
    )


@operation(
    "POST",
    "/experiences",
    tag=TAG,
    summary="Import variants and their experiences from CSV or Excel",
    description=(
        "The columns of the export; experienceId or productVariantId finds the variant, an empty cell leaves the "
        "stored value. A SKU must not be shared by variants, or it could not tell which of them a serial belongs to: "
        "such rows are refused, each with its reason, and the others are taken over."
    ),
    takes=(CSV, XLSX),
    answers={200: SheetVerdicts},
    errors=("sheet_invalid",),
)
def import_experiences() -> Response:
    if request.mimetype not in (CSV, XLSX):
        raise AppError("unsupported_media_type", f"Content-Type is {CSV} or {XLSX}", status=415)
    content = read_file(MOST_BYTES)
    with house().db.write() as session:
        verdicts = experiences.read_sheet(session, g.shop_id, content)
    return answer(SheetVerdicts(verdicts.changed, [_refusal(one) for one in verdicts.errors]))


def _refusal(found: SheetRefusal) -> JsonDict:
    named = {
        "experienceId": found.experience_id,
        "productVariantId": found.variant_id,
        "productSku": found.sku,
    }
    given = {name: cell for name, cell in named.items() if cell is not None}
    return {"row": found.row, "errorMessage": found.message, **given}
