"""Orders that no webhook brought: missed ones, those of the time before the app, and one that is asked for by name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from serializer_app import cli
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Variant
from serializer_app.domain import tasks
from serializer_app.domain.orders import backfills
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import HistoryEntry, Item, OutboxRow, Shop
from tests.conftest import API_KEY, API_SECRET, APP_URL, ENCRYPTION_KEY
from tests.town import Town

pytestmark = pytest.mark.one_database


def old_orders(town: Town, variant: Variant, count: int, days: int = 30) -> list[Order]:
    """Orders that were placed ``days`` before the installation."""
    town.store.advance(-86_400 * days)
    placed = [town.shop.place_order([(variant, 2)], announce=False) for _ in range(count)]
    town.store.advance(86_400 * days)
    return placed


def start(town: Town, **wishes: Any) -> None:
    with town.db.write() as session:
        backfills.start(session, town.shop_id, **wishes)


def progress(town: Town) -> backfills.BackfillProgress | None:
    with town.db.read() as session:
        return backfills.progress(session, town.shop_id)


def reconcile(town: Town) -> list[dict[str, Any]]:
    """Asks what was missed; answers what history says of it."""
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind.RECONCILE, [""])
    town.settle()
    with town.db.read() as session:
        entries = session.scalars(
            select(HistoryEntry.changes).where(HistoryEntry.action == "healed").order_by(HistoryEntry.id)
        )
        return [json.loads(changes) for changes in entries]


def test_old_orders_get_the_items_they_should_have(town: Town) -> None:
    placed = old_orders(town, town.track(), 12)
    start(town)
    town.settle()
    for order in placed:
        assert [item.auto_generated for item in town.items(order)] == [True, True]
        assert town.document(order)["currentTotalTrackable"] == 2
    stands = progress(town)
    assert stands is not None
    assert (stands.running, stands.orders, stands.items) == (False, 12, 24)
    assert stands.finished_at is not None


def test_only_variants_that_generate_by_themselves_are_filled(town: Town) -> None:
    by_hand = old_orders(town, town.track("By hand", auto_generatable=False), 1)[0]
    untracked = old_orders(town, town.track("Gift", trackable=False), 1)[0]
    start(town)
    town.settle()
    assert town.items(by_hand) == []
    assert town.items(untracked) == []
    assert town.document(by_hand) == {"currentTotalTrackable": 2, "items": []}


def test_a_backfill_twice_changes_nothing(town: Town) -> None:
    order = old_orders(town, town.track(), 1)[0]
    for _ in range(2):
        start(town)
        town.settle()
    assert len(town.items(order, removed=True)) == 2
    stands = progress(town)
    assert stands is not None
    assert stands.items == 0


def test_only_orders_since_the_date_are_looked_at(town: Town) -> None:
    variant = town.track()
    older, newer = old_orders(town, variant, 1, days=40)[0], old_orders(town, variant, 1, days=20)[0]
    start(town, since=town.store.clock.now() - timedelta(days=30))
    town.settle()
    assert town.items(older) == []
    assert len(town.items(newer)) == 2


def test_one_backfill_at_a_time(town: Town) -> None:
    start(town)
    with pytest.raises(AppError, match="running already"):
        start(town)


def test_progress_is_told_while_it_runs(town: Town) -> None:
    assert progress(town) is None
    old_orders(town, town.track(), 7)
    town.settle()
    start(town)
    assert progress(town) == backfills.BackfillProgress(True, 0, 0)
    while (stands := progress(town)) and not stands.orders:
        assert town.worker.step()
    assert stands is not None
    assert stands.running
    assert (stands.orders, stands.items) == (5, 10)


def test_what_cannot_go_on_says_why_and_goes_on_later(town: Town) -> None:
    order = old_orders(town, town.track(), 1)[0]
    town.settle()
    town.store.faults.error(1, 503, "OrdersUpdatedSince")
    start(town)
    while town.worker.step():
        pass
    stands = progress(town)
    assert stands is not None
    assert stands.problem is not None
    town.settle()
    assert len(town.items(order)) == 2


def test_a_backfill_goes_on_after_a_slice_that_another_worker_did(town: Town) -> None:
    old_orders(town, town.track(), 7)
    town.settle()
    start(town)
    with town.db.read() as session:
        seen = tasks.running(session, town.shop_id, backfills.KIND)
    assert seen is not None
    assert town.worker.step()
    with town.db.write() as session, pytest.raises(AppError, match="Collided"):
        tasks.resume(session, seen)
    town.settle()
    stands = progress(town)
    assert stands is not None
    assert (stands.orders, stands.items) == (7, 14)


def test_missed_orders_are_healed_and_named(town: Town) -> None:
    variant = town.track()
    known = town.shop.place_order([(variant, 2)])
    town.settle()
    town.store.faults.drop_webhooks(100)
    town.store.advance(2)
    missed = town.shop.place_order([(variant, 3)])
    town.shop.edit_order(known, {known.lines[0].id: 1})
    town.store.faults.clear()
    healed = reconcile(town)
    named = [number for entry in healed for number in entry.get("orders", {}).get("to", [])]
    assert sorted(named) == sorted([known.id, missed.id])
    assert len(town.items(missed)) == 3
    assert len(town.items(known)) == 1
    assert reconcile(town) == healed, "nothing is healed twice"


def test_missed_products_are_healed_and_named(town: Town) -> None:
    product = town.shop.add_product("Old name", sku="OLD")
    town.store.faults.drop_webhooks(1)
    town.store.advance(2)
    town.shop.update_product(product, sku="NEW")
    healed = reconcile(town)
    assert product.variant.id in [
        number for entry in healed for number in entry.get("variants", {}).get("to", [])
    ]


def test_the_watermark_moves_to_when_the_walk_began(town: Town) -> None:
    variant = town.track()
    for _ in range(7):
        town.shop.place_order([(variant, 1)])
    town.settle()
    began = town.row()
    assert began.reconciled_until is None
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind.RECONCILE, [""])
        # The walk goes on from the place that its task names, however often the worker comes and goes.
    steps = 0
    while town.row().reconciled_until is None:
        with town.db.write() as session:
            town.hurry(session)
        assert town.worker.step()
        with town.db.read() as session:
            assert not session.scalars(select(OutboxRow.key).where(OutboxRow.key.contains("|"))).all()
        steps += 1
    assert steps >= 3, "two pages of orders and one of variants"
    with town.db.read() as session:
        shop = session.get_one(Shop, town.shop_id)
        assert shop.reconciled_until is not None
        assert shop.reconciled_until >= shop.installed_at
        again = session.execute(
            select(OutboxRow.key, OutboxRow.due_at).where(OutboxRow.kind == "reconcile")
        ).all()
    assert [row.key for row in again] == [""], "and comes round in an hour"


def api(town: Town, path: str) -> tuple[int, dict[str, Any]]:
    with town.db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, town.shop_id), ["read", "write"])
    answer = town.app.test_client().post(path, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.get_json()


def test_items_of_an_order_that_no_webhook_brought_are_made_on_demand(town: Town) -> None:
    order = old_orders(town, town.track(), 1)[0]
    status, found = api(town, f"/api/v1/orders/{order.id}/items")
    assert status == 201
    assert len(found["items"]) == 2
    assert {item["autoGenerated"] for item in found["items"]} == {True}
    assert api(town, f"/api/v1/orders/{order.id}/items")[0] == 200
    assert len(town.items(order)) == 2


def test_an_order_that_shopify_does_not_have_either_is_not_found(town: Town) -> None:
    status, found = api(town, "/api/v1/orders/4711/items")
    assert (status, found["error"]["code"]) == (404, "order_not_found")


def test_shopify_being_away_is_no_missing_order(town: Town) -> None:
    order = old_orders(town, town.track(), 1)[0]
    town.settle()
    town.store.faults.error(1, 503, "Order")
    status, found = api(town, f"/api/v1/orders/{order.id}/items")
    assert (status, found["error"]["code"]) == (503, "shopify_unreachable")
    assert api(town, f"/api/v1/orders/{order.id}/items")[0] == 201


def test_an_answer_of_401_renews_the_token_and_asks_again(town: Town) -> None:
    order = old_orders(town, town.track(), 1)[0]
    town.settle()
    town.store.tokens.expire(town.shop.domain)
    assert api(town, f"/api/v1/orders/{order.id}/items")[0] == 201


def test_the_command_line_backfills_and_tells(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = old_orders(town, town.track(), 1)[0]
    town.settle()
    for name, value in {
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "SHOPIFY_APP_URL": APP_URL,
        "SHOPIFY_ADMIN_ORIGIN": town.store.origin,
        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "DATABASE_URL": town.settings.database_url,
    }.items():
        monkeypatch.setenv(name, value)
    shop = ["--shop", town.shop.domain, "--json"]
    assert cli.main(["backfill", *shop]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told[0]["state"] == "finished"
    assert told[0]["items"] == 2
    assert len(town.items(order)) == 2
    assert cli.main(["backfill", "--status", *shop]) == 0
    assert json.loads(capsys.readouterr().out) == told
    with town.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 2
