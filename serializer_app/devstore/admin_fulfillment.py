"""Fulfilment orders, their holds and the app's webhook subscriptions in the pretend Admin API."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError

from serializer_app.devstore import admin_returns
from serializer_app.devstore.admin_search import Info, SearchError, Value, matcher
from serializer_app.devstore.admin_views import View, Views, need
from serializer_app.devstore.fulfillment_orders import FulfillmentOrder, Refusal
from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.devstore.state import ShopState
from serializer_app.devstore.warehouse import placed_payload

READ = "read_merchant_managed_fulfillment_orders"
WRITE = "write_merchant_managed_fulfillment_orders"
_TOPIC_SCOPES = {
    "fulfillment_orders": READ,
    "returns": admin_returns.READ,
    "reverse_fulfillment_orders": admin_returns.READ,
}
Announce = Callable[[str, View], None]
RefuseHold = Callable[[], str | None]


class FulfillmentRoot:
    """Root resolvers of one call; ``announce`` collects the webhooks that follow from it."""

    def __init__(
        self,
        state: ShopState,
        scopes: frozenset[str],
        views: Views,
        announce: Announce,
        refuse_hold: RefuseHold,
    ) -> None:
        self.state = state
        self.scopes = scopes
        self.views = views
        self._announce = announce
        self._refuse_hold = refuse_hold

    def fields(self) -> dict[str, Callable[..., Value]]:
        return {
            "fulfillmentOrder": self._one,
            "fulfillmentOrders": self._list,
            "fulfillmentOrderHold": self._hold,
            "fulfillmentOrderReleaseHold": self._release,
            "webhookSubscriptions": self._subscriptions,
            "webhookSubscriptionCreate": self._subscribe,
            "webhookSubscriptionDelete": self._unsubscribe,
        }

    def _one(self, info: Info, id: str) -> View | None:
        need(self.scopes, "FulfillmentOrder", READ)
        found = self.state.fulfillment_orders.by_id.get(_number(id, "FulfillmentOrder"))
        return self.views.fulfillment_order(found) if found else None

    def _list(self, info: Info, **args: Value) -> View:
        need(self.scopes, "FulfillmentOrder", READ)
        try:
            fits = matcher(args.get("query"), _searched)
        except SearchError as error:
            raise GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"}) from error
        found = [
            one
            for one in self.state.fulfillment_orders.by_id.values()
            if fits(one) and (args.get("includeClosed") or one.state not in ("CLOSED", "CANCELLED"))
        ]
        return self.views.connection(
            found, lambda one: (one.updated_at, one.id), self.views.fulfillment_order, args
        )

    def _hold(self, info: Info, id: str, fulfillmentHold: View) -> View:
        need(self.scopes, "fulfillmentOrderHold field", WRITE)
        number = _number(id, "FulfillmentOrder")
        orders = self.state.fulfillment_orders
        known = orders.by_id.get(number)
        was_held = bool(known and known.holds)
        lines = {
            _number(entry["id"], "FulfillmentOrderLineItem"): entry["quantity"]
            for entry in fulfillmentHold.get("fulfillmentOrderLineItems") or []
        }
        try:
            if (code := self._refuse_hold()) is not None:
                raise Refusal(code, "The fulfillment order could not be put on hold.")
            hold, held, rest = orders.hold(
                number,
                fulfillmentHold.get("handle") or "",
                fulfillmentHold["reason"],
                fulfillmentHold.get("reasonNotes") or "",
                lines=lines,
            )
        except Refusal as refusal:
            nothing = {"fulfillmentHold": None, "fulfillmentOrder": None, "remainingFulfillmentOrder": None}
            return {**nothing, "userErrors": [refusal.error]}
        if not was_held:
            self._announce("fulfillment_orders/placed_on_hold", placed_payload(hold, held, rest))
        return {
            "fulfillmentHold": self.views.hold(hold),
            "fulfillmentOrder": self.views.fulfillment_order(held),
            "remainingFulfillmentOrder": self.views.fulfillment_order(rest) if rest else None,
            "userErrors": [],
        }

    def _release(self, info: Info, id: str, holdIds: list[str] | None = None, **_: Value) -> View:
        need(self.scopes, "fulfillmentOrderReleaseHold field", WRITE)
        ids = None if holdIds is None else [_number(one, "FulfillmentHold") for one in holdIds]
        try:
            one = self.state.fulfillment_orders.release(_number(id, "FulfillmentOrder"), ids)
        except Refusal as refusal:
            return {"fulfillmentOrder": None, "userErrors": [refusal.error]}
        if not one.holds:
            self._announce("fulfillment_orders/hold_released", {"fulfillment_order": one.payload()})
        return {"fulfillmentOrder": self.views.fulfillment_order(one), "userErrors": []}

    def _subscriptions(self, info: Info, **args: Value) -> View:
        kept = [*self.state.subscriptions.items()]
        return self.views.connection(kept, lambda entry: (entry[0],), _subscription, args)

    def _subscribe(self, info: Info, topic: str, webhookSubscription: View) -> View:
        uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
        name = topic_name(topic)
        problem = None
        if (scope := _TOPIC_SCOPES.get(name.partition("/")[0])) is not None and scope not in self.scopes:
            problem = "You do not have permission to create or update webhooks with this topic."
        elif (name, uri) in self.state.subscriptions.values():
            problem = "Address for this topic has already been taken"
        if problem is not None:
            error = {"field": ["webhookSubscription", "callbackUrl"], "message": problem}
            return {"webhookSubscription": None, "userErrors": [error]}
        number = self.state.new_id()
        self.state.subscriptions[number] = (name, uri)
        return {"webhookSubscription": _subscription((number, (name, uri))), "userErrors": []}

    def _unsubscribe(self, info: Info, id: str) -> View:
        gone = self.state.subscriptions.pop(_number(id, "WebhookSubscription"), None)
        errors = [] if gone else [{"field": ["id"], "message": "Webhook subscription does not exist"}]
        return {"deletedWebhookSubscriptionId": id if gone else None, "userErrors": errors}


def topic_name(topic: str) -> str:
    """``FULFILLMENT_ORDERS_HOLD_RELEASED`` → ``fulfillment_orders/hold_released``."""
    name = topic.lower()
    for resource in ("reverse_fulfillment_orders", "fulfillment_orders", "customers"):
        if name.startswith(f"{resource}_"):
            return f"{resource}/{name.removeprefix(f'{resource}_')}"
    return name.replace("_", "/", 1)


def _subscription(entry: tuple[int, tuple[str, str]]) -> View:
    number, (topic, uri) = entry
    return {"id": gid("WebhookSubscription", number), "topic": topic.replace("/", "_").upper(), "uri": uri}


def _searched(one: FulfillmentOrder, name: str) -> Value:
    simple = {"id": one.id, "status": one.status, "updated_at": one.updated_at}
    if name not in simple:
        raise SearchError(f"the dev store cannot search by {name!r}")
    return simple[name]


def _number(text: str, kind: str) -> int:
    parsed = parse_gid(text)
    if parsed is None or parsed[0] != kind:
        raise GraphQLError(f"Invalid global id '{text}'", extensions={"code": "BAD_USER_INPUT"})
    return parsed[1]
