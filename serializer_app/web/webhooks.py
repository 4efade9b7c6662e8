"""Shopify's webhooks: verified over the raw body, bound to their topic by path, committed before the 200.

Answers (contract §3): 401 bad signature, 400 no JSON or wrong shape, 404 unknown or uninstalled shop, 405 other method.
Never rate-limited: a refused webhook comes again and again, and is lost after eight times.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from flask import Blueprint, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from serializer_app.clock import now, parse_iso
from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import doctor
from serializer_app.domain.gate import holds, switch
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.orders import deletions, orders
from serializer_app.domain.privacy import erasures, privacy
from serializer_app.domain.registry import customers
from serializer_app.domain.shops import renames, shops
from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain
from serializer_app.shopify.signatures import verify_webhook
from serializer_app.store import outbox
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop
from serializer_app.text import clean_code
from serializer_app.web.answers import answer, failure
from serializer_app.web.counters import counters
from serializer_app.web.house import heartbeat_of, house
from serializer_app.web.wire import shopify as payloads

log = structlog.get_logger(__name__)

MOST_BYTES = 20 * 1024 * 1024
SECONDS = 3.0
"""For the transaction of a webhook. Shopify hangs up after five seconds, four of which are ours with all the rest."""
FIRST_STEPS_SECONDS = 1.5
"""After so long no further step of an erasure begins before the answer."""

NOTE_EVERY = 600.0
MOST_ARRIVALS = 50_000
"""Shops and topics that a process remembers to have noted; beyond that it starts anew."""
_arrivals: dict[tuple[int, str], float] = {}

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")

Handler = Callable[[Session, Shop, bytes], None]
Payload = TypeVar("Payload")


def signed_by_shopify() -> None:
    """The guard: the body's HMAC under the current or the old secret. Nothing else of the request is signed."""
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=True)
    header = request.headers.get("X-Shopify-Hmac-SHA256")
    if not verify_webhook(body, header, house().settings.secrets):
        raise AppError("signature_invalid", "The signature does not match the body", status=401)


@webhooks.post("/compliance")
def compliance() -> Response:
    """The three mandatory topics share one address; they are answered for shops we do not know as well."""
    topic = request.headers.get("X-Shopify-Topic", "")
    if topic not in ("customers/data_request", "customers/redact", "shop/redact"):
        raise AppError("topic_unknown", "X-Shopify-Topic names no compliance topic", status=400)
    payload = payloads.decode(request.get_data(), payloads.Compliance)
    if not payload.may_be(topic):
        raise AppError("payload_invalid", f"The body is no {topic} payload", status=400)
    domain = shop_domain(payload.shop_domain)
    if domain is None:
        # Shopify's own sample payloads name "{shop}.myshopify.com": a shop that we do not know, like any other.
        log.info("compliance request for no shop", topic=topic)
        return answer({"ok": True})
    stated = request.headers.get("X-Shopify-Shop-Domain")
    if stated is not None and shop_domain(stated) != domain:
        raise AppError("shop_mismatch", "X-Shopify-Shop-Domain names another shop than the body", status=400)
    g.shop_domain = domain
    if topic == "shop/redact":
        return _erase(domain, payload.shop_id)
    with house().db.write_within(SECONDS) as session:
        shop = shops.named(session, domain, payload.shop_id)
        if shop is not None and topic == "customers/redact":
            privacy.redact_customer(session, house().vault, shop, payload.as_dict(), HOLDINGS)
        elif shop is not None:
            privacy.data_request(session, house().vault, shop, payload.as_dict(), HOLDINGS)
    house().db.scrub()
    return answer({"ok": True})


def _erase(domain: str, shopify_id: int | None) -> Response:
    """Erase a shop in steps, each of which is kept. What is left after FIRST_STEPS_SECONDS is erased after the answer,
    which asks Shopify to come again; whoever comes then goes on with it, or finds it done.
    """
    counts: Counter[str] = Counter()
    start = time.monotonic()
    while (gone := time.monotonic() - start) < FIRST_STEPS_SECONDS:
        with house().db.write_within(SECONDS - gone) as session:
            more = erasures.redact_shop(session, domain, counts, shopify_id=shopify_id)
        if not more:
            house().db.scrub()
            return answer({"ok": True})
    unfinished = AppError(
        "erasure_running", "The erasure is under way; ask again", status=503, permanent=False, retry_after=60
    )
    response = failure(unfinished)
    response.call_on_close(
        partial(_erase_on, house().db, domain, shopify_id, counts, heartbeat_of(current_app))
    )
    return response


