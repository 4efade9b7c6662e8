"""Product variants: what is tracked, and what Shopify says they are."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, ShopifyId, Utc

SerialNumbers = Literal["off", "optional", "required"]
"""Whether units of a variant have serial numbers."""


class Variant(Base):
    __tablename__ = "variants"
    __table_args__ = (
        # An experience leads to exactly one variant of its shop.
        UniqueConstraint("shop_id", "experience_id", name="uq_variants_experience"),
        Index("ix_variants_sku", "shop_id", "sku", "variant_id"),
        Index("ix_variants_barcode", "shop_id", "barcode", "variant_id"),
        Index("ix_variants_product", "shop_id", "product_id", "variant_id"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    experience_id: Mapped[str] = mapped_column(String(32))
    trackable: Mapped[bool] = mapped_column(Boolean, server_default=false())
    auto_generatable: Mapped[bool] = mapped_column(Boolean, server_default=false())
    serial_numbers: Mapped[SerialNumbers] = mapped_column(String(16), server_default="optional")
    """Whether units of this variant have serial numbers: off, optional or required (domain.catalog)."""
    warranty: Mapped[str | None] = mapped_column(String(16))
    """Never set: NULL. No warranty: ``none``. Otherwise ISO 8601, as ``P24M`` (domain.ids.warranty)."""
    custom_fields: Mapped[JsonText | None] = mapped_column(Text)
    """JSON array of {"key", "trackable"}; NULL where it was never set."""
    configured_at: Mapped[Utc | None]
    """When somebody last saved the tracking settings; NULL for a variant that was only heard of."""
    product_id: Mapped[ShopifyId | None] = mapped_column(BigInteger)
    sku: Mapped[str | None] = mapped_column(String(255))
    barcode: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(Text)
    product_title: Mapped[str | None] = mapped_column(Text)
    image_url: Mapped[str | None] = mapped_column(Text)
    inventory_tracked: Mapped[bool | None] = mapped_column(Boolean)
    """Whether Shopify tracks its quantity. NULL until Shopify has told, which needs the scope read_inventory."""
    source_updated_at: Mapped[Utc | None]
    deleted_at: Mapped[Utc | None]
    created_at: Mapped[Utc]
    updated_at: Mapped[Utc]
