"""For operators: is the process alive, can it serve, and what is it doing."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from serializer_app.errors import AppError
from serializer_app.store import schema
from serializer_app.web import metrics
from serializer_app.web.answers import answer
from serializer_app.web.counters import counters
from serializer_app.web.house import house

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers. Asks nothing else, so that a slow database does not get us killed."""
    return answer({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """The database answers and has the schema of this code. Shopify being away must not take us out of service."""
    try:
        with house().db.connect() as connection:
            current = schema.is_current(connection)
    except SQLAlchemyError as error:
        raise AppError("database_unavailable", "The database is away", status=503, permanent=False) from error
    if not current:
        raise AppError("migrations_pending", "Run serializer-app migrate first", status=503, permanent=False)
    return answer({"status": "ok"})


@health.get("/metrics")
def show_metrics() -> Response:
    """Prometheus text; closed unless SERIALIZER_METRICS_TOKEN is set and sent as a bearer token."""
    token = house().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if token is None or not hmac.compare_digest(given, token.encode()):
        raise AppError("unauthorized", "Send SERIALIZER_METRICS_TOKEN as a bearer token", status=401)
    body = metrics.text(
        house().db,
        counters(),
        version=current_app.config["VERSION"],
        api_version=house().settings.api_version,
    )
    return Response(body, content_type=CONTENT_TYPE_LATEST)
