"""What all pages of the desk share: the blueprint, how a page is shown, and what a write answers.

Pages are whole documents. The desk's script loads them by fetch with App Bridge's token and puts their ``main`` in
place; a browser that navigates by itself goes over the bounce page and gets the same document (web.embedded).
A write is a POST with a fresh token in its header and answers JSON: what to say, and where to go.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, g, request, url_for

from serializer_app.clock import now
from serializer_app.domain.ids import reader
from serializer_app.domain.paging import END, Page, Place, Row
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.text import Json
from serializer_app.translations import N_
from serializer_app.web import pages
from serializer_app.web.answers import answer, failure
from serializer_app.web.app_bridge import embedded_page, script_url
from serializer_app.web.house import house
from serializer_app.web.static_files import desk_modules
from serializer_app.web.texts import Texts

log = structlog.get_logger(__name__)

desk = Blueprint("desk", __name__)

NAVIGATION = (
    ("home", "/"),
    ("products", "/products"),
    ("orders", "/orders"),
    ("items", "/items"),
    ("scan", "/scan"),
    ("serials", "/serials"),
    ("stock", "/stock"),
    ("registrations", "/registrations"),
    ("settings", "/settings"),
)
_SCRIPT_TEXTS = {
    "away": N_("The app could not be reached. Nothing was changed."),
    "copied": N_("Copied"),
    "uncopied": N_("The browser does not allow copying. Select the text and copy it yourself."),
    "picked": N_("{count} selected"),
    "saved": N_("Saved"),
    "twice": N_("This serial number is already used on another unit of this product"),
    "surplus": N_("Lines not used: {count}. There are no more empty units."),
    "left": N_("{count} left"),
    "anyway": N_("Use it as the serial number"),
    "receive": N_("Receive anyway"),
    "decide": N_("First choose what becomes of this unit: type its digit. The last scan was not taken."),
    "skipped": N_("Nothing was recorded"),
    "undo": N_("Undo"),
    "every": N_("This changes {count} variants."),
    "now": N_("Entered in the meantime: {value}"),
    "unsaved": N_("Your changes to a unit are not saved yet."),
    "leave": N_("Leave without saving"),
    "empty": N_("empty"),
}
"""What the desk's scripts say, by the names they know the texts by."""


def texts(shop: Shop | None = None) -> Texts:
    """The words for whoever asks, with times in the shop's zone."""
    return pages.texts(shop.time_zone if shop is not None else "UTC")


def show(template: str, shop: Shop | None, http_status: int = 200, /, **values: object) -> Response:
    """A page of the desk: ``templates/desk/<template>.html``; ``people`` are staff by their names (desk.staff)."""
    words = texts(shop)
    people = values.pop("people", None)
    if isinstance(people, dict):
        words.people = people
    response = embedded_page(
        f"desk/{template}.html",
        http_status,
        shop=shop,
        now=now(),
        navigation=NAVIGATION,
        desk_modules=desk_modules(),
        script_words={name: words.gettext(text) for name, text in _SCRIPT_TEXTS.items()},
        **words.in_templates(),
        **values,
    )
    # No script of a page runs but ours and App Bridge's, whatever a serial number contains.
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(script_url(house().settings)))
    response.headers["Content-Security-Policy"] += (
        f"; script-src 'self' {origin}; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
    return response


def said(toast: str, go: str | None = None, **more: object) -> Response:
    """What a write answers: a sentence, and the page to go to (None: the present one, loaded again)."""
    return answer({"toast": toast, "go": go, **more})


@desk.errorhandler(AppError)
def refused(error: AppError) -> Response:
    """An expected failure: at the field for a write, a page with a way out for a page."""
    log.info("refused", code=error.code, status=error.status)
    words = texts()
    message = words.failure(error)
    if request.method != "GET":
        told = AppError(
            error.code,
            message,
            status=error.status,
            permanent=error.permanent,
            retry_after=error.retry_after,
            details=[
                {"path": found["path"], "message": words.problem(found["message"])} for found in error.details
            ],
        )
        return failure(told)
    return show("error", None, error.status, code=error.code, message=message, request_id=g.request_id)


def address(endpoint: str, **values: Any) -> str:  # url_for's own options too
    """The path of a page of the desk; what is None is left out."""
    return url_for(endpoint, **values)


def parameters(**changes: str | int | None) -> dict[str, str]:
    """The query of this page with ``changes``, without what only Shopify's frame needs; None leaves a name out."""
    frame = {
        "id_token",
        "shop",
        "host",
        "locale",
        "embedded",
        "hmac",
        "timestamp",
        "session",
        "id-token-retried",
    }
    wanted: dict[str, Json] = {name: value for name, value in request.args.items() if name not in frame}
    wanted |= changes
    return {name: str(value) for name, value in wanted.items() if value not in (None, "")}


def asked(name: str, longest: int = 255) -> str:
    """A parameter of this page as text that can be looked up; empty where there is none."""
    return reader.clean(request.args.get(name, ""))[:longest]


def asked_number(name: str) -> int | None:
    """A key in the address; what is none counts as not given."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def asked_place() -> Place:
    """Where a page of a list that shows the newest rows first begins: ``before`` or ``after`` a row's key."""
    after, before = asked_number("after"), asked_number("before")
    if after is not None:
        return Place("next", after)
    return END if before is None else Place("previous", before)


def neighbours(endpoint: str, page: Page[Row], **path: str) -> tuple[str | None, str | None]:
    """Addresses of the pages with newer and with older rows than ``page``, of a list that shows the newest first.

    ``path`` are the parts of the address of ``endpoint``.
    """

    def of(**place: int | None) -> str:
        return address(endpoint, **{**parameters(**place), **path})

    newer = of(after=page.edges[1], before=None) if page.has_next and page.edges else None
    older = of(before=page.edges[0], after=None) if page.has_previous and page.edges else None
    return newer, older
