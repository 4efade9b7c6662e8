"""The proof of purchase of a registration: received with the claim, downloaded by staff, deleted with the person."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from sqlalchemy.orm import Session

from serializer_app.clock import iso
from serializer_app.domain.attachments import attachments
from serializer_app.domain.attachments.attachments import AttachedFile
from serializer_app.domain.attachments.checks import CheckedFile
from serializer_app.domain.registry import registrations
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Registration
from serializer_app.text import Json

MOST_HANDED_OUT = 20 * 1024 * 1024
"""Bytes of proofs that the file for a data request holds; of further ones it holds what they are called."""


def attach(
    session: Session, vault: Vault, registration: Registration, file: CheckedFile, *, actor: str
) -> None:
    """Keep the proof that came with the claim. History does not say what the file is called."""
    attachments.keep(session, vault, registration.shop_id, registration.public_id, file)
    received(session, registration, actor=actor)


def received(session: Session, registration: Registration, *, actor: str) -> None:
    """Say in the history that a proof came with the claim."""
    registrations.note(session, registration, {}, actor=actor, action="proof-received")


def delete(session: Session, registration: Registration, *, actor: str) -> None:
    """Delete the proof for good. Raises AppError ``proof_not_found`` 404."""
    if not attachments.forget(session, registration.shop_id, [registration.public_id]):
        raise _none(registration)
    registrations.note(session, registration, {}, actor=actor, action="proof-deleted")


def find(session: Session, vault: Vault, registration: Registration) -> AttachedFile | None:
    """What is known of the proof, without its content."""
    owner = registration.public_id
    return attachments.of(session, vault, registration.shop_id, [owner]).get(owner)


def read(session: Session, vault: Vault, registration: Registration) -> tuple[AttachedFile, bytes]:
    """The proof and its content. Raises AppError ``proof_not_found`` 404."""
    file = find(session, vault, registration)
    if file is None:
        raise _none(registration)
    return file, attachments.content(session, vault, registration.shop_id, file)


def handed_out(
    session: Session, vault: Vault, shop_id: int, owners: Iterable[str]
) -> dict[str, dict[str, Json]]:
    """Proofs as the file for a data request holds them, by the public IDs of registrations or unconfirmed claims.

    ``content`` is Base64; null beyond ``MOST_HANDED_OUT``, where the merchant adds the files from the desk.
    """
    found: dict[str, dict[str, Json]] = {}
    left = MOST_HANDED_OUT
    for owner, file in attachments.of(session, vault, shop_id, list(owners)).items():
        left -= file.size
        content = attachments.content(session, vault, shop_id, file) if left >= 0 else None
        found[owner] = {
            "fileName": file.name,
            "contentType": file.content_type,
            "size": file.size,
            "receivedAt": iso(file.created_at),
            "content": None if content is None else base64.b64encode(content).decode(),
        }
    return found


def _none(registration: Registration) -> AppError:
    message = f"Registration {registration.public_id} has no proof of purchase."
    return AppError("proof_not_found", message, status=404)
