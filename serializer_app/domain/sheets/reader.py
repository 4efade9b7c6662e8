"""Read spreadsheets as people have them: CSV in every dialect of Excel, .xlsx, JSON Lines. One row at a time, as text.

Used by the desk, the API and the CLI. What a file can cost is bounded: its bytes by the caller, the unpacked size,
rows and columns here. Why openpyxl: docs/decisions.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import IO, Protocol
from xml.etree.ElementTree import ParseError

import msgspec

from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets.cells import Cell
from serializer_app.errors import AppError
from serializer_app.text import Json, decode_json

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_COLUMNS = 256
MOST_UNPACKED = 400 * 1024 * 1024
MOST_STRINGS = 120 * 1024 * 1024
"""The table of shared strings is the one part of an .xlsx file that is held in memory."""
_LAST_ROW = 1_048_576
_EXACT = 10**15
"""Excel keeps fifteen digits of a number; the rest became zeros."""
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"
_BLOCK = 256 * 1024
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ZEROS = re.compile(r"0{2,}|0+(?:[-/ .]0+)+")
# What openpyxl raises for files that are no sound workbooks; its own InvalidFileException is for names of files, and
# it reads from memory here.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Row:
    """``number`` as Excel shows it. ``troubles`` and ``notes``: column index → code of what is wrong or was assumed."""

    number: int
    cells: list[str]
    troubles: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """A file: its head, then ``rows`` once. ``notes``: (code, detail) about the whole file; complete after the rows."""

    head: list[str]
    rows: Iterator[Row]
    notes: list[tuple[str, str]] = field(default_factory=list)


def open_sheet(content: bytes) -> Sheet:
    """Open a CSV, .xlsx or JSON Lines file by what it holds, whatever it is called.

    Raises AppError ``file_kind``, ``file_encoding``, ``file_damaged``, ``file_too_large``, all 422; so does iterating.
    """
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(
            "file_kind", "This is an old .xls file or one with a password; save it as .xlsx or CSV"
        )
    if re.match(rb"\s*(<!doctype|<html|<table|<\?xml)", content[:200], re.IGNORECASE):
        raise _refused("file_kind", "This is a web page or XML, not a spreadsheet; save it as .xlsx or CSV")
    if content.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")):
        raise _refused("file_kind", "This is no spreadsheet; save it as .xlsx or CSV")
    if content[:200].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _json_lines(content)
    return _csv(content)


# --- JSON Lines -------------------------------------------------------------------------------------------------------

WHOLE_ROW = -1
"""In ``Row.troubles``: no cell of the row could be read."""


def _json_lines(content: bytes) -> Sheet:
    """One object a line; its members are the cells, whatever their order. Texts are exact, so nothing is guessed."""
    names: dict[str, None] = {}
    for line in _lines(content):
        entry = _json_object(line)
        names.update(dict.fromkeys(entry or ()))
        if len(names) > MOST_COLUMNS:
            raise _refused("csv_columns", f"A file has at most {MOST_COLUMNS} columns")
    return Sheet([name.strip() for name in names], _json_rows(content, list(names)))


def _json_rows(content: bytes, names: list[str]) -> Iterator[Row]:
    for number, line in enumerate(_lines(content), 1):
        if number > _LAST_ROW:
            raise _refused("csv_too_long", f"A file has at most {_LAST_ROW:,} rows")
        if not line.strip():
            yield Row(number, [])
        elif (entry := _json_object(line)) is None:
            yield Row(number, ["" for _ in names], {WHOLE_ROW: "cell_json"})
        else:
            yield _row(number, [_json_cell(entry.get(name)) for name in names])


def _lines(content: bytes) -> Iterator[bytes]:
    return iter(io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")))


def _json_object(line: bytes) -> dict[str, Json] | None:
    try:
        entry = decode_json(line) if line.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return entry if type(entry) is dict else None


def _json_cell(value: Json) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, str):
        return Cell(value)
    if isinstance(value, bool):
        return Cell(str(value).lower())
    if isinstance(value, int):
        return Cell(str(value))
    return Cell(str(value)[:200], "cell_json")


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(content: bytes) -> Sheet:
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=_encoding(content), newline="")
    first = lines.readline()
    rest: Iterator[str] = chain([first], lines)
    stated = re.fullmatch(r"\ufeff?\"?sep=(.)\"?\s*", first, re.IGNORECASE)
    if stated:
        rest = iter(lines)
        delimiter = stated[1]
    else:
        delimiter = max(_DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
    reader = csv.reader((line.replace("\0", "") for line in rest), delimiter=delimiter)
    rows = _csv_rows(reader)
    head = next(rows, Row(1, [])).cells
    return Sheet([name.strip().removeprefix("\ufeff") for name in head], rows)


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[Row]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _refused("csv_invalid", f"Row {number} is no CSV; is a quotation mark open?") from error
        except UnicodeError as error:
            raise _refused("file_encoding", f"Row {number} is not in the encoding of the file") from error
        if cells is None:
            return
        if number > _LAST_ROW:
            raise _refused("csv_too_long", f"A file has at most {_LAST_ROW:,} rows")
        yield _row(number, [sheet_cells.read(cell, formulas=True) for cell in cells[:MOST_COLUMNS]])


def _encoding(content: bytes) -> str:
    """Excel writes UTF-8 with a mark, UTF-16 ("Unicode text") or Windows' code page; others leave the mark out."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _decodable(content, (name,))
    start = content[:2000]
    if len(start) >= 4:
        if start[1::2].count(0) * 2 > len(start) // 2:
            return _decodable(content, ("utf-16-le",))
        if start[0::2].count(0) * 2 > len(start) // 2:
            return _decodable(content, ("utf-16-be",))
    return _decodable(content, ("utf-8", "cp1252"))


