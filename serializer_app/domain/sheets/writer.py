"""Write spreadsheets: CSV, .xlsx or JSON Lines, rows of any number, in pieces that can be sent as they come.

Every export goes through here. CSV marks what a spreadsheet would run or change (domain.sheets.cells). In .xlsx every
cell is text, so Excel keeps leading zeros and long digits. JSON Lines hold one object per row, every value as text.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Literal
from xml.sax.saxutils import escape

import msgspec
from typing_extensions import Buffer

from serializer_app.clock import iso
from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets.reader import XLSX

Form = Literal["csv", "xlsx", "jsonl"]
Value = str | int | bool | datetime | None
TYPES: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX, "jsonl": "application/x-ndjson"}
_ROWS = 1_000_000
_SHEET_BYTES = 1024 * 1024 * 1024
"""Excel takes no ZIP64 entries, so a sheet stays below 2 GB; further rows go to a further sheet with the same head."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class Plain(str):
    """Text that is written without a mark: a cell that could not be read stays one, so that it is refused again."""


class Writer:
    """``write`` and ``end`` return the bytes that are ready; ``head`` names the columns.

    ``bom``: begin a CSV file with the mark by which Excel knows UTF-8; other systems may take it for text.
    """

    def __init__(self, form: Form, head: Sequence[str], *, bom: bool = True) -> None:
        self._sheets: _Csv | _Workbook | _JsonLines = (
            _Csv(head, bom) if form == "csv" else _Workbook(head) if form == "xlsx" else _JsonLines(head)
        )

    def write(self, rows: Iterable[Sequence[Value]]) -> bytes:
        return self._sheets.write(rows)

    def end(self) -> bytes:
        return self._sheets.end()


def text_of(value: Value) -> str:
    """A cell's text: times in ISO 8601 with Z, truth as ``true`` and ``false``, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return iso(value) if isinstance(value, datetime) else str(value)


class _Csv:
    def __init__(self, head: Sequence[str], bom: bool) -> None:
        self._start = "\ufeff" if bom else ""
        self._head: list[Sequence[Value]] = [head]

    def write(self, rows: Iterable[Sequence[Value]]) -> bytes:
        text = io.StringIO()
        text.write(self._start)
        writer = csv.writer(text)
        for row in (*self._head, *rows):
            writer.writerow([_marked(value, formulas=True) for value in row])
        self._start, self._head = "", []
        return text.getvalue().encode("utf-8", "replace")

    def end(self) -> bytes:
        return self.write(()) if self._head else b""


class _JsonLines:
    """An empty cell is null. No marks: a JSON text is exactly what was meant."""

    def __init__(self, head: Sequence[str]) -> None:
        self._head = head

    def write(self, rows: Iterable[Sequence[Value]]) -> bytes:
        return b"".join(
            msgspec.json.encode(dict(zip(self._head, map(_json_value, row), strict=False))) + b"\n"
            for row in rows
        )

    def end(self) -> bytes:
        return b""


def _json_value(value: Value) -> str | list[str] | None:
    """As text; a cell that could not be read becomes a list, which the reader refuses."""
    if value in (None, ""):
        return None
    text = _storable(text_of(value))
    lost = isinstance(value, Plain) and sheet_cells.read(text, formulas=True).trouble is not None
    return [text] if lost else text


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


class _Pipe(io.RawIOBase):
    """A file that can only be written to; ``taken`` is what has come since the last time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Workbook:
    def __init__(self, head: Sequence[str]) -> None:
        self._head = head
        self._pipe = _Pipe()
        self._archive = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self._sheet: IO[bytes] | None = None
        self._count = self._rows = self._bytes = 0

    def write(self, rows: Iterable[Sequence[Value]]) -> bytes:
        for row in rows:
            if self._sheet is None or self._rows >= _ROWS or self._bytes >= _SHEET_BYTES:
                self._turn()
            self._put(row)
        return self._pipe.taken()

    def _turn(self) -> None:
        self._close()
        self._count += 1
        self._rows = self._bytes = 0
        self._sheet = self._archive.open(_entry(f"xl/worksheets/sheet{self._count}.xml"), "w")
        self._sheet.write(_SHEET_START.encode())
        self._put(self._head)

    def _put(self, row: Sequence[Value]) -> None:
        assert self._sheet is not None
        cells = "".join(
            f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{_xml(_marked(value, formulas=False))}</t></is></c>'
            for value in row
        )
        content = f"<row>{cells}</row>".encode()
        self._sheet.write(content)
        self._rows += 1
        self._bytes += len(content)

    def _close(self) -> None:
        if self._sheet is not None:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()

    def end(self) -> bytes:
        if self._sheet is None:
            self._turn()
        self._close()
        for name, content in _parts(self._count).items():
            self._archive.writestr(_entry(name), content)
        self._archive.close()
        return self._pipe.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    """The same moment for every file, so that the same rows give the same bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _marked(value: Value, *, formulas: bool) -> str:
    return value if isinstance(value, Plain) else sheet_cells.marked(text_of(value), formulas=formulas)


def _xml(text: str) -> str:
    text = _NO_XML.sub("\ufffd", text)
    return escape(_LOOKS_ESCAPED.sub("_x005F_", text), {"\r": "_x000D_"})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_START = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
    '<cols><col min="1" max="256" width="22" style="1" customWidth="1"/></cols><sheetData>'
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
    '<xf xfId="0"/><xf numFmtId="49" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Style 1 is number format 49, "@": text, also for what somebody types into an empty cell of the column."""


def _parts(sheets: int) -> dict[str, str]:
    """The parts of a workbook beside its sheets (ECMA-376, part 1)."""
    numbers = range(1, sheets + 1)
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
            for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="Sheet {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
