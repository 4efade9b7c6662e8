"""Move in: which orders and products hold data of another app, and why nothing of theirs is written."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, g, request

from serializer_app.domain.catalog import catalog
from serializer_app.domain.orders import lookups
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import definitions, foreign, moves
from serializer_app.errors import AppError
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
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
            move=moves.newest(session, shop.id),
            orders=lookups.names(session, shop.id, orders),
            variants=catalog.titles(session, shop.id, variants),
            definitions=sorted(definitions.others(session, shop.id)),
            first=after[0] and address("desk.move_in"),
            following=more and address("desk.move_in", owner=held[-1].owner, after=held[-1].owner_id),
        )


@desk.post("/move-in/<action>")
def start_move(action: str) -> Response:
    """Begin to look at, adopt or decline what another app wrote; declining takes the shop's name, typed."""
    kinds: dict[str, moves.Kind] = {"look": moves.LOOK, "adopt": moves.ADOPT, "decline": moves.DECLINE}
    if action not in kinds:
        raise AppError("not_found", "There is no such page.", status=404)
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        typed = request.form.get("confirm", "").strip().lower()
        if action == "decline" and typed not in (shop.domain, shop.domain.removesuffix(".myshopify.com")):
            raise AppError("not_confirmed", texts()("move.confirm", shop=shop.domain), status=422)
        moves.begin(session, shop.id, kinds[action], actor=g.actor)
    return said(texts()("move.begun"))


@desk.get("/move-in/export")
def export_foreign() -> Response:
    """Every text that was kept of the other app, as JSON Lines."""
    shop_id, database = g.shop_id, house().db

    def lines() -> Iterator[str]:
        with database.read() as session:
            for entry in moves.export(session, shop_id):
                yield json.dumps(entry) + "\n"

    name = 'attachment; filename="other-app.jsonl"'
    return Response(lines(), mimetype="application/jsonl", headers={"Content-Disposition": name})
