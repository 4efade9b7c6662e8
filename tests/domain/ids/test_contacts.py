"""Addresses and numbers are one, in whatever way they are written, and exactly one."""

from __future__ import annotations

import unicodedata
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serializer_app.domain.ids import contacts

LABELS = ["example", "bücher", "straße", "例え", "عربي", "ελλάδα", "a-b", "xn--bcher-kva", "123"]
TOPS = ["com", "jp", "испытание", "xn--p1ai", "co"]
addresses = st.builds(
    "{}@{}.{}".format,
    st.text("abcXYZ019.+_-!#'éüß用", min_size=1, max_size=12).filter(lambda local: local.strip(".")),
    st.sampled_from(LABELS),
    st.sampled_from(TOPS),
)
"""Plain addresses, with domains in Unicode and in punycode."""


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def punycode(email: str) -> str:
    return contacts.smtp_address(contacts.parse_email(email) or email)


def decomposed(email: str) -> str:
    return unicodedata.normalize("NFD", email)


def upper(email: str) -> str:
    """Without ß: its capital is SS, and that is another domain."""
    return "".join(each.upper() if len(each.upper()) == 1 else each for each in email)


SPELLINGS = [
    upper,
    str.lower,
    wide,
    decomposed,
    punycode,
    lambda email: f"{email}.",
    lambda email: f"  {email}\t",
    lambda email: email.replace("@", "\u200b@\u00ad"),
    lambda email: email.replace(".", "。") if "." not in email.partition("@")[0] else email,
]


@given(addresses, st.lists(st.sampled_from(SPELLINGS), max_size=3, unique=True))
def test_an_address_is_the_same_however_it_is_written(email: str, spellings: list[object]) -> None:
    spelled = email
    for spell in spellings:
        spelled = spell(spelled)  # type: ignore[operator]
    assert contacts.email_key(spelled) == contacts.email_key(email)
    parsed = contacts.parse_email(spelled)
    assert parsed is not None
    assert contacts.email_key(parsed) == contacts.email_key(email)
    assert contacts.parse_email(parsed) == parsed


def former_key(email: str) -> str:
    """How version 0.1.0 compared addresses."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).strip().casefold())


@given(
    addresses.filter(lambda email: email.isascii() or "xn--" not in email),
    st.sampled_from([upper, str.lower, decomposed, punycode]),
)
def test_what_an_earlier_version_stored_is_found(email: str, spell: object) -> None:
    stored = former_key(email)
    asked = spell(email)  # type: ignore[operator]
    assert stored in contacts.email_keys(asked)


@given(st.text(max_size=80))
def test_any_text_has_a_key_that_can_be_hashed(text: str) -> None:
    for key in (*contacts.email_keys(text), *contacts.phone_keys(text, "GB")):
        key.encode()


HOSTILE = st.text(' ab@.,;:<>()[]\\"=?!#é\r\n\t\x00\u2028\u200b\ud800＠，＜ｅ', max_size=40)
ENCODED = st.builds(
    "=?{}?{}?{}?={}".format, st.just("utf-8"), st.sampled_from("qb"), st.just("a=40b.c"), HOSTILE
)


@given(st.one_of(HOSTILE, ENCODED, st.builds("{}@example.com".format, st.one_of(HOSTILE, ENCODED))))
def test_what_is_accepted_leaves_as_exactly_one_recipient(text: str) -> None:
    email = contacts.parse_email(text)
    if email is None:
        return
    message = EmailMessage()
    message["To"] = email
    raw = message.as_string()
    assert raw.count("\n") == 2
    (recipient,) = message["To"].addresses
    assert recipient.display_name == ""
    assert (recipient.username, recipient.domain) == tuple(email.rsplit("@", 1))
    if ".." not in email and not email.startswith(".") and ".@" not in email:
        ((name, found),) = getaddresses([email])
        assert (name, found) == ("", email)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        "ada@example..com",
        "ada@-example.com",
        "ada@exa mple.com",
        "ada@example.com\r\n",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com,eve@example.com",
        "ada@example.com;eve@example.com",
        "ada@example.com eve@example.com",
        "Ada <ada@example.com>",
        "ada(eve)@example.com",
        '"ada"@example.com',
        '"ada@eve.example,"@example.com',
        "friends:ada@example.com;",
        "=?utf-8?q?eve=40example.org?=@example.com",
        "=?utf-8?q?x?= ada@example.com",
        "ada＠example.com，eve＠example.com",
        "ada@i❤.ws",
        "...@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + ".".join(["b" * 60] * 5),
        "é" * 300,
        "mailto:ada@example.com",
    ],
)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    assert contacts.parse_email(text) is None


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ada.Lovelace+shop@Example.COM", "Ada.Lovelace+shop@Example.COM"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"),
        ("info..tokyo@docomo.ne.jp", "info..tokyo@docomo.ne.jp"),
        ("用户@例え.jp", "用户@例え.jp"),
        ("ada@xn--i-7iq.ws", "ada@xn--i-7iq.ws"),
    ],
)
def test_real_addresses_are_taken(text: str, email: str) -> None:
    assert contacts.parse_email(text) == email


def test_an_emoji_domain_is_the_same_in_unicode_and_punycode() -> None:
    assert contacts.email_key("ada@i❤.ws") == contacts.email_key("ada@xn--i-7iq.ws")


def test_sharp_s_and_double_s_are_two_domains_and_one_local_part() -> None:
    assert contacts.email_key("a@straße.de") != contacts.email_key("a@strasse.de")
    assert contacts.email_key("weiß@example.com") == contacts.email_key("WEISS@example.com")


@pytest.mark.parametrize(
    ("country", "national", "international"),
    [
        ("GB", "020 7946 0000", "+44 20 7946 0000"),
        ("GB", "(020) 7946-0000", "0044 20 7946 0000"),
        ("GB", "０２０ ７９４６ ００００", "tel:+44-20-7946-0000"),
        ("DE", "030 1234567", "+49 (0)30 1234567"),
        ("US", "(415) 555-2671", "+1 415.555.2671"),
        ("IT", "06 1234567", "+39 06 1234567"),
        ("RU", "8 (912) 345-67-89", "+7 912 345 67 89"),
        ("EG", "٠٢ ٢٣٤٥٦٧٨٩", "+20 2 23456789"),
    ],
)
def test_a_number_is_the_same_nationally_and_internationally(
    country: str, national: str, international: str
) -> None:
    assert contacts.phone_key(national, country) == contacts.phone_key(international, country)
    digits = "".join(each for each in national if each.isdecimal())
    assert digits in contacts.phone_keys(national, country)
    if digits.isascii():
        assert digits in contacts.phone_keys(international, country)


def test_a_national_number_of_another_country_is_somebody_elses() -> None:
    assert contacts.phone_key("020 7946 0000", "DE") != contacts.phone_key("+44 20 7946 0000", "DE")
    assert "02079460000" not in contacts.phone_keys("+44 20 7946 0000", "DE")
    assert "02079460000" not in contacts.phone_keys("+44 20 7946 0000", None)


def test_an_extension_is_another_number() -> None:
    assert contacts.phone_key("+1 415 555 2671 ext 5", None) != contacts.phone_key("+1 415 555 2671", None)


@pytest.mark.parametrize("text", ["", "n/a", "-", "9" * 5000, "\ud800"])
def test_what_is_no_number_fails_nothing(text: str) -> None:
    assert contacts.phone_key(text, "GB") in (None, text)
