"""The desk: who may change settings, units packed, long work with progress, values of custom fields to search by."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JOBS = ("index-fields", "task")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column(
        "shops", sa.Column("settings_limited", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "staff",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.Column("last_seen_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("role IN ('owner', 'editor', 'member')", name=op.f("ck_staff_role")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_staff_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "user_id", name=op.f("pk_staff")),
    )
    op.create_table(
        "field_values",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("value", BYTES, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_field_values_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "item_key", "field", "place", name=op.f("pk_field_values")),
    )
    op.create_index("ix_field_values_value", "field_values", ["shop_id", "value", "item_key"])
    op.create_table(
        "packed_units",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("packed_by", sa.String(length=255), nullable=False),
        sa.Column("packed_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_packed_units_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "item_key", name=op.f("pk_packed_units")),
    )
    op.create_index("ix_packed_units_order", "packed_units", ["shop_id", "order_id"])
    op.create_table(
        "tasks",
        sa.Column("id", ROW_ID, *([sa.Identity()] if on_postgresql else []), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("tally", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=True),
        sa.Column("finished_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_tasks_shop_id"), ondelete="CASCADE"),
        # As in models.items.Item: the rowid on SQLite.
        sa.PrimaryKeyConstraint(*(("shop_id", "id") if on_postgresql else ("id",)), name="pk_tasks"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_tasks_public_id"),
    )
    op.create_index("ix_tasks_kind", "tasks", ["shop_id", "kind", "id"])
    op.create_table(
        "task_parts",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("errors", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_task_parts_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "task_id", "number", name=op.f("pk_task_parts")),
    )
    _have_values_indexed(on_postgresql)


def _have_values_indexed(on_postgresql: bool) -> None:
    """By the worker of the new version, slice by slice: a million items in this transaction would hold up orders."""
    moment = datetime.now(UTC)
    at = moment if on_postgresql else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    op.get_bind().execute(
        sa.text(
            "INSERT INTO outbox (shop_id, kind, key, priority, due_at, queued_at, attempts, version) "
            "SELECT DISTINCT shop_id, 'index-fields', '0', 5, :due, :queued, 0, 1 FROM lanes"
        ).bindparams(sa.bindparam("due", type_=UTC_TIME), sa.bindparam("queued", type_=UTC_TIME)),
        {"due": at, "queued": at},
    )


def downgrade() -> None:
    jobs = sa.text("DELETE FROM outbox WHERE kind IN :kinds")
    op.get_bind().execute(jobs.bindparams(sa.bindparam("kinds", expanding=True)), {"kinds": JOBS})
    for table in ("task_parts", "tasks", "packed_units", "field_values", "staff"):
        op.drop_table(table)
    with op.batch_alter_table("shops") as shops:
        shops.drop_column("settings_limited")
