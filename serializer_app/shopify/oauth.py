"""How the app comes by an access token, and keeps it: permission URL, grants, refresh, and what each answer means.

Source: shopify.dev "About offline access tokens", "Token exchange", "Authorization code grant",
"Migrate to expiring offline access tokens".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import shopify

from serializer_app import clock
from serializer_app.config import SCOPES, Settings
from serializer_app.errors import AppError
from serializer_app.shopify.transport import (
    Answer,
    Http,
    TransientFailure,
    admin_origin,
    new_http,
    number,
    post_json,
)
from serializer_app.text import Json, JsonDict

_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 (names of protocols, no secrets)
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
_OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"  # noqa: S105

Kind = Literal["terminal", "transient", "throttled", "refused_here", "shop_unavailable", "misconfigured"]

# Waits where Shopify names none, in seconds. The slow ones are put right by a person.
_WAITS: dict[Kind, float | None] = {
    "terminal": None,
    "transient": None,
    "throttled": 2.0,
    "refused_here": 300.0,
    "shop_unavailable": 3600.0,
    "misconfigured": 300.0,
}

# What RFC 6749 and RFC 8693 call a grant that will never be accepted again.
_TERMINAL_ERRORS = {"invalid_grant", "invalid_subject_token"}
_MISCONFIGURED_ERRORS = {"invalid_client", "unauthorized_client", "application_cannot_be_found"}


class TokenError(AppError):
    """No token was to be had; ``kind`` says what that means.

    - terminal: this refresh token, code or id token will never be accepted again: the merchant has to open the app
      (permanent; everything else is worth another try with the same credential)
    - transient: network, 5xx, or an answer that makes no sense, such as HTML with status 200
    - throttled: 429
    - refused_here: 403, most likely our address is not on the app's IP allowlist; says nothing about the token
    - shop_unavailable: frozen (402), locked (423) or gone (404)
    - misconfigured: Shopify does not know our client ID or secret: the operator's to repair
    """

    def __init__(self, kind: Kind, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(
            f"token_{kind}",
            message,
            status=401 if kind == "terminal" else 502,
            permanent=kind == "terminal",
            retry_after=_WAITS[kind] if retry_after is None else retry_after,
        )
        self.kind: Kind = kind


@dataclass(frozen=True, repr=False)
class Grant:
    """A token as Shopify granted it. Times are aware UTC, None for a token that does not expire. Has no repr.

    ``scopes`` is empty where the answer named none (a refresh need not).
    """

    access_token: str
    scopes: frozenset[str]
    expires_at: datetime | None
    refresh_token: str | None
    refresh_expires_at: datetime | None


def permission_url(settings: Settings, shop: str, state: str, redirect_uri: str) -> str:
    """Where the merchant grants the app its scopes: on the shop itself, or on what stands in for it."""
    origin = admin_origin(settings, shop)
    session = shopify.Session(shop, settings.api_version)
    # On the instance: Session.setup() would set it for every session of the process.
    session.api_key = settings.api_key
    url: str = session.create_permission_url(list(SCOPES), redirect_uri, state)
    return origin + url.removeprefix(f"https://{shop}")


def exchange_code(settings: Settings, shop: str, code: str, http: Http | None = None) -> Grant:
    """Authorization code → expiring offline token. Raises TokenError; a code can be used once only."""
    return _ask(settings, shop, {"code": code, "expiring": "1"}, http)


def exchange_id_token(settings: Settings, shop: str, id_token: str, http: Http | None = None) -> Grant:
    """Id token (verified before, for this very shop) → expiring offline token. Raises TokenError."""
    return _exchange(settings, shop, id_token, _ID_TOKEN, http)


def migrate_non_expiring(settings: Settings, shop: str, access_token: str, http: Http | None = None) -> Grant:
    """Non-expiring offline token → expiring one; the old one ends with it. Raises TokenError.

    Where the answer is lost, the same call gives the same pair again for seven days (Shopify's changelog, 2026).
    """
    return _exchange(settings, shop, access_token, _OFFLINE_TOKEN, http)


def refresh(settings: Settings, shop: str, refresh_token: str, http: Http | None = None) -> Grant:
    """Refresh token → the next pair. Raises TokenError.

    The old refresh token stays good until the new one is used (at most 30 days), so a lost answer is asked for again.
    """
    return _ask(settings, shop, {"grant_type": "refresh_token", "refresh_token": refresh_token}, http)


def missing_scopes(granted: Iterable[str]) -> frozenset[str]:
    """The scopes we ask for that ``granted`` does not cover; a write scope covers its read scope (ShopifyAPI)."""
    # ApiAccess raises on a handle of another shape, such as those of the Customer Account API.
    known = [scope for scope in granted if shopify.ApiAccess.SCOPE_RE.match(scope)]
    access = shopify.ApiAccess(known)
    return frozenset(scope for scope in SCOPES if not access.covers(shopify.ApiAccess(scope)))


def _exchange(settings: Settings, shop: str, token: str, token_type: str, http: Http | None) -> Grant:
    body = {
        "grant_type": _TOKEN_EXCHANGE,
        "subject_token": token,
        "subject_token_type": token_type,
        "requested_token_type": _OFFLINE_TOKEN,
        "expiring": "1",
    }
    return _ask(settings, shop, body, http)


def _ask(settings: Settings, shop: str, body: dict[str, str], http: Http | None) -> Grant:
    if http is None:
        with new_http(settings) as own:
            return _ask(settings, shop, body, own)
    url = f"{admin_origin(settings, shop)}/admin/oauth/access_token"
    payload = {"client_id": settings.api_key, "client_secret": settings.api_secret, **body}
    asked_at = clock.now()
    try:
        answer = post_json(http, url, json.dumps(payload).encode(), {})
    except TransientFailure as failure:
        raise TokenError("transient", failure.message) from None
    if answer.status != 200:
        raise _refusal(answer)
    return _grant(answer, asked_at)


def _refusal(answer: Answer) -> TokenError:
    """What an answer other than 200 means for the credential that was handed in."""
    status = answer.status
    said = _json_object(answer.body) or {}
    error = str(said.get("error", ""))
    if status in {400, 401}:
        if error in _MISCONFIGURED_ERRORS:
            return TokenError("misconfigured", f"Shopify does not accept our client ID or secret ({error}).")
        if error in _TERMINAL_ERRORS or _says_it_is_over(error, said, answer.body):
            return TokenError("terminal", f"Shopify will not accept this grant again ({status}).")
    if status == 429:
        return TokenError("throttled", "Shopify asks us to slow down.", retry_after=answer.retry_after())
    if status == 403:
        return TokenError(
            "refused_here", "Shopify refuses this address (403). Is it on the app's IP allowlist?"
        )
    if status in {402, 404, 423}:
        return TokenError("shop_unavailable", f"The shop is not available ({status}).")
    # 5xx, and any 4xx that does not say in known words that the grant is over: to give up a refresh token wrongly
    # locks the merchant out, to ask once more costs nothing.
    return TokenError("transient", f"Shopify answered {status}.", retry_after=answer.retry_after())


def _says_it_is_over(error: str, said: JsonDict, body: bytes) -> bool:
    """400 or 401 with words that Shopify is known to use; the same sentence also arrives as an HTML page."""
    if error == "invalid_request":
        text = str(said.get("error_description", ""))
    elif said:
        return False
    else:
        text = body[:65536].decode("utf-8", "replace")
    text = text.lower()
    return "requires an active refresh_token" in text or "authorization code was not found" in text


def _grant(answer: Answer, asked_at: datetime) -> Grant:
    said = _json_object(answer.body)
    if said is None:
        raise TokenError("transient", "Shopify's token answer is no JSON object.")
    access_token, scope = said.get("access_token"), said.get("scope", "")
    refresh_token = said.get("refresh_token") or None
    if not isinstance(access_token, str) or not _fits_a_header(access_token):
        raise TokenError("transient", "Shopify's token answer holds no access token.")
    if not isinstance(scope, str | None) or not isinstance(refresh_token, str | None):
        raise TokenError("transient", "Shopify's token answer holds values of the wrong type.")
    return Grant(
        access_token=access_token,
        scopes=frozenset(part for part in (word.strip() for word in (scope or "").split(",")) if part),
        expires_at=_moment(asked_at, said.get("expires_in")),
        refresh_token=refresh_token,
        refresh_expires_at=_moment(asked_at, said.get("refresh_token_expires_in")),
    )


def _fits_a_header(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _moment(asked_at: datetime, seconds: Json) -> datetime | None:
    """Counted from before the request, so that a slow answer cannot make a token look younger than it is."""
    if seconds is None:
        return None
    life = number(seconds)
    if not life:
        raise TokenError("transient", "Shopify's token answer names no sensible life time.")
    try:
        return asked_at + timedelta(seconds=life)
    except OverflowError:
        raise TokenError("transient", "Shopify's token answer names no sensible life time.") from None


def _json_object(body: bytes) -> JsonDict | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
