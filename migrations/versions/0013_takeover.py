"""Values of another app under our metafield keys, and which metafield definitions are ours."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "foreign_values",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("owner", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("first_text", sa.LargeBinary(), nullable=False),
        sa.Column("latest_text", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="held", nullable=False),
        sa.Column("replaced_ours", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.Column("last_seen_at", UTC_TIME, nullable=False),
        sa.Column("changed_at", UTC_TIME, nullable=True),
        sa.Column("decided_at", UTC_TIME, nullable=True),
        sa.Column("erased_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_foreign_values_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "owner", "owner_id", "key", name=op.f("pk_foreign_values")),
    )
    op.create_index(
        "ix_foreign_values_state", "foreign_values", ["shop_id", "state", "owner", "owner_id", "key"]
    )
    op.create_table(
        "definitions",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("owner_type", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("noted_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_definitions_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "owner_type", "key", name=op.f("pk_definitions")),
    )


def downgrade() -> None:
    op.drop_table("definitions")
    op.drop_table("foreign_values")
