"""What a shop says itself about a unit: kept for each state and language, and only where it says something."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from serializer_app.domain.buyers import public_texts
from serializer_app.domain.buyers.public_texts import LENGTH, STATES
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.db import Database
from serializer_app.store.models import HistoryEntry
from tests.visitors import installed

SAID = st.dictionaries(st.sampled_from(STATES), st.text(max_size=40))


def change(db: Database, shop_id: int, language: str, wanted: dict[str, str]) -> dict[str, str]:
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        public_texts.change(session, shop, language, wanted, actor="staff:1")
    with db.read() as session:
        return public_texts.texts(session, shop_id, language)


@given(first=SAID, second=SAID)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_last_words_count_and_nothing_is_kept_beside_them(
    db: Database, first: dict[str, str], second: dict[str, str]
) -> None:
    shop_id = installed(db)
    german = change(db, shop_id, "de", {"lost": "Verloren"})
    change(db, shop_id, "en", first)
    kept = change(db, shop_id, "en", second)
    assert set(kept) <= {state for state, text in second.items() if text.strip()}
    for text in kept.values():
        assert text == text.strip() != ""
    assert change(db, shop_id, "en", kept) == kept, "what was kept is kept unchanged"
    assert change(db, shop_id, "de", {"lost": "Verloren"}) == german == {"lost": "Verloren"}


def test_a_text_beyond_the_limit_is_refused_and_nothing_changes(db: Database) -> None:
    shop_id = installed(db)
    change(db, shop_id, "en", {"lost": "x" * LENGTH})
    with pytest.raises(AppError) as refused:
        change(db, shop_id, "en", {"lost": "y" * (LENGTH + 1), "returned": "Back"})
    assert (refused.value.status, [detail["path"] for detail in refused.value.details]) == (422, ["lost"])
    with db.read() as session:
        assert public_texts.texts(session, shop_id, "en") == {"lost": "x" * LENGTH}
        changes = [entry.changes for entry in session.query(HistoryEntry).filter_by(action="configured")]
    assert len(changes) == 1
    assert "lost" in str(changes[0])
    assert "xxx" not in str(changes[0])
