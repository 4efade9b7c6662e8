"""One POST to Shopify: timeouts, a bounded answer, no redirects, and the waits that the answer asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from serializer_app import clock
from serializer_app.config import Settings
from serializer_app.deadlines import Deadline
from serializer_app.errors import AppError
from serializer_app.shopify.domains import shop_domain
from serializer_app.shopify.sockets import CONNECT_SECONDS, Adapter, limited_by
from serializer_app.text import Json

READ_SECONDS = 20.0
# The read timeout starts anew with every byte, so an answer that drips needs an end of its own: for everything from the
# name to the last byte, and below the 30 seconds after which gunicorn ends a process that waits for it.
ANSWER_SECONDS = 25.0
LARGEST_ANSWER = 20 * 1024 * 1024
LONGEST_WAIT = 3600.0

#: The connections that many clients share. Named here, so that callers can hold one without the HTTP library.
Http = requests.Session

_CHUNK = 64 * 1024


class TransientFailure(AppError):
    """Nothing is wrong with the request as far as we know: the same thing may work in a while."""

    def __init__(self, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(code, message, status=502, permanent=False, retry_after=retry_after)


@dataclass(frozen=True, repr=False)
class Answer:
    """What came back. Has no repr, because the body of a token answer is a secret."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after(self) -> float | None:
        """The wait in seconds that Retry-After asks for; None where it names none, or one that is over."""
        return retry_after(self.headers.get("Retry-After")) or None


def new_http(settings: Settings) -> Http:
    """A connection pool. A stand-in on loopback is spoken to directly, whatever proxy the environment names."""
    http = Http()
    for scheme in ("https://", "http://"):
        http.mount(scheme, Adapter())
    http.trust_env = not settings.shopify_is_pretend
    return http


def admin_origin(settings: Settings, shop: str) -> str:
    """Where the Admin API of ``shop`` answers; refuses anything but a checked domain, since a token goes there."""
    if shop_domain(shop) != shop:
        raise AppError("invalid_shop", "Not a myshopify.com domain.")
    return settings.admin_url(shop)


def post_json(http: Http, url: str, payload: bytes, headers: Mapping[str, str]) -> Answer:
    """POST a JSON body. Raises TransientFailure when no whole answer of a sane size arrived, or it is a redirect."""
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    answer = _request(http, "POST", url, sent, payload)
    if 300 <= answer.status < 400:
        # Following it could carry the token to another host.
        raise TransientFailure("redirected", f"Shopify answered with a redirect ({answer.status}).")
    return answer


def get(http: Http, url: str) -> Answer:
    """GET a public address without credentials; a redirect is an answer. Raises TransientFailure when none arrived."""
    return _request(http, "GET", url, {"Accept": "application/json"}, None)


def _request(http: Http, method: str, url: str, headers: Mapping[str, str], payload: bytes | None) -> Answer:
    try:
        with (
            Deadline(ANSWER_SECONDS) as deadline,
            limited_by(deadline),
            http.request(
                method,
                url,
                data=payload,
                headers=dict(headers),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            body = _bounded_body(response)
            deadline.left()  # headers that were cut off look like whole ones
    except (requests.Timeout, TimeoutError):
        raise TransientFailure("timeout", "Shopify did not answer in time.") from None
    except requests.RequestException as error:
        # Not chained: the exception carries the request, and the request carries secrets.
        raise TransientFailure("network", f"Shopify could not be reached ({type(error).__name__}).") from None
    return Answer(response.status_code, response.headers, body)


def _bounded_body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise TransientFailure("answer_too_large", "Shopify's answer is larger than any honest one.")
    return bytes(body)


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds from now, at most an hour; None where it is absent or makes no sense."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        seconds = (moment - (now or clock.now())).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def number(value: Json) -> float | None:
    """A finite, non-negative JSON number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return None
    return converted if math.isfinite(converted) and converted >= 0 else None
