"""A worker that was stopped for longer than its lease, and goes on as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Callable

from requests import PreparedRequest, Response
from sqlalchemy import update

from serializer_app.clock import now
from serializer_app.store.models import Lane
from serializer_app.sync.jobs import new_worker
from serializer_app.web.house import house
from tests.town import Town


def before_call(town: Town, operation: str, meanwhile: Callable[[], None]) -> None:
    """Have ``meanwhile`` happen while the worker's next call of this name is on its way, once."""
    send = town.worker._http.send
    waiting = [meanwhile]

    def slow(request: PreparedRequest, **options: object) -> Response:
        if waiting and json.loads(request.body or "{}").get("operationName") == operation:
            waiting.pop()()
        return send(request, **options)  # type: ignore[arg-type]

    town.worker._http.send = slow  # type: ignore[method-assign]  # the transport, not a function of ours


def test_what_it_had_read_does_not_stay_over_what_the_next_one_wrote(town: Town) -> None:
    order = town.shop.place_order([(town.track(), 2)])
    town.settle()
    line = order.lines[0].id

    def meanwhile() -> None:
        with town.db.write() as session:
            session.execute(update(Lane).values(leased_until=now()))
            town.hurry(session)
        town.store.advance(1)
        town.shop.edit_order(order, {line: 5})
        next_one = new_worker(town.settings, town.db, house(town.app).vault)
        while next_one.step():
            pass
        assert town.document(order)["currentTotalTrackable"] == 5

    town.store.advance(1)
    town.shop.edit_order(order, {line: 3})
    with town.db.write() as session:
        town.hurry(session)
    before_call(town, "MetafieldsSet", meanwhile)
    town.worker.step()
    town.settle()
    assert town.document(order)["currentTotalTrackable"] == 5
    assert [item["itemId"] for item in town.document(order)["items"]] == [
        i.item_id for i in town.items(order)
    ]
