"""Rules for claims, the merchant's mail server, claims that wait for a confirmed e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "claim_rules",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("approval", sa.String(length=16), nullable=False),
        sa.Column("typed", sa.String(length=16), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "approval IN ('never', 'strangers', 'always')", name=op.f("ck_claim_rules_approval")
        ),
        sa.CheckConstraint("typed IN ('refused', 'approval')", name=op.f("ck_claim_rules_typed")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_claim_rules_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_claim_rules")),
    )
    op.create_table(
        "mail_settings",
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=16), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.CheckConstraint("security IN ('tls', 'starttls', 'none')", name=op.f("ck_mail_settings_security")),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_mail_settings_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_mail_settings")),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", ROW_ID, *([sa.Identity()] if on_postgresql else []), nullable=False),
        sa.Column("shop_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=19), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("email_index", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_confirmations_shop_id"), ondelete="CASCADE"
        ),
        # As in models.items.Item: the rowid on SQLite.
        sa.PrimaryKeyConstraint(*(("shop_id", "id") if on_postgresql else ("id",)), name="pk_confirmations"),
        sa.UniqueConstraint("shop_id", "public_id", name="uq_confirmations_public_id"),
    )
    op.create_index(
        "ix_confirmations_email", "confirmations", ["shop_id", "email_index", "created_at"], unique=False
    )
    op.create_index(
        "ix_confirmations_unit",
        "confirmations",
        ["shop_id", "subject", "subject_id", "created_at"],
        unique=False,
    )
    op.create_index("ix_confirmations_expires", "confirmations", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("confirmations")
    op.drop_table("mail_settings")
    op.drop_table("claim_rules")
