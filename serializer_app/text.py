"""Text from outside, cleaned at the door through which it enters: webhooks, GraphQL answers, files, API, tills. Pure.

Every text passes one of these functions before it is stored or looked up:

- ``clean``: one line that people read, such as a name or a title;
- ``clean_lines``: text that may have line breaks, such as a note;
- ``clean_code``: what identifies something, such as a serial number or an SKU, and what people paste into a search;
- ``decode_json``, ``clean_json``: JSON bodies that a strict parser would refuse.

All of them remove what PostgreSQL, XML or a mail cannot hold (half surrogates, control characters, noncharacters), byte
order marks, and the controls that change how the text *around* them is shown (bidirectional embeddings, overrides and
isolates). ``clean`` keeps everything else that belongs to writing: joiners, directional marks, no-break and thin
spaces, variation selectors, soft hyphens. Real names contain them. A code does not, so ``clean_code`` removes whatever
is invisible and turns every kind of space into an ordinary one.

Nothing here trims, changes case or normalises: forms for comparison do that (``domain.ids.serial_keys.serial_key``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A JSON value. One that was decoded has lists and dictionaries: tell them apart with ``isinstance(value, dict)``."""

JsonObject: TypeAlias = Mapping[str, Json]
"""A JSON object."""

JsonDict: TypeAlias = dict[str, Any]  # whoever uses it knows the shape
"""A JSON object whose shape is known from elsewhere: a GraphQL answer (tests hold each document against Shopify's
schema), a signed payload of Shopify's, an OpenAPI document, what we stored ourselves. Anything else is ``Json``.
"""

_BREAKS = r"\n\x0b\x0c\r\x85\u2028\u2029"
_NONCHARACTERS = r"\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNUSABLE = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls, but for tab and breaks
    r"\ufeff\u202a-\u202e\u2066-\u206f\ufff9-\ufffb" + _NONCHARACTERS
)
# What Unicode calls default-ignorable, and U+FFFC, which stands for a picture that was not copied.
_INVISIBLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff0-\ufff8\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SPACES = r"\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NEVER = re.compile(f"[{_UNUSABLE}]+")
_UNSEEN = re.compile(f"[{_UNUSABLE}{_INVISIBLE}]+")
_BREAK_RUN = re.compile(rf"[\t{_BREAKS}]+")
_ONE_BREAK = re.compile(rf"\r\n|[{_BREAKS}]")
_SPACE = re.compile(f"[{_SPACES}]")

_RAW_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_ESCAPE = re.compile(
    rb"\\u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|([dD][89a-fA-F][0-9a-fA-F]{2}|0000))"  # half of one, or NUL
    rb"|\\."  # any other escape, so that the u behind an escaped backslash is none
)
_RAW_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_RAW_BREAKS = bytes.maketrans(b"\t\n\r", b"   ")


def clean(text: str) -> str:
    """``text`` as one line that people read. Line breaks and tabs become a space; the ends are kept as they are."""
    if text.isprintable():  # nothing to do for almost every title, and the quickest way to know it
        return text
    return _BREAK_RUN.sub(" ", _usable(text))


def clean_lines(text: str) -> str:
    """``text`` with ``\\n`` for every kind of line break. Tabs stay."""
    if text.isprintable():
        return text
    return _ONE_BREAK.sub("\n", _usable(text))


def clean_code(text: str) -> str:
    """``text`` as a code: one line, nothing invisible, only ordinary spaces.

    The separators of scanned element strings (GS, RS, EOT) are control characters: split the text on them first.
    """
    if text.isascii() and text.isprintable():
        return text
    seen = _UNSEEN.sub("", _whole_pairs(text))
    return _SPACE.sub(" ", _BREAK_RUN.sub(" ", seen))


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` would be seen: it is empty or has spaces and invisible characters only."""
    return not clean_code(text).strip()


def clean_values(value: Json) -> Json:
    """JSON values with every text in them cleaned, names of members too."""
    if isinstance(value, str):
        return clean_lines(value)
    if isinstance(value, list):
        return [clean_values(member) for member in value]
    if isinstance(value, dict):
        return {clean_lines(name): clean_values(member) for name, member in value.items()}
    return value


def decode_json(body: bytes) -> Any:  # the caller says what the body holds
    """A JSON body as plain values whose texts can be stored: without half surrogates and NUL, otherwise untouched.

    Raises msgspec.DecodeError or RecursionError for what is no JSON.
    """
    if b"\\u0000" not in body:
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    return msgspec.json.decode(clean_json(body))


def clean_json(body: bytes) -> bytes:
    """A JSON body without half surrogates, NUL, raw control characters, a byte order mark and bytes that are no UTF-8.

    For bodies that a strict parser refused: the result may still be no JSON. A byte that is no UTF-8 becomes U+FFFD.
    """
    text = _RAW_SURROGATE.sub(b"", body).decode("utf-8-sig", "replace").encode()
    text = text.translate(_RAW_BREAKS, _RAW_CONTROLS)
    return _ESCAPE.sub(lambda found: b"" if found[1] else found[0], text)


def _usable(text: str) -> str:
    return _NEVER.sub("", _whole_pairs(text))


def _whole_pairs(text: str) -> str:
    """``text`` without half surrogates. Two halves that stand together, in the right order, are the character meant."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
