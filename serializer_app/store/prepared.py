"""Statements of the hot read path: compiled once, run on the driver's own cursor.

Why: docs/architecture.md, "What keeps the storefront fast".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, exc

from serializer_app.text import Json, JsonObject


class Prepared:
    """A SELECT compiled for one dialect. Parameters are plain integers and texts: no type of ours takes part."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        self._constants: dict[str, Json] = dict(compiled.params)
        self._order: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None

    def rows(self, connection: Connection, values: JsonObject) -> Sequence[tuple[Any, ...]]:
        """The rows as the driver gives them: a Boolean of SQLite's is 0 or 1. Raises SQLAlchemy's DBAPIError."""
        parameters: Any = {**self._constants, **values}
        if self._order is not None:
            parameters = [parameters[name] for name in self._order]
        cursor = connection.connection.cursor()
        driver: Any = connection.dialect.loaded_dbapi
        try:
            cursor.execute(self.text, parameters)
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
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
