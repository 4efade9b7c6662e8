"""Labels of an order's units, for A4 sheets and label rolls; the merchant says what the QR code holds."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import segno
from flask import Response, g
from markupsafe import Markup
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, label_bundles, order_units
from serializer_app.domain.desk.item_search import Found
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.store.models import Shop
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, show
from serializer_app.web.desk.items import known
from serializer_app.web.house import house

SHEETS = ("a4", "roll")
CODES = ("link", "verify", "item")
_PAGE = 42
"""Two A4 sheets: a page of more takes too long to draw."""
_MASK = 3


@desk.get("/orders/<int:order_id>/labels")
def labels(order_id: int) -> Response:
    sheet = asked("sheet") if asked("sheet") in SHEETS else SHEETS[0]
    code = asked("code") if asked("code") in CODES else CODES[0]
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order = orders.find(session, shop.id, order_id)
        following = None
        if asked("item"):
            keys = [known(session, asked("item")).id]
        else:
            after = asked_number("after") or 0
            rows, following = order_units.of_order(session, shop.id, order_id, after=after, most=_PAGE)
            keys = [item.id for item in rows]
        found = item_search.described(session, shop.id, keys)
        return show(
            "labels",
            shop,
            order=order,
            sheet=sheet,
            sheets=SHEETS,
            code=code,
            codes=CODES,
            labels=[(unit, _qr(held)) for unit, held in zip(found, _held(shop, found, code), strict=True)],
            item=asked("item"),
            first=asked_number("after")
            and address("desk.labels", order_id=order_id, **parameters(after=None)),
            following=following and address("desk.labels", order_id=order_id, **parameters(after=following)),
        )


def _held(shop: Shop, found: Sequence[Found], code: str) -> list[str]:
    """What the code of each label holds. A unit whose own link is printed for the first time gets it now."""
    if code == "item":
        return [unit.item.item_id for unit in found]
    if code == "verify":
        page = shops.proxy_url(shop, "/verify")
        return [f"{page}?{urlencode({'code': unit.item.item_id})}" for unit in found]
    with house().db.write() as session:
        tokens = _tokens(session, shop, found)
    return [serials.address(shop, tokens[unit.item.id]) for unit in found]


def _tokens(session: Session, shop: Shop, found: Sequence[Found]) -> dict[int, str]:
    return label_bundles.links(session, shop.id, [unit.item for unit in found], actor=g.actor)


def _qr(text: str) -> Markup:
    """With a mask of our choice, which any reader undoes: trying all eight takes 50 ms a code, two seconds a page."""
    code = segno.make(text, error="m", micro=False, mask=_MASK, boost_error=False)
    # segno escapes what stands in an SVG.
    return Markup(code.svg_inline(scale=1, border=1, omitsize=True))  # noqa: S704
