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
from functools import lru_cache

from serializer_app.domain.items.pages import Direction, PageOfItems
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault

_LENGTH = 32
_PREVIOUS = 1 << 63


@lru_cache(maxsize=16)
def signing_keys(vault: Vault) -> tuple[bytes, ...]:
    """The keys of cursors, newest first: the first signs, all verify. Kept: deriving costs more than signing."""
    return tuple(vault.derived_keys("cursor"))


def encode(
    vault_keys: Sequence[bytes],
    shop_id: int,
    filters: Mapping[str, int | str],
    direction: Direction,
    key: int,
) -> str:
    """The cursor for what lies beyond ``key`` (0…2⁶³−1) in ``direction``, under these filters of this shop."""
    edge = (key | _PREVIOUS if direction == "previous" else key).to_bytes(8, "big")
    return base64.urlsafe_b64encode(edge + _seal(vault_keys[0], shop_id, filters, edge)).decode("ascii")


def decode(
    vault_keys: Sequence[bytes], shop_id: int, filters: Mapping[str, int | str], text: str
) -> tuple[Direction, int]:
    """(direction, key) of a cursor made by ``encode`` with the same shop and filters.

    Raises AppError ``cursor_invalid`` 400 for anything else.
    """
    if len(text) != _LENGTH or not text.isascii():
        raise _invalid()
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise _invalid() from error
    edge, seal = raw[:8], raw[8:]
    if not any(hmac.compare_digest(seal, _seal(key, shop_id, filters, edge)) for key in vault_keys):
        raise _invalid()
    number = int.from_bytes(edge, "big")
    return ("previous", number ^ _PREVIOUS) if number & _PREVIOUS else ("next", number)


def around(
    page: PageOfItems,
    vault_keys: Sequence[bytes],
    shop_id: int,
    filters: Mapping[str, int | str],
    beyond: int | None,
) -> tuple[str | None, str | None]:
    """The cursors (previous, next) of a page whose rows begin with their key; None where there is nothing more.

    ``beyond`` is the key the page was asked for with: an empty page has no other edge.
    """
    previous = following = None
    if page.has_previous:
        edge = page.rows[0][0] if page.rows else (beyond or 0) + 1
        previous = encode(vault_keys, shop_id, filters, "previous", edge)
    if page.has_next:
        edge = page.rows[-1][0] if page.rows else (beyond or 1) - 1
        following = encode(vault_keys, shop_id, filters, "next", edge)
    return previous, following


def _seal(key: bytes, shop_id: int, filters: Mapping[str, int | str], edge: bytes) -> bytes:
    # repr() of sorted pairs is unambiguous for numbers and strings, and escapes what UTF-8 cannot carry.
    bound = f"{shop_id}:{sorted(filters.items())!r}".encode()
    return hmac.digest(key, edge + bound, "sha256")[:16]


def _invalid() -> AppError:
    return AppError(
        "cursor_invalid",
        "The cursor is none of this list. Use the one an answer gave, with the same filters, unchanged",
        details=[{"path": "cursor", "message": "is none that this list gave out"}],
    )
