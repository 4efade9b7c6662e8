"""Durations and the day they end."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from serializer_app.domain.ids import warranty
from serializer_app.domain.ids.warranty import Duration, read_day


@pytest.mark.parametrize(
    ("start", "stored", "zone", "end"),
    [
        ("2024-01-31T12:00+00:00", "P1M", "UTC", date(2024, 2, 29)),
        ("2023-01-31T12:00+00:00", "P1M", "UTC", date(2023, 2, 28)),
        ("2024-02-29T12:00+00:00", "P1Y", "UTC", date(2025, 2, 28)),
        ("2024-02-29T12:00+00:00", "P4Y", "UTC", date(2028, 2, 29)),
        ("2024-12-31T23:30+00:00", "P1D", "UTC", date(2025, 1, 1)),
        ("2024-12-31T23:30+00:00", "P1D", "Asia/Tokyo", date(2025, 1, 2)),
        ("2024-01-01T00:30+00:00", "P1M", "America/New_York", date(2024, 1, 31)),
        ("2024-05-10T12:00+00:00", "P100Y", "UTC", date(2124, 5, 10)),
        ("2024-05-10T12:00+00:00", "none", "UTC", None),
        ("2024-05-10T12:00+00:00", None, "UTC", None),
    ],
)
def test_end_dates_clamp_to_the_months_end_in_the_shops_time_zone(
    start: str, stored: str | None, zone: str, end: date | None
) -> None:
    assert warranty.ends_on(datetime.fromisoformat(start), stored, zone) == end


@pytest.mark.parametrize(
    ("unit", "value"), [("day", 0), ("month", -1), ("week", 1), ("year", 101), ("day", 36526)]
)
def test_a_duration_outside_its_range_is_refused(unit: str, value: int) -> None:
    with pytest.raises(ValueError, match="warranty"):
        Duration(unit, value)  # type: ignore[arg-type]


def test_what_is_stored_comes_back_on_the_wire() -> None:
    assert warranty.wire(warranty.store(Duration("month", 24))) == {"unit": "month", "value": 24}
    assert warranty.wire(warranty.store(None)) is None
    assert warranty.wire(warranty.LIFETIME.stored()) == {"unit": "year", "value": 100}


def test_an_unknown_time_zone_means_utc() -> None:
    start = datetime(2024, 1, 1, 23, 59, tzinfo=UTC)
    assert warranty.ends_on(start, "P1D", "Mars/Olympus") == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("31.01.2026", date(2026, 1, 31)),
        (" 1. 2. 2026 ", date(2026, 2, 1)),
        ("31.02.2026", None),
        ("03/04/2026", None),
        ("20260131", None),
        ("2026-W05-6", None),
        ("٣١.٠١.٢٠٢٦", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_unambiguous_forms(typed: str, day: date | None) -> None:
    assert read_day(typed) == day
