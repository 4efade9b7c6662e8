"""Orders and their lines, as the newest snapshot from Shopify shows them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, ShopifyId, Utc


class Order(Base):
    """One order. The row stays after a deletion as a tombstone, so that a late create cannot raise it again."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_customer", "shop_id", "customer_id", "order_id"),
        Index("ix_orders_created", "shop_id", "ordered_at", "order_id"),
        Index("ix_orders_name", "shop_id", "name"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[ShopifyId | None] = mapped_column(BigInteger)
    ordered_at: Mapped[Utc | None]
    """Shopify's created_at; NULL only for the tombstone of an order that was never seen alive."""
    source_updated_at: Mapped[Utc | None]
    """updated_at of the newest snapshot applied: snapshots are ordered by it, not by arrival (contract §7.3)."""
    cancelled_at: Mapped[Utc | None]
    deleted_at: Mapped[Utc | None]


class Line(Base):
    """A line item. It keeps the variant it was first seen with: later payloads may say null (contract §1)."""

    __tablename__ = "lines"
    __table_args__ = (
        Index("ix_lines_order", "shop_id", "order_id", "position"),
        Index("ix_lines_variant", "shop_id", "variant_id", "order_id"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    line_item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[ShopifyId]
    position: Mapped[int] = mapped_column(Integer)
    variant_id: Mapped[ShopifyId | None] = mapped_column(BigInteger)
    product_id: Mapped[ShopifyId | None] = mapped_column(BigInteger)
    title: Mapped[str | None] = mapped_column(Text)
    variant_title: Mapped[str | None] = mapped_column(Text)
    sku: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    """Current quantity: what is left after edits and refunds, 0 once the order is cancelled."""
    follows: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """Whether items follow the line's quantity by themselves (contract §7.2)."""
    fulfilled_at: Mapped[Utc | None]
    removed_at: Mapped[Utc | None]
