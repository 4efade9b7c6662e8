"""gunicorn as in production, on a free port, quiet but for errors; databases of both kinds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.facts import CLIENT_ID, ENCRYPTION_KEY, SECRET
from serializer_app.store import migrate
from tests.postgres import PostgresServer, free_port, temporary_server

ROOT = Path(__file__).resolve().parents[1]
APP = "serializer_app:create_app()"
KINDS = ("SQLite", "PostgreSQL")


@dataclass(frozen=True)
class Server:
    """A server of two processes; ``started_in`` is the time in seconds from its start to its first answer."""

    port: int
    pid: int
    started_in: float

    def memory(self) -> list[float]:
        """What each of its processes has allocated, in MB; nothing where there is no /proc.

        Without files that are mapped: their pages are the system's and go when somebody needs the room.
        """
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            status = [Path(f"/proc/{child}/status").read_text() for child in children]
        except OSError:
            return []
        return [int(text.partition("RssAnon:")[2].split()[0]) / 1024 for text in status]


@contextmanager
def serving(command: list[str], port: int, log: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a server until the block ends; its log lines go to ``log``, as they would to a collector."""
    begun = time.perf_counter()
    with (
        log.open("ab") as lines,
        subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=lines, stderr=lines) as process,
    ):
        try:
            _wait(port, process, log)
            yield Server(port, process.pid, time.perf_counter() - begun)
        finally:
            process.terminate()


def running(
    application: str, log: Path, *, configuration: str = "gunicorn.conf.py", **environment: str
) -> AbstractContextManager[Server]:
    """Serve ``module:call()`` by gunicorn until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", configuration, "-b", f"127.0.0.1:{port}", application]
    return serving(command, port, log, settings(port, **environment))


def settings(port: int, **changes: str) -> dict[str, str]:
    """The environment of an app that listens on ``port``."""
    return {
        **os.environ,
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "SHOPIFY_API_KEY": CLIENT_ID,
        "SHOPIFY_API_SECRET": SECRET,
        "SHOPIFY_APP_URL": f"http://127.0.0.1:{port}",
        "SERIALIZER_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        **changes,
    }


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, which is all a bare route can do
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def databases(folder: Path, *names: str) -> Iterator[dict[str, dict[str, str]]]:
    """Migrated, empty databases: {name: {"SQLite": url, "PostgreSQL": url}}.

    Durable as in production: what is measured is a commit that survives a power cut. Without autovacuum, so that
    PostgreSQL knows no statistics: a database may be asked before it has any.
    """
    with temporary_server(
        fsync=True, options={"shared_buffers": "256MB", "autovacuum": "off", "max_wal_size": "4GB"}
    ) as server:
        urls = {
            name: {"SQLite": f"sqlite:///{folder / name}.sqlite3", "PostgreSQL": _created(server, name)}
            for name in names
        }
        for kinds in urls.values():
            for url in kinds.values():
                migrate.upgrade(url)
        yield urls


def _created(server: PostgresServer, name: str) -> str:
    with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.url(name)


def floor(log: Path, bodies: Path) -> AbstractContextManager[Server]:
    """The bare routes; each file of the folder ``bodies`` is one."""
    return running(
        "bench.floors:create_floor()", log, configuration="bench/floor.conf.py", BENCH_BODIES=str(bodies)
    )


def raw(log: Path, url: str) -> AbstractContextManager[Server]:
    """The routes that ask the database by the driver alone."""
    return running("bench.floors:create_raw()", log, configuration="bench/floor.conf.py", DATABASE_URL=url)
