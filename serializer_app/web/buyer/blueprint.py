"""The buyer's door: the blueprint, its errors as pages, and who is counted when a look-up finds nothing."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, NotFound

from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import mail
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.web.answers import JSON, failure
from serializer_app.web.buyer.pages import PATH, assets, shown
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import house
from serializer_app.web.limits import Guessed
from serializer_app.web.static_files import FOREVER

buyer = Blueprint("buyer", __name__, url_prefix=PATH)


@buyer.before_request
def _name_the_shop() -> None:
    """After the guard, which stands on the app: the shop's name is on every page, errors too."""
    g.shop_name, g.contact_url = g.shop_domain, None


@buyer.get("/assets/<name>")
def asset(name: str) -> Response:
    """Style and script of the pages; their names change with their content."""
    if name not in assets():
        return failure(AppError("not_found", "There is no such file", status=404))
    content, kind = assets()[name]
    return Response(content, content_type=kind, headers={"Cache-Control": FOREVER})


@buyer.get("/", defaults={"rest": ""})
@buyer.get("/<rest:rest>")
def unknown(rest: str) -> ResponseReturnValue:
    """What no other route has: the page that was meant where only slashes are doubled, else a page that says 404.

    A link that lost or gained a slash in a mail or a theme is answered here and now. A redirect would show the visitor
    the signed query.
    """
    plain = f"{PATH}/{re.sub('//+', '/', rest).lstrip('/')}"
    if plain != request.path:
        # Raises HTTPException (404, 405) where the plain path leads nowhere either.
        rule, values = current_app.create_url_adapter(request).match(plain, return_rule=True)  # type: ignore[union-attr]  # None outside a request
        if rule.endpoint != f"{buyer.name}.{unknown.__name__}":
            request.url_rule, request.view_args = rule, dict(values)
            answered: ResponseReturnValue = current_app.ensure_sync(
                current_app.view_functions[rule.endpoint]
            )(**values)
            return answered
    raise NotFound


def shop_of(session: Session) -> Shop:
    """The shop of this request; from here on pages call it by its name and link to its address."""
    shop = shops.by_id(session, g.shop_id)
    g.shop_name = shop.name or shop.domain
    sender = mail.sender(session, shop.id)
    g.contact_url = None if sender is None else f"mailto:{quote(sender, safe='@')}"
    return shop


def check_patience(guessed: Guessed = "secrets") -> None:
    """Raises AppError 429 for a visitor whose look-ups failed too often; the same buckets as /items."""
    house().guesses.check(g.shop_id, g.visitor.customer_id, visitor_address(), guessed)


def count_failure(guessed: Guessed = "secrets") -> None:
    house().guesses.missed(g.shop_id, g.visitor.customer_id, visitor_address(), guessed)


@buyer.errorhandler(AppError)
def _refused(error: AppError) -> Response:
    response = shown("problem.html", error.status, error=error)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


@buyer.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    failed = AppError(f"http_{status}", error.name, status=status)
    response = failure(failed) if _is_script() else shown("problem.html", status, error=failed)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _is_script() -> bool:
    """Whether a script asks, which wants JSON; a browser's address line, and whoever does not say, gets a page."""
    accepted = request.accept_mimetypes
    return bool(accepted) and accepted.best_match(["text/html", JSON], "text/html") == JSON
