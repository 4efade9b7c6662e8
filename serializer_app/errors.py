"""What can go wrong, as one small family: a code for machines, a sentence for people, a status for HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class Detail(TypedDict):
    """One problem inside an input: ``path`` as in ``customFields.0.key``, and what to do about it."""

    path: str
    message: str


class AppError(Exception):
    """An expected failure.

    ``code`` is stable and documented, ``status`` is the HTTP answer, ``permanent`` says whether trying the same
    thing again can ever help (the worker parks a permanent failure and retries the rest). ``retry_after`` is a
    wait in seconds where the other side named one. ``values`` are what ``message`` names, for translations of it.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        permanent: bool = True,
        details: list[Detail] | None = None,
        retry_after: float | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.permanent = permanent
        self.details = details or []
        self.retry_after = retry_after
        self.values = values or {}
