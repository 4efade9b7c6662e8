"""Personal data in rows of files: kept encrypted, covered by erasure and data requests, gone after thirty days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import spreadsheets
from serializer_app.domain.ids import contacts
from serializer_app.domain.privacy.privacy import DataSubject, Holding
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Shop, Task, TaskPart
from serializer_app.text import Json

KINDS = (spreadsheets.KIND, "import-items", "import-serials", "import-registrations")
"""Tasks whose parts hold rows of a file."""
EMPTY = "[]"
_EMAIL = re.compile(r"""[^\s<>;,()"]+[@＠][^\s<>;,()"]+""")
_TAIL = 6
"""Digits: a cell is read as a telephone number only where its end is that of one, because reading takes its time."""

Rows = TypeVar("Rows")

KeptRow = list[Json]
"""A row as a task keeps it: its number, its cells, and whatever else its kind of task keeps with it."""


def sealed(vault: Vault, rows: Sequence[object]) -> str:
    """Rows as a task keeps them; no rows need no encryption."""
    return vault.encrypt(msgspec.json.encode(rows).decode()) if rows else EMPTY


def opened(vault: Vault, text: str, kind: type[Rows]) -> Rows:
    """Rows as a task kept them. Files of serial numbers of items are kept as plain JSON."""
    return msgspec.json.decode(text if text.startswith("[") else vault.decrypt(text), type=kind)


def collect(session: Session, vault: Vault, shop: Shop, person: DataSubject) -> list[dict[str, Json]]:
    """Rows of files that name this person."""
    found: list[dict[str, Json]] = []
    for part, content, errors in _parts(session, vault, shop.id):
        for row in (*content, *errors):
            cells = _cells(row)
            if _mentions(person, shop.country, cells):
                found.append({"line": row[0], "cells": cells})
        session.expunge(part)
    return found


def erase(session: Session, vault: Vault, shop: Shop, person: DataSubject, _actor: str) -> int:
    """Empty the cells of rows that name this person. A serial number that is still to be entered stays, since it names
    a unit; a row of the other imports is then refused.
    """
    erased = 0
    for part, content, errors in _parts(session, vault, shop.id):
        before = erased
        for rows in (content, errors):
            for place, row in enumerate(rows):
                cells = _cells(row)
                if _mentions(person, shop.country, cells):
                    rows[place] = [row[0], [""] * len(cells), *row[2:]]
                    erased += 1
        if erased > before:
            part.content, part.errors = _like(vault, part.content, content), _like(vault, part.errors, errors)
    session.flush()
    return erased


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every kept row of all shops with the first key."""
    rotated = 0
    keys = session.execute(
        select(TaskPart.shop_id, TaskPart.task_id, TaskPart.number)
        .join(Task, (Task.shop_id == TaskPart.shop_id) & (Task.id == TaskPart.task_id))
        .where(Task.kind.in_(KINDS))
    ).all()
    for key in keys:
        part = session.get(TaskPart, tuple(key), with_for_update=True)
        if part is None:
            continue
        for name in ("content", "errors"):
            if not (text := getattr(part, name)).startswith("["):
                setattr(part, name, vault.rotate(text))
                rotated += 1
        session.flush()
        session.expunge(part)
    return rotated


def _like(vault: Vault, before: str, rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode() if before.startswith("[") else sealed(vault, rows)


def _parts(
    session: Session, vault: Vault, shop_id: int
) -> Iterator[tuple[TaskPart, list[KeptRow], list[KeptRow]]]:
    keys = session.execute(
        select(TaskPart.task_id, TaskPart.number)
        .join(Task, (Task.shop_id == TaskPart.shop_id) & (Task.id == TaskPart.task_id))
        .where(Task.shop_id == shop_id, Task.kind.in_(KINDS))
        .order_by(TaskPart.task_id, TaskPart.number)
    ).all()
    for task_id, number in keys:
        part = session.get(TaskPart, (shop_id, task_id, number), with_for_update=True)
        if part is not None:
            content: list[KeptRow] = opened(vault, part.content, list)
            errors: list[KeptRow] = opened(vault, part.errors, list)
            yield part, content, errors


def _cells(row: KeptRow) -> list[str]:
    cells = row[1]
    return [str(cell) for cell in cells] if isinstance(cells, list) else []


def _mentions(person: DataSubject, country: str | None, cells: Sequence[str]) -> bool:
    emails = {contacts.email_key(email) for email in person.emails}
    phones = {key for phone in person.phones if (key := contacts.phone_key(phone, country))}
    tails = {key[-_TAIL:] for key in phones}
    exact = {str(number) for number in person.customer_ids}
    names = [name.casefold() for name in person.names]
    for cell in cells:
        if cell.strip() in exact:
            return True
        if emails and any(contacts.email_key(found) in emails for found in _EMAIL.findall(cell)):
            return True
        digits = "".join(symbol for symbol in cell if symbol.isdecimal()) if tails else ""
        if digits[-_TAIL:] in tails and contacts.phone_key(cell, country) in phones:
            return True
        if names and any(name in cell.casefold() for name in names):
            return True
    return False


HOLDING = Holding("imports", ("task_parts",), collect, erase)
