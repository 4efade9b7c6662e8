"""Item IDs: made, checked and read as a person types them. Pure.

75 random bits and a Luhn-mod-32 check symbol over Crockford's base-32 alphabet, shown as XXXX-XXXX-XXXX-XXXX
(contract §1). The alphabet has no I, L, O and U; who reads one of the first three from a label means 1, 1 and 0.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata

from serializer_app.text import clean_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_IS_SYMBOL = frozenset(ALPHABET).issuperset
# Luhn doubles every second symbol and adds the digits of the result in base 32; both fit a table.
_DOUBLED = [(2 * value) // 32 + (2 * value) % 32 for value in range(32)]
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())
_TO_VALUE = bytes.maketrans(ALPHABET.encode(), bytes(range(32)))
_TO_DOUBLED = bytes.maketrans(ALPHABET.encode(), bytes(_DOUBLED))
_TYPED = str.maketrans({"I": "1", "L": "1", "O": "0", **dict.fromkeys("-‐‑‒–—―−﹘﹣－")})
_HYPHENS = str.maketrans(dict.fromkeys("-‐‑‒–—―−﹘﹣－"))
_SYMBOLS = 15


def check_symbol(symbols: str) -> str:
    """The Luhn-mod-32 check symbol of ``symbols``, which must be of the alphabet."""
    typed = symbols.encode("ascii")
    total = sum(typed[::-2].translate(_TO_DOUBLED)) + sum(typed[-2::-2].translate(_TO_VALUE))
    return ALPHABET[-total % 32]


def make_item_ids(count: int) -> list[str]:
    """``count`` new item IDs as shown, in ascending order: sorted, they cost an index fewer page splits."""
    # 80 random bits are 16 symbols of the standard's base 32; the last one gives its place to the check symbol.
    # Whole strings at a time: symbol by symbol this was a quarter of a large order's webhook.
    drawn = base64.b32encode(secrets.token_bytes(10 * count)).translate(_CROCKFORD)
    made = []
    for start in range(0, 16 * count, 16):
        symbols = drawn[start : start + _SYMBOLS]
        total = sum(symbols[::2].translate(_TO_DOUBLED)) + sum(symbols[1::2].translate(_TO_VALUE))
        made.append(_shown(symbols.decode("ascii") + ALPHABET[-total % 32]))
    return sorted(made)


def read_item_id(typed: str) -> str | None:
    """The item ID that ``typed`` stands for, as shown, or None when it can be none.

    Case, spaces, hyphens and look-alikes do not matter; a wrong check symbol makes it none.
    """
    symbols = read_symbols(typed)
    if symbols is None or len(symbols) != _SYMBOLS + 1:
        return None
    if check_symbol(symbols[:_SYMBOLS]) != symbols[_SYMBOLS]:
        return None
    return _shown(symbols)


def old_id_key(typed: str) -> str | None:
    """An item ID of another app as it is compared: case, spaces and hyphens do not matter. None for an empty text.

    One of our own form is compared like ours, look-alikes included: an earlier installation of this app made it.
    """
    if len(typed) > 200:
        return None
    seen = unicodedata.normalize("NFKC", read_item_id(typed) or clean_code(typed)).translate(_HYPHENS)
    return unicodedata.normalize("NFC", "".join(seen.split()).casefold())[:255] or None


def read_symbols(typed: str) -> str | None:
    """The symbols of the alphabet that ``typed`` stands for, without what people put between them, or None."""
    if len(typed) > 100:
        return None
    seen = clean_code(typed)
    symbols = "".join(unicodedata.normalize("NFKC", seen).upper().translate(_TYPED).split())
    return symbols if _IS_SYMBOL(symbols) else None


def _shown(symbols: str) -> str:
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:12]}-{symbols[12:]}"


def make_experience_id() -> str:
    """A new experience ID: ten symbols, 50 bits; the database keeps it unique in its shop."""
    bits = secrets.randbits(50)
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in range(45, -1, -5))
