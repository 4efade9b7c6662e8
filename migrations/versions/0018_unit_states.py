"""A unit of the registry has a state, a location and a note; a sale may end with a return.

What older versions called ``active`` becomes what is true: ``sold`` when an active item carries the unit or somebody
has registered it, ``in_stock`` otherwise (decision 48).
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
STATES = "'in_stock', 'reserved', 'sold', 'returned', 'in_repair', 'scrapped', 'lost', 'replaced'"
OLD_STATES = "'active', 'replaced'"
CHOICES = {"on_return": "'end', 'suspend', 'keep'", "warranty_on_resale": "'restart', 'continue'"}
AT_ONCE = 2_000

SOLD = """
CASE WHEN EXISTS (
  SELECT 1 FROM items i WHERE i.shop_id = serials.shop_id AND i.id = serials.item_key AND i.removed_at IS NULL
) OR EXISTS (
  SELECT 1 FROM items i WHERE i.shop_id = serials.shop_id AND i.serial_key = serials.serial_key
  AND i.serial_key IS NOT NULL AND i.variant_id = serials.variant_id AND i.unit_id IS NULL AND i.removed_at IS NULL
  AND serials.source <> 'item'
) OR EXISTS (
  SELECT 1 FROM registrations r WHERE r.shop_id = serials.shop_id AND r.serial_id = serials.id
  AND r.item_key IS NULL AND r.ended_at IS NULL AND r.status <> 'denied'
) THEN 'sold' ELSE 'in_stock' END
"""


def upgrade() -> None:
    _add_columns()
    location = sa.text("location_id IS NOT NULL")
    _change_states()
    build_index("ix_serials_stock", "serials", ["shop_id", "variant_id", "state", "id"])
    build_index("ix_serials_state", "serials", ["shop_id", "state", "id"])
    build_index(
        "ix_serials_location",
        "serials",
        ["shop_id", "location_id", "id"],
        sqlite_where=location,
        postgresql_where=location,
    )


def _add_columns() -> None:
    """None of these rewrites a table. An interrupted migration finds the columns when it runs again."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in (
            "ALTER TABLE serials ADD COLUMN IF NOT EXISTS location_id BIGINT, "
            "ADD COLUMN IF NOT EXISTS note VARCHAR(500)",
            "ALTER TABLE items ADD COLUMN IF NOT EXISTS returned_at TIMESTAMPTZ",
            "ALTER TABLE registrations ADD COLUMN IF NOT EXISTS kept BOOLEAN NOT NULL DEFAULT false",
            "ALTER TABLE shops ADD COLUMN IF NOT EXISTS on_return VARCHAR(16) NOT NULL DEFAULT 'end', "
            "ADD COLUMN IF NOT EXISTS warranty_on_resale VARCHAR(16) NOT NULL DEFAULT 'restart'",
        ):
            op.execute(statement)
        for name, choices in CHOICES.items():
            op.execute(f"ALTER TABLE shops DROP CONSTRAINT IF EXISTS ck_shops_{name}")
            op.create_check_constraint(op.f(f"ck_shops_{name}"), "shops", f"{name} IN ({choices})")
        return
    op.add_column("items", sa.Column("returned_at", UTC_TIME, nullable=True))
    op.add_column("registrations", sa.Column("kept", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name, choices in CHOICES.items():
        default = choices.split("'")[1]
        column = f"{name} VARCHAR(16) DEFAULT '{default}' NOT NULL"
        op.execute(
            f"ALTER TABLE shops ADD COLUMN {column} CONSTRAINT ck_shops_{name} CHECK ({name} IN ({choices}))"
        )


def _change_states() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE serials DROP CONSTRAINT IF EXISTS ck_serials_state")
        op.execute("ALTER TABLE serials ALTER COLUMN state SET DEFAULT 'in_stock'")
        # In small transactions: serials are in use meanwhile.
        with op.get_context().autocommit_block():
            _say_what_is_true()
        op.execute(
            f"ALTER TABLE serials ADD CONSTRAINT ck_serials_state CHECK (state IN ({STATES})) NOT VALID"
        )
        op.execute("ALTER TABLE serials VALIDATE CONSTRAINT ck_serials_state")
        return
    _copy_on_sqlite(OLD_STATES, STATES, "active", "in_stock", SOLD)
    op.add_column("serials", sa.Column("location_id", sa.BigInteger(), nullable=True))
    op.add_column("serials", sa.Column("note", sa.String(length=500), nullable=True))


def _copy_on_sqlite(states: str, new_states: str, default: str, new_default: str, state: str) -> None:
    """Give the table of serials another constraint, which SQLite can only do by copying it.

    Not Alembic's batch mode: it would lose the other CHECK constraint of the table.
    """
    bind = op.get_bind()
    rows = bind.execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'serials' AND sql IS NOT NULL")
    ).all()
    (table,) = (sql for kind, sql in rows if kind == "table")
    columns = [row[1] for row in bind.execute(sa.text("PRAGMA table_info(serials)"))]
    table = table.replace(f"state IN ({states})", f"state IN ({new_states})")
    table = table.replace(f"DEFAULT '{default}'", f"DEFAULT '{new_default}'")
    bind.exec_driver_sql("ALTER TABLE serials RENAME TO old_serials")
    for kind, sql in rows:
        if kind == "index":
            bind.exec_driver_sql(f"DROP INDEX {sql.split()[sql.split().index('INDEX') + 1]}")
    bind.exec_driver_sql(table)
    shown = ", ".join(
        f"CASE WHEN state = 'replaced' THEN 'replaced' ELSE {state.replace('serials.', 'old_serials.')} END"
        if column == "state"
        else column
        for column in columns
    )
    names = ", ".join(columns)
    bind.exec_driver_sql(f"INSERT INTO serials ({names}) SELECT {shown} FROM old_serials")  # noqa: S608
    bind.exec_driver_sql("DROP TABLE old_serials")
    for kind, sql in rows:
        if kind == "index":
            bind.exec_driver_sql(sql)


def _say_what_is_true() -> None:
    place: Any = (0, 0)
    following = sa.text(
        "SELECT shop_id, id FROM serials WHERE (shop_id > :shop OR (shop_id = :shop AND id > :key)) "
        "AND state = 'active' ORDER BY shop_id, id LIMIT 1 OFFSET :many"
    )
    everything = f"UPDATE serials SET state = {SOLD} WHERE state = 'active'"  # noqa: S608
    rest = sa.text(everything)
    change = sa.text(f"{everything} AND shop_id = :shop AND id > :key AND id <= :end")
    bind = op.get_bind()
    while True:
        end = bind.execute(following, {"shop": place[0], "key": place[1], "many": AT_ONCE}).first()
        if end is None:
            bind.execute(rest)
            return
        if end[0] == place[0]:
            bind.execute(change, {"shop": place[0], "key": place[1], "end": end[1]})
            place = (end[0], end[1])
        else:
            bind.execute(change, {"shop": place[0], "key": place[1], "end": 2**62})
            place = (end[0], 0)


def downgrade() -> None:
    for index in ("ix_serials_location", "ix_serials_state", "ix_serials_stock"):
        op.drop_index(index, table_name="serials")
    op.drop_column("serials", "note")
    op.drop_column("serials", "location_id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE serials DROP CONSTRAINT ck_serials_state")
        op.execute("UPDATE serials SET state = 'active' WHERE state <> 'replaced'")
        op.execute("ALTER TABLE serials ALTER COLUMN state SET DEFAULT 'active'")
        op.execute(f"ALTER TABLE serials ADD CONSTRAINT ck_serials_state CHECK (state IN ({OLD_STATES}))")
    else:
        _copy_on_sqlite(STATES, OLD_STATES, "in_stock", "active", "'active'")
    for name in CHOICES:
        op.drop_column("shops", name)
    op.drop_column("registrations", "kept")
    op.drop_column("items", "returned_at")
