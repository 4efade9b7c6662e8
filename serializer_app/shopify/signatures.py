"""Shopify's three HMAC-SHA256 signatures: webhook bodies, app-proxy queries and OAuth callbacks.

Every check takes all valid client secrets, the current and during a rotation the old one, and compares in constant
time. Rules and test vectors: shopify.dev "About webhooks", "Authenticate app proxies", "Authorization code grant".
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus

from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain

# Both official libraries allow a proxy request to be this many seconds old, or to come from a clock this far ahead.
PROXY_SECONDS = 90
# A callback is one redirect of the merchant's browser after the approval, and its code lives for minutes only.
# Shopify's old advice of a day would let a leaked callback URL be replayed for a day.
OAUTH_SECONDS = 300

_PROXY_PARAMETERS = frozenset({"shop", "path_prefix", "timestamp", "logged_in_customer_id", "signature"})
_SIGNED_NAMES = ("logged_in_customer_id=", "path_prefix=", "shop=", "timestamp=")
_PROXY_TEXT_NAMES = (b"path_prefix=", b"shop=", b"timestamp=")
# More than Shopify's settings let a merchant choose, but never the "=" or "," that a parameter boundary needs.
_PATH_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]{1,64}){1,4}", re.ASCII)
_JOINED_TIMESTAMP = re.compile(r",[0-9]{10}(?![0-9])", re.ASCII)
_OAUTH_PARAMETERS = ("code", "hmac", "shop", "state", "timestamp")
_LARGEST_ID = 2**63 - 1


class InvalidSignature(AppError):
    """The request does not prove that Shopify sent it. The caller learns only 401; ``reason`` is for our log."""

    def __init__(self, reason: str) -> None:
        super().__init__("unauthorized", "Unauthorized", status=401)
        self.reason = reason


class RepeatedParameter(InvalidSignature):
    """Shopify signed the request, but repeats of ``name`` make it ambiguous who sent it: 400 ``filter_repeated``."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is repeated where a customer could be hidden")
        self.code, self.status, self.message = "filter_repeated", 400, f"{name} is given twice"
        self.details = [{"path": name, "message": "is given twice"}]


class ProxyIdentity(NamedTuple):
    """What a verified app-proxy request says.

    ``customer_id`` is None for an anonymous visitor. ``path_prefix`` is None where the signed text does not fix it:
    a visitor's parameter that sorts between ``path_prefix`` and ``shop`` could lend it characters or borrow some.
    ``parameters`` are the remaining decoded pairs, in the order they came. They are the visitor's own words, and the
    signature does not fix where one ends and the next begins.
    """

    shop: str
    customer_id: int | None
    path_prefix: str | None
    parameters: list[tuple[str, str]]


class OAuthCallback(NamedTuple):
    """What a verified OAuth callback says. Comparing ``state`` with the browser's cookie is left to the door."""

    shop: str
    code: str
    state: str
    host: str | None


# --- webhooks ---------------------------------------------------------------------------------------------------


def sign_webhook(body: bytes, secret: str) -> str:
    """The value of X-Shopify-Hmac-SHA256: base64 of the HMAC of the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def verify_webhook(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``header`` signs exactly these bytes. Only the body is signed: topic and shop prove nothing.

    False for a body that could be the signed text of an app-proxy request: both use one secret and one algorithm, and
    a visitor chooses most of a proxy request's text.
    """
    if not header or not header.isascii() or reads_as_proxy_text(body):
        return False
    return any(hmac.compare_digest(header, sign_webhook(body, secret)) for secret in secrets if secret)


def reads_as_proxy_text(body: bytes) -> bool:
    """Whether ``body`` could be the signed text of an app-proxy request.

    That text is a run of sorted ``k=v`` lines. A text that begins with ``{`` has no line before ``{``, and therefore
    none of Shopify's own, which begin with letters. So no webhook that Shopify sends is ever taken for a proxy text,
    whatever stands in its strings; a proxy text that is valid JSON has to begin with white space.
    """
    if body.startswith(b"{"):
        return False
    place = 0
    for name in _PROXY_TEXT_NAMES:
        place = body.find(name, place)
        if place < 0:
            return False
        place += len(name)
    return True


# --- app proxy --------------------------------------------------------------------------------------------------


def sign_proxy(parameters: Iterable[tuple[str, str]], secret: str) -> str:
    """The ``signature`` of decoded parameters (given without it): sorted ``k=v`` joined with nothing, hex HMAC."""
    return _hex(_by_line(_grouped(parameters)), secret)


