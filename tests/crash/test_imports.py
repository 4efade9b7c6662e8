"""``kill -9`` in the middle of an import: every row is entered, and none twice.

One loop does all long work, so one kind is killed with the worker inside the web process, here, and another with a
worker of its own (test_takeover).
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from serializer_app.domain import tasks
from serializer_app.domain.imports import files
from serializer_app.domain.imports.kinds import Context
from serializer_app.domain.shops import shops
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Serial
from tests.crash.processes import House, house_on_sqlite

ROWS = 800
KILLS = 1

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]


def begin(house: House) -> str:
    lines = ["serial_number,variant_id", *(f"N-{number:05},{house.variant.id}" for number in range(ROWS))]
    with house.db.write() as session:
        context = Context(
            session, Vault(house.settings.encryption_keys), shops.by_id(session, house.shop_id), "staff:1"
        )
        judged = files.look_through(context, files.KINDS["serials"], "\n".join(lines).encode())
        assert (len(judged.entries), judged.refusals) == (ROWS, [])
        task = files.keep(context, judged)
        tasks.start(session, task)
        return task.public_id


def position(house: House, public_id: str) -> int:
    with house.db.read() as session:
        task = tasks.find(session, house.shop_id, public_id)
        return task.position if task.finished_at is None else -1


def is_past(house: House, public_id: str, slices: int) -> bool:
    return position(house, public_id) not in range(slices + 1)


def survives(house: House) -> None:
    house.start("web")
    house.wait_until(lambda: house.waiting() == 0, 60, "the outbox gets empty")
    public_id = begin(house)
    for kill in range(KILLS):
        house.wait_until(partial(is_past, house, public_id, kill), 90, "a slice is done")
        # Somewhere within the next slice, or while the job is taken.
        time.sleep(0.1 * kill)
        house.kill("web")
        house.let_leases_end()
        house.start("web")
    house.wait_until(lambda: position(house, public_id) == -1, 120, "the import is finished")
    with house.db.read() as session:
        counts = tasks.counts(tasks.find(session, house.shop_id, public_id))
        numbers = session.scalars(select(Serial.serial_number)).all()
    # A row that was entered before its process died would be "unchanged" when its slice is done again.
    assert (counts["entered"], counts["unchanged"], counts["failed"]) == (ROWS, 0, 0)
    assert sorted(numbers) == [f"N-{number:05}" for number in range(ROWS)]
    assert "Traceback" not in house.log.read_text(errors="replace")


def test_an_import_on_sqlite_survives_the_web_process(tmp_path: Path) -> None:
    with house_on_sqlite(tmp_path) as house:
        survives(house)
