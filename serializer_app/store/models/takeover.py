"""What another app wrote under our metafield keys, and which metafield definitions are ours (contract §8)."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, Utc


class ForeignValue(Base):
    """A metafield value under our keys that we never wrote.

    Texts are UTF-8 bytes with lone surrogates passed through, because a text column takes neither NUL nor half a
    character, and what another app wrote is to be kept exactly.
    """

    __tablename__ = "foreign_values"
    __table_args__ = (Index("ix_foreign_values_state", "shop_id", "state", "owner", "owner_id", "key"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[Literal["order", "variant"]] = mapped_column(String(16), primary_key=True)
    """order or variant."""
    owner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    """Shopify's metafield type."""
    first_text: Mapped[bytes] = mapped_column(LargeBinary)
    """As it was when it was first seen."""
    latest_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    """As it was last seen; NULL while that is the first text."""
    digest: Mapped[str] = mapped_column(Text)
    """Shopify's compareDigest of the latest text: the write after an adoption uses it."""
    state: Mapped[Literal["held", "adopted", "declined", "gone"]] = mapped_column(
        String(16), server_default="held"
    )
    """held, adopted, declined, or gone: it is no longer there."""
    replaced_ours: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """Whether it took the place of a value that we had written: two apps are writing."""
    first_seen_at: Mapped[Utc]
    last_seen_at: Mapped[Utc]
    changed_at: Mapped[Utc | None]
    """When a text was first seen that differs from the one before."""
    decided_at: Mapped[Utc | None]
    erased_at: Mapped[Utc | None]
    """When the texts were erased together with their customer's data. They are not kept again."""


class Definition(Base):
    """A metafield definition under our keys in one shop. Only those that we created are ever changed."""

    __tablename__ = "definitions"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    owner_type: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Shopify's MetafieldOwnerType."""
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ours: Mapped[bool] = mapped_column(Boolean)
    """False: it was there before we asked for it, so it belongs to the merchant or to another app."""
    noted_at: Mapped[Utc]
