"""What Shopify calls its locations, and how many units of a variant it counts at each."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "locations",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_locations_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "location_id", name=op.f("pk_locations")),
    )
    op.create_table(
        "shopify_stock",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("checked_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_shopify_stock_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "variant_id", "location_id", name=op.f("pk_shopify_stock")),
    )
    op.add_column("shops", sa.Column("stock_read_after", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("shops", "stock_read_after")
    op.drop_table("shopify_stock")
    op.drop_table("locations")