def verify_proxy(
    query_string: bytes | str, secrets: Sequence[str], now: datetime | None = None
) -> ProxyIdentity:
    """Check the raw query of an app-proxy request; raises InvalidSignature.

    Requires exactly one each of Shopify's five parameters, a timestamp within 90 s, a real shop domain, and a signed
    text with one reading (``_only_reading``).
    """
    five, rest = _five_and_rest(parse_query(query_string))
    signature = five.pop("signature")
    _check_time(five["timestamp"], PROXY_SECONDS, now)
    lines = _grouped(rest)
    lines.update(five)
    text = _by_line(lines)
    if not _is_signed(text, signature, secrets):
        # Shopify's page sorts the finished "k=v" strings, its libraries sort the keys. The two differ only where one
        # key continues another with a character below "=", as in a=&a1=.
        by_key = _by_key(lines)
        if by_key == text or not _is_signed(by_key, signature, secrets):
            raise InvalidSignature("the signature does not match")
        text = by_key
    return _only_reading(text, five, rest)


def _only_reading(text: str, five: dict[str, str], rest: list[tuple[str, str]]) -> ProxyIdentity:
    """The identity that every reading of the verified ``text`` shares; raises InvalidSignature where two differ.

    The signed text has no separators. A visitor can hide ``logged_in_customer_id=1`` or ``shop=other…`` in parameters
    of their own, let Shopify sign them, and send the text to us cut elsewhere. Three rules leave one reading, in
    whichever order the text was sorted:

    - Each of the four names occurs once, so each value begins where Shopify wrote it.
    - A customer ends at the first character that is no digit, a shop at ``.myshopify.com``, a prefix only at ``shop=``.
    - Shopify may join a visitor's parameter of the same name with its own ("theirs,ours"). A text that could be such
      a join is refused: one with a comma behind the customer, a second domain behind the shop, or a second time.
    """
    if sum(map(text.count, _SIGNED_NAMES)) != len(_SIGNED_NAMES):
        raise _two_readings()
    if "," in text:
        _refuse_joined(text, rest)
    prefix = five["path_prefix"]
    if not _is_path(prefix):
        raise InvalidSignature("path_prefix is no path")
    return _proxy_identity(five, prefix if f"path_prefix={prefix}shop=" in text else None, rest)


def _refuse_joined(text: str, rest: list[tuple[str, str]]) -> None:
    """Raises InvalidSignature where one of the values may be a visitor's, joined with Shopify's by a comma."""
    behind_customer, _, tail = text.partition("logged_in_customer_id=")[2].partition("path_prefix=")
    if "," in behind_customer:
        raise _repeated(rest) or _two_readings()
    behind_shop, _, tail = tail.partition("shop=")[2].partition("timestamp=")
    if behind_shop.count(".myshopify.com") != 1 or _JOINED_TIMESTAMP.search(tail):
        raise _two_readings()


def _repeated(parameters: list[tuple[str, str]]) -> InvalidSignature | None:
    """What to say where the comma behind the customer came from a repeated parameter such as ``orderId``."""
    keys = [key for key, _ in parameters if "logged_in_customer_id" < key < "path_prefix"]
    return next((RepeatedParameter(key) for key in keys if keys.count(key) > 1), None)


def _two_readings() -> InvalidSignature:
    return InvalidSignature("the signed text can be read in more than one way")


