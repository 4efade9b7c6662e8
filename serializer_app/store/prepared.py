"""Statements of the hot read path: compiled once, run on the driver's own cursor.

Why: docs/architecture.md, "What keeps the storefront fast".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect, Select, exc
from sqlalchemy.sql.compiler import SQLCompiler

from serializer_app.text import Json, JsonObject

Row = TypeVar("Row")


class Prepared(Generic[Row]):
    """A SELECT compiled for one dialect. Parameters are plain integers and texts: no type of ours takes part.

    ``Row`` is what the driver makes of a row, as a tuple. Nothing checks it.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:  # of any columns
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text: str = compiled.string
        self._constants: dict[str, Json] = dict(compiled.params)
        self._order = tuple(compiled.positiontup or ()) if compiled.positional else None

    def rows(self, connection: Connection, values: JsonObject) -> Sequence[Row]:
        """The rows as the driver gives them: a Boolean of SQLite's is 0 or 1. Raises SQLAlchemy's DBAPIError."""
        named = {**self._constants, **values}
        parameters = named if self._order is None else [named[name] for name in self._order]
        cursor = connection.connection.cursor()
        driver = connection.dialect.loaded_dbapi
        try:
            cursor.execute(self.text, parameters)
            found: Sequence[Row] = cursor.fetchall()
        except driver.Error as problem:
            # Whatever it was, the next request gets a connection of which this is not in doubt.
            connection.invalidate(problem)
            raise exc.DBAPIError.instance(
                self.text, None, problem, driver.Error, hide_parameters=True, connection_invalidated=True,
                dialect=connection.dialect,
            ) from problem  # fmt: skip
        finally:
            cursor.close()
        return found
