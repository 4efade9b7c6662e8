"""Checking inputs: all problems at once, each with its path and a sentence for the developer who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from serializer_app.errors import AppError, Detail
from serializer_app.text import Json, decode_json

Checked = TypeVar("Checked")

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


def parse_json(body: bytes) -> Json:
    """A body as plain values. Raises AppError ``body_not_json`` 400, for NaN and nesting without end too.

    Half surrogates, NUL and raw control characters in its texts are dropped: nobody can mean them.
    """
    try:
        value: Json = decode_json(body)
    except RecursionError as error:
        raise AppError("body_not_json", "The body is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise AppError("body_not_json", f"The body is no valid JSON in UTF-8: {error}") from error
    return value


def check(
    kind: type[Checked] | TypeAdapter[Checked], value: object, *, code: str, message: str, status: int
) -> Checked:
    """``value`` as ``kind`` (an input model or an adapter of wire.values), or AppError with every problem in it."""
    adapter = kind if isinstance(kind, TypeAdapter) else adapter_of(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise AppError(code, message, status=status, details=details(found)) from error


def details(errors: Sequence[ErrorDetails]) -> list[Detail]:
    """pydantic's errors as contract §3 shows them: ``customFields.0.key`` and what is wrong there."""
    return [{"path": _path(error["loc"]), "message": _message(error)} for error in errors[:MOST_DETAILS]]


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:64] for part in location if part not in UNION_TAGS)


def _message(error: ErrorDetails) -> str:
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


_ADAPTERS: dict[object, TypeAdapter[Any]] = {}  # each for the type that is its key


def adapter_of(kind: type[Checked]) -> TypeAdapter[Checked]:
    """What checks values of ``kind``, built once."""
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found
