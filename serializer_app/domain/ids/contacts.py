"""E-mail addresses and telephone numbers: the one parser, and the normal form in which they are compared. Pure.

People type the same address in many ways: the domain in Unicode or punycode, full-width letters, a trailing dot. A
number is written nationally or internationally. Registration, claim, search, data request and erasure compare the
normal form, or an erasure would find nothing and report success.

Sources: RFC 5321 and 6531 (addresses), UTS 46 and RFC 5891 (domains), E.164 (numbers).
"""

from __future__ import annotations

import re
import unicodedata

import idna
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from serializer_app.text import clean_code

LONGEST_EMAIL = 254
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
# phonenumbers refuses more than 250 characters by itself; nobody's number has so many.
_LONGEST_PHONE = 100

# "atext" of RFC 5322 and the dot. Japanese carriers give out addresses with two dots in a row or one at the end.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LINE_BREAKS = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Full-width forms of ASCII, as East Asian keyboards type them.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFE6B: ord("@")}
# UTS 46: what stands for a dot in a domain.
_DOTS = dict.fromkeys((0x3002, 0xFF61), ".")


def parse_email(text: str) -> str | None:
    """The one address that ``text`` is, cleaned for storing and sending; None where it is not exactly one address.

    Refused: display names, comments, quoted local parts, groups, lists, line breaks, and encoded words
    (``=?utf-8?q?…?=``), which a mail library decodes into other recipients.
    """
    if len(text) > 2 * LONGEST_EMAIL or _LINE_BREAKS.search(text):
        return None
    local, at, domain = _folded(text).partition("@")
    domain = domain.translate(_DOTS).removesuffix(".").rstrip()
    if not at or not _is_local(local) or not _is_domain(domain):
        return None
    email = unicodedata.normalize("NFC", f"{local}@{domain}")
    return email if len(email.encode()) <= LONGEST_EMAIL else None


def smtp_address(email: str) -> str:
    """A parsed address as an envelope takes it. A local part beyond ASCII stays: it needs a server with SMTPUTF8."""
    local, _, domain = email.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """A domain as DNS and SMTP take it: punycode, lower case, no trailing dot. Never fails; see ``_ascii_label``."""
    try:
        mapped = idna.uts46_remap(domain[: 4 * LONGEST_EMAIL], std3_rules=False, transitional=False)
    except (idna.IDNAError, UnicodeError):
        mapped = unicodedata.normalize("NFKC", domain).casefold()
    return ".".join(_ascii_label(label)[0] for label in mapped.rstrip(".").split("."))


def email_key(text: str) -> str:
    """An address as it is compared. Takes anything, because Shopify's payloads name what customers once typed."""
    local, at, domain = _folded(text).rpartition("@")
    if not at:
        return _local_key(domain)
    domain = domain.translate(_DOTS).removesuffix(".").rstrip()
    return f"{_local_key(local)}@{ascii_domain(domain)}"


def email_keys(text: str) -> list[str]:
    """Every form under which an address may be stored: the present one first, then those of earlier versions.

    Earlier versions compared the address case-folded as it was typed, in Unicode or in punycode.
    """
    text = clean_code(text) if any("\ud800" <= symbol <= "\udfff" for symbol in text) else text
    local, at, domain = text.strip().rpartition("@")
    spelled = [text]
    if at:
        encoded = ascii_domain(domain)
        spelled += [f"{local}@{encoded}", f"{local}@{_unicode_domain(encoded)}"]
    return list(dict.fromkeys([email_key(text), *(_former_email_key(each) for each in spelled)]))


def phone_key(text: str, country: str | None) -> str | None:
    """A number as it is compared: E.164 with its extension, else its digits; None where it has none.

    ``country`` (ISO 3166, the shop's) says how to read a number without a country code.
    """
    number = _phone(text, country)
    if number is None:
        return "".join(str(unicodedata.decimal(digit)) for digit in _digits(text)) or None
    form = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{form};ext={number.extension}" if number.extension else form


def phone_keys(text: str, country: str | None) -> list[str]:
    """Every form under which a number may be stored: the present one first, then those of earlier versions.

    Earlier versions compared the digits as typed. A number of the shop's own country may have been typed nationally.
    """
    key = phone_key(text, country)
    if key is None:
        return []
    keys = [key, _digits(text)]
    number = _phone(text, country)
    if number is not None and not number.extension:
        digits = key.removeprefix("+")
        keys += [digits, f"00{digits}"]
        if number.country_code == phonenumbers.country_code_for_region(country or ""):
            keys.append(_digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)))
    return list(dict.fromkeys(keys))


def is_country(code: object) -> bool:
    """Whether numbers without a country code can be read with ``code`` (ISO 3166, two letters)."""
    return isinstance(code, str) and code in phonenumbers.SUPPORTED_REGIONS


# --- e-mail -----------------------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    """Full-width letters as ASCII, nothing invisible, no space around it."""
    return clean_code(text.translate(_WIDE)).strip()


def _is_local(local: str) -> bool:
    if not 0 < len(local.encode("utf-8", "replace")) <= _LONGEST_LOCAL or "=?" in local:
        return False
    beyond = "".join(symbol for symbol in local if symbol > "\x7f")
    ascii_part = "".join(symbol for symbol in local if symbol <= "\x7f")
    letters = all(unicodedata.category(symbol)[0] in "LMNPS" for symbol in beyond)
    return letters and (not ascii_part or _LOCAL.fullmatch(ascii_part) is not None) and local.strip(".") != ""


def _is_domain(domain: str) -> bool:
    if "@" in domain:
        return False
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except (idna.IDNAError, UnicodeError):
        return False
    labels = [_ascii_label(label) for label in mapped.split(".")]
    whole = ".".join(label for label, _ in labels)
    return (
        len(labels) > 1
        and len(whole) <= _LONGEST_DOMAIN
        and all(is_valid and _LABEL.fullmatch(label) for label, is_valid in labels)
        and not labels[-1][0].isdigit()
        and len(labels[-1][0]) > 1
    )


def _ascii_label(label: str) -> tuple[str, bool]:
    """(A-label, whether IDNA 2008 allows it). Emoji domains exist although it does not: compared like any other."""
    if label.isascii():
        return label.lower(), True
    try:
        return idna.alabel(label).decode("ascii"), True
    except (idna.IDNAError, UnicodeError):
        return f"xn--{label.encode('punycode').decode('ascii')}".lower(), False


def _unicode_domain(encoded: str) -> str:
    def decoded(label: str) -> str:
        if not label.startswith("xn--"):
            return label
        try:
            return label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, OverflowError):
            return label

    return ".".join(decoded(label) for label in encoded.split("."))


def _local_key(local: str) -> str:
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).casefold())
    return folded.strip()


def _former_email_key(email: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).strip().casefold())


# --- telephone --------------------------------------------------------------------------------------------------


def _phone(text: str, country: str | None) -> PhoneNumber | None:
    if len(text) > _LONGEST_PHONE:
        return None
    try:
        number = phonenumbers.parse(clean_code(text), country if is_country(country) else None)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _digits(text: str) -> str:
    return "".join(symbol for symbol in text if symbol.isdecimal())
