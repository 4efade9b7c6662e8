"""Planning, the pure heart: contract §7.1–7.4."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.catalog.catalog import Tracking
from serializer_app.domain.items.plan import LineSnapshot, OrderSnapshot, Plan, StoredItem, StoredLine, plan

INSTALLED = datetime(2026, 1, 1, tzinfo=UTC)
AUTO = Tracking(10, True, True, "P24M", "[]")
ONLY_TRACKED = Tracking(11, True, False, None, "[]")
UNTRACKED = Tracking(12, False, True, None, "[]")
VARIANTS = {10: AUTO, 11: ONLY_TRACKED, 12: UNTRACKED}


def line(quantity: int, variant: int | None = 10, number: int = 1) -> LineSnapshot:
    return LineSnapshot(number, variant, 1, "Watch", None, None, quantity)


def order(
    *lines: LineSnapshot, creation: bool = True, age: timedelta = timedelta(), cancelled: bool = False
) -> OrderSnapshot:
    created = INSTALLED + timedelta(days=1) - age
    return OrderSnapshot(7, "#1", None, created, created, created if cancelled else None, lines, creation)


def planned(
    snapshot: OrderSnapshot,
    *stored: StoredLine,
    mode: str = "automatic",
    variants: dict[int, Tracking] = VARIANTS,
) -> Plan:
    return plan(
        snapshot,
        variants,
        {one.line_item_id: one for one in stored},
        installed_at=INSTALLED,
        on_order_edit=mode,
    )


def stored(
    quantity: int, living: str = "", removed: int = 0, follows: bool = True, variant: int | None = 10
) -> StoredLine:
    """``living`` as in "bbf": blank, blank, filled, oldest first, with keys from 1; removed ones from 100."""
    items = tuple(StoredItem(number, kind == "b") for number, kind in enumerate(living, start=1))
    gone = tuple(StoredItem(100 + number, True) for number in range(removed))
    return StoredLine(1, variant, quantity, follows, items, gone)


def test_a_new_order_gets_one_item_for_each_unit_of_variants_that_generate() -> None:
    todo = planned(order(line(2), line(5, 11, 2), line(5, 12, 3), line(3, None, 4), line(1, 99, 5)))
    assert [(add.line_item_id, add.count, add.auto_generated) for add in todo.add] == [(1, 2, True)]
    assert todo.follows == {1: True, 2: False, 3: False, 4: False, 5: False}


def test_an_old_order_that_is_merely_updated_makes_no_items() -> None:
    old = timedelta(days=400)
    assert not planned(order(line(2), creation=False, age=old)).changes_items
    assert planned(order(line(2), creation=True, age=old)).add[0].count == 2
    assert planned(order(line(2), creation=False)).add[0].count == 2


def test_an_order_that_arrives_cancelled_makes_no_items() -> None:
    assert not planned(order(line(2), cancelled=True)).changes_items


def test_more_units_bring_back_the_newest_removed_items_and_then_make_new_ones() -> None:
    todo = planned(order(line(5)), stored(1, "b", removed=3))
    assert todo.restore == [100, 101, 102]
    assert [(add.count, add.auto_generated) for add in todo.add] == [(1, False)]
    assert planned(order(line(2)), stored(1, "b", removed=3)).restore == [102]


def test_more_units_are_left_to_a_person_where_the_shop_says_so() -> None:
    assert not planned(order(line(5)), stored(1, "b", removed=3), mode="manual").changes_items


def test_fewer_units_take_the_newest_blank_items_and_leave_filled_ones() -> None:
    assert planned(order(line(1)), stored(3, "bbb")).remove == [2, 3]
    assert planned(order(line(1)), stored(4, "bfbf")).remove == [1, 3]
    assert planned(order(line(1)), stored(3, "fff")).remove == []
    assert planned(order(line(0)), stored(3, "bfb")).remove == [1, 3]
    assert planned(order(line(0)), stored(3, "bfb"), mode="manual").remove == [1, 3]


def test_a_cancelled_order_loses_its_blank_items() -> None:
    assert planned(order(line(3), cancelled=True), stored(3, "bfb")).remove == [1, 3]


def test_a_line_that_is_gone_loses_filled_items_too() -> None:
    todo = planned(order(), stored(2, "fb"))
    assert todo.remove == [1, 2]
    assert todo.gone == [1]


def test_toggling_a_variant_changes_no_items() -> None:
    off = {10: replace(AUTO, trackable=False)}
    assert not planned(order(line(2)), stored(2, "bb"), variants=off).changes_items
    assert not planned(order(line(3)), stored(2, "bb"), variants=off).changes_items
    assert not planned(order(line(2)), stored(2, "", follows=False)).changes_items


def test_a_line_keeps_following_when_its_product_was_deleted() -> None:
    assert planned(order(line(1, None)), stored(2, "bb")).remove == [2]
    assert planned(order(line(3, None)), stored(2, "bb")).add[0].count == 1


def test_what_a_person_added_or_took_away_stays_so_until_the_quantity_changes() -> None:
    assert not planned(order(line(2)), stored(2, "bbb")).changes_items
    assert not planned(order(line(2)), stored(2, "b", removed=1)).changes_items


def test_a_line_that_never_had_items_of_its_own_does_not_begin_to_grow_them() -> None:
    assert not planned(order(line(9)), stored(2, "", follows=False)).changes_items
    assert planned(order(line(3)), stored(2, "bb", follows=False)).add[0].count == 1


@given(
    st.integers(0, 6),
    st.integers(0, 6),
    st.text("bf", max_size=6),
    st.integers(0, 4),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["automatic", "manual"]),
    st.sampled_from([10, 11, 12, None]),
)
def test_a_plan_carried_out_asks_for_nothing_more(
    quantity: int,
    known: int,
    living: str,
    removed: int,
    follows: bool,
    cancelled: bool,
    mode: str,
    variant: int | None,
) -> None:
    snapshot = order(line(quantity, variant), cancelled=cancelled)
    before = stored(known, living, removed, follows, variant)
    todo = planned(snapshot, before, mode=mode)
    items = [item for item in before.living if item.id not in todo.remove]
    items += [item for item in before.removed if item.id in todo.restore]
    items += [StoredItem(1000 + number, True) for number in range(sum(add.count for add in todo.add))]
    after = replace(
        before,
        quantity=snapshot.units(snapshot.lines[0]),
        living=tuple(items),
        removed=tuple(item for item in before.removed if item.id not in todo.restore),
    )
    assert not planned(snapshot, after, mode=mode).changes_items
    filled = [item for item in before.living if not item.blank]
    assert all(item in items for item in filled)
