"""One bad member of a batch or page never holds up its neighbours: it fails alone, shows why, and is retried alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.devstore.orders import Order
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import home, variant_changes
from serializer_app.domain.orders import backfills
from serializer_app.domain.registry import serials, uploads
from serializer_app.errors import AppError
from serializer_app.shopify.transport import TransientFailure
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Lane, OutboxRow, Variant
from serializer_app.store.outbox import Job
from serializer_app.sync import expiry
from serializer_app.sync.work import Verdict, Work, one_by_one
from serializer_app.sync.worker import Worker
from tests.sync.test_backfill import api, old_orders
from tests.town import Town

pytestmark = pytest.mark.one_database

ODD = [
    pytest.param("currentQuantity", "two", id="no number"),
    pytest.param("currentQuantity", 10**40, id="larger than any column"),
    pytest.param("title", ["a", {"title": "b"}], id="a title that is no text"),
    pytest.param("variant", "gid", id="no object"),
]


def distort(town: Town, order: Order, field: str, value: Any) -> None:
    town.store.faults.distort(order.lines[0].gid, field, value)


def run(town: Town, rounds: int = 4) -> None:
    """Do what is due, again and again as if the waits in between had passed."""
    for _ in range(rounds):
        while town.worker.step():
            pass
        with town.db.write() as session:
            town.hurry(session)


def put(town: Town, kind: str, *keys: str | int) -> None:
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind(kind), keys)


def waiting(town: Town, *kinds: str) -> dict[tuple[str, str], tuple[int, str | None]]:
    """What the outbox still holds of ``kinds``: (kind, key) → (attempts, problem)."""
    with town.db.read() as session:
        rows = session.execute(
            select(OutboxRow.kind, OutboxRow.key, OutboxRow.attempts, OutboxRow.problem).where(
                OutboxRow.kind.in_(kinds)
            )
        )
        return {(row.kind, row.key): (row.attempts, row.problem) for row in rows}


def unheard_orders(town: Town, count: int) -> list[Order]:
    """Orders that were placed after the installation, and that no webhook told of."""
    variant = town.track()
    town.settle()
    town.store.advance(2)
    return [town.shop.place_order([(variant, 2)], announce=False) for _ in range(count)]


@pytest.mark.parametrize(("field", "value"), ODD)
def test_an_order_that_cannot_be_read_or_stored_leaves_the_others_of_its_batch_their_items(
    town: Town, field: str, value: Any
) -> None:
    orders = unheard_orders(town, 9)
    distort(town, orders[3], field, value)
    put(town, "fetch-order", *(order.id for order in orders))
    run(town, 1)
    assert [len(town.items(order)) for order in orders] == [2, 2, 2, 0, 2, 2, 2, 2, 2]
    ((_, key), (attempts, problem)), *others = waiting(town, "fetch-order").items()
    assert (key, others) == (str(orders[3].id), [])
    assert attempts >= 1
    assert problem
    with town.db.read() as session:
        assert [(row.kind, row.key) for row in home.troubles(session, town.shop_id)] == [("fetch-order", key)]
    town.store.faults.clear()
    run(town)
    assert len(town.items(orders[3])) == 2
    assert waiting(town, "fetch-order") == {}


@pytest.mark.parametrize(("field", "value"), ODD[1:3])
def test_an_order_that_cannot_be_read_does_not_stop_the_hourly_walk(
    town: Town, field: str, value: Any
) -> None:
    orders = unheard_orders(town, 7)
    distort(town, orders[1], field, value)
    put(town, "reconcile", "")
    run(town)
    assert town.row().reconciled_until is not None, "the watermark moved"
    assert [len(town.items(order)) for order in orders] == [2, 0, 2, 2, 2, 2, 2]
    assert list(waiting(town, "fetch-order")) == [("fetch-order", str(orders[1].id))]
    town.store.faults.clear()
    run(town)
    assert len(town.items(orders[1])) == 2


def test_an_order_on_which_shopify_itself_fails_does_not_stop_the_hourly_walk(town: Town) -> None:
    orders = unheard_orders(town, 7)
    town.store.faults.poison(orders[2].gid)
    put(town, "reconcile", "")
    for _ in range(4):
        run(town, 1)
        with town.db.write() as session:
            # The hourly jobs are left alone by ``hurry``: let the back-off of this one pass.
            for row in session.query(OutboxRow).filter(OutboxRow.kind == "reconcile", OutboxRow.attempts > 0):
                row.due_at = row.queued_at
    assert town.row().reconciled_until is not None
    assert [len(town.items(order)) for order in orders] == [2, 2, 0, 2, 2, 2, 2]
    ((attempts, problem),) = waiting(town, "fetch-order").values()
    assert attempts >= 1
    assert problem is not None
    assert "Shopify failed inside" in problem


@pytest.mark.parametrize(("field", "value"), ODD)
def test_a_request_for_an_order_that_cannot_be_read_says_so(town: Town, field: str, value: Any) -> None:
    (order,) = unheard_orders(town, 1)
    distort(town, order, field, value)
    status, body = api(town, f"/api/v1/orders/{order.id}/items")
    assert (status, body["error"]["code"]) == (502, "order_unreadable")
    assert str(order.id) in body["error"]["message"]
    town.store.faults.clear()
    assert api(town, f"/api/v1/orders/{order.id}/items")[0] == 200
    assert len(town.items(order)) == 2


@pytest.mark.parametrize(("field", "value"), ODD[:3])
def test_a_backfill_goes_on_past_an_order_that_cannot_be_read(town: Town, field: str, value: Any) -> None:
    orders = old_orders(town, town.track(), 7)
    town.settle()
    distort(town, orders[4], field, value)
    with town.db.write() as session:
        backfills.start(session, town.shop_id)
    run(town)
    with town.db.read() as session:
        progress = backfills.progress(session, town.shop_id)
    assert progress is not None
    assert (progress.running, progress.orders, progress.items) == (False, 7, 12)
    assert list(waiting(town, "backfill-order")) == [("backfill-order", str(orders[4].id))]
    town.store.faults.clear()
    run(town)
    assert [len(town.items(order)) for order in orders] == [2] * 7


@pytest.mark.parametrize("job", ["sync-catalog", "reconcile", "sync-product"])
@pytest.mark.parametrize(("field", "value"), [("updatedAt", "soon"), ("product", "gid")])
def test_a_variant_that_cannot_be_read_leaves_the_others_their_facts(
    town: Town, job: str, field: str, value: Any
) -> None:
    town.settle()
    town.store.advance(2)
    town.store.faults.drop_webhooks(1)
    product = town.shop.add_product("Lamp", variants=[(name, name) for name in "ABC"])
    odd = product.variants[1]
    town.store.faults.distort(odd.gid, field, value)
    put(town, job, str(product.id) if job == "sync-product" else "")
    run(town)
    with town.db.read() as session:
        known = session.scalars(select(Variant.sku).where(Variant.product_id == product.id)).all()
    assert sorted(filter(None, known)) == ["A", "C"]
    assert ("sync-variant", str(odd.id)) in waiting(town, "sync-variant", "sync-product", "sync-catalog")
    if job == "reconcile":
        assert town.row().reconciled_until is not None
    town.store.faults.clear()
    run(town)
    with town.db.read() as session:
        row = session.get_one(Variant, (town.shop_id, odd.id))
        assert (row.sku, row.deleted_at) == ("B", None)
    assert waiting(town, "sync-variant", "sync-product", "sync-catalog") == {}


# --- the mechanism itself -----------------------------------------------------------------------------------------


class Fault(Exception):
    """What nobody expected."""


def worker(town: Town, handler: Any) -> Worker:
    return Worker(town.settings, town.db, town.worker.vault, {JobKind.INDEX_FIELDS: handler})


def rounds(town: Town, one: Worker, count: int) -> None:
    for _ in range(count):
        while one.step():
            pass
        with town.db.write() as session:
            town.hurry(session)


@pytest.mark.parametrize("raised", [Fault(), AppError("refused", "No"), TransientFailure("network", "Away")])
def test_a_job_that_is_done_is_not_done_again_because_another_one_of_its_batch_failed(
    town: Town, raised: Exception
) -> None:
    sent: Counter[str] = Counter()

    @one_by_one()
    def send(work: Work, job: Job) -> Verdict:
        if job.key == "4":
            raise raised
        sent[job.key] += 1
        return Verdict(done=[job])

    put(town, "index-fields", *range(9))
    rounds(town, worker(town, send), 7)
    assert sent == Counter(str(number) for number in range(9) if number != 4)
    (((_, key), (attempts, problem)),) = waiting(town, "index-fields").items()
    assert (key, problem is not None, attempts >= 1) == ("4", True, True)


def test_what_was_done_is_recorded_before_the_worker_dies_in_the_middle_of_a_batch(town: Town) -> None:
    class Killed(BaseException):
        """As a signal ends a process."""

    sent: Counter[str] = Counter()

    @one_by_one()
    def send(work: Work, job: Job) -> Verdict:
        sent[job.key] += 1
        if len(sent) == 4 and sent[job.key] == 1:
            raise Killed
        return Verdict(done=[job])

    put(town, "index-fields", *range(7))
    one = worker(town, send)
    with pytest.raises(Killed):
        one.step()
    with town.db.write() as session:
        for lane in session.query(Lane):
            lane.leased_until = lane.served_at
    rounds(town, one, 2)
    assert sorted(sent.values()) == [1, 1, 1, 1, 1, 1, 2], "only the one in hand was sent twice"


@pytest.mark.parametrize(("raised", "parked"), [(Fault(), 0), (AppError("refused", "No"), 1)])
def test_a_batch_that_raises_is_done_again_job_by_job(town: Town, raised: Exception, parked: int) -> None:
    together: list[int] = []

    def write(work: Work, jobs: Sequence[Job]) -> Verdict:
        together.append(len(jobs))
        if any(job.key == "4" for job in jobs):
            raise raised
        return Verdict(done=list(jobs))

    put(town, "index-fields", *range(9))
    rounds(town, worker(town, write), 1)
    assert together[:10] == [9] + [1] * 9
    assert list(waiting(town, "index-fields")) == [("index-fields", "4")]
    with town.db.read() as session:
        assert outbox.waiting(session, town.shop_id)[1] == parked


def test_a_job_that_failed_repeatedly_no_longer_fails_the_batches_it_is_in(town: Town) -> None:
    """Also where its failure looks like an outage, which the whole batch shares at first."""

    def write(work: Work, jobs: Sequence[Job]) -> Verdict:
        if any(job.key == "4" for job in jobs):
            raise TransientFailure("timeout", "No answer in time")
        return Verdict(done=list(jobs))

    put(town, "index-fields", *range(9))
    rounds(town, worker(town, write), 3)
    assert list(waiting(town, "index-fields")) == [("index-fields", "4")]


def test_an_outage_is_not_tried_with_every_job(town: Town) -> None:
    tried: list[str] = []

    @one_by_one()
    def ask(work: Work, job: Job) -> Verdict:
        tried.append(job.key)
        raise TransientFailure("network", "Away")

    put(town, "index-fields", *range(20))
    assert worker(town, ask).step()
    assert len(tried) == 3


def test_an_hourly_job_is_never_parked(town: Town) -> None:
    town.store.faults.refuse(403, 50)
    put(town, "reconcile", "")
    put(town, "compare", "")
    run(town, 2)
    with town.db.read() as session:
        parked = session.scalars(select(OutboxRow.kind).where(OutboxRow.parked_at.is_not(None))).all()
    assert parked == []


def test_the_log_names_the_job_that_failed(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    orders = unheard_orders(town, 2)
    distort(town, orders[1], "currentQuantity", "two")
    put(town, "fetch-order", *(order.id for order in orders))
    run(town, 1)
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    failed = [line for line in lines if line.get("event") == "job failed"]
    assert {(line["kind"], line["job_key"]) for line in failed} == {("fetch-order", str(orders[1].id))}


# --- long work ------------------------------------------------------------------------------------------------------


def fails_on(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, word: str) -> None:
    """``module.name`` raises what nobody expected where ``word`` is among its arguments."""
    real = getattr(module, name)

    def odd(*arguments: Any, **named: Any) -> Any:
        if word in repr(arguments[2:]):
            raise Fault
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, odd)


def test_an_import_refuses_the_entry_that_raises_and_enters_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.track("Watch")
    town.settle()
    fails_on(monkeypatch, serials, "enter", "ODD")
    content = "serialNumber,productSku\n" + "".join(f"{name},WATCH\n" for name in ("S1", "ODD", "S2"))
    with town.db.write() as session:
        public_id = uploads.begin(session, town.shop_id, "csv", content.encode(), actor="api-key:1").public_id
    run(town, 1)
    with town.db.read() as session:
        upload = uploads.find(session, town.shop_id, public_id)
        assert (upload.created, upload.failed, upload.finished_at is not None) == (2, 1, True)
        told = "".join(uploads.result(session, upload))
    assert "The app failed on this (Fault)" in told
    assert waiting(town, "serial-import") == {}


def test_a_change_of_many_variants_leaves_out_the_one_that_raises(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, *others = [town.track(f"Product {number}") for number in range(3)]
    town.settle()
    fails_on(monkeypatch, catalog, "configure_many", str(odd.id))
    monkeypatch.setattr(variant_changes, "AT_ONCE", 0)
    matching: Any = {"text": "", "tracked": None, "products": ()}
    with town.db.write() as session:
        variant_changes.begin(session, town.shop_id, matching, {"trackable": False}, actor="staff:1")
    run(town, 1)
    with town.db.read() as session:
        assert session.get_one(Variant, (town.shop_id, odd.id)).trackable
        assert not any(session.get_one(Variant, (town.shop_id, one.id)).trackable for one in others)
    assert waiting(town, "task") == {}


def test_a_sweep_that_fails_leaves_the_others_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []

    def fail(_session: Any, _shop_id: int) -> None:
        raise Fault

    sweeps = {"odd": fail, "sound": lambda _session, _shop_id: swept.append("sound")}
    monkeypatch.setattr(expiry, "SWEEPS", sweeps)
    put(town, "reconcile", "")
    run(town, 1)
    assert swept == ["sound"]
    assert town.row().reconciled_until is not None