def _erase_on(
    db: Database,
    domain: str,
    shopify_id: int | None,
    counts: Counter[str],
    heartbeat: Callable[[], None],
) -> None:
    try:
        more = True
        while more:
            with db.write() as session:
                more = erasures.redact_shop(session, domain, counts, shopify_id=shopify_id)
            heartbeat()
        db.scrub()
    except SQLAlchemyError as error:
        log.error("erasure interrupted", problem=type(getattr(error, "orig", error)).__name__)


@webhooks.post("/<topic>")
def webhook(topic: str) -> Response:
    handler = _HANDLERS.get(topic)
    if handler is None:
        raise AppError("topic_unknown", f"There is no webhook {topic}", status=404)
    stated = request.headers.get("X-Shopify-Topic")
    if stated is not None and stated.replace("/", "-") != topic:
        raise AppError(
            "topic_mismatch", f"The topic {stated[:60]} does not belong to this address", status=400
        )
    body = request.get_data()
    domain = shop_domain(request.headers.get("X-Shopify-Shop-Domain"))
    payloads.must_be_object(body)
    with house().db.write_within(SECONDS) as session:
        shop = _addressed(session, topic, domain, body)
        # Shopify repeats app/uninstalled like any other topic; the second one finds its work done.
        if shop is None or (shop.status != shops.INSTALLED and topic != "app-uninstalled"):
            raise AppError("shop_not_installed", "The app is not installed in this shop", status=404)
        g.shop_domain = shop.domain
        handler(session, shop, body)
        _note_arrival(session, shop.id, topic)
    if happened_at := _happened_at():
        counters().webhook_accepted((now() - happened_at).total_seconds())
    return answer({"ok": True})


def _addressed(session: Session, topic: str, domain: str | None, body: bytes) -> Shop | None:
    """The shop of a webhook. A shop whose new domain we do not know yet is found by the ID in the signed body."""
    shop = shops.find(session, domain) if domain else None
    if shop is not None or domain is None or topic not in _ABOUT_THE_SHOP:
        return shop
    stated = payloads.decode(body, payloads.ShopPayload)
    if stated.id is None or shop_domain(stated.myshopify_domain) != domain:
        return None
    return shops.by_shopify_id(session, stated.id)


def _note_arrival(session: Session, shop_id: int, topic: str) -> None:
    """Tell the doctor that webhooks arrive, at most every ten minutes for each topic and process.

    The last statement of its transaction: two deliveries at once hold each other up for the commit alone.
    """
    key = (shop_id, topic)
    moment = time.monotonic()
    if moment - _arrivals.get(key, -NOTE_EVERY) < NOTE_EVERY:
        return
    doctor.note_webhook(session, shop_id, topic.replace("-", "/", 1))
    if len(_arrivals) >= MOST_ARRIVALS:
        _arrivals.clear()
    _arrivals[key] = moment


def _order(creation: bool, actor: str) -> Handler:
    def handle(session: Session, shop: Shop, body: bytes) -> None:
        snapshot = payloads.decode(body, payloads.OrderPayload).snapshot(creation=creation)
        snapshot = privacy.without_erased(session, house().vault, shop, snapshot)
        outcome = orders.apply(session, shop, snapshot, actor=actor)
        # On the request's own line: a second one would take as long as looking up the shop.
        g.facts = {
            "order_id": snapshot.order_id,
            "stale": outcome.stale,
            "made": len(outcome.made),
            "restored": outcome.restored,
            "removed": outcome.removed,
        }

    return handle


def _order_edited(session: Session, shop: Shop, body: bytes) -> None:
    edit = payloads.decode(body, payloads.OrderEdited).order_edit
    orders.fetch_soon(session, shop.id, edit.order_id)


def _refund(session: Session, shop: Shop, body: bytes) -> None:
    orders.fetch_soon(session, shop.id, payloads.decode(body, payloads.Refund).order_id)


def _order_deleted(session: Session, shop: Shop, body: bytes) -> None:
    order_id = payloads.decode(body, payloads.Deleted).id
    deletions.delete(session, shop.id, order_id, actor="webhook:orders/delete")


def _product(session: Session, shop: Shop, body: bytes) -> None:
    """products/create and products/update, in whatever order they come: older news changes nothing."""
    product = payloads.decode(body, payloads.ProductPayload)
    catalog.describe(session, shop.id, product.facts(), present=False)
    if shops.tracks_inventory(shop):
        # No webhook says whether Shopify tracks the quantity of a variant.
        outbox.put(session, shop.id, JobKind.SYNC_PRODUCT, [product.id])
    if product.is_complete:
        catalog.mark_deleted(
            session,
            shop.id,
            product.id,
            keep=product.variant_ids,
            before=product.moment(),
        )
    else:
        # Only the first hundred variants come in full, or some are missing: the worker asks for all of them.
        outbox.put(session, shop.id, JobKind.SYNC_PRODUCT, [product.id])


