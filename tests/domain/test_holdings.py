"""No table keeps personal data unless somebody answers for it."""

from __future__ import annotations

from serializer_app.domain.holdings import COVERED_OTHERWISE, HOLDINGS
from serializer_app.store.models import Base


def test_every_table_has_a_holding_or_a_reason() -> None:
    covered = [table for holding in HOLDINGS for table in holding.tables]
    assert len(covered) == len(set(covered))
    assert not set(covered) & set(COVERED_OTHERWISE)
    assert {*covered, *COVERED_OTHERWISE} == set(Base.metadata.tables), (
        "a new table: add it to a Holding in domain/holdings.py, or say there why it keeps nothing about people"
    )
