"""Cleaning of text from outside: what goes, what stays, and that the result can be kept everywhere."""

from __future__ import annotations

import json
import unicodedata
from email.message import EmailMessage
from email.policy import SMTP

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.text import Json, clean, clean_code, clean_json, clean_lines, clean_values, is_blank

ANY = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=40) | st.text(
    alphabet="a -\\u\x00\x1d\t\n\r\x85\u2028\u2029\ud83d\ude00\u200b\u200d\u202e\u2066\ufeff\ufffe\U000e0067\xa0\xad",
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Mug", "Mug"),
        ("", ""),
        ("Mug \ud83d", "Mug "),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ude00\ud83d", ""),
        ("Nu\x00l", "Nul"),
        ("a\x01b\x7fc\x9fd", "abcd"),
        ("two\r\nlines", "two lines"),
        ("a\u2028b\u2029c\x85d\te", "a b c d e"),
        ("\ufeffBOM", "BOM"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u2067א\u2069", "א"),
        ("a\ufffeb\U0010ffffc", "abc"),
        ("\u202a+49 170 1234567\u202c", "+49 170 1234567"),
    ],
)
def test_what_no_line_can_hold_is_removed(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم",  # a non-joiner in Persian
        "ශ්\u200dරී",  # a joiner in Sinhala
        "\u200fאבי\u200e (Avi)",
        "Jean\u00a0Pierre d\u2019Été",
        "Anne\u202fMarie",
        "Donau\u00addampf\u00adschiff",
        "\U0001f469\u200d\U0001f4bb Ada",
        "\u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "山田\u3000太郎",
        "Müller-Lüdenscheidt",
    ],
)
def test_what_belongs_to_writing_stays(name: str) -> None:
    assert clean(name) == clean_lines(name) == name


def test_lines_stay_lines() -> None:
    assert clean_lines("a\r\nb\rc\u2028d\x85e\tf\x00") == "a\nb\nc\nd\ne\tf"


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("\u200bSN-1\ufeff", "SN-1"),
        ("SN\u00ad-\u200d1\u2060", "SN-1"),
        ("\u202aSN-1\u202c", "SN-1"),
        ("SN\u00a01\u30002", "SN 1 2"),
        ("SN-1\r\n", "SN-1 "),
        ("SN\u2011\ufe0e1", "SN\u20111"),
        ("\u3164", ""),
        ("\U000e0041SN-1", "SN-1"),
        ("SN\ufffc-1", "SN-1"),
    ],
)
def test_a_code_has_nothing_invisible(pasted: str, code: str) -> None:
    assert clean_code(pasted) == code


@pytest.mark.parametrize("text", ["", " ", "\u00a0\u3000", "\u200b\u200d", "\u3164", "\x00", "\ud83d", "\n"])
def test_what_nobody_can_see_is_blank(text: str) -> None:
    assert is_blank(text)


def test_what_can_be_seen_is_not_blank() -> None:
    assert not is_blank(" \u200da")


@given(ANY)
def test_cleaned_text_can_be_kept_everywhere(text: str) -> None:
    for cleaned in (clean(text), clean_lines(text), clean_code(text)):
        assert cleaned.encode().decode() == cleaned  # PostgreSQL, SQLite
        assert "\x00" not in cleaned
        assert msgspec.json.decode(msgspec.json.encode(cleaned)) == cleaned
        assert not any(unicodedata.category(symbol) == "Cc" for symbol in cleaned if symbol not in "\n\t")
    assert len((clean(text) + "|").splitlines()) == 1
    message = EmailMessage(SMTP)
    message["Subject"] = clean(text)
    message.set_content(clean_lines(text))
    assert message.as_bytes()


@given(ANY)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    for function in (clean, clean_lines, clean_code):
        assert function(function(text)) == function(text)


@given(ANY)
def test_a_code_is_found_however_it_was_pasted(text: str) -> None:
    assert clean_code(clean(text)).split() == clean_code(text).split()
    seen = clean_code(text)
    assert clean_code("\u200b".join(seen)) == clean_code(f"\ufeff{seen}\u200e") == seen


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_every_json_of_odd_texts_becomes_strict(value: Json, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    repaired = clean_json(body)
    found = msgspec.json.decode(repaired)
    assert clean_values(found) == msgspec.json.decode(msgspec.json.encode(clean_values(found)))
    if clean_values(value) == value and "\\u0000" not in body.decode("utf-8", "ignore"):
        assert found == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'{"a": "x\ud83d"}', {"a": "x"}),
        (rb'{"a": "\ud83d\ud83d\ude00"}', {"a": "\U0001f600"}),
        (rb'{"a": "\\ud83d"}', {"a": "\\ud83d"}),
        (rb'{"a": "\\\ud83d"}', {"a": "\\"}),
        (rb'{"a": "\u0000b\u2028"}', {"a": "b\u2028"}),
        (b'\xef\xbb\xbf{"a": "b"}', {"a": "b"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\xed\xa0\xbdb"}', {"a": "b"}),
        (b'{"a":\r\n"b\x01\tc"}', {"a": "b c"}),
    ],
)
def test_a_body_that_strict_parsers_refuse_is_repaired(body: bytes, value: object) -> None:
    assert msgspec.json.decode(clean_json(body)) == value


@given(st.binary(max_size=60))
def test_any_body_can_be_repaired_without_an_exception(body: bytes) -> None:
    clean_json(body).decode()