def _product_deleted(session: Session, shop: Shop, body: bytes) -> None:
    catalog.mark_deleted(session, shop.id, payloads.decode(body, payloads.Deleted).id)


def _customers_merged(session: Session, shop: Shop, body: bytes) -> None:
    """Only a merge that is completed is one; Shopify also tells that it was requested, is in progress or failed."""
    merge = payloads.decode(body, payloads.CustomersMerged)
    g.facts = {"status": clean_code(merge.status or "")[:20]}
    if not merge.is_done:
        return
    orders.merge_customers(session, shop.id, kept=merge.kept, gone=merge.gone)
    customers.merge(session, shop.id, kept=merge.kept, gone=merge.gone)


def _uninstalled(session: Session, shop: Shop, body: bytes) -> None:
    stated = payloads.decode(body, payloads.ShopPayload)
    is_named = stated.myshopify_domain is None or shop_domain(stated.myshopify_domain) == shop.domain
    if not is_named and (stated.id is None or stated.id != shop.shopify_id):
        raise AppError("payload_invalid", "The body names another shop", status=400)
    shops.uninstall(session, shop, actor="webhook:app/uninstalled", happened_at=_happened_at())


def _shop_updated(session: Session, shop: Shop, body: bytes) -> None:
    """The signed body says which ID and domain belong together. The header must name the shop's old or new domain."""
    stated = payloads.decode(body, payloads.ShopPayload)
    domain = shop_domain(stated.myshopify_domain)
    if stated.id is None or domain is None:
        return
    known = shops.by_shopify_id(session, stated.id)
    if shop.domain not in (domain, known.domain if known is not None else domain):
        raise AppError("shop_mismatch", "X-Shopify-Shop-Domain names another shop than the body", status=400)
    renames.identify(
        session,
        shop,
        stated.id,
        domain,
        actor="webhook:shop/update",
        proves_row=False,
        as_of=stated.moment(),
    )


def _happened_at() -> datetime | None:
    """Shopify's time of the event. Unsigned, so it may only ever make us more careful."""
    try:
        return parse_iso(request.headers.get("X-Shopify-Triggered-At", ""))
    except (ValueError, OverflowError):
        return None


def _scopes_updated(session: Session, shop: Shop, body: bytes) -> None:
    scopes = payloads.decode(body, payloads.ScopesUpdated).scopes
    if scopes is None:
        outbox.put(session, shop.id, JobKind.INSTALL, [""])  # which asks Shopify for the scopes
    else:
        shops.scopes_changed(session, shop, scopes)


def _fulfillment(event: str) -> Handler:
    def handle(session: Session, shop: Shop, body: bytes) -> None:
        """The worker asks Shopify what is true now: these webhooks come late, twice and in any order."""
        if shop.gate_since is None:
            return
        numbers = payloads.fulfillment_order_ids(body)
        g.facts = {"fulfillment_orders": len(numbers)}
        holds.heard(session, shop.id, numbers, event)

    return handle


def _return(session: Session, shop: Shop, body: bytes) -> None:
    """returns/* and reverse_fulfillment_orders/dispose: the worker asks Shopify what is true now."""
    if not shops.has_scope(shop, switch.RETURNS_SCOPE):
        return
    named = payloads.decode(body, payloads.ReturnPayload)
    if (order_id := named.order_number) is not None:
        outbox.put(session, shop.id, JobKind.RETURNS, [order_id])
    elif (key := named.key) is not None:
        outbox.put(session, shop.id, JobKind.RETURNS_FIND, [key])
    else:
        # Shopify documents no fields for returns/process.
        outbox.put(session, shop.id, JobKind.RETURNS_WALK, [""])


_HANDLERS: dict[str, Handler] = {
    "orders-create": _order(True, "webhook:orders/create"),
    "orders-updated": _order(False, "webhook:orders/updated"),
    "orders-cancelled": _order(False, "webhook:orders/cancelled"),
    "orders-edited": _order_edited,
    "orders-delete": _order_deleted,
    "refunds-create": _refund,
    "products-create": _product,
    "products-update": _product,
    "products-delete": _product_deleted,
    "customers-merge": _customers_merged,
    "app-uninstalled": _uninstalled,
    "app-scopes_update": _scopes_updated,
    "shop-update": _shop_updated,
    **{
        f"fulfillment_orders-{event}": _fulfillment(event)
        for event in (
            "order_routing_complete",
            "placed_on_hold",
            "hold_released",
            "split",
            "merged",
            "moved",
            "cancelled",
        )
    },
    **{
        f"returns-{event}": _return
        for event in ("request", "approve", "decline", "update", "process", "cancel", "close", "reopen")
    },
    "reverse_fulfillment_orders-dispose": _return,
}
_ABOUT_THE_SHOP = frozenset({"app-uninstalled", "shop-update"})

TOPICS = frozenset(_HANDLERS)
