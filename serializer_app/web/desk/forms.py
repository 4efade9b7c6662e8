"""Forms as they come from the desk's pages: text in, the same checked values as /api/v1 takes out."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import request
from pydantic import TypeAdapter

from serializer_app.domain.catalog.catalog import WarrantyChange
from serializer_app.domain.ids.warranty import LIFETIME, NONE, read_day
from serializer_app.errors import AppError
from serializer_app.web.wire.problems import Checked, check, parse_json
from serializer_app.web.wire.values import LARGEST_ID, WARRANTY, stored_warranty

Sent = TypeVar("Sent", bound=msgspec.Struct)

INVALID = "Please look through the marked fields once more"


def checked(kind: type[Checked] | TypeAdapter[Checked], value: object) -> Checked:
    """``value`` as an input model of web.wire; AppError ``form_invalid`` 422 names every field that is wrong."""
    return check(kind, value, code="form_invalid", message=INVALID, status=422)


def ticked(name: str) -> bool:
    return request.form.get(name) == "on"


def typed(name: str) -> str:
    return request.form.get(name, "").strip()


def typed_day(name: str) -> str | None:
    """A date as the input models take it; a text that is no date is passed on and refused by them."""
    text = typed(name)
    day = read_day(text)
    return day.isoformat() if day is not None else text or None


def is_number(text: str) -> bool:
    """Whether ``text`` is a plain decimal short enough for int(), which refuses 5,000 digits."""
    return text.isascii() and text.isdigit() and len(text) < 20


def picked() -> list[int]:
    """The keys of the rows that were chosen. Raises AppError ``nothing_picked`` 422."""
    keys = [int(key) for key in request.form.getlist("pick") if is_number(key)]
    if not keys or max(keys) > LARGEST_ID:
        raise AppError("nothing_picked", "Please choose something first", status=422)
    return keys[:500]


def warranty_changes() -> WarrantyChange:
    """{"warranty": stored form} as the fields of parts.warranty_fields say; {} leaves what is stored."""
    kind = request.form.get("warrantyKind", "leave")
    if kind == "unset":
        return {"warranty": None}
    if kind == "none":
        return {"warranty": NONE}
    if kind == "lifetime":
        return {"warranty": LIFETIME.stored()}
    if kind != "duration":
        return {}
    number = typed("warrantyDuration.value")
    value: int | str = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else number
    unit = request.form.get("warrantyDuration.unit")
    try:
        return {"warranty": stored_warranty(checked(WARRANTY, {"unit": unit, "value": value}))}
    except AppError as error:
        for found in error.details:
            found["path"] = f"warrantyDuration.{found['path'] or 'value'}"
        raise


def json_body(kind: type[Sent]) -> Sent:
    """The body of a scripted write (scanning, imports) as a msgspec struct."""
    try:
        return msgspec.convert(parse_json(request.get_data()), kind)
    except msgspec.ValidationError as error:
        raise AppError("form_invalid", INVALID, status=422) from error
