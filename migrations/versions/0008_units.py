"""A registry unit has at most one active item, and a registration belongs to the sale it was made for (items.ties).

What older versions left behind is put right and told in history; nothing is deleted.
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")
UNSOLD = "item_key IS NULL AND ended_at IS NULL AND status <> 'denied'"
HELD = "ended_at IS NULL AND status <> 'denied'"
UNIT = "unit_id IS NOT NULL"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Building indexes ends the transaction, so an interrupted migration finds the column when it runs again.
        op.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS unit_id BIGINT")
    else:
        op.add_column("items", sa.Column("unit_id", sa.BigInteger(), nullable=True))
    _index("uq_registrations_unsold", "registrations", ["shop_id", "serial_id"], UNSOLD, unique=True)
    _index("uq_items_unit", "items", ["shop_id", "unit_id"], f"{UNIT} AND removed_at IS NULL", unique=True)
    _index("ix_items_unit", "items", ["shop_id", "unit_id", "id"], UNIT)
    op.drop_index("uq_registrations_serial", table_name="registrations")
    _keep_one_unit_for_each_item()
    _record_units()
    _return_registrations()
    _report_numbers_on_several_items()


def _index(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    build_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _keep_one_unit_for_each_item() -> None:
    """Of several registry serials of one item the newest stays its unit."""
    rows = _all(
        "SELECT s.shop_id, s.id, i.item_id FROM serials s JOIN items i ON i.shop_id = s.shop_id AND i.id = s.item_key "
        "WHERE s.item_key IS NOT NULL AND s.source <> 'item' AND EXISTS (SELECT 1 FROM serials n "
        "WHERE n.shop_id = s.shop_id AND n.item_key = s.item_key AND n.source <> 'item' "
        "AND (n.state = 'active') >= (s.state = 'active') "
        "AND (n.id > s.id OR (n.state = 'active') > (s.state = 'active')))"
    )
    for shop_id, key, item_id in rows:
        _run("UPDATE serials SET item_key = NULL WHERE shop_id = :shop AND id = :key", shop=shop_id, key=key)
        _tell(shop_id, "serial", key, "taken-off", {"itemId": {"from": item_id, "to": None}})


def _record_units() -> None:
    shop_id, key = 0, 0
    while True:
        rows = _all(
            "SELECT shop_id, id, item_key FROM serials WHERE (shop_id > :shop OR (shop_id = :shop AND id > :key)) "
            "AND item_key IS NOT NULL AND source <> 'item' ORDER BY shop_id, id LIMIT 500",
            shop=shop_id,
            key=key,
        )
        if not rows:
            return
        update = sa.text("UPDATE items SET unit_id = :unit WHERE shop_id = :shop AND id = :item")
        op.get_bind().execute(update, [{"shop": row[0], "unit": row[1], "item": row[2]} for row in rows])
        shop_id, key = rows[-1][0], rows[-1][1]


def _return_registrations() -> None:
    """A registration that followed its serial onto another sale goes back to the sale it was made for."""
    moved = _all(
        "SELECT r.shop_id, r.id, r.serial_id, r.item_key, r.registered_at, i.item_id, i.customer_id, c.customer_id "
        "FROM registrations r JOIN items i ON i.shop_id = r.shop_id AND i.id = r.item_key "
        "LEFT JOIN customers c ON c.shop_id = r.shop_id AND c.id = r.customer_key "
        "WHERE r.item_key IS NOT NULL AND r.ended_at IS NULL AND r.status <> 'denied' AND EXISTS ("
        "SELECT 1 FROM history h WHERE h.shop_id = r.shop_id AND h.subject = 'serial' AND h.subject_id = r.serial_id "
        "AND h.action = 'entered' AND h.at > r.registered_at)"
    )
    for shop_id, key, serial_id, item_key, registered_at, item_id, buyer, holder in moved:
        sale = _sale_at(shop_id, serial_id, registered_at)
        if sale is None and (buyer is None or holder is None or buyer == holder):
            # Registered without a sale, by whom the order may well be.
            continue
        if (sale is not None and sale[0] == item_key) or (sale is not None and _taken(shop_id, sale[0])):
            continue
        _run(
            "UPDATE registrations SET item_key = :sale WHERE shop_id = :shop AND id = :key",
            sale=None if sale is None else sale[0],
            shop=shop_id,
            key=key,
        )
        _run(
            "UPDATE items SET registered = :no WHERE shop_id = :shop AND id = :item",
            no=False,
            shop=shop_id,
            item=item_key,
        )
        if sale is not None:
            _run(
                "UPDATE items SET registered = :yes WHERE shop_id = :shop AND id = :item",
                yes=True,
                shop=shop_id,
                item=sale[0],
            )
        changes = {"itemId": {"from": item_id, "to": None if sale is None else sale[1]}}
        _tell(shop_id, "registration", key, "returned-to-sale", changes)


def _sale_at(shop_id: int, serial_id: int, moment: Any) -> tuple[int, str] | None:
    """The item on which a serial was entered at a moment: what its history says."""
    entered = _all(
        "SELECT changes FROM history WHERE shop_id = :shop AND subject = 'serial' AND subject_id = :serial "
        "AND action IN ('entered', 'taken-off') AND at <= :moment ORDER BY id DESC LIMIT 1",
        shop=shop_id,
        serial=serial_id,
        moment=moment,
    )
    item_id = json.loads(entered[0][0]).get("itemId", {}).get("to") if entered else None
    if item_id is None:
        return None
    found = _all(
        "SELECT id, item_id FROM items WHERE shop_id = :shop AND item_id = :item", shop=shop_id, item=item_id
    )
    return (found[0][0], found[0][1]) if found else None


def _taken(shop_id: int, item_key: int) -> bool:
    return bool(
        _all(
            "SELECT 1 FROM registrations WHERE shop_id = :shop AND item_key = :item AND ended_at IS NULL "
            "AND status <> 'denied' LIMIT 1",
            shop=shop_id,
            item=item_key,
        )
    )


def _report_numbers_on_several_items() -> None:
    """Registry numbers that stand on more than one active item of their variant: the shop has to say which is right."""
    rows = _all(
        "SELECT s.shop_id, s.id, count(*) FROM serials s JOIN items i ON i.shop_id = s.shop_id "
        "AND i.serial_key = s.serial_key AND i.variant_id = s.variant_id AND i.removed_at IS NULL "
        "WHERE s.source <> 'item' GROUP BY s.shop_id, s.id HAVING count(*) > 1"
    )
    for shop_id, key, count in rows:
        _tell(shop_id, "serial", key, "on-several-items", {"items": {"to": count}})


def _all(statement: str, **values: Any) -> list[Any]:
    return list(op.get_bind().execute(sa.text(statement), values))


def _run(statement: str, **values: Any) -> None:
    op.get_bind().execute(sa.text(statement), values)


def _tell(shop_id: int, subject: str, key: int, action: str, changes: Any) -> None:
    moment = datetime.now(UTC)
    at: Any = moment if op.get_bind().dialect.name == "postgresql" else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    statement = sa.text(
        "INSERT INTO history (shop_id, subject, subject_id, at, actor, action, changes) "
        "VALUES (:shop, :subject, :key, :at, 'app', :action, :changes)"
    ).bindparams(sa.bindparam("at", type_=UTC_TIME))
    values = {"shop": shop_id, "subject": subject, "key": key, "at": at, "action": action}
    op.get_bind().execute(statement, {**values, "changes": json.dumps(changes)})


def downgrade() -> None:
    op.create_index(
        "uq_registrations_serial",
        "registrations",
        ["shop_id", "serial_id"],
        unique=True,
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )
    op.drop_index("ix_items_unit", table_name="items")
    op.drop_index("uq_items_unit", table_name="items")
    op.drop_index("uq_registrations_unsold", table_name="registrations")
    op.drop_column("items", "unit_id")
