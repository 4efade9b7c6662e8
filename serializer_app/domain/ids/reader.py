"""The one reader for what is scanned or typed: which form it has, and what it says. Pure.

``read`` knows the forms; whether a number is known in a shop is for domain.registry.recognition, which packing, order
page, search, verify page, links and API use.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from urllib.parse import unquote, unquote_plus

from serializer_app.domain.ids import gs1, keyboards
from serializer_app.domain.ids.gs1 import GS
from serializer_app.domain.ids.gtin import read_gtin
from serializer_app.domain.ids.item_ids import ALPHABET, check_symbol, read_item_id, read_symbols
from serializer_app.text import clean_code

LONGEST = 1000
"""Longer texts are cut: a link with its query is shorter, and a code much shorter."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,20})://", re.IGNORECASE)
_OTHER_SCHEMES = re.compile(
    r"(mailto|tel|sms|smsto|geo|wifi|mecard|begin|otpauth|matmsg|bitcoin):", re.IGNORECASE
)
_HOST = re.compile(
    r"(www\.[^/\s]+|[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(:[0-9]+)?|localhost(:[0-9]+)?)?/", re.IGNORECASE
)
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLOGIES = frozenset({"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"})
_GROUPED = re.compile(r"[0-9A-Za-z]{4}(?:[-‐‑‒–—―−_./ ][0-9A-Za-z]{4}){3}")
_LETTERS = re.compile("[A-Za-z]")
_ORDINARY = re.compile(r"[A-Za-z0-9 \-_./]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"))
_SYMBOLS = 16


class Form(StrEnum):
    """The form of what was read."""

    EMPTY = "empty"
    UNIT_LINK = "unit link"
    """The page of one unit; ``tokens`` holds the last part of its address, and what it may be on another keyboard."""
    EXPERIENCE_LINK = "experience link"
    """The page of a product; ``tokens`` holds its experience ID."""
    OWNER_LINK = "owner link"
    CONFIRMATION_LINK = "confirmation link"
    ORDER_LINK = "order link"
    """An order in Shopify's or our admin; ``number`` is its ID."""
    LINK = "link"
    """A link that names no unit: the verify page without a number, or another site."""
    GS1 = "gs1"
    """``gtin`` and ``number`` as the code says; each may be None."""
    PLAIN = "plain"
    """``number`` is the text itself."""


@dataclass(frozen=True)
class Reading:
    """What a code says. ``text`` is what was typed without invisible characters; ``number`` names a unit or an order.

    ``spellings`` are the texts that may have been meant by ``number``, the likeliest first: as it is, with full-width
    and look-alike letters replaced, and as another keyboard reads it if the text shows that the layout was wrong.
    ``item_ids`` are the item IDs it may be, as shown; their check symbols are right.
    """

    form: Form
    text: str
    number: str | None = None
    gtin: str | None = None
    tokens: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


def clean(typed: str) -> str:
    """``typed`` without what nobody sees and without outer space (text.clean_code). FNC1 (``\\x1d``) stays."""
    parts = typed[: 4 * LONGEST].replace("\x1e", GS).split(GS)
    return GS.join(map(clean_code, parts)).strip(" ")[:LONGEST]


def read(typed: str) -> Reading:
    """What ``typed`` is: a link of ours whatever its host, a GS1 code, another link, or a plain text.

    Never raises. Links may lack their scheme and have any case, locale or proxy prefix in front of the path, a trailing
    slash, a query and a fragment.
    """
    text = clean(typed)
    if not text:
        return Reading(Form.EMPTY, "")
    for spelling in _letters(text):
        found = _structured(text, spelling, inner=False)
        if found is not None:
            return found
    meant = [found for one in _layouts(text) if (found := _structured(text, one, inner=False))]
    # A GS1 code proves its layout: it has a check digit. A number behind a symbology identifier proves little.
    meant.sort(key=lambda found: (found.form is Form.PLAIN, found.form is not Form.GS1))
    return _together(meant) if meant else _plain(text, text)


def looks_like_item_id(text: str) -> bool:
    """Whether ``text`` has the shape of an item ID: four groups of four with a letter, or a right check symbol."""
    wide = unicodedata.normalize("NFKC", text).strip()
    grouped = _GROUPED.fullmatch(wide) is not None and _LETTERS.search(wide) is not None
    return (grouped and read_symbols(wide) is not None) or read_item_id(text) is not None


def near_item_ids(text: str) -> list[str]:
    """The item IDs, as shown, that differ from ``text`` by one wrong symbol or two neighbors in the wrong order.

    At most 31; none for a text that is no item ID with such an error.
    """
    symbols = read_symbols(text)
    if symbols is None or len(symbols) != _SYMBOLS:
        return []
    swapped = (
        symbols[:at] + symbols[at + 1] + symbols[at] + symbols[at + 2 :]
        for at in range(_SYMBOLS - 1)
        if symbols[at] != symbols[at + 1]
    )
    replaced = (
        symbols[:at] + other + symbols[at + 1 :]
        for at in range(_SYMBOLS)
        for other in ALPHABET
        if other != symbols[at]
    )
    right = (near for near in chain(swapped, replaced) if check_symbol(near[:-1]) == near[-1])
    return list(dict.fromkeys(found for near in right if (found := read_item_id(near))))


