"""A request that another system sends again gets the first answer, and does nothing twice (contract §6)."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.errors import AppError
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import IdempotencyKey

KEPT = timedelta(hours=24)
LONGEST = 255


@dataclass(frozen=True)
class Slot:
    """Where the answer to one request is kept; ``caller`` is the API key that sent it."""

    shop_id: int
    caller: str
    key_hash: str
    request_hash: str


def slot(shop_id: int, caller: str, key: str, request: bytes) -> Slot:
    """``request``: method, path and body. Raises AppError ``idempotency_key_invalid`` 400."""
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise AppError(
            "idempotency_key_invalid",
            f"An Idempotency-Key has from 1 to {LONGEST} printable ASCII characters",
        )
    return Slot(
        shop_id, caller, hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(request).hexdigest()
    )


def first_answer(session: Session, vault: Vault, slot: Slot) -> tuple[int, bytes] | None:
    """The answer this request got before, as (status, body); None when it is new, and then the slot is taken.

    Of two at once the second waits here for the first one's commit. Raises AppError ``idempotency_key_reused`` 409
    when the key came with another request.
    """
    moment = now()
    row = {
        "shop_id": slot.shop_id,
        "caller": slot.caller,
        "key_hash": slot.key_hash,
        "request_hash": slot.request_hash,
        "expires_at": moment + KEPT,
    }
    statement = upsert.insert(session, IdempotencyKey).values(row)
    fresh = {name: statement.excluded[name] for name in ("request_hash", "expires_at")}
    # An expired row is taken over as if it had never been; anything else stays as it is, and no row comes back.
    taking = statement.on_conflict_do_update(
        index_elements=["shop_id", "caller", "key_hash"],
        set_={**fresh, "status": None, "body": None, "subject": None},
        where=IdempotencyKey.expires_at <= moment,
    ).returning(IdempotencyKey.key_hash)
    if session.connection().execute(taking).scalar_one_or_none() is not None:
        return None
    request_hash, status, body = session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.body).where(*_at(slot))
    ).one()
    if request_hash != slot.request_hash:
        raise AppError(
            "idempotency_key_reused",
            "This Idempotency-Key came with another request in the last 24 hours; a new request needs a new key",
            status=409,
        )
    if status is None or body is None:
        # Erased with its customer, whom nobody may bring back by sending the request again.
        raise AppError("answer_erased", "The answer to this request was erased with its customer", status=410)
    return status, zlib.decompress(base64.b64decode(vault.decrypt(body)))


def keep(
    session: Session, vault: Vault, slot: Slot, status: int, body: bytes, *, subject: str | None = None
) -> None:
    """Keep an answer for 24 hours; ``subject`` is the public id of the registration it names."""
    packed = vault.encrypt(base64.b64encode(zlib.compress(body, 1)).decode("ascii"))
    session.execute(
        update(IdempotencyKey).where(*_at(slot)).values(status=status, body=packed, subject=subject),
        execution_options={"synchronize_session": False},
    )


def erase(session: Session, shop_id: int, subjects: Sequence[str]) -> None:
    """Delete what answers told about the customers of these registrations; the keys stay used."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.shop_id == shop_id, IdempotencyKey.subject.in_(subjects))
        .values(body=None, subject=None),
        execution_options={"synchronize_session": False},
    )


def sweep(session: Session) -> None:
    """Forget what is older than promised; any worker may do it at any time."""
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.expires_at <= now()),
        execution_options={"synchronize_session": False},
    )


def _at(slot: Slot) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.shop_id == slot.shop_id,
        IdempotencyKey.caller == slot.caller,
        IdempotencyKey.key_hash == slot.key_hash,
    )


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every kept answer with the first key; returns how many."""
    rows = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.body.is_not(None)).with_for_update()
    ).all()
    for row in rows:
        row.body = vault.rotate(row.body or "")
    session.flush()
    return len(rows)
