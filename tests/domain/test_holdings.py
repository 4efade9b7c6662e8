"""No table keeps personal data unless somebody answers for it."""

from __future__ import annotations

import re
from pathlib import Path

from serializer_app.domain.holdings import COVERED_OTHERWISE, ENCRYPTED, HOLDINGS
from serializer_app.store.models import Base

ROOT = Path(__file__).resolve().parents[2]


def test_every_table_has_a_holding_or_a_reason() -> None:
    covered = [table for holding in HOLDINGS for table in holding.tables]
    assert len(covered) == len(set(covered))
    assert not set(covered) & set(COVERED_OTHERWISE)
    assert {*covered, *COVERED_OTHERWISE} == set(Base.metadata.tables), (
        "a new table: add it to a Holding in domain/holdings.py, or say there why it keeps nothing about people"
    )


def test_every_encrypted_column_is_rotated() -> None:
    """A column is encrypted if its description in the models says so; data of imports is where it names people."""
    said = {
        f"{model}.{column}"
        for file in (ROOT / "serializer_app/store/models").glob("*.py")
        for model, body in re.findall(
            r"^class (\w+)\(Base\):\n((?:    .*\n|\n)*)", file.read_text(), flags=re.M
        )
        for column in re.findall(r'^    (\w+): Mapped.*\n    """[^"]*[Ee]ncrypted', body, flags=re.M)
    }
    rotated = [f"{column.class_.__name__}.{column.key}" for entry in ENCRYPTED for column in entry.columns]
    assert len(said) >= 8
    assert sorted(rotated) == sorted(said | {"TaskPart.content", "TaskPart.errors"})
