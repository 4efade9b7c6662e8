"""Members of staff are told apart by the whole subject of their id token."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.desk import staff

subjects = st.one_of(
    st.text(min_size=1, max_size=200),
    st.integers(1, 2**63).map(str),
    st.builds("{}{}".format, st.just("7" * 64), st.text("0123456789", max_size=3)),
)


@given(subjects, subjects)
def test_two_subjects_are_two_members(one: str, other: str) -> None:
    assert (staff.member_id(one) == staff.member_id(other)) == (one == other)
    assert len(staff.member_id(one)) <= 64
    assert staff.member_id(one).isascii()


def test_shopifys_numbers_stay_as_they_are() -> None:
    assert staff.member_id("102938475") == "102938475"
