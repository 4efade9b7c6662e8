"""Metafields of namespace ``serializer`` as the Admin API shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serializer_app.errors import AppError
from serializer_app.shopify.transport import TransientFailure
from serializer_app.text import Json, JsonDict

Call = Callable[[str, JsonDict], JsonDict]
"""(operation name, variables) → data, such as ``AdminClient.execute``."""

ROOM = 30
"""Metafields that are asked for of one owner at first."""
MOST = 250
"""Metafields that Shopify gives at once."""
_POINTS = 900
_OWNERS = 25


@dataclass(frozen=True)
class Metafield:
    """One metafield; ``digest`` is Shopify's compareDigest."""

    key: str
    type: str
    text: str
    digest: str


Shown = dict[str, Metafield] | AppError | None
"""Metafields by key; None for an owner that Shopify does not show; the error where its answer made no sense."""


def of_owners(call: Call, owners: Sequence[str], room: int = ROOM) -> list[Shown]:
    """All metafields of each owner (global IDs), in their order.

    ``room`` is how many an owner is expected to have; one that has more is asked again. One owner's odd answer concerns
    no other. Costs (room + 3) points an owner.
    """
    first = min(max(room, 1), MOST)
    size = max(1, min(_OWNERS, _POINTS // (first + 3)))
    found: list[Shown] = []
    for start in range(0, len(owners), size):
        chunk = list(owners[start : start + size])
        nodes = _nodes(call("OwnerMetafields", {"ids": chunk, "first": first}), len(chunk))
        found += [_of_owner(call, owner, node) for owner, node in zip(chunk, nodes, strict=True)]
    return found


def _nodes(data: JsonDict, count: int) -> list[JsonDict | None]:
    nodes = data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != count:
        raise TransientFailure("no_graphql", "Shopify's answer does not name every owner it was asked for.")
    return nodes


def _of_owner(call: Call, owner: str, node: JsonDict | None) -> Shown:
    if node is None:
        return None
    try:
        found, cursor = _read(node)
        while cursor is not None:
            again = _nodes(call("OwnerMetafields", {"ids": [owner], "first": MOST, "after": cursor}), 1)[0]
            if again is None:
                return None
            more, cursor = _read(again)
            found |= more
    except (KeyError, TypeError, AttributeError):
        return TransientFailure("no_graphql", "Shopify's answer about this owner makes no sense.")
    return found


def _read(node: JsonDict) -> tuple[dict[str, Metafield], str | None]:
    """(metafields of one page, cursor of the next one or None)."""
    connection = node["metafields"]
    found = {
        entry["key"]: Metafield(
            _text(entry["key"]),
            _text(entry["type"]),
            _text(entry["value"]),
            _text(entry["compareDigest"]),
        )
        for entry in connection["nodes"]
    }
    info = connection["pageInfo"]
    return found, info["endCursor"] if info["hasNextPage"] else None


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value
