"""``/_control``: the same switches over HTTP that tests have in Python, for processes that are not this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from serializer_app.devstore.faults import CONTROLS
from serializer_app.text import JsonDict

if TYPE_CHECKING:
    from serializer_app.devstore.server import DevStore


#: What the index page offers, and in which words.
BUTTONS = {
    "throttle": "throttle the Admin API",
    "error": "answer the Admin API with 502",
    "html": "answer the Admin API with HTML",
    "disconnect": "execute, then cut the connection",
    "token_error": "answer the token endpoint with 503",
    "refuse_refresh": "refuse to refresh the token",
    "refuse_hold": "refuse to put an order on hold",
    "drop_webhooks": "lose webhooks",
    "duplicate_webhooks": "deliver webhooks twice",
    "reorder_webhooks": "swap webhooks",
    "clear": "stop all of it",
}


def blueprint(store: DevStore) -> Blueprint:
    """GET shows state and counters; POST takes one order or a list of them.

    An order is ``{"fault": "throttle", "times": 5}`` (any of faults.CONTROLS with its arguments),
    ``{"advance": seconds}``, ``{"limit": [capacity, rate]}``, ``{"hold": true}``, ``{"flush": true, "shuffle": true}``,
    ``{"other_app": "seed"}`` (another app writes its data into every order and variant), ``{"other_app": "write",
    "orders": 3}`` (it writes new data into the newest orders), ``{"other_app": "large"}`` (any of other_app.SHAPES into
    the newest order), each with ``"shop"`` where it is not the first one,
    ``{"app_url": "http://127.0.0.1:8000"}``, ``{"token_lifetime": seconds}`` or ``{"expire_tokens": "<shop>"}``.
    """
    pages = Blueprint("control", __name__)

    @pages.get("/_control")
    def show() -> Response:
        return jsonify(_report(store))

    @pages.post("/_control/form")
    def press() -> BaseResponse:
        """The button on the index page."""
        name = request.form.get("fault", "")
        if name not in BUTTONS:
            abort(400)
        times = request.form.get("times", 1, type=int)
        store.faults.order(name, {} if name == "clear" else {"times": times})
        return redirect("/#faults")

    @pages.post("/_control")
    def act() -> tuple[Response, int]:
        orders = request.get_json(silent=True)
        if isinstance(orders, dict):
            orders = [orders]
        if not isinstance(orders, list):
            return jsonify({"error": "a JSON object or a list of them is needed"}), 400
        try:
            for order in orders:
                _obey(store, dict(order))
        except (KeyError, TypeError, ValueError) as error:
            return jsonify({"error": f"cannot do that: {error!r}", "faults": sorted(CONTROLS)}), 400
        return jsonify(_report(store)), 200

    return pages


def _obey(store: DevStore, order: JsonDict) -> None:
    match order:
        case {"fault": str(name)}:
            store.faults.order(name, {key: value for key, value in order.items() if key != "fault"})
        case {"advance": seconds}:
            store.advance(float(seconds))
        case {"limit": [capacity, rate]}:
            store.limit(float(capacity), float(rate))
        case {"hold": on}:
            store.webhooks.hold = bool(on)
        case {"flush": _}:
            store.webhooks.flush(shuffle=bool(order.get("shuffle")))
        case {"app_url": str(url)}:
            store.app_url = url
        case {"other_app": str(what)}:
            _play_other_app(store, what, order)
        case {"token_lifetime": seconds}:
            store.tokens.lifetime = int(seconds)
        case {"expire_tokens": str(shop)}:
            store.tokens.expire(shop)
        case _:
            raise ValueError(order)


def _play_other_app(store: DevStore, what: str, order: JsonDict) -> None:
    other = store.other_app(order.get("shop"))
    state = other.shop.state
    newest = sorted(state.orders.values(), key=lambda each: each.id, reverse=True)
    match what:
        case "seed":
            other.seed(newest, list(state.variants.values()))
        case "write":
            other.seed(newest[: int(order.get("orders", 1))], [])
        case _:
            for each in newest[:1]:
                other.write_shape(each, what)


def _report(store: DevStore) -> JsonDict:
    operations: dict[str, dict[str, int]] = {}
    for call in list(store.admin.calls):
        outcomes = operations.setdefault(call.operation or "?", {})
        outcomes[call.outcome] = outcomes.get(call.outcome, 0) + 1
    deliveries: dict[str, int] = {}
    for delivery in list(store.webhooks.deliveries):
        deliveries[delivery.state] = deliveries.get(delivery.state, 0) + 1
    return {
        "origin": store.origin,
        "app_url": store.app_url,
        "now": store.clock.now().isoformat(),
        "shops": {name: store.admin.bucket(name).status(store.clock.now()) for name in store.states},
        "calls": operations,
        "token_requests": len(store.tokens.requests),
        "webhooks": deliveries,
        "faults": store.faults.pending(),
    }
