"""The database that a verb opens, and how verbs print what they found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.db import Database
from serializer_app.store.models import Shop
from serializer_app.text import JsonDict


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, closed again when the verb is done. Raises AppError ``database_missing`` for an SQLite file that
    does not exist: connecting would create an empty one, and a wrong path would go unnoticed.
    """
    database = Database(url)
    if database.path is not None and not Path(database.path).is_file():
        raise AppError(
            "database_missing",
            f"There is no database at {database.path}. Check DATABASE_URL, or create it with serializer-app migrate.",
        )
    try:
        yield database
    finally:
        database.dispose()


def known_shop(session: Session, domain: str) -> Shop:
    shop = shops.find(session, domain)
    if shop is None:
        raise AppError("shop_not_found", f"{domain} never installed the app", status=404)
    return shop


def print_rows(rows: list[JsonDict], as_json: bool, empty: str) -> None:
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        print(empty)
        return
    texts = [[str("" if value is None else value) for value in row.values()] for row in rows]
    heads = list(rows[0])
    widths = [max(len(line[column]) for line in [heads, *texts]) for column in range(len(heads))]
    for line in [heads, *texts]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
