"""Installation by the authorization code grant, and the bounce page (contract §3, platform.md §2).

Shops that open the app in their admin never come here: the embedded door exchanges their id token. This is the way in
for a merchant who starts outside the admin.
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from serializer_app.domain.shops import shops, tokens
from serializer_app.errors import AppError
from serializer_app.shopify import oauth
from serializer_app.shopify.domains import shop_domain
from serializer_app.shopify.signatures import InvalidSignature, parse_query, verify_oauth_callback
from serializer_app.web.app_bridge import admin_app_url, embedded_page
from serializer_app.web.forwarding import caller_address
from serializer_app.web.house import house
from serializer_app.web.limits import Limiter, too_many

log = structlog.get_logger(__name__)

auth = Blueprint("auth", __name__, url_prefix="/auth")

COOKIE = "serializer_oauth"
COOKIE_SECONDS = 600
_BARE_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]{0,99}", re.ASCII)
_LIMITER = "serializer-oauth-attempts"


def limited_by_address() -> None:
    """The guard: everybody may begin an installation, nobody may begin hundreds. The bounce page costs nothing."""
    if request.endpoint == "auth.bounce":
        return
    attempts: Limiter = current_app.extensions.setdefault(_LIMITER, Limiter(rate=1.0, burst=60))
    wait = attempts.take(caller_address())
    if wait:
        raise too_many(wait)


@auth.get("/install")
def install() -> ResponseReturnValue:
    """Send the merchant to where scopes are granted. ``shop`` is a whole domain; the form of ours sends ``name``."""
    shop = _asked_shop()
    if shop is None:
        raise AppError(
            "shop_invalid", "That is no myshopify.com domain; it looks like my-shop.myshopify.com", status=400
        )
    settings = house().settings
    state = secrets.token_urlsafe(32)
    answer = redirect(oauth.permission_url(settings, shop, state, f"{settings.app_url}/auth/callback"))
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(
        COOKIE,
        _signer().dumps({"state": state, "shop": shop}),
        max_age=COOKIE_SECONDS,
        path="/auth",
        secure=settings.app_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return answer


@auth.get("/callback")
def callback() -> ResponseReturnValue:
    """The merchant comes back with a code: checked, exchanged, and the app is installed."""
    settings = house().settings
    try:
        verified = verify_oauth_callback(parse_query(request.query_string), settings.secrets)
    except InvalidSignature as error:
        log.info("callback refused", reason=error.reason)
        raise
    _check_browser(verified.shop, verified.state)
    grant = oauth.exchange_code(settings, verified.shop, verified.code)
    missing = sorted(oauth.missing_scopes(grant.scopes))
    if missing:
        raise AppError("scopes_missing", f"The app cannot work without {', '.join(missing)}", status=403)
    with house().db.write() as session:
        shop = shops.install(session, verified.shop, sorted(grant.scopes))
        tokens.save(session, house().vault, shop.id, grant)
    g.shop_domain = verified.shop
    answer = redirect(admin_app_url(settings, verified.shop))
    answer.delete_cookie(COOKIE, path="/auth")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@auth.get("/bounce")
def bounce() -> Response:
    """A page that holds App Bridge and nothing else: it fetches an id token and opens ``shopify-reload`` with it."""
    shops_named, targets = request.args.getlist("shop"), request.args.getlist("shopify-reload")
    shop = shop_domain(shops_named[0]) if len(shops_named) == 1 else None
    if shop is None:
        raise AppError("shop_invalid", "That is no myshopify.com domain", status=400)
    if len(targets) != 1 or not is_own_page(targets[0], house().settings.app_url):
        raise AppError("reload_invalid", "shopify-reload must be a page of this app", status=400)
    g.frame_shop = shop
    return embedded_page("bounce.html")


def is_own_page(target: str, app_url: str) -> bool:
    """Whether a browser that opens ``target`` stays with us, however leniently it reads addresses.

    Browsers drop control characters, take a backslash for a slash and resolve dots, so whatever could turn into
    another host, or into the bounce page once more, is refused instead of repaired.
    """
    if target.startswith(f"{app_url}/"):
        target = target.removeprefix(app_url)
    if not target.startswith("/") or len(target) > 4096 or not target.isascii():
        return False
    if any(character <= " " or character in "\\\x7f" for character in target):
        return False
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    segments = path.lower().replace("%2e", ".").split("/")
    if "//" in path or "." in segments or ".." in segments or path.startswith("/auth"):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def _asked_shop() -> str | None:
    if "shop" in request.args:
        given = request.args.getlist("shop")
        return shop_domain(given[0]) if len(given) == 1 else None
    name = request.args.get("name", "").strip().lower().removesuffix(".myshopify.com")
    return shop_domain(f"{name}.myshopify.com") if _BARE_NAME.fullmatch(name) else None


def _check_browser(shop: str, state: str) -> None:
    """The browser that comes back is the one that began, for the same shop, a few minutes ago."""
    try:
        begun = _signer().loads(request.cookies.get(COOKIE, ""), max_age=COOKIE_SECONDS)
    except BadData:
        begun = {}
    # compare_digest takes no text beyond ASCII.
    same = hmac.compare_digest(str(begun.get("state", "")).encode(), state.encode())
    if not begun.get("state") or not same or begun.get("shop") != shop:
        raise AppError(
            "installation_not_begun_here",
            "This installation was not begun in this browser, or too long ago. Please begin again.",
            status=403,
        )


def _signer() -> URLSafeTimedSerializer:
    """Keys of its own, the newest last as itsdangerous wants them; never the API secret (platform.md §2)."""
    keys = house().vault.derived_keys("oauth-state")
    return URLSafeTimedSerializer([key.hex() for key in reversed(keys)], salt="oauth-state")
