"""Answers in JSON, one shape for every error (contract §3), and the handlers that make it."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
import structlog
from flask import Flask, Response, g, request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from serializer_app.errors import AppError
from serializer_app.store.db import is_conflict, is_unavailable
from serializer_app.text import Json

log = structlog.get_logger(__name__)

JSON = "application/json"
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


# The source document of these has a message at the top; it stands beside our shape (contract §3).
_SOURCE_PATHS = ("/api/v1/serials", "/api/v1/registrations")


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """``body`` as JSON: plain values, msgspec structs, aware times."""
    return Response(msgspec.json.encode(body), status, headers, content_type=JSON)


def as_download(name: str, content_type: str, content: bytes) -> Response:
    """A stranger's file, which browsers save and never show: as a page of ours it could run scripts.

    ``name`` is safe to save (attachments.checks.file_name).
    """
    plain = name.encode("ascii", "ignore").decode().replace('"', "").strip()
    if plain.startswith("."):
        plain = f"file{plain}"
    return Response(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        },
    )


def failure(error: AppError, extra: dict[str, Json] | None = None) -> Response:
    """The error shape; ``extra`` stands beside it (the source's ``message`` on /serials and /registrations)."""
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after)))}
    body = {
        "error": {"code": error.code, "message": error.message, "details": error.details},
        "requestId": g.get("request_id", ""),
        **({"message": error.message} if request.path.startswith(_SOURCE_PATHS) else {}),
        **(extra or {}),
    }
    return answer(body, error.status, headers)


def wants_json() -> bool:
    """Whether this path answers machines. Pages are under / and answer people."""
    return request.path.startswith(
        ("/api/", "/webhooks/", "/apps/", "/extension/", "/healthz", "/readyz", "/metrics")
    ) or (request.accept_mimetypes.best_match(["text/html", JSON], "text/html") == JSON)


def handle_errors(app: Flask) -> None:
    """Every way out of a request that failed. An expected failure writes no traceback to the log."""
    app.register_error_handler(AppError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(IntegrityError, _race)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: AppError) -> Response:
    log.info("refused", code=error.code, status=error.status)
    return _rendered(error)


def _http(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    wrapped = AppError(_CODES.get(status, f"http_{status}"), error.description or error.name, status=status)
    response = _rendered(wrapped)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _database(error: SQLAlchemyError) -> Response:
    if is_conflict(error):
        return _conflict(error)
    if not is_unavailable(error):
        return _unexpected(error)
    # The statement and its values stay out of the log: they may hold names and addresses.
    cause = getattr(error, "orig", error)
    log.error("database unavailable", problem=type(cause).__name__, reason=_first_line(cause))
    return _rendered(
        AppError(
            "database_unavailable",
            "The database is away; try again",
            status=503,
            permanent=False,
            retry_after=2,
        )
    )


def _race(error: IntegrityError) -> Response:
    return _conflict(error)


def _conflict(error: SQLAlchemyError) -> Response:
    cause = getattr(error, "orig", error)
    log.warning("race lost", problem=type(cause).__name__, reason=_first_line(cause))
    return _rendered(
        AppError(
            "conflict",
            "Something else changed this at the same moment; try again",
            status=409,
            permanent=False,
        )
    )


def _unexpected(error: Exception) -> Response:
    log.exception("request failed")
    return _rendered(
        AppError("internal_error", "Something went wrong here; it was noted", status=500, permanent=False)
    )


def _first_line(error: BaseException | None) -> str:
    return str(error).split("\n", 1)[0][:200]


def _rendered(error: AppError) -> Response:
    if wants_json():
        return failure(error)
    from serializer_app.web.pages import error_page

    return error_page(error)
