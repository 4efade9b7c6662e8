"""Files that buyers send, kept encrypted: with a claim until it is confirmed, then with the registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.attachments.checks import CheckedFile, ContentType
from serializer_app.domain.ids.item_ids import make_item_ids
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Attachment, AttachmentPart

MOST_WAITING = 1024 * 1024 * 1024
"""Bytes of files whose claims are not confirmed yet, of one shop: strangers must not fill the database."""
KEPT_WHEN_DENIED = timedelta(days=30)
"""So long the file of a denied claim stays: the claimant may object."""

CLAIM, REGISTRATION = "claim", "registration"
_PIECE = 64 * 1024
_SWEPT_AT_ONCE = 50
"""Files: up to 300 MB, which SQLite overwrites while nobody else writes."""
_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, repr=False)
class AttachedFile:
    """What is known of a file without its content; ``size`` in bytes. Has no repr: the name is personal data."""

    id: str
    name: str
    content_type: ContentType
    size: int
    created_at: datetime


def keep_with_claim(
    session: Session, vault: Vault, shop_id: int, confirmation: str, file: CheckedFile, life: timedelta
) -> None:
    """Keep the file of a claim that is not confirmed yet. Raises AppError ``too_many_files`` 429."""
    if waiting(session, shop_id) + len(file.content) > MOST_WAITING:
        raise AppError("too_many_files", "Too many files wait for confirmation", status=429, retry_after=3600)
    _keep(session, vault, shop_id, file, CLAIM, confirmation, now() + life)


def waiting(session: Session, shop_id: int) -> int:
    """Bytes of files whose claims are not confirmed yet."""
    total = select(func.sum(Attachment.size)).where(
        Attachment.shop_id == shop_id, Attachment.purpose == CLAIM
    )
    return session.scalar(total) or 0


def keep(session: Session, vault: Vault, shop_id: int, registration: str, file: CheckedFile) -> None:
    """Keep the file of a registration that has none."""
    _keep(session, vault, shop_id, file, REGISTRATION, registration, None)


def claim_confirmed(session: Session, shop_id: int, confirmation: str, registration: str) -> bool:
    """From now on the claim's file belongs to the registration. False where it has none."""
    moved = session.execute(
        update(Attachment)
        .where(Attachment.shop_id == shop_id, Attachment.owner == confirmation)
        .values(purpose=REGISTRATION, owner=registration, expires_at=None),
        execution_options=_UNSYNCHRONISED,
    )
    assert isinstance(moved, CursorResult)
    return bool(moved.rowcount)


def of(session: Session, vault: Vault, shop_id: int, owners: Sequence[str]) -> dict[str, AttachedFile]:
    """The files of registrations, or of claims that are not confirmed yet, by their public IDs."""
    found: dict[str, AttachedFile] = {}
    for start in range(0, len(owners), 500):
        rows = session.scalars(
            select(Attachment).where(
                Attachment.shop_id == shop_id, Attachment.owner.in_(owners[start : start + 500])
            )
        )
        for row in rows:
            found[row.owner] = AttachedFile(
                row.id, vault.decrypt(row.name), row.content_type, row.size, row.created_at
            )
    return found


def exists(session: Session, shop_id: int, owner: str) -> bool:
    """Whether a registration or a claim has a file."""
    found = select(Attachment.id).where(Attachment.shop_id == shop_id, Attachment.owner == owner)
    return session.scalar(found) is not None


def content(session: Session, vault: Vault, shop_id: int, file_id: str) -> bytes:
    """The content of a file; empty for one that was deleted meanwhile."""
    pieces = session.scalars(
        select(AttachmentPart.content)
        .where(AttachmentPart.shop_id == shop_id, AttachmentPart.attachment_id == file_id)
        .order_by(AttachmentPart.number)
    )
    return b"".join(vault.decrypt_bytes(piece) for piece in pieces)


def forget(session: Session, shop_id: int, owners: Sequence[str]) -> int:
    """Delete the files of registrations or claims; returns how many there were."""
    gone = session.execute(
        delete(Attachment).where(Attachment.shop_id == shop_id, Attachment.owner.in_(owners)),
        execution_options=_UNSYNCHRONISED,
    )
    assert isinstance(gone, CursorResult)
    return int(gone.rowcount)


def decided(session: Session, shop_id: int, registration: str, *, denied: bool) -> None:
    """Have the file of a denied claim deleted after a while, and that of any other stay with its registration."""
    session.execute(
        update(Attachment)
        .where(Attachment.shop_id == shop_id, Attachment.owner == registration)
        .values(expires_at=now() + KEPT_WHEN_DENIED if denied else None),
        execution_options=_UNSYNCHRONISED,
    )


def sweep(session: Session) -> bool:
    """Delete the next files whose time is over, of all shops; True while there may be more."""
    some = over(session)
    for shop_id, file_id in some:
        # Its claim may be confirmed at this moment, and then it stays.
        named = (Attachment.shop_id == shop_id, Attachment.id == file_id, Attachment.expires_at <= now())
        session.execute(delete(Attachment).where(*named), execution_options=_UNSYNCHRONISED)
    return len(some) == _SWEPT_AT_ONCE


def over(session: Session) -> Sequence[tuple[int, str]]:
    """The next files whose time is over, of all shops: (shop, file)."""
    query = select(Attachment.shop_id, Attachment.id).where(Attachment.expires_at <= now())
    rows = session.execute(query.order_by(Attachment.expires_at).limit(_SWEPT_AT_ONCE)).all()
    return [(shop_id, file_id) for shop_id, file_id in rows]


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every file with the first key, piece by piece; returns how many rows."""
    rotated = 0
    for key in session.execute(select(Attachment.shop_id, Attachment.id)).all():
        file = session.get(Attachment, tuple(key), with_for_update=True)
        if file is None:
            continue
        file.name = vault.rotate(file.name)
        pieces = select(AttachmentPart.number).where(
            AttachmentPart.shop_id == file.shop_id, AttachmentPart.attachment_id == file.id
        )
        for number in session.scalars(pieces).all():
            piece = session.get_one(AttachmentPart, (file.shop_id, file.id, number))
            piece.content = vault.rotate(piece.content)
            session.flush()
            session.expunge(piece)
            rotated += 1
        session.flush()
        session.expunge(file)
        rotated += 1
    return rotated


def _keep(
    session: Session,
    vault: Vault,
    shop_id: int,
    file: CheckedFile,
    purpose: str,
    owner: str,
    expires_at: datetime | None,
) -> None:
    key = make_item_ids(1)[0]
    session.execute(
        insert(Attachment).values(
            shop_id=shop_id,
            id=key,
            purpose=purpose,
            owner=owner,
            name=vault.encrypt(file.name),
            content_type=file.content_type,
            size=len(file.content),
            created_at=now(),
            expires_at=expires_at,
        )
    )
    rows = [
        {
            "shop_id": shop_id,
            "attachment_id": key,
            "number": number,
            "content": vault.encrypt_bytes(file.content[start : start + _PIECE]),
        }
        for number, start in enumerate(range(0, len(file.content), _PIECE))
    ]
    session.connection().execute(insert(AttachmentPart), rows)
