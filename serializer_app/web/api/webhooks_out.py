"""Webhooks to the merchant's systems: endpoints, what each was told, tests and replays."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from flask import Response, g
from pydantic import Field, StringConstraints

from serializer_app.clock import iso
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import addresses, deliveries, endpoints
from serializer_app.store.models import Delivery, Endpoint
from serializer_app.text import JsonDict
from serializer_app.web.answers import answer
from serializer_app.web.api.operations import operation
from serializer_app.web.cursors import cursors_of
from serializer_app.web.house import house
from serializer_app.web.wire.inputs import Changes, PageQuery
from serializer_app.web.wire.items import Time
from serializer_app.web.wire.values import Input

TAG = "Webhooks"

Event = Literal[
    "registration.submitted",
    "registration.approved",
    "registration.denied",
    "registration.reset",
    "registration.transferred",
    "serial.swapped",
    "item.created",
    "item.updated",
    "unit.received",
    "unit.assigned",
    "unit.returned",
    "unit.state_changed",
    "mail.requested",
]
assert get_args(Event) == endpoints.EVENTS

Address = Annotated[str, StringConstraints(min_length=1, max_length=addresses.LONGEST)]
Events = Annotated[
    list[Event],
    Field(
        min_length=1,
        max_length=20,
        description=(
            "`mail.requested` asks you to send a visitor's mail where the shop has no mail server set up here: its "
            "data is `to`, `subject`, `text`, `code`, `link` and `locale`. All others tell IDs and states only."
        ),
    ),
]


class EndpointInput(Input):
    """An address of one of your systems, or `shopify-flow` for the triggers of Shopify Flow."""

    url: Annotated[Address, Field(description="https, with a public name.")]
    events: Events


class EndpointChanges(Changes):
    """An absent key leaves the stored value."""

    url: Address = ""
    events: Events = Field(default=[])
    active: bool = True


class EndpointWire(msgspec.Struct):
    """An address that hears of events. `failures` counts those in a row; while it rests nothing is tried on it."""

    id: str
    url: str
    events: list[Event]
    active: bool
    failures: int
    restsUntil: Time | None
    createdAt: Time
    updatedAt: Time


class NewEndpoint(EndpointWire):
    """With the secret that deliveries are signed with: shown this once."""

    secret: str


class EndpointList(msgspec.Struct):
    """All endpoints of the shop, oldest first."""

    results: list[EndpointWire]


class DeliveryWire(msgspec.Struct):
    """One event for one endpoint. `answerStatus` is what the endpoint answered last."""

    id: str
    event: str
    eventId: str
    status: Literal["waiting", "delivered", "failed"]
    attempts: int
    answerStatus: int | None
    problem: str | None
    happenedAt: Time
    attemptedAt: Time | None
    data: JsonDict


class DeliveryPage(msgspec.Struct):
    """What an endpoint was told, oldest first."""

    previous: str | None
    hasPrevious: bool
    next: str | None
    hasNext: bool
    results: list[DeliveryWire]


def endpoint_values(endpoint: Endpoint) -> JsonDict:
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "events": endpoint.events.split(","),
        "active": endpoint.active,
        "failures": endpoint.failures,
        "restsUntil": iso(endpoint.paused_until) if endpoint.paused_until else None,
        "createdAt": iso(endpoint.created_at),
        "updatedAt": iso(endpoint.updated_at),
    }


def delivery_wire(told: Delivery) -> DeliveryWire:
    return DeliveryWire(
        id=told.public_id,
        event=told.event,
        eventId=told.event_id,
        status=told.status,
        attempts=told.attempts,
        answerStatus=told.answer_status,
        problem=told.problem,
        happenedAt=iso(told.happened_at),
        attemptedAt=iso(told.attempted_at) if told.attempted_at else None,
        data=msgspec.json.decode(told.data),
    )


@operation("GET", "/endpoints", tag=TAG, summary="List endpoints", answers={200: EndpointList})
def list_endpoints() -> Response:
    with house().db.read() as session:
        found = endpoints.of_shop(session, g.shop_id)
        return answer(EndpointList([EndpointWire(**endpoint_values(one)) for one in found]))


@operation(
    "POST",
    "/endpoints",
    tag=TAG,
    summary="Have one of your systems told of events",
    description=(
        "Deliveries are signed as Standard Webhooks are: `Webhook-Id` (the same for every attempt and replay), "
        "`Webhook-Timestamp` and `Webhook-Signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>` under the secret, "
        "whose part after whsec_ is the key in base 64. Any 2xx is a delivery; the rest is tried again for a day, at "
        "first after a second, at last every hour. Events tell IDs and states, never who a customer is. Private "
        "addresses are refused and redirects are not followed."
    ),
    body=EndpointInput,
    answers={201: NewEndpoint},
    errors=("endpoint_invalid", "too_many_endpoints"),
)
def post_endpoint(body: EndpointInput) -> Response:
    parts = house()
    loopback = parts.settings.on_loopback
    with parts.db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoint, secret = endpoints.create(
            session, parts.vault, shop, body.url, body.events, loopback=loopback
        )
        return answer(NewEndpoint(**endpoint_values(endpoint), secret=secret), 201)


@operation(
    "GET",
    "/endpoints/{endpointId}",
    tag=TAG,
    summary="Read an endpoint",
    answers={200: EndpointWire},
    errors=("endpoint_not_found",),
)
def get_endpoint(endpoint_id: str) -> Response:
    with house().db.read() as session:
        return answer(EndpointWire(**endpoint_values(endpoints.find(session, g.shop_id, endpoint_id))))


@operation(
    "PATCH",
    "/endpoints/{endpointId}",
    tag=TAG,
    summary="Change an endpoint",
    description="An absent key leaves the stored value. One that rests because it failed is tried again at once.",
    body=EndpointChanges,
    answers={200: EndpointWire},
    errors=("endpoint_not_found", "endpoint_invalid"),
)
def patch_endpoint(endpoint_id: str, body: EndpointChanges) -> Response:
    loopback = house().settings.on_loopback
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoint = endpoints.find(session, g.shop_id, endpoint_id)
        endpoints.change(session, shop, endpoint, body.given("url", "events", "active"), loopback=loopback)
        return answer(EndpointWire(**endpoint_values(endpoint)))


@operation(
    "DELETE",
    "/endpoints/{endpointId}",
    tag=TAG,
    summary="Remove an endpoint",
    description="What still waits for it is given up.",
    answers={200: EndpointWire},
    errors=("endpoint_not_found",),
)
def delete_endpoint(endpoint_id: str) -> Response:
    with house().db.write() as session:
        shop = shops.by_id(session, g.shop_id, lock=True)
        endpoint = endpoints.find(session, g.shop_id, endpoint_id)
        shown = EndpointWire(**endpoint_values(endpoint))
        endpoints.remove(session, shop, endpoint)
        return answer(shown)


@operation(
    "POST",
    "/endpoints/{endpointId}/test",
    tag=TAG,
    summary="Send a test delivery",
    answers={202: DeliveryWire},
    errors=("endpoint_not_found",),
)
def test_endpoint(endpoint_id: str) -> Response:
    with house().db.write() as session:
        endpoint = endpoints.find(session, g.shop_id, endpoint_id)
        return answer(delivery_wire(deliveries.send_test(session, endpoint)), 202)


@operation(
    "GET",
    "/endpoints/{endpointId}/deliveries",
    tag=TAG,
    summary="List what an endpoint was told",
    query=PageQuery,
    answers={200: DeliveryPage},
    errors=("endpoint_not_found", "cursor_invalid"),
)
def list_deliveries(endpoint_id: str, query: PageQuery) -> Response:
    with house().db.read() as session:
        endpoint = endpoints.find(session, g.shop_id, endpoint_id)
        cursors = cursors_of(house().vault, g.shop_id, {"deliveries": endpoint.id})
        place = cursors.place(query.cursor)
        page = deliveries.page(session, endpoint, place, query.limit)
        results = [delivery_wire(row) for row in page.rows]
    previous, following = cursors.around(page, place)
    return answer(DeliveryPage(previous, page.has_previous, following, page.has_next, results))


@operation(
    "GET",
    "/deliveries/{deliveryId}",
    tag=TAG,
    summary="Read a delivery",
    answers={200: DeliveryWire},
    errors=("delivery_not_found",),
)
def get_delivery(delivery_id: str) -> Response:
    with house().db.read() as session:
        return answer(delivery_wire(deliveries.delivery(session, g.shop_id, delivery_id)))


@operation(
    "POST",
    "/deliveries/{deliveryId}/replay",
    tag=TAG,
    summary="Send a delivery again",
    description="The same event under the same event ID, as a delivery of its own.",
    answers={202: DeliveryWire},
    errors=("delivery_not_found", "endpoint_not_found"),
)
def replay_delivery(delivery_id: str) -> Response:
    with house().db.write() as session:
        told = deliveries.delivery(session, g.shop_id, delivery_id)
        return answer(delivery_wire(deliveries.replay(session, g.shop_id, told)), 202)
