"""Cursors: where the next page begins, opaque to whoever carries it and useless to whoever changes it.

24 bytes, so that they fill 32 URL-safe characters without padding or spare bits: the key of the edge row with the
direction in its top bit, then 16 bytes of HMAC-SHA256 over it, the shop and the filters. A cursor of another shop,
of other filters or with one character changed is no cursor.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from serializer_app.domain.paging import START, Direction, Page, Place
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault

_LENGTH = 32
_PREVIOUS = 1 << 63


@dataclass(frozen=True, slots=True)
class ListCursors:
    """The cursors of one list: of one shop, under one set of filters."""

    keys: Sequence[bytes]
    """Newest first: the first signs, all verify."""
    shop_id: int
    filters: Mapping[str, int | str]

    def place(self, text: str | None) -> Place:
        """Where the page of a cursor begins; at the start without one. Raises AppError ``cursor_invalid`` 400."""
        if text is None:
            return START
        if len(text) != _LENGTH or not text.isascii():
            raise _invalid()
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise _invalid() from error
        edge, seal = raw[:8], raw[8:]
        if not any(hmac.compare_digest(seal, self._seal(key, edge)) for key in self.keys):
            raise _invalid()
        number = int.from_bytes(edge, "big")
        return Place("previous", number ^ _PREVIOUS) if number & _PREVIOUS else Place("next", number)

    def around(self, page: Page[object], place: Place) -> tuple[str | None, str | None]:
        """The cursors (previous, next) of the page at ``place``; None where there is nothing more."""
        if not (page.has_previous or page.has_next):
            return None, None
        # An empty page has no other edge than the key it was asked for with.
        first, last = page.edges or ((place.beyond or 0) + 1, (place.beyond or 1) - 1)
        return (
            self.encode("previous", first) if page.has_previous else None,
            self.encode("next", last) if page.has_next else None,
        )

    def encode(self, direction: Direction, key: int) -> str:
        """The cursor for what lies beyond ``key`` (0…2⁶³−1) in ``direction``."""
        edge = (key | _PREVIOUS if direction == "previous" else key).to_bytes(8, "big")
        return base64.urlsafe_b64encode(edge + self._seal(self.keys[0], edge)).decode("ascii")

    def _seal(self, key: bytes, edge: bytes) -> bytes:
        # repr() of sorted pairs is unambiguous for numbers and strings, and escapes what UTF-8 cannot carry.
        bound = f"{self.shop_id}:{sorted(self.filters.items())!r}".encode()
        return hmac.digest(key, edge + bound, "sha256")[:16]


def cursors_of(vault: Vault, shop_id: int, filters: Mapping[str, int | str]) -> ListCursors:
    """The cursors of a list. ``filters`` names the list where another one has the same filters."""
    return ListCursors(signing_keys(vault), shop_id, filters)


@lru_cache(maxsize=16)
def signing_keys(vault: Vault) -> tuple[bytes, ...]:
    """The keys of cursors, newest first. Kept: deriving costs more than signing."""
    return tuple(vault.derived_keys("cursor"))


def _invalid() -> AppError:
    return AppError(
        "cursor_invalid",
        "The cursor is none of this list. Use the one an answer gave, with the same filters, unchanged",
        details=[{"path": "cursor", "message": "is none that this list gave out"}],
    )
