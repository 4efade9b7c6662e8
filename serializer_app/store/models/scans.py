"""How often units were looked up, day by day, and what looked as if somebody copied one. Nothing about people."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, RowId, Utc
from serializer_app.store.models.items import Item

# Read only when somebody looks up a number that no living unit has: to say that it is valid no longer.
_GONE = text("serial_key IS NOT NULL AND removed_at IS NOT NULL")
Index(
    "ix_items_gone_serial",
    Item.shop_id,
    Item.serial_key,
    Item.id,
    sqlite_where=_GONE,
    postgresql_where=_GONE,
)


class Scan(Base):
    """The look-ups of one unit on one day (UTC)."""

    __tablename__ = "scans"
    __table_args__ = (PrimaryKeyConstraint("shop_id", "subject", "subject_id", "day", name="pk_scans"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(16))
    """item or serial, as in history."""
    subject_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(Integer)
    places: Mapped[int] = mapped_column(BigInteger)
    """63 bits, one set for each place: thousands of places share a bit, so none can be told from it."""


class CloneAlert(Base):
    """A unit that was looked up from many places, until the merchant has dealt with it."""

    __tablename__ = "clone_alerts"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_clone_alerts"),
        # Two visitors at once raise one alert.
        Index(
            "uq_clone_alerts_open",
            "shop_id",
            "subject",
            "subject_id",
            unique=True,
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        CheckConstraint("reason IN ('often', 'places')", name="reason"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(16))
    count: Mapped[int] = mapped_column(Integer)
    places: Mapped[int] = mapped_column(Integer)
    """Estimated."""
    raised_at: Mapped[Utc]
    settled_at: Mapped[Utc | None]
    settled_by: Mapped[str | None] = mapped_column(String(255))
