"""Stock: what is there by product and location, and the stock-take that compares it with a shelf."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import item_search, receive_scans, serial_entry, variant_list
from serializer_app.domain.items.unit_states import LOST, REPLACED, RESERVED, SOLD
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import shopify_stock, stock_list, stock_takes
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.domain.stock.stock_takes import Surprise, Unexpected
from serializer_app.errors import AppError
from serializer_app.web.desk.forms import is_number, typed
from serializer_app.web.desk.frame import address, asked, asked_number, desk, said, show, texts
from serializer_app.web.desk.receiving import read_location
from serializer_app.web.desk.scan import recognized
from serializer_app.web.house import house


@desk.get("/stock")
def stock() -> Response:
    after = asked_number("after") or 0
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        page = stock_list.page(session, shop.id, after=after)
        variants = [row.variant_id for row in page.rows]
        return show(
            "stock",
            shop,
            rows=page.rows,
            titles=item_search.variant_titles(session, shop.id, variants),
            places=shopify_stock.location_names(session, shop.id),
            differences=shopify_stock.differences(session, shop.id, variants),
            missing_inventory=shops.missing_of(shop, (shops.READ_INVENTORY,)),
            most=stock_list.COUNTED,
            first=address("desk.stock") if after else None,
            following=page.following and address("desk.stock", after=page.following),
        )


@desk.get("/stock/take")
def stock_take() -> Response:
    with house().db.read() as session:
        return _take(session, asked_number("variant"), asked_number("location"), [], text=asked("q", 100))


@desk.post("/stock/take")
def compare_stock() -> Response:
    """What is missing and what is unexpected. Asked by POST for its length; it changes nothing."""
    variant_id = int(typed("variant")) if is_number(typed("variant")) else None
    with house().db.read() as session:
        return _take(
            session, variant_id, read_location(typed("location")), receive_scans.codes_in(typed("codes"))
        )


def _take(
    session: Session, variant_id: int | None, location_id: int | None, codes: list[str], *, text: str = ""
) -> Response:
    shop = shops.by_id(session, g.shop_id)
    variant = None if variant_id is None else catalog.find(session, shop.id, variant_id)
    shown: dict[str, object] = {"variants": [], "compared": None, "product": None, "in_stock": None}
    if variant is not None:
        shown["product"] = serial_entry.product_name(session, shop.id, [variant.variant_id])
        shown["in_stock"] = stock_list.of_variant(session, shop.id, variant.variant_id)
        if codes:
            shown["compared"] = stock_takes.compare(session, shop.id, variant.variant_id, location_id, codes)
    elif text:
        shown["variants"], _, _ = variant_list.page(session, shop.id, text=text, most=20)
    return show(
        "stock_take",
        shop,
        variant=variant,
        location=location_id,
        places=shopify_stock.locations(session, shop.id),
        names=shopify_stock.location_names(session, shop.id),
        codes=codes,
        text=text,
        receivable=_is_receivable,
        **shown,
    )


def _is_receivable(found: Unexpected) -> bool:
    """Whether a click may put the unit in stock here."""
    if found.unit is not None and found.unit.state in (SOLD, RESERVED, REPLACED):
        return False
    return found.surprise is not Surprise.OTHER_PRODUCT


@desk.post("/stock/take/apply")
def apply_stock_take() -> Response:
    """Mark the chosen missing units as lost, and put the chosen unexpected ones in stock here; all or nothing."""
    words = texts()
    variant_id = int(typed("variant")) if is_number(typed("variant")) else None
    location_id = read_location(typed("location"))
    lost, arrived = request.form.getlist("lost"), request.form.getlist("receive")
    if not lost and not arrived:
        raise AppError("nothing_picked", "Please choose something first", status=422)
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        for number in lost:
            unit = serials.find(session, shop.id, number)
            if unit is not None:
                change_unit(session, shop.id, unit, UnitChanges(LOST), actor=g.actor)
        for code in arrived:
            try:
                receive_scans.scan(
                    session,
                    shop,
                    recognized(session, code),
                    variant_id=variant_id,
                    location_id=location_id,
                    confirmed=True,
                    actor=g.actor,
                )
            except AppError as error:
                message = f"{code}: {words.failure(error)}"
                raise AppError("stock_take_refused", message, status=409) from error
    parts = []
    if lost:
        parts.append(words.ngettext("{count} unit marked as lost", "{count} units marked as lost", len(lost)))
    if arrived:
        parts.append(words.ngettext("{count} unit received", "{count} units received", len(arrived)))
    return said(" · ".join(parts))
