"""Files of serials become tasks, as all long work is (decision 42).

The tables stay for files that the previous version still takes; the worker moves those (domain.registry.uploads).
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UTC_TIME = sa.String(24).with_variant(sa.DateTime(timezone=True), "postgresql")

TASKS = """
INSERT INTO tasks (shop_id, public_id, kind, spec, total, done, position, tally, created_by, created_at, started_at,
  finished_at)
SELECT shop_id, public_id, 'serial-import', '{"form":"' || form || '","parts":' || parts || '}', entries,
  CASE WHEN finished_at IS NULL THEN 0 ELSE entries END, parts_done,
  '{"created":' || created || ',"failed":' || failed || '}', created_by, created_at, created_at, finished_at
FROM uploads ORDER BY id
"""
PARTS = """
INSERT INTO task_parts (shop_id, task_id, number, content)
SELECT part.shop_id, task.id, part.number, COALESCE(part.result, part.content)
FROM upload_parts part
JOIN uploads upload ON upload.shop_id = part.shop_id AND upload.id = part.upload_id
JOIN tasks task ON task.shop_id = upload.shop_id AND task.public_id = upload.public_id
"""
JOBS = """
INSERT INTO outbox (shop_id, kind, key, priority, due_at, queued_at, attempts, version)
SELECT shop_id, 'task', public_id, 5, :due, :queued, 0, 1 FROM uploads WHERE finished_at IS NULL
"""


def upgrade() -> None:
    connection = op.get_bind()
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        # A worker that enters a part holds its row: it finishes first, then finds nothing left to do.
        connection.execute(sa.text("LOCK TABLE uploads IN EXCLUSIVE MODE"))
    moment = datetime.now(UTC)
    at = moment if on_postgresql else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    times = (sa.bindparam("due", type_=UTC_TIME), sa.bindparam("queued", type_=UTC_TIME))
    connection.execute(sa.text(TASKS))
    connection.execute(sa.text(PARTS))
    connection.execute(sa.text(JOBS).bindparams(*times), {"due": at, "queued": at})
    connection.execute(sa.text("DELETE FROM upload_parts"))
    connection.execute(sa.text("DELETE FROM uploads"))


def downgrade() -> None:
    """The previous version cannot read the tasks. What a file has not entered yet can be sent again."""
    op.execute(
        "DELETE FROM task_parts WHERE task_id IN ("
        "SELECT id FROM tasks WHERE tasks.shop_id = task_parts.shop_id AND kind = 'serial-import')"
    )
    op.execute("DELETE FROM tasks WHERE kind = 'serial-import'")
