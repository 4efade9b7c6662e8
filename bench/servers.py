"""gunicorn as in production, on a free port, quiet but for errors; databases of both kinds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.floors import SECRET
from serializer_app.store import migrate
from tests.postgres import free_port, temporary_server

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    """A running gunicorn: two sync workers."""

    port: int
    pid: int


@contextmanager
def running(
    application: str, log: Path, *, configuration: str = "gunicorn.conf.py", **environment: str
) -> Iterator[Server]:
    """Serve ``module:call()`` until the block ends; its log lines go to ``log``, as they would to a collector."""
    port = free_port()
    settings = {
        **os.environ,
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "SHOPIFY_API_KEY": "key-of-the-bench",
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPIFY_APP_URL": f"http://127.0.0.1:{port}",
        "SERIALIZER_ENCRYPTION_KEYS": "c2VyaWFsaXplci1iZW5jaC1mZXJuZXQta2V5LTAwMDE=",
        **environment,
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        configuration,
        "-b",
        f"127.0.0.1:{port}",
        application,
    ]
    with log.open("ab") as lines, subprocess.Popen(command, cwd=ROOT, env=settings, stderr=lines) as process:
        try:
            _wait(port, process, log)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, which is all a bare route can do
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"gunicorn did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def databases(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Migrated, empty databases by the name of their kind: {"SQLite": url, "PostgreSQL": url}."""
    sqlite = f"sqlite:///{folder / name}.sqlite3"
    migrate.upgrade(sqlite)
    # Durable as in production: what is measured is a commit that survives a power cut.
    with temporary_server(fsync=True, options={"shared_buffers": "256MB"}) as server:
        migrate.upgrade(server.url())
        yield {"SQLite": sqlite, "PostgreSQL": server.url()}


def floor(log: Path, bodies: Path) -> AbstractContextManager[Server]:
    """The bare routes, with bodies as long as the files ``page`` and ``one`` in the folder ``bodies``."""
    return running(
        "bench.floors:create_floor()", log, configuration="bench/floor.conf.py", BENCH_BODIES=str(bodies)
    )
