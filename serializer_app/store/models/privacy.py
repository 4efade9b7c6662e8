"""What the law asks for: files for customers who want to know, and proof of what was erased."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, Key, Utc


class DataRequest(Base):
    """A file the merchant hands over to a customer; encrypted, and gone when it has expired."""

    __tablename__ = "data_requests"
    __table_args__ = (
        # Shopify delivers one request several times: the first file stays.
        UniqueConstraint("shop_id", "request_key", name="uq_data_requests_request"),
        Index("ix_data_requests_expires", "expires_at"),
    )

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    request_key: Mapped[str] = mapped_column(String(80))
    """Shopify's number of the request."""
    subject_index: Mapped[str] = mapped_column(String(64))
    """Blind index of the customer, so that the file goes when the customer is erased."""
    content: Mapped[str] = mapped_column(Text)
    """The JSON file, compressed and encrypted."""
    created_at: Mapped[Utc]
    expires_at: Mapped[Utc]
    downloaded_at: Mapped[Utc | None]


class ErasedCustomer(Base):
    """A customer that a shop erased: orders made before must not bring them back. Names nobody."""

    __tablename__ = "erased_customers"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    customer_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """HMAC of the customer's ID under shops.erasure_key."""
    erased_at: Mapped[Utc]


class Erasure(Base):
    """That something was erased, when, and how much of it. Outlives the shop; says nothing about a person."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("kind IN ('customer', 'shop')", name="kind"),
        Index("ix_erasures_shop", "shop_hash", "at"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    shop_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the shop's domain: who knows the domain can ask, nobody can list them."""
    subject_hash: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash of shop and customer: with the key one can tell that a certain customer was erased."""
    counts: Mapped[JsonText]
    """JSON object {what: how many}."""
    at: Mapped[Utc]
