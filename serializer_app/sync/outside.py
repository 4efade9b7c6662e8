"""Connections to servers that merchants name: never into a private network, and to the address that was checked."""

from __future__ import annotations

import contextlib
import socket

from serializer_app.deadlines import Deadline
from serializer_app.domain.webhooks_out import addresses

CONNECT_SECONDS = 3.0


class Forbidden(Exception):
    """The name leads to an address that we must not connect to."""


def connected(host: str, port: int, deadline: Deadline, *, loopback: bool) -> socket.socket:
    """A connection that ends with ``deadline``. Raises Forbidden, TimeoutError, OSError.

    The name is resolved once: a second look-up could lead to another address than the one that was checked.
    """
    found = deadline.resolve(host, port)
    # One wrong address is enough: a name with a public and a private address is suspicious.
    if not all(addresses.is_allowed(str(where[0]), loopback=loopback) for *_, where in found):
        raise Forbidden
    family, kind, protocol, _, where = found[0]
    with contextlib.ExitStack() as failing:
        connection = failing.enter_context(socket.socket(family, kind, protocol))
        connection.settimeout(min(CONNECT_SECONDS, deadline.left()))
        connection.connect(where)
        connection.settimeout(deadline.left())
        deadline.end(connection)
        failing.pop_all()
        return connection
