"""Returns that Shopify announces: what is still expected, whatever was scanned before, after and between."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.clock import now
from serializer_app.domain.stock import announced
from serializer_app.domain.stock.announced import AnnouncedLine, ExpectedLine
from serializer_app.domain.stock.returns import ReturnEntry
from serializer_app.store.models import ReturnLine
from tests.domain.stock.conftest import Stock

LINE = 9000
STATUSES = ("REQUESTED", "OPEN", "CLOSED", "DECLINED", "CANCELED", "SOMETHING_NEW")
MOMENT = now()


def announce(stock: Stock, *lines: AnnouncedLine, order_id: int = 900) -> None:
    with stock.world.db.write() as session:
        announced.store(session, stock.world.shop_id, order_id, lines)


def back(
    quantity: int = 1, status: str = "OPEN", return_id: int = 1, order_id: int = 900, **disposed: int
) -> AnnouncedLine:
    """A return of units of the order's only line that was created now."""
    closed_at = now() if status == "CLOSED" else None
    return AnnouncedLine(return_id, order_id * 10, status, quantity, disposed, now(), closed_at)


def expected(stock: Stock) -> list[ExpectedLine]:
    with stock.world.db.read() as session:
        return announced.awaited(session, stock.world.shop_id)


def units(stock: Stock) -> list[tuple[int, int]]:
    return [(line.row.return_id, line.expected) for line in expected(stock)]


_ROWS = st.lists(
    st.builds(
        lambda day, status, quantity, missing, open_for: (day, status, quantity, missing, open_for),
        st.integers(0, 200),
        st.sampled_from(STATUSES),
        st.integers(0, 4),
        st.integers(0, 5),
        st.integers(0, 60),
    ),
    max_size=5,
)


@given(_ROWS, st.lists(st.integers(0, 260), max_size=8))
def test_no_scan_counts_twice_and_nothing_is_expected_that_shopify_does_not_expect(
    rows: list[tuple[int, str, int, int, int]], scanned_on: list[int]
) -> None:
    begin = MOMENT - timedelta(days=260)
    lines = [
        ReturnLine(
            return_id=number,
            line_item_id=LINE,
            status=status,
            quantity=quantity,
            missing=missing,
            created_at=begin + timedelta(days=day),
            closed_at=begin + timedelta(days=day + open_for) if status == "CLOSED" else None,
        )
        for number, (day, status, quantity, missing, open_for) in enumerate(rows)
    ]
    scans = [begin + timedelta(days=day) for day in scanned_on]
    counted = announced.count(lines, {LINE: scans}, MOMENT)

    assert len(counted) == len(lines)
    assert sum(line.scanned for line in counted) <= len(scans)
    for line in counted:
        most = max(0, line.row.quantity - line.row.missing) if line.row.status in STATUSES[:3] else 0
        assert 0 <= line.scanned <= most
        assert line.expected in (0, most - line.scanned)
        if line.row.status != "CLOSED":
            assert line.expected == most - line.scanned
    # One scan more never raises what is expected.
    more = announced.count(lines, {LINE: [*scans, MOMENT]}, MOMENT)
    assert sum(line.expected for line in more) <= sum(line.expected for line in counted)
    # The order in which rows and scans are read does not matter.
    again = announced.count(lines[::-1], {LINE: scans[::-1]}, MOMENT)
    assert {line.row.return_id: line.expected for line in again} == {
        line.row.return_id: line.expected for line in counted
    }


def test_a_scan_takes_a_unit_off_the_list_and_shopifys_disposition_sets_its_state(stock: Stock) -> None:
    announce(stock, back(NOT_RESTOCKED=0, RESTOCKED=1))
    assert units(stock) == [(1, 1)]
    stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert units(stock) == []
    assert stock.unit().state == "in_stock"


def test_what_staff_say_counts_more_than_what_shopify_says(stock: Stock) -> None:
    announce(stock, back(RESTOCKED=1))
    stock.take_back(900, ReturnEntry(serial_number="S1", disposition="scrapped"))
    assert stock.unit().state == "scrapped"


def test_several_dispositions_of_a_line_say_nothing_about_one_unit(stock: Stock) -> None:
    stock.world.order(902, units=3, customer_id=501)
    announce(stock, back(3, order_id=902, RESTOCKED=1, NOT_RESTOCKED=1), order_id=902)
    assert [line.disposition for line in expected(stock)] == [None]
    announce(stock, back(3, order_id=902, RESTOCKED=1), order_id=902)
    assert [line.disposition for line in expected(stock)] == ["RESTOCKED"]
    stock.take_back(902, ReturnEntry(item_id=stock.item(902).item_id))
    assert [(line.disposition, line.scanned, line.expected) for line in expected(stock)] == [(None, 1, 2)]


def test_a_missing_unit_is_not_waited_for_and_stays_with_its_owner(stock: Stock) -> None:
    announce(stock, back(MISSING=1))
    assert units(stock) == []
    assert (stock.unit().state, stock.item().removed_at, stock.item().registered) == ("sold", None, True)
    # It turned up after all: nothing is preselected, because a unit that was scanned is not missing.
    stock.take_back(900, ReturnEntry(serial_number="S1"))
    assert stock.unit().state == "returned"


def test_declined_canceled_and_vanished_returns_are_expected_no_longer(stock: Stock) -> None:
    for status in ("REQUESTED", "DECLINED", "OPEN", "CANCELED"):
        announce(stock, back(status=status))
        assert units(stock) == ([(1, 1)] if status in ("REQUESTED", "OPEN") else []), status
    announce(stock, back())
    announce(stock)
    with stock.world.db.read() as session:
        assert announced.of_orders(session, stock.world.shop_id, [900]) == []


def test_a_closed_return_is_listed_for_a_month(stock: Stock) -> None:
    line = back(status="CLOSED", RESTOCKED=1)
    announce(stock, line)
    assert units(stock) == [(1, 1)]
    old = now() - announced.LISTED - timedelta(days=1)
    announce(stock, AnnouncedLine(1, LINE, "CLOSED", 1, {}, old, old))
    assert units(stock) == []
    with stock.world.db.write() as session:
        session.get_one(ReturnLine, (stock.world.shop_id, 1, LINE)).awaited = True
        announced.forget_old(session, stock.world.shop_id)
        session.expire_all()
        assert not session.get_one(ReturnLine, (stock.world.shop_id, 1, LINE)).awaited


def test_no_more_is_expected_of_a_line_than_it_has_active_items(stock: Stock) -> None:
    announce(stock, back(5, return_id=1), back(5, return_id=2))
    assert units(stock) == [(1, 1)]
    announce(stock, back(3, order_id=4711), order_id=4711)  # an order of untracked products
    assert units(stock) == [(1, 1)]
