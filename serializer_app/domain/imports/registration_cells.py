"""The cells of a registration's row as what they say: a claim, corrections, a status, the day of the registration."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import cast

from serializer_app.clock import now, parse_iso
from serializer_app.domain.desk.sheet_rows import whole_number
from serializer_app.domain.ids import contacts, warranty
from serializer_app.domain.imports.kinds import ImportRow, text_of, warranty_of
from serializer_app.domain.items.ties import DENIED
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim, Corrections, Status
from serializer_app.errors import AppError

_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)
_STATUSES = ("pending", "approved", DENIED, "archived")


def read(row: ImportRow) -> tuple[Claim, Corrections, Status | None, datetime | None]:
    """Return what a row says, its status and when it was registered. Raises AppError ``cell_…``, ``import_…`` 422."""
    person = _person(row)
    status = row.get("status").casefold()
    if status and status not in _STATUSES:
        raise AppError("import_status", f"status is one of {', '.join(_STATUSES)}", status=422)
    void = row.get("warranty_void").casefold()
    if void not in ("", "true", "false"):
        raise AppError("import_void", "warranty_void is true or false", status=422)
    until = _day(row, "warranty_until")
    bought = _day(row, "purchase_date", past=True)
    claim = Claim(
        row.get("serial_number"), person, bought, text_of(row, "channel"), text_of(row, "order_number")
    )
    corrections = Corrections(
        person={own: value for own, value in vars(person).items() if value is not None} or None,
        purchase_date=... if bought is None else bought,
        channel=claim.channel or ...,
        order_number=claim.order_number or ...,
        warranty=warranty_of(row),
        warranty_until=... if until is None else until,
        warranty_void=... if not void else void == "true",
    )
    return claim, corrections, cast(Status, status) if status else None, _moment(row)


def _person(row: ImportRow) -> Person:
    email = contacts.parse_email(row.get("email")) if row.get("email").strip() else None
    if row.get("email").strip() and email is None:
        raise AppError("import_email", "email must be one plain e-mail address", status=422)
    customer_id = whole_number(row.get("customer_id")) if row.get("customer_id") else None
    if customer_id == 0:
        raise AppError("import_customer_id", "customer_id is Shopify's number of the customer", status=422)
    names = {column: text_of(row, column) for column in ("first_name", "last_name", "phone")}
    return Person(email, names["first_name"], names["last_name"], names["phone"], customer_id)


def _day(row: ImportRow, column: str, *, past: bool = False) -> date | None:
    text = row.get(column).strip()
    if not text:
        return None
    day = warranty.read_day(text)
    if day is None or not _EARLIEST <= day <= _LATEST:
        raise AppError("cell_day", f"{column}: write a day as 2026-01-31", status=422)
    # Somewhere on Earth it may be this day already.
    if past and day > (now() + timedelta(hours=14)).date():
        raise AppError("cell_future", f"{column}: must not be in the future", status=422)
    return day


def _moment(row: ImportRow) -> datetime | None:
    text = row.get("registered_at").strip()
    if not text:
        return None
    if warranty.read_day(text) is not None:
        return datetime.combine(cast(date, _day(row, "registered_at", past=True)), time(), UTC)
    try:
        moment = parse_iso(text)
    except ValueError:
        raise AppError("cell_day", "registered_at: write a day as 2026-01-31", status=422) from None
    if not _EARLIEST <= moment.date() <= _LATEST:
        raise AppError("cell_day", "registered_at: write a day as 2026-01-31", status=422)
    if moment > now() + timedelta(hours=14):
        raise AppError("cell_future", "registered_at: must not be in the future", status=422)
    return moment
