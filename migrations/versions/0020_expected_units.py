"""Staff load the serial numbers of a delivery before it arrives, and see what is missing and what was not announced."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "expected_units",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("serial_key", sa.String(length=256), nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_expected_units_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "serial_key", name=op.f("pk_expected_units")),
    )
    op.create_index("ix_expected_units_variant", "expected_units", ["shop_id", "variant_id", "serial_key"])


def downgrade() -> None:
    op.drop_table("expected_units")
