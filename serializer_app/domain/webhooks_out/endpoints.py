"""Endpoints: addresses of the merchant's systems, and the events that each wants to hear of."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.ids.item_ids import make_item_ids, read_item_id
from serializer_app.domain.webhooks_out import addresses
from serializer_app.errors import AppError, Detail
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Delivery, Endpoint, Shop
from serializer_app.text import JsonDict

EVENTS = (
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
)
MAIL = "mail.requested"
"""A visitor of the shop is to get a mail, and the shop has no mail server set up here."""
FLOW_EVENTS = tuple(event for event in EVENTS if event != MAIL)
TEST = "test"
FLOW = "shopify-flow"
"""The address that stands for Shopify Flow: its events start the shop's workflows."""

MOST_ENDPOINTS = 20
SECRET_PREFIX = "whsec_"  # noqa: S105


def flow_handle(event: str) -> str:
    """The handle of an event's trigger in extensions/flow-triggers: Shopify allows letters, digits and hyphens."""
    return event.replace(".", "-").replace("_", "-")


def create(
    session: Session, vault: Vault, shop: Shop, url: str, events: Sequence[str], *, loopback: bool
) -> tuple[Endpoint, str]:
    """A new endpoint, and the secret its deliveries are signed with, shown this once.

    Raises AppError ``endpoint_invalid`` 422, ``too_many_endpoints`` 409.
    """
    check(url, events, loopback=loopback)
    if len(of_shop(session, shop.id)) >= MOST_ENDPOINTS:
        raise AppError("too_many_endpoints", f"A shop has at most {MOST_ENDPOINTS} endpoints", status=409)
    secret = new_secret()
    moment = now()
    endpoint = Endpoint(
        shop_id=shop.id,
        public_id=make_item_ids(1)[0],
        url=url,
        secret=vault.encrypt(secret),
        events=",".join(dict.fromkeys(events)),
        active=True,
        failures=0,
        created_at=moment,
        updated_at=moment,
    )
    session.add(endpoint)
    _note_wanted(session, shop)
    return endpoint, secret


def check(url: str, events: Sequence[str], *, loopback: bool) -> None:
    """Raises AppError ``endpoint_invalid`` 422."""
    if url == FLOW:
        if MAIL in events:
            told: list[Detail] = [{"path": "events", "message": f"Shopify Flow cannot take {MAIL}"}]
            raise AppError("endpoint_invalid", f"Shopify Flow cannot take {MAIL}", status=422, details=told)
        return
    if problem := addresses.problem(url, loopback=loopback):
        details: list[Detail] = [{"path": "url", "message": problem}]
        raise AppError(
            "endpoint_invalid",
            f"This address cannot be an endpoint: {problem}",
            status=422,
            details=details,
        )


def new_secret() -> str:
    """As Standard Webhooks wants it: a prefix and 256 bits in base 64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def change(session: Session, shop: Shop, endpoint: Endpoint, values: JsonDict, *, loopback: bool) -> None:
    """Change ``url``, ``events`` or ``active``; whoever changes an endpoint wants it tried again now."""
    events = values.get("events", endpoint.events.split(","))
    if "url" in values or "events" in values:
        check(values.get("url", endpoint.url), events, loopback=loopback)
    if "url" in values:
        endpoint.url = values["url"]
    if "events" in values:
        endpoint.events = ",".join(dict.fromkeys(values["events"]))
    if "active" in values:
        endpoint.active = values["active"]
    endpoint.failures, endpoint.paused_until, endpoint.updated_at = 0, None, now()
    _note_wanted(session, shop)


def remove(session: Session, shop: Shop, endpoint: Endpoint) -> None:
    """End an endpoint; what still waits for it is given up, the log of what it was told stays."""
    session.execute(
        update(Delivery)
        .where(Delivery.shop_id == shop.id, Delivery.endpoint_id == endpoint.id, Delivery.status == "waiting")
        .values(status="failed", problem="The endpoint was removed"),
        execution_options={"synchronize_session": False},
    )
    session.delete(endpoint)
    _note_wanted(session, shop)


def of_shop(session: Session, shop_id: int) -> list[Endpoint]:
    return list(session.scalars(select(Endpoint).where(Endpoint.shop_id == shop_id).order_by(Endpoint.id)))


def find(session: Session, shop_id: int, public_id: str) -> Endpoint:
    """Raises AppError ``endpoint_not_found`` 404."""
    endpoint = session.scalars(
        select(Endpoint).where(
            Endpoint.shop_id == shop_id, Endpoint.public_id == (read_item_id(public_id) or "")
        )
    ).one_or_none()
    if endpoint is None:
        raise AppError("endpoint_not_found", f"Endpoint {public_id[:64]} not found.", status=404)
    return endpoint


def _note_wanted(session: Session, shop: Shop) -> None:
    session.flush()
    wanted = {
        event
        for endpoint in of_shop(session, shop.id)
        if endpoint.active
        for event in endpoint.events.split(",")
    }
    shop.events_wanted = ",".join(event for event in EVENTS if event in wanted)
    session.flush()


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every endpoint's secret with the first key; returns how many."""
    endpoints = session.scalars(select(Endpoint).with_for_update()).all()
    for endpoint in endpoints:
        endpoint.secret = vault.rotate(endpoint.secret)
    session.flush()
    return len(endpoints)
