"""Items, the units that were sold, and the history of everything that happened to them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, RowId, ShopifyId, Utc

_SERIAL = text("serial_key IS NOT NULL")
BY_CUSTOMER = text("substr(actor, 1, 9) = 'customer:'")
"""Belongs into every query for what customers did: it is the condition of ix_history_customer."""
_LIVE_SERIAL = text("serial_key IS NOT NULL AND removed_at IS NULL")
_UNIT = text("unit_id IS NOT NULL")
_ADOPTED = text("old_key IS NOT NULL")
_LIVE_UNIT = text("unit_id IS NOT NULL AND removed_at IS NULL")


class Item(Base):
    """One physical unit.

    The key is (shop_id, id) on PostgreSQL with no index on id alone: with one, the planner walks it past a million
    rows of other shops to find a page (performance.md, Growth). SQLite keeps its rowid key, which it never misuses
    that way because every reading index ends with it. The migration makes the difference.
    """

    __tablename__ = "items"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_items"),
        # Item IDs are unique across all shops because this says so, not because chance is kind.
        UniqueConstraint("item_id", name="uq_items_item_id"),
        # Two people entering one serial number on two units of a line race here (contract §1: unique per line item).
        Index(
            "uq_items_line_serial",
            "shop_id",
            "line_item_id",
            "serial_key",
            unique=True,
            sqlite_where=_LIVE_SERIAL,
            postgresql_where=_LIVE_SERIAL,
        ),
        # A registry unit is sold to one customer at a time. Two who enter it on two items race here (items.ties).
        Index(
            "uq_items_unit",
            "shop_id",
            "unit_id",
            unique=True,
            sqlite_where=_LIVE_UNIT,
            postgresql_where=_LIVE_UNIT,
        ),
        Index("ix_items_unit", "shop_id", "unit_id", "id", sqlite_where=_UNIT, postgresql_where=_UNIT),
        # An item ID that another app gave names one item of its shop. Other shops may bring the same one.
        Index(
            "uq_items_old_key",
            "shop_id",
            "old_key",
            unique=True,
            sqlite_where=_ADOPTED,
            postgresql_where=_ADOPTED,
        ),
        # Reading indexes are whole, although most paths want living items: of a partial one PostgreSQL thinks, until
        # it has statistics, that it is as good as empty, and walks whichever it met first (15,705 pages for 101 rows).
        Index("ix_items_shop", "shop_id", "id").ddl_if(dialect="sqlite"),
        Index("ix_items_line", "shop_id", "line_item_id", "id"),
        Index("ix_items_order", "shop_id", "order_id", "id"),
        Index("ix_items_variant", "shop_id", "variant_id", "id"),
        Index("ix_items_customer", "shop_id", "customer_id", "id"),
        Index("ix_items_customer_variant", "shop_id", "customer_id", "variant_id", "id"),
        Index(
            "ix_items_serial",
            "shop_id",
            "serial_key",
            "id",
            sqlite_where=_SERIAL,
            postgresql_where=_SERIAL,
        ),
        # PostgreSQL has ix_items_serial_beginning beside it (migration 0006): its texts need not be ordered by bytes.
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    order_id: Mapped[ShopifyId]
    line_item_id: Mapped[ShopifyId]
    variant_id: Mapped[ShopifyId]
    customer_id: Mapped[ShopifyId | None] = mapped_column(BigInteger)
    own_id: Mapped[str] = mapped_column("item_id", String(19))
    """The item ID that this app generated, as shown: ``XXXX-XXXX-XXXX-XXXX``. It finds the item, whatever is shown."""
    old_id: Mapped[str | None] = mapped_column(String(64))
    """The item ID that another app gave the unit. It is shown instead of ``own_id`` (decision 8)."""
    old_key: Mapped[str | None] = mapped_column(String(255))
    """``old_id`` as it is compared (domain.ids.item_ids.old_id_key)."""
    serial_number: Mapped[str | None] = mapped_column(String(64))
    serial_key: Mapped[str | None] = mapped_column(String(256))
    """The serial number as it is compared: NFC, trimmed, case-folded (which may lengthen it)."""
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    """serials.id of the registry unit that this item is a sale of; a removed item keeps it as history."""
    warranty: Mapped[str | None] = mapped_column(String(16))
    custom_fields: Mapped[JsonText] = mapped_column(Text)
    """The wire form itself, a JSON array of {"key", "value"}: the storefront passes it on without parsing."""
    auto_generated: Mapped[bool] = mapped_column(Boolean)
    own_warranty: Mapped[bool] = mapped_column(Boolean, server_default=false())
    filled_fields: Mapped[bool] = mapped_column(Boolean, server_default=false())
    registered: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """With serial_key, these three tell a blank item from a filled one (contract §1)."""
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    """Goes up with every change, so that two people who edit one item find out."""
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Utc]
    updated_at: Mapped[Utc]
    removed_at: Mapped[Utc | None]
    returned_at: Mapped[Utc | None]
    """When the unit came back from the customer. Such an item is removed as well, and only a person restores it."""

    @hybrid_property
    def item_id(self) -> str:
        """The public item ID: the old one of an adopted unit, else our own. Look-ups use ``own_id`` and ``old_key``."""
        return self.own_id if self.old_id is None else self.old_id

    @item_id.inplace.setter
    def _set_item_id(self, value: str) -> None:
        self.own_id = value

    @item_id.inplace.expression
    @classmethod
    def _public_id(cls) -> ColumnElement[str]:
        return func.coalesce(cls.old_id, cls.own_id)


PUBLIC_ID: ColumnElement[str] = func.coalesce(Item.__table__.c.old_id, Item.__table__.c.item_id).label(
    "item_id"
)
"""``Item.item_id`` for statements over the bare table."""


class HistoryEntry(Base):
    """One change: when, who, from what, to what. Of personal data only the names of the fields (contract §7.5)."""

    __tablename__ = "history"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_history"),
        Index("ix_history_subject", "shop_id", "subject", "subject_id", "id"),
        Index(
            "ix_history_customer",
            "shop_id",
            "actor",
            sqlite_where=BY_CUSTOMER,
            postgresql_where=BY_CUSTOMER,
        ),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(16))
    """item, serial, registration, order or shop."""
    subject_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Utc]
    actor: Mapped[str] = mapped_column(String(255))
    """webhook:orders/create, staff:<sub>, api-key:<id>, customer:<id>, app."""
    action: Mapped[str] = mapped_column(String(32))
    changes: Mapped[JsonText]
    """JSON object {field: {"from": …, "to": …}}."""
