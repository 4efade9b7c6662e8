"""Shops, their tokens and their API keys."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, Key, Utc


class Shop(Base):
    """A tenant. Its settings stand in its row, because nearly every request needs one of them."""

    __tablename__ = "shops"
    __table_args__ = (
        # Two first requests of one new shop race here: the second one finds the row of the first.
        UniqueConstraint("domain", name="uq_shops_domain"),
        # Two rows of one shop would each see half of its orders. NULLs do not collide.
        Index("uq_shops_shopify_id", "shopify_id", unique=True),
        CheckConstraint("status IN ('installed', 'uninstalled')", name="status"),
        CheckConstraint("storefront_access IN ('open', 'owner')", name="storefront_access"),
        CheckConstraint("on_order_edit IN ('automatic', 'manual')", name="on_order_edit"),
        CheckConstraint("warranty_start IN ('order', 'fulfillment', 'registration')", name="warranty_start"),
        CheckConstraint("on_return IN ('end', 'suspend', 'keep')", name="on_return"),
        CheckConstraint("warranty_on_resale IN ('restart', 'continue')", name="warranty_on_resale"),
    )

    id: Mapped[Key]
    domain: Mapped[str] = mapped_column(String(255))
    shopify_id: Mapped[int | None] = mapped_column(BigInteger)
    """Shopify's ID of the shop. It stays when the domain changes. NULL until Shopify has told."""
    status: Mapped[str] = mapped_column(String(16))
    installed_at: Mapped[Utc]
    """First installation: orders made before it get no items by themselves (contract §7.2)."""
    uninstalled_at: Mapped[Utc | None]
    scopes: Mapped[str] = mapped_column(Text, server_default="")
    name: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    proxy_path: Mapped[str] = mapped_column(Text, server_default="/apps/serializer")
    """Where the storefront shows the app proxy, without a locale: merchants may change prefix and subpath."""
    country: Mapped[str | None] = mapped_column(String(2))
    """ISO 3166: how telephone numbers without a country code are read. NULL until Shopify has told."""
    storefront_access: Mapped[Literal["open", "owner"]] = mapped_column(String(16), server_default="open")
    on_order_edit: Mapped[Literal["automatic", "manual"]] = mapped_column(
        String(16), server_default="automatic"
    )
    warranty_start: Mapped[Literal["order", "fulfillment", "registration"]] = mapped_column(
        String(16), server_default="order"
    )
    tracking_method: Mapped[Literal["sold", "inventory"]] = mapped_column(String(16), server_default="sold")
    """sold: sold items only. inventory: inventory and sold items (domain.shops.shops.tracks_inventory)."""
    on_return: Mapped[Literal["end", "suspend", "keep"]] = mapped_column(String(16), server_default="end")
    """What becomes of the registration when its unit is returned (domain.stock.returns)."""
    warranty_on_resale: Mapped[Literal["restart", "continue"]] = mapped_column(
        String(16), server_default="restart"
    )
    """Whether the warranty of a unit that is sold again starts anew or ends when the first one would have."""
    gate_since: Mapped[Utc | None]
    """Since when orders are held until their required serial numbers are entered; NULL: they are not (domain.gate)."""
    gate_note: Mapped[str | None] = mapped_column(Text)
    """The words on a hold, for packers; NULL: the app's own."""
    gated_until: Mapped[Utc | None]
    """Watermark: fulfilment orders that changed before this moment have been looked at."""
    returns_read_until: Mapped[Utc | None]
    """Watermark: returns of orders that changed before this moment have been read."""
    stock_read_after: Mapped[int | None] = mapped_column(BigInteger)
    """The variant behind which reading Shopify's quantities goes on; NULL: from the beginning."""
    custom_fields: Mapped[JsonText] = mapped_column(Text, server_default="[]")
    """JSON array of {"name", "key"}: the fields that staff may fill for an item."""
    settings_limited: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """Whether only the staff that an owner named may change settings (domain.desk.staff)."""
    events_wanted: Mapped[str] = mapped_column(Text, server_default="")
    """Comma-separated names of the events that some endpoint wants (webhooks_out.deliveries): mostly none."""
    erasure_key: Mapped[str | None] = mapped_column(Text)
    """Encrypted: the key of erased_customers.customer_hash. NULL until the shop erases a customer."""
    erased_at: Mapped[Utc | None]
    """When the shop last erased a customer: younger orders need no look at erased_customers."""
    reconciled_until: Mapped[Utc | None]
    """Watermark: every order updated before this moment is known to have been applied."""


class ShopToken(Base):
    """The Admin API token pair of one shop, encrypted, and the lease under which one process at a time renews it."""

    __tablename__ = "shop_tokens"
    __table_args__ = (CheckConstraint("state IN ('active', 'lost')", name="state"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    access_token: Mapped[str] = mapped_column(Text)
    """Encrypted."""
    refresh_token: Mapped[str | None] = mapped_column(Text)
    """Encrypted."""
    expires_at: Mapped[Utc | None]
    refresh_expires_at: Mapped[Utc | None]
    state: Mapped[str] = mapped_column(String(16), server_default="active")
    problem: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[Utc | None]
    lease: Mapped[str | None] = mapped_column(String(32))
    changed_at: Mapped[Utc]


class ApiKey(Base):
    """A key of one shop for /api/v1. Only its SHA-256 is kept: the key has far too many bits to be guessed back."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        Index("ix_api_keys_shop_id", "shop_id"),
    )

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100), server_default="")
    hint: Mapped[str] = mapped_column(String(16))
    """The first characters, so that a person can tell keys apart."""
    key_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Utc]
    expires_at: Mapped[Utc | None]
    revoked_at: Mapped[Utc | None]
    last_used_at: Mapped[Utc | None]
