"""Returns that Shopify announces: how many units of a line are expected back, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "return_lines",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("restocked", sa.Integer(), nullable=False),
        sa.Column("not_restocked", sa.Integer(), nullable=False),
        sa.Column("processing_required", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("awaited", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("closed_at", UTC_TIME, nullable=True),
        sa.Column("checked_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_return_lines_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "return_id", "line_item_id", name=op.f("pk_return_lines")),
    )
    op.create_index(
        "ix_return_lines_order", "return_lines", ["shop_id", "order_id", "return_id", "line_item_id"]
    )
    op.create_index(
        "ix_return_lines_awaited", "return_lines", ["shop_id", "awaited", "return_id", "line_item_id"]
    )
    op.create_index(
        "ix_return_lines_checked", "return_lines", ["shop_id", "awaited", "checked_at", "order_id"]
    )
    op.add_column("shops", sa.Column("returns_read_until", UTC_TIME, nullable=True))


def downgrade() -> None:
    op.drop_column("shops", "returns_read_until")
    op.drop_table("return_lines")
