"""What every request handler of one process shares: settings, database, encryption. Put together in create_app."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask, current_app, g
from sqlalchemy import Connection

from serializer_app.config import Settings
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.web.limits import Guesses

_KEY = "serializer"


@dataclass(frozen=True)
class House:
    settings: Settings
    db: Database
    vault: Vault
    guesses: Guesses = field(default_factory=Guesses)


def furnish(app: Flask, house: House) -> None:
    app.extensions[_KEY] = house
    app.teardown_appcontext(_give_back)


def house(app: Flask | None = None) -> House:
    """The parts of this app; inside a request without an argument."""
    found = (app or current_app).extensions[_KEY]
    assert isinstance(found, House)
    return found


def reading() -> Connection:
    """The reading connection of this request: opened at its first use, given back when the request ends.

    One for guard and handler together, because taking it out of the pool twice costs as much as asking for the shop.
    """
    if "reading" not in g:
        g.reading = house().db.reader.connect()
    connection: Connection = g.reading
    return connection


def _give_back(_problem: BaseException | None) -> None:
    connection: Connection | None = g.pop("reading", None)
    if connection is not None:
        connection.close()
