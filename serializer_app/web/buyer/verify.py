"""Verify: what a number on a label stands for, in plain words; also where every code of shop and product leads."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.buyers import links, public_texts, scans, units
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.ids import reader
from serializer_app.domain.registry import recognition
from serializer_app.domain.registry.recognition import CodeKind, Recognized
from serializer_app.store.models import Shop
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.pages import link, shown, words
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import house
from serializer_app.web.limits import Guessed


@buyer.get("/verify")
def verify() -> Response:
    """The form, and with ``?code=`` the verdict: a GET, so that it works without script and as a link."""
    typed = reader.clean(request.args.get("code", ""))
    if not typed:
        with house().db.read() as session:
            shop_of(session)
        return shown("verify.html", verdict=None, typed="")
    guessed = guessed_by(typed)
    check_patience(guessed)
    with house().db.read() as session:
        shop = shop_of(session)
        code = recognize(session, typed)
        found = pick(session, shop, code)
        own_texts = public_texts.texts(session, shop.id, words().language)
        products = [units.product(session, shop.id, variant, None) for variant in code.products[:1]]
    if not found:
        count_failure(guessed)
        product = products[0] if products else None
        return shown(
            "verify.html", verdict="not_found", reason=_reason(code), typed=typed, product_known=product
        )
    unit = found[0]
    if len(found) > 1:
        return shown("verify.html", verdict="ambiguous", typed=typed, choices=linked(found))
    if unit.state != "genuine":
        return shown("verify.html", verdict=unit.state, typed=typed, unit=unit, own_texts=own_texts)
    with house().db.write() as session:
        seen = looked_up(session, unit)
    return shown(
        "verify.html",
        verdict="genuine",
        typed=typed,
        unit=unit,
        link=view_of(unit),
        alert=seen,
        own_texts=own_texts,
    )


def _reason(code: Recognized) -> str:
    """The key of the text that says why nothing was found."""
    if code.misled:
        return "other_product_long"
    return _REASONS.get(code.kind, "not_found_long")


_REASONS = {
    CodeKind.PRODUCT: "is_product_long",
    CodeKind.TRADE_NUMBER: "is_product_long",
    CodeKind.CODE: "is_product_long",
    CodeKind.LINK: "is_link_long",
    CodeKind.MISTYPED: "mistyped_long",
}


def guessed_by(typed: str) -> Guessed:
    """Item IDs are random: who has a whole one did not guess it."""
    return "secrets" if reader.read(typed).item_ids else "names"


def recognize(session: Session, typed: str, variants: tuple[int, ...] = ()) -> Recognized:
    """What a visitor typed or scanned is. Which orders exist is not told."""
    open_token = links.opener(house().vault, g.shop_id)
    return recognition.recognize(
        session, g.shop_id, typed, variants=variants, open_token=open_token, orders=False
    )


def pick(session: Session, shop: Shop, code: Recognized) -> list[Unit]:
    """One unit for each product that carries this number; of several of one product the visitor's own, or the first.

    An item that somebody took away counts only where nothing else has the number.
    """
    chosen: dict[int, Unit] = {}
    for unit in units.of_recognized(session, shop, code):
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
    token = links.seal(house().vault, g.shop_id, "view", kind, key, links.VIEW_LIFE)
    return link(f"/u/{token}")


def looked_up(session: Session, unit: Unit) -> bool:
    """Count a look-up; whether the unit looks copied. A HEAD is no visitor."""
    if request.method == "HEAD":
        return scans.alerted(session, g.shop_id, unit.subject)
    return scans.note(session, house().vault, g.shop_id, unit.subject, visitor_address()).alert
