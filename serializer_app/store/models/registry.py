"""The registry: codes known before any sale, who claimed them, and what other systems sent and may send again."""

from __future__ import annotations

from datetime import date
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from serializer_app.store.models.columns import Base, JsonText, RowId, ShopifyId, Utc

MADE_BY_CUSTOMER = text("substr(created_by, 1, 9) = 'customer:'")
"""Belongs into every query for serials that a customer's claim made: the condition of ix_serials_customer."""
# A denied claim frees the serial, an ended one (reset, erased) does too; an archived one still holds it.
_HOLDS_SERIAL = text("item_key IS NULL AND ended_at IS NULL AND status <> 'denied'")
_HOLDS_ITEM = text("item_key IS NOT NULL AND ended_at IS NULL AND status <> 'denied'")


class Serial(Base):
    """A code of one unit of a variant, known to the shop. Keys as in models.items.Item: (shop_id, id) on PostgreSQL."""

    __tablename__ = "serials"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_serials"),
        # Two systems that send one serial number at once race here: the second is told that it exists already.
        UniqueConstraint("shop_id", "serial_key", name="uq_serials_key"),
        # A unit's address holds this and nothing else; random, so that nobody walks from one unit to the next.
        UniqueConstraint("shop_id", "token", name="uq_serials_token"),
        CheckConstraint("source IN ('made', 'imported', 'api', 'item')", name="source"),
        CheckConstraint(
            "state IN ('in_stock', 'reserved', 'sold', 'returned', 'in_repair', 'scrapped', 'lost', 'replaced')",
            name="state",
        ),
        Index("ix_serials_variant", "shop_id", "variant_id", "id"),
        # What is in stock of a variant, the oldest first; and every unit of the shop in one state.
        Index("ix_serials_stock", "shop_id", "variant_id", "state", "id"),
        Index("ix_serials_state", "shop_id", "state", "id"),
        Index(
            "ix_serials_location",
            "shop_id",
            "location_id",
            "id",
            sqlite_where=text("location_id IS NOT NULL"),
            postgresql_where=text("location_id IS NOT NULL"),
        ),
        Index(
            "ix_serials_customer",
            "shop_id",
            "created_by",
            sqlite_where=MADE_BY_CUSTOMER,
            postgresql_where=MADE_BY_CUSTOMER,
        ),
        Index(
            "ix_serials_item",
            "shop_id",
            "item_key",
            sqlite_where=text("item_key IS NOT NULL"),
            postgresql_where=text("item_key IS NOT NULL"),
        ),
        Index(
            "ix_serials_replaced",
            "shop_id",
            "replaced_by",
            sqlite_where=text("replaced_by IS NOT NULL"),
            postgresql_where=text("replaced_by IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    serial_number: Mapped[str] = mapped_column(String(64))
    """As entered."""
    serial_key: Mapped[str] = mapped_column(String(256))
    """As compared: domain.ids.serial_keys.serial_key."""
    variant_id: Mapped[ShopifyId]
    token: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(16))
    """made (a code of ours), api or imported (somebody else's), item (an item ID that was claimed)."""
    state: Mapped[str] = mapped_column(String(16), server_default="in_stock")
    """Where the unit is in its life (domain.items.unit_states). Of an item ID: whether its sale stands."""
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    """Shopify's ID of the location where the unit is kept; NULL where the shop does not track locations."""
    note: Mapped[str | None] = mapped_column(String(500))
    """What staff or another system noted about the unit."""
    replaced_by: Mapped[int | None] = mapped_column(BigInteger)
    """The serial that took this one's place by update-serial; the way its history goes on."""
    item_key: Mapped[int | None] = mapped_column(BigInteger)
    """items.id of the latest sale: the item this serial is entered on, or whose item ID it is."""
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Utc]


class SerialPattern(Base):
    """How the codes look that a shop has made; no row means the default of domain.registry.patterns."""

    __tablename__ = "serial_patterns"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(32))
    length: Mapped[int] = mapped_column(Integer)
    alphabet: Mapped[str] = mapped_column(String(64))
    check_symbol: Mapped[bool] = mapped_column(Boolean)


