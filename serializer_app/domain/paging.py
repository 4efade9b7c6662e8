"""Pages by keyset: where a page begins, its rows, and whether there is more on either side. No OFFSET, no COUNT."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Never, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row", covariant=True)
New = TypeVar("New")
Direction = Literal["next", "previous"]
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Beyond the key ``beyond`` in ``direction``. Without a key: at the beginning, or before the end."""

    direction: Direction = "next"
    beyond: int | None = None

    @property
    def is_backwards(self) -> bool:
        return self.direction == "previous"


START = Place()
END = Place("previous")
"""The last page: from behind every row."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in ascending order of their keys, whichever way they were asked for."""

    rows: Sequence[Row]
    edges: tuple[int, int] | None
    """The keys of the first and the last row; None on an empty page."""
    has_previous: bool
    has_next: bool

    @property
    def following(self) -> Place:
        """Where the next page begins; the beginning again after an empty page."""
        return Place("next", self.edges[1]) if self.edges else START

    @property
    def preceding(self) -> Place:
        """Where the page before this one ends; the end after an empty page."""
        return Place("previous", self.edges[0]) if self.edges else END

    def of(self, rows: Sequence[New]) -> Page[New]:
        """The same page with what was found for its rows."""
        return Page(rows, self.edges, self.has_previous, self.has_next)


EMPTY: Page[Never] = Page((), None, False, False)


def walk(
    session: Session,
    query: Select[int],
    key: InstrumentedAttribute[int] | ColumnElement[int],
    place: Place,
    most: int,
) -> Page[int]:
    """The ``most`` keys at ``place`` of a query that selects ``key``. Two index searches at most."""

    def side(edge: int | None, way: Direction, count: int) -> list[int]:
        found = query if edge is None else query.where(key > edge if way == "next" else key < edge)
        ordered = found.order_by(key.asc() if way == "next" else key.desc()).limit(count)
        return list(session.scalars(ordered))

    beyond = place.beyond
    keys = side(beyond, place.direction, most + 1)
    more, keys = len(keys) > most, keys[:most]
    if place.is_backwards:
        keys.reverse()
        ahead = beyond is not None and bool(side(keys[-1] if keys else beyond - 1, "next", 1))
        return _page(keys, more, ahead)
    behind = beyond is not None and bool(side(keys[0] if keys else beyond + 1, "previous", 1))
    return _page(keys, behind, more)


def cut(keys: Sequence[int], place: Place, most: int) -> Page[int]:
    """The ``most`` keys at ``place`` of a list in ascending order."""
    if place.is_backwards:
        end = bisect_left(keys, LARGEST_KEY if place.beyond is None else place.beyond)
        start = max(0, end - most)
    else:
        start = 0 if place.beyond is None else bisect_right(keys, place.beyond)
        end = min(len(keys), start + most)
    return _page(keys[start:end], start > 0, end < len(keys))


def _page(keys: Sequence[int], has_previous: bool, has_next: bool) -> Page[int]:
    return Page(keys, (keys[0], keys[-1]) if keys else None, has_previous, has_next)
