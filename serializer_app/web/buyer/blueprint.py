"""The buyer's door: the blueprint, its errors as pages, and who is counted when a look-up finds nothing."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, g
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from serializer_app.domain import mail, shops
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.web.answers import failure
from serializer_app.web.buyer.pages import PATH, assets, shown
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import house
from serializer_app.web.limits import Guessed

buyer = Blueprint("buyer", __name__, url_prefix=PATH)

FOREVER = "public, max-age=31536000, immutable"


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
    response = shown("problem.html", status, error=AppError(f"http_{status}", error.name, status=status))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response
