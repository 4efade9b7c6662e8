"""Variants: how they are tracked."""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import mirrored
from serializer_app.domain.shops import shops
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store.models import Variant
from serializer_app.web.answers import answer
from serializer_app.web.api.conditions import content_tag, must_match, tagged
from serializer_app.web.api.operations import operation
from serializer_app.web.cursors import cursors_of
from serializer_app.web.house import house
from serializer_app.web.wire.inputs import VariantChanges, VariantQuery
from serializer_app.web.wire.mirror import mirror_wire
from serializer_app.web.wire.values import stored_warranty
from serializer_app.web.wire.variants import VariantPage, VariantWire, variant_wire

TAG = "Variants"


@operation(
    "GET",
    "/variants",
    tag=TAG,
    summary="List variants, or find them by SKU",
    query=VariantQuery,
    answers={200: VariantPage},
    errors=("cursor_invalid",),
)
def list_variants(query: VariantQuery) -> Response:
    filters: dict[str, int | str] = {"list": "variants"}
    if query.sku is not None:
        filters["sku"] = query.sku
    cursors = cursors_of(house().vault, g.shop_id, filters)
    place = cursors.place(query.cursor)
    with house().db.read() as session:
        page = catalog.page(session, g.shop_id, place, sku=query.sku, most=query.limit)
        results = [variant_wire(variant) for variant in page.rows]
    previous, following = cursors.around(page, place)
    return answer(VariantPage(previous, page.has_previous, following, page.has_next, results))


@operation(
    "GET",
    "/variants/{productVariantId}",
    tag=TAG,
    summary="Read a variant",
    answers={200: VariantWire},
    errors=("id_invalid", "variant_not_found"),
    conditional=True,
)
def get_variant(variant_id: int) -> Response:
    with house().db.read() as session:
        variant = catalog.find(session, g.shop_id, variant_id)
        if variant is None:
            raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
        return _answer(session, variant)


def _answer(session: Session, variant: Variant) -> Response:
    """One variant with the state of its metafield, which comes and goes without the settings having changed."""
    shown = variant_wire(variant)
    tag = content_tag(shown)
    shown.mirror = mirror_wire(
        mirrored.standing(session, g.shop_id, "variant", variant.variant_id),
        foreign.hold_of(session, g.shop_id, "variant", variant.variant_id),
    )
    return tagged(shown, tag=tag)


@operation(
    "PUT",
    "/variants/{productVariantId}",
    tag=TAG,
    summary="Set how a variant is tracked",
    description=(
        "An absent key leaves the stored value. Any positive ID is taken without asking Shopify; SKU, titles and "
        "product follow from Shopify. A custom field that the shop does not have yet is defined, named by its key. "
        "Items that exist already are not changed."
    ),
    body=VariantChanges,
    answers={200: VariantWire},
    errors=("id_invalid", "precondition_failed", "too_many_custom_fields"),
    conditional=True,
)
def put_variant(variant_id: int, body: VariantChanges) -> Response:
    with house().db.write() as session:
        stored = catalog.find(session, g.shop_id, variant_id, lock=True)
        must_match(_tag(stored))
        if body.custom_fields:
            shop = shops.by_id(session, g.shop_id, lock=True)
            shops.define_fields(session, shop, [field.key for field in body.custom_fields])
        variant = catalog.configure(session, g.shop_id, variant_id, _changes(body))
        return _answer(session, variant)


def _changes(body: VariantChanges) -> catalog.TrackingChanges:
    changes: catalog.TrackingChanges = {}
    if "trackable" in body.model_fields_set:
        changes["trackable"] = body.trackable
    if "auto_generatable" in body.model_fields_set:
        changes["auto_generatable"] = body.auto_generatable
    if "serial_numbers" in body.model_fields_set:
        changes["serial_numbers"] = body.serial_numbers
    if "warranty_duration" in body.model_fields_set:
        changes["warranty"] = stored_warranty(body.warranty_duration)
    if "custom_fields" in body.model_fields_set:
        changes["custom_fields"] = [
            {"key": field.key, "trackable": field.trackable} for field in body.custom_fields
        ]
    return changes


def _tag(variant: Variant | None) -> str | None:
    return None if variant is None else content_tag(variant_wire(variant))
