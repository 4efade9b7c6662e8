"""Serial numbers in the form in which they are compared. Pure."""

from __future__ import annotations

import unicodedata

from serializer_app.text import clean_code


def serial_key(serial_number: str) -> str:
    """A serial number in the form in which it is compared and looked up: NFC, trimmed, case-folded (contract §1).

    Invisible characters, which come along when people copy one, do not count.
    """
    folded = unicodedata.normalize("NFC", clean_code(serial_number)).strip().casefold()
    return unicodedata.normalize("NFC", folded)
