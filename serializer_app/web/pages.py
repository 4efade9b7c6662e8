"""HTML answers: the frame rules every page needs, and the page for what went wrong."""

from __future__ import annotations

from flask import Response, g, make_response, render_template, request

from serializer_app.errors import AppError
from serializer_app.web.house import house
from serializer_app.web.texts import Texts, choose


def page(template: str, status: int = 200, **values: object) -> Response:
    """A rendered page, with the headers that every page of the app carries (platform.md §2).

    The frame ancestors are the shop's own admin and Shopify's: the sanitised shop of this request, nobody else.
    """
    response = make_response(render_template(template, **values), status)
    shop = g.get("frame_shop")
    ancestors = _frame_ancestors(shop) if shop else "'none'"
    response.headers["Content-Security-Policy"] = f"frame-ancestors {ancestors}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _frame_ancestors(shop: str) -> str:
    """The shop's own admin and Shopify's; what stands in for them, where the settings name something."""
    admins = [f"https://{shop}", "https://admin.shopify.com", house().settings.admin_url(shop)]
    return " ".join(dict.fromkeys(admins))


def texts(time_zone: str = "UTC") -> Texts:
    """The texts for whoever asks: in the language that Shopify states as ``locale``, else in one of the browser's."""
    return Texts(choose(request.args.get("locale"), request.accept_languages), time_zone)


def error_page(error: AppError) -> Response:
    words = texts()
    response = page(
        "error.html", error.status, error=error, message=words.failure(error), **words.in_templates()
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response
