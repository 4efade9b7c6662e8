"""What every request handler of one process shares: settings, database, encryption. Put together in create_app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, current_app

from serializer_app.config import Settings
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.web.limits import Guesses

_KEY = "serializer"

Local = TypeVar("Local")


@dataclass(frozen=True)
class House:
    settings: Settings
    db: Database
    vault: Vault
    guesses: Guesses = field(default_factory=Guesses)
    shop_ids: dict[str, int] = field(default_factory=dict)
    proxy_paths: dict[str, str] = field(default_factory=dict)
    """Numbers and proxy paths of shops seen installed (docs/architecture.md, "What keeps the storefront fast")."""


def furnish(app: Flask, house: House) -> None:
    app.extensions[_KEY] = house


def behind(proxy: Local) -> Local:
    """Return the object behind ``flask.g`` or ``flask.request``.

    Every attribute access on the proxy repeats the look-up; hot paths unwrap it once.
    """
    real: Any = proxy  # Flask declares its proxies as what they stand for
    current: Local = real._get_current_object()
    return current


def house(app: Flask | None = None) -> House:
    """The parts of this app; inside a request without an argument."""
    found = (app or current_app).extensions[_KEY]
    assert isinstance(found, House)
    return found


def still_alive() -> None:
    """Said between the pieces of a long answer: a process that says nothing for the server's timeout is ended."""
    heartbeat_of(current_app)()


def heartbeat_of(app: Flask) -> Callable[[], None]:
    """``still_alive`` for work that goes on after the request."""
    found: Callable[[], None] = app.extensions.get("serializer-alive", _nobody_asks)
    return found


def _nobody_asks() -> None:
    """Outside gunicorn."""
