"""Settings of the shop."""

from __future__ import annotations

from flask import Response, g

from serializer_app.domain.gate import switch
from serializer_app.domain.shops import shops
from serializer_app.web.api.conditions import content_tag, must_match, tagged
from serializer_app.web.api.operations import operation
from serializer_app.web.house import house
from serializer_app.web.wire.inputs import SettingsChanges
from serializer_app.web.wire.settings import SettingsWire, settings_wire

TAG = "Settings"


@operation(
    "GET", "/settings", tag=TAG, summary="Read the settings", answers={200: SettingsWire}, conditional=True
)
def get_settings() -> Response:
    with house().db.read() as session:
        return tagged(settings_wire(shops.by_id(session, g.shop_id)))


@operation(
    "PUT",
    "/settings",
    tag=TAG,
    summary="Change the settings",
    description="An absent key leaves the stored value; `customFields` is the whole list.",
    body=SettingsChanges,
    answers={200: SettingsWire},
    errors=("precondition_failed",),
    conditional=True,
)
def put_settings(body: SettingsChanges) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        must_match(content_tag(settings_wire(shop)))
        changes = shops.SettingsChanges()
        if "storefront_access" in body.model_fields_set:
            changes["storefront_access"] = body.storefront_access
        if "on_order_edit" in body.model_fields_set:
            changes["on_order_edit"] = body.on_order_edit
        if "warranty_start" in body.model_fields_set:
            changes["warranty_start"] = body.warranty_start
        if "tracking_method" in body.model_fields_set:
            changes["tracking_method"] = body.tracking_method
        if "on_return" in body.model_fields_set:
            changes["on_return"] = body.on_return
        if "warranty_on_resale" in body.model_fields_set:
            changes["warranty_on_resale"] = body.warranty_on_resale
        if "custom_fields" in body.model_fields_set:
            changes["custom_fields"] = [
                {"name": field.name, "key": field.key} for field in body.custom_fields
            ]
        shops.configure(session, shop, changes, actor=g.actor)
        switch.switch(session, shop, **body.given("gate", "gate_note"), actor=g.actor)
        return tagged(settings_wire(shop))
