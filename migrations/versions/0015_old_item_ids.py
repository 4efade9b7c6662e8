"""Item IDs that another app gave: shown instead of our own, and unique in their shop."""

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ADOPTED = sa.text("old_key IS NOT NULL")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Building the index ends the transaction, so an interrupted migration finds the columns when it runs again.
        op.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS old_id VARCHAR(64)")
        op.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS old_key VARCHAR(255)")
    else:
        op.add_column("items", sa.Column("old_id", sa.String(length=64), nullable=True))
        op.add_column("items", sa.Column("old_key", sa.String(length=255), nullable=True))
    build_index(
        "uq_items_old_key",
        "items",
        ["shop_id", "old_key"],
        unique=True,
        sqlite_where=ADOPTED,
        postgresql_where=ADOPTED,
    )


def downgrade() -> None:
    op.drop_index("uq_items_old_key", table_name="items")
    op.drop_column("items", "old_key")
    op.drop_column("items", "old_id")
