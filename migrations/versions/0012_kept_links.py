"""Confirmed links lead back to their owner, transfer codes can be shown again, and one visitor raises no copy alert."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Building the index ends the transaction, so an interrupted migration finds the columns when it runs again.
        op.execute("ALTER TABLE confirmations ADD COLUMN IF NOT EXISTS registration_id BIGINT")
        op.execute("ALTER TABLE transfers ADD COLUMN IF NOT EXISTS nonce VARCHAR(16)")
    else:
        op.add_column("confirmations", sa.Column("registration_id", sa.BigInteger(), nullable=True))
        op.add_column("transfers", sa.Column("nonce", sa.String(length=16), nullable=True))
    build_index("ix_confirmations_registration", "confirmations", ["shop_id", "registration_id"])
    _settle_alerts_of_one_visitor()


def _settle_alerts_of_one_visitor() -> None:
    """An alert for many look-ups may have been raised by one address; places are what tells a copy."""
    moment = datetime.now(UTC)
    at = moment if op.get_bind().dialect.name == "postgresql" else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    statement = sa.text(
        "UPDATE clone_alerts SET settled_at = :at, settled_by = 'app' WHERE reason = 'often' AND settled_at IS NULL"
    ).bindparams(sa.bindparam("at", type_=UTC_TIME))
    op.get_bind().execute(statement, {"at": at})


def downgrade() -> None:
    op.drop_index("ix_confirmations_registration", table_name="confirmations")
    op.drop_column("transfers", "nonce")
    op.drop_column("confirmations", "registration_id")
