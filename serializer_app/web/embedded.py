"""The merchant's door: the app inside the Shopify admin, opened by an id token (contract §3, platform.md §2).

The shop comes from the verified token and from nowhere else. Pages of the desk are plain documents: a navigation
inside the frame arrives without a token, is sent over the bounce page, and comes back with one.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import structlog
from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import holdings
from serializer_app.domain.desk import staff
from serializer_app.domain.shops import shops, tokens
from serializer_app.errors import AppError
from serializer_app.shopify import oauth
from serializer_app.shopify.domains import shop_domain
from serializer_app.shopify.id_tokens import IdToken, InvalidIdToken, verify
from serializer_app.shopify.oauth import TokenError
from serializer_app.store.models import Shop
from serializer_app.web.answers import failure
from serializer_app.web.house import house
from serializer_app.web.pages import page, texts

log = structlog.get_logger(__name__)

embedded = Blueprint("embedded", __name__)

# App Bridge asks for a fresh id token and sends the request again, once, when it sees this header beside a 401.
RETRY_HEADER = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
# Where a merchant has not granted everything, Shopify is asked again now and then and not at every click.
SCOPES_PAUSE = timedelta(minutes=10)
_READING = {"GET", "HEAD", "OPTIONS"}
# Marks a page that has been over the bounce page because Shopify refused its token: a second refusal is shown.
_RETRIED = "id-token-retried"
# Credentials and signatures are never repeated in a redirect.
_NOT_REPEATED = frozenset({_RETRIED, "id_token", "hmac", "signature", "session", "timestamp"})


def staff_of_shop() -> ResponseReturnValue | None:
    """The guard: a valid id token as Bearer, or in the query of a document.

    Sets g.shop_id, g.shop_domain, g.frame_shop and g.actor. A ``shop`` parameter never identifies anybody; one that
    names another shop than the token is 400, because then nobody can tell what was meant.
    """
    g.frame_shop = _stated_shop()
    try:
        token = verify(_credential(), house().settings)
    except InvalidIdToken as error:
        log.info("id token refused", reason=error.reason)
        return _without_token(error)
    if any(shop_domain(stated) != token.shop for stated in request.args.getlist("shop")):
        raise AppError(
            "shop_mismatch", "The shop in the address is not the one that is signed in", status=400
        )
    g.shop_domain = g.frame_shop = token.shop
    g.actor = f"staff:{staff.member_id(token.user_id)}"
    try:
        g.shop_id = _admitted(token)
    except TokenError as error:
        return _not_admitted(error)
    return None


@embedded.get("/privacy/files/<int:file_id>")
def privacy_file(file_id: int) -> Response:
    """The answer to a customers/data_request, for the merchant to hand over."""
    with house().db.write() as session:
        content = holdings.file_content(session, house().vault, g.shop_id, file_id, actor=g.actor)
    return Response(
        content,
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="customer-data-{file_id}.json"',
            "Cache-Control": "no-store",
        },
    )


# --- who is it --------------------------------------------------------------------------------------------------


def is_fetch() -> bool:
    """Whether a script asks, and not the browser's address line: then the answer is JSON and never a redirect."""
    if request.headers.get("Authorization") or request.method not in _READING:
        return True
    if request.headers.get("Sec-Fetch-Dest") == "empty" or request.headers.get("X-Requested-With"):
        return True
    accepted = request.accept_mimetypes
    return bool(accepted) and not accepted.accept_html


