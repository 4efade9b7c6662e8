"""QR codes for print: of one unit, of a product, of the shop; and where a GS1 Digital Link leads.

A unit's code holds its own link, so it is made for that link only and never for a view.
"""

from __future__ import annotations

from flask import Response, g, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.domain.buyers import units
from serializer_app.domain.buyers.units import Unit
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.ids import gtin
from serializer_app.domain.ids.qr import TYPES, drawn
from serializer_app.domain.registry import recognition, serials
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Variant
from serializer_app.web.buyer.blueprint import buyer, check_patience, count_failure, shop_of
from serializer_app.web.buyer.pages import link, shown
from serializer_app.web.buyer.unit import reach
from serializer_app.web.buyer.verify import guessed_by, pick, recognize, view_of
from serializer_app.web.house import house

MOST_SCALE = 40


def product_link(shop: Shop, variant: Variant) -> str:
    """What the code of a product holds: the GS1 Digital Link where its barcode is a GTIN, else its experience."""
    number = gtin.read_gtin(variant.barcode)
    path = (gtin.digital_link(number) if number else None) or f"/p/{variant.experience_id}"
    return shops.proxy_url(shop, path)


def unit_link(shop: Shop, unit: Unit, token: str, *, gs1: bool = False) -> str | None:
    """What the code of a unit holds: its own link; as GS1 Digital Link with that link's token as ``k``.

    None where GS1 has no form for it: no GTIN, or a serial number beyond twenty characters.
    """
    if not gs1:
        return serials.address(shop, token)
    return label_bundles.digital_link(shop, unit.product.barcode, unit.number, token)


@buyer.get("/u/<token>/qr.<kind>")
def unit_code(token: str, kind: str) -> Response:
    """The code of one unit; ``?form=gs1`` for the GS1 Digital Link, ``?scale=`` 1…40."""
    with house().db.read() as session:
        shop = shop_of(session)
        reached = reach(session, shop, token)
        if not reached.own_link:
            raise AppError("link_unknown", "Only a unit's own link has a code", status=404)
        text = unit_link(shop, reached.unit, token, gs1=request.args.get("form") == "gs1")
    if text is None:
        raise AppError("no_gtin", "This unit has no GS1 Digital Link", status=404)
    return _image(text, kind)


@buyer.get("/qr.<kind>")
def shop_code(kind: str) -> Response:
    """The code of the shop: leads to the verify page."""
    with house().db.read() as session:
        text = shops.proxy_url(shop_of(session), "/verify")
    return _image(text, kind)


@buyer.get("/p/<experience_id>/qr.<kind>")
def product_code(experience_id: str, kind: str) -> Response:
    with house().db.read() as session:
        text = product_link(shop_of(session), _experience(session, experience_id))
    return _image(text, kind)


@buyer.get("/p/<experience_id>")
def product(experience_id: str) -> Response:
    """Where the code of a product leads: the verify page, for numbers of this product."""
    with house().db.read() as session:
        shop = shop_of(session)
        variant = _experience(session, experience_id)
        return _router(session, shop, (variant.variant_id,))


@buyer.get("/01/<number>")
def trade_item(number: str) -> Response:
    """The GS1 Digital Link of a product."""
    with house().db.read() as session:
        shop = shop_of(session)
        return _router(session, shop, _variants(session, number))


@buyer.get("/01/<number>/21/<path:serial>")
def trade_unit(number: str, serial: str) -> BaseResponse:
    """The GS1 Digital Link of one unit: its own link where ``k`` is that unit's token, else a view of it."""
    guessed = guessed_by(serial)
    check_patience(guessed)
    with house().db.read() as session:
        shop = shop_of(session)
        variants = _variants(session, number)
        own = units.by_token(session, shop, request.args.get("k", ""))
        if own is not None and own.product.variant_id in variants and own.number == serial:
            return _onward(link(f"/u/{request.args['k']}"))
        found = pick(session, shop, recognize(session, serial, variants))
    if not found:
        count_failure(guessed)
        return shown("verify.html", verdict="not_found", typed=serial)
    return _onward(view_of(found[0]))


def _router(session: Session, shop: Shop, variants: tuple[int, ...]) -> Response:
    product = units.product(session, shop.id, variants[0], None)
    return shown("verify.html", verdict=None, typed="", product_known=product)


def _experience(session: Session, experience_id: str) -> Variant:
    known = experience_id.isascii() and experience_id.isalnum() and len(experience_id) <= 32
    variant = session.scalars(
        select(Variant).where(
            Variant.shop_id == g.shop_id, Variant.experience_id == (experience_id if known else "")
        )
    ).one_or_none()
    if variant is None:
        raise AppError("product_unknown", "There is no such product", status=404)
    return variant


def _variants(session: Session, number: str) -> tuple[int, ...]:
    """The variants that carry a GTIN; raises AppError 404 where there is none."""
    read = gtin.read_gtin(number)
    found = recognition.carrying(session, g.shop_id, read) if read else ()
    if not found:
        raise AppError("product_unknown", "There is no such product", status=404)
    return found


def _image(text: str, kind: str) -> Response:
    if kind not in TYPES:
        raise AppError("not_found", "A code is svg or png", status=404)
    asked = request.args.get("scale", "10")
    scale = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 3 else 10
    image = drawn(text, kind, max(1, min(MOST_SCALE, scale)))
    headers = {"Cache-Control": "private, max-age=3600", "X-Robots-Tag": "noindex"}
    return Response(image, content_type=TYPES[kind], headers=headers)


def _onward(path: str) -> BaseResponse:
    answer = redirect(path, 302)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
