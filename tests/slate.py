"""One PostgreSQL database for test after test of a process: wiped in between instead of made anew.

Copying the template takes the server 60 ms, and the first connection to a new database 10 more; a run has a thousand
of them. Wiped is like new: no rows, no other connection, every sequence at its beginning, no statistics. What a wipe
would not undo, such as an altered table, is noticed, and then the database is made anew.
"""

from __future__ import annotations

import psycopg
from sqlalchemy.engine import make_url

from tests.postgres import PostgresServer

LARGE = 64 * 1024
"""Bytes from which emptying a table by TRUNCATE is cheaper than by DELETE, which leaves dead rows to later tests."""

_SHAPE = """
SELECT count(*), sum(hashtext(attrelid::regclass || '.' || attname)::bigint),
       (SELECT count(*) FROM pg_class WHERE oid >= 16384),
       (SELECT count(*) FROM pg_class WHERE oid >= 16384 AND reloptions IS NOT NULL),
       (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384),
       (SELECT max(version_num) FROM alembic_version)
FROM pg_attribute WHERE attrelid >= 16384 AND NOT attisdropped
"""
_FILLED = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  AND pg_relation_size(oid) > 0
"""
_OTHERS_END = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SEQUENCES_BEGIN = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class Slate:
    """The database ``name`` on ``server``, a copy of the database ``template``. Ask for ``url``, then ``wipe``."""

    def __init__(self, server: PostgresServer, template: str, name: str) -> None:
        self._server, self._template, self._name = server, template, name
        self._own: psycopg.Connection | None = None

    @property
    def url(self) -> str:
        """Where it is; made when there is none, or none that could be wiped."""
        if self._own is None:
            on_server(self._server, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
            on_server(self._server, f'CREATE DATABASE "{self._name}" TEMPLATE "{self._template}"')
            self._own = connect(self._server, self._name)
            # Foreign keys are triggers, which then do not fire: tables may be emptied in any order.
            self._own.execute("SET session_replication_role = replica")
            self._own.execute("SET lock_timeout = '5s'")
            self._shape = self._own.execute(_SHAPE).fetchone()
        return self._server.url(self._name)

    def wipe(self) -> None:
        """As if nobody had been here."""
        assert self._own is not None
        try:
            with self._own.transaction():
                self._own.execute(_OTHERS_END)
                clean = self._own.execute(_SHAPE).fetchone() == self._shape
                for table, size in self._own.execute(_FILLED).fetchall() if clean else ():
                    how = f'TRUNCATE "{table}" CASCADE' if size >= LARGE else f'DELETE FROM "{table}"'
                    self._own.execute(how.encode())
                self._own.execute(_SEQUENCES_BEGIN)
        except psycopg.Error:
            clean = False
        if not clean:
            self.close()

    def close(self) -> None:
        """Whoever asks for it next gets a new one."""
        if self._own is not None:
            self._own.close()
            self._own = None


def connect(server: PostgresServer, name: str) -> psycopg.Connection:
    """In autocommit, as CREATE and DROP DATABASE need it."""
    url = make_url(server.url(name)).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)


def on_server(server: PostgresServer, statement: str) -> None:
    """One statement on the maintenance database."""
    with connect(server, "postgres") as connection:
        connection.execute(statement.encode())
