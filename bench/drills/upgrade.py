"""From one version to the next under load: migrate while the old one serves, then replace machine after machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import Engine, text

from bench.drills.machines import ROOT, CannotPlay, Machine, until
from bench.drills.scale_out import cluster, tell_proxy
from bench.drills.scene import Outcome
from bench.drills.sender import Sender

NEXT = '''"""What a next version might need."""
import sqlalchemy as sa
from alembic import op

from serializer_app.store.migrate import build_index

revision, down_revision, branch_labels, depends_on = "9999", "PREVIOUS", None, None


def upgrade() -> None:
    build_index("ix_items_drill", "items", ["shop_id", "created_at", "id"])
    build_index("ix_orders_drill", "orders", ["shop_id", "source_updated_at"])
    op.add_column("items", sa.Column("drill", sa.Text(), server_default="", nullable=False))
    op.add_column("shops", sa.Column("drill", sa.Boolean(), server_default=sa.false(), nullable=False))
'''
MANY = 300_000
"""Orders and items of a shop that sold for a while, so that a migration has something to do."""


def drill(outcome: Outcome, folder: Path) -> None:
    """From DRILL_FROM, a commit or tag, to this checkout; without it from this checkout to a next version of it, whose
    migration adds a column and two indexes to the largest tables.
    """
    commit = os.environ.get("DRILL_FROM", "")
    old = _checkout(commit, folder / "old") if commit else ROOT
    new = ROOT if commit else _next_version(folder / "new")
    outcome.figures["from / to"] = (
        f"{commit}, schema {_schema(old)} / this checkout, schema {_schema(new)}"
        if commit
        else f"this checkout, schema {_schema(old)} / the same with one migration more"
    )
    # Earlier versions call themselves not ready on a newer schema.
    ask = "/healthz" if commit else "/readyz"
    with cluster(folder, checkout=old, ask=ask) as (stage, machines, address):
        _fill(stage.db.writer, stage.shop_id)
        with stage.sender(address) as sender:
            time.sleep(4)
            began = time.monotonic()
            migration = [sys.executable, "-m", "serializer_app.cli", "migrate"]
            environ = {**os.environ, **stage.environ, "DATABASE_URL": stage.url, "PYTHONPATH": str(new)}
            done = subprocess.run(
                migration, cwd=new, env=environ, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr[-2000:]
            outcome.figures["migration, s"] = round(time.monotonic() - began, 1)
            outcome.figures["slowest webhook before / during it, s"] = (
                f"{_slowest(sender, 0, began)} / {_slowest(sender, began, time.monotonic())}"
            )
            time.sleep(3)
            outcome.figures["old version is ready on the new schema"] = machines[0].is_ready()
            for name, machine in zip("ab", machines, strict=True):
                _replace(folder, name, machine, new)
            over = time.monotonic()
            time.sleep(4)
            stage.settle(sender, outcome, over)
        lost = [webhook for webhook in sender.webhooks if webhook.tries and webhook.tries[0][2] != 200]
        missed = [status for _, _, status in sender.look_ups if status != 200]
        outcome.figures["requests lost"] = len(lost) + len(missed)
        if lost or missed:
            outcome.problems.append(f"{len(lost)} webhooks needed a retry, {len(missed)} look-ups failed")


def _replace(folder: Path, name: str, machine: Machine, new: Path) -> None:
    """Out of the proxy's turn, end what runs, start the new version, in again when it is ready."""
    tell_proxy(folder, f"set server web/{name} state drain")
    until(lambda: _is_idle(folder, name), 20, "the machine has answered everything")
    for role in ("web", "worker"):
        machine.stop(role)
    machine.checkout = new
    machine.start("web", "worker")
    tell_proxy(folder, f"set server web/{name} state ready")
    time.sleep(2.5)


def _is_idle(folder: Path, name: str) -> bool:
    lines = tell_proxy(folder, "show stat").splitlines()
    heads = lines[0].removeprefix("# ").split(",")
    rows = [dict(zip(heads, line.split(","), strict=False)) for line in lines[1:]]
    return any(row.get("svname") == name and row.get("scur") == "0" for row in rows)


def _slowest(sender: Sender, since: float, until: float) -> float:
    times = [took for webhook in sender.webhooks for at, took, _ in webhook.tries if since <= at < until]
    return round(max(times, default=0), 2)


def _schema(checkout: Path) -> str:
    return max(file.name[:4] for file in (checkout / "migrations" / "versions").glob("[0-9]*.py"))


def _checkout(commit: str, target: Path) -> Path:
    """The files of a commit; the requirements are those that are installed."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        raise CannotPlay(f"git archive {commit}: {packed.stderr.decode().strip()}")
    target.mkdir()
    subprocess.run(["tar", "-x", "-C", target], input=packed.stdout, check=True)
    return target


def _next_version(target: Path) -> Path:
    """A copy of this checkout with one migration more, as they are written here."""
    for name in ("serializer_app", "migrations"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "gunicorn.conf.py", target)
    (target / "migrations" / "versions" / "9999_drill.py").write_text(
        NEXT.replace("PREVIOUS", _schema(ROOT)), encoding="utf-8"
    )
    return target


def _fill(engine: Engine, shop_id: int) -> None:
    """Orders and items of former days, in columns that every version knows."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO orders (shop_id, order_id, name, ordered_at, source_updated_at) "
                "SELECT :shop, 100000000000 + n, '#' || n, now(), now() FROM generate_series(1, :many) n"
            ),
            {"shop": shop_id, "many": MANY},
        )
        connection.execute(
            text(
                "INSERT INTO items (shop_id, order_id, line_item_id, variant_id, item_id, serial_number, serial_key, "
                "custom_fields, auto_generated, created_by, created_at, updated_at) "
                "SELECT :shop, 100000000000 + n, n, 1, 'former-' || n, 'SN-' || n, 'sn-' || n, "
                "'[]', true, 'drill', now(), now() FROM generate_series(1, :many) n"
            ),
            {"shop": shop_id, "many": MANY},
        )
