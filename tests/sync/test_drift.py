"""What others write into our namespace, and what arrives late: found and put right (contract §5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.devstore.admin_api import Call
from serializer_app.devstore.orders import Order
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.shopify.client import document
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Mirror, OutboxRow
from serializer_app.store.models import Order as StoredOrder
from serializer_app.sync import reconcile
from serializer_app.sync.reconcile import look_at_order
from tests.town import Town

pytestmark = pytest.mark.one_database

EDITED = '{"currentTotalTrackable": 9, "items": []}'


def mirrored(town: Town, units: int = 2) -> Order:
    order = town.shop.place_order([(town.track(), units)])
    town.settle()
    return order


def ask_for(town: Town, kind: str) -> None:
    """What comes round every hour, or by a person's wish, comes now."""
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind(kind), [""])
    town.settle()


def next_write(town: Town, order: Order) -> None:
    with town.db.write() as session:
        changes = ItemChanges(serial_number="SN")
        item = items.find(session, town.shop_id, town.items(order)[0].item_id)
        assert item is not None
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="staff:1")
    town.settle()


def comparison(town: Town, order: Order) -> None:
    ask_for(town, "compare")


def resync_of_the_shop(town: Town, order: Order) -> None:
    ask_for(town, "resync")


def resync_of_the_order(town: Town, order: Order) -> None:
    with town.db.write() as session:
        look_at_order(session, town.shop_id, order.id)
    town.settle()


Healer = Callable[[Town, Order], None]
healers = pytest.mark.parametrize("heal", [next_write, comparison, resync_of_the_shop, resync_of_the_order])


def right(town: Town, order: Order) -> bool:
    """Whether the metafield says what the database says."""
    held = town.document(order)
    stored = [item.item_id for item in town.items(order)]
    return held is not None and [item["itemId"] for item in held["items"]] == stored


@healers
def test_an_edit_of_somebody_else_is_overwritten(town: Town, heal: Healer) -> None:
    order = mirrored(town)
    town.shop.write_metafield(order.gid, EDITED)
    assert not right(town, order)
    heal(town, order)
    assert right(town, order)
    assert town.document(order)["currentTotalTrackable"] == 2


@healers
def test_what_somebody_else_deleted_is_written_again(town: Town, heal: Healer) -> None:
    order = mirrored(town)
    town.shop.delete_metafield(order.gid)
    town.shop.delete_metafield(order.gid, "serials")
    heal(town, order)
    assert right(town, order)
    assert set(town.document(order, "serials")) >= {item.item_id for item in town.items(order)}


def test_a_page_that_somebody_else_added_is_left_alone(town: Town) -> None:
    order = mirrored(town)
    town.shop.write_metafield(order.gid, EDITED, "properties_2")
    comparison(town, order)
    assert town.document(order, "properties_2") == json.loads(EDITED)
    assert right(town, order)


def test_a_metafield_of_another_name_is_left_alone(town: Town) -> None:
    order = mirrored(town)
    town.shop.write_metafield(order.gid, '{"theirs": true}', "notes")
    resync_of_the_shop(town, order)
    assert town.document(order, "notes") == {"theirs": True}


def test_an_edit_of_a_variants_metafield_is_overwritten(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.shop.write_metafield(variant.gid, '{"trackable": false}')
    ask_for(town, "compare")
    assert town.document(variant) == {"trackable": True, "autoGeneratable": True}


def test_walks_over_many_orders_reach_all_of_them(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "TOUCH_PAGE", 2)
    variant = town.track()
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(5)]
    town.settle()
    for order in placed:
        town.shop.write_metafield(order.gid, EDITED)
    ask_for(town, "resync")
    assert all(right(town, order) for order in placed)
    town.configure(variant, trackable=False)
    town.settle()
    assert [town.document(order)["currentTotalTrackable"] for order in placed] == [0] * 5


def test_a_resync_that_finds_nothing_writes_nothing(town: Town) -> None:
    order = mirrored(town)
    before = len(town.shop.state.metafields.writes)
    resync_of_the_shop(town, order)
    assert len(town.shop.state.metafields.writes) == before


def test_a_resync_reaches_orders_without_items(town: Town) -> None:
    variant = town.track(auto_generatable=False)
    order = town.shop.place_order([(variant, 3)])
    town.settle()
    town.shop.delete_metafield(order.gid)
    ask_for(town, "resync")
    assert town.document(order) == {"currentTotalTrackable": 3, "items": []}


def writes(town: Town) -> list[Call]:
    return [call for call in town.store.admin.calls if call.operation == "MetafieldsSet"]


