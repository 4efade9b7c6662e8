"""Moving in: what another app numbered keeps its numbers (contract §8.2 to §8.5)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from serializer_app.devstore.orders import Order
from serializer_app.devstore.other_app import SHAPES, OtherApp
from serializer_app.domain.items import items, pages
from serializer_app.domain.registry.recognition import recognize
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import foreign, moves
from serializer_app.store.models import Item, Variant
from serializer_app.sync.jobs import new_worker
from serializer_app.web.house import house
from tests.sync.test_foreign import STEPS, Killed, ask_for, held, jobs, kept, old_order, touch, writes
from tests.town import Town, build

pytestmark = pytest.mark.one_database


def move(town: Town, kind: moves.Kind = moves.ADOPT) -> moves.Move:
    with town.db.write() as session:
        moves.begin(session, town.shop_id, kind, actor="test")
    town.settle()
    with town.db.read() as session:
        found = moves.newest(session, town.shop_id)
    assert found is not None
    assert not found.running
    return found


def near(number: str) -> list[str]:
    return [number, number.lower(), number.replace("-", ""), f" {number.replace('-', ' ')} "]


def finds(town: Town, filters: pages.Filters) -> list[Any]:
    with town.db.connect() as connection:
        return [row[3] for row in pages.page(connection, town.shop_id, filters).rows]


def assert_found(town: Town, item_id: str, serial: str | None = None) -> None:
    for typed in near(item_id):
        assert finds(town, {"item_id": typed}) == [item_id], typed
        assert item_id in finds(town, {"item_ref": typed}), typed
        with town.db.read() as session:
            item = items.find(session, town.shop_id, typed)
            assert item is not None
            assert item.item_id == item_id
            code = recognize(session, town.shop_id, typed)
            assert [found.item_id for found in code.items] == [item_id]
            assert code.by_item_id
    if serial is not None:
        assert item_id in finds(town, {"serial_number": serial.lower()})
        assert item_id in finds(town, {"item_ref": serial})


def test_adopted_items_keep_their_ids_serials_warranty_and_fields(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    other.configure(variant)
    order = old_order(town, variant, 2)
    ids = other.serialise(order)
    before = town.document(order)
    town.settle()
    result = move(town)
    assert (result.counts["orders"], result.counts["items"], result.counts["variants"]) == (1, 2, 1)
    assert not result.problems
    for at, item_id in enumerate(ids):
        assert_found(town, item_id, before["items"][at]["serialNumber"])
    for item in town.items(order):
        assert item.warranty == "P18M"
        assert json.loads(item.custom_fields) == [{"key": "engraving", "value": "Für Zoë"}]
    with town.db.read() as session:
        stored = session.get(Variant, (town.shop_id, variant.id))
        assert stored is not None
        assert (stored.trackable, stored.auto_generatable, stored.warranty) == (True, True, "P18M")
        assert [field["key"] for field in shops.custom_fields(shops.by_id(session, town.shop_id))]
    assert other.untouched()
    assert not jobs(town)


def test_a_document_of_several_metafields_is_adopted_as_one(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    town.configure(variant, trackable=True)
    other = OtherApp(town.shop)
    order = old_order(town, variant, 5)
    ids = other.serialise(order)
    items = json.loads(other.written[order.gid, "properties"])["items"]
    pages = {"properties": items[:2], "properties_2": items[2:4], "properties_10": items[4:]}
    for key, part in pages.items():
        other.write(order, json.dumps({"currentTotalTrackable": 5, "items": part}), key)
    result = move(town)
    assert (result.counts["orders"], result.counts["items"]) == (1, 5)
    for item, item_id in zip(items, ids, strict=True):
        assert_found(town, item_id, item["serialNumber"])
    assert [item.old_id for item in town.items(order)] == ids


def test_an_adopted_order_costs_no_write_until_it_changes(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    other.configure(variant)
    order = old_order(town, variant, 2)
    ids = other.serialise(order)
    written = writes(town)
    move(town)
    touch(town, order)
    ask_for(town, "compare")
    assert writes(town) == written
    assert other.untouched()
    with town.db.write() as session:
        item = items.find(session, town.shop_id, ids[0])
        assert item is not None
        changes = items.ItemChanges(serial_number="NEW-1")
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="test")
    town.settle()
    document = town.document(order)
    assert [entry["itemId"] for entry in document["items"]] == ids
    assert document["items"][0]["serialNumber"] == "NEW-1"
    assert document["currentTotalTrackable"] == 2
    assert not held(town, order)


def test_a_second_adoption_changes_nothing(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    other.configure(variant)
    order = old_order(town, variant, 3)
    other.serialise(order)
    move(town)
    stored = [(item.id, item.item_id, item.version) for item in town.items(order)]
    written = writes(town)
    result = move(town)
    assert result.counts.get("items", 0) == 0
    assert [(item.id, item.item_id, item.version) for item in town.items(order)] == stored
    assert writes(town) == written


def test_items_of_ours_take_the_old_ids_and_keep_their_own(town: Town) -> None:
    variant = town.track("Lamp")
    other = OtherApp(town.shop)
    town.store.advance(2)
    order = town.shop.place_order([(variant, 2)])
    ids = other.serialise(order)
    town.settle()
    own = [item.own_id for item in town.items(order)]
    assert len(own) == 2
    move(town)
    assert [item.item_id for item in town.items(order)] == ids
    for own_id, item_id in zip(own, ids, strict=True):
        assert finds(town, {"item_id": own_id}) == [item_id]


def test_what_cannot_be_read_is_named_and_stays_where_it_is(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    # The definition of properties takes JSON only.
    shapes = [shape for shape, make in SHAPES.items() if make()[1] == "json"]
    orders = {shape: old_order(town, variant) for shape in shapes}
    for shape, order in orders.items():
        other.write_shape(order, shape)
    result = move(town)
    unread = {"unknown", "list", "deep"}
    assert {entry["id"] for entry in result.problems} >= {orders[shape].id for shape in unread}
    for shape in unread:
        assert held(town, orders[shape]), shape
        assert town.shop.metafield(orders[shape].gid, "properties").value == SHAPES[shape]()[0]  # type: ignore[union-attr]
    with town.db.read() as session:
        exported = list(moves.export(session, town.shop_id))
    assert len(exported) == len(shapes)
    assert {entry["text"] for entry in exported} == {SHAPES[shape]()[0] for shape in shapes}


def test_odd_items_are_adopted_as_far_as_they_can_be_read(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    order = old_order(town, variant, 2)
    line = order.lines[0].id
    odd = [
        {"lineItemId": line, "itemId": "A-1", "serialNumber": "S1"},
        {"lineItemId": line, "itemId": "a1", "serialNumber": "S2"},
        {"lineItemId": line, "itemId": "A-3", "serialNumber": "s1"},
        {"lineItemId": 77, "productVariantId": variant.id, "itemId": "A-4"},
        {"itemId": "A-5", "warrantyDuration": "long", "customFields": "none"},
        {"lineItemId": str(line), "itemId": 12345, "serialNumber": 7, "note": "blue"},
        {"lineItemId": line, "itemId": "x" * 65, "serialNumber": "S6"},
    ]
    OtherApp(town.shop).write(order, json.dumps({"currentTotalTrackable": 2, "items": odd}))
    result = move(town)
    for item_id in ("A-1", "A-3", "A-4", "A-5", "12345"):
        assert_found(town, item_id)
    for serial in ("S1", "S2", "S6", "7"):
        assert finds(town, {"serial_number": serial})
    codes = {entry["code"] for entry in result.problems}
    assert codes >= {
        "item_id_taken",
        "serial_repeated",
        "line_not_shown",
        "line_guessed",
        "warranty_unreadable",
        "wrong_type",
        "too_long",
        "other_keys",
    }
    assert len(town.items(order)) == len(odd)


def test_two_shops_bring_the_same_item_id(town: Town) -> None:
    another_town = build(town.app, town.store, "second.myshopify.com")
    for one in (town, another_town):
        variant = one.shop.add_product("Lamp").variant
        OtherApp(one.shop).serialise(old_order(one, variant, 1))
        move(one)
    for one in (town, another_town):
        assert_found(one, "QK7-000001")


def test_the_other_app_that_goes_on_writing_loses_nothing(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    other.configure(variant)
    order = old_order(town, variant, 1)
    first = other.serialise(order)
    move(town)
    second = other.serialise(order)
    touch(town, order)
    ask_for(town, "compare")
    assert held(town, order)
    assert other.untouched()
    with town.db.read() as session:
        assert foreign.counts(session, town.shop_id).contested
    move(town)
    for item_id in first + second:
        assert_found(town, item_id)
    document = town.document(order)
    assert {entry["itemId"] for entry in document["items"]} == {*first, *second}


def test_declining_writes_ours_and_keeps_the_texts(town: Town) -> None:
    variant = town.track("Lamp")
    other = OtherApp(town.shop)
    order = old_order(town, variant, 1)
    other.serialise(order)
    text = other.written[order.gid, "properties"]
    touch(town, order)
    assert held(town, order)
    move(town, moves.DECLINE)
    assert not held(town, order)
    assert town.document(order)["items"] == []
    assert [value.first_text for value in kept(town, order)] == [text]


def test_looking_changes_nothing(town: Town) -> None:
    variant = town.shop.add_product("Lamp").variant
    other = OtherApp(town.shop)
    other.configure(variant)
    order = old_order(town, variant, 2)
    other.serialise(order)
    result = move(town, moves.LOOK)
    assert (result.counts["orders"], result.counts["items"], result.counts["variants"]) == (1, 2, 1)
    assert result.samples[0]["itemId"] == "QK7-000001"
    assert not town.items(order)
    assert held(town, order)
    assert other.untouched()


def test_one_piece_of_work_at_a_time(town: Town) -> None:
    with town.db.write() as session:
        moves.begin(session, town.shop_id, moves.LOOK, actor="test")
        with pytest.raises(Exception, match="worked on already"):
            moves.begin(session, town.shop_id, moves.ADOPT, actor="test")


def kill_while_adopting(town: Town) -> None:
    """A process ends after it adopted some owners of a slice and before it noted how far it came."""
    advance = moves.advance
    with town.db.write() as session:
        moves.begin(session, town.shop_id, moves.ADOPT, actor="test")
    calls = iter(range(100))

    def die_later(*arguments: Any, **named: Any) -> None:
        if next(calls) == 3:
            raise Killed
        advance(*arguments, **named)

    setattr(moves, "advance", die_later)  # noqa: B010  # a process that ends cannot be told in types
    try:
        town.settle()
    except Killed:
        pass
    finally:
        setattr(moves, "advance", advance)  # noqa: B010
        town.worker = new_worker(town.settings, town.db, house(town.app).vault)
        with town.db.write() as session:
            town.hurry(session)
            session.connection().exec_driver_sql("UPDATE lanes SET lease = NULL, leased_until = paused_until")
    town.settle()


MOVES = {**STEPS, "adopt": None, "kill": None, "look": None, "write more": None}


@given(steps=st.lists(st.sampled_from(sorted(MOVES)), min_size=2, max_size=6))
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_number_found_before_is_found_afterwards(town: Town, steps: list[str]) -> None:
    other = OtherApp(town.shop, first=next(FIRST))
    variant = town.shop.add_product("Brought along", sku="OLD").variant
    orders = [old_order(town, variant), town.shop.place_order([(variant, 1)])]
    other.configure(variant)
    numbers: dict[str, str] = {}

    def serialise(order: Order) -> None:
        # What the other app takes back itself could not be found before either, so it takes nothing back.
        other.serialise(order, beside=True)
        for entry in town.document(order)["items"]:
            numbers[entry["itemId"]] = entry["serialNumber"]

    for order in orders:
        serialise(order)
    for name in steps:
        if name in ("adopt", "look"):
            move(town, moves.ADOPT if name == "adopt" else moves.LOOK)
        elif name == "kill":
            kill_while_adopting(town)
        elif name == "write more":
            serialise(orders[0])
            touch(town, orders[0])
        else:
            STEPS[name](town, variant, orders)
            town.settle()
    move(town)
    for item_id, serial in numbers.items():
        assert_found(town, item_id, serial)
    before, written = versions(town), writes(town)
    move(town)
    assert versions(town) == before
    assert writes(town) == written


FIRST = itertools.count(1, 1000)
"""Where the other app's numbers begin: each example has its own."""


def versions(town: Town) -> list[tuple[int, int]]:
    with town.db.read() as session:
        query = select(Item.id, Item.version).where(Item.shop_id == town.shop_id).order_by(Item.id)
        return [(row.id, row.version) for row in session.execute(query)]
