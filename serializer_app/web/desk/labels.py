"""Labels of an order's units, for A4 sheets and label rolls. The QR code holds the item ID, which any scanner types."""

from __future__ import annotations

import segno
from flask import Response, g
from markupsafe import Markup

from serializer_app.domain import item_search, orders, shops, units
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, show
from serializer_app.web.desk.items import known
from serializer_app.web.house import house

SHEETS = ("a4", "roll")


@desk.get("/orders/<int:order_id>/labels")
def labels(order_id: int) -> Response:
    sheet = asked("sheet") if asked("sheet") in SHEETS else "a4"
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        order = orders.find(session, shop.id, order_id)
        following = None
        if asked("item"):
            keys = [known(session, asked("item")).id]
        else:
            rows, following = units.of_order(session, shop.id, order_id, after=asked_number("after") or 0)
            keys = [item.id for item in rows]
        return show(
            "labels",
            shop,
            order=order,
            sheet=sheet,
            sheets=SHEETS,
            units=item_search.described(session, shop.id, keys),
            qr=_qr,
            item=asked("item"),
            following=following and address("desk.labels", order_id=order_id, **parameters(after=following)),
        )


def _qr(text: str) -> Markup:
    # Item IDs are of the app's own alphabet; segno escapes what stands in an SVG all the same.
    return Markup(segno.make(text, error="m", micro=False).svg_inline(scale=1, border=1, omitsize=True))  # noqa: S704
