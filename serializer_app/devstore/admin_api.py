"""The pretend GraphQL Admin API over HTTP: tokens, versions, costs, throttling, faults, and a record of every call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from threading import Lock
from uuid import uuid4

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from serializer_app.devstore.admin_root import AdminRoot
from serializer_app.devstore.faults import Fault, Faults
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.orders import Order
from serializer_app.devstore.query_cost import MAX_QUERY_COST, Bucket, Pricing
from serializer_app.devstore.schema_closure import SDL
from serializer_app.devstore.state import ShopState
from serializer_app.devstore.tokens import Tokens
from serializer_app.text import JsonDict

SUPPORTED_VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "unstable")


@dataclass(frozen=True)
class AdminAnswer:
    """An HTTP answer; ``hang`` seconds pass before it, and ``dropped`` means that the connection just closes.

    ``timed_out`` tells a caller without a socket that nobody would have waited so long.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    hang: float = 0.0
    dropped: bool = False
    timed_out: bool = False


@dataclass(frozen=True)
class Call:
    """One call that reached the Admin API, for tests to count; ``outcome`` is ``ok``, ``throttled`` or the fault."""

    shop: str | None
    operation: str | None
    variables: JsonDict
    at: datetime
    status: int
    outcome: str
    cost: float = 0.0


@dataclass
class _Request:
    """One call on its way: what was asked, and by which shop."""

    state: ShopState
    scopes: tuple[str, ...]
    document: str
    operation: str | None
    variables: JsonDict
    fault: Fault | None
    headers: dict[str, str] = field(default_factory=dict)


