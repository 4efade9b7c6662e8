"""The ``userErrors`` of mutations, told apart: whose fault each is, and whether another try may help.

Codes as in the official schema 2026-10 (MetafieldsSetUserErrorCode and its neighbours). ``UserError`` of
metafieldsDelete and flowTriggerReceive has no code, so there the message decides.
"""

from __future__ import annotations

from typing import Literal

from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.transport import TransientFailure
from serializer_app.text import Json, JsonDict

Kind = Literal["conflict", "missing", "transient", "permanent"]

_CONFLICTS = {"STALE_OBJECT", "INVALID_COMPARE_DIGEST"}
_TRANSIENT_CODES = {"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "THROTTLED", "TIMEOUT"}
_TRANSIENT_WORDS = (
    "internal error",
    "something went wrong",
    "timed out",
    "timeout",
    "try again",
    "throttled",
    "temporarily",
)
_MISSING_WORDS = ("does not exist", "not found", "doesn't exist")


def problems(payload: Json) -> list[JsonDict]:
    """The user errors of a mutation's payload; an entry that is no object is left out."""
    found = payload.get("userErrors") if isinstance(payload, dict) else None
    return [problem for problem in found or [] if isinstance(problem, dict)]


def kind(problem: JsonDict) -> Kind:
    """What a user error means: somebody else wrote, there is no such owner, try again, or no for good."""
    code = problem.get("code")
    if code in _CONFLICTS:
        return "conflict"
    if code in _TRANSIENT_CODES:
        return "transient"
    words = message(problem).lower()
    field = path(problem)
    if "ownerId" in field or (not field[2:] and any(part in words for part in _MISSING_WORDS)):
        return "missing"
    if code is None and any(part in words for part in _TRANSIENT_WORDS):
        return "transient"
    return "permanent"


def failure(code: str, problem: JsonDict, *, about: str = "") -> AppError:
    """A user error as our own error: TransientFailure or PermanentFailure with ``code``."""
    text = f"{about}: {message(problem)}" if about else message(problem)
    if kind(problem) == "transient":
        return TransientFailure(code, text)
    return PermanentFailure(code, text)


def path(problem: JsonDict) -> list[str]:
    """The input field that the error names, part by part."""
    field = problem.get("field")
    return [str(part) for part in field] if isinstance(field, list) else []


def index(problem: JsonDict) -> int | None:
    """Which entry of a list the error is about; None when it does not say."""
    element = problem.get("elementIndex")
    if isinstance(element, int) and not isinstance(element, bool):
        return element
    return next((int(part) for part in path(problem) if part.isascii() and part.isdigit()), None)


def message(problem: JsonDict) -> str:
    """What Shopify says, in at most 300 characters."""
    return str(problem.get("message") or problem.get("code") or "refused")[:300]
