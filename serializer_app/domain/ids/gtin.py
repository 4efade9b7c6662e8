"""Global Trade Item Numbers, and the GS1 Digital Link that stands on a box instead of a barcode. Pure.

Source: GS1 General Specifications 3 (GTIN), 7.9 (check digit); GS1 Digital Link URI Syntax 1.5: ``/01/<14 digits>``
and, for one unit, ``/21/<serial>``.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_LENGTHS = (8, 12, 13, 14)
_SEPARATORS = str.maketrans("", "", " -\u00a0")
# Figure 7.11-1: what AI (21) may hold, at most twenty of it.
_SERIAL = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}""")


def read_gtin(barcode: str | None) -> str | None:
    """The GTIN of a barcode field as 14 digits, or None where its length or its check digit is wrong."""
    digits = (barcode or "").translate(_SEPARATORS)
    if len(digits) not in _LENGTHS or not digits.isascii() or not digits.isdigit():
        return None
    padded = digits.zfill(14)
    return padded if padded.strip("0") and check_digit(padded[:-1]) == padded[-1] else None


def check_digit(digits: str) -> str:
    """The digit that makes the weighted sum a multiple of ten; the rightmost of ``digits`` weighs three."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def digital_link(gtin: str, serial: str | None = None) -> str | None:
    """The path of a product, or of one unit of it; None for a serial number that GS1 does not take."""
    if serial is None:
        return f"/01/{gtin}"
    return f"/01/{gtin}/21/{quote(serial, safe='')}" if _SERIAL.fullmatch(serial) else None


def barcode_forms(gtin: str) -> list[str]:
    """How a shop may have written these 14 digits into its barcode field, without spaces."""
    return [gtin[14 - length :] for length in _LENGTHS if not gtin[: 14 - length].strip("0")]
