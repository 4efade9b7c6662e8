"""Files that buyers send: what each one is, and its content in encrypted pieces."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, Utc

_WAITS = text("purpose = 'claim'")
_EXPIRES = text("expires_at IS NOT NULL")


class Attachment(Base):
    """The proof of purchase of a registration, or of a claim whose address has still to be confirmed."""

    __tablename__ = "attachments"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_attachments"),
        # One file for each claim: of two that are sent at once, the database takes one.
        UniqueConstraint("shop_id", "owner", name="uq_attachments_owner"),
        CheckConstraint("purpose IN ('claim', 'registration')", name="purpose"),
        Index("ix_attachments_waiting", "shop_id", "size", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_attachments_expires", "expires_at", sqlite_where=_EXPIRES, postgresql_where=_EXPIRES),
    )

    id: Mapped[str] = mapped_column(String(19))
    """Random."""
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(16))
    """claim until the address is confirmed, then registration."""
    owner: Mapped[str] = mapped_column(String(19))
    """public_id of the confirmation or registration, and not its number, which SQLite may give to another row."""
    name: Mapped[str] = mapped_column(Text)
    """Encrypted: what the sender called the file."""
    content_type: Mapped[Literal["application/pdf", "image/jpeg", "image/png", "image/webp"]] = mapped_column(
        String(32)
    )
    """What the content is, not what the sender said."""
    size: Mapped[int] = mapped_column(Integer)
    """Bytes."""
    created_at: Mapped[Utc]
    expires_at: Mapped[Utc | None]
    """When it is deleted; NULL: with its registration."""


class AttachmentPart(Base):
    """A piece of a file. Pieces are small, so that an erasure in slices stays quick."""

    __tablename__ = "attachment_parts"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "attachment_id", "number", name="pk_attachment_parts"),
        ForeignKeyConstraint(
            ["shop_id", "attachment_id"],
            ["attachments.shop_id", "attachments.id"],
            name="fk_attachment_parts_attachment",
            ondelete="CASCADE",
        ),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    attachment_id: Mapped[str] = mapped_column(String(19))
    number: Mapped[int] = mapped_column(Integer, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    """Encrypted."""
