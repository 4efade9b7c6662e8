"""Tokens in addresses and forms of the buyer's pages: what a visitor may see, what an owner holds, forms that expire.

A unit's own link is the random token of its serial (domain.buyers.units) and stands on boxes for good. A *view* is
what the verify page leads to: it says which unit was found and nothing else, gives no right to claim it, and ends
after a day. Both go through ``/apps/serializer/u/<token>``; their lengths tell them apart. An owner's link shows what
they registered for as long as it is theirs.

Every token is authenticated encryption under a key of ours (AES-SIV with a 128-bit tag), so none can be guessed or
changed. What shows lives long; what acts (forms) ends after two hours.
"""

from __future__ import annotations

import base64
import binascii
import struct
import time
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from serializer_app.store.crypto import Vault

VIEW_LIFE = 24 * 3600
OWNER_LIFE = 20 * 365 * 24 * 3600
_FORM = struct.Struct(">BQII")
_KINDS = {"item": 1, "serial": 2, "owner": 3}
_NAMES = {value: name for name, value in _KINDS.items()}


def seal(vault: Vault, shop_id: int, purpose: str, kind: str, key: int, life: float, mark: int = 0) -> str:
    """A token for (kind, key) in one shop, readable by us alone, for ``life`` seconds.

    ``mark``: 32 bits that have to be the same again when it is read, such as whose the thing was.
    """
    plain = _FORM.pack(_KINDS[kind], key, min(2**32 - 1, int(time.time() + life)), mark)
    sealed = _ciphers(vault)[0].encrypt(plain, [_place(shop_id, purpose)])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(vault: Vault, shop_id: int, purpose: str, token: str) -> tuple[str, int] | None:
    """(kind, key), or None for a token that is wrong, too old or made for another shop or purpose."""
    found = unseal_marked(vault, shop_id, purpose, token)
    return None if found is None else found[:2]


def opener(vault: Vault, shop_id: int) -> Callable[[str], tuple[str, int] | None]:
    """Opens the sealed token of a view or of an owner's page, for domain.registry.recognition.

    It says which unit is meant and gives no right: whether an owner's link still holds is for that page.
    """

    def opened(token: str) -> tuple[str, int] | None:
        return unseal(vault, shop_id, "view", token) or unseal(vault, shop_id, "owner", token)

    return opened


def unseal_marked(vault: Vault, shop_id: int, purpose: str, token: str) -> tuple[str, int, int] | None:
    """(kind, key, mark) as above."""
    if not token.isascii() or len(token) > 64:
        return None
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    if len(sealed) != _FORM.size + 16:
        return None
    for cipher in _ciphers(vault):
        try:
            kind, key, until, mark = _FORM.unpack(cipher.decrypt(sealed, [_place(shop_id, purpose)]))
        except InvalidTag:
            continue
        return (_NAMES[kind], key, mark) if time.time() <= until else None
    return None


@lru_cache(maxsize=16)
def _ciphers(vault: Vault) -> tuple[AESSIV, ...]:
    return tuple(AESSIV(key) for key in vault.derived_keys("buyer-token"))


def _place(shop_id: int, purpose: str) -> bytes:
    return f"{shop_id}:{purpose}".encode()
