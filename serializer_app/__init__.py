"""Serializer: every unit a Shopify merchant sells gets an identity, a warranty and an owner."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from serializer_app import logs, translations
from serializer_app.config import Settings
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database, retry_conflicts
from serializer_app.sync.jobs import new_worker
from serializer_app.sync.worker import Embedded, embed
from serializer_app.web import answers, static_files
from serializer_app.web.api import api, api_key_holder, public_api
from serializer_app.web.bodies import WholeRequest
from serializer_app.web.buyer import buyer
from serializer_app.web.counters import count_in, counters
from serializer_app.web.desk import desk
from serializer_app.web.doors import Number, PlainMap, Rest, everybody, guards, open_door
from serializer_app.web.embedded import embedded, staff_of_shop
from serializer_app.web.extension import extension, staff_in_extension
from serializer_app.web.health import health
from serializer_app.web.house import House, behind, furnish, house
from serializer_app.web.install import auth, limited_by_address
from serializer_app.web.storefront import (
    require_proxy_signature,
    require_proxy_signature_for_items,
    storefront,
)
from serializer_app.web.webhooks import signed_by_shopify, webhooks

__version__ = "0.1.0"

P = ParamSpec("P")
T = TypeVar("T")


MOST_BYTES = 2 * 1024 * 1024


class _App(Flask):
    """Flask with whole request bodies, without questions about coroutines, and with an answer to deadlocks."""

    request_class = WholeRequest
    url_map_class = PlainMap

    def ensure_sync(self, func: Callable[P, T]) -> Callable[P, T]:
        """Return ``func``: none of ours is a coroutine (docs/architecture.md, "What keeps the storefront fast")."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the handler again when the database ended its transaction because of a deadlock.

        The place for this is here, because a handler is harmless to repeat and its transaction is not.
        """
        return retry_conflicts(super().dispatch_request)

    def send_static_file(self, filename: str, version: str = "") -> Response:
        """Files of web/static, whose addresses carry their version."""
        return static_files.keep_if_current(super().send_static_file(filename), version)

    def log_exception(self, exc_info: object) -> None:
        """Called when an error handler fails. Flask would log the path, which may hold a unit's secret link."""
        logs.get(__name__).error("error handler failed", exc_info=exc_info)


def create_app(settings: Settings | None = None) -> Flask:
    """Put the web process together: the only place where all parts meet. Opens nothing before the first request.

    Raises config.ConfigError when a setting is missing or malformed.
    """
    logs.configure()
    translations.load()
    settings = settings or Settings.from_env()
    vault = Vault(settings.encryption_keys)
    app = _App(
        __name__,
        template_folder="web/templates",
        static_folder="web/static",
        static_url_path=static_files.URL_PATH,
    )
    app.url_defaults(static_files.put_version)
    # No SECRET_KEY: nobody has a Flask session here, and with a key every request would set up its signing.
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, VERSION=__version__)
    furnish(app, House(settings, Database(settings.database_url), vault))
    app.before_request(_begin)
    app.after_request(_end)
    app.url_map.converters |= {"int": Number, "rest": Rest}
    answers.handle_errors(app)
    open_door(app, health, everybody)
    open_door(app, webhooks, signed_by_shopify)
    open_door(app, storefront, require_proxy_signature_for_items)
    open_door(app, buyer, require_proxy_signature)
    open_door(app, api, api_key_holder)
    open_door(app, public_api, everybody)
    open_door(app, auth, limited_by_address)
    open_door(app, embedded, staff_of_shop)
    open_door(app, desk, staff_of_shop)
    open_door(app, extension, staff_in_extension)
    count_in(app, tuple(guards(app)))
    return app


def count_together(app: Flask, memory: memoryview, parts: int, mine: int) -> None:
    """Add what this process counts to what the other web processes of this machine do (web.counters)."""
    counters(app).share(memory, parts, mine)


def start_worker(app: Flask) -> Embedded | None:
    """On SQLite, run the worker inside this web process (after the fork); None on PostgreSQL, where it runs alone."""
    parts = house(app)
    return embed(new_worker(parts.settings, parts.db, parts.vault)) if parts.settings.is_sqlite else None


def _begin() -> None:
    """Name the request, so that its log lines and its answer can be told from all others."""
    here = behind(g)
    here.started = time.monotonic()
    here.request_id = secrets.token_hex(8)
    logs.begin(request_id=here.request_id)


def _end(response: Response) -> Response:
    here, asked = behind(g), behind(request)
    response.headers.add("X-Request-Id", here.request_id)
    response.headers.add("X-Content-Type-Options", "nosniff")
    rule = asked.url_rule
    if rule is None or rule.endpoint != "health.healthz":
        seconds = time.monotonic() - here.started
        counters().answered(asked.blueprint, response.status_code, seconds)
        # The route and never the address: it carries signatures, tokens, serial numbers and customers' IDs.
        logs.request_done(
            here.request_id,
            asked.method,
            "-" if rule is None else rule.rule,
            response.status_code,
            here.get("shop_domain"),
            round(seconds * 1000, 1),
            here.get("facts"),
        )
    return response
