"""How a shop lets visitors register their units, whose mail it sends for that, and who has still to confirm."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, RowId, Utc


class ClaimRules(Base):
    """What a claim asks for and who decides about it; no row means the defaults of domain.buyers.claims."""

    __tablename__ = "claim_rules"
    __table_args__ = (
        CheckConstraint("approval IN ('never', 'strangers', 'always')", name="approval"),
        CheckConstraint("typed IN ('refused', 'approval')", name="typed"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[JsonText] = mapped_column(Text)
    """JSON object {field: "optional" | "required"}; one that is absent is not asked for."""
    approval: Mapped[Literal["never", "strangers", "always"]] = mapped_column(String(16))
    typed: Mapped[Literal["refused", "approval"]] = mapped_column(String(16))
    consent_text: Mapped[str | None] = mapped_column(Text)


class PublicText(Base):
    """What a shop says itself about units of one state on its public pages, in one language."""

    __tablename__ = "public_texts"
    __table_args__ = (PrimaryKeyConstraint("shop_id", "language", "state"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    """One of domain.buyers.public_texts.STATES."""
    text: Mapped[str] = mapped_column(Text)


class MailSettings(Base):
    """The SMTP server of a merchant, through which the shop's visitors get mail."""

    __tablename__ = "mail_settings"
    __table_args__ = (CheckConstraint("security IN ('tls', 'starttls', 'none')", name="security"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(Integer)
    security: Mapped[Literal["tls", "starttls", "none"]] = mapped_column(String(16))
    username: Mapped[str | None] = mapped_column(String(255))
    password: Mapped[str | None] = mapped_column(Text)
    """Encrypted."""
    sender: Mapped[str] = mapped_column(String(320))


class Confirmation(Base):
    """A claim that waits for whoever reads the mail of an address, for a day.

    Once confirmed it holds code and address only, for a year or until the registration ends: its link leads its owner
    back, and its address gets the owner's link.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_confirmations"),
        UniqueConstraint("shop_id", "public_id", name="uq_confirmations_public_id"),
        Index("ix_confirmations_email", "shop_id", "email_index", "created_at"),
        Index("ix_confirmations_unit", "shop_id", "subject", "subject_id", "created_at"),
        Index("ix_confirmations_expires", "expires_at"),
        Index("ix_confirmations_registration", "shop_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[str] = mapped_column(Text)
    """Encrypted JSON: who, what they said, and the code they are sent."""
    email_index: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    registration_id: Mapped[int | None] = mapped_column(BigInteger)
    """registrations.id that was confirmed with it."""
    created_at: Mapped[Utc]
    expires_at: Mapped[Utc]
