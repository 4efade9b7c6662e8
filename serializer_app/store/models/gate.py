"""Fulfilment orders that wait for serial numbers."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, ShopifyId, Utc

HoldState = Literal["placing", "held", "releasing", "released", "freed", "refused", "over"]


class FulfillmentHold(Base):
    """What we decided about one fulfilment order of Shopify, and how far Shopify has it.

    The row stays after the hold has ended, so that a fulfilment order that somebody let go is never held again.
    """

    __tablename__ = "fulfillment_holds"
    __table_args__ = (
        CheckConstraint(
            "state IN ('placing', 'held', 'releasing', 'released', 'freed', 'refused', 'over')", name="state"
        ),
        Index("ix_fulfillment_holds_order", "shop_id", "order_id", "fulfillment_order_id"),
        Index("ix_fulfillment_holds_state", "shop_id", "state", "fulfillment_order_id"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    fulfillment_order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[ShopifyId]
    state: Mapped[HoldState] = mapped_column(String(16))
    """See domain.gate.holds, which draws the states."""
    hold_id: Mapped[int | None] = mapped_column(BigInteger)
    """Shopify's ID of our hold; NULL until Shopify has told."""
    cause: Mapped[str | None] = mapped_column(String(16))
    """Why the hold is given up: serials, staff or settings."""
    problem: Mapped[str | None] = mapped_column(Text)
    """What Shopify said when it refused, or why the hold cannot be released at present."""
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[Utc]
    changed_at: Mapped[Utc]
