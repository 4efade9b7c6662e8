"""Load: `wrk` (one thread, eight connections) when it is installed, else a client of our own in two processes."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time

CONNECTIONS = 8


def generator() -> str:
    """Which load generator this machine has."""
    return (
        "wrk"
        if shutil.which("wrk")
        else "own client (2 processes; the generator may be the limit of the floor)"
    )


def rate(url: str, seconds: float) -> float:
    """Requests a second that were answered with 200. Raises SystemExit when any was not."""
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in told:
            raise SystemExit(f"not every answer of {url} was a 200:\n{told}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", told)
        assert found is not None, told
        return float(found[1])
    command = [sys.executable, "-m", "bench.load", url, str(seconds)]
    halves = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return sum(float(half.communicate()[0]) for half in halves)


def _hammer(url: str, seconds: float) -> float:
    """One connection after another, as gunicorn's sync workers close each."""
    host, _, rest = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    asked = f"GET /{rest} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    count, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        with socket.create_connection((name, int(port))) as connection:
            connection.sendall(asked)
            told = connection.recv(65536)
            if not told.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"not a 200: {told[:100]!r}")
            while connection.recv(65536):
                pass
        count += 1
    return count / (time.monotonic() - begun)


if __name__ == "__main__":
    print(_hammer(sys.argv[1], float(sys.argv[2])))
