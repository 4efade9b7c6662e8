"""Each test gets a new app and a new database, as in production. What libraries compile for them is kept per process.

Werkzeug compiles two functions for each route, SQLAlchemy the SQL of each statement, Jinja each template. The results
depend on the route, the statement and the template alone, so all apps of a process share them. The first app of a
process takes 114 ms to make, each later one 21; shared templates save 5 % of the processor time of page tests.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

_compile: Callable[[Rule, bool], Callable[..., Any]] = Rule._compile_builder
_routes: dict[Hashable, Callable[..., Any]] = {}
_statements: LRUCache[Any, Any] = LRUCache(4000)


class _Templates(BytecodeCache):
    """Compiled templates by name and source."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def remember() -> None:
    """Have the three libraries ask here first, for as long as the process lives."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}

    def compiled(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        defaults = tuple((rule.defaults or {}).items())
        key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
        if key not in _routes:
            _routes[key] = _compile(rule, append_unknown)
        return _routes[key]

    made = Engine.__init__

    def engine(self: Engine, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self._compiled_cache = _statements

    Rule._compile_builder = compiled  # type: ignore[method-assign, assignment]
    Engine.__init__ = engine  # type: ignore[method-assign]
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        # Statements are kept by dialect, of which every engine has one: of one library and one server, they are equal.
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
