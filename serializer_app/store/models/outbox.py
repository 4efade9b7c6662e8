"""What is still to be done with the network, who is doing it, and what Shopify was last told."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, Key, Utc

_WAITING = text("parked_at IS NULL")


class OutboxRow(Base):
    """(kind, key) names a thing to bring up to date, never what to write: the worker reads the present state."""

    __tablename__ = "outbox"
    __table_args__ = (
        # Ten changes of one order are one row: the second put finds the first and raises its version.
        UniqueConstraint("shop_id", "kind", "key", name="uq_outbox_shop_kind_key"),
        Index(
            "ix_outbox_due",
            "shop_id",
            "priority",
            "due_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(255))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    priority: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    due_at: Mapped[Utc]
    queued_at: Mapped[Utc]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    problem: Mapped[str | None] = mapped_column(Text)
    parked_at: Mapped[Utc | None]


class Lane(Base):
    """One per shop: the lease that keeps one job of a shop in flight, and the pause its cost bucket asked for."""

    __tablename__ = "lanes"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[Utc]
    paused_until: Mapped[Utc]
    served_at: Mapped[Utc]


class Mirror(Base):
    """What the metafields of one order or variant held after our last write, page by page."""

    __tablename__ = "mirrors"
    __table_args__ = (Index("ix_mirrors_checked", "shop_id", "checked_at"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(16), primary_key=True)
    """order or variant."""
    owner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    pages: Mapped[JsonText]
    """JSON object {metafield key: what we know of it} (domain.items.mirrored.Page)."""
    written_at: Mapped[Utc]
    checked_at: Mapped[Utc]
    """When these digests were last seen to be Shopify's: the hourly comparison takes the oldest first."""
