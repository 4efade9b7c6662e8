"""Shops are known by Shopify's own ID as well, which stays when a merchant changes the myshopify.com name."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shops", sa.Column("shopify_id", sa.BigInteger(), nullable=True))
    # One row per shop: the index of so small a table is built at once.
    op.create_index("uq_shops_shopify_id", "shops", ["shopify_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_shops_shopify_id", "shops")
    op.drop_column("shops", "shopify_id")
