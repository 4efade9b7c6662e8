"""People in normal form: the shop's country, who was erased, and indexes for what customers did."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, column in (
        ("ix_history_customer", "history", "actor"),
        ("ix_serials_customer", "serials", "created_by"),
    ):
        condition = sa.text(f"substr({column}, 1, 9) = 'customer:'")
        build_index(name, table, ["shop_id", column], sqlite_where=condition, postgresql_where=condition)
    op.add_column("shops", sa.Column("country", sa.String(length=2), nullable=True))
    op.add_column("shops", sa.Column("erasure_key", sa.Text(), nullable=True))
    op.add_column("shops", sa.Column("erased_at", UTC_TIME, nullable=True))
    op.create_table(
        "erased_customers",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("customer_hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_erased_customers_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "customer_hash", name=op.f("pk_erased_customers")),
    )
    # Ended registrations keep nothing personal, whichever version ended them.
    op.execute("UPDATE registrations SET channel = NULL WHERE ended_at IS NOT NULL AND channel IS NOT NULL")
    _have_people_indexed(on_postgresql)


def _have_people_indexed(on_postgresql: bool) -> None:
    """By the worker, which has the key: a migration cannot decrypt."""
    moment = datetime.now(UTC)
    at = moment if on_postgresql else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    op.get_bind().execute(
        sa.text(
            "INSERT INTO outbox (shop_id, kind, key, priority, due_at, queued_at, attempts, version) "
            "SELECT DISTINCT shop_id, 'index-people', '0', 5, :due, :queued, 0, 1 FROM lanes"
        ).bindparams(sa.bindparam("due", type_=UTC_TIME), sa.bindparam("queued", type_=UTC_TIME)),
        {"due": at, "queued": at},
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'index-people'")
    op.drop_table("erased_customers")
    with op.batch_alter_table("shops") as shops:
        shops.drop_column("erased_at")
        shops.drop_column("erasure_key")
        shops.drop_column("country")
    op.drop_index("ix_serials_customer", table_name="serials")
    op.drop_index("ix_history_customer", table_name="history")
