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
from serializer_app.text import Json, JsonDict

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
    return file, attachments.content(session, vault, registration.shop_id, file.id)


def described(
    session: Session, vault: Vault, shop_id: int, owners: Iterable[str]
) -> dict[str, dict[str, Json]]:
    """Proofs as the file for a data request names them, by the public IDs of registrations or unconfirmed claims.

    Their content is added when the merchant gets the file (``complete``): Shopify waits for the answer to a request,
    and an erasure reads every file that waits.
    """
    return {
        owner: {
            "fileId": file.id,
            "fileName": file.name,
            "contentType": file.content_type,
            "size": file.size,
            "receivedAt": iso(file.created_at),
        }
        for owner, file in attachments.of(session, vault, shop_id, list(owners)).items()
    }


def complete(session: Session, vault: Vault, shop_id: int, entries: Iterable[JsonDict]) -> None:
    """Add the contents of proofs to entries of a data request's file.

    ``content`` is Base64; null for a proof that was deleted since, and beyond ``MOST_HANDED_OUT``, where the merchant
    adds the files from the desk.
    """
    left = MOST_HANDED_OUT
    for entry in entries:
        proof = entry.get("proofOfPurchase")  # absent in files of earlier versions
        if proof is None:
            continue
        left -= proof["size"]
        file_id = proof.pop("fileId")
        kept = attachments.content(session, vault, shop_id, file_id) if left >= 0 else b""
        proof["content"] = base64.b64encode(kept).decode() or None


def _none(registration: Registration) -> AppError:
    message = f"Registration {registration.public_id} has no proof of purchase."
    return AppError("proof_not_found", message, status=404)
