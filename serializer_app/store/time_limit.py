"""A wall-clock limit for one transaction, whatever the database is doing: locked, slow, hanging, gone.

The limit is kept by this process, so that it costs no round trip. When it is over, PostgreSQL is asked to cancel the
statement, and half a second later the connection is shut down; SQLite is interrupted. Both roll back. Where COMMIT
itself was on its way, nobody can tell what became of it, and the sender repeats the whole.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from sqlalchemy import Connection, exc

from serializer_app.deadlines import Alarm, in_time, shut

# A process on SQLite never loads psycopg, so the module imports it where it is used; on PostgreSQL the engine has
# loaded it before any of this runs.

GRACE_SECONDS = 0.4
"""PostgreSQL's time to cancel a statement, before the connection is shut down."""
_INTERRUPT_EVERY = 0.05

_here = threading.local()


class PostgresConnection(Protocol):
    """What is needed of psycopg's connection, or of a pool's that stands for one."""

    @property
    def closed(self) -> bool: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...
    def cancel_safe(self, *, timeout: float) -> None: ...


class _Connects(Protocol):
    """SQLAlchemy's dialect for psycopg."""

    def connect(self, *arguments: object, **named: object) -> PostgresConnection: ...


class Overdue(exc.TimeoutError):
    """The database did not do it in time, and nothing was kept of it."""


class TimeLimit:
    """The limit of the transaction that this thread is in. ``current`` finds it from the engine's events."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._watched: list[PostgresConnection] = []
        self._alarms: list[Alarm] = []
        self._over = False
        _here.limit = self

    def left(self) -> float:
        """Seconds that are left. Raises Overdue when none are."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.overdue()
        return left

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def overdue(self) -> Overdue:
        return Overdue(f"the database took longer than {self.seconds:.1f} s")

    def watch_postgres(self, connection: PostgresConnection) -> None:
        """End what this connection is doing when the limit is over."""
        if connection not in self._watched:
            left = self.left()
            self._watched.append(connection)
            self._alarms.append(Alarm(left, lambda: _cancel(connection)))
            self._alarms.append(Alarm(left + GRACE_SECONDS, lambda: shut(connection.fileno())))

    def watch_sqlite(self, connection: sqlite3.Connection) -> None:
        """End what this connection is doing when the limit is over. It waits no longer than that for a lock, too."""

        def interrupt() -> None:
            # Again and again: an interrupt ends the statement in hand, and the next one runs as if nothing was.
            while not self._over:
                connection.interrupt()
                time.sleep(_INTERRUPT_EVERY)

        left = self.left()
        # A little longer than the limit, so that it is over when SQLite gives up.
        connection.execute(f"PRAGMA busy_timeout={int(left * 1000) + 20}")
        self._alarms.append(Alarm(left, interrupt))

    def finish(self) -> None:
        """The transaction ended in one way or another. Afterwards nothing of it is touched."""
        self._over = True
        _here.limit = None
        for alarm in self._alarms:
            alarm.finish()


def current() -> TimeLimit | None:
    """The limit of this thread's transaction, if it has one."""
    found: TimeLimit | None = getattr(_here, "limit", None)
    return found


def _cancel(connection: PostgresConnection) -> None:
    import psycopg

    # The older libpq's cancel blocks without an end; there the shutdown that follows has to do.
    if psycopg.capabilities.has_cancel_safe():
        with suppress(psycopg.Error, OSError):
            connection.cancel_safe(timeout=GRACE_SECONDS)


def connect_in_time(
    dialect: _Connects, _record: object, arguments: Sequence[object], named: Mapping[str, object]
) -> PostgresConnection | None:
    """Open a PostgreSQL connection within the limit of this thread's transaction: name resolution, every address of
    the name, TLS and all. For the engine's event ``do_connect``."""
    import psycopg

    limit = current()
    if limit is None:
        return None
    try:
        connection = in_time(
            lambda: dialect.connect(*arguments, **named),
            limit.left(),
            late=lambda late: late.close(),
            raises=(psycopg.Error, OSError, ValueError),
        )
    except TimeoutError:
        raise limit.overdue() from None
    limit.watch_postgres(connection)
    return connection


def watch_checked_out(connection: PostgresConnection, _record: object, _proxy: object) -> None:
    """For the event ``checkout`` of a PostgreSQL engine."""
    if (limit := current()) is not None:
        limit.watch_postgres(connection)


def begin_sqlite(connection: Connection, busy_seconds: float) -> None:
    """Begin a writing transaction, with this thread's limit or with the usual patience."""
    limit, driver = current(), connection.connection.driver_connection
    assert driver is not None
    if limit is not None:
        connection.info["limited"] = True
        limit.watch_sqlite(driver)
    elif connection.info.pop("limited", False):
        driver.execute(f"PRAGMA busy_timeout={int(busy_seconds * 1000)}")
    # IMMEDIATE: a deferred transaction that turns into a writing one fails at once with "database is locked".
    connection.exec_driver_sql("BEGIN IMMEDIATE")
