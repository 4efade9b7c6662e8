"""Sending one webhook to an address that a merchant named: checked where it really leads, bounded in every way.

The standard library's sockets instead of an HTTP client: the address that was checked is the one that is connected
to (a name may resolve to something else a moment later), no redirect is followed, and only the status line is read.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from serializer_app.domain import addresses
from serializer_app.domain.deliveries import SECRET_PREFIX, Outcome, Parcel

CONNECT_SECONDS = 3.0
SECONDS = 8.0
"""For everything together: a receiver answers first and works then."""
_MOST_HEAD = 16 * 1024


def signed_headers(parcel: Parcel, at: int) -> dict[str, str]:
    """As Standard Webhooks has it (standardwebhooks.com): ``v1,`` and base 64 of HMAC-SHA256 over id.timestamp.body."""
    key = base64.b64decode(parcel.secret.removeprefix(SECRET_PREFIX))
    signed = f"{parcel.event_id}.{at}.".encode() + parcel.body
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
    return {
        "Content-Type": "application/json",
        "User-Agent": "Serializer-Webhooks/1",
        "Webhook-Id": parcel.event_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{signature}",
        "Serializer-Event": parcel.event,
        "Serializer-Delivery": parcel.public_id,
    }


def send(parcel: Parcel, *, loopback: bool) -> Outcome:
    """One attempt. A 2xx answer is a delivery; anything else says in a few words what went wrong."""
    if problem := addresses.problem(parcel.url, loopback=loopback):
        return Outcome(None, f"This address cannot be an endpoint: {problem}")
    until = time.monotonic() + SECONDS
    try:
        with contextlib.closing(_connected(parcel.url, until, loopback=loopback)) as connection:
            connection.sendall(_request(parcel, signed_headers(parcel, int(time.time()))))
            status = _status(connection, until)
    except _Refused as error:
        return Outcome(None, str(error))
    except TimeoutError:
        return Outcome(None, "No answer in time")
    except ssl.SSLError as error:
        return Outcome(None, f"No trusted TLS connection ({error.reason or type(error).__name__})")
    except (OSError, ValueError) as error:
        return Outcome(None, f"No connection ({type(error).__name__})")
    if status is None:
        return Outcome(None, "The answer was no HTTP")
    return Outcome(status, None if 200 <= status < 300 else f"Answered {status}")


class _Refused(Exception):
    """The name leads where we must not go."""


def _connected(url: str, until: float, *, loopback: bool) -> socket.socket:
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # One wrong address is enough: who answers with a public and a private one is up to something.
    if not all(addresses.is_allowed(str(where[0]), loopback=loopback) for *_, where in found):
        raise _Refused("The name leads into a private network")
    with contextlib.ExitStack() as failing:
        plain = socket.create_connection(
            (str(found[0][4][0]), port), timeout=min(CONNECT_SECONDS, _left(until))
        )
        failing.callback(plain.close)
        plain.settimeout(_left(until))
        connection = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
        failing.pop_all()
        return connection


def _request(parcel: Parcel, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(parcel.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(parcel.body)}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + parcel.body


def _status(connection: socket.socket, until: float) -> int | None:
    """The status of the final answer; what is only information (1xx) is passed over."""
    head = b""
    while len(head) < _MOST_HEAD:
        while b"\r\n" in head:
            line, _, _ = head.partition(b"\r\n")
            words = line.split(b" ", 2)
            if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
                return None
            status = int(words[1])
            if status >= 200:
                return status
            if b"\r\n\r\n" not in head:
                break
            head = head.partition(b"\r\n\r\n")[2]
        connection.settimeout(_left(until))
        chunk = connection.recv(4096)
        if not chunk:
            return None
        head += chunk
    return None


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
