"""The progress that pages ask for."""

from __future__ import annotations

import pytest

from serializer_app.domain.orders import backfills
from serializer_app.store.db import Database
from tests.web.desk.conftest import Staff


@pytest.mark.database("sqlite")
def test_work_that_no_page_shows_has_no_progress_to_ask_for(desk: Staff, db: Database, shop_id: int) -> None:
    with db.write() as session:
        task = backfills.start(session, shop_id)
    assert desk.get(f"/tasks/{task.public_id}").status_code == 404
