"""``kill -9`` at random moments under load: nothing acknowledged is lost, nothing is made twice, and it goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from serializer_app.devstore.server import DevStore
from tests.conftest import API_KEY, API_SECRET, EXPLORE
from tests.crash.processes import House, Load
from tests.postgres import PostgresServer, temporary_server

SECONDS = float(os.environ.get("CRASH_SECONDS", "6"))
SEED = int(os.environ.get("CRASH_SEED", "0")) or (time.time_ns() % 100_000 if EXPLORE else 1)

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]


@pytest.fixture
def store() -> Iterator[DevStore]:
    with DevStore(api_key=API_KEY, api_secret=API_SECRET) as store:
        delays: tuple[float, ...] = (1.0,) * 200
        store.webhooks.retry_delays = delays  # type: ignore[assignment]  # longer than Shopify's own row
        yield store


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return say


def everything_arrives(house: House) -> None:
    """Shopify repeats what was not acknowledged; then the worker catches up, once a killed one's lease ran out."""
    house.wait_until(lambda: not house.store.webhooks.pending(), 60, "every webhook is acknowledged")
    house.wait_until(lambda: house.waiting() == 0, 60, "the outbox gets empty")


def nothing_is_lost_or_double(house: House, load: Load) -> None:
    stored = house.items()
    assert {delivery.state for delivery in house.store.webhooks.deliveries} == {"delivered"}
    assert house.parked() == []
    for order in load.orders:
        mine = stored.get(order.id, [])
        living = [item for item in mine if item.removed_at is None]
        assert len(living) == order.lines[0].current_quantity
        assert len(mine) <= load.most[order.id], "an item was made twice"
        held = house.store.shop().metafield(order.gid)
        if held is None:
            assert not mine, "an order first seen when nothing was left of it needs no metafield"
            continue
        assert held.json_value["currentTotalTrackable"] == order.lines[0].current_quantity
        assert [item["itemId"] for item in held.json_value["items"]] == [item.item_id for item in living]
    ids = [item.item_id for mine in stored.values() for item in mine]
    assert len(set(ids)) == len(ids)
    serials = {item.item_id: item.serial_number for mine in stored.values() for item in mine}
    assert {item_id: serials[item_id] for item_id in load.serials} == load.serials
    assert "Traceback" not in house.log.read_text(errors="replace")


def play(
    house: House, names: list[str], random: Random, *, between: Callable[[], None] | None = None
) -> Load:
    """Load for a while; every now and then one of the processes is killed and started again."""
    for name in names:
        house.start(name)
    with Load(house, random.randrange(10**6)) as load:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(random.uniform(0.3, 1.5))
            victim = random.choice(names)
            house.kill(victim)
            house.start(victim)
        if between is not None:
            between()
    return load


def stops_cleanly(house: House, names: list[str]) -> None:
    """SIGTERM: the job in hand is finished, no lease is left for anybody to wait for."""
    order = house.store.shop().place_order([(house.variant, 2)])
    began = time.monotonic()
    assert {house.stop(name) for name in names} == {0}
    assert time.monotonic() - began < 30
    assert house.leases() == []
    for name in names:
        house.start(name)
    house.wait_until(lambda: house.waiting() == 0, 60, "the outbox gets empty")
    assert house.store.shop().metafield(order.gid) is not None


def test_sqlite_with_the_worker_inside_the_web_process(
    store: DevStore, tmp_path: Path, report: Callable[[str], None]
) -> None:
    house = House(f"sqlite:///{tmp_path / 'app.sqlite3'}", tmp_path, store)
    try:
        load = play(house, ["web"], Random(SEED))
        everything_arrives(house)
        nothing_is_lost_or_double(house, load)
        stops_cleanly(house, ["web"])
        report(_told("SQLite", house, load))
    finally:
        house.close()


def test_postgresql_with_a_worker_of_its_own_and_a_database_that_restarts(
    store: DevStore, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with temporary_server(fsync=True) as server:
        house = House(server.url(), tmp_path, store)
        try:
            load = play(house, ["web", "worker"], Random(SEED), between=_crash_of(server))
            everything_arrives(house)
            nothing_is_lost_or_double(house, load)
            stops_cleanly(house, ["web", "worker"])
            report(_told("PostgreSQL", house, load))
        finally:
            house.close()


def _crash_of(server: PostgresServer) -> Callable[[], None]:
    def crash() -> None:
        server.restart("fast")
        time.sleep(0.5)
        server.kill()
        server.start()

    return crash


def _told(name: str, house: House, load: Load) -> str:
    deliveries = house.store.webhooks.deliveries
    repeated = sum(len(delivery.attempts) - 1 for delivery in deliveries)
    return (
        f"{name}, seed {SEED}: {len(house.killed)} kills ({', '.join(house.killed)}), {len(load.orders)} orders, "
        f"{len(deliveries)} webhooks ({repeated} repeated), {len(load.serials)} serials acknowledged"
    )
