"""The outbox: one row per thing, one worker per shop, nothing lost between a version and the next."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Lane, OutboxRow


@pytest.fixture
def shop_id(db: Database) -> int:
    return new_shop(db, "one.myshopify.com")


def new_shop(db: Database, domain: str) -> int:
    with db.write() as session:
        shop = shops.install(session, domain, [])
        session.execute(OutboxRow.__table__.delete().where(OutboxRow.shop_id == shop.id))  # type: ignore[attr-defined]
        return shop.id


def take(db: Database, lease_seconds: float = 60) -> outbox.Taken | None:
    with db.write() as session:
        return outbox.take(session, lease_seconds=lease_seconds)


def put(db: Database, shop_id: int, *keys: int, kind: str = "mirror-order", delay: float = 0) -> None:
    with db.write() as session:
        outbox.put(session, shop_id, JobKind(kind), keys, delay=delay)


def rows(session: Session) -> list[OutboxRow]:
    return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_ten_changes_of_one_order_are_one_row(db: Database, shop_id: int) -> None:
    for _ in range(10):
        put(db, shop_id, 7)
    taken = take(db)
    assert taken is not None
    assert [(job.key, job.version) for job in taken.jobs] == [("7", 10)]


def test_done_leaves_what_was_put_again_meanwhile(db: Database, shop_id: int) -> None:
    put(db, shop_id, 7, 8)
    taken = take(db)
    assert taken is not None
    put(db, shop_id, 7)
    with db.write() as session:
        outbox.done(session, taken.jobs)
        outbox.leave(session, taken)
    again = take(db)
    assert again is not None
    assert [job.key for job in again.jobs] == ["7"]


def test_one_batch_of_a_shop_is_in_flight_and_other_shops_go_on(db: Database, shop_id: int) -> None:
    other = new_shop(db, "two.myshopify.com")
    put(db, shop_id, 1)
    put(db, other, 2)
    first, second, third = take(db), take(db), take(db)
    assert first is not None
    assert second is not None
    assert {first.shop_id, second.shop_id} == {shop_id, other}
    assert third is None


def test_a_lease_that_ran_out_lets_the_next_worker_in_and_keeps_the_late_one_out(
    db: Database, shop_id: int
) -> None:
    put(db, shop_id, 1)
    dead = take(db, lease_seconds=-1)
    alive = take(db)
    assert dead is not None
    assert alive is not None
    assert alive.lease != dead.lease
    with db.write() as session:
        assert not outbox.renew(session, dead, lease_seconds=60)
        outbox.leave(session, dead)
        assert outbox.renew(session, alive, lease_seconds=60)
    assert take(db) is None


def test_many_workers_at_once_take_every_job_exactly_once(db: Database) -> None:
    ids = [new_shop(db, f"shop-{number}.myshopify.com") for number in range(12)]
    for number, shop in enumerate(ids):
        put(db, shop, *range(number * 100, number * 100 + 10))
    done: list[tuple[int, str]] = []
    lock = threading.Lock()

    def work() -> None:
        while (taken := take(db)) is not None:
            with lock:
                done.extend((job.shop_id, job.key) for job in taken.jobs)
            with db.write() as session:
                outbox.done(session, taken.jobs)
                outbox.leave(session, taken)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while (taken := take(db)) is not None:  # a worker may have stopped while others still held lanes
        done.extend((job.shop_id, job.key) for job in taken.jobs)
        with db.write() as session:
            outbox.done(session, taken.jobs)
            outbox.leave(session, taken)
    assert len(done) == len(set(done)) == 120


def test_a_failing_row_waits_a_second_then_twice_as_long_and_never_more_than_an_hour(
    db: Database, shop_id: int
) -> None:
    put(db, shop_id, 1)
    for attempt in range(15):
        began = now()
        with db.write() as session:
            row = rows(session)[0]
            row.attempts = attempt
            session.flush()
            job = outbox.Job(row.id, shop_id, JobKind(row.kind), row.key, row.version, attempt, row.queued_at)
            outbox.retry(session, [job], "Shopify is down")
            session.expire_all()
            due_at, took = rows(session)[0].due_at, now() - began
        wait = min(2**attempt, 3600)
        # Stored to the millisecond.
        assert timedelta(seconds=wait - 0.001) <= due_at - began <= timedelta(seconds=wait) + took


def test_a_change_does_not_cut_a_back_off_short_but_wakes_what_was_parked(db: Database, shop_id: int) -> None:
    put(db, shop_id, 1, 2)
    taken = take(db)
    assert taken is not None
    with db.write() as session:
        outbox.retry(session, [taken.jobs[0]], "down", at_least=600)
        outbox.park(session, [taken.jobs[1]], "refused")
        outbox.leave(session, taken)
    put(db, shop_id, 1, 2)
    again = take(db)
    assert again is not None
    assert [job.key for job in again.jobs] == ["2"]


def test_a_parked_row_is_counted_and_released_by_a_person(db: Database, shop_id: int) -> None:
    put(db, shop_id, 1)
    taken = take(db)
    assert taken is not None
    with db.write() as session:
        outbox.park(session, taken.jobs, "refused for good")
        outbox.leave(session, taken)
        assert outbox.waiting(session, shop_id) == (0, 1)
        state = outbox.state(session, shop_id, JobKind.MIRROR_ORDER, 1)
        assert state is not None
        assert state.problem == "refused for good"
    assert take(db) is None
    with db.write() as session:
        assert outbox.release(session, shop_id) == 1
    assert take(db) is not None


def test_what_people_wait_for_goes_before_what_catches_up(db: Database, shop_id: int) -> None:
    put(db, shop_id, 1, kind="resync")
    put(db, shop_id, 2, kind="mirror-order")
    taken = take(db)
    assert taken is not None
    assert {job.kind for job in taken.jobs} == {"mirror-order"}


def test_a_paused_lane_rests(db: Database, shop_id: int) -> None:
    put(db, shop_id, 1)
    taken = take(db)
    assert taken is not None
    with db.write() as session:
        outbox.leave(session, taken, pause=60)
    assert take(db) is None
    with db.write() as session:
        session.execute(update(Lane).values(paused_until=now() - timedelta(seconds=1)))
    assert take(db) is not None


def test_a_row_put_in_a_transaction_that_fails_was_never_put(db: Database, shop_id: int) -> None:
    def fail() -> None:
        with db.write() as session:
            outbox.put(session, shop_id, JobKind.MIRROR_ORDER, [1])
            raise RuntimeError("the truth was not changed after all")

    with pytest.raises(RuntimeError):
        fail()
    assert take(db) is None
