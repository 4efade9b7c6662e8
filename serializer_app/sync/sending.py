"""Sends one webhook to an address that a merchant named: checked where it really leads, bounded in every way.

The standard library's sockets instead of an HTTP client: the address that was checked is the one that is connected
to (a name may resolve to something else a moment later), no redirect is followed, and only the status line is read.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from serializer_app.deadlines import Deadline
from serializer_app.domain.webhooks_out import addresses
from serializer_app.domain.webhooks_out.deliveries import AttemptResult, OutgoingRequest
from serializer_app.domain.webhooks_out.endpoints import SECRET_PREFIX
from serializer_app.sync import outside

SECONDS = 8.0
"""For everything together: a receiver answers first and works then."""
_MOST_HEAD = 16 * 1024
"""Bytes that are read until the final status line; interim answers count."""
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")


def signed_headers(outgoing: OutgoingRequest, at: int) -> dict[str, str]:
    """As Standard Webhooks has it (standardwebhooks.com): ``v1,`` and base 64 of HMAC-SHA256 over id.timestamp.body."""
    key = base64.b64decode(outgoing.secret.removeprefix(SECRET_PREFIX))
    signed = f"{outgoing.event_id}.{at}.".encode() + outgoing.body
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
    return {
        "Content-Type": "application/json",
        "User-Agent": "Serializer-Webhooks/1",
        "Webhook-Id": outgoing.event_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{signature}",
        "Serializer-Event": outgoing.event,
        "Serializer-Delivery": outgoing.public_id,
    }


def send(outgoing: OutgoingRequest, *, loopback: bool) -> AttemptResult:
    """One attempt, within SECONDS in all. A 2xx answer is a delivery; anything else says what went wrong."""
    if problem := addresses.problem(outgoing.url, loopback=loopback):
        return AttemptResult(None, f"This address cannot be an endpoint: {problem}")
    try:
        with (
            Deadline(SECONDS) as deadline,
            contextlib.closing(_connected(outgoing.url, deadline, loopback)) as connection,
        ):
            connection.sendall(_request(outgoing, signed_headers(outgoing, int(time.time()))))
            status = _status(connection, deadline)
    except outside.Forbidden:
        return AttemptResult(None, "The name leads into a private network")
    except TimeoutError:
        return AttemptResult(None, "No answer in time")
    except ssl.SSLError as error:
        return AttemptResult(None, f"No trusted TLS connection ({error.reason or type(error).__name__})")
    except (OSError, ValueError) as error:
        return AttemptResult(None, f"No connection ({type(error).__name__})")
    if status is None:
        return AttemptResult(None, "The answer was no HTTP")
    return AttemptResult(status, None if 200 <= status < 300 else f"Answered {status}")


def _connected(url: str, deadline: Deadline, loopback: bool) -> socket.socket:
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    with contextlib.ExitStack() as failing:
        plain = outside.connected(host, parts.port or (443 if tls else 80), deadline, loopback=loopback)
        failing.callback(plain.close)
        connection = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
        failing.pop_all()
        return connection


def _request(outgoing: OutgoingRequest, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(outgoing.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(outgoing.body)}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + outgoing.body


def _status(connection: socket.socket, deadline: Deadline) -> int | None:
    """The status of the final answer, 100 to 599; None for what is no HTTP. Interim answers (1xx) are passed over."""
    head = b""
    read = 0
    while read < _MOST_HEAD:
        while b"\r\n" in head:
            found = _STATUS_LINE.match(head)
            if found is None:
                return None
            status = int(found[1])
            if status >= 200 or status == 101:
                return status
            if b"\r\n\r\n" not in head:
                break
            head = head.partition(b"\r\n\r\n")[2]
        connection.settimeout(deadline.left())
        chunk = connection.recv(4096)
        if not chunk:
            return None
        head += chunk
        read += len(chunk)
    return None
