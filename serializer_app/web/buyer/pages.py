"""Pages inside the merchant's theme: rendered by us as HTML, by Shopify as Liquid, so they may hold no Liquid.

``application/liquid`` runs whatever stands between double braces with the shop's data at hand (platform.md §5).
Our own templates need none of that, so every brace that is left after rendering is written as a character reference:
whatever somebody typed, whatever a product is called.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from flask import Response, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.domain.shops.shops import PROXY_PATH
from serializer_app.shopify.signatures import ProxyIdentity
from serializer_app.web.house import house
from serializer_app.web.texts import Texts, choose

PATH = PROXY_PATH
"""Where our own routes stand: Shopify forwards to the address of the app's configuration, however a shop shows it."""
LIQUID = "application/liquid; charset=utf-8"
_INERT = str.maketrans({"{": "&#123;", "}": "&#125;"})
_FILES = Path(__file__).parent / "files"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


def words() -> Texts:
    """In the language of the theme that linked here (``?locale=``), else of the browser."""
    return Texts(choose(stated_locale(), request.accept_languages))


def stated_locale() -> str | None:
    """``locale`` of the query or the form; of the query alone when the form was refused, for example as too large."""
    try:
        return request.values.get("locale")
    except HTTPException:
        return request.args.get("locale")


def link(path: str) -> str:
    """The address of ``path`` for this visitor: under the prefix, and in the language, of the request that asks."""
    visitor: ProxyIdentity = g.visitor
    return f"{visitor.path_prefix or house().proxy_paths.get(visitor.shop, PATH)}{path}"


def see_other(path: str, **query: str | int) -> BaseResponse:
    """Answer a POST: the browser gets ``path``, so that reload and Back repeat nothing.

    The query holds what the page says (``done=1``, ``problem=…``) and the language, never what somebody entered, and
    nothing of Shopify's signed query.
    """
    if (locale := stated_locale()) is not None:
        query["locale"] = locale[:20]
    answer = redirect(f"{path}?{urlencode(query)}" if query else path, 303)
    answer.headers.update(_HEADERS)
    return answer


def shown(template: str, status: int = 200, **values: object) -> Response:
    """One page inside the theme; ``?layout=none`` stands alone. Not indexed, not kept, no address passed on."""
    alone = request.args.get("layout") == "none"
    html = render_template(
        f"buyer/{template}",
        path=link(""),
        asset=asset_path,
        alone=alone,
        locale=stated_locale(),
        shop=g.shop_name,
        contact_url=g.contact_url,
        customer=g.visitor.customer_id,
        **words().in_templates(),
        **values,
    ).translate(_INERT)
    response = Response(
        "{% layout none %}" + html if alone else html, status, content_type=LIQUID, headers=_HEADERS
    )
    return response


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[bytes, str]]:
    """(content, type) by a name that changes with the content, so that it may be kept for ever."""
    found = {}
    for file in sorted(_FILES.iterdir()):
        kind = file.suffix[1:]
        if kind in _TYPES:
            content = file.read_bytes()
            name = f"{file.stem}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
            found[name] = (content, _TYPES[kind])
    return found


def asset_path(file: str) -> str:
    """The address of ``buyer.css`` as it is today."""
    stem, _, kind = file.rpartition(".")
    name = next(name for name in assets() if name.startswith(f"{stem}.") and name.endswith(f".{kind}"))
    return link(f"/assets/{name}")
