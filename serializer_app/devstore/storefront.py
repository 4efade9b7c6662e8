"""The shop as a visitor sees it: a tiny theme, signing in, order status pages, and the app proxy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import liquid
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.devstore.app_link import AppUnreachable
from serializer_app.devstore.control import BUTTONS
from serializer_app.devstore.shop import Shop
from serializer_app.text import JsonDict

if TYPE_CHECKING:
    from serializer_app.devstore.server import DevStore

_ANYWHERE = {"locale": "", "path": ""}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SHOP_COOKIE, _CUSTOMER_COOKIE = "devstore_shop", "devstore_customer"
_LAYOUT = re.compile(r"\{%-?\s*layout\s+(none|'[^']*'|\"[^\"]*\")\s*-?%\}")
_THEME = Path(__file__).parent / "templates" / "theme.liquid"


def blueprint(store: DevStore) -> Blueprint:
    pages = Blueprint("storefront", __name__)

    @pages.get("/")
    def index() -> str:
        known = {"store": store, "shop": _shop(store), "customer": _customer(store), "buttons": BUTTONS}
        return render_template("index.html", **known)

    @pages.route("/<any(apps, a, community, tools):prefix>/<subpath>/", defaults=_ANYWHERE, methods=METHODS)
    @pages.route(
        "/<any(apps, a, community, tools):prefix>/<subpath>/<path:path>",
        defaults={"locale": ""},
        methods=METHODS,
    )
    @pages.route("/<locale>/<any(apps, a, community, tools):prefix>/<subpath>/<path:path>", methods=METHODS)
    def proxied(locale: str, prefix: str, subpath: str, path: str) -> Response:
        if f"/{prefix}/{subpath}" != _shop(store).state.proxy_path:
            abort(404)
        return _forward(store, path, f"/{locale}" if locale else "")

    @pages.get("/account/login")
    def login() -> BaseResponse:
        """Where a theme sends who has to sign in; nobody asks for a password here."""
        return redirect(url_for("storefront.index", _anchor="sign-in"))

    @pages.post("/account/switch")
    def switch() -> BaseResponse:
        """Signs in as another customer, or chooses another shop: nobody asks for a password here."""
        answer = redirect(request.form.get("back") or url_for("storefront.index"))
        for field, cookie in (("shop", _SHOP_COOKIE), ("customer", _CUSTOMER_COOKIE)):
            if field in request.form:
                answer.set_cookie(cookie, request.form[field], httponly=True, samesite="Lax")
        return answer

    @pages.get("/orders/<token>")
    def order_status(token: str) -> str:
        shop = _shop(store)
        order = next((order for order in [*shop.state.orders.values()] if order.token == token), None)
        if order is None:
            abort(404)
        return _themed(
            store, shop, f"Order {order.name}", render_template("order_status.html", shop=shop, order=order)
        )

    @pages.get("/orders/<token>/<snippet>")
    def paper(token: str, snippet: str) -> str:
        shop = _shop(store)
        order = next((order for order in [*shop.state.orders.values()] if order.token == token), None)
        if order is None:
            abort(404)
        try:
            return shop.render_mail(order, snippet)
        except KeyError:
            abort(404)

    @pages.get("/products/<handle>")
    def product(handle: str) -> str:
        shop = _shop(store)
        shown = next(
            (product for product in [*shop.state.products.values()] if product.handle == handle), None
        )
        if shown is None:
            abort(404)
        return _themed(store, shop, shown.title, render_template("product.html", product=shown))

    return pages


def _forward(store: DevStore, path: str, locale: str) -> Response:
    shop = _shop(store)
    if store.faults.storefront == "password":
        return Response(status=302, headers={"Location": "/password"})
    if store.faults.storefront == "missing":
        page = _themed(store, shop, "404 Not Found", "<h1>404</h1><p>The page was not found.</p>")
        return Response(page, 404, content_type="text/html; charset=utf-8")
    try:
        app = store.link()
    except AppUnreachable as error:
        return Response(str(error), 502, content_type="text/plain")
    answer = store.proxy.forward(
        app,
        shop.domain,
        request.method,
        f"/{path}",
        list(request.args.items(multi=True)),
        customer=_customer(store),
        headers=dict(request.headers),
        body=request.get_data(),
        address=request.remote_addr or "127.0.0.1",
        prefix=f"{locale}{shop.state.proxy_path}",
    )
    kind = (answer.header("Content-Type") or "").split(";")[0]
    if kind != "application/liquid":
        return Response(answer.body, answer.status, list(answer.headers))
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-type"]
    page = render_liquid(store, shop, answer.text)
    return Response(page, answer.status, headers, content_type="text/html; charset=utf-8")


def render_liquid(store: DevStore, shop: Shop, source: str) -> str:
    """An ``application/liquid`` answer as the theme shows it; ``{% layout none %}`` stands alone."""
    layout = _LAYOUT.search(source)
    body = liquid.Environment().from_string(_LAYOUT.sub("", source)).render(**_variables(store, shop))
    return body if layout and layout[1] == "none" else _themed(store, shop, "Serializer", body)


def _themed(store: DevStore, shop: Shop, title: str, body: str) -> str:
    theme = liquid.Environment(autoescape=True).from_string(_THEME.read_text(encoding="utf-8"))
    variables = _variables(store, shop)
    # What the app renders as application/liquid is HTML by definition; escaping its values is the app's duty.
    safe = Markup(body)  # noqa: S704
    return theme.render(page_title=title, content_for_layout=safe, **variables)


def _variables(store: DevStore, shop: Shop) -> JsonDict:
    customer = shop.state.customers.get(_customer(store) or 0)
    signed_in = (
        {"id": customer.id, "first_name": customer.first_name, "name": customer.name} if customer else None
    )
    return {
        "shop": {
            "name": shop.state.name,
            "domain": shop.domain,
            "permanent_domain": shop.domain,
            "proxy_path": shop.state.proxy_path,
        },
        "customer": signed_in,
        "request": {"locale": {"iso_code": "en"}, "path": request.path, "origin": store.origin},
        "routes": {"root_url": "/", "account_login_url": "/#sign-in"},
        "customers": [{"id": entry.id, "name": entry.name} for entry in shop.state.customers.values()],
    }


def _shop(store: DevStore) -> Shop:
    name = request.cookies.get(_SHOP_COOKIE, "")
    return store.shop(name if name in store.states else None)


def _customer(store: DevStore) -> int | None:
    text = request.cookies.get(_CUSTOMER_COOKIE, "")
    number = int(text) if text.isascii() and text.isdigit() else None
    return number if number in _shop(store).state.customers else None
