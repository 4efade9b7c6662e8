"""The registry: serials, who claimed them, uploads of them, and what other systems are told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def row_key(table: str) -> sa.PrimaryKeyConstraint:
    """(shop_id, id) on PostgreSQL; the rowid on SQLite (see models.items.Item)."""
    columns = ("shop_id", "id") if on_postgresql() else ("id",)
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def identity() -> list[sa.Identity]:
    return [sa.Identity()] if on_postgresql() else []


def upgrade() -> None:
    op.add_column("shops", sa.Column("events_wanted", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "customers",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("email_index", sa.String(length=64), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_customers_shop_id"), ondelete="CASCADE"
        ),
        row_key("customers"),
    )
    op.create_index("ix_customers_customer", "customers", ["shop_id", "customer_id"], unique=False)
    op.create_index("ix_customers_phone", "customers", ["shop_id", "phone_index"], unique=False)
    op.create_index("ix_customers_email", "customers", ["shop_id", "email_index"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=19), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answer_status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("happened_at", UTC_TIME, nullable=False),
        sa.Column("attempted_at", UTC_TIME, nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'delivered', 'failed')", name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_deliveries_shop_id"), ondelete="CASCADE"
        ),
        row_key("deliveries"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_deliveries_public_id"),
    )
    op.create_index("ix_deliveries_happened", "deliveries", ["shop_id", "happened_at"], unique=False)
    op.create_index("ix_deliveries_endpoint", "deliveries", ["shop_id", "endpoint_id", "id"], unique=False)
    op.create_table(
        "endpoints",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("paused_until", UTC_TIME, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_endpoints_shop_id"), ondelete="CASCADE"
        ),
        row_key("endpoints"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_endpoints_public_id"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_idempotency_keys_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "caller", "key_hash", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires", "idempotency_keys", ["expires_at"], unique=False)
    op.create_index(
        "ix_idempotency_keys_subject",
        "idempotency_keys",
        ["shop_id", "subject"],
        unique=False,
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.create_table(
        "registrations",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("serial_id", sa.BigInteger(), nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=True),
        sa.Column("customer_key", sa.BigInteger(), nullable=True),
        sa.Column("purchase_date", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=True),
        sa.Column("order_number", sa.String(length=100), nullable=True),
        sa.Column("order_key", sa.String(length=400), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("warranty", sa.String(length=16), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("warranty_void", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("registered_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.Column("ended_at", UTC_TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'denied', 'archived')", name=op.f("ck_registrations_status")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_registrations_shop_id"), ondelete="CASCADE"
        ),
        row_key("registrations"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_registrations_public_id"),
    )
    op.create_index(
        "ix_registrations_customer", "registrations", ["shop_id", "customer_key", "id"], unique=False
    )
    op.create_index(
        "ix_registrations_open",
        "registrations",
        ["shop_id", "id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_registrations_item",
        "registrations",
        ["shop_id", "item_key", "id"],
        unique=False,
        sqlite_where=sa.text("item_key IS NOT NULL"),
        postgresql_where=sa.text("item_key IS NOT NULL"),
    )
    op.create_index("ix_registrations_order", "registrations", ["shop_id", "order_key", "id"], unique=False)
    op.create_index("ix_registrations_serial", "registrations", ["shop_id", "serial_id", "id"], unique=False)
    op.create_index("ix_registrations_status", "registrations", ["shop_id", "status", "id"], unique=False)
    op.create_index(
        "uq_registrations_item",
        "registrations",
        ["shop_id", "item_key"],
        unique=True,
        sqlite_where=sa.text("item_key IS NOT NULL AND ended_at IS NULL AND status <> 'denied'"),
        postgresql_where=sa.text("item_key IS NOT NULL AND ended_at IS NULL AND status <> 'denied'"),
    )
    op.create_index(
        "uq_registrations_serial",
        "registrations",
        ["shop_id", "serial_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND status <> 'denied'"),
        postgresql_where=sa.text("ended_at IS NULL AND status <> 'denied'"),
    )
    op.create_table(
        "serial_patterns",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("alphabet", sa.String(length=64), nullable=False),
        sa.Column("check_symbol", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_serial_patterns_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_serial_patterns")),
    )
    op.create_table(
        "serials",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=False),
        sa.Column("serial_key", sa.String(length=256), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("item_key", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("source IN ('made', 'imported', 'api', 'item')", name=op.f("ck_serials_source")),
        sa.CheckConstraint("state IN ('active', 'replaced')", name=op.f("ck_serials_state")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_serials_shop_id"), ondelete="CASCADE"
        ),
        row_key("serials"),
        sa.UniqueConstraint("shop_id", "serial_key", name="uq_serials_key"),
        sa.UniqueConstraint("shop_id", "token", name="uq_serials_token"),
    )
    op.create_index(
        "ix_serials_item",
        "serials",
        ["shop_id", "item_key"],
        unique=False,
        sqlite_where=sa.text("item_key IS NOT NULL"),
        postgresql_where=sa.text("item_key IS NOT NULL"),
    )
    op.create_index(
        "ix_serials_replaced",
        "serials",
        ["shop_id", "replaced_by"],
        unique=False,
        sqlite_where=sa.text("replaced_by IS NOT NULL"),
        postgresql_where=sa.text("replaced_by IS NOT NULL"),
    )
    op.create_index("ix_serials_variant", "serials", ["shop_id", "variant_id", "id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("registration_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_index", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_transfers_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "registration_id", name="pk_transfers"),
    )
    op.create_table(
        "upload_parts",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("upload_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_upload_parts_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "upload_id", "number", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "uploads",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("parts_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("finished_at", UTC_TIME, nullable=True),
        sa.CheckConstraint("form IN ('csv', 'jsonl')", name=op.f("ck_uploads_form")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_uploads_shop_id"), ondelete="CASCADE"
        ),
        row_key("uploads"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_uploads_public_id"),
    )


def downgrade() -> None:
    for table in (
        "customers",
        "deliveries",
        "endpoints",
        "idempotency_keys",
        "registrations",
        "serial_patterns",
        "serials",
        "transfers",
        "upload_parts",
        "uploads",
    ):
        op.drop_table(table)
    op.drop_column("shops", "events_wanted")