class AdminApi:
    """Answers ``POST /admin/api/<version>/graphql.json`` for all shops of a store."""

    def __init__(
        self, shops: Mapping[str, ShopState], tokens: Tokens, faults: Faults, clock: ShopClock
    ) -> None:
        self.shops = shops
        self.tokens = tokens
        self.faults = faults
        self.clock = clock
        self.capacity = 2000.0
        self.rate = 100.0
        self.calls: list[Call] = []
        self.on_metafields_written: Callable[[ShopState, Order], None] | None = None
        self.on_event: Callable[[ShopState, str, JsonDict], None] | None = None
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def bucket(self, shop: str) -> Bucket:
        with self._lock:
            if shop not in self._buckets:
                self._buckets[shop] = Bucket(self.clock.now(), self.capacity, self.rate)
            return self._buckets[shop]

    def count(self, operation: str | None = None, outcome: str | None = None) -> int:
        """How many calls there were, of one operation and with one outcome where given."""
        return sum(
            operation in (None, c.operation) and outcome in (None, c.outcome) for c in list(self.calls)
        )

    def answer(self, version: str, headers: Mapping[str, str], body: bytes) -> AdminAnswer:
        """``headers`` with lower-case names."""
        served = version if version in SUPPORTED_VERSIONS else SUPPORTED_VERSIONS[0]
        reply = {"X-Shopify-API-Version": served, "X-Request-Id": str(uuid4())}
        request = self._read(headers, body, reply)
        if isinstance(request, AdminAnswer):
            return request
        early = self._act_out(request)
        if early is not None:
            return early
        answer = self._run(request)
        fault = request.fault
        if fault is None:
            return answer
        dropped = fault.kind == "disconnect"
        hang = fault.seconds if fault.kind in {"slow", "timeout_after"} else 0.0
        return replace(answer, hang=hang, dropped=dropped, timed_out=fault.kind == "timeout_after")

    def _read(self, headers: Mapping[str, str], body: bytes, reply: dict[str, str]) -> _Request | AdminAnswer:
        try:
            query = json.loads(body)
            document, variables = str(query["query"]), query.get("variables") or {}
            operation = query.get("operationName") or _operation_name(document)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._record(None, None, {}, 400, "malformed")
            return _json(400, {"errors": {"query": "Required parameter missing or invalid"}}, reply)
        grant = self.tokens.grant_of(headers.get("x-shopify-access-token"))
        if grant is None or grant.shop not in self.shops:
            self._record(None, operation, variables, 401, "unauthorized")
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return _json(401, {"errors": message}, reply)
        if grant.expires_at is None and self.tokens.refuse_non_expiring:
            self._record(grant.shop, operation, variables, 403, "non_expiring")
            return _json(403, {"errors": _NON_EXPIRING}, reply)
        fault = self.faults.for_admin(operation)
        scopes = grant.scopes
        return _Request(self.shops[grant.shop], scopes, document, operation, variables, fault, reply)

    def _act_out(self, request: _Request) -> AdminAnswer | None:
        """The faults that keep the call from being executed."""
        fault, reply = request.fault, request.headers
        if fault is None or fault.kind in {"slow", "timeout_after", "disconnect"}:
            return None
        shop, operation, variables = request.state.domain, request.operation, request.variables
        status = _STATUSES.get(fault.kind, fault.status)
        outcome = "throttled" if fault.kind == "throttle" else fault.kind
        self._record(shop, operation, variables, status, outcome)
        match fault.kind:
            case "throttle":
                return _json(200, self._throttled(request, self._price(request)), reply)
            case "throttle_429":
                limited = {"errors": "Exceeded 2 calls per second for api client. Reduce request rates."}
                return _json(429, limited, reply | {"Retry-After": f"{fault.seconds:.1f}"})
            case "timeout_before":
                return AdminAnswer(200, reply, b"", hang=fault.seconds, dropped=True, timed_out=True)
            case "status":
                return _json(fault.status, {"errors": _REFUSALS.get(fault.status, "Refused")}, reply)
        page = f"<!DOCTYPE html><html><title>{fault.status}</title><body>Something went wrong</body></html>"
        return AdminAnswer(status, reply | {"Content-Type": "text/html; charset=utf-8"}, page.encode())

    def _run(self, request: _Request) -> AdminAnswer:
        try:
            document = _validated(request.document)
        except GraphQLError as error:
            self._record(request.state.domain, request.operation, request.variables, 200, "invalid")
            return _json(200, {"errors": [error.formatted]}, request.headers)
        pricing = Pricing(admin_schema(), document, request.variables)
        requested = pricing.requested()
        if requested > MAX_QUERY_COST:
            self._record(request.state.domain, request.operation, request.variables, 200, "max_cost_exceeded")
            return _json(200, _too_dear(requested), request.headers)
        bucket = self.bucket(request.state.domain)
        with self._lock:
            paid = bucket.take(requested, self.clock.now())
        if not paid:
            self._record(request.state.domain, request.operation, request.variables, 200, "throttled")
            return _json(200, self._throttled(request, requested), request.headers)
        result, root = self._execute(request, document)
        actual = pricing.actual(result.get("data"))
        with self._lock:
            bucket.give_back(requested - actual)
        result["extensions"] = {"cost": self._cost(request, requested, actual)}
        self._record(request.state.domain, request.operation, request.variables, 200, "ok", actual)
        self._echo(request.state, root)
        return _json(200, result, request.headers)

    def _execute(self, request: _Request, document: DocumentNode) -> tuple[JsonDict, AdminRoot]:
        with request.state.lock:
            root = AdminRoot(request.state, request.scopes, self.clock.now(), self.faults.for_hold)
            outcome = execute_sync(
                admin_schema(),
                document,
                root.fields(),
                variable_values=request.variables,
                operation_name=None,
            )
        result: JsonDict = {"data": outcome.data}
        if self.faults.spoil(outcome.data):
            failure = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return {"errors": [failure]}, root
        if outcome.errors:
            result["errors"] = [error.formatted for error in outcome.errors]
            if outcome.data is None:
                del result["data"]
        return result, root

    def _echo(self, state: ShopState, root: AdminRoot) -> None:
        if self.faults.metafield_echo and self.on_metafields_written is not None:
            for order in root.written_orders:
                self.on_metafields_written(state, order)
        if self.on_event is not None:
            for topic, payload in root.events:
                self.on_event(state, topic, payload)

    def _price(self, request: _Request) -> int:
        try:
            return Pricing(admin_schema(), _validated(request.document), request.variables).requested()
        except GraphQLError:
            return 1

    def _cost(self, request: _Request, requested: float, actual: float | None) -> JsonDict:
        bucket = self.bucket(request.state.domain)
        with self._lock:
            status = bucket.status(self.clock.now())
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}

    def _throttled(self, request: _Request, requested: float) -> JsonDict:
        """No ``data`` at all; ``currentlyAvailable`` says how long to wait, also when a fault made it up."""
        cost = self._cost(request, requested, None)
        if request.fault is not None:
            available = cost["throttleStatus"]["currentlyAvailable"]
            cost["throttleStatus"]["currentlyAvailable"] = max(0, min(available, requested - 5))
        error = {
            "message": "Throttled",
            "extensions": {
                "code": "THROTTLED",
                "documentation": "https://shopify.dev/api/usage/rate-limits",
            },
        }
        return {"errors": [error], "extensions": {"cost": cost}}

    def _record(
        self,
        shop: str | None,
        operation: str | None,
        variables: JsonDict,
        status: int,
        outcome: str,
        cost: float = 0.0,
    ) -> None:
        self.calls.append(Call(shop, operation, variables, self.clock.now(), status, outcome, cost))


@cache
def admin_schema() -> GraphQLSchema:
    """The committed part of the official schema."""
    return build_schema(SDL.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _validated(source: str) -> DocumentNode:
    """Raises GraphQLError for a document that the Admin API would refuse."""
    document = parse(source)
    errors = validate(admin_schema(), document)
    if errors:
        raise errors[0]
    return document


@lru_cache(maxsize=256)
def _operation_name(source: str) -> str | None:
    try:
        definitions = parse(source).definitions
    except GraphQLError:
        return None
    for node in definitions:
        if isinstance(node, OperationDefinitionNode):
            return node.name.value if node.name else None
    return None


def _too_dear(requested: int) -> JsonDict:
    message = f"Query cost is {requested}, which exceeds the single query max cost limit ({MAX_QUERY_COST})."
    extensions = {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MAX_QUERY_COST}
    return {"errors": [{"message": message, "extensions": extensions}]}


def _json(status: int, body: JsonDict, headers: dict[str, str]) -> AdminAnswer:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return AdminAnswer(status, headers | kind, json.dumps(body, ensure_ascii=False).encode())


_NON_EXPIRING = "Non-expiring access tokens are no longer accepted for the Admin API."
_STATUSES = {"throttle": 200, "html": 200, "timeout_before": 200, "throttle_429": 429}
_REFUSALS = {
    401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
    402: "This shop's plan does not have access to this feature",
    403: "This app is not allowed to call the Admin API from this IP address",
    423: "This shop is unavailable",
}
