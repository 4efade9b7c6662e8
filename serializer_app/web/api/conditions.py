"""Conditional requests: an ETag on what can be changed, 304 for who has it, 412 for who changes what is gone."""

from __future__ import annotations

import hashlib

import msgspec
from flask import Response, request

from serializer_app.errors import AppError
from serializer_app.web.answers import JSON


def content_tag(body: object) -> str:
    """The tag of an answer: a hash of its JSON, so whatever changes in it changes the tag."""
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:32]


def tagged(body: object, status: int = 200, *, tag: str | None = None) -> Response:
    """``body`` as JSON with its ETag; 304 without a body where a GET names that ETag in If-None-Match."""
    encoded = msgspec.json.encode(body)
    response = Response(encoded, status, content_type=JSON)
    response.set_etag(tag or hashlib.sha256(encoded).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    if request.method in {"GET", "HEAD"} and status == 200:
        response.make_conditional(request)
    return response


def must_match(tag: str | None) -> None:
    """Refuse a change that was meant for another state: AppError ``precondition_failed`` 412.

    ``tag`` is None where there is nothing yet. A weak tag counts: proxies that compress make ours weak.
    """
    wanted = request.if_match
    if not wanted and "If-Match" not in request.headers:
        return
    if tag is None or not (wanted.contains_weak(tag) or wanted.star_tag):
        raise AppError(
            "precondition_failed",
            "It was changed meanwhile; load it again and repeat your change",
            status=412,
        )
