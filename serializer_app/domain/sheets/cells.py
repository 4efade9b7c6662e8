"""What spreadsheet programs do to the text of a cell, and the mark that keeps it as it is.

Excel opens ``00123`` as 123 and ``123456789012345`` as 1.23457E+14, writes ``#N/A`` where a formula failed, and runs
text that begins like a formula. Exports put an apostrophe before text that Excel or our reader would take for
something else; the reader takes exactly that apostrophe off again, so a round trip changes nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")  # OWASP, "CSV Injection": the full-width forms run too
_QUOTED = re.compile(r'="(?:[^"]|"")*"')
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{2,3}")
_DECIMAL = re.compile(r"(\d+)[.,]0")
_ERRORS = frozenset(
    "#N/A #REF! #VALUE! #NAME? #DIV/0! #NUM! #NULL! #SPILL! #CALC! #FIELD! #BUSY! #BLOCKED! #CONNECT! #UNKNOWN! "
    "#GETTING_DATA #NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK!".split()
)
MARK = "'"
TROUBLES = {
    "cell_scientific": "The spreadsheet shortened this number (1.23E+12) and lost digits; format the column as text",
    "cell_error": "The cell holds an error of the spreadsheet, not a value",
    "cell_json": "The line is no JSON object, or a value in it is not text, a whole number, true, false or null",
}
"""Why a cell could not be read, in English."""


class Cell(NamedTuple):
    """``text`` as it is meant. ``trouble``: an error code for a cell whose text is lost; ``note``: what was assumed."""

    text: str
    trouble: str | None = None
    note: str | None = None


def marked(text: str, *, formulas: bool) -> str:
    """Return ``text`` as an export writes it. ``formulas``: the file is CSV, where text can be run as a formula."""
    return MARK + text if _needs_mark(text, formulas) else text


def read(text: str, *, formulas: bool) -> Cell:
    """Read a text cell; the reverse of ``marked`` for what an export wrote."""
    if text.startswith(MARK) and _needs_mark(text[1:], formulas):
        return Cell(text[1:])
    bare = text.strip()
    if _QUOTED.fullmatch(bare):
        return Cell(bare[2:-1].replace('""', '"'))
    if bare.upper() in _ERRORS:
        return Cell(bare, "cell_error")
    if _SCIENTIFIC.fullmatch(bare):
        return Cell(bare, "cell_scientific")
    if whole := _DECIMAL.fullmatch(bare):
        return Cell(whole[1], note="cell_decimal")
    return Cell(text)


def _needs_mark(text: str, formulas: bool) -> bool:
    rest = text.lstrip(MARK)
    bare = rest.strip()
    return (formulas and _FORMULA.match(rest) is not None) or (
        bare.upper() in _ERRORS
        or any(odd.fullmatch(bare) is not None for odd in (_QUOTED, _SCIENTIFIC, _DECIMAL))
    )