def _credential() -> str | None:
    """The raw token. From the query only for reading: what changes something must come from a script of ours."""
    header = request.headers.get("Authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        return token.strip() if kind.lower() == "bearer" else None
    given = request.args.getlist("id_token")
    return given[0] if len(given) == 1 and request.method in _READING else None


def _stated_shop() -> str | None:
    """The shop of this document, for the frame rules and the bounce page. Proves nothing.

    A link inside the frame does not carry it; the page it stands on does, and the browser names that page to us.
    """
    if "shop" in request.args:
        return shop_domain(request.args["shop"])
    return shop_domain(_from_referrer("shop"))


def _from_referrer(name: str) -> str | None:
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
        if f"{referrer.scheme}://{referrer.netloc}" != house().settings.app_url:
            return None
        return parse_qs(referrer.query, max_num_fields=50).get(name, [None])[0]
    except ValueError:
        return None


# --- the first visit, and every later one -----------------------------------------------------------------------


def _admitted(token: IdToken) -> int:
    """The shop's key; asks Shopify for an access token first where there is none that works. Raises TokenError."""
    with house().db.read() as session:
        shop = shops.find(session, token.shop)
        installed = shop is not None and shop.status == shops.INSTALLED
        standing = tokens.standing(session, shop.id) if shop is not None else None
    works = installed and standing is not None and standing.usable
    if shop is not None and works and standing is not None and not _scopes_to_ask_for(shop, standing):
        return shop.id
    try:
        # Outside any transaction. Two first requests at once exchange twice, and the second pair stays.
        grant = oauth.exchange_id_token(house().settings, token.shop, token.raw)
    except TokenError as error:
        if shop is None or not installed or error.kind == "terminal":
            raise
        # What the shop has stored here can be worked with while Shopify cannot be reached; the page says so.
        log.warning("authorisation not renewed", code=error.code)
        return shop.id
    with house().db.write() as session:
        return _kept(session, token.shop, grant, renew=not works)


def renew_access() -> None:
    """Exchange this request's id token for an access token with the scopes that the merchant grants now.

    Raises AppError ``token_…`` when Shopify gives none.
    """
    raw = _credential() or ""
    grant = oauth.exchange_id_token(house().settings, g.shop_domain, raw)
    with house().db.write() as session:
        _kept(session, g.shop_domain, grant, renew=False)


def _scopes_to_ask_for(shop: Shop, standing: tokens.TokenStanding) -> bool:
    if not oauth.missing_scopes(shop.scopes.split(",")):
        return False
    return standing.changed_at is None or standing.changed_at < now() - SCOPES_PAUSE


def _kept(session: Session, domain: str, grant: oauth.Grant, *, renew: bool) -> int:
    shop = shops.find(session, domain)
    if shop is None or renew:
        shop = shops.install(session, domain, sorted(grant.scopes))
    else:
        shops.scopes_changed(session, shop, sorted(grant.scopes), actor="app")
    tokens.save(session, house().vault, shop.id, grant)
    return shop.id


# --- everybody else ---------------------------------------------------------------------------------------------


def _without_token(error: AppError) -> ResponseReturnValue:
    if is_fetch():
        return _refused(error)
    if "shop" in request.args and g.frame_shop is None:
        raise AppError("shop_invalid", "That is no myshopify.com domain", status=400)
    if g.frame_shop is not None:
        return _bounce(g.frame_shop)
    return page("start.html", 200 if request.path == "/" else 401, **texts().in_templates())


def _not_admitted(error: TokenError) -> ResponseReturnValue:
    """Shopify gave no access token: an id token that has just run out is worth a second one, the rest is told."""
    if error.kind == "terminal":
        if is_fetch():
            return _refused(error)
        if _RETRIED not in request.args:
            return _bounce(g.shop_domain, retried=True)
    told = AppError(
        "installation_failed",
        "Shopify did not give the app access to this shop. Please open the app again in a minute.",
        status=503,
        permanent=False,
        retry_after=error.retry_after,
    )
    log.warning("installation failed", code=error.code, problem=error.message)
    if is_fetch():
        return failure(told)
    raise told


def _refused(error: AppError) -> Response:
    answer = failure(error)
    answer.headers.extend(RETRY_HEADER)
    return answer


def _bounce(shop: str, *, retried: bool = False) -> ResponseReturnValue:
    """Over the page where App Bridge fetches a token, and back to this very address."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in _NOT_REPEATED]
    names = {name for name, _ in kept}
    host = request.args.get("host") or _from_referrer("host") or ""
    kept += [("shop", shop)] if "shop" not in names else []
    kept += [("host", host)] if host and "host" not in names else []
    kept += [(_RETRIED, "1")] if retried else []
    query = {"shop": shop, "host": host, "shopify-reload": f"{_own_path()}?{urlencode(kept)}"}
    answer = redirect(f"/auth/bounce?{urlencode(query)}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _own_path() -> str:
    """This request's path as the bounce page takes it: one slash in front, escaped."""
    return "/" + quote(request.path.lstrip("/"), safe="/:@!$&'()*+,;=-._~")
