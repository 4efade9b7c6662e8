"""What somebody may have meant who typed a serial number from a label: a bounded list of near forms. Pure.

Serial numbers are compared in one form only (serial_keys), and an index of forgiving forms would slow the entry
of ten thousand of them. So it is the question that is varied, and only after the exact one found nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import combinations, islice, product, zip_longest

from serializer_app.domain.ids.serial_keys import serial_key

MOST = 600
LONGEST = 64

_SEPARATORS = "-‐‑‒–—―−﹘﹣－ _./\u00a0\u202f"
_ALIKE = {"o": "o0", "0": "0o", "i": "i1l", "1": "1il", "l": "l1i"}
_FOLDED = str.maketrans({"o": "0", "i": "1", "l": "1"})


def forgiving(text: str) -> str:
    """Two serial numbers that people take for each other have this in common: no separators, no look-alikes."""
    return _plain(serial_key(unicodedata.normalize("NFKC", text))).translate(_FOLDED)


def readings(typed: str) -> list[str]:
    """At most 600 serial keys that ``typed`` may stand for, the likeliest first; all of one ``forgiving`` form."""
    if len(typed) > LONGEST:
        return []
    key = serial_key(typed)
    wide = serial_key(unicodedata.normalize("NFKC", typed))
    if not key.isprintable() or not _plain(wide):
        return []
    shapes = list(dict.fromkeys([key, wide, *_shapes(wide)]))
    swapped = (reading for shape in shapes[:12] for reading in islice(_swaps(shape), 96))
    return list(dict.fromkeys(islice(_taking_turns(iter(shapes), swapped), 4 * MOST)))[:MOST]


def _taking_turns(first: Iterator[str], second: Iterator[str]) -> Iterator[str]:
    for pair in zip_longest(first, second):
        yield from (reading for reading in pair if reading is not None)


def _shapes(key: str) -> Iterator[str]:
    """The same characters with other separators: none, one kind of them, or hyphens where labels have them."""
    runs = _runs(key)
    plain = "".join(runs)
    yield plain
    for separator in ("-", " ", "_", ".", "/"):
        yield separator.join(runs)
    yield "-".join(_by_kind(plain))
    for size in (4, 5, 3, 6, 2):
        yield "-".join(plain[start : start + size] for start in range(0, len(plain), size))
    for place in range(1, len(plain)):
        yield f"{plain[:place]}-{plain[place:]}"
        yield f"{plain[:place]} {plain[place:]}"
    if len(plain) <= 24:
        for first, second in combinations(range(1, len(plain)), 2):
            yield f"{plain[:first]}-{plain[first:second]}-{plain[second:]}"


def _swaps(shape: str) -> Iterator[str]:
    """The same shape with every look-alike taken for its others: first all of them at once, then one by one."""
    if not any(symbol in _ALIKE for symbol in shape):
        return
    yield shape.translate(_FOLDED)
    yield shape.replace("0", "o").replace("1", "i")
    yield shape.replace("0", "o").replace("1", "l")
    for place, symbol in enumerate(shape):
        for other in _ALIKE.get(symbol, "")[1:]:
            yield shape[:place] + other + shape[place + 1 :]
    for symbols in product(*(_ALIKE.get(symbol, symbol) for symbol in shape)):
        yield "".join(symbols)


def _runs(key: str) -> list[str]:
    return "".join(" " if symbol in _SEPARATORS else symbol for symbol in key).split()


def _plain(key: str) -> str:
    return "".join(symbol for symbol in key if symbol not in _SEPARATORS)


def _by_kind(plain: str) -> list[str]:
    """Letters and digits apart: ``sn2024a7`` as sn, 2024, a, 7."""
    parts: list[str] = []
    for symbol in plain:
        if parts and parts[-1][-1].isdigit() == symbol.isdigit():
            parts[-1] += symbol
        else:
            parts.append(symbol)
    return parts
