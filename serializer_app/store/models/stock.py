"""Stock: the units that a shop expects to receive."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, ShopifyId, Utc


class ExpectedUnit(Base):
    """A serial number on the list of units that a supplier announced, or one that arrived without being on it."""

    __tablename__ = "expected_units"
    __table_args__ = (Index("ix_expected_units_variant", "shop_id", "variant_id", "serial_key"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    serial_key: Mapped[str] = mapped_column(String(256), primary_key=True)
    """As compared, and as in ``serials``: a unit counts as arrived once the registry has it in stock."""
    serial_number: Mapped[str] = mapped_column(String(64))
    variant_id: Mapped[ShopifyId]
    listed: Mapped[bool] = mapped_column(Boolean)
    """False for a unit that was received although the list of its variant does not name it."""
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Utc]