def _decodable(content: bytes, names: Sequence[str]) -> str:
    """The first encoding that reads all of the file; raises AppError ``file_encoding`` 422."""
    for name in names:
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    raise _refused(
        "file_encoding", "The file is neither UTF-8, UTF-16 nor Windows-1252; save it as CSV UTF-8"
    )


# --- .xlsx ------------------------------------------------------------------------------------------------------------


class _XlsxCell(Protocol):
    """A cell of openpyxl's. Numbers of a workbook are int or float; a value may be of other types too."""

    @property
    def value(self) -> str | int | float | datetime | date | time | timedelta | None: ...
    @property
    def data_type(self) -> str: ...
    @property
    def number_format(self) -> str: ...


class _Worksheet(Protocol):
    """A sheet of openpyxl's, which has no types of its own."""

    title: str
    sheet_state: str

    def reset_dimensions(self) -> None: ...
    def iter_rows(self, *, max_col: int) -> Iterable[tuple[_XlsxCell, ...]]: ...


def _workbook(content: bytes) -> Sheet:
    # Imported here because few processes ever read a workbook, and openpyxl takes a tenth of the start and 10 MB.
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except _BROKEN as error:
        raise _damaged() from error
    sheets: list[_Worksheet] = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    notes = [("sheet_hidden", sheet.title) for sheet in book.worksheets if sheet not in sheets]
    for position, sheet in enumerate(sheets):
        rows = _sheet_rows(sheet)
        head = next((row for row in rows if any(row.cells)), None)
        if head is not None:
            found = Sheet([name.strip() for name in head.cells], iter(()), notes)
            found.rows = chain(rows, _further(sheets[position + 1 :], found))
            return found
    return Sheet([], iter(()), notes)


def _further(sheets: Sequence[_Worksheet], found: Sheet) -> Iterator[Row]:
    """Rows of the sheets that go on with the first: those with the same head. The others are named in the notes."""
    for sheet in sheets:
        rows = _sheet_rows(sheet)
        head = next((row for row in rows if any(row.cells)), None)
        if head is None:
            continue
        if [name.strip() for name in head.cells] == found.head:
            yield from rows
        else:
            found.notes.append(("sheet_ignored", sheet.title))


def _sheet_rows(sheet: _Worksheet) -> Iterator[Row]:
    # A file may state any dimension; ours does not depend on it.
    sheet.reset_dimensions()
    rows = iter(sheet.iter_rows(max_col=MOST_COLUMNS))
    blank: tuple[_XlsxCell, ...] | None = None
    for number in range(1, _LAST_ROW + 1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cells = next(rows, None)
        except _BROKEN as error:
            raise _damaged() from error
        if cells is None:
            return
        # openpyxl fills a gap between two rows with one and the same tuple, up to a million times.
        if cells is blank:
            continue
        last = max((at for at, cell in enumerate(cells) if cell.value is not None), default=-1)
        if last < 0:
            blank = cells
        yield _row(number, [_typed(cell) for cell in islice(cells, last + 1)])


def _typed(cell: _XlsxCell) -> Cell:
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "e":
        return Cell(str(value), "cell_error")
    if isinstance(value, str):
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        return sheet_cells.read(text.encode("utf-8", "replace").decode(), formulas=False)
    if isinstance(value, bool):
        return Cell(str(value).lower())
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return Cell(value.date().isoformat() if midnight else value.isoformat(timespec="seconds"))
    if isinstance(value, (date, time, timedelta)):
        return Cell(str(value))
    return _number(value, cell.number_format)


def _number(value: int | float, shown_as: str) -> Cell:
    if abs(value) >= _EXACT:
        return Cell(f"{value:.5E}" if isinstance(value, float) else str(value), "cell_scientific")
    if value != int(value):
        return Cell(f"{value:.15g}")
    digits = str(int(value))
    shape = shown_as.replace("\\", "").replace('"', "")
    if value >= 0 and _ZEROS.fullmatch(shape):
        return Cell(_filled(digits, shape))
    return Cell(digits)


def _filled(digits: str, shape: str) -> str:
    """``123`` in the format ``000-00`` is shown as ``001-23``."""
    left = list(digits.zfill(shape.count("0")))
    out = [left.pop() if place == "0" else place for place in reversed(shape)]
    return "".join(left) + "".join(reversed(out))


def _check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse what is no workbook or unpacks to too much. ``zipfile`` reads no more than the sizes that it states."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise _refused("file_kind", "This is no Excel workbook (.xlsx); save it as .xlsx or CSV")
    if len(names) != len(entries):
        raise _damaged()
    strings = sum(entry.file_size for entry in entries if "sharedstrings" in entry.filename.lower())
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED or strings > MOST_STRINGS:
        raise _refused("file_too_large", "The workbook unpacks to too much; split it or save it as CSV")
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            with archive.open(entry) as part:
                _check_part(part)


def _check_part(part: IO[bytes]) -> None:
    """Refuse a document type, which could define entities, and UTF-16, which could hide one. Excel writes neither."""
    before = b""
    while block := part.read(_BLOCK):
        if _DOCTYPE.search(before + block) or (
            not before and block[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
        ):
            raise _damaged()
        before = block[-16:]


def _row(number: int, cells: list[Cell]) -> Row:
    return Row(
        number,
        [cell.text for cell in cells],
        {at: cell.trouble for at, cell in enumerate(cells) if cell.trouble},
        {at: cell.note for at, cell in enumerate(cells) if cell.note},
    )


def _damaged() -> AppError:
    return _refused("file_damaged", "The workbook is damaged; open it in Excel and save it again")


def _refused(code: str, message: str) -> AppError:
    return AppError(code, message, status=422)
