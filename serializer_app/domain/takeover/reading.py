"""What another app's texts say: items of an order, settings of a variant, and what of it cannot be read. Pure.

Nothing is guessed and nothing is refused as a whole: each item stands on its own, and whatever is not understood is
named in a ``Problem``. The text itself stays kept (domain.takeover.foreign).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from serializer_app.domain.ids import warranty
from serializer_app.domain.ids.warranty import Duration
from serializer_app.text import Json, clean, clean_code

ID_LENGTH = 64
SERIAL_LENGTH = 64
FIELD_KEY_LENGTH = 30
FIELD_VALUE_LENGTH = 2_000
_ITEM = {"lineItemId", "productVariantId", "itemId", "serialNumber", "warrantyDuration", "customFields"}
_ORDER = {"currentTotalTrackable", "pages", "revision", "items"}
_SETTINGS = {"trackable", "autoGeneratable", "warrantyDuration", "customFields"}
_LARGEST = 2**63 - 1
_LONGEST_DETAIL = 80


@dataclass(frozen=True)
class Problem:
    """Something that cannot be taken over as it is. ``code`` names the sentence that people read (web.texts.takeover).

    ``lost``: a whole item, or all of a value, stays behind in the kept text.
    """

    code: str
    detail: str = ""
    lost: bool = False


@dataclass(frozen=True)
class OldItem:
    """One item of another app; None stands for what it does not say. ``warranty`` in its stored form."""

    item_id: str | None
    serial_number: str | None
    line_item_id: int | None
    variant_id: int | None
    warranty: str | None
    fields: dict[str, str]


@dataclass
class OldOrder:
    """All that the values of one order say."""

    items: list[OldItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class OldSettings:
    """What a variant's value says; None for what it does not say."""

    trackable: bool | None = None
    auto_generatable: bool | None = None
    warranty: str | None = None
    fields: dict[str, bool] = field(default_factory=dict)
    """Custom field → whether it is tracked."""
    problems: list[Problem] = field(default_factory=list)


def read_order(texts: Iterable[tuple[str, str]]) -> OldOrder:
    """Read an order's (key, text) pairs. ``serials`` repeats what the documents say, so it is not read."""
    found = OldOrder()
    for key, text in texts:
        if key != "serials":
            _read_page(found, key, text)
    return found


def read_settings(text: str) -> OldSettings:
    """Read the text under a variant's ``properties``."""
    found = OldSettings()
    document = _parse(text)
    if not isinstance(document, dict):
        found.problems.append(
            Problem("not_json" if document is Unreadable.UNREADABLE else "unknown_shape", lost=True)
        )
        return found
    if not document.keys() & _SETTINGS:
        found.problems.append(Problem("unknown_shape", lost=True))
        return found
    for name in ("trackable", "autoGeneratable"):
        if name in document and not isinstance(document[name], bool):
            found.problems.append(Problem("wrong_type", name))
    found.trackable = _bool(document.get("trackable"))
    found.auto_generatable = _bool(document.get("autoGeneratable"))
    found.warranty = _warranty(document, found.problems)
    for entry in _entries(document, found.problems):
        key, tracked = entry.get("key"), entry.get("trackable", True)
        if not isinstance(key, str) or not clean(key).strip() or not isinstance(tracked, bool):
            found.problems.append(Problem("field_unreadable", _short(key)))
        elif len(clean(key).strip()) > FIELD_KEY_LENGTH:
            found.problems.append(Problem("field_too_long", _short(key)))
        else:
            found.fields[clean(key).strip()] = tracked
    _name_others(document, _SETTINGS, found.problems)
    return found


def _read_page(found: OldOrder, key: str, text: str) -> None:
    document = _parse(text)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(items, list):
        code = "not_json" if document is Unreadable.UNREADABLE else "unknown_shape"
        found.problems.append(Problem(code, key, lost=True))
        return
    _name_others(document, _ORDER, found.problems)
    for entry in items:
        if isinstance(entry, dict):
            _read_item(found, entry)
        else:
            found.problems.append(Problem("item_unreadable", _short(entry), lost=True))


def _read_item(found: OldOrder, entry: dict[str, Json]) -> None:
    item_id = _code(entry, "itemId", ID_LENGTH, found.problems)
    serial = _code(entry, "serialNumber", SERIAL_LENGTH, found.problems)
    fields: dict[str, str] = {}
    for one in _entries(entry, found.problems):
        key, value = one.get("key"), one.get("value")
        name = clean(key).strip() if isinstance(key, str) else ""
        shown = "" if value is None else _scalar(value)
        if not name or shown is None:
            found.problems.append(Problem("field_unreadable", _short(key)))
        elif len(name) > FIELD_KEY_LENGTH or len(shown) > FIELD_VALUE_LENGTH:
            found.problems.append(Problem("field_too_long", _short(key)))
        else:
            fields[name] = clean(shown)
    _name_others(entry, _ITEM, found.problems)
    found.items.append(
        OldItem(
            item_id,
            serial,
            _number(entry, "lineItemId", found.problems),
            _number(entry, "productVariantId", found.problems),
            _warranty(entry, found.problems),
            fields,
        )
    )


def _code(entry: dict[str, Json], name: str, most: int, problems: list[Problem]) -> str | None:
    value = entry.get(name)
    if value is None:
        return None
    shown = _scalar(value)
    code = clean_code(shown).strip() if shown is not None else ""
    if shown is None or not code:
        problems.append(Problem("wrong_type", name))
        return None
    if len(code) > most:
        problems.append(Problem("too_long", f"{name} {_short(code)}"))
        return None
    return code


def _number(entry: dict[str, Json], name: str, problems: list[Problem]) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    digits = str(value).rsplit("/", 1)[-1] if isinstance(value, str | int) else ""
    if isinstance(value, bool) or not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        problems.append(Problem("wrong_type", name))
        return None
    number = int(digits)
    return number if 0 < number <= _LARGEST else None


def _warranty(entry: dict[str, Json], problems: list[Problem]) -> str | None:
    """In its stored form: absent is never set, null is none (contract §4)."""
    if "warrantyDuration" not in entry:
        return None
    value = entry["warrantyDuration"]
    if value is None:
        return warranty.NONE
    unit, number = (value.get("unit"), value.get("value")) if isinstance(value, dict) else (None, None)
    try:
        if unit not in ("day", "month", "year") or type(number) is not int:
            raise ValueError("a duration is a whole number of days, months or years")
        return warranty.store(Duration(unit, number))
    except ValueError:
        problems.append(Problem("warranty_unreadable", _short(value)))
        return None


def _entries(entry: dict[str, Json], problems: list[Problem]) -> Iterable[dict[str, Json]]:
    value = entry.get("customFields")
    if value is None:
        return
    if not isinstance(value, list):
        problems.append(Problem("wrong_type", "customFields"))
        return
    for one in value:
        if isinstance(one, dict):
            yield one
        else:
            problems.append(Problem("field_unreadable", _short(one)))


def _name_others(entry: dict[str, Json], known: set[str], problems: list[Problem]) -> None:
    others = sorted(key for key in entry.keys() - known)
    if others:
        problems.append(Problem("other_keys", _short(", ".join(others))))


def _scalar(value: Json) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _bool(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return clean(text)[:_LONGEST_DETAIL]


class Unreadable(Enum):
    """What a text that is no JSON holds: nothing, not even null."""

    UNREADABLE = "unreadable"


def _parse(text: str) -> Json | Unreadable:
    """The parsed JSON, or UNREADABLE. Of two equal keys the last one counts, as in every JSON reader in use."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable.UNREADABLE
    return value
