"""Webhook topics that need an optional scope: subscribed to in each shop that grants it, and only while it is of use.

Topics of shopify.app.toml are subscribed to in every shop, and Shopify refuses those whose scope is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from serializer_app.domain.gate import holds, switch
from serializer_app.domain.shops import shops
from serializer_app.shopify import user_errors
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.store.models import Shop
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work
from serializer_app.text import JsonDict

log = structlog.get_logger(__name__)

GATE_TOPICS = tuple(
    f"fulfillment_orders/{event}"
    for event in (
        "order_routing_complete",
        "placed_on_hold",
        "hold_released",
        "split",
        "merged",
        "moved",
        "cancelled",
    )
)
RETURN_TOPICS = (
    *(
        f"returns/{event}"
        for event in ("request", "approve", "decline", "update", "process", "cancel", "close", "reopen")
    ),
    "reverse_fulfillment_orders/dispose",
)
MERGES = "customers/merge"
TOPICS = (*GATE_TOPICS, *RETURN_TOPICS, MERGES)


def wanted(shop: Shop) -> tuple[str, ...]:
    """The topics that the shop's scopes allow and its settings need."""
    gate = GATE_TOPICS if shop.gate_since is not None and shops.has_scope(shop, holds.READ) else ()
    returns = RETURN_TOPICS if shops.has_scope(shop, switch.RETURNS_SCOPE) else ()
    return (*gate, *returns, *((MERGES,) if shops.has_scope(shop, switch.MERGE_SCOPE) else ()))


def subscribe(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``subscribe``: have exactly the topics that are wanted, at this app's present address."""
    with work.db.read() as session:
        topics = wanted(shops.by_id(session, work.shop_id))
    missing = {_enum(topic): address(work.settings.app_url, topic) for topic in topics}
    for node in _subscriptions(work):
        topic, uri = str(node.get("topic")), str(node.get("uri"))
        if missing.get(topic) == uri:
            del missing[topic]
        elif topic in _ENUMS:
            _say(
                work.call("WebhookSubscriptionDelete", {"id": node["id"]}), "webhookSubscriptionDelete", topic
            )
    for topic, uri in missing.items():
        variables = {"topic": topic, "subscription": {"uri": uri}}
        _say(work.call("WebhookSubscriptionCreate", variables), "webhookSubscriptionCreate", topic)
    return Verdict(done=list(jobs), pause=work.rest())


def address(app_url: str, topic: str) -> str:
    """Where the webhooks of a topic go."""
    return f"{app_url}/webhooks/{topic.replace('/', '-')}"


def _enum(topic: str) -> str:
    return topic.replace("/", "_").upper()


_ENUMS = frozenset(map(_enum, TOPICS))


def _subscriptions(work: Work) -> list[JsonDict]:
    found: list[JsonDict] = []
    cursor: str | None = None
    while True:
        page = work.call("WebhookSubscriptions", {"first": 100, "after": cursor}).get("webhookSubscriptions")
        found += present(page)
        cursor = next_cursor(page)
        if cursor is None:
            return found


def _say(data: JsonDict, field: str, topic: str) -> None:
    """Log what Shopify refused. The hourly walk tries it again, and finds what the webhooks would have told."""
    for problem in user_errors.problems(data.get(field)):
        log.warning("subscription not changed", topic=topic, problem=user_errors.message(problem))
