"""The database: one way to write, two ways to read, and the rules each engine needs.

A *write unit* is one transaction: commit on return, roll back on raise. A *read unit* runs in autocommit, because
BEGIN and ROLLBACK cost more than many of our reads (performance.md). The figures behind each rule stand in
docs/performance.md.
"""

from __future__ import annotations

import fcntl
import os
import random
import select
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from serializer_app.deadlines import in_time
from serializer_app.store.time_limit import (
    PostgresConnection,
    TimeLimit,
    begin_sqlite,
    connect_in_time,
    watch_checked_out,
)
from serializer_app.text import Json

T = TypeVar("T")

BUSY_SECONDS = 15
POOL_SECONDS = 2.0
"""A connection of this process becomes free within milliseconds, or not at all."""
SHORT_SECONDS = 0.3
BACKED_UP_SECONDS = 5.0
"""After a transaction that waited in vain, the others wait SHORT_SECONDS for so long."""

UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""What the database's absence looks like: it is away, full, read-only or overrun; trying again may help. A standby that
has not been promoted yet raises InternalError, see ``is_unavailable``."""


def is_unavailable(problem: BaseException) -> bool:
    """Whether trying again later may help, because nothing is wrong with what was asked."""
    if is_conflict(problem):
        return False
    return isinstance(problem, UNAVAILABLE) or _sqlstate(problem) == "25006"


def is_conflict(problem: BaseException) -> bool:
    """Whether the database ended a transaction for the sake of another one: a deadlock or a serialization failure."""
    return _sqlstate(problem) in ("40P01", "40001")


def _sqlstate(problem: BaseException) -> str | None:
    return getattr(getattr(problem, "orig", None), "sqlstate", None)


CONFLICT_TRIES = 4


def retry_conflicts(action: Callable[[], T]) -> T:
    """Run ``action``, and run it again when the database ended its transaction because of a conflict (``is_conflict``).

    The last conflict is raised. What was rolled back left nothing behind, so ``action`` must only be harmless to repeat
    from its start: requests and jobs are. The short random wait keeps two that collided from colliding again.
    """
    for number in range(1, CONFLICT_TRIES):
        try:
            return action()
        except exc.DBAPIError as problem:
            if not is_conflict(problem):
                raise
        time.sleep(random.uniform(0.005, 0.03) * number)  # noqa: S311
    return action()


class Database:
    """Engines for one database URL; cheap to make, opens nothing before the first use.

    A PostgreSQL URL may carry ``?prepare=off`` for a PgBouncer older than 1.21, which loses prepared statements.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = parsed.database if self.is_sqlite else None
        self.committed = threading.Event()
        """Set after every commit of this process: an embedded worker waits on it instead of polling."""
        engines = _sqlite_engines(parsed) if self.is_sqlite else _postgres_engines(parsed, pool_size)
        self.writer, self.reader = engines
        self._backed_up_until = 0.0
        self._kept = threading.local()
        self._all_kept: weakref.WeakSet[Connection] = weakref.WeakSet()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction. Commits when the block returns, rolls back when it raises."""
        with self._queue(), Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session
        self.committed.set()

    @contextmanager
    def write_within(self, seconds: float) -> Iterator[Session]:
        """``write`` that raises Overdue after ``seconds``, whatever the database does. Nothing is kept then.

        Who waits behind a locked database waits in line, and each of them may wait in vain. So the first one that does
        shortens the patience of all for BACKED_UP_SECONDS, until a transaction succeeds.
        """
        backed_up = time.monotonic() < self._backed_up_until
        limit = TimeLimit(min(seconds, SHORT_SECONDS) if backed_up else seconds)
        try:
            with (
                self._queue(limit),
                self.writer.connect() as connection,
                Session(connection, expire_on_commit=False) as session,
            ):
                try:
                    with session.begin():
                        yield session
                finally:
                    limit.finish()
        except exc.SQLAlchemyError as problem:
            if not limit.is_over:
                raise
            if not backed_up:
                self._backed_up_until = time.monotonic() + BACKED_UP_SECONDS
            raise limit.overdue() from problem
        finally:
            limit.finish()
        self._backed_up_until = 0.0
        self.committed.set()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session in autocommit for reading; writing through it fails on SQLite and is never wanted."""
        with Session(self.reader, autoflush=False) as session:
            yield session

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A bare reading connection in autocommit: the hot path, without a session."""
        with self.reader.connect() as connection:
            yield connection

    def reading(self) -> Connection:
        """Return this thread's reading connection, which is kept between requests: the caller must not close it.

        One that the server closed is replaced, as the pool would. Why there is one: docs/architecture.md, "What keeps
        the storefront fast".
        """
        connection: Connection | None = getattr(self._kept, "connection", None)
        if connection is None:
            connection = self._kept.connection = self.reader.connect()
            self._all_kept.add(connection)
        elif not (self.is_sqlite or connection.invalidated):
            driver = connection.connection.driver_connection
            if driver is None or _is_closed(driver):
                connection.invalidate()
        return connection

    def scrub(self) -> bool:
        """Empty SQLite's write-ahead log, which holds pages as they were before an erasure. Nothing on PostgreSQL.

        Call it after the commit. False while a reader or another process still needs the log; the hourly round of the
        worker tries again.
        """
        if not self.is_sqlite:
            return True
        connection = self.writer.raw_connection()
        try:
            with self._queue():
                cursor = connection.cursor()
                cursor.execute("PRAGMA busy_timeout=500")  # a webhook may be waiting for this
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return not busy

    def dispose(self) -> None:
        for connection in list(self._all_kept):
            connection.close()
        self._kept = threading.local()
        self.writer.dispose()
        self.reader.dispose()

    @contextmanager
    def _queue(self, limit: TimeLimit | None = None) -> Iterator[None]:
        """Let SQLite's writers of all processes wait in line on a file lock.

        SQLite's own busy handler sleeps and polls: queueing won back a third of the throughput and cut the p99 of
        large orders to a fourteenth. The kernel frees the lock of a process that dies.
        """
        if self.path is None:
            yield
            return
        try:
            descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            # A full or read-only disk, or no more open files: to whoever writes, the database is away.
            raise exc.OperationalError("open the file lock", None, problem) from problem
        try:
            _lock(descriptor, limit)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int, limit: TimeLimit | None) -> None:
    """Wait for a file lock. Raises Overdue."""
    if limit is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # A thread waits, because flock knows no limit. Where it comes too late, the descriptor is closed already, and
        # the kernel frees the lock when the call returns.
        try:
            in_time(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX), limit.left())
        except TimeoutError:
            raise limit.overdue() from None


def _sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    if url.database and (folder := os.path.dirname(url.database)):
        os.makedirs(folder, exist_ok=True)
    writer = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    reader = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS}, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
    )
    for engine in (writer, reader):
        event.listen(engine, "do_connect", _private_file)
    event.listen(writer, "connect", _sqlite_writer)
    event.listen(reader, "connect", _sqlite_reader)
    event.listen(writer, "begin", lambda connection: begin_sqlite(connection, BUSY_SECONDS))
    return writer, reader


def _private_file(_dialect: object, _record: object, arguments: list[str], _parameters: object) -> None:
    """Create a new database file for its owner only; SQLite gives ``-wal`` and ``-shm`` the same permissions."""
    # O_EXCL: closing any descriptor of an existing database would drop the locks that this process holds on it
    # (sqlite.org/howtocorrupt.html, 2.2). What is wrong with the path, SQLite reports itself.
    with suppress(OSError):
        os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _sqlite_writer(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own; see "begin"
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged webhook survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(
        "PRAGMA secure_delete=ON"
    )  # deleted rows are overwritten: what was erased is in no free page
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()


def _sqlite_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.execute("PRAGMA mmap_size=268435456")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()


# A server whose machine or cable is gone says nothing: after so many seconds of silence the request fails with 503, and
# is repeated, instead of holding its process until gunicorn ends it. TCP_USER_TIMEOUT is in milliseconds.
_PATIENCE: dict[str, Json] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def _postgres_engines(url: URL, pool_size: int) -> tuple[Engine, Engine]:
    prepare = url.query.get("prepare") != "off"
    url = url.difference_update_query(["prepare"])
    # Prepared at the second use; None turns preparing off.
    arguments: dict[str, Json] = {"prepare_threshold": 1 if prepare else None, **_PATIENCE}
    shared: dict[str, Json] = {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "pool_use_lifo": True,
        "pool_timeout": POOL_SECONDS,
    }
    writer = create_engine(url, connect_args=arguments, **shared)
    reader = create_engine(
        url, connect_args=arguments, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **shared
    )
    for engine in (writer, reader):
        event.listen(engine, "checkout", _refuse_closed_socket)
    event.listen(writer, "do_connect", connect_in_time)
    event.listen(writer, "checkout", watch_checked_out)
    return writer, reader


def _refuse_closed_socket(connection: PostgresConnection, _record: object, _proxy: object) -> None:
    """The pool answers with a fresh connection."""
    if _is_closed(connection):
        raise exc.DisconnectionError("the server closed the connection")


def _is_closed(connection: PostgresConnection) -> bool:
    """Notice a server that went away without asking it: an idle connection with something to read was closed.

    One system call where a ping would be a round trip.
    """
    if connection.closed:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))
