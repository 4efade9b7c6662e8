"""The Admin GraphQL API of one shop: our own documents only, and every answer told apart.

Not ShopifyAPI's GraphQL class: that one has no timeout, keeps its token in globals and takes a THROTTLED answer for a
success (Shopify throttles with HTTP 200).
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Self

import msgspec

from serializer_app.config import Settings
from serializer_app.errors import AppError
from serializer_app.shopify.transport import (
    Answer,
    Http,
    TransientFailure,
    admin_origin,
    new_http,
    number,
    post_json,
)
from serializer_app.text import Json, JsonDict, decode_json

SHORTEST_WAIT = 0.5
LONGEST_THROTTLE = 60.0
# Without figures from Shopify: what its REST answers used to say.
DEFAULT_WAIT = 2.0
# A frozen or locked shop, or a refused address, is put right by a person: look again now and then.
SHOP_WAIT = 3600.0
REFUSED_WAIT = 300.0

_TRANSIENT_STATUSES = {408, 425, 430}
_TRANSIENT_CODES = {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", "BAD_GATEWAY"}
_TRANSIENT_WORDS = ("internal error", "something went wrong", "timed out", "timeout", "try again")

_log = logging.getLogger(__name__)


class Throttled(AppError):
    """The shop's cost bucket is empty, or too many requests at once; ``retry_after`` says when to come again."""

    def __init__(self, wait: float) -> None:
        super().__init__(
            "throttled", "Shopify asks us to slow down.", status=503, permanent=False, retry_after=wait
        )


class Unauthorised(AppError):
    """The access token is not (or no longer) accepted: refresh it; if that fails, the merchant has to open the app.

    Code ``unauthorised``, or ``token_must_expire`` where Shopify wants a token that expires. Not permanent: the work
    stays in the outbox and goes on once the shop is authorised again.
    """

    def __init__(
        self, code: str = "unauthorised", message: str = "Shopify does not accept the token."
    ) -> None:
        super().__init__(code, message, status=502, permanent=False)


class Refused(AppError):
    """403 that says nothing about the token: most likely our address is not on the app's IP allowlist."""

    def __init__(self) -> None:
        super().__init__(
            "refused",
            "Shopify refuses requests from this address (403). Is it on the app's IP allowlist?",
            status=502,
            permanent=False,
            retry_after=REFUSED_WAIT,
        )


class ShopUnavailable(AppError):
    """The shop is frozen (402), locked (423), closed or gone (404): only its owner can change that."""

    def __init__(self, code: str) -> None:
        super().__init__(
            code, "The shop is not available at present.", status=502, permanent=False, retry_after=SHOP_WAIT
        )


class PermanentFailure(AppError):
    """Shopify understood and said no: an invalid document or variable, a missing scope, a query too dear."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, status=502, permanent=True)


@dataclass(frozen=True)
class Cost:
    """What the last call cost and what the bucket holds, in points; ``restore_rate`` in points a second."""

    requested: float
    available: float
    maximum: float
    restore_rate: float

    def wait_for(self, points: float) -> float:
        """Seconds until ``points`` will be available."""
        return max(0.0, (min(points, self.maximum) - self.available) / self.restore_rate)


class AdminClient:
    """Calls for one shop with one token. Not shared between threads; ``last_cost`` is that of the latest answer.

    ``http`` (from ``transport.new_http``) lets many clients share their connections; without it the client has its own
    and is to be closed, best by ``with``.
    """

    def __init__(self, settings: Settings, shop: str, access_token: str, http: Http | None = None) -> None:
        self.shop = shop
        self.last_cost: Cost | None = None
        self._version = settings.api_version
        self._url = f"{admin_origin(settings, shop)}/admin/api/{self._version}/graphql.json"
        self._headers = {"X-Shopify-Access-Token": access_token}
        self._http = new_http(settings) if http is None else http
        self._owns_http = http is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they are shared."""
        if self._owns_http:
            self._http.close()

    def execute(self, operation_name: str, variables: JsonDict | None = None) -> JsonDict:
        """Run ``documents/<operation_name>.graphql`` and give its ``data``.

        Raises Throttled, Unauthorised, Refused, ShopUnavailable or TransientFailure, which are worth another try, and
        PermanentFailure, which is not. ``userErrors`` of a mutation are data, and the caller's to read.
        """
        request = {
            "query": document(operation_name),
            "operationName": operation_name,
            "variables": dict(variables or {}),
        }
        answer = post_json(self._http, self._url, json.dumps(request).encode(), self._headers)
        _notice_version(self._version, answer.headers.get("X-Shopify-API-Version"))
        if answer.status != 200:
            raise _refusal(answer)
        return self._data(_json_object(answer))

    def _data(self, body: JsonDict) -> JsonDict:
        extensions = body.get("extensions")
        self.last_cost = _cost(extensions.get("cost") if isinstance(extensions, dict) else None)
        errors = body.get("errors")
        if errors:
            raise _graphql_failure(errors, self.last_cost)
        data = body.get("data")
        if not isinstance(data, dict):
            raise TransientFailure("no_graphql", "Shopify's answer holds no data.")
        return data


