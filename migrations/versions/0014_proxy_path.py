"""Shops remember where their merchant has put the app proxy."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default: PostgreSQL keeps it in its catalogue and rewrites no row.
    op.add_column(
        "shops", sa.Column("proxy_path", sa.Text(), server_default="/apps/serializer", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("shops", "proxy_path")
