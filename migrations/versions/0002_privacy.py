"""Files for customers who ask what is kept about them, and proof of what was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "data_requests",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("request_key", sa.String(length=80), nullable=False),
        sa.Column("subject_index", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.Column("downloaded_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_data_requests_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_requests")),
        sa.UniqueConstraint("shop_id", "request_key", name="uq_data_requests_request"),
    )
    op.create_index("ix_data_requests_expires", "data_requests", ["expires_at"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("shop_hash", sa.String(length=64), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.CheckConstraint("kind IN ('customer', 'shop')", name=op.f("ck_erasures_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_shop", "erasures", ["shop_hash", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_table("data_requests")
