"""Verify: what a number on a label stands for, in plain words; also where every code of shop and product leads."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import scans
from serializer_app.domain.codes import read_item_id
from serializer_app.domain.registry import units
from serializer_app.domain.registry.units import Unit
from serializer_app.store.models import Shop
from serializer_app.web.buyer import tokens
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.pages import PATH, shown
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import house
from serializer_app.web.limits import Guessed

LONGEST = 200


@buyer.get("/verify")
def verify() -> Response:
    """The form, and with ``?code=`` the verdict: a GET, so that it works without script and as a link."""
    typed = request.args.get("code", "").strip()[:LONGEST]
    if not typed:
        with house().db.read() as session:
            shop_of(session)
        return shown("verify.html", verdict=None, typed="")
    guessed = guessed_by(typed)
    check_patience(guessed)
    with house().db.read() as session:
        shop = shop_of(session)
        found = pick(session, shop, typed)
    if not found:
        count_failure(guessed)
        return shown("verify.html", verdict="not_found", typed=typed)
    unit = found[0]
    if len(found) > 1:
        return shown("verify.html", verdict="ambiguous", typed=typed, choices=linked(found))
    if unit.state != "genuine":
        return shown("verify.html", verdict=unit.state, typed=typed, unit=unit)
    with house().db.write() as session:
        seen = looked_up(session, unit)
    return shown("verify.html", verdict="genuine", typed=typed, unit=unit, link=view_of(unit), alert=seen)


def guessed_by(typed: str) -> Guessed:
    """Item IDs are random: who has a whole one did not guess it."""
    return "secrets" if read_item_id(typed) else "names"


def pick(session: Session, shop: Shop, typed: str, variants: tuple[int, ...] = ()) -> list[Unit]:
    """One unit for each product that carries this number; of several of one product the visitor's own, or the first.

    An item that somebody took away counts only where nothing else has the number.
    """
    chosen: dict[int, Unit] = {}
    for unit in units.find(session, shop, typed, variants=variants):
        other = chosen.get(unit.product.variant_id)
        if other is None or (_own(unit) and not _own(other)):
            chosen[unit.product.variant_id] = unit
    return list(chosen.values())


def _own(unit: Unit) -> bool:
    customer = g.visitor.customer_id
    return customer is not None and unit.item is not None and unit.item.customer_id == customer


def linked(found: list[Unit]) -> list[tuple[Unit, str]]:
    return [(unit, view_of(unit)) for unit in found]


def view_of(unit: Unit) -> str:
    """The address of the page about a unit that somebody found by its number; no right to claim it comes with it."""
    kind, key = unit.subject
    token = tokens.seal(house().vault, g.shop_id, "view", kind, key, tokens.VIEW_LIFE)
    return f"{PATH}/u/{token}"


def looked_up(session: Session, unit: Unit) -> bool:
    """Count a look-up; whether the unit looks copied. A HEAD is no visitor."""
    if request.method == "HEAD":
        return scans.alerted(session, g.shop_id, unit.subject)
    return scans.note(session, house().vault, g.shop_id, unit.subject, visitor_address()).alert
