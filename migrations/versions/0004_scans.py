"""How often units are looked up, alerts about copies, and what is gone found by the number it had."""

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    gone = sa.text("serial_key IS NOT NULL AND removed_at IS NOT NULL")
    build_index(
        "ix_items_gone_serial",
        "items",
        ["shop_id", "serial_key", "id"],
        sqlite_where=gone,
        postgresql_where=gone,
    )
    op.create_table(
        "scans",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("places", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_scans_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "subject", "subject_id", "day", name="pk_scans"),
    )
    op.create_table(
        "clone_alerts",
        sa.Column("id", ROW_ID, *([sa.Identity()] if on_postgresql else []), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("raised_at", UTC_TIME, nullable=False),
        sa.Column("settled_at", UTC_TIME, nullable=True),
        sa.Column("settled_by", sa.String(length=255), nullable=True),
        sa.CheckConstraint("reason IN ('often', 'places')", name=op.f("ck_clone_alerts_reason")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_clone_alerts_shop_id"), ondelete="CASCADE"
        ),
        # As in models.items.Item: the rowid on SQLite.
        sa.PrimaryKeyConstraint(*(("shop_id", "id") if on_postgresql else ("id",)), name="pk_clone_alerts"),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_clone_alerts_open",
        "clone_alerts",
        ["shop_id", "subject", "subject_id"],
        unique=True,
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )


def downgrade() -> None:
    op.drop_table("clone_alerts")
    op.drop_table("scans")
    op.drop_index("ix_items_gone_serial", "items")
