"""Shops, variants, orders, items, the outbox and the mirror."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
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
    op.create_table(
        "shops",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("installed_at", UTC_TIME, nullable=False),
        sa.Column("uninstalled_at", UTC_TIME, nullable=True),
        sa.Column("scopes", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("storefront_access", sa.String(length=16), server_default="open", nullable=False),
        sa.Column("on_order_edit", sa.String(length=16), server_default="automatic", nullable=False),
        sa.Column("warranty_start", sa.String(length=16), server_default="order", nullable=False),
        sa.Column("custom_fields", sa.Text(), server_default="[]", nullable=False),
        sa.Column("reconciled_until", UTC_TIME, nullable=True),
        sa.CheckConstraint("on_order_edit IN ('automatic', 'manual')", name=op.f("ck_shops_on_order_edit")),
        sa.CheckConstraint("status IN ('installed', 'uninstalled')", name=op.f("ck_shops_status")),
        sa.CheckConstraint("storefront_access IN ('open', 'owner')", name=op.f("ck_shops_storefront_access")),
        sa.CheckConstraint(
            "warranty_start IN ('order', 'fulfillment', 'registration')", name=op.f("ck_shops_warranty_start")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("domain", name="uq_shops_domain"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("hint", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=True),
        sa.Column("revoked_at", UTC_TIME, nullable=True),
        sa.Column("last_used_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_api_keys_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_shop_id", "api_keys", ["shop_id"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_history_shop_id"), ondelete="CASCADE"
        ),
        row_key("history"),
    )
    op.create_index("ix_history_subject", "history", ["shop_id", "subject", "subject_id", "id"], unique=False)
    op.create_table(
        "items",
        sa.Column("id", ROW_ID, *identity(), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("line_item_id", sa.BigInteger(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.String(length=19), nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=True),
        sa.Column("serial_key", sa.String(length=256), nullable=True),
        sa.Column("warranty", sa.String(length=16), nullable=True),
        sa.Column("custom_fields", sa.Text(), nullable=False),
        sa.Column("auto_generated", sa.Boolean(), nullable=False),
        sa.Column("own_warranty", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("filled_fields", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("registered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.Column("removed_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_items_shop_id"), ondelete="CASCADE"),
        row_key("items"),
        sa.UniqueConstraint("item_id", name="uq_items_item_id"),
    )
    op.create_index(
        "ix_items_customer",
        "items",
        ["shop_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_items_customer_variant",
        "items",
        ["shop_id", "customer_id", "variant_id", "id"],
        unique=False,
    )
    if not on_postgresql():  # there the key itself begins with the shop
        op.create_index("ix_items_shop", "items", ["shop_id", "id"], unique=False)
    op.create_index("ix_items_line", "items", ["shop_id", "line_item_id", "id"], unique=False)
    op.create_index(
        "ix_items_order",
        "items",
        ["shop_id", "order_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_items_serial",
        "items",
        ["shop_id", "serial_key", "id"],
        unique=False,
        sqlite_where=sa.text("serial_key IS NOT NULL"),
        postgresql_where=sa.text("serial_key IS NOT NULL"),
    )
    op.create_index(
        "uq_items_line_serial",
        "items",
        ["shop_id", "line_item_id", "serial_key"],
        unique=True,
        sqlite_where=sa.text("serial_key IS NOT NULL AND removed_at IS NULL"),
        postgresql_where=sa.text("serial_key IS NOT NULL AND removed_at IS NULL"),
    )
    op.create_index(
        "ix_items_variant",
        "items",
        ["shop_id", "variant_id", "id"],
        unique=False,
    )
    op.create_table(
        "lanes",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", UTC_TIME, nullable=False),
        sa.Column("paused_until", UTC_TIME, nullable=False),
        sa.Column("served_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_lanes_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_lanes")),
    )
    op.create_table(
        "lines",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("line_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("variant_title", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fulfilled_at", UTC_TIME, nullable=True),
        sa.Column("removed_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_lines_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "line_item_id", name=op.f("pk_lines")),
    )
    op.create_index("ix_lines_order", "lines", ["shop_id", "order_id", "position"], unique=False)
    op.create_index("ix_lines_variant", "lines", ["shop_id", "variant_id", "order_id"], unique=False)
    op.create_table(
        "mirrors",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.Column("written_at", UTC_TIME, nullable=False),
        sa.Column("checked_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_mirrors_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "owner", "owner_id", name=op.f("pk_mirrors")),
    )
    op.create_index("ix_mirrors_checked", "mirrors", ["shop_id", "checked_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("ordered_at", UTC_TIME, nullable=True),
        sa.Column("source_updated_at", UTC_TIME, nullable=True),
        sa.Column("cancelled_at", UTC_TIME, nullable=True),
        sa.Column("deleted_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_orders_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_created", "orders", ["shop_id", "ordered_at", "order_id"], unique=False)
    op.create_index("ix_orders_customer", "orders", ["shop_id", "customer_id", "order_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=False),
        sa.Column("queued_at", UTC_TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("parked_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_outbox_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("shop_id", "kind", "key", name="uq_outbox_shop_kind_key"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["shop_id", "priority", "due_at"],
        unique=False,
        sqlite_where=sa.text("parked_at IS NULL"),
        postgresql_where=sa.text("parked_at IS NULL"),
    )
    op.create_table(
        "shop_tokens",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("expires_at", UTC_TIME, nullable=True),
        sa.Column("refresh_expires_at", UTC_TIME, nullable=True),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("leased_until", UTC_TIME, nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("changed_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("state IN ('active', 'lost')", name=op.f("ck_shop_tokens_state")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_shop_tokens_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_tokens")),
    )
    op.create_table(
        "variants",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("variant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("experience_id", sa.String(length=32), nullable=False),
        sa.Column("trackable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("auto_generatable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("warranty", sa.String(length=16), nullable=True),
        sa.Column("custom_fields", sa.Text(), nullable=True),
        sa.Column("configured_at", UTC_TIME, nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("sku", sa.String(length=255), nullable=True),
        sa.Column("barcode", sa.String(length=255), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("product_title", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("source_updated_at", UTC_TIME, nullable=True),
        sa.Column("deleted_at", UTC_TIME, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_variants_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "variant_id", name=op.f("pk_variants")),
        sa.UniqueConstraint("shop_id", "experience_id", name="uq_variants_experience"),
    )
    op.create_index("ix_variants_product", "variants", ["shop_id", "product_id", "variant_id"], unique=False)
    op.create_index("ix_variants_sku", "variants", ["shop_id", "sku", "variant_id"], unique=False)


def downgrade() -> None:
    for table in (
        "mirrors",
        "outbox",
        "lanes",
        "history",
        "items",
        "lines",
        "orders",
        "variants",
        "api_keys",
        "shop_tokens",
        "shops",
    ):
        op.drop_table(table)