class Customer(Base):
    """Who registered a unit: one row per registration, so that it goes with it. Readable with the key alone."""

    __tablename__ = "customers"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_customers"),
        Index("ix_customers_email", "shop_id", "email_index"),
        Index("ix_customers_phone", "shop_id", "phone_index"),
        Index("ix_customers_customer", "shop_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    data: Mapped[str] = mapped_column(Text)
    """Encrypted JSON object: email, firstName, lastName, phone."""
    email_index: Mapped[str | None] = mapped_column(String(64))
    """Blind index of the e-mail address in its normal form (domain.ids.contacts)."""
    phone_index: Mapped[str | None] = mapped_column(String(64))
    """Blind index of the telephone number in its normal form: some customers are known by nothing else."""
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    """Shopify's, where the customer is known there."""


class Registration(Base):
    """A customer's claim of one serial. An ended one keeps its dates for the history and nothing personal."""

    __tablename__ = "registrations"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_registrations"),
        UniqueConstraint("shop_id", "public_id", name="uq_registrations_public_id"),
        # The 1:1 promise (items.ties): of two who claim a serial without a sale at once, the database lets one in.
        Index(
            "uq_registrations_unsold",
            "shop_id",
            "serial_id",
            unique=True,
            sqlite_where=_HOLDS_SERIAL,
            postgresql_where=_HOLDS_SERIAL,
        ),
        # And of two who claim a sale: its item ID and its serial number are two names of one thing.
        Index(
            "uq_registrations_item",
            "shop_id",
            "item_key",
            unique=True,
            sqlite_where=_HOLDS_ITEM,
            postgresql_where=_HOLDS_ITEM,
        ),
        CheckConstraint("status IN ('pending', 'approved', 'denied', 'archived')", name="status"),
        Index(
            "ix_registrations_open",
            "shop_id",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_registrations_item",
            "shop_id",
            "item_key",
            "id",
            sqlite_where=text("item_key IS NOT NULL"),
            postgresql_where=text("item_key IS NOT NULL"),
        ),
        Index("ix_registrations_serial", "shop_id", "serial_id", "id"),
        Index("ix_registrations_customer", "shop_id", "customer_key", "id"),
        Index("ix_registrations_order", "shop_id", "order_key", "id"),
        Index("ix_registrations_status", "shop_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    serial_id: Mapped[int] = mapped_column(BigInteger)
    item_key: Mapped[int | None] = mapped_column(BigInteger)
    """items.id of the sale it was made for, NULL without one. It never becomes another customer's (items.ties)."""
    customer_key: Mapped[int | None] = mapped_column(BigInteger)
    """customers.id; NULL once the personal data is gone."""
    purchase_date: Mapped[date | None] = mapped_column(Date)
    channel: Mapped[str | None] = mapped_column(String(100))
    order_number: Mapped[str | None] = mapped_column(String(100))
    order_key: Mapped[str | None] = mapped_column(String(400))
    """The order number as it is compared: as a serial number is, without a leading #."""
    status: Mapped[str] = mapped_column(String(16))
    warranty: Mapped[str | None] = mapped_column(String(16))
    """The duration of this claim; NULL: that of the item of an order, or none."""
    warranty_until: Mapped[date | None] = mapped_column(Date)
    """The last day covered, set by hand."""
    warranty_void: Mapped[bool] = mapped_column(Boolean, server_default=false())
    kept: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """Whether the owner stays the owner although the unit was returned (``onReturn: keep``)."""
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    registered_at: Mapped[Utc]
    updated_at: Mapped[Utc]
    ended_at: Mapped[Utc | None]


class Transfer(Base):
    """The one-time code with which an owner lets a new one take over a registration."""

    __tablename__ = "transfers"
    __table_args__ = (
        # A registration has one open code; asking again replaces it.
        PrimaryKeyConstraint("shop_id", "registration_id", name="pk_transfers"),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    code_index: Mapped[str] = mapped_column(String(64))
    """Keyed hash: a code is short enough to be tried out on a stolen database otherwise."""
    nonce: Mapped[str | None] = mapped_column(String(16))
    """With a key of ours it gives the code, so that its owner can see it again; NULL in offers of an older version."""
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    expires_at: Mapped[Utc]


class IdempotencyKey(Base):
    """The first answer to a request that another system may send again."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        # The same request twice at once races here: the second waits for the first one's commit, and finds its answer.
        PrimaryKeyConstraint("shop_id", "caller", "key_hash", name="pk_idempotency_keys"),
        Index("ix_idempotency_keys_expires", "expires_at"),
        Index(
            "ix_idempotency_keys_subject",
            "shop_id",
            "subject",
            sqlite_where=text("subject IS NOT NULL"),
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    caller: Mapped[str] = mapped_column(String(64))
    """The API key that sent it: two systems may choose the same key."""
    key_hash: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
    """The answer, compressed and encrypted: it may hold personal data."""
    subject: Mapped[str | None] = mapped_column(String(64))
    """The registration whose customer the answer names, so that it goes when the customer's data goes."""
    expires_at: Mapped[Utc]


class OldUpload(Base):
    """A file of serials that a version before 0023 took. The worker makes a task of it; the next release drops both."""

    __tablename__ = "uploads"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_uploads"),
        UniqueConstraint("shop_id", "public_id", name="uq_uploads_public_id"),
        CheckConstraint("form IN ('csv', 'jsonl')", name="form"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    form: Mapped[Literal["csv", "jsonl"]] = mapped_column(String(8))
    parts: Mapped[int] = mapped_column(Integer)
    parts_done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    entries: Mapped[int] = mapped_column(Integer)
    created: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Utc]
    finished_at: Mapped[Utc | None]


class OldUploadPart(Base):
    """Some thousand entries of such a file."""

    __tablename__ = "upload_parts"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True)
    upload_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[JsonText]
    """JSON array of the entries as POST /serials takes them."""
    result: Mapped[str | None] = mapped_column(Text)
    """JSON Lines, one verdict for each serial."""


class Endpoint(Base):
    """An address of the merchant's systems that wants to hear of events."""

    __tablename__ = "endpoints"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_endpoints"),
        UniqueConstraint("shop_id", "public_id", name="uq_endpoints_public_id"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    """Encrypted: we sign with it, so a hash would not do."""
    events: Mapped[str] = mapped_column(Text)
    """Comma-separated names of domain.webhooks_out.endpoints.EVENTS."""
    active: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """In a row: one success makes it 0 again."""
    paused_until: Mapped[Utc | None]
    """While an endpoint is down nothing is tried on it, so that the shop's other jobs need not wait for it."""
    created_at: Mapped[Utc]
    updated_at: Mapped[Utc]


class Delivery(Base):
    """One event for one endpoint, and how telling it went. Never holds personal data."""

    __tablename__ = "deliveries"
    __table_args__ = (
        PrimaryKeyConstraint("shop_id", "id", name="pk_deliveries"),
        UniqueConstraint("shop_id", "public_id", name="uq_deliveries_public_id"),
        CheckConstraint("status IN ('waiting', 'delivered', 'failed')", name="status"),
        Index("ix_deliveries_endpoint", "shop_id", "endpoint_id", "id"),
        Index("ix_deliveries_happened", "shop_id", "happened_at"),
    )

    id: Mapped[int] = mapped_column(RowId, Identity(), autoincrement=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(19))
    endpoint_id: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[str] = mapped_column(String(19))
    """The same for every endpoint and every replay, so that a receiver can tell what it has seen."""
    data: Mapped[JsonText]
    status: Mapped[Literal["waiting", "delivered", "failed"]] = mapped_column(
        String(16), server_default="waiting"
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    answer_status: Mapped[int | None] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[Utc]
    attempted_at: Mapped[Utc | None]
