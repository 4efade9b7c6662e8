"""Request bodies are read whole or refused: a body that is too large, cut off or badly framed never reaches a handler.

Werkzeug relies on Content-Length for this. Of a chunked body it returns the first ``max_content_length`` bytes without
an error, and behind gunicorn, which terminates the input itself, it does not notice that a client went away half way.
"""

from __future__ import annotations

import io
from functools import cached_property
from typing import IO, TYPE_CHECKING, cast

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_STEP = 256 * 1024
MEGABYTE = 1024 * 1024


class WholeBody(io.RawIOBase):
    """The body of one request, counted while it is read.

    ``declared`` is the Content-Length, None for a chunked body; ``limit`` is in bytes, None for no limit. Reading
    raises RequestEntityTooLarge (413) beyond the limit and BadRequest (400) for a body that ends early or whose
    chunks are malformed, and does so again each time: what was refused is never taken for an empty body. Nothing
    beyond the first excess byte is read.
    """

    def __init__(self, source: IO[bytes], declared: int | None, limit: int | None) -> None:
        self._source = source
        self._declared = declared
        self._limit = limit
        self._count = 0
        self._ended = False
        self._refusal: HTTPException | None = None

    def readable(self) -> bool:
        return True

    def _next(self, most: int) -> bytes:
        """Return up to ``most`` bytes; b"" only when the whole body was read."""
        if self._refusal is not None:
            raise self._refusal
        try:
            return self._counted(most)
        except HTTPException as refusal:
            self._refusal = refusal
            raise

    def _counted(self, most: int) -> bytes:
        if self._declared is not None:
            most = min(most, self._declared - self._count)
        elif self._limit is not None:
            most = min(most, self._limit + 1 - self._count)
        if self._ended or most <= 0:
            return b""
        try:
            data = self._source.read(most)
        except (OSError, ValueError, ParseException) as error:
            raise BadRequest("The request body could not be read to its end; send it again") from error
        self._count += len(data)
        if not data:
            self._ended = True
            if self._declared is not None:
                raise BadRequest(
                    f"The request body ended after {self._count} of {self._declared} bytes; send it again"
                )
        if self._limit is not None and self._count > self._limit:
            raise too_large(self._limit)
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        first = self._next(self._declared - self._count if self._declared is not None else _STEP)
        parts = [first]
        while parts[-1]:
            parts.append(self._next(_STEP))
        return b"".join(parts) if len(parts) > 2 else first


class WholeRequest(Request):
    """Flask's request with a body that is whole or refused."""

    @cached_property
    def stream(self) -> IO[bytes]:
        declared, limit = self.content_length, self.max_content_length
        if declared is None and "wsgi.input_terminated" not in self.environ:
            # Without a length and without a server that knows the end, reading could wait for ever.
            return io.BytesIO()
        if declared is not None and limit is not None and declared > limit:
            raise too_large(limit)
        source: IO[bytes] = self.environ["wsgi.input"]
        return cast("IO[bytes]", WholeBody(source, declared, limit))


def too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The request body is larger than {limit // MEGABYTE} MB")
