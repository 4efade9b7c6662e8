"""Stock: units that a shop expects to receive or expects back, and what Shopify says of locations and quantities."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
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


class ReturnLine(Base):
    """The units of one order line in one return of Shopify, which knows quantities and not units."""

    __tablename__ = "return_lines"
    __table_args__ = (
        Index("ix_return_lines_order", "shop_id", "order_id", "return_id", "line_item_id"),
        Index("ix_return_lines_awaited", "shop_id", "awaited", "return_id", "line_item_id"),
        Index("ix_return_lines_checked", "shop_id", "awaited", "checked_at", "order_id"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    return_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line_item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[ShopifyId]
    status: Mapped[str] = mapped_column(String(16))
    """Shopify's word: REQUESTED, OPEN, CLOSED, CANCELED or DECLINED."""
    quantity: Mapped[int] = mapped_column(Integer)
    restocked: Mapped[int] = mapped_column(Integer)
    not_restocked: Mapped[int] = mapped_column(Integer)
    processing_required: Mapped[int] = mapped_column(Integer)
    missing: Mapped[int] = mapped_column(Integer)
    """Of the quantity, units that were disposed of in Shopify, by Shopify's type."""
    awaited: Mapped[bool] = mapped_column(Boolean)
    """Whether units of it were neither scanned nor missing when it was last counted (domain.stock.announced)."""
    created_at: Mapped[Utc]
    closed_at: Mapped[Utc | None]
    """Both as Shopify says."""
    checked_at: Mapped[Utc]
    """When Shopify was last asked about it."""


class Location(Base):
    """A location of the shop in Shopify."""

    __tablename__ = "locations"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    location_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean)


class ShopifyStock(Base):
    """How many units of a variant Shopify counts at a location. We compare it with the registry and never change it."""

    __tablename__ = "shopify_stock"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    on_hand: Mapped[int] = mapped_column(Integer)
    """Units that are physically there, those of open orders included."""
    checked_at: Mapped[Utc]
