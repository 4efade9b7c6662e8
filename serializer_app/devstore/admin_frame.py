"""Shopify's admin around the app: the frame, the stand-in for App Bridge, and the page that approves an install."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.devstore.admin_orders import act_on_orders
from serializer_app.devstore.notification import HEADINGS
from serializer_app.devstore.returns import DISPOSITIONS
from serializer_app.devstore.shop import Shop, admin_host
from serializer_app.devstore.signing import oauth_hmac
from serializer_app.text import JsonDict

if TYPE_CHECKING:
    from serializer_app.devstore.server import DevStore

_SCRIPT = Path(__file__).parent / "app_bridge.js"
LOCALES = {"en": "English", "de": "Deutsch"}
STAFF = {"102938475": "Ada", "102938476": "Ben"}
"""Who can be signed in to the pretend admin; the first one is where nobody chose."""


def blueprint(store: DevStore) -> Blueprint:
    pages = Blueprint("admin_frame", __name__, url_prefix="")

    @pages.get("/app-bridge.js")
    def app_bridge() -> Response:
        answer = send_file(_SCRIPT, mimetype="text/javascript", max_age=0)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    @pages.get("/admin/id_token")
    def id_token() -> Response:
        """A fresh id token for App Bridge: what Shopify's admin gives to the frame it has opened."""
        shop = _known(store, request.args.get("shop") or store.default_shop)
        answer = jsonify({"token": shop.id_token(request.args.get("user") or "102938475")})
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    @pages.get("/admin/resources")
    def resources() -> Response:
        """What the resource picker shows."""
        return jsonify(_resources(_known(store, request.args.get("shop") or store.default_shop)))

    @pages.get("/admin/")
    @pages.get("/admin/apps/serializer")
    def first_frame() -> BaseResponse:
        return redirect(f"/admin/store/{store.default_shop}/apps/serializer")

    @pages.get("/admin/<domain>")
    def short_address(domain: str) -> BaseResponse:
        return redirect(f"/admin/store/{_known(store, domain).domain}/apps/serializer")

    @pages.get("/admin/store/<domain>/apps/serializer", defaults={"path": ""})
    @pages.get("/admin/store/<domain>/apps/serializer/<path:path>")
    def frame(domain: str, path: str) -> str:
        shop = _known(store, domain)
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        user, locale = _chosen("user", STAFF), _chosen("locale", LOCALES)
        page = shop.app_query(f"/{path}{query}", user, locale=locale)
        source = f"{(store.app_url or '').rstrip('/')}{page}"
        return render_template(
            "admin.html",
            store=store,
            shop=shop,
            source=source,
            section="app",
            choices={"locale": (LOCALES, locale), "user": (STAFF, user)},
        )

    @pages.get("/admin/store/<domain>/orders")
    def orders(domain: str) -> str:
        shop = _known(store, domain)
        recent = sorted([*shop.state.orders.values()], key=lambda order: -order.id)[:50]
        return render_template(
            "admin_orders.html",
            store=store,
            shop=shop,
            orders=recent,
            section="orders",
            papers=HEADINGS,
            dispositions=DISPOSITIONS,
        )

    @pages.post("/admin/store/<domain>/orders")
    def change_orders(domain: str) -> BaseResponse:
        """Places, edits, refunds, ships, cancels or deletes an order from the demo's page."""
        act_on_orders(_known(store, domain), request.form)
        return redirect(request.path)

    @pages.post("/admin/scopes")
    def grant_scopes() -> tuple[str, int]:
        """The merchant allows optional scopes, as App Bridge's scopes.request asks."""
        shop = _known(store, request.args.get("shop", ""))
        more = [scope for scope in request.form.get("scopes", "").split(",") if scope]
        shop.grant_scopes([*dict.fromkeys([*shop.granted, *more])])
        return "", 204

    @pages.get("/admin/oauth/authorize")
    def approve_page() -> str:
        _check_authorize(store)
        return render_template("authorize.html", store=store, query=request.args, shops=[*store.states])

    @pages.post("/admin/oauth/authorize")
    def approve() -> BaseResponse:
        _check_authorize(store)
        return redirect(_callback(store, _known(store, request.values["shop"])))

    return pages


def _chosen(name: str, choices: dict[str, str]) -> str:
    """What the admin's own menu was set to, kept in a cookie."""
    found = request.cookies.get(f"devstore-{name}", "")
    return found if found in choices else next(iter(choices))


def _check_authorize(store: DevStore) -> None:
    target = urlsplit(request.values.get("redirect_uri", ""))
    if request.values.get("client_id") != store.api_key:
        abort(400, "Oauth error invalid_request: Could not find Shopify API application with api_key")
    if store.app_url and f"{target.scheme}://{target.netloc}" != store.app_url.rstrip("/"):
        abort(400, "Oauth error invalid_request: The redirect_uri is not whitelisted")


def _callback(store: DevStore, shop: Shop) -> str:
    scopes = tuple(scope for scope in request.values.get("scope", "").replace(" ", ",").split(",") if scope)
    redirect_uri = request.values["redirect_uri"]
    params = {
        "code": store.tokens.authorize(shop.domain, redirect_uri, scopes),
        "host": admin_host(shop.domain),
        "shop": shop.domain,
        "state": request.values.get("state", ""),
        "timestamp": str(int(store.clock.now().timestamp())),
    }
    params["hmac"] = oauth_hmac(store.tokens.api_secret, params)
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(params)}"


def _known(store: DevStore, domain: str) -> Shop:
    full = domain if "." in domain else f"{domain}.myshopify.com"
    if full not in store.states:
        abort(404)
    return store.shop(full)


def _resources(shop: Shop) -> list[JsonDict]:
    with shop.state.lock:
        return [
            {
                "id": product.gid,
                "title": product.title,
                "handle": product.handle,
                "variants": [{"id": v.gid, "title": v.title, "sku": v.sku} for v in product.variants],
            }
            for product in shop.state.products.values()
        ]
