"""The dev store as one object: shops, Admin API, tokens, webhooks, proxy and pages, on one loopback port.

    with DevStore("demo.myshopify.com", api_key="key", api_secret="secret") as store:
        store.app_url = "http://127.0.0.1:8000"
        shop = store.shop()
        shop.open_app()
        order = shop.place_order([(shop.add_product("Lamp", sku="L-1").variant, 2)])

Several shops share the port. The app's SHOPIFY_ADMIN_ORIGIN is ``store.origin`` for all of them: an Admin API call
belongs to the shop of its access token, a token request to the shop of its id token, code or refresh token, and a
visitor to the shop chosen on the index page (a cookie; the first shop otherwise).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from threading import RLock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import requests
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from serializer_app.devstore.admin_api import AdminAnswer, AdminApi
from serializer_app.devstore.app_link import AppLink, AppUnreachable, HttpApp, WsgiApp
from serializer_app.devstore.faults import Faults
from serializer_app.devstore.mailbox import Mailbox
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.order_payload import order_payload
from serializer_app.devstore.orders import Order
from serializer_app.devstore.other_app import OtherApp
from serializer_app.devstore.pages import store_application
from serializer_app.devstore.proxy import AppProxy
from serializer_app.devstore.shop import Connections, Shop
from serializer_app.devstore.state import ShopState
from serializer_app.devstore.tokens import Tokens
from serializer_app.devstore.webhooks import WebhookSender
from serializer_app.text import JsonDict

DEMO_SECRET = "devstore-secret-of-more-than-32-bytes"
WsgiApplication = Callable[..., Iterable[bytes]]


class DevStore:
    """A pretend Shopify. Usable at once in this process; ``start`` (or ``with``) also opens the port.

    ``app`` is the app under test as a WSGI application; without it requests go to ``app_url``.
    """

    def __init__(
        self,
        shop: str = "demo.myshopify.com",
        *,
        app_url: str | None = None,
        app: WsgiApplication | None = None,
        api_key: str = "devstore-key",
        api_secret: str = DEMO_SECRET,
        api_version: str = "2026-10",
        port: int = 0,
    ) -> None:
        self.app_url = app_url
        self.app = app
        self.api_key = api_key
        self.clock = ShopClock()
        self.faults = Faults()
        self.mailbox = Mailbox()
        self.tokens = Tokens(api_key, api_secret, self.clock, self.faults)
        self.states: dict[str, ShopState] = {}
        self.admin = AdminApi(self.states, self.tokens, self.faults, self.clock)
        self.admin.on_metafields_written = self._echo
        self.admin.on_event = self._announce
        self.webhooks = WebhookSender(self._link_or_none, api_secret, api_version, self.clock, self.faults)
        self.proxy = AppProxy(api_secret, self.clock)
        self._shops: dict[str, Shop] = {}
        self._other_apps: dict[str, OtherApp] = {}
        self._lock = RLock()
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None
        self._closing = False
        self.default_shop = shop
        self.shop(shop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listens on 127.0.0.1 (a free port unless one was given). Raises OSError when the port is taken."""
        application = store_application(self)
        try:
            self._server = make_server(
                "127.0.0.1", self._port, application, threaded=True, request_handler=_handler(self.faults)
            )
        except SystemExit as error:
            # Werkzeug prints a sentence and exits when the port is taken; a library must not.
            raise OSError(f"port {self._port} is taken") from error
        self._port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), name="devstore", daemon=True)
        self._thread.start()
        self.webhooks.start()
        return self

    def stop(self) -> None:
        self._closing = True
        self.webhooks.stop()
        self.mailbox.stop()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    @property
    def origin(self) -> str:
        """Give this to the app as SHOPIFY_ADMIN_ORIGIN; also where the pages are."""
        return f"http://127.0.0.1:{self._port}"

    def shop(self, domain: str | None = None) -> Shop:
        """The shop of this domain, opened at first sight; the first one without a name."""
        name = domain or self.default_shop
        with self._lock:
            if name not in self._shops:
                state = ShopState(name, self.clock, seed=len(self.states))
                self.states[name] = state
                self._shops[name] = Shop(
                    state, Connections(self.link, self.webhooks, self.tokens, self.proxy, self._rename)
                )
            return self._shops[name]

    def _rename(self, before: str, domain: str) -> None:
        """Raises ValueError when another shop has the name. The old one opens a new shop if it is asked for again."""
        with self._lock:
            if domain in self._shops:
                raise ValueError(f"{domain} is taken")
            state = self.states.pop(before)
            with state.lock:
                state.domain = domain
            self.states[domain] = state
            self._shops[domain] = self._shops.pop(before)
            if before in self._other_apps:
                self._other_apps[domain] = self._other_apps.pop(before)
            self.tokens.rename(before, domain)

    def other_app(self, domain: str | None = None) -> OtherApp:
        """The other app in a shop that writes under the same metafield keys."""
        shop = self.shop(domain)
        with self._lock:
            return self._other_apps.setdefault(shop.domain, OtherApp(shop))

    @property
    def shops(self) -> list[Shop]:
        with self._lock:
            return [*self._shops.values()]

    def advance(self, seconds: float) -> None:
        """Moves the store's clock: tokens expire, buckets fill, the next change has a later ``updated_at``."""
        self.clock.advance(seconds)

    def limit(self, capacity: float, rate: float, shop: str | None = None) -> None:
        """Another cost bucket (points, points a second), full, for one shop or for all."""
        self.admin.capacity, self.admin.rate = capacity, rate
        for name in [shop] if shop else [*self.states]:
            self.admin.bucket(name).resize(capacity, rate)

    def link(self) -> AppLink:
        """Raises AppUnreachable when neither ``app`` nor ``app_url`` was given."""
        link = self._link_or_none()
        if link is None:
            raise AppUnreachable("the dev store was given no app")
        return link

    def handle_admin(self, path: str, headers: Mapping[str, str], body: bytes) -> AdminAnswer:
        """The Admin API and the token endpoint without a socket, for callbacks of ``responses`` and the like.

        A fault that would hang or cut the connection raises requests' ReadTimeout or ConnectionError at once,
        after executing where the fault says so. Raises KeyError for any other path.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        if path.split("?")[0] == "/admin/oauth/access_token":
            return _answered(self.token_request(lower.get("content-type", ""), body))
        parts = path.split("?")[0].strip("/").split("/")
        if len(parts) != 4 or parts[:2] != ["admin", "api"] or parts[3] != "graphql.json":
            raise KeyError(path)
        return _answered(self.admin.answer(parts[2], lower, body))

    def token_request(self, content_type: str, body: bytes) -> AdminAnswer:
        """``POST /admin/oauth/access_token``."""
        answer = self.tokens.answer(read_form(content_type, body))
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        headers = {"Content-Type": answer.content_type}
        return AdminAnswer(answer.status, headers, text.encode(), answer.hang, timed_out=answer.hang > 0)

    def pause(self, seconds: float) -> None:
        """Hangs as a fault demands, but not beyond the end of the store."""
        deadline = time.monotonic() + seconds
        while not self._closing and time.monotonic() < deadline:
            time.sleep(min(0.1, seconds))

    def _link_or_none(self) -> AppLink | None:
        if self.app is not None:
            return WsgiApp(self.app)
        return HttpApp(self.app_url) if self.app_url else None

    def _announce(self, state: ShopState, topic: str, payload: JsonDict) -> None:
        self.shop(state.domain).warehouse.announce(topic, payload)

    def _echo(self, state: ShopState, order: Order) -> None:
        with state.lock:
            state.touch(order)
            payload = order_payload(state, order)
        self.webhooks.send(state.domain, "orders/updated", payload)


def _handler(faults: Faults) -> type[WSGIRequestHandler]:
    """A request handler whose Date header goes as wrong as ``faults`` say."""

    class Handler(_QuietHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            moment = time.time() if timestamp is None else timestamp
            return super().date_time_string(moment + faults.clock_ahead)

    return Handler


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open as Shopify does, and the demo's terminal free of request lines."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The record is ``store.admin.calls``."""


def read_form(content_type: str, body: bytes) -> JsonDict:
    """The fields of a token request, which Shopify takes as a form or as JSON; a broken body has none."""
    if "json" in content_type:
        try:
            fields = json.loads(body)
        except ValueError:
            return {}
        return fields if isinstance(fields, dict) else {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _answered(answer: AdminAnswer) -> AdminAnswer:
    """What a caller without a socket sees of an answer that nobody would have waited for."""
    if answer.timed_out:
        raise requests.exceptions.ReadTimeout(f"the dev store hangs for {answer.hang} s")
    if answer.dropped:
        raise requests.exceptions.ConnectionError("the dev store closed the connection")
    return answer
