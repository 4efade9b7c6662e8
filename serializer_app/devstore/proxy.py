"""The app proxy: requests to the shop's ``/apps/serializer/…`` forwarded to the app, signed by Shopify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from serializer_app.devstore.app_link import AppAnswer, AppLink, AppUnreachable
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.signing import proxy_signature

PREFIX = "/apps/serializer"
"""Below which the app answers; a shop may show it elsewhere."""
Pairs = Iterable[tuple[str, str]]
#: Hop-by-hop headers, and those that Shopify keeps to itself: cookies are stripped both ways.
_STRIPPED = {
    "connection",
    "content-length",
    "content-encoding",
    "cookie",
    "host",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
}
TIMEOUT = 10.0


class AppProxy:
    """Signs and forwards for all shops of a store."""

    def __init__(self, secret: str, clock: ShopClock) -> None:
        self.secret = secret
        self.clock = clock

    def signed(
        self, shop: str, params: Pairs, customer: int | None, prefix: str = PREFIX
    ) -> list[tuple[str, str]]:
        """The query as the app gets it: the visitor's parameters first, then Shopify's five."""
        pairs = [*params]
        pairs += [
            ("logged_in_customer_id", str(customer or "")),
            ("path_prefix", prefix),
            ("shop", shop),
            ("timestamp", str(int(self.clock.now().timestamp()))),
        ]
        together: dict[str, list[str]] = {}
        for name, value in pairs:
            together.setdefault(name, []).append(value)
        return [*pairs, ("signature", proxy_signature(self.secret, together))]

    def forward(
        self,
        app: AppLink,
        shop: str,
        method: str,
        path: str,
        params: Pairs = (),
        *,
        customer: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "203.0.113.24",
        prefix: str = PREFIX,
    ) -> AppAnswer:
        """``path`` below the prefix, such as ``/items``; ``prefix`` is where the shop shows the app proxy.

        An app that does not answer is Shopify's own error page.
        """
        query = urlencode(self.signed(shop, params, customer, prefix))
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in _STRIPPED}
        kept["X-Forwarded-For"] = address
        try:
            answer = app.send(method, f"{PREFIX}{path}?{query}", kept, body, TIMEOUT)
        except AppUnreachable:
            page = b"<html><body>There was an error in the third-party application.</body></html>"
            return AppAnswer(502, (("Content-Type", "text/html"),), page)
        passed = tuple((name, value) for name, value in answer.headers if name.lower() not in _STRIPPED)
        return AppAnswer(answer.status, passed, answer.body)
