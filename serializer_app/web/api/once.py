"""Idempotency-Key: a request that is sent again gets the first answer and does nothing twice (contract §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import idempotency
from serializer_app.web.answers import JSON
from serializer_app.web.house import house

HEADER = "Idempotency-Key"
HEADERS = {
    HEADER: "A text of your choice, different for each request: the same request sent again within 24 hours gets the "
    "first answer, another one with this key is refused (409). Refusals are not kept."
}
ERRORS = ("idempotency_key_invalid", "idempotency_key_reused", "answer_erased")


@dataclass
class OnceOutcome:
    """An answer, and the registration whose customer it names."""

    status: int
    body: object
    subject: str | None = None


def once(act: Callable[[Session], OnceOutcome], sent: object) -> Response:
    """Do ``act`` in one write unit, or give the answer that the same request got before. ``sent`` is the body."""
    key = request.headers.get(HEADER)
    parts = house()
    if key is None:
        with parts.db.write() as session:
            outcome = act(session)
        return Response(msgspec.json.encode(outcome.body), outcome.status, content_type=JSON)
    # The body's meaning counts, not its spaces or the order of its keys.
    meant = f"{request.method} {request.path}\n".encode() + msgspec.json.encode(sent, order="sorted")
    slot = idempotency.slot(g.shop_id, g.actor, key, meant)
    with parts.db.write() as session:
        first = idempotency.first_answer(session, parts.vault, slot)
        if first is not None:
            return Response(first[1], first[0], {"Idempotent-Replay": "true"}, content_type=JSON)
        outcome = act(session)
        encoded = msgspec.json.encode(outcome.body)
        idempotency.keep(session, parts.vault, slot, outcome.status, encoded, subject=outcome.subject)
    return Response(encoded, outcome.status, content_type=JSON)
