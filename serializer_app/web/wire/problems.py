"""Checking inputs: all problems at once, each with its path and a sentence for the developer who reads it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from pydantic import TypeAdapter, ValidationError

from serializer_app.errors import AppError, Detail
from serializer_app.text import JsonDict, decode_json

MOST_DETAILS = 100
UNION_TAGS = frozenset({"(object)", "(list)", "[key]"})
"""Parts of pydantic's locations that are no part of the input."""

_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "bool_type": "must be true or false",
    "int_type": "must be an integer",
    "string_type": "must be a string",
    "string_pattern_mismatch": "must not contain control characters",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
}


def parse_json(body: bytes) -> Any:
    """A body as plain values. Raises AppError ``body_not_json`` 400, for NaN and nesting without end too.

    Half surrogates, NUL and raw control characters in its texts are dropped: nobody can mean them.
    """
    try:
        return decode_json(body)
    except RecursionError as error:
        raise AppError("body_not_json", "The body is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise AppError("body_not_json", f"The body is no valid JSON in UTF-8: {error}") from error


def check(kind: Any, value: Any, *, code: str, message: str, status: int) -> Any:
    """``value`` as ``kind`` (an input model or any type pydantic knows), or AppError with every problem in it."""
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise AppError(code, message, status=status, details=details(found)) from error


def details(errors: list[Any]) -> list[Detail]:
    """pydantic's errors as contract §3 shows them: ``customFields.0.key`` and what is wrong there."""
    return [{"path": _path(error["loc"]), "message": _message(error)} for error in errors[:MOST_DETAILS]]


def _path(location: tuple[Any, ...]) -> str:
    return ".".join(str(part)[:64] for part in location if part not in UNION_TAGS)


def _message(error: JsonDict) -> str:
    sentence = _SENTENCES.get(error["type"])
    if sentence is None:
        sentence = (
            str(error["msg"])
            .removeprefix("Value error, ")
            .replace("should be", "must be")
            .replace("should", "must")
        )
        sentence = sentence.removeprefix("Input ").removeprefix("String ").removeprefix("List ")
    return sentence


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
