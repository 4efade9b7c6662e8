"""Serial numbers are off, optional or required for each variant; a shop tracks sold items, or inventory as well."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Constant defaults: neither database rewrites its rows.
    op.add_column(
        "variants",
        sa.Column("serial_numbers", sa.String(length=16), server_default="optional", nullable=False),
    )
    op.add_column("variants", sa.Column("inventory_tracked", sa.Boolean(), nullable=True))
    op.add_column(
        "shops", sa.Column("tracking_method", sa.String(length=16), server_default="sold", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("shops", "tracking_method")
    op.drop_column("variants", "inventory_tracked")
    op.drop_column("variants", "serial_numbers")
