"""What a kind of import is: its columns, and how its rows are judged, entered and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Literal, TypeVar

from sqlalchemy.orm import Session

from serializer_app.domain.desk.sheet_rows import plain
from serializer_app.domain.ids import warranty
from serializer_app.domain.sheets.writer import Value
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Shop
from serializer_app.text import clean, clean_code

Name = Literal["items", "serials", "registrations"]
RESULT_COLUMNS = ("row", "error")
"""What a result file adds before the columns of the file that it is about."""
FIELD = "field:"
"""Before the key of a custom field in a column's name: ``field:imei``. Needed only where the key is a column's name."""
_LONGEST_TEXT = 100

Key = TypeVar("Key", int, str)


@dataclass(frozen=True)
class Context:
    """What judging and entering rows works with, within one transaction."""

    session: Session
    vault: Vault
    shop: Shop
    actor: str

    @property
    def fields(self) -> list[str]:
        """Keys of the shop's custom fields."""
        return [found["key"] for found in shops.custom_fields(self.shop)]


@dataclass(frozen=True)
class ImportRow:
    """A row as it is meant: ``cells`` by column, without empty ones, and custom fields by key."""

    number: int
    cells: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)

    def get(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Action:
    """What a row would do. ``creates``: it makes something, instead of changing it."""

    row: ImportRow
    creates: bool
    detail: object
    """What ``enter`` of the same kind needs to know: it makes sure that this is its own class."""
    note: str | None = None
    """The code of what a person should look at before the import."""


Verdict = Action | AppError | None
"""None: everything the row says is so already."""


@dataclass
class Seen:
    """What the rows above have claimed, so that of two rows for one thing the second is refused. Every number that is
    not explained is that of a row.
    """

    items: dict[int, int] = field(default_factory=dict)
    """By the item's key."""
    made: dict[int, int] = field(default_factory=dict)
    """Line item ID → items that rows above would make."""
    holders: dict[tuple[int, str], int] = field(default_factory=dict)
    """(line item ID, serial number as compared) → the item that would have it; a new one by its row, negated."""
    old_ids: dict[str, int] = field(default_factory=dict)
    """By the item ID of another app, as compared."""
    serials: dict[str, int] = field(default_factory=dict)
    """By the serial number as compared."""
    registrations: dict[int, int] = field(default_factory=dict)
    owned: dict[int, int] = field(default_factory=dict)
    """By the serial's key, or the negated key of an item without a serial."""


Opened = Callable[[], AbstractContextManager[Context]]
"""Opens a context for one page of an export, which lives as long as the page is read."""
Exporter = Callable[[Opened], Iterator[list[list[Value]]]]


@dataclass(frozen=True)
class ImportKind:
    """One kind of import and export.

    ``judge`` only reads; ``seen`` is its memory of the rows above and empty at first. ``enter`` does what an action
    says and raises AppError where it cannot. ``export`` yields rows of ``columns`` in slices, each in a context of its
    own.
    """

    name: Name
    columns: tuple[str, ...]
    aliases: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    """Of each of these groups a file must have one column."""
    codes: frozenset[str]
    """Columns whose cells identify something, so that invisible characters in them do not count."""
    judge: Callable[[Context, Sequence[ImportRow], Seen], list[Verdict]]
    enter: Callable[[Context, Action], None]
    export: Exporter
    example: tuple[str, ...]
    """A row for the template, in the order of ``columns``."""
    shown_only: tuple[str, ...] = ()
    """Columns that an export adds for people; an import does not read them, and says so."""
    has_fields: bool = False

    @property
    def task(self) -> str:
        """The kind of the task that enters such a file (domain.tasks)."""
        return f"import-{self.name}"

    def head(self, fields: Sequence[str]) -> list[str]:
        """The columns that an export writes; ``fields`` are keys of the shop's custom fields."""
        own = [*self.columns, *self.shown_only]
        return [*own, *(self.field_column(key) for key in fields)] if self.has_fields else own

    def field_column(self, key: str) -> str:
        """The name of a custom field's column: its key, unless that could be taken for another column."""
        taken = self._meaning(key) or key.startswith(FIELD) or plain(key) in map(plain, self.shown_only)
        return f"{FIELD}{key}" if taken else key

    def meanings(self, head: Sequence[str], fields: Sequence[str]) -> list[str]:
        """The column or custom field (``field:key``) that each name of a file's head means; "" for none."""
        exact = {self.field_column(key).strip(): f"{FIELD}{key}" for key in fields if self.has_fields}
        folded = {column.casefold(): meaning for column, meaning in exact.items()}
        names = [name.strip() for name in head]
        return [exact.get(name) or folded.get(name.casefold()) or self._meaning(name) for name in names]

    def _meaning(self, name: str) -> str:
        key = plain(name)
        if key in RESULT_COLUMNS:
            return key
        found = {plain(column): column for column in self.columns} | dict(self.aliases)
        return found.get(key, "")


def text_of(row: ImportRow, column: str) -> str | None:
    """A text of at most a hundred characters, or None for an empty cell. Raises AppError ``cell_text`` 422."""
    text = clean(row.get(column)).strip()
    if len(text) > _LONGEST_TEXT:
        raise AppError("cell_text", f"{column}: at most {_LONGEST_TEXT} characters", status=422)
    return text or None


def warranty_of(row: ImportRow, column: str = "warranty") -> str | EllipsisType | None:
    """The stored form of a warranty cell; Ellipsis for an empty one. Raises AppError ``cell_warranty`` 422."""
    text = clean_code(row.get(column)).strip()
    if not text:
        return ...
    try:
        return warranty.read(text)
    except ValueError as error:
        raise AppError(
            "cell_warranty",
            f"{column}: write a duration of at most 100 years as 24 months or 2 years, else lifetime, none or unset",
            status=422,
        ) from error


def in_chunks(values: Iterable[Key]) -> Iterator[list[Key]]:
    """Sorted and five hundred at a time, as many as one statement asks for."""
    wanted = sorted(values)
    return (wanted[start : start + 500] for start in range(0, len(wanted), 500))
