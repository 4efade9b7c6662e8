"""Read GS1 codes: element strings from barcodes and Digital Links. Pure.

Source: GS1 General Specifications, 3 (application identifiers), 5.10.1 and 7.8 (FNC1, predefined lengths), 7.11 (the
82 characters); GS1 Digital Link URI Syntax 1.5 (uncompressed). Compressed links are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from serializer_app.domain.ids.gtin import check_digit, read_gtin

GS = "\x1d"
"""FNC1 between two elements, as scanners send it."""

# How scanners are set up to show FNC1, because a keyboard has no key for it. Longer ones first.
_SHOWN_GS = (
    "\\u001d",
    "\\x1d",
    "~d029",
    "<gs>",
    "{gs}",
    "[gs]",
    "<fnc1>",
    "{fnc1}",
    "[fnc1]",
    "\\f",
    "^]",
    "␝",
    "\x1e",
)
_SHOWN = re.compile("|".join(map(re.escape, _SHOWN_GS)), re.IGNORECASE)
# Any other character that no element may hold ends one too: scanners send |, ~, ^, # or @ for FNC1.
_NOT_IN_82 = re.compile(r"""[^!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""")

# Digits of an application identifier, by its first two.
_AI_LENGTH = {
    **dict.fromkeys("00 01 02 03 10 11 12 13 15 16 17 20 21 22 30 37".split(), 2),
    **{str(number): 2 for number in range(90, 100)},
    **dict.fromkeys("23 24 25 40 41 42 71".split(), 3),
    **dict.fromkeys("31 32 33 34 35 36 39 43 70 72 80 81 82".split(), 4),
}
# Identifier and data of these have one length together and need no FNC1 behind them.
_WHOLE_LENGTH = {
    "00": 20,
    **dict.fromkeys("01 02 03".split(), 16),
    "04": 18,
    **dict.fromkeys("11 12 13 15 16 17".split(), 8),
    "20": 4,
    **dict.fromkeys("31 32 33 34 35 36".split(), 10),
    "41": 16,
}
_DATES = frozenset("11 12 13 15 16 17".split())
_LONGEST = 90
_LONGEST_SERIAL = 20
_LINK_NAMES = {"gtin": "01", "ser": "21", "sscc": "00", "lot": "10", "cpv": "22"}
_GTIN_LENGTHS = (8, 12, 13, 14)


@dataclass(frozen=True)
class Code:
    """What a GS1 code says. ``gtin`` has 14 digits and a right check digit; ``serial`` is AI (21)."""

    gtin: str | None
    serial: str | None


def read_elements(text: str, *, marked: bool) -> Code | None:
    """The content of a barcode as element strings, or None if it is something else.

    ``marked`` says that a symbology identifier announced GS1. Without it and without brackets the text must start with
    a GTIN and hold a serial number, because many makers' numbers start with digits.
    """
    text = _SHOWN.sub(GS, text).strip(GS)
    if text.startswith("("):
        return _code(_bracketed(text))
    elements = _plain(text)
    if elements is None or (not marked and ("21" not in elements or not text.startswith("01"))):
        return None
    return _code(elements)


def read_link(segments: Sequence[str], query: Iterable[tuple[str, str]]) -> Code | None:
    """A Digital Link from the segments of its path, still percent-encoded, and its query; None for another link."""
    lowered = [_LINK_NAMES.get(segment.lower(), segment) for segment in segments]
    for start in range(len(lowered) - 1):
        gtin = _link_gtin(unquote(lowered[start + 1])) if lowered[start] == "01" else None
        if gtin is None:
            continue
        # Qualifiers come in pairs. A serial number with a slash that somebody did not encode is put together again.
        serial, rest = None, start + 2
        while rest + 1 < len(lowered):
            if lowered[rest] == "21":
                serial = unquote("/".join(segments[rest + 1 :]))
                break
            rest += 2
        if serial is None:
            serial = next(
                (value for name, value in query if _LINK_NAMES.get(name.lower(), name) == "21"), None
            )
        return Code(gtin, serial or None)
    return None


def _link_gtin(text: str) -> str | None:
    return read_gtin(text) if text.isascii() and text.isdigit() and len(text) in _GTIN_LENGTHS else None


def _bracketed(text: str) -> dict[str, str] | None:
    """``(01)…(21)…`` as printed below a barcode. A bracket in the data is no identifier unless it could be one."""
    parts = re.split(r"\(([0-9]{2,4})\)", text.replace(GS, ""))
    if parts[0].strip():
        return None
    elements: dict[str, str] = {}
    for ai, value in zip(parts[1::2], parts[2::2], strict=True):
        if _AI_LENGTH.get(ai[:2]) == len(ai):
            elements.setdefault(ai, value.strip())
            last = ai
        elif elements:
            elements[last] += f"({ai}){value}".rstrip()
        else:
            return None
    return elements if all(_holds(ai, value) for ai, value in elements.items()) else None


def _plain(text: str) -> dict[str, str] | None:
    elements: dict[str, str] = {}
    rest = text
    while rest:
        ai = rest[: _AI_LENGTH.get(rest[:2], 0)]
        if not ai or not (ai.isascii() and ai.isdigit()):
            return None
        length = _WHOLE_LENGTH.get(ai[:2])
        if length is not None:
            value, rest = rest[len(ai) : length], rest[length:]
        else:
            end = _NOT_IN_82.search(rest, len(ai))
            value, rest = rest[len(ai) : end.start() if end else None], rest[end.start() :] if end else ""
        if not _holds(ai, value):
            return None
        elements.setdefault(ai, value)
        if rest and _NOT_IN_82.match(rest):
            rest = rest[1:]
    return elements or None


def _holds(ai: str, value: str) -> bool:
    """Whether ``value`` is possible for this identifier: length, digits, check digit, date."""
    if not 1 <= len(value) <= _LONGEST or _NOT_IN_82.search(value):
        return False
    if ai == "21":
        return len(value) <= _LONGEST_SERIAL
    whole = _WHOLE_LENGTH.get(ai[:2])
    if whole is None:
        return True
    if len(value) != whole - len(ai) or not (value.isascii() and value.isdigit()):
        return False
    if ai in ("00", "01", "02", "03"):
        return check_digit(value[:-1]) == value[-1]
    return ai not in _DATES or (1 <= int(value[2:4]) <= 12 and int(value[4:]) <= 31)


def _code(elements: Mapping[str, str] | None) -> Code | None:
    if elements is None:
        return None
    return Code(read_gtin(elements["01"]) if "01" in elements else None, elements.get("21"))
