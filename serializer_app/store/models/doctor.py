"""What the doctor found in each shop, when webhooks last came in, and which workers are alive."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, Utc


class ShopFinding(Base):
    """The result of one check of one shop, as of ``found_at``; a later run replaces it."""

    __tablename__ = "shop_findings"
    __table_args__ = (
        CheckConstraint("level IN ('ok', 'note', 'warning', 'problem')", name="level"),
        Index("ix_shop_findings_level", "level", "check_name"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    check_name: Mapped[str] = mapped_column(String(32), primary_key=True)
    level: Mapped[str] = mapped_column(String(16))
    case: Mapped[str] = mapped_column(String(32))
    """Which of the check's outcomes this is; it names the text that people read."""
    facts: Mapped[JsonText]
    found_at: Mapped[Utc]


class WebhookSeen(Base):
    """When a webhook of a topic last arrived from a shop, to ten minutes."""

    __tablename__ = "webhooks_seen"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[Utc]


class WorkerSeen(Base):
    """A worker process that reported to be alive; rows of the last day."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    started_at: Mapped[Utc]
    seen_at: Mapped[Utc]
