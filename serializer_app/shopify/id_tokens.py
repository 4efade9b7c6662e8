"""Shopify's id tokens (session tokens): who opened the embedded app, in which shop.

HS256 with the client secret, one minute of life, signed by Shopify, handed over by App Bridge.
Source: shopify.dev "About session tokens".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt
from jwt.algorithms import HMACAlgorithm

from serializer_app import clock
from serializer_app.config import Settings
from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain
from serializer_app.text import JsonDict

# App Bridge often sends an nbf a little ahead of our clock; Shopify's own libraries allow the same.
LEEWAY_SECONDS = 10
# A real token has about 700 characters. What is far longer is not worth decoding.
LONGEST_TOKEN = 8192
# Three parts of base64url and nothing else. A lenient decoder skips foreign characters, and then the signed text of an
# app-proxy request, most of which a visitor chooses, could be read as a token: same secret, same algorithm.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)

_TEXTS = ("iss", "dest", "aud", "sub", "jti", "sid")
_TIMES = ("exp", "nbf", "iat")


class InvalidIdToken(AppError):
    """The token proves nothing. The caller gets 401 and may ask App Bridge for a new one; ``reason`` is for our log."""

    def __init__(self, reason: str) -> None:
        super().__init__("invalid_id_token", "The session token is missing, expired or invalid.", status=401)
        self.reason = reason


@dataclass(frozen=True, repr=False)
class IdToken:
    """A verified token: ``user_id`` is the staff member's numeric ID as text, ``raw`` goes into a token exchange.

    Has no repr, because the raw token is a credential while it lives.
    """

    shop: str
    user_id: str
    session_id: str
    token_id: str
    expires_at: datetime
    raw: str


class _ShopifyHmac(HMACAlgorithm):
    """HS256 as it is. The secret's length is Shopify's choice, so PyJWT's warning about it would only fill the log."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


_jws = jwt.PyJWS(algorithms=["HS256"])
_jws.unregister_algorithm("HS256")
_jws.register_algorithm("HS256", _ShopifyHmac(HMACAlgorithm.SHA256))


def verify(token: str | None, settings: Settings, now: datetime | None = None) -> IdToken:
    """Check signature (current and old secret), times, audience and issuer; raises InvalidIdToken and nothing else.

    The shop is taken from the signed ``dest`` and from nowhere else.
    """
    if not token or len(token) > LONGEST_TOKEN or not _COMPACT.fullmatch(token):
        raise InvalidIdToken("no token, or not one of a sane size and alphabet")
    claims = _claims(token, settings)
    _check_types(claims)
    _check_times(claims, (now or clock.now()).timestamp())
    if claims["aud"] != settings.api_key:
        raise InvalidIdToken("the token is for another app")
    shop = shop_domain(claims["dest"].removeprefix("https://"))
    if shop is None or claims["dest"] != f"https://{shop}" or claims["iss"] != f"https://{shop}/admin":
        raise InvalidIdToken("issuer and destination do not name one shop")
    return IdToken(
        shop=shop,
        user_id=claims["sub"],
        session_id=claims["sid"],
        token_id=claims["jti"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        raw=token,
    )


def sign(claims: JsonDict, secret: str) -> str:
    """The token that Shopify would make of these claims: for what stands in for Shopify, and for tests."""
    return _jws.encode(json.dumps(claims).encode(), secret, algorithm="HS256")


def _claims(token: str, settings: Settings) -> JsonDict:
    for secret in settings.secrets:
        if not secret:
            continue
        try:
            payload = _jws.decode(token, secret, algorithms=["HS256"])
            claims = json.loads(payload)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            # The header is parsed before anything is verified, so hostile JSON arrives here in every shape.
            raise InvalidIdToken(f"malformed: {type(error).__name__}") from None
        if not isinstance(claims, dict):
            raise InvalidIdToken("the claims are no object")
        return claims
    raise InvalidIdToken("the signature does not match")


def _check_types(claims: JsonDict) -> None:
    for name in _TEXTS:
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise InvalidIdToken(f"{name} is missing or no text")
    for name in _TIMES:
        # Shopify sends whole seconds; PyJWT alone would also take "12", 1e300 and true.
        if type(claims.get(name)) is not int or not 0 < claims[name] < 2**33:
            raise InvalidIdToken(f"{name} is missing or no time")


def _check_times(claims: JsonDict, now: float) -> None:
    if claims["exp"] <= now - LEEWAY_SECONDS:
        raise InvalidIdToken("the token has expired")
    if claims["nbf"] > now + LEEWAY_SECONDS or claims["iat"] > now + LEEWAY_SECONDS:
        raise InvalidIdToken("the token is not valid yet")
