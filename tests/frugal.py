"""Apps and databases are made anew for each test, as in production; what libraries work out for them, once a process.

Nearly all that ``create_app`` costs is Werkzeug writing a function for each route that builds its address, through
Python's compiler. What comes out depends on the route alone and is bound to it afterwards, so equal ones are shared.
SQLAlchemy keeps the SQL it made of a statement with the engine; here all engines of one kind of database share it.
Two thousand apps in a run would spend some minutes on the same hundred routes and the same hundred statements.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

_compile: Callable[[Rule, bool], Callable[..., Any]] = Rule._compile_builder
_routes: dict[Hashable, Callable[..., Any]] = {}
_statements: LRUCache[Any, Any] = LRUCache(4000)


def remember() -> None:
    """Have both libraries ask here first, for as long as the process lives."""

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
