"""Who may come in at /api/v1: the holder of an API key of one shop, at a bounded pace."""

from __future__ import annotations

import math
from datetime import timedelta

from flask import Response, after_this_request, current_app, g, request

from serializer_app.clock import now
from serializer_app.domain.shops import shops
from serializer_app.domain.shops.shops import KeyHolder
from serializer_app.errors import AppError
from serializer_app.store.crypto import API_KEY_PREFIX
from serializer_app.web.answers import failure
from serializer_app.web.api.operations import OPERATIONS
from serializer_app.web.house import house
from serializer_app.web.limits import Limiter, too_many

RATE = 100
BURST = 300
LIMITER = "serializer-api-limiter"
"""Where an app keeps its Limiter: one for each app, because two apps in one process have keys of the same number."""


def api_key_holder() -> Response | None:
    """The guard: ``Authorization: Bearer szr_…`` of an installed shop, with the scope the operation needs.

    Everything about a key that does not work is one 401: wrong, revoked, expired and uninstalled look alike.
    """
    holder = _holder()
    if holder is None:
        return _challenge(
            AppError("unauthorized", "A valid API key is needed: Authorization: Bearer szr_…", status=401),
            "" if "Authorization" not in request.headers else ', error="invalid_token"',
        )
    g.shop_id, g.shop_domain, g.actor = holder.shop_id, holder.domain, f"api-key:{holder.key_id}"
    _pace(holder)
    needed = OPERATIONS[request.endpoint.rsplit(".", 1)[-1]].scope if request.endpoint else None
    if needed is not None and needed not in holder.scopes:
        return _challenge(
            AppError("scope_missing", f"This API key does not have the scope {needed}", status=403),
            f', error="insufficient_scope", scope="{needed}"',
        )
    _note_use(holder)
    return None


def _holder() -> KeyHolder | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    if (
        scheme.lower() != "bearer"
        or not key.isascii()
        or not key.startswith(API_KEY_PREFIX)
        or len(key) > 200
    ):
        return None
    with house().db.read() as session:
        return shops.key_holder(session, key)


def _challenge(error: AppError, extra: str) -> Response:
    response = failure(error)
    response.headers["WWW-Authenticate"] = f'Bearer realm="serializer"{extra}'
    return response


def _pace(holder: KeyHolder) -> None:
    """Take one request from the key's bucket. Every answer says what is left (draft-ietf-httpapi-ratelimit-headers)."""
    limiter: Limiter = current_app.extensions.setdefault(LIMITER, Limiter(RATE, BURST))
    wait = limiter.take(holder.key_id)
    left = 0 if wait else limiter.left(holder.key_id)
    full_in = max(1, math.ceil((BURST - left) / RATE))

    @after_this_request
    def tell(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["RateLimit-Policy"] = f'"key";q={BURST};w={BURST // RATE}'
        response.headers["RateLimit"] = f'"key";r={left};t={full_in}'
        return response

    if wait:
        raise too_many(wait)


def _note_use(holder: KeyHolder) -> None:
    """At most once an hour, and in a write unit of its own: a refused request has used the key as well."""
    if holder.last_used_at is not None and holder.last_used_at > now() - timedelta(hours=1):
        return
    with house().db.write() as session:
        shops.key_used(session, holder.key_id)