def replay(town: Town, call: Call) -> list[dict[str, Any]]:
    """The same request reaches Shopify once more; answers its user errors."""
    headers = {"X-Shopify-Access-Token": town.shop.access_token().token}
    body = json.dumps({"query": document("MetafieldsSet"), "variables": call.variables}).encode()
    path = f"/admin/api/{town.settings.api_version}/graphql.json"
    answer = json.loads(town.store.handle_admin(path, headers, body).body)
    errors: list[dict[str, Any]] = answer["data"]["metafieldsSet"]["userErrors"]
    return errors


def test_an_old_request_that_arrives_after_a_newer_one_is_refused(town: Town) -> None:
    order = mirrored(town)
    # The first try of this write hangs on its way; the second one arrives.
    town.store.faults.time_out(0.1, operation="MetafieldsSet")
    town.store.advance(1)
    town.shop.edit_order(order, {order.lines[0].id: 3})
    with town.db.write() as session:
        town.hurry(session)
    while town.worker.step():
        pass
    hanging = writes(town)[-1]
    assert hanging.outcome == "timeout_before"
    town.store.advance(1)
    town.shop.edit_order(order, {order.lines[0].id: 4})
    town.settle()
    assert town.document(order)["currentTotalTrackable"] == 4
    assert {error["code"] for error in replay(town, hanging)} == {"STALE_OBJECT"}
    assert town.document(order)["currentTotalTrackable"] == 4


def test_a_first_write_that_arrives_after_the_second_is_refused(town: Town) -> None:
    town.track("Other")
    order = mirrored(town)
    first = writes(town)[-1]
    town.store.advance(1)
    town.shop.edit_order(order, {order.lines[0].id: 5})
    town.settle()
    assert {error["code"] for error in replay(town, first)} == {"STALE_OBJECT"}
    assert town.document(order)["currentTotalTrackable"] == 5


def test_a_write_whose_answer_was_lost_leaves_nothing_behind_when_the_order_empties(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.store.faults.time_out(0.1, after_success=True, operation="MetafieldsSet")
    order = town.shop.place_order([(variant, 2)])
    while town.worker.step():
        pass
    assert town.document(order) is not None
    town.store.advance(1)
    town.shop.cancel(order)
    town.settle()
    assert town.document(order) == {"currentTotalTrackable": 0, "items": []}
    assert town.document(order, "serials") is None


def test_a_count_that_was_true_for_a_moment_is_taken_back_though_its_answer_was_lost(town: Town) -> None:
    variant = town.track(auto_generatable=False)
    town.settle()
    town.store.faults.time_out(0.1, after_success=True, operation="MetafieldsSet")
    order = town.shop.place_order([(variant, 2)])
    while town.worker.step():
        pass
    town.configure(variant, trackable=False)
    town.settle()
    assert town.document(order) == {"currentTotalTrackable": 0, "items": []}


def parked(town: Town) -> list[str]:
    with town.db.read() as session:
        return list(session.scalars(select(OutboxRow.key).where(OutboxRow.parked_at.is_not(None))))


def test_deletions_that_no_webhook_told_are_noticed_and_park_nothing(town: Town) -> None:
    variant = town.track()
    town.settle()
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(30)]
    town.settle()
    town.store.faults.drop_webhooks(3, "orders/delete")
    for order in placed[:3]:
        town.shop.delete_order(order)
    ask_for(town, "compare")
    assert parked(town) == []
    for order in placed[:3]:
        assert town.items(order) == []
    assert all(right(town, order) for order in placed[3:])
    with town.db.read() as session:
        shown = session.scalars(select(Mirror.owner_id).where(Mirror.owner == "order")).all()
    assert set(shown) == {order.id for order in placed[3:]}


def test_an_order_too_old_to_be_shown_is_not_taken_for_deleted(town: Town) -> None:
    """Without read_all_orders Shopify answers null for an order of more than 60 days."""
    order = mirrored(town)
    order.created_at -= timedelta(days=365)
    with town.db.write() as session:
        stored = session.get_one(StoredOrder, (town.shop_id, order.id))
        stored.ordered_at = order.created_at
    for _ in range(2):
        with town.db.write() as session:
            orders.fetch_soon(session, town.shop_id, order.id)
        ask_for(town, "compare")
    assert len(town.items(order)) == 2
    assert parked(town) == []


def test_an_order_that_says_null_while_it_would_be_shown_was_deleted(town: Town) -> None:
    order = mirrored(town)
    town.store.faults.drop_webhooks(1)
    town.shop.delete_order(order)
    with town.db.write() as session:
        orders.fetch_soon(session, town.shop_id, order.id)
    town.settle()
    assert town.items(order) == []
    with town.db.read() as session:
        assert shops.by_id(session, town.shop_id).status == "installed"
