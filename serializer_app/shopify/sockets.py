"""HTTP connections whose every wait ends with the deadline of the request they serve.

The timeouts of requests start anew with every byte and do not cover name resolution. So a request has one deadline, and
whatever connection carries it is shut down when it is over.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager, ProxyManager

from serializer_app.deadlines import Deadline

CONNECT_SECONDS = 5.0

_here = threading.local()


@contextmanager
def limited_by(deadline: Deadline) -> Iterator[None]:
    """Requests that this thread makes in the block end with ``deadline``."""
    _here.deadline = deadline
    try:
        yield
    finally:
        _here.deadline = None


def _deadline() -> Deadline | None:
    found: Deadline | None = getattr(_here, "deadline", None)
    return found


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        deadline = _deadline()
        return super()._new_conn() if deadline is None else _connected(self, deadline)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        _watch(self)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        deadline = _deadline()
        return super()._new_conn() if deadline is None else _connected(self, deadline)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        _watch(self)
        super().putrequest(method, url, skip_host, skip_accept_encoding)


def _watch(connection: HTTPConnection) -> None:
    """End a connection that was kept from an earlier request with this request's deadline."""
    deadline = _deadline()
    if deadline is not None and connection.sock is not None:
        deadline.end(connection.sock)


def _connected(connection: HTTPConnection, deadline: Deadline) -> socket.socket:
    """A new connection to the first address that answers."""
    try:
        found = deadline.resolve(connection._dns_host, connection.port)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "The name was not resolved in time") from error
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    failure: OSError | None = None
    for family, kind, protocol, _, where in found:
        fresh = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                fresh.setsockopt(*option)
            fresh.settimeout(min(CONNECT_SECONDS, deadline.left()))
            fresh.connect(where)
            deadline.end(fresh)
        except OSError as error:
            fresh.close()
            failure = error
        else:
            return fresh
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "No connection in time") from failure
    raise NewConnectionError(connection, f"No connection: {failure}") from failure


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Adapter(HTTPAdapter):
    """Lets ``limited_by`` reach the connections of a requests session, also those through a proxy."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        _use_limited(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        _use_limited(manager)
        return manager


def _use_limited(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
