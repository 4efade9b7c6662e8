"""Orders are held in Shopify until their required serial numbers are entered, where a shop wants that."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fulfillment_holds",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("changed_at", UTC_TIME, nullable=False),
        sa.CheckConstraint(
            "state IN ('placing', 'held', 'releasing', 'released', 'freed', 'refused', 'over')",
            name=op.f("ck_fulfillment_holds_state"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_fulfillment_holds_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "fulfillment_order_id", name=op.f("pk_fulfillment_holds")),
    )
    op.create_index(
        "ix_fulfillment_holds_order", "fulfillment_holds", ["shop_id", "order_id", "fulfillment_order_id"]
    )
    op.create_index(
        "ix_fulfillment_holds_state", "fulfillment_holds", ["shop_id", "state", "fulfillment_order_id"]
    )
    op.add_column("shops", sa.Column("gate_since", UTC_TIME, nullable=True))
    op.add_column("shops", sa.Column("gate_note", sa.Text(), nullable=True))
    op.add_column("shops", sa.Column("gated_until", UTC_TIME, nullable=True))


def downgrade() -> None:
    for column in ("gated_until", "gate_note", "gate_since"):
        op.drop_column("shops", column)
    op.drop_table("fulfillment_holds")
