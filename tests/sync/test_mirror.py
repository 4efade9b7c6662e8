"""Metafields follow the database: shapes, sizes, conflicts, drift, owners that are gone (contract §5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from serializer_app.devstore.orders import Order
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from serializer_app.store import outbox
from serializer_app.store.job_kinds import SCHEDULED, JobKind
from serializer_app.store.models import Item, Mirror, OutboxRow
from serializer_app.sync.documents import order_pages
from serializer_app.sync.mirror import how_many
from tests.town import Town


def gid(order: Order) -> str:
    return f"gid://shopify/Order/{order.id}"


def writes(town: Town) -> list[list[dict[str, Any]]]:
    """The metafields of every metafieldsSet that reached Shopify, call by call."""
    return [
        call.variables["metafields"] for call in town.store.admin.calls if call.operation == "MetafieldsSet"
    ]


def enter_serial(town: Town, item: Item, serial: str | None) -> None:
    with town.db.write() as session:
        items.change(
            session, town.shop_id, item, ItemChanges(serial_number=serial), allowed_fields=(), actor="staff:1"
        )


def waiting(town: Town) -> list[tuple[str, str, int, str | None]]:
    with town.db.read() as session:
        rows = session.execute(
            select(OutboxRow.kind, OutboxRow.key, OutboxRow.attempts, OutboxRow.problem).where(
                OutboxRow.kind.not_in(SCHEDULED)
            )
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_an_orders_metafields_have_the_shape_that_templates_read(town: Town) -> None:
    watch = town.track(warranty="P24M", custom_fields=[{"key": "imei", "trackable": True}])
    strap = town.track("Strap", auto_generatable=False)
    order = town.shop.place_order([(watch, 1), (strap, 2)])
    enter_serial(town, town.items(order)[0], "SN-1")
    town.settle()
    item = town.items(order)[0]
    assert town.document(order) == {
        "currentTotalTrackable": 3,
        "items": [
            {
                "lineItemId": item.line_item_id,
                "productVariantId": watch.id,
                "itemId": item.item_id,
                "serialNumber": "SN-1",
                "warrantyDuration": {"unit": "month", "value": 24},
                "customFields": [{"key": "imei", "value": ""}],
            }
        ],
    }
    assert town.document(order, "serials") == ["SN-1", item.item_id]


def test_a_variants_metafield_has_the_shape_of_the_source(town: Town) -> None:
    variant = town.track(warranty="none", custom_fields=[{"key": "imei", "trackable": False}])
    bare = town.track("Bare", auto_generatable=False)
    town.settle()
    assert town.document(variant) == {
        "trackable": True,
        "autoGeneratable": True,
        "warrantyDuration": None,
        "customFields": [{"key": "imei", "trackable": False}],
    }
    assert town.document(bare) == {"trackable": True, "autoGeneratable": False}


def test_an_order_without_anything_trackable_gets_no_metafield(town: Town) -> None:
    untracked = town.track("Gift", trackable=False)
    order = town.shop.place_order([(untracked, 1), (None, 2)])
    town.settle()
    assert town.document(order) is None


def test_an_emptied_order_keeps_an_empty_document(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    town.shop.cancel(order)
    town.settle()
    assert town.document(order) == {"currentTotalTrackable": 0, "items": []}
    assert town.document(order, "serials") is None


def test_nothing_is_written_when_nothing_changed(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    before = len(writes(town))
    town.shop.update_order(order, tags=["vip"])
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind.MIRROR_ORDER, [order.id])
    town.settle()
    assert len(writes(town)) == before
    assert waiting(town) == []


def test_25_owners_go_out_in_one_call(town: Town) -> None:
    variant = town.track()
    town.settle()
    before = len(writes(town))
    for _ in range(25):
        town.shop.place_order([(variant, 1)])
    while town.worker.step():
        pass
    calls = writes(town)[before:]
    assert [len(call) for call in calls] == [25, 25]
    assert len({entry["ownerId"] for entry in calls[0]}) == 25
    assert {entry["key"] for entry in calls[0]} == {"properties"}


def test_somebody_elses_edit_is_found_at_the_next_write_and_overwritten(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 1)])
    town.settle()
    town.shop.write_metafield(gid(order), '{"items": "vandalised"}')
    enter_serial(town, town.items(order)[0], "SN-2")
    town.settle()
    assert town.document(order)["items"][0]["serialNumber"] == "SN-2"
    assert waiting(town) == []


def test_a_deleted_metafield_is_written_again_at_the_next_write(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 1)])
    town.settle()
    town.shop.delete_metafield(gid(order))
    enter_serial(town, town.items(order)[0], "SN-2")
    town.settle()
    assert town.document(order)["items"][0]["serialNumber"] == "SN-2"


def test_a_time_out_after_success_is_recognised_and_not_written_twice(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.store.faults.disconnect(1, operation="MetafieldsSet")
    order = town.shop.place_order([(variant, 1)])
    town.settle()
    assert len(town.document(order)["items"]) == 1
    assert waiting(town) == []


def test_an_owner_that_no_longer_exists_is_done_and_the_others_go_on(town: Town) -> None:
    variant = town.track()
    town.settle()
    kept, gone = town.shop.place_order([(variant, 1)]), town.shop.place_order([(variant, 1)])
    with town.shop.state.lock:
        del town.shop.state.orders[gone.id]
    town.settle()
    assert len(town.document(kept)["items"]) == 1
    assert waiting(town) == []


@pytest.mark.parametrize("fault", ["throttle", "throttle_429", "error", "html", "disconnect"])
def test_transient_failures_are_retried_until_it_works(town: Town, fault: str) -> None:
    variant = town.track()
    town.settle()
    getattr(town.store.faults, fault)(3, operation="MetafieldsSet")
    order = town.shop.place_order([(variant, 1)])
    town.settle()
    assert len(town.document(order)["items"]) == 1
    assert waiting(town) == []


def test_a_throttled_shop_rests_without_counting_failures(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.store.faults.throttle(1, operation="MetafieldsSet")
    order = town.shop.place_order([(variant, 1)])
    assert town.worker.step()
    assert [(kind, attempts) for kind, key, attempts, _ in waiting(town) if key == str(order.id)] == [
        ("mirror-order", 0)
    ]


def test_a_permanent_refusal_is_parked_with_its_reason_and_retried_when_the_order_changes(town: Town) -> None:
    variant = town.track()
    town.settle()
    order = town.shop.place_order([(variant, 1)])
    with town.db.write() as session:
        # A custom field that is no JSON stands in for anything that Shopify will never take.
        session.connection().exec_driver_sql("UPDATE items SET custom_fields = 'no json'")
    town.settle()
    with town.db.read() as session:
        parked = session.scalars(select(OutboxRow.problem).where(OutboxRow.parked_at.is_not(None))).all()
    assert len(parked) == 1
    assert parked[0]
    with town.db.write() as session:
        session.connection().exec_driver_sql("UPDATE items SET custom_fields = '[]'")
    enter_serial(town, town.items(order)[0], "SN-9")
    town.settle()
    assert town.document(order)["items"][0]["serialNumber"] == "SN-9"


def test_an_uninstalled_shop_is_left_alone_and_its_work_waits(town: Town) -> None:
    variant = town.track()
    town.settle()
    order = town.shop.place_order([(variant, 1)])
    with town.db.write() as session:
        shops.uninstall(session, shops.by_id(session, town.shop_id), actor="test")
    calls = len(town.store.admin.calls)
    assert town.worker.step() is False
    assert len(town.store.admin.calls) == calls
    assert [key for _, key, _, _ in waiting(town) if key == str(order.id)]


def test_toggling_a_variant_refreshes_the_counts_of_its_orders(town: Town) -> None:
    variant = town.track()
    order = town.shop.place_order([(variant, 2)])
    town.settle()
    town.configure(variant, trackable=False)
    town.settle()
    assert town.document(order)["currentTotalTrackable"] == 0
    assert len(town.document(order)["items"]) == 2


def row(number: int, fields: str = "[]") -> Any:
    class Row:
        line_item_id, variant_id, item_id = 1, 2, f"ITEM-{number:05}"
        serial_number, warranty, custom_fields = None, "P24M", fields

    return Row


def test_above_the_size_limit_pages_of_the_same_shape_follow() -> None:
    pages = order_pages(5000, [row(number) for number in range(5000)])
    assert list(pages)[:3] == ["properties", "properties_2", "properties_3"]
    parsed = {key: json.loads(text) for key, text in pages.items()}
    assert parsed["properties"]["pages"] == len(pages)
    assert [item["itemId"] for page in parsed.values() for item in page["items"]] == [
        f"ITEM-{number:05}" for number in range(5000)
    ]
    assert all(page["currentTotalTrackable"] == 5000 for page in parsed.values())
    assert all(len(text.encode()) <= 128_000 for text in pages.values())
    assert "revision" not in parsed["properties"]


def test_beyond_25_pages_all_of_one_writing_share_a_revision() -> None:
    rows = [row(number, json.dumps([{"key": "k", "value": "ü" * 200}])) for number in range(10_000)]
    first = {key: json.loads(text) for key, text in order_pages(10_000, rows).items()}
    again = {key: json.loads(text) for key, text in order_pages(9_999, rows).items()}
    assert len(first) > 25
    assert len({page["revision"] for page in first.values()}) == 1
    assert first["properties"]["revision"] != again["properties"]["revision"]


def test_large_orders_are_not_in_memory_together() -> None:
    assert how_many([1] * 25) == 25
    assert how_many([10_000] * 25) == 2
    assert how_many([90_000, 1]) == 1
    assert how_many([20_000, 5_000, 0, 1]) == 3


def test_a_big_order_is_mirrored_in_pages_and_leftovers_are_deleted(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2000)])
    town.settle()
    first = town.document(order)
    assert first["pages"] > 1
    assert town.document(order, f"properties_{first['pages']}") is not None
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        chosen = [item.item_id for item in town.items(order)[5:]]
        orders.adjust(session, shop, order.id, order.lines[0].id, remove=chosen, actor="staff:1")
    town.settle()
    assert "pages" not in town.document(order)
    assert len(town.document(order)["items"]) == 5
    assert town.document(order, "properties_2") is None
    with town.db.read() as session:
        pages = session.scalars(select(Mirror.pages).where(Mirror.owner_id == order.id)).one()
    assert set(json.loads(pages)) == {"properties", "serials"}


def test_an_order_that_shopify_does_not_show_yet_keeps_its_items(town: Town) -> None:
    """Answers may lag behind the webhook; "no such order" is no deletion."""
    variant = town.track()
    town.settle()
    order = town.shop.place_order([(variant, 2)])
    with town.shop.state.lock:
        hidden = town.shop.state.orders.pop(order.id)
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind.FETCH_ORDER, [order.id])
        outbox.put(session, town.shop_id, JobKind.COMPARE, [""])
    town.settle()
    assert len(town.items(order)) == 2
    with town.shop.state.lock:
        town.shop.state.orders[order.id] = hidden
    town.shop.update_order(order, tags=["seen"])
    town.settle()
    assert len(town.document(order)["items"]) == 2


def test_an_order_that_shopify_had_and_has_no_longer_is_emptied_until_news_comes(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    before = {item.item_id for item in town.items(order)}
    with town.shop.state.lock:
        hidden = town.shop.state.orders.pop(order.id)
    enter_serial(town, town.items(order)[0], "SN-3")
    town.settle()
    assert town.items(order) == []
    with town.shop.state.lock:
        town.shop.state.orders[order.id] = hidden
    town.store.advance(5)
    town.shop.update_order(order, tags=["back"])
    town.settle()
    assert {item.item_id for item in town.items(order)} == before
