"""Load: `wrk` (one thread, eight connections) when it is installed, else a client of our own in two processes.

What is posted differs from request to request, so that is always sent by our own client.
"""

from __future__ import annotations

import itertools
import json
import pickle
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 8
POSTING = 4


def generator() -> str:
    """Which load generator this machine has."""
    return (
        "wrk" if shutil.which("wrk") else "our own client (2 processes, which may be the limit of the floor)"
    )


def rate(url: str, seconds: float) -> float:
    """Requests a second that were answered with 200. Raises SystemExit when any was not, or none at all."""
    for duration in (max(1, round(seconds)), 10):
        if found := _wrk(url, duration) if shutil.which("wrk") else _own(url, duration):
            return found
    raise SystemExit(f"{url} gave no answer within ten seconds")


def _wrk(url: str, seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        raise SystemExit(f"not every answer of {url} was a 200:\n{told}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found is not None, told
    return float(found[1])


def _own(url: str, seconds: int) -> float:
    command = [sys.executable, "-m", "bench.load", "get", url, str(seconds)]
    halves = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return sum(float(half.communicate()[0]) for half in halves)


def post_rate(port: int, requests: Sequence[bytes]) -> float:
    """Whole requests a second, over four connections, of which each sends the next as soon as it has an answer."""
    waiting = iter(requests)
    begun = time.perf_counter()
    with ThreadPoolExecutor(POSTING) as pool:
        list(pool.map(lambda _: sum(1 for _ in answers(port, waiting)), range(POSTING)))
    return len(requests) / (time.perf_counter() - begun)


def posted_apart(port: int, requests: Sequence[bytes]) -> float:
    """Median seconds of one request after the other, sent by a process of its own: this one may have work to do."""
    command = [sys.executable, "-m", "bench.load", "post", str(port)]
    told = subprocess.run(command, input=pickle.dumps([*requests]), capture_output=True, check=False)
    if told.returncode:
        raise SystemExit(told.stderr.decode(errors="replace")[-2000:])
    taken: list[float] = json.loads(told.stdout)
    return statistics.median(taken)


def answers(port: int, requests: Iterable[bytes]) -> Iterator[float]:
    """Send one request after the other and tell how many seconds each took; a new connection where the server closed.

    Raises SystemExit for any answer but 2xx.
    """
    connection: socket.socket | None = None
    for request in requests:
        begun = time.perf_counter()
        if connection is None:
            connection = socket.create_connection(("127.0.0.1", port), 60)
        connection.sendall(request)
        if not _read_answer(connection):
            connection.close()
            connection = None
        yield time.perf_counter() - begun
    if connection is not None:
        connection.close()


def _read_answer(connection: socket.socket) -> bool:
    """Read one whole answer; whether the connection stays open."""
    told = b""
    while b"\r\n\r\n" not in told:
        told += (piece := connection.recv(65536))
        if not piece:
            raise SystemExit(f"the server closed the connection after {told[:300]!r}")
    head, _, body = told.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if not re.match(rb"HTTP/1\.1 2\d\d ", head):
        raise SystemExit(f"not a 2xx: {told[:500]!r}")
    closes = b"\r\nconnection: close" in head.lower()
    if length is None and not closes:
        raise SystemExit(f"an answer of unknown length: {head!r}")
    left = int(length[1]) - len(body) if length is not None else -1
    while left and (piece := connection.recv(65536)):
        left -= len(piece)
    return not closes


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A whole request, ready to be sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _hammer(url: str, seconds: float) -> float:
    port, _, path = url.removeprefix("http://127.0.0.1:").partition("/")
    begun = time.monotonic()
    asked = itertools.repeat(request("GET", f"/{path}", {}))
    end = itertools.takewhile(lambda _: time.monotonic() - begun < seconds, answers(int(port), asked))
    return sum(1 for _ in end) / (time.monotonic() - begun)


if __name__ == "__main__":
    if sys.argv[1] == "get":
        print(_hammer(sys.argv[2], float(sys.argv[3])))
    else:
        print(json.dumps([*answers(int(sys.argv[2]), pickle.loads(sys.stdin.buffer.read()))]))
