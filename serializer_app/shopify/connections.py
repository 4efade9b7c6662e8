"""Lists in answers of the Admin API: null nodes, null members and a null connection are an empty list."""

from __future__ import annotations

from serializer_app.text import JsonDict


def present(connection: JsonDict | None) -> list[JsonDict]:
    """The nodes of a connection that are there."""
    return [node for node in (connection or {}).get("nodes") or [] if node]


def next_cursor(connection: JsonDict | None) -> str | None:
    """The cursor of the next page, None where this one is the last."""
    info = (connection or {}).get("pageInfo") or {}
    return info.get("endCursor") if info.get("hasNextPage") else None
