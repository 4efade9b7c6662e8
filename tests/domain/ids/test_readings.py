"""Serial numbers as people type them: near forms are found, and only near forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.ids.readings import MOST, forgiving, readings
from serializer_app.domain.ids.serial_keys import serial_key


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("SN-2024-0001", "sn20240001"),
        ("SN-2024-0001", "SN 2024 OOO1"),
        ("SN-2024-0001", "SN–2024–0001"),
        ("SN20240001", "sn-2024-0001"),
        ("A1B2 C3D4", "A1B2C3D4"),
        ("ABCD-1234-EF56-7890", "abcd1234ef567890"),
        ("LOT-10", "l0t-1o"),
        ("X/12/34", "x 12 34"),
        ("ILO-01", "110 O1"),
    ],
)
def test_separators_case_and_look_alikes_do_not_matter(printed: str, typed: str) -> None:
    assert serial_key(printed) in readings(typed)


@given(st.text(max_size=80))
def test_every_reading_is_near_and_there_are_few(typed: str) -> None:
    found = readings(typed)
    assert len(found) <= MOST
    assert {forgiving(reading) for reading in found} <= {forgiving(typed)}


@given(st.text(alphabet="abcXYZ019OIl-", min_size=1, max_size=40).filter(lambda text: text.strip("-")))
def test_what_was_typed_exactly_comes_first(typed: str) -> None:
    assert readings(typed)[0] == serial_key(typed)


def test_another_number_is_never_a_reading() -> None:
    assert serial_key("SN-2024-0002") not in readings("SN-2024-0001")
