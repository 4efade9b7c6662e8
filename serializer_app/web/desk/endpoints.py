"""Outgoing webhooks: which of the merchant's systems hear of what, and how the last deliveries went."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy import select

from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.store.models import Delivery
from serializer_app.web.api.webhooks_out import EndpointInput
from serializer_app.web.desk.forms import checked, typed
from serializer_app.web.desk.frame import asked_place, desk, neighbours, said, show, texts
from serializer_app.web.desk.nonces import answered_before, keep, new_nonce
from serializer_app.web.house import house

_LAST = 5
_PAGE = 50


@desk.get("/settings/webhooks")
def endpoint_list() -> Response:
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        found = endpoints.of_shop(session, shop.id)
        told = {
            one.id: session.scalars(
                select(Delivery)
                .where(Delivery.shop_id == shop.id, Delivery.endpoint_id == one.id)
                .order_by(Delivery.id.desc())
                .limit(_LAST)
            ).all()
            for one in found
        }
        return show(
            "endpoints",
            shop,
            page="webhooks",
            endpoints=found,
            told=told,
            events=endpoints.EVENTS,
            nonce=new_nonce(),
        )


@desk.post("/settings/webhooks")
def create_endpoint() -> Response:
    """The signing secret is shown in this answer and never again; a form sent twice makes one endpoint."""
    words, parts, body = texts(), house(), _endpoint_input()
    with parts.db.write() as session:
        if (before := answered_before(session)) is not None:
            return before
        shop = shops.by_id(session, g.shop_id, lock=True)
        _, secret = endpoints.create(
            session, parts.vault, shop, body.url, body.events, loopback=parts.settings.on_loopback
        )
        keep(session, said(words.gettext("This webhook has already been created")))
    shown = {
        "title": words.gettext("Signing secret"),
        "secret": secret,
        "note": words.gettext(
            "Copy the secret now; it is not shown again. Your system uses it to check our signatures."
        ),
    }
    return said(words.gettext("Webhook created"), show=shown)


def _endpoint_input() -> EndpointInput:
    body: EndpointInput = checked(
        EndpointInput, {"url": typed("url"), "events": request.form.getlist("events")}
    )
    return body


@desk.post("/settings/webhooks/<endpoint_id>")
def change_endpoint(endpoint_id: str) -> Response:
    """Another URL or other events. The signing secret stays, and pending deliveries go to the new URL."""
    body, parts = _endpoint_input(), house()
    with parts.db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoint = endpoints.find(session, shop.id, endpoint_id)
        changes = body.given("url", "events")
        endpoints.change(session, shop, endpoint, changes, loopback=parts.settings.on_loopback)
    return said(texts().gettext("Webhook saved"))


@desk.get("/settings/webhooks/<endpoint_id>/deliveries")
def endpoint_deliveries(endpoint_id: str) -> Response:
    """All deliveries of one endpoint, the newest first."""
    with house().db.read() as session:
        shop = shops.by_id(session, g.shop_id)
        endpoint = endpoints.find(session, shop.id, endpoint_id)
        page = deliveries.page(session, endpoint, asked_place(), _PAGE)
        newer, older = neighbours("desk.endpoint_deliveries", page, endpoint_id=endpoint.public_id)
        return show(
            "deliveries",
            shop,
            page="webhooks",
            endpoint=endpoint,
            rows=page.rows[::-1],
            previous=newer,
            following=older,
        )


@desk.post("/settings/webhooks/<endpoint_id>/test")
def try_endpoint(endpoint_id: str) -> Response:
    with house().db.write() as session:
        deliveries.send_test(session, endpoints.find(session, g.shop_id, endpoint_id))
    return said(texts().gettext("Test event sent"))


@desk.post("/settings/webhooks/<endpoint_id>/switch")
def switch_endpoint(endpoint_id: str) -> Response:
    """Pause an endpoint, or have it tried again at once."""
    active = request.form.get("active") == "on"
    parts = house()
    with parts.db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoint = endpoints.find(session, shop.id, endpoint_id)
        endpoints.change(session, shop, endpoint, {"active": active}, loopback=parts.settings.on_loopback)
    return said(texts().gettext("Webhook resumed") if active else texts().gettext("Webhook paused"))


@desk.post("/settings/webhooks/<endpoint_id>/remove")
def remove_endpoint(endpoint_id: str) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoints.remove(session, shop, endpoints.find(session, shop.id, endpoint_id))
    return said(texts().gettext("Webhook removed"))


@desk.post("/settings/webhooks/deliveries/<delivery_id>/replay")
def replay_delivery(delivery_id: str) -> Response:
    """Send an event again, as a delivery of its own."""
    with house().db.write() as session:
        deliveries.replay(session, g.shop_id, deliveries.delivery(session, g.shop_id, delivery_id))
    return said(texts().gettext("Event sent again"))
