"""Products: which variants are tracked, and how their items begin."""

from __future__ import annotations

from typing import cast

import msgspec
from flask import Response, g, request
from sqlalchemy.orm import Session

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog, experiences
from serializer_app.domain.catalog.catalog import FieldTracking, TrackingChanges
from serializer_app.domain.desk import variant_changes, variant_list
from serializer_app.domain.desk.variant_changes import Matching
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Variant
from serializer_app.web.api.experiences import MOST_BYTES
from serializer_app.web.desk.forms import picked, ticked, typed, warranty_changes
from serializer_app.web.desk.frame import address, asked, asked_number, desk, parameters, said, show, texts
from serializer_app.web.desk.spreadsheets import download
from serializer_app.web.desk.tasks import standing
from serializer_app.web.house import house

_BULK: dict[str, TrackingChanges] = {
    "track": {"trackable": True},
    "untrack": {"trackable": False},
    "generate": {"trackable": True, "auto_generatable": True},
    "ungenerate": {"auto_generatable": False},
}
_MOST_ERRORS = 200
_TRACKED = ("tracked", "untracked", "automatic")


@desk.get("/products")
def products() -> Response:
    matching = _matching(asked("q", 100), asked("tracked"), asked("products", 2000))
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        rows, back, on = variant_list.page(
            session, shop.id, **matching, after=asked_number("after"), before=asked_number("before")
        )
        return show(
            "products",
            shop,
            variants=rows,
            matching=matching,
            text=matching["text"],
            tracked=matching["tracked"] or "",
            chosen=matching["products"],
            every=variant_list.count(session, shop.id, **matching) if back or on else len(rows),
            task=tasks.newest(session, shop.id, variant_changes.KIND),
            standing=standing,
            fields=shops.custom_fields(shop),
            previous=back and address("desk.products", **parameters(before=back, after=None)),
            following=on and address("desk.products", **parameters(after=on, before=None)),
        )


def _matching(text: str, tracked: str, products: str) -> Matching:
    keys = [int(key) for key in products.split(",") if key.isascii() and key.isdigit() and len(key) < 19]
    return {
        "text": text,
        "tracked": cast(variant_list.Tracked, tracked) if tracked in _TRACKED else None,
        "products": keys[:100],
    }


@desk.post("/products/bulk")
def change_products() -> Response:
    """One setting for the chosen variants, or for all that the list shows on all its pages (``every``).

    The fields that the action does not name stay as they are. Many are changed by the worker, and the page says how
    far it is.
    """
    action = request.form.get("action", "")
    changes: TrackingChanges = {**_BULK.get(action, {})}
    if action == "warranty":
        changes = {**changes, **warranty_changes()}
    if action == "serials":
        changes = {**changes, **_serial_numbers()}
    every = ticked("every")
    keys = [] if every else picked()
    words = texts()
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id)
        if action == "fields":
            changes["custom_fields"] = _fields(shop)
        if not changes:
            raise AppError("nothing_picked", "Please choose something first", status=422)
        if not every:
            for variant_id in keys:
                _known(session, variant_id)
            changed = len(catalog.configure_many(session, shop.id, keys, changes))
            return said(words.ngettext("{count} variant changed", "{count} variants changed", changed))
        matching = _matching(typed("q")[:100], typed("tracked"), typed("products")[:2000])
        task = variant_changes.begin(session, shop.id, matching, changes, actor=g.actor)
        if task.finished_at is None:
            return said(
                words.ngettext(
                    "{count} variant is being changed", "{count} variants are being changed", task.total
                )
            )
        return said(
            words.ngettext(
                "{count} variant changed", "{count} variants changed", tasks.counts(task).get("changed", 0)
            )
        )


@desk.get("/products/file")
def product_file() -> Response:
    """Where the settings of many variants are exported and imported."""
    with house().db.read() as session:
        return show("product_file", shops.by_id(session, g.shop_id), verdicts=None)


@desk.get("/products/file/experiences.csv")
def export_products() -> Response:
    with house().db.read() as session:
        content = "".join(experiences.sheet(session, g.shop_id))
    return download(iter([content.encode()]), "experiences", "csv")


@desk.post("/products/file")
def import_products() -> Response:
    """The whole file as the body. The page that answers says what became of it; wrong rows change nothing."""
    request.max_content_length = MOST_BYTES
    content = request.get_data()
    with house().db.write() as session:
        verdicts = experiences.read_sheet(session, g.shop_id, content)
        return show("product_file", shops.by_id(session, g.shop_id), verdicts=verdicts, shown=_MOST_ERRORS)


@desk.get("/products/<int:variant_id>")
def product(variant_id: int) -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        variant = _known(session, variant_id)
        stored = msgspec.json.decode(variant.custom_fields or "[]")
        known = [field["key"] for field in shops.custom_fields(shop)]
        return show(
            "product",
            shop,
            variant=variant,
            hold=foreign.hold_of(session, shop.id, "variant", variant_id),
            fields=shops.custom_fields(shop),
            undefined=[field["key"] for field in stored if field["key"] not in known],
            tracked_fields={field["key"] for field in stored if field["trackable"]},
        )


@desk.post("/products/<int:variant_id>")
def change_product(variant_id: int) -> Response:
    changes: TrackingChanges = {
        "trackable": ticked("trackable"),
        "auto_generatable": ticked("autoGeneratable"),
        **_serial_numbers(),
        **warranty_changes(),
    }
    with house().db.write() as session:
        _known(session, variant_id)
        shop = shops.by_id(session, g.shop_id)
        changes["custom_fields"] = _fields(shop)
        catalog.configure(session, g.shop_id, variant_id, changes)
    return said(texts().gettext("Saved"))


def _serial_numbers() -> TrackingChanges:
    """The setting of ``parts.serial_choices``; {} leaves what is stored."""
    wanted = request.form.get("serialNumbers", "")
    return {"serial_numbers": wanted} if wanted in catalog.SERIAL_NUMBERS else {}


def _fields(shop: Shop) -> list[FieldTracking]:
    wanted = set(request.form.getlist("field"))
    return [
        FieldTracking(key=field["key"], trackable=field["key"] in wanted)
        for field in shops.custom_fields(shop)
    ]


def _known(session: Session, variant_id: int) -> Variant:
    variant = catalog.find(session, g.shop_id, variant_id)
    if variant is None:
        raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
    return variant