def _five_and_rest(pairs: list[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    five: dict[str, str] = {}
    rest: list[tuple[str, str]] = []
    for pair in pairs:
        key = pair[0]
        if key not in _PROXY_PARAMETERS:
            rest.append(pair)
        elif key in five:
            raise InvalidSignature(f"{key} is doubled")
        else:
            five[key] = pair[1]
    if len(five) != len(_PROXY_PARAMETERS):
        raise InvalidSignature("one of the five parameters is missing")
    return five, rest


def _proxy_identity(
    five: dict[str, str], path_prefix: str | None, rest: list[tuple[str, str]]
) -> ProxyIdentity:
    shop = shop_domain(five["shop"])
    if shop is None:
        raise InvalidSignature("shop is no myshopify domain")
    customer = five["logged_in_customer_id"]
    if not customer:
        return ProxyIdentity(shop, None, path_prefix, rest)
    customer_id = _number(customer)
    if customer_id is None or customer_id > _LARGEST_ID:
        raise InvalidSignature("logged_in_customer_id is no ID")
    return ProxyIdentity(shop, customer_id, path_prefix, rest)


@lru_cache(maxsize=512)
def _is_path(text: str) -> bool:
    return _PATH_PREFIX.fullmatch(text) is not None


def parse_query(query_string: bytes | str) -> list[tuple[str, str]]:
    """Decode a raw query as the official libraries do, and never fail.

    ``+`` is a space, a broken ``%`` stays as it is, broken UTF-8 becomes U+FFFD, a name without ``=`` has an empty
    value, empty pieces are skipped; only ``&`` separates.
    """
    if isinstance(query_string, str):
        query_string = query_string.encode("utf-8", "replace")
    pairs = []
    for piece in query_string.decode("utf-8", "replace").split("&"):
        if piece:
            key, _, value = piece.partition("=")
            if "%" in piece or "+" in piece:
                key, value = _decoded(key), _decoded(value)
            pairs.append((key, value))
    return pairs


def _decoded(text: str) -> str:
    return _short_decoded(text) if len(text) < 64 else unquote_plus(text)


# path_prefix is escaped, and the same in every request of a shop: a seventh of the whole verification otherwise.
_short_decoded = lru_cache(maxsize=512)(unquote_plus)


def _grouped(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated keys become one, their values joined with commas."""
    grouped: dict[str, str] = {}
    for key, value in parameters:
        grouped[key] = f"{grouped[key]},{value}" if key in grouped else value
    return grouped


def _by_line(lines: dict[str, str]) -> str:
    return "".join(sorted([f"{key}={value}" for key, value in lines.items()]))


def _by_key(lines: dict[str, str]) -> str:
    return "".join([f"{key}={lines[key]}" for key in sorted(lines)])


# --- OAuth callback ---------------------------------------------------------------------------------------------


def sign_oauth(parameters: Iterable[tuple[str, str]], secret: str) -> str:
    """The ``hmac`` of decoded parameters (given without it): sorted ``k=v`` joined with ``&``, hex HMAC.

    As ShopifyAPI's ``Session.calculate_hmac`` has it: the delimiters inside names and values are escaped, and
    repeated ``ids[]`` become ``ids=["2", "1"]``.
    """
    return _hex(_oauth_message(parameters), secret)


def verify_oauth_callback(
    parameters: Iterable[tuple[str, str]], secrets: Sequence[str], now: datetime | None = None
) -> OAuthCallback:
    """Check the decoded pairs of an OAuth callback (``parse_query`` makes them); raises InvalidSignature.

    Wants each of code, hmac, shop, state and timestamp exactly once, nothing doubled, a timestamp within five
    minutes and a real shop domain.
    """
    pairs = list(parameters)
    values = {key: value for key, value in pairs if not key.endswith("[]")}
    if len(values) != sum(1 for key, _ in pairs if not key.endswith("[]")):
        raise InvalidSignature("a parameter is doubled")
    if not all(values.get(name) for name in _OAUTH_PARAMETERS):
        raise InvalidSignature("a parameter of the callback is missing")
    _check_time(values["timestamp"], OAUTH_SECONDS, now)
    message = _oauth_message(pair for pair in pairs if pair[0] != "hmac")
    # An app-proxy text is signed with the same secret, and its visitor may write "&" into it. It always holds this
    # name, and no callback of Shopify's does.
    if "path_prefix=" in message:
        raise InvalidSignature("the text is that of an app-proxy request")
    if not _is_signed(message, values["hmac"], secrets):
        raise InvalidSignature("the hmac does not match")
    shop = shop_domain(values["shop"])
    if shop is None:
        raise InvalidSignature("shop is no myshopify domain")
    return OAuthCallback(shop, values["code"], values["state"], values.get("host") or None)


def _oauth_message(parameters: Iterable[tuple[str, str]]) -> str:
    single: list[tuple[str, str]] = []
    arrays: dict[str, list[str]] = {}
    for key, value in parameters:
        if key.endswith("[]"):
            arrays.setdefault(key.rstrip("[]"), []).append(value)
        else:
            single.append((key, value))
    single += [(key, json.dumps(values)) for key, values in arrays.items()]
    return "&".join(sorted(_escaped_line(key, value) for key, value in single))


def _escaped_line(key: str, value: str) -> str:
    key = key.replace("%", "%25").replace("=", "%3D")
    value = value.replace("%", "%25")
    return f"{key}={value}".replace("&", "%26")


# --- shared -----------------------------------------------------------------------------------------------------


def _hex(message: str, secret: str) -> str:
    return hmac.digest(secret.encode(), message.encode("utf-8", "replace"), "sha256").hex()


def _is_signed(message: str, signature: str, secrets: Sequence[str]) -> bool:
    # compare_digest raises TypeError on text that is not ASCII, and an empty secret would let anyone sign.
    if not signature.isascii():
        return False
    return any(secret and hmac.compare_digest(signature, _hex(message, secret)) for secret in secrets)


def _number(text: str) -> int | None:
    """A plain ASCII decimal of at most 19 digits: no sign, space, underscore or foreign digit, unlike int()."""
    return int(text) if len(text) <= 19 and text.isascii() and text.isdigit() else None


def _check_time(text: str, seconds: int, now: datetime | None) -> None:
    timestamp = _number(text)
    if timestamp is None:
        raise InvalidSignature("the timestamp is no number")
    if abs(int(time.time() if now is None else now.timestamp()) - timestamp) > seconds:
        raise InvalidSignature("the timestamp is too far from now")
