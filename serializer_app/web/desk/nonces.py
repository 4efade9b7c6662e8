"""A form sent twice does its work once: each carries a number of its own, and the first answer is given again."""

from __future__ import annotations

import hashlib
import secrets

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import idempotency
from serializer_app.web.answers import JSON
from serializer_app.web.house import house


def new_nonce() -> str:
    return secrets.token_urlsafe(18)


def answered_before(session: Session) -> Response | None:
    """The answer this very form got before. The slot is taken in the caller's transaction: what fails frees it."""
    found = idempotency.first_answer(session, house().vault, _slot())
    return None if found is None else Response(found[1], found[0], content_type=JSON)


def keep(session: Session, response: Response) -> Response:
    idempotency.keep(session, house().vault, _slot(), response.status_code, response.get_data())
    return response


def _slot() -> idempotency.Slot:
    body = "&".join(f"{name}={value}" for name, value in request.form.items(multi=True))
    # The whole actor, in the 64 characters that the column has: two of staff may choose one number.
    caller = hashlib.sha256(g.actor.encode()).hexdigest()
    return idempotency.slot(
        g.shop_id, caller, request.form.get("nonce", ""), f"{request.path}?{body}".encode()
    )
