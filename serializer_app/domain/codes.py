"""Item IDs: made, checked and read as a person types them. Pure.

75 random bits and a Luhn-mod-32 check symbol over Crockford's base-32 alphabet, shown as XXXX-XXXX-XXXX-XXXX
(contract §1). The alphabet has no I, L, O and U; who reads one of the first three from a label means 1, 1 and 0.
"""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
# Luhn doubles every second symbol and adds the digits of the result in base 32; both fit a table.
_DOUBLED = [(2 * value) // 32 + (2 * value) % 32 for value in range(32)]
_TYPED = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SYMBOLS = 15
_DASHES = "-‐‑‒–—―−﹘﹣－"


def check_symbol(symbols: str) -> str:
    """The Luhn-mod-32 check symbol of ``symbols``, which must be of the alphabet."""
    total = 0
    for position, symbol in enumerate(reversed(symbols)):
        value = _VALUE[symbol]
        total += _DOUBLED[value] if position % 2 == 0 else value
    return ALPHABET[-total % 32]


def make_item_ids(count: int) -> list[str]:
    """``count`` new item IDs as shown, in ascending order: sorted, they cost an index fewer page splits."""
    source = secrets.token_bytes(10 * count)
    made = []
    for start in range(0, 10 * count, 10):
        bits = int.from_bytes(source[start : start + 10], "big") >> 5
        symbols = "".join(ALPHABET[(bits >> shift) & 31] for shift in range(70, -1, -5))
        made.append(_shown(symbols + check_symbol(symbols)))
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


def read_symbols(typed: str) -> str | None:
    """The symbols of the alphabet that ``typed`` stands for, without what people put between them, or None."""
    if len(typed) > 100:
        return None
    kept = "".join(
        symbol
        for symbol in unicodedata.normalize("NFKC", typed)
        if not symbol.isspace() and symbol not in _DASHES
    )
    symbols = kept.upper().translate(_TYPED)
    return None if any(symbol not in _VALUE for symbol in symbols) else symbols


def serial_key(serial_number: str) -> str:
    """A serial number in the form in which it is compared and looked up: NFC, trimmed, case-folded (contract §1)."""
    folded = unicodedata.normalize("NFC", serial_number).strip().casefold()
    return unicodedata.normalize("NFC", folded)


def _shown(symbols: str) -> str:
    return "-".join(symbols[start : start + 4] for start in range(0, 16, 4))


def make_experience_id() -> str:
    """A new experience ID: ten symbols, 50 bits; the database keeps it unique in its shop."""
    bits = secrets.randbits(50)
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in range(45, -1, -5))
