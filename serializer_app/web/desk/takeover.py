"""Move in: which orders and products hold data of another app, and why nothing of theirs is written."""

from __future__ import annotations

from flask import Response, g

from serializer_app.domain import catalog, order_lookups, shops
from serializer_app.domain.takeover import definitions, foreign
from serializer_app.web.desk.frame import address, asked, asked_number, desk, show
from serializer_app.web.house import house

PAGE = 50


@desk.get("/move-in")
def move_in() -> Response:
    after = (asked("owner", 16), asked_number("after") or 0)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = foreign.holds(session, shop.id, after=after, most=PAGE + 1)
        held, more = found[:PAGE], found[PAGE:]
        orders = [hold.owner_id for hold in held if hold.owner == "order"]
        variants = [hold.owner_id for hold in held if hold.owner == "variant"]
        return show(
            "takeover",
            shop,
            held=held,
            counts=foreign.counts(session, shop.id),
            orders=order_lookups.names(session, shop.id, orders),
            variants=catalog.titles(session, shop.id, variants),
            definitions=sorted(definitions.others(session, shop.id)),
            first=after[0] and address("desk.move_in"),
            following=more and address("desk.move_in", owner=held[-1].owner, after=held[-1].owner_id),
        )