@cache
def document(operation_name: str) -> str:
    """The text of one of our documents, comments and all; KeyError where there is none of that name."""
    path = resources.files("serializer_app.shopify") / "documents" / f"{operation_name}.graphql"
    if not operation_name.isalnum() or not path.is_file():
        raise KeyError(operation_name)
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def _notice_version(asked: str, served: str | None) -> None:
    """Shopify serves an unsupported version with the oldest supported one: say so, once a process and version."""
    if served and served != asked:
        _log.warning("Shopify answered API version %s with %s: raise SHOPIFY_API_VERSION", asked, served[:20])


def _refusal(answer: Answer) -> AppError:
    status = answer.status
    if status == 429:
        wait = answer.retry_after()
        return Throttled(DEFAULT_WAIT if wait is None else max(wait, SHORTEST_WAIT))
    if status == 401:
        return Unauthorised()
    if status == 403:
        return _forbidden(answer)
    if status in {402, 404, 423}:
        return ShopUnavailable({402: "shop_frozen", 404: "shop_not_found", 423: "shop_locked"}[status])
    if status >= 500 or status in _TRANSIENT_STATUSES:
        return TransientFailure(
            "shopify_down", f"Shopify answered {status}.", retry_after=answer.retry_after()
        )
    if status < 400:
        return TransientFailure("no_graphql", f"Shopify answered {status} instead of 200.")
    return PermanentFailure("request_refused", f"Shopify answered {status}.")


def _forbidden(answer: Answer) -> AppError:
    """Three things answer 403: a token that does not expire, a missing scope or approval, an address not allowed."""
    try:
        body = _json_object(answer)
    except TransientFailure:
        return Refused()  # a page, as firewalls and allowlists answer
    said = json.dumps(body.get("errors", "")).lower()
    if "non-expiring access token" in said:
        return Unauthorised("token_must_expire", "Shopify wants an access token that expires.")
    if any(words in said for words in ("scope", "merchant approval", "access_denied", "access denied")):
        return PermanentFailure("access_denied", "Shopify says that the app may not do this (403).")
    return Refused()


def _json_object(answer: Answer) -> JsonDict:
    try:
        body = decode_json(answer.body)
    except (msgspec.DecodeError, RecursionError):
        raise TransientFailure("no_graphql", "Shopify's answer is no JSON.") from None
    if not isinstance(body, dict):
        raise TransientFailure("no_graphql", "Shopify's answer is no GraphQL.")
    return body


def _graphql_failure(errors: Json, cost: Cost | None) -> AppError:
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        return TransientFailure("no_graphql", "Shopify's errors are not those of GraphQL.")
    codes = [_error_code(error) for error in errors]
    messages = [str(error.get("message", ""))[:300] for error in errors]
    if "THROTTLED" in codes:
        return _throttled(cost)
    if "SHOP_INACTIVE" in codes:
        return ShopUnavailable("shop_inactive")
    for code, message in zip(codes, messages, strict=True):
        if code in _TRANSIENT_CODES or (
            not code and any(word in message.lower() for word in _TRANSIENT_WORDS)
        ):
            return TransientFailure("shopify_error", f"Shopify failed inside: {message}")
    known = {"ACCESS_DENIED": "access_denied", "MAX_COST_EXCEEDED": "max_cost_exceeded"}
    code = next((known[code] for code in codes if code in known), "graphql_error")
    return PermanentFailure(code, "; ".join(messages)[:1000])


def _error_code(error: JsonDict) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def _throttled(cost: Cost | None) -> AppError:
    if cost is None:
        return Throttled(DEFAULT_WAIT)
    if cost.requested > cost.maximum:
        # Waiting would never help: the bucket does not get that full.
        return PermanentFailure("max_cost_exceeded", f"The call costs {cost.requested:.0f} points, too many.")
    return Throttled(min(max(cost.wait_for(cost.requested), SHORTEST_WAIT), LONGEST_THROTTLE))


def _cost(cost: Json) -> Cost | None:
    if not isinstance(cost, dict) or not isinstance(cost.get("throttleStatus"), dict):
        return None
    status = cost["throttleStatus"]
    requested = number(cost.get("requestedQueryCost"))
    available = number(status.get("currentlyAvailable"))
    maximum = number(status.get("maximumAvailable"))
    rate = number(status.get("restoreRate"))
    if requested is None or available is None or not maximum or not rate:
        return None
    return Cost(requested, available, maximum, rate)
