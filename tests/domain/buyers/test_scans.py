"""Scans are counted without people, and a unit that is in too many places raises one alert."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.buyers import scans
from serializer_app.domain.buyers.scans import MANY_PLACES, estimate, place
from serializer_app.store.db import Database
from serializer_app.store.models import Scan
from tests.visitors import OTHER_SHOP, VAULT, installed

UNIT = ("item", 7)


def seen(db: Database, shop_id: int, address: str, unit: tuple[str, int] = UNIT) -> scans.ScanSummary:
    with db.write() as session:
        return scans.note(session, VAULT, shop_id, unit, address)


def test_an_owner_at_home_raises_nothing(db: Database) -> None:
    shop_id = installed(db)
    for number in range(40):
        found = seen(db, shop_id, f"203.0.113.{number}")
    assert (found.count, found.places, found.alert) == (40, 1, False)


def test_many_places_raise_one_alert_that_history_tells(db: Database) -> None:
    shop_id = installed(db)
    for number in range(3 * MANY_PLACES):
        found = seen(db, shop_id, f"10.{number}.1.1")
    assert found.alert
    with db.read() as session:
        (alert,) = scans.open_alerts(session, shop_id)
        told = [entry[2] for entry in history.entries(session, shop_id, *UNIT)]
    assert (alert.subject, alert.subject_id, alert.reason) == ("item", 7, "places")
    assert told == ["clone-alert"]


def test_one_visitor_raises_no_alert_however_often(db: Database) -> None:
    shop_id = installed(db)
    seen(db, shop_id, "203.0.113.1")
    with db.write() as session:
        session.execute(update(Scan).values(count=100_000))
    # Other addresses of one home are one place: its /24, or the /48 behind its line.
    for number in range(2 * MANY_PLACES):
        assert not seen(db, shop_id, f"203.0.113.{number}").alert
        assert not seen(db, shop_id, f"2001:db8:1:{number:x}::1").alert
    with db.read() as session:
        assert scans.open_alerts(session, shop_id) == []


def test_a_settled_alert_starts_afresh(db: Database) -> None:
    shop_id = installed(db)
    for number in range(3 * MANY_PLACES):
        seen(db, shop_id, f"10.{number}.1.1")
    with db.write() as session:
        (alert,) = scans.open_alerts(session, shop_id)
        assert scans.settle(session, shop_id, alert.id, actor="staff:1")
        assert not scans.settle(session, shop_id, alert.id, actor="staff:1")
    assert not seen(db, shop_id, "10.200.1.1").alert


def test_shops_and_units_are_counted_apart(db: Database) -> None:
    first, second = installed(db), installed(db, OTHER_SHOP)
    for number in range(3 * MANY_PLACES):
        seen(db, first, f"10.{number}.1.1")
    assert seen(db, second, "10.1.1.1").count == 1
    assert seen(db, first, "10.1.1.1", ("serial", 7)).count == 1
    with db.write() as session:
        (alert,) = scans.open_alerts(session, first)
        assert scans.open_alerts(session, second) == []
        assert not scans.settle(session, second, alert.id, actor="staff:1")


def test_what_is_kept_names_no_address(db: Database) -> None:
    shop_id, began = installed(db), now().date()
    seen(db, shop_id, "203.0.113.77")
    with db.read() as session:
        row = session.execute(select(Scan.__table__)).one()
    assert row.places.bit_count() == 1
    assert set(row._mapping) == {"shop_id", "subject", "subject_id", "day", "count", "places"}
    assert began <= row.day <= now().date()


def test_places_are_estimated_well_while_they_are_few() -> None:
    for count in range(12):
        assert abs(estimate(2**count - 1) - count) <= 2
    assert estimate(2**63 - 1) > 200


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("203.0.113.7", "203.0.113.200", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("2001:db8:1:2::3", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("", "", True),
        ("é", "x", False),
    ],
)
def test_a_place_is_a_network(first: str, second: str, same: bool) -> None:
    assert (place(first) == place(second)) is same
