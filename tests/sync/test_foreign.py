"""What another app wrote is never overwritten, never deleted, and kept (contract §8.1, §8.4, §8.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from serializer_app.devstore.orders import Order
from serializer_app.devstore.other_app import SHAPES, OtherApp
from serializer_app.devstore.products import Variant
from serializer_app.domain.items import items
from serializer_app.domain.items.items import ItemChanges
from serializer_app.domain.orders import backfills
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import definitions, foreign
from serializer_app.domain.takeover.foreign import Kept
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import OutboxRow
from serializer_app.sync import mirror
from serializer_app.sync.jobs import new_worker
from serializer_app.web.house import house
from tests.town import Town

pytestmark = pytest.mark.one_database


def old_order(town: Town, variant: Variant, units: int = 2) -> Order:
    """An order from before the installation, of which no webhook came."""
    town.store.faults.drop_webhooks(1)
    order = town.shop.place_order([(variant, units)])
    town.store.faults.clear()
    order.created_at -= timedelta(days=30)
    return order


def touch(town: Town, order: Order) -> None:
    """The merchant changes something about an order, and Shopify says so."""
    town.store.advance(2)
    town.shop.update_order(order, tags=[f"touched-{town.store.clock.now().isoformat()}"])
    town.settle()


def ask_for(town: Town, kind: str) -> None:
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind(kind), [""])
    town.settle()


def kept(town: Town, owner: Order | Variant) -> list[Kept]:
    with town.db.read() as session:
        kind: foreign.OwnerKind = "order" if isinstance(owner, Order) else "variant"
        return foreign.of_owner(session, town.shop_id, kind, owner.id)


def held(town: Town, owner: Order | Variant) -> bool:
    return any(value.state == "held" for value in kept(town, owner))


def jobs(town: Town) -> list[str]:
    with town.db.read() as session:
        return list(
            session.scalars(
                select(OutboxRow.kind).where(
                    OutboxRow.kind.not_in(("reconcile", "compare", "install", "doctor"))
                )
            )
        )


def writes(town: Town) -> int:
    return town.store.admin.count("MetafieldsSet")


def enter_serial(town: Town, order: Order, serial: str) -> None:
    with town.db.write() as session:
        item = items.find(session, town.shop_id, town.items(order)[0].item_id)
        assert item is not None
        changes = ItemChanges(serial_number=serial)
        items.change(session, town.shop_id, item, changes, allowed_fields=(), actor="staff:1")


# --- found and held --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_foreign_value_of_any_shape_is_kept_as_it_is(town: Town, shape: str) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    order = old_order(town, variant)
    # It wrote before the installation, when nothing said of which type the value has to be.
    town.shop.state.metafields.definitions.clear()
    other.write_shape(order, shape)
    touch(town, order)
    assert other.untouched()
    assert [value.text for value in kept(town, order)] == [other.written[order.gid, "properties"]]
    assert held(town, order)
    assert jobs(town) == [], "a held order does not retry"


def test_the_settings_of_another_app_stay_on_the_variant(town: Town) -> None:
    other = OtherApp(town.shop)
    variant = town.shop.add_product("Brought along", sku="OLD").variant
    other.configure(variant)
    town.configure(variant, trackable=True, auto_generatable=True)
    town.settle()
    assert other.untouched()
    assert held(town, variant)
    assert jobs(town) == []


def test_settings_that_are_the_same_are_ours(town: Town) -> None:
    variant = town.shop.add_product("Same", sku="SAME").variant
    OtherApp(town.shop).write(variant, '{ "autoGeneratable": true, "trackable": true }')
    town.configure(variant, trackable=True, auto_generatable=True)
    town.settle()
    assert kept(town, variant) == []


def test_one_held_order_does_not_hold_up_the_others(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(5)]
    other.serialise(placed[2])
    town.settle()
    assert other.untouched()
    assert [held(town, order) for order in placed] == [False, False, True, False, False]
    assert all(len(town.document(order)["items"]) == 1 for order in placed)


@pytest.mark.parametrize("key", ["properties", "properties_2", "serials"])
def test_any_key_of_ours_may_hold_something_foreign(town: Town, key: str) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    other = OtherApp(town.shop)
    if key == "serials":
        other.write(order, '["THEIRS-1"]', key, "list.single_line_text_field")
    else:
        other.write(order, '{"currentTotalTrackable": 9, "items": []}', key)
    town.settle()
    ask_for(town, "compare")
    assert other.untouched()
    assert held(town, order)


def test_a_page_added_to_an_order_of_ours_is_not_deleted(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    other = OtherApp(town.shop)
    other.write(order, '{"items": [{"itemId": "THEIRS"}]}', "properties_7")
    for kind in ("compare", "resync", "compare"):
        ask_for(town, kind)
        assert other.untouched()
        assert held(town, order)


def test_many_metafields_of_others_do_not_hide_a_foreign_page(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 1)])
    other = OtherApp(town.shop)
    for number in range(60):
        other.write(order, "{}", f"note_{number}")
    other.write(order, '{"items": [{"itemId": "THEIRS"}]}', "serials_of_theirs")
    other.write(order, '{"items": [{"itemId": "THEIRS"}]}')
    town.settle()
    assert other.untouched()
    assert [value.key for value in kept(town, order)] == ["properties"]


def test_new_orders_get_their_items_though_another_app_is_at_work(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    order = town.shop.place_order([(variant, 2)])
    other.serialise(order)
    town.settle()
    assert len(town.items(order)) == 2
    assert other.untouched()


def test_a_held_order_is_asked_for_once_a_change_and_written_when_the_other_app_left(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    order = town.shop.place_order([(variant, 2)])
    other.serialise(order)
    town.settle()
    before, looked = writes(town), town.store.admin.count("OwnerMetafields")
    enter_serial(town, order, "SN-1")
    town.settle()
    assert writes(town) == before
    assert town.store.admin.count("OwnerMetafields") == looked + 1
    ask_for(town, "compare")
    assert town.store.admin.count("OwnerMetafields") == looked + 1, "nothing changed since"
    text = other.written[order.gid, "properties"]
    town.shop.delete_metafield(order.gid)
    ask_for(town, "compare")
    assert town.document(order)["items"][0]["serialNumber"] == "SN-1"
    assert [(value.state, value.first_text) for value in kept(town, order)] == [("gone", text)]


def test_the_first_and_the_latest_text_are_kept(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    order = town.shop.place_order([(variant, 1)])
    for text in (
        '{"items": [{"itemId": "A"}]}',
        '{"items": [{"itemId": "B"}]}',
        '{"items": [{"itemId": "C"}]}',
    ):
        other.write(order, text)
        town.settle()
        ask_for(town, "compare")
    (value,) = kept(town, order)
    assert (value.first_text, value.text) == ('{"items": [{"itemId": "A"}]}', '{"items": [{"itemId": "C"}]}')
    assert value.changed_at is not None


# --- two writers -----------------------------------------------------------------------------------------------------


def test_a_value_of_ours_that_another_app_replaced_is_held(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    other = OtherApp(town.shop)
    other.serialise(order)
    for kind in ("compare", "resync"):
        ask_for(town, kind)
        assert other.untouched()
    enter_serial(town, order, "SN-1")
    town.settle()
    assert other.untouched()
    assert kept(town, order)[0].replaced_ours
    with town.db.read() as session:
        assert foreign.counts(session, town.shop_id) == foreign.Counts(1, 0, contested=True)


def test_an_edit_of_our_own_items_is_still_overwritten(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 1)])
    town.settle()
    (item,) = town.items(order)
    edited = {"items": [{"itemId": item.item_id, "serialNumber": "X"}]}
    town.shop.write_metafield(order.gid, json.dumps(edited))
    ask_for(town, "compare")
    assert "serialNumber" not in town.document(order)["items"][0]
    assert kept(town, order) == []


# --- writes of ours whose answer was lost ----------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_before_remembering(town: Town) -> Iterator[None]:
    """The next mirror batch is written to Shopify and the process ends before it notes that."""
    remember = mirror._remember
    setattr(mirror, "_remember", _die)  # noqa: B010  # a process that ends cannot be told in types
    try:
        yield
    finally:
        setattr(mirror, "_remember", remember)  # noqa: B010
        town.worker = new_worker(town.settings, town.db, house(town.app).vault)
        with town.db.write() as session:
            town.hurry(session)
            session.connection().exec_driver_sql("UPDATE lanes SET lease = NULL, leased_until = paused_until")


def _die(*_: Any) -> None:
    raise Killed


def run_until_killed(town: Town) -> None:
    with pytest.raises(Killed):
        town.settle()


@pytest.mark.parametrize("units", [0, 1, 1500])
def test_a_lost_write_is_known_again_also_when_the_content_changed_since(town: Town, units: int) -> None:
    variant = town.track(auto_generatable=bool(units))
    town.settle()
    order = town.shop.place_order([(variant, units or 2)])
    with killed_before_remembering(town):
        run_until_killed(town)
    assert town.document(order) is not None
    town.store.advance(2)
    town.shop.edit_order(order, {order.lines[0].id: 3})
    town.settle()
    assert town.document(order)["currentTotalTrackable"] == 3
    assert kept(town, order) == []


def test_lost_settings_are_known_again_also_when_they_changed_since(town: Town) -> None:
    variant = town.shop.add_product("Watch", sku="W").variant
    town.configure(variant, trackable=True)
    with killed_before_remembering(town):
        run_until_killed(town)
    assert town.document(variant) is not None
    town.configure(variant, warranty="P24M")
    town.settle()
    assert town.document(variant)["warrantyDuration"] == {"unit": "month", "value": 24}
    assert kept(town, variant) == []


# --- generate, backfill, re-installation -----------------------------------------------------------------------------


def test_a_backfill_skips_orders_with_data_of_another_app_and_counts_them(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    town.settle()
    theirs, free = old_order(town, variant), old_order(town, variant)
    other.serialise(theirs)
    with town.db.write() as session:
        backfills.start(session, town.shop_id)
    town.settle()
    assert other.untouched()
    assert (len(town.items(theirs)), len(town.items(free))) == (0, 2)
    assert held(town, theirs)
    with town.db.read() as session:
        progress = backfills.progress(session, town.shop_id)
    assert progress is not None
    assert (progress.orders, progress.items, progress.skipped) == (2, 2, 1)


def reinstall(town: Town) -> None:
    with town.db.write() as session:
        shops.uninstall(session, shops.by_id(session, town.shop_id), actor="test")
    from tests.town import build

    fresh = build(town.app, town.store, town.shop.domain)
    town.worker, town.shop_id = fresh.worker, fresh.shop_id


def test_after_a_reinstallation_we_still_know_what_is_ours_and_what_is_not(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    ours, theirs = town.shop.place_order([(variant, 1)]), town.shop.place_order([(variant, 1)])
    other.serialise(theirs)
    town.settle()
    reinstall(town)
    town.shop.write_metafield(ours.gid, '{"edited": true}')
    for kind in ("compare", "resync"):
        ask_for(town, kind)
    assert len(town.document(ours)["items"]) == 1
    assert other.untouched()


# --- decisions -------------------------------------------------------------------------------------------------------


def decide(town: Town, order: Order, decision: foreign.Decision) -> list[Kept]:
    with town.db.write() as session:
        return foreign.decide(session, town.shop_id, "order", order.id, decision)


def test_after_a_decision_the_next_write_takes_the_place_of_what_was_read(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    order = town.shop.place_order([(variant, 2)])
    other.serialise(order)
    town.settle()
    assert [value.key for value in decide(town, order, "declined")] == ["properties"]
    town.settle()
    assert {item["itemId"] for item in town.document(order)["items"]} == {
        item.item_id for item in town.items(order)
    }
    assert not held(town, order)
    assert kept(town, order)[0].first_text == other.written[order.gid, "properties"]
    assert decide(town, order, "declined") == []


def test_a_value_that_changed_after_the_decision_is_held_again(town: Town) -> None:
    variant, other = town.track(), OtherApp(town.shop)
    order = town.shop.place_order([(variant, 2)])
    other.serialise(order)
    town.settle()
    decide(town, order, "adopted")
    other.serialise(order)
    town.settle()
    assert other.untouched()
    assert held(town, order)


# --- definitions -----------------------------------------------------------------------------------------------------


def test_a_definition_of_another_app_is_not_changed(town: Town) -> None:
    places = town.shop.state.metafields.definitions
    before = {
        "ownerType": "ORDER",
        "namespace": "serializer",
        "key": "properties",
        "type": "json",
        "name": "Theirs",
        "access": {"customerAccount": "NONE"},
    }
    with town.db.write() as session:
        session.connection().exec_driver_sql("DELETE FROM definitions")
    places.clear()
    town.shop.state.metafields.define(before)
    ask_for(town, "definitions")
    theirs = places["ORDER", "serializer", "properties"]
    assert (theirs.name, theirs.access) == ("Theirs", {"customerAccount": "NONE"})
    with town.db.read() as session:
        assert definitions.others(session, town.shop_id) == {("ORDER", "properties")}
        assert ("PRODUCTVARIANT", "properties") in definitions.ours(session, town.shop_id)


def test_a_definition_of_an_earlier_version_of_this_app_is_ours(town: Town) -> None:
    with town.db.write() as session:
        session.connection().exec_driver_sql("DELETE FROM definitions")
    ask_for(town, "definitions")
    with town.db.read() as session:
        assert definitions.others(session, town.shop_id) == set()


def test_a_definition_of_ours_is_opened_to_the_customers_it_is_for(town: Town) -> None:
    places = town.shop.state.metafields.definitions
    opened = places["ORDER", "serializer", "properties"].access
    assert opened == {"customerAccount": "READ"}
    opened.clear()
    ask_for(town, "definitions")
    assert places["ORDER", "serializer", "properties"].access == {"customerAccount": "READ"}


# --- answers told apart per entry ------------------------------------------------------------------------------------


def parked(town: Town) -> list[str | None]:
    with town.db.read() as session:
        return list(session.scalars(select(OutboxRow.problem).where(OutboxRow.parked_at.is_not(None))))


def test_one_refused_key_keeps_no_other_from_being_written(town: Town) -> None:
    places = town.shop.state.metafields.definitions
    del places["ORDER", "serializer", "serials"]
    town.shop.state.metafields.define(
        {"ownerType": "ORDER", "namespace": "serializer", "key": "serials", "type": "json", "name": "Theirs"}
    )
    variant = town.track()
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(3)]
    town.settle()
    assert all(len(town.document(order)["items"]) == 1 for order in placed)
    assert len(parked(town)) == 3
    assert all("serializer.serials" in (problem or "") for problem in parked(town))


@pytest.mark.parametrize("key", [None, "serials"])
def test_an_internal_error_is_tried_again(town: Town, key: str | None) -> None:
    variant = town.track()
    town.settle()
    town.shop.state.metafields.refusals = [("INTERNAL_ERROR", key)] * 3
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(3)]
    town.settle()
    assert all(len(town.document(order)["items"]) == 1 for order in placed)
    assert all(town.document(order, "serials") for order in placed)
    assert parked(town) == []


def test_an_order_that_makes_no_document_does_not_hold_up_its_neighbours(town: Town) -> None:
    variant = town.track()
    town.settle()
    placed = [town.shop.place_order([(variant, 1)]) for _ in range(3)]
    odd = town.items(placed[1])[0].id
    with town.db.write() as session:
        session.connection().exec_driver_sql(f"UPDATE items SET warranty = 'P?' WHERE id = {odd}")
    town.settle()
    assert [town.document(order) is not None for order in placed] == [True, False, True]
    assert len(parked(town)) == 1


# --- whatever happens ------------------------------------------------------------------------------------------------

Step = Callable[[Town, Variant, list[Order]], None]


def _switch(on: bool) -> Step:
    return lambda town, variant, placed: town.configure(variant, trackable=on, auto_generatable=on)


def _touch(town: Town, _variant: Variant, placed: list[Order]) -> None:
    for order in placed:
        town.store.advance(1)
        town.shop.update_order(order, tags=[str(town.store.clock.now())])


def _grow(town: Town, _variant: Variant, placed: list[Order]) -> None:
    for order in placed:
        town.store.advance(1)
        town.shop.edit_order(order, {order.lines[0].id: order.lines[0].current_quantity + 1})


def _cancel(town: Town, _variant: Variant, placed: list[Order]) -> None:
    town.store.advance(1)
    if placed[0].cancelled_at is None:
        town.shop.cancel(placed[0])


def _put(kind: str) -> Step:
    def step(town: Town, _variant: Variant, _placed: list[Order]) -> None:
        ask_for(town, kind)

    return step


def _backfill(town: Town, _variant: Variant, _placed: list[Order]) -> None:
    with town.db.write() as session:
        if not (found := backfills.progress(session, town.shop_id)) or not found.running:
            backfills.start(session, town.shop_id)


def _reinstall(town: Town, _variant: Variant, _placed: list[Order]) -> None:
    reinstall(town)


def _kill(town: Town, variant: Variant, placed: list[Order]) -> None:
    _touch(town, variant, placed)
    with killed_before_remembering(town):
        try:
            while town.worker.step():
                pass
        except Killed:
            return


def _lose_answers(town: Town, variant: Variant, placed: list[Order]) -> None:
    town.store.faults.disconnect(2, operation="MetafieldsSet")
    _grow(town, variant, placed)


STEPS: dict[str, Step] = {
    "switch on": _switch(True),
    "switch off": _switch(False),
    "webhook": _touch,
    "edit": _grow,
    "cancel": _cancel,
    "compare": _put("compare"),
    "resync": _put("resync"),
    "reconcile": _put("reconcile"),
    "backfill": _backfill,
    "reinstall": _reinstall,
    "kill": _kill,
    "lose answers": _lose_answers,
}


@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=3, max_size=7))
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_that_may_happen_changes_what_another_app_wrote(town: Town, steps: list[str]) -> None:
    other = OtherApp(town.shop)
    variant = town.shop.add_product("Brought along", sku="OLD").variant
    old, new = old_order(town, variant), town.shop.place_order([(variant, 1)])
    other.seed([old, new], [variant])
    other.write(old, '["THEIRS"]', "serials", "list.single_line_text_field")
    first = dict(other.written)
    for name in ["switch on", "webhook", *steps]:
        STEPS[name](town, variant, [old, new])
        town.settle()
        assert other.untouched(), name
    assert held(town, old)
    assert held(town, variant)
    for owner in (old, new, variant):
        for value in kept(town, owner):
            assert value.first_text == first[owner.gid, value.key]
