"""Codes of many units: made in the background, then downloaded as a ZIP file or printed on sheets."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from flask import Response, g, request, stream_with_context
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.desk.label_bundles import BundleRequest, Part
from serializer_app.domain.ids import qr
from serializer_app.domain.orders import orders
from serializer_app.domain.registry import uploads
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Task
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, said, show, texts
from serializer_app.web.desk.labels import SHEETS
from serializer_app.web.desk.tasks import standing
from serializer_app.web.house import house, still_alive
from serializer_app.web.texts import Texts

SHOWN = 5
"""Parts on one page of sheets: ten A4 sheets."""


@desk.get("/codes")
def codes() -> Response:
    wanted = _wanted()
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        words = texts(shop)
        return show(
            "codes",
            shop,
            task=None,
            wanted=parameters(),
            name=_name(session, shop, wanted, words),
            count=label_bundles.count(session, shop, wanted),
            most=label_bundles.MOST,
            uploads=[one for one in uploads.recent(session, shop.id, most=10) if one.created],
            made=[
                (task, _name(session, shop, label_bundles.wanted_of(task), words))
                for task in label_bundles.newest(session, shop.id)
            ],
            standing=standing,
        )


@desk.post("/codes")
def make_codes() -> Response:
    wanted = _wanted(form="png" if request.form.get("form") == "png" else "svg", gs1="gs1" in request.form)
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        task = label_bundles.begin(session, shop, wanted, actor=g.actor)
        return said(texts().gettext("Creating QR codes"), address("desk.made_codes", task_id=task.public_id))


@desk.get("/codes/<task_id>")
def made_codes(task_id: str) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        task = _task(session, task_id)
        name = _name(session, shop, label_bundles.wanted_of(task), texts(shop))
        return show("codes", shop, task=task, name=name, standing=standing)


@desk.get("/codes/<task_id>/codes.zip")
def code_archive(task_id: str) -> Response:
    """A part at a time: memory stays flat, and a slow reader holds no connection."""
    shop_id = g.shop_id
    with house().db.read() as session:
        total = _finished(session, task_id)

    def bundle() -> Iterator[Part]:
        for number in range(total):
            with house().db.read() as session:
                task = tasks.find(session, shop_id, task_id, kind=label_bundles.KIND)
                yield label_bundles.part(session, task, number)
            still_alive()

    return Response(
        stream_with_context(label_bundles.archive(bundle())),
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="codes.zip"', "Cache-Control": "no-store"},
    )


@desk.get("/codes/<task_id>/sheets")
def code_sheets(task_id: str) -> Response:
    page = max(1, asked_number("page") or 1)
    with house().db.read() as session:
        total = _finished(session, task_id)
        task = _task(session, task_id)
        kind = qr.TYPES[label_bundles.wanted_of(task).form]
        numbers = range((page - 1) * SHOWN, min(total, page * SHOWN))
        pieces = [
            (piece, f"data:{kind};base64,{base64.b64encode(image).decode()}")
            for number in numbers
            for piece, image in label_bundles.part(session, task, number).images()
        ]

        def of(number: int) -> str:
            return address("desk.code_sheets", task_id=task_id, **parameters(page=number))

        return show(
            "code_sheets",
            shops.by_id(session, g.shop_id),
            task=task,
            pieces=pieces,
            sheet=asked("sheet") if asked("sheet") in SHEETS else "a4",
            sheets=SHEETS,
            previous=of(page - 1) if page > 1 else None,
            following=of(page + 1) if page * SHOWN < total else None,
        )


def _wanted(form: label_bundles.Form = "svg", gs1: bool = False) -> BundleRequest:
    """What the address asks for."""
    return BundleRequest(
        asked_number("order"),
        asked_number("customer"),
        asked_number("variant"),
        asked("upload") or None,
        form,
        gs1,
    )


def _task(session: Session, task_id: str) -> Task:
    return tasks.find(session, g.shop_id, task_id, kind=label_bundles.KIND)


def _finished(session: Session, task_id: str) -> int:
    """How many parts a bundle has. Raises AppError ``codes_unfinished`` 409."""
    task = _task(session, task_id)
    if task.finished_at is None:
        raise AppError("codes_unfinished", "These codes are still being made", status=409, permanent=False)
    return label_bundles.parts(task)


def _name(session: Session, shop: Shop, wanted: BundleRequest, words: Texts) -> str:
    """Which units, as a merchant says it."""
    if wanted.upload is not None:
        try:
            upload = uploads.find(session, shop.id, wanted.upload)
        except AppError:
            return words.gettext("Files of serial numbers")
        return words.gettext("File uploaded {name}", name=words.time(upload.created_at))
    if wanted.order_id is not None:
        order = orders.find(session, shop.id, wanted.order_id)
        return words.gettext("Order {name}", name=order.name or order.order_id)
    if wanted.variant_id is not None:
        variant = catalog.find(session, shop.id, wanted.variant_id)
        title = variant.product_title if variant else None
        return words.gettext("Product {name}", name=title or wanted.variant_id)
    if wanted.customer_id is not None:
        return words.gettext("Customer {name}", name=wanted.customer_id)
    return words.gettext("All units and serial numbers")
