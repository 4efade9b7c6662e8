"""Move in: preview, take over or discard the data that another app wrote into orders and products."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, g, request

from serializer_app.domain.catalog import catalog
from serializer_app.domain.orders import lookups
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import definitions, foreign, moves
from serializer_app.errors import AppError
from serializer_app.store.models import Shop
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
from serializer_app.web.desk.tasks import standing
from serializer_app.web.house import house

PAGE = 50
MOST_PROBLEMS = 50


@desk.get("/move-in")
def move_in() -> Response:
    after = (asked("owner", 16), asked_number("after") or 0)
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = foreign.holds(session, shop.id, after=after, most=PAGE + 1)
        held, more = found[:PAGE], found[PAGE:]
        move = moves.newest(session, shop.id)
        shown = [(hold.owner, hold.owner_id) for hold in held]
        if move is not None:
            shown += [("order", sample["order"]) for sample in move.samples]
            shown += [(problem["owner"], problem["id"]) for problem in move.problems[:MOST_PROBLEMS]]
        orders = [key for owner, key in shown if owner == "order"]
        variants = [key for owner, key in shown if owner == "variant"]
        return show(
            "takeover",
            shop,
            held=held,
            counts=foreign.counts(session, shop.id),
            kept=foreign.is_any_kept(session, shop.id),
            move=move,
            standing=move and standing(move.task, texts(shop)),
            most=MOST_PROBLEMS,
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
        if action == "decline":
            _check_name(shop)
        moves.begin(session, shop.id, kinds[action], actor=g.actor)
    return said(texts().gettext("Started"))


@desk.post("/orders/<int:order_id>/discard")
def discard_foreign(order_id: int) -> Response:
    """Decline what another app wrote for one order; takes the shop's name, typed."""
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        _check_name(shop)
        if not foreign.decide(session, shop.id, "order", order_id, "declined"):
            raise AppError("not_found", "This order holds no data of another app.", status=404)
    return said(texts().gettext("The other app's data was discarded"))


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


def _check_name(shop: Shop) -> None:
    """Raises AppError ``not_confirmed`` (422) unless the form repeats the shop's name."""
    typed = request.form.get("confirm", "").strip().lower()
    if typed not in (shop.domain, shop.domain.removesuffix(".myshopify.com")):
        raise AppError(
            "not_confirmed", texts().gettext("Type {shop} to confirm", shop=shop.domain), status=422
        )
