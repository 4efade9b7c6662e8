"""What the merchant's desk keeps beside the items: who works there, what was packed, long work, words to search by."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, RowId, ShopifyId, Utc

# Ordered and compared by bytes on both databases, so that an index finds what begins with something.
_BYTES = Text().with_variant(Text(collation="C"), "postgresql")


class Staff(Base):
    """Somebody who opened the app in a shop's admin. Shopify tells nothing of them but a number."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('owner', 'editor', 'member')", name="role"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The id token's ``sub``; with ``staff:`` in front it is the actor in every history."""
    name: Mapped[str | None] = mapped_column(String(100))
    """What an owner calls them."""
    role: Mapped[str] = mapped_column(String(16))
    """Where settings are limited: owners and editors change them, owners say who may."""
    first_seen_at: Mapped[Utc]
    last_seen_at: Mapped[Utc]
    """To the day."""


class FieldValue(Base):
    """A custom field's value of an item as it is searched: folded, from one of its words to the end."""

    __tablename__ = "field_values"
    __table_args__ = (Index("ix_field_values_value", "shop_id", "value", "item_key"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    item_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """items.id."""
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """0 for the whole value, then one for each further word."""
    value: Mapped[str] = mapped_column(_BYTES)


class PackedUnit(Base):
    """A unit that was checked off at the packing table."""

    __tablename__ = "packed_units"
    __table_args__ = (Index("ix_packed_units_order", "shop_id", "order_id"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    item_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[ShopifyId]
    packed_by: Mapped[str] = mapped_column(String(255))
    packed_at: Mapped[Utc]


class Task(Base):
    """Long work of any kind (domain.tasks): what is to be done, how far it is, and what came of it."""

    __tablename__ = "tasks"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_tasks"),
        UniqueConstraint("shop_id", "public_id", name="uq_tasks_public_id"),
        Index("ix_tasks_kind", "shop_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    kind: Mapped[str] = mapped_column(String(32))
    spec: Mapped[JsonText]
    """JSON, the struct of its kind: what is to be done, and a cursor of Shopify where it goes on there."""
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Where to go on: of a walk the last key, of a file the next part."""
    tally: Mapped[JsonText] = mapped_column(Text, server_default="{}")
    """JSON object {word: count}: what came of it so far."""
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Utc]
    started_at: Mapped[Utc | None]
    """NULL while it is only a preview."""
    finished_at: Mapped[Utc | None]


class TaskPart(Base):
    """A piece of the file that a task reads or makes. Its kind says what ``content`` is.

    Of an import: the rows, and once they are entered nothing. Of a file of serials: the entries, then the verdicts
    (domain.registry.uploads). Of codes: the drawn files (domain.desk.label_bundles).
    """

    __tablename__ = "task_parts"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    task_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[JsonText]
    errors: Mapped[JsonText] = mapped_column(Text, server_default="[]")
