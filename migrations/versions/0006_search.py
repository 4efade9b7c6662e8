"""Orders found by their name, and serial numbers by their beginning: what staff type into the desk's search."""

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_orders_name", "orders", ["shop_id", "name"])
    # PostgreSQL orders texts as the database's language does; the beginning of one is found by bytes, as on SQLite.
    if op.get_bind().dialect.name == "postgresql":
        build_index(
            "ix_items_serial_beginning",
            "items",
            ["shop_id", "serial_key"],
            postgresql_where=sa.text("serial_key IS NOT NULL AND removed_at IS NULL"),
            postgresql_ops={"serial_key": "text_pattern_ops"},
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_items_serial_beginning", table_name="items")
    op.drop_index("ix_orders_name", table_name="orders")