def trade_number(text: str) -> str | None:
    """The GTIN of a text that is nothing but an EAN, UPC or GTIN, as 14 digits."""
    return read_gtin(unicodedata.normalize("NFKC", text).strip())


def _together(meant: list[Reading]) -> Reading:
    """One reading of those that several keyboard layouts give: they differ in letters only, such as Y and Z."""
    first = meant[0]
    alike = [one for one in meant if (one.form, one.gtin) == (first.form, first.gtin)]
    return replace(
        first,
        tokens=tuple(dict.fromkeys(token for one in alike for token in one.tokens)),
        spellings=tuple(dict.fromkeys(spelling for one in alike for spelling in one.spellings)),
        item_ids=tuple(dict.fromkeys(item_id for one in alike for item_id in one.item_ids)),
    )


def _letters(text: str) -> list[str]:
    """``text`` as it is, then with plain letters and hyphens for full-width, look-alike and typographic ones."""
    wide = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return list(dict.fromkeys((text, wide, keyboards.latin(wide))))


def _layouts(text: str) -> list[str]:
    """What a scanner may have sent if the computer expects another keyboard than the scanner imitates."""
    meant = (keyboards.meant_on(layout, text) for layout in keyboards.LAYOUTS)
    return list(dict.fromkeys(one for one in meant if one and one != text))


def _structured(text: str, spelling: str, *, inner: bool) -> Reading | None:
    """A link or a GS1 code, or a text behind a symbology identifier; None for a plain text."""
    symbology = _SYMBOLOGY.match(spelling)
    rest = spelling[3:].strip(GS) if symbology else spelling
    if not rest:
        return None
    link = _link(text, rest, inner=inner)
    if link is not None:
        return link
    marked = symbology is not None and symbology.group() in _GS1_SYMBOLOGIES
    code = gs1.read_elements(rest, marked=marked or spelling.startswith(GS))
    if code is not None:
        return _of_gs1(text, code)
    return _plain(text, rest) if symbology else None


def _plain(text: str, typed: str) -> Reading:
    number = typed.replace(GS, "")
    letters, layouts = _letters(number), _layouts(number)
    # A serial number such as QBC could be ABC on a French keyboard, but nothing says so; SN)&é is no number of anybody.
    wrong_layout = not _ORDINARY.fullmatch(number)
    spellings = letters + [one for one in layouts if wrong_layout and _ORDINARY.fullmatch(one)]
    item_ids = (read_item_id(one) for one in letters + layouts)
    return Reading(
        Form.PLAIN,
        text,
        number,
        spellings=tuple(dict.fromkeys(spellings)),
        item_ids=tuple(dict.fromkeys(one for one in item_ids if one)),
    )


def _of_gs1(text: str, code: gs1.Code) -> Reading:
    serial = clean(code.serial) if code.serial else ""
    if not serial:
        return Reading(Form.GS1, text, gtin=code.gtin)
    return replace(_plain(text, serial), form=Form.GS1, gtin=code.gtin)


def _link(text: str, address: str, *, inner: bool) -> Reading | None:
    scheme = _SCHEME.match(address)
    host = None if scheme else _HOST.match(address)
    if scheme is None and host is None:
        foreign = _OTHER_SCHEMES.match(address) or address.lower().startswith("www.")
        return Reading(Form.LINK, text) if foreign else None
    rest = address[scheme.end() :] if scheme else address
    path, _, query = rest.partition("#")[0].partition("?")
    segments = [segment for segment in path.split("/")[1:] if segment]
    code = gs1.read_link(segments, _query(query))
    if code is not None:
        return _of_gs1(text, code)
    place = _place(text, segments, query, inner=inner)
    if place is not None:
        return place
    # Without a scheme a serial number with a slash could be taken for a link to another site.
    certain = scheme is not None or address.lower().startswith("www.")
    return Reading(Form.LINK, text) if certain else None


def _place(text: str, segments: list[str], query: str, *, inner: bool) -> Reading | None:
    """One of our pages, wherever the merchant's proxy puts it: the last known name in the path says which."""
    names = [segment.lower() for segment in segments]
    for at in range(len(names) - 1, -1, -1):
        name, following = names[at], unquote(segments[at + 1]) if at + 1 < len(names) else None
        if name == "verify" and following is None and not inner:
            typed = next((value for key, value in _query(query) if key == "code"), "")
            return _typed_into_link(text, typed) or Reading(Form.LINK, text)
        if following is None:
            continue
        if name in _PLACES:
            return Reading(_PLACES[name], text, tokens=(following,))
        if name == "orders" and re.fullmatch("[0-9]{1,19}", following):
            return Reading(Form.ORDER_LINK, text, following)
        if name == "items" and looks_like_item_id(following):
            return _plain(text, following)
    return None


_PLACES = {
    "u": Form.UNIT_LINK,
    "p": Form.EXPERIENCE_LINK,
    "o": Form.OWNER_LINK,
    "confirm": Form.CONFIRMATION_LINK,
}


def _typed_into_link(text: str, typed: str) -> Reading | None:
    cleaned = clean(typed)
    if not cleaned:
        return None
    return _structured(text, cleaned, inner=True) or _plain(text, cleaned)


def _query(query: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=")[::2] for part in query.split("&") if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, value in pairs]
