"""``kill -9`` while a shop moves in: every old number is found once, and the other app's metafields stand."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.devstore.demo_takeover import seed
from serializer_app.devstore.other_app import OtherApp
from serializer_app.domain.takeover import moves
from serializer_app.store.models import Item
from tests.crash.processes import House, house_on_postgresql

ORDERS = 40
KILLS = 1

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]


def done(house: House) -> int:
    """How many of the held orders and variants were gone through; -1 when all is done."""
    with house.db.read() as session:
        move = moves.newest(session, house.shop_id)
    assert move is not None
    return move.done if move.running else -1


def is_past(house: House, number: int) -> bool:
    return done(house) not in range(number + 1)


def old_items(other: OtherApp) -> list[dict[str, Any]]:
    """Everything readable that the other app wrote for orders."""
    found: list[dict[str, Any]] = []
    for (owner, _), text in other.written.items():
        if "/Order/" in owner and text.startswith('{"currentTotalTrackable"') and text.endswith("}"):
            found += json.loads(text)["items"]
    return found


def survives(house: House) -> None:
    other = OtherApp(house.store.shop())
    orders = seed(house.store.shop(), other, ORDERS)
    house.start("web")
    house.start("worker")
    house.wait_until(lambda: house.waiting() == 0, 60, "the outbox gets empty")
    with house.db.write() as session:
        moves.begin(session, house.shop_id, moves.ADOPT, actor="staff:1")
    for kill in range(KILLS):
        house.wait_until(partial(is_past, house, kill * ORDERS // 4), 90, "some orders are adopted")
        time.sleep(0.07 * kill)
        house.kill("worker")
        house.let_leases_end()
        house.start("worker")
    house.wait_until(lambda: done(house) == -1, 120, "the shop has moved in")
    house.wait_until(lambda: house.waiting() == 0, 60, "the outbox gets empty")
    wanted = sorted((item["itemId"], item["serialNumber"]) for item in old_items(other))
    with house.db.read() as session:
        items = session.execute(
            select(Item.old_id, Item.serial_number, Item.order_id).where(Item.removed_at.is_(None))
        ).all()
        move = moves.newest(session, house.shop_id)
    adopted = [(row.old_id, row.serial_number) for row in items if row.old_id is not None]
    assert sorted(adopted) == wanted
    # Nothing of the two unreadable orders could be adopted: their units wait with IDs of ours.
    assert {row.order_id for row in items if row.old_id is None} <= {order.id for order in orders[:2]}
    assert len(wanted) > ORDERS
    assert move is not None
    assert (move.counts["items"], move.counts.get("known", 0)) == (len(wanted), 0)
    assert [problem["code"] for problem in move.problems] == ["not_json", "unknown_shape"]
    assert other.untouched()
    assert "Traceback" not in house.log.read_text(errors="replace")


def test_moving_in_on_postgresql_survives_the_worker(tmp_path: Path) -> None:
    with house_on_postgresql(tmp_path) as house:
        survives(house)
