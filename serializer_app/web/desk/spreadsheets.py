"""Exports as a stream of any length: a file is sent while it is written."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, stream_with_context

from serializer_app.domain.sheets.writer import TYPES


def download(pieces: Iterator[bytes], name: str, form: str) -> Response:
    """A spreadsheet that is sent while it is written."""
    return Response(
        stream_with_context(pieces),
        content_type=TYPES[form],  # type: ignore[index]  # one of TYPES
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            "Cache-Control": "no-store",
        },
    )
