"""Products found by their barcode, whenever a code is scanned that may be one."""

from alembic import op

from serializer_app.store.migrate import build_index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_variants_barcode", "variants", ["shop_id", "barcode", "variant_id"])


def downgrade() -> None:
    op.drop_index("ix_variants_barcode", table_name="variants")
