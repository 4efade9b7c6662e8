"""Short stories: what random shops found, or could hardly find, told once each so that it stays found."""

from __future__ import annotations

import pytest

from serializer_app.devstore.webhooks import Delivery
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.orders import orders
from serializer_app.domain.shops import shops
from tests.town import Town


def held_back(town: Town, topic: str) -> list[Delivery]:
    return [delivery for delivery in town.store.webhooks.pending() if delivery.topic == topic]


def arrives(town: Town, delivery: Delivery) -> None:
    assert town.store.webhooks.attempt(delivery) == 200
    delivery.state = "delivered"


def enter_serial(town: Town, item_id: str, serial: str) -> None:
    with town.db.write() as session:
        item = items.find(session, town.shop_id, item_id)
        assert item is not None
        changes = ItemChanges(serial_number=serial)
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="staff:1")


def test_of_two_edits_within_a_second_the_later_one_holds_whatever_arrives_first(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in (1, -1):
        town.store.webhooks.hold = False
        order = town.shop.place_order([(town.track(f"Watch {turn}"), 2)])
        town.settle()
        town.store.advance(2)
        town.store.webhooks.hold = True
        # The clock of the pretend shop stands between the two.
        moment = town.store.clock.second()
        monkeypatch.setattr(town.store.clock, "second", lambda moment=moment: moment)
        town.shop.edit_order(order, {order.lines[0].id: 5})
        town.shop.edit_order(order, {order.lines[0].id: 3})
        monkeypatch.undo()
        for delivery in held_back(town, "orders/updated")[::turn]:
            arrives(town, delivery)
        town.store.webhooks.deliveries.clear()
        town.settle()
        assert len(town.items(order)) == 3
        assert town.document(order)["currentTotalTrackable"] == 3


def test_a_late_create_tells_the_variant_of_a_line_whose_product_is_gone(town: Town) -> None:
    variant = town.track()
    town.store.webhooks.hold = True
    order = town.shop.place_order([(variant, 2)])
    town.store.advance(1)
    town.shop.delete_product(variant.product)
    town.store.advance(1)
    town.shop.update_order(order, tags=["gift"])
    arrives(town, held_back(town, "orders/updated")[0])
    assert town.items(order) == []
    arrives(town, held_back(town, "orders/create")[0])
    assert [item.variant_id for item in town.items(order)] == [variant.id] * 2
    town.settle()
    assert town.document(order)["currentTotalTrackable"] == 2


def test_two_removed_items_of_one_serial_number_come_back_and_the_older_keeps_it(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    line = order.lines[0].id
    first, second = (item.item_id for item in town.items(order))

    def adjust(**wishes: list[str]) -> None:
        with town.db.write() as session:
            shop = shops.by_id(session, town.shop_id)
            orders.adjust(session, shop, order.id, line, actor="staff:1", **wishes)  # type: ignore[arg-type]

    enter_serial(town, first, "SN-1")
    adjust(remove=[first])
    enter_serial(town, second, "sn-1")
    adjust(remove=[second])
    adjust(restore=[first, second])
    assert [item.serial_number for item in town.items(order)] == ["SN-1", None]


def test_a_late_product_update_does_not_raise_a_deleted_variant(town: Town) -> None:
    variant = town.track()
    town.shop.update_product(variant.product, sku="KNOWN")
    town.settle()
    town.store.webhooks.hold = True
    town.store.advance(1)
    town.shop.update_product(variant.product, sku="LATE")
    town.shop.delete_product(variant.product)
    arrives(town, held_back(town, "products/delete")[0])
    arrives(town, held_back(town, "products/update")[0])
    with town.db.read() as session:
        stored = catalog.find(session, town.shop_id, variant.id)
        assert stored is not None
        assert stored.deleted_at is not None


def test_an_item_that_was_filled_while_its_order_was_planned_stays(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    blank, filled = town.items(order)
    with town.db.read() as session:
        assert items.stored_lines(session, town.shop_id, order.id)[order.lines[0].id].living[1].blank
    enter_serial(town, filled.item_id, "SN-1")
    with town.db.write() as session:
        keys = [blank.id, filled.id]
        gone = items.take_away(
            session, town.shop_id, keys, actor="webhook:orders/updated", reason="removed", only_blank=True
        )
    assert gone == 1
    assert [item.item_id for item in town.items(order)] == [filled.item_id]
