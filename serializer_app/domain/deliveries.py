"""Events for the merchant's systems: who wants to hear of them, and what each was told (issue: outgoing webhooks).

An event tells ids and states, never who the customer is: whoever may know asks the API with the id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.codes import make_item_ids
from serializer_app.store import outbox
from serializer_app.store.models import Delivery, Endpoint

EVENTS = (
    "registration.submitted",
    "registration.approved",
    "registration.denied",
    "registration.reset",
    "registration.transferred",
    "serial.swapped",
    "item.created",
    "item.updated",
)

KIND = "deliver"


def announce(session: Session, shop_id: int, event: str, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell every endpoint that wants ``event`` about each of ``facts``, once this transaction is committed."""
    endpoints = session.connection().execute(
        select(Endpoint.id, Endpoint.events).where(Endpoint.shop_id == shop_id, Endpoint.active)
    )
    wanting = [endpoint_id for endpoint_id, events in endpoints if event in events.split(",")]
    if not wanting or not facts:
        return
    moment = now()
    event_ids = make_item_ids(len(facts))
    public_ids = make_item_ids(len(facts) * len(wanting))
    rows = [
        {
            "shop_id": shop_id,
            "public_id": public_ids[number * len(wanting) + place],
            "endpoint_id": endpoint_id,
            "event": event,
            "event_id": event_ids[number],
            "data": msgspec.json.encode(fact).decode(),
            "happened_at": moment,
        }
        for number, fact in enumerate(facts)
        for place, endpoint_id in enumerate(wanting)
    ]
    session.connection().execute(insert(Delivery), rows)
    outbox.put(session, shop_id, KIND, public_ids)
