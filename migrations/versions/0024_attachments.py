"""Customers send a proof of purchase with their claim, where a shop asks for one."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=19), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=19), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=True),
        sa.CheckConstraint("purpose IN ('claim', 'registration')", name=op.f("ck_attachments_purpose")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_attachments_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_attachments"),
        sa.UniqueConstraint("shop_id", "owner", name="uq_attachments_owner"),
    )
    waits, expires = sa.text("purpose = 'claim'"), sa.text("expires_at IS NOT NULL")
    op.create_index(
        "ix_attachments_waiting",
        "attachments",
        ["shop_id", "size"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index(
        "ix_attachments_expires",
        "attachments",
        ["expires_at"],
        sqlite_where=expires,
        postgresql_where=expires,
    )
    op.create_table(
        "attachment_parts",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("attachment_id", sa.String(length=19), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "attachment_id"],
            ["attachments.shop_id", "attachments.id"],
            name="fk_attachment_parts_attachment",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_attachment_parts_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "attachment_id", "number", name="pk_attachment_parts"),
    )


def downgrade() -> None:
    op.drop_table("attachment_parts")
    op.drop_table("attachments")
