"""The doctor: what it found in each shop, when webhooks last arrived, which workers are alive."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "shop_findings",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("check_name", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("found_at", UTC_TIME, nullable=False),
        sa.CheckConstraint(
            "level IN ('ok', 'note', 'warning', 'problem')", name=op.f("ck_shop_findings_level")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_shop_findings_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "check_name", name=op.f("pk_shop_findings")),
    )
    op.create_index("ix_shop_findings_level", "shop_findings", ["level", "check_name"])
    op.create_table(
        "webhooks_seen",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_webhooks_seen_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "topic", name=op.f("pk_webhooks_seen")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=False),
        sa.Column("seen_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    # Shops that installed an earlier version get their first check as well.
    moment = datetime.now(UTC)
    at = moment if op.get_bind().dialect.name == "postgresql" else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    op.get_bind().execute(
        sa.text(
            "INSERT INTO outbox (shop_id, kind, key, priority, due_at, queued_at)"
            " SELECT id, 'doctor', '', 5, :due, :queued FROM shops WHERE status = 'installed'"
        ).bindparams(sa.bindparam("due", type_=UTC_TIME), sa.bindparam("queued", type_=UTC_TIME)),
        {"due": at, "queued": at},
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'doctor'")
    op.drop_table("workers")
    op.drop_table("webhooks_seen")
    op.drop_table("shop_findings")
