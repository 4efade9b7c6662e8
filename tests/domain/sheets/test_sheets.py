"""Spreadsheets as people have them are read right or refused with the reason; what we export is read without loss."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from serializer_app.domain.desk import sheet_rows
from serializer_app.domain.sheets import cells as sheet_cells
from serializer_app.domain.sheets import reader
from serializer_app.domain.sheets.reader import open_sheet
from serializer_app.domain.sheets.writer import Form, Plain, Value, Writer
from serializer_app.errors import AppError

FORMS: tuple[Form, ...] = ("csv", "xlsx")


def written(form: Form, head: list[str], rows: list[list[Value]]) -> bytes:
    writer = Writer(form, head)
    pieces = [writer.write([row]) for row in rows]
    return b"".join([*pieces, writer.end()])


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in open_sheet(content).rows]


def workbook(*rows: list[Any], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for place, shape in (formats or {}).items():
        sheet[place].number_format = shape
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- out and in again -------------------------------------------------------------------------------------------------

ODD = (
    "00123 123456789012345678 1.23457E+12 1E+10 12345.0 12345,0 =1+1 +49 -5 @x '=x ''=x ' #N/A #NV #REF! _x0041_ "
    '_x000D_ ="001" sep=; 1;2 1|2 " "" ＝x TRUE 2026-01-31 1/2 ü \u200d \u202e \U0001f600 \ufeffx'
).split()
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from([*ODD, "\tx", "\rx", "a\nb", "a\r\nb", " x ", " =x", "' 1E+10", "'\n=x", ""])
# What no XML file can hold becomes U+FFFD; text from outside has lost it at the door (serializer_app.text).
IN_XML = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
) | st.sampled_from([*ODD, "a\nb", "a\r\nb", "\tx", " x "])


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
def test_csv_comes_back_as_it_was(rows: list[list[Value]]) -> None:
    content = written("csv", ["a", "b"], rows)
    sheet = open_sheet(content)
    assert sheet.head == ["a", "b"]
    back = list(sheet.rows)
    assert [row.cells for row in back] == rows
    assert [row.number for row in back] == list(range(2, len(rows) + 2))
    assert not any(row.troubles or row.notes for row in back)


@given(st.lists(st.lists(IN_XML, min_size=2, max_size=2), max_size=5))
def test_xlsx_comes_back_as_it_was_and_other_programs_can_read_it(rows: list[list[Value]]) -> None:
    content = written("xlsx", ["a", "b"], rows)
    back = [row + [""] * (2 - len(row)) for row in cells(content)]
    assert back == rows
    book = load_workbook(io.BytesIO(content))
    for row in book.active.iter_rows():
        for cell in row:
            assert cell.value is None or (cell.data_type, cell.number_format) == ("s", "@")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "'=", "'' ="])
def test_csv_holds_no_formula(start: str) -> None:
    content = written("csv", ["a"], [[f"{start}1+1"]]).decode("utf-8-sig")
    assert content.partition("\r\n")[2].lstrip('"').startswith("'")


def test_values_are_written_as_text() -> None:
    for form in FORMS:
        rows: list[list[Value]] = [[True, False, None, 2**63 - 1]]
        assert cells(written(form, ["a", "b", "c", "d"], rows)) == [["true", "false", "", str(2**63 - 1)]]


def test_a_cell_that_could_not_be_read_stays_one() -> None:
    for form in FORMS:
        (row,) = open_sheet(written(form, ["a", "b"], [[Plain("1.2E+12"), "1.2E+12"]])).rows
        assert row.troubles == {0: "cell_scientific"}


def test_many_rows_go_on_in_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serializer_app.domain.sheets.writer._ROWS", 3)
    rows: list[list[Value]] = [[str(number)] for number in range(7)]
    content = written("xlsx", ["a"], rows)
    assert len(load_workbook(io.BytesIO(content)).worksheets) == 4
    assert cells(content) == rows


# --- CSV as Excel and others write it ---------------------------------------------------------------------------------

SHEET = "Serial;Größe\r\nS1;ä€\r\nS2;x\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-16-be-bom"]
)
@pytest.mark.parametrize("delimiter", ";,\t|")
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("stated", [True, False])
def test_every_dialect_is_read_alike(encoding: str, delimiter: str, end: str, stated: bool) -> None:
    text = SHEET.replace(";", delimiter).replace("\r\n", end)
    if stated:
        text = f"sep={delimiter}{end}{text}"
    content = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)
    sheet = open_sheet(content)
    assert sheet.head == ["Serial", "Größe"]
    assert [(row.number, row.cells) for row in sheet.rows] == [(2, ["S1", "ä€"]), (3, ["S2", "x"])]


def test_rows_are_numbered_as_excel_shows_them() -> None:
    sheet = open_sheet(b'sep=,\r\na,b\r\n"1\r\n2",x\r\n\r\n3,y\r\n')
    assert [(row.number, row.cells) for row in sheet.rows if row.cells] == [
        (2, ["1\r\n2", "x"]),
        (4, ["3", "y"]),
    ]


@pytest.mark.parametrize(
    ("cell", "text", "trouble"),
    [
        ('="00123"', "00123", None),
        ('"=""00123"""', "00123", None),
        ("00123", "00123", None),
        ("12345.0", "12345", None),
        ("1.23457E+12", "1.23457E+12", "cell_scientific"),
        ('"1,23457E+12"', "1,23457E+12", "cell_scientific"),
        ("1E5", "1E5", None),
        ("E+12", "E+12", None),
        ("#N/A", "#N/A", "cell_error"),
        ("#NV", "#NV", "cell_error"),
        ("#DIV/0!", "#DIV/0!", "cell_error"),
        ("#1001", "#1001", None),
        ("1.50", "1.50", None),
        ("'=SUM(1)", "=SUM(1)", None),
        ("'quoted", "'quoted", None),
    ],
)
def test_cells_are_read_as_they_were_meant(cell: str, text: str, trouble: str | None) -> None:
    (row,) = open_sheet(f"a,b\n{cell},x\n".encode()).rows
    assert (row.cells[0], row.troubles.get(0)) == (text, trouble)


# --- .xlsx ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shape", "text", "trouble"),
    [
        ("00123", "General", "00123", None),
        (123, "General", "123", None),
        (123, "00000", "00123", None),
        (123, "000-00", "001-23", None),
        (12345.0, "General", "12345", None),
        (123456789012345, "General", "123456789012345", None),
        (1234567890123456789, "0", "1.23457E+18", "cell_scientific"),
        (1.5, "General", "1.5", None),
        (True, "General", "true", None),
        (date(2026, 1, 31), "DD.MM.YYYY", "2026-01-31", None),
        ("#N/A", "General", "#N/A", "cell_error"),
        ("1.23457E+12", "@", "1.23457E+12", "cell_scientific"),
        ("-5", "@", "-5", None),
    ],
)
def test_cells_of_a_workbook_are_read_as_they_are_shown(
    value: Any, shape: str, text: str, trouble: str | None
) -> None:
    (row,) = open_sheet(workbook(["a"], [value], formats={"A2": shape})).rows
    assert (row.cells[0], row.troubles.get(0)) == (text, trouble)


def test_sheets_with_the_same_head_are_read_and_the_others_named() -> None:
    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append(["1", None])
    book.active.append([None, None])
    book.active["A5"] = "5"
    for title, rows in (
        ("more", [["a", "b"], ["6", "7"]]),
        ("other", [["x"], ["y"]]),
        ("hidden", [["a", "b"]]),
    ):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book["hidden"].sheet_state = "hidden"
    found = open_sheet(saved(book))
    rows_read = [(row.number, row.cells) for row in found.rows if any(row.cells)]
    assert rows_read == [(2, ["1"]), (5, ["5"]), (2, ["6", "7"])]
    assert found.notes == [("sheet_hidden", "hidden"), ("sheet_ignored", "other")]


def test_merged_cells_and_cached_values_are_read() -> None:
    book = Workbook()
    for row in (["a", "b"], ["1", "2"], ["3", "4"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    assert cells(saved(book)) == [["1", "2"], ["", "4"]]
    cached = changed(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", b"<v>1</v>", b"<f>1+1</f><v>2</v>")
    assert cells(cached) == [["2"]]


def changed(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.namelist():
            data = source.read(entry)
            if entry == name:
                data = data.replace(old, new, 1)
            target.writestr(entry, data)
    return out.getvalue()


# --- files that do harm -----------------------------------------------------------------------------------------------

GOOD = workbook(["a", "b"], ["1", "2"])
SHEET_XML = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0 old", "file_kind"),
        (b"<html><table></table>", "file_kind"),
        (b"%PDF-1.7", "file_kind"),
        (b"PK\x03\x04 nothing", "file_damaged"),
        (GOOD[:-40], "file_damaged"),
        (b"a,b\n\x81\x8d,\xff", "file_encoding"),
        (b'a,b\n"' + b"x" * 200_000, "csv_invalid"),
        (
            changed(GOOD, SHEET_XML, b"<worksheet ", b'<!DOCTYPE x [<!ENTITY e "x">]><worksheet '),
            "file_damaged",
        ),
        (
            changed(GOOD, SHEET_XML, b"<sheetData>", b"<sheetData><row><c t='s'><v>99</v></c></row>"),
            "file_damaged",
        ),
        (changed(GOOD, SHEET_XML, b"</sheetData>", b"</sheetDat"), "file_damaged"),
        (changed(GOOD, "xl/workbook.xml", b"<sheets>", b"<sheetz>"), "file_damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(AppError) as caught:
        for _ in open_sheet(content).rows:
            pass
    assert (caught.value.code, caught.value.status) == (code, 422)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(reader.MOST_UNPACKED // 2**22 + 1):
                sheet.write(b" " * 2**22)
    assert len(bomb.getvalue()) < 2**20
    with pytest.raises(AppError, match="unpacks to too much"):
        open_sheet(bomb.getvalue())


def test_stated_dimensions_and_far_cells_cost_nothing() -> None:
    far = changed(
        GOOD,
        SHEET_XML,
        b"</sheetData>",
        b'<row r="3"><c r="XFD3"><v>1</v></c></row><row r="99999999999"><c><v>1</v></c></row></sheetData>',
    )
    sheet = open_sheet(far)
    assert max(len(row.cells) for row in sheet.rows) <= reader.MOST_COLUMNS
    tiny = changed(GOOD, SHEET_XML, b'<dimension ref="A1:B2"', b'<dimension ref="A1:A1"')
    assert cells(tiny) == [["1", "2"]]


# --- what a person should check ---------------------------------------------------------------------------------------


def notes(*serials: str) -> set[tuple[int, str]]:
    lines = "\n".join(f"X,{serial}" for serial in serials)
    return {(row, code) for row, code, _ in sheet_rows.read(f"order,serial\n{lines}".encode()).notes}


def test_what_a_spreadsheet_may_have_spoilt_is_pointed_out() -> None:
    assert notes("00123", "00456", "01234", "04567", "789") == {(6, "serial_zeros")}
    assert notes("12345", "45678", "91234", "44567", "789") == {(6, "serial_short")}
    assert notes("1", "22", "333", "4444") == set()
    assert notes("ABC123 DEF456", "A B", "10 000") == {(2, "serial_two")}
    assert notes("123.0") == {(2, "cell_decimal")}
    ignored = sheet_rows.read(b"order,serial,colour\nX,1,red\n").notes
    assert ignored == [(0, "columns_ignored", "colour")]


def test_every_row_is_counted_and_no_column_is_guessed() -> None:
    sheet = sheet_rows.read(b"order,serial\nX,1\nX,\n\n,\nY,2\n")
    assert ([row.serial for row in sheet.rows], sheet.blank) == (["1", "2"], 1)
    with pytest.raises(AppError) as caught:
        sheet_rows.read(b"order,serial,serial_number\nX,1,2\n")
    assert caught.value.code == "csv_twice"
    (row,) = sheet_rows.read(b"order,serial\nX,1.2E+12\n").rows
    assert row.trouble == "cell_scientific"
    assert row.trouble in sheet_cells.TROUBLES


@pytest.mark.parametrize("start", [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"a\0b\0", b"\0a\0b"])
@pytest.mark.parametrize("end", [b"\0", b"\xff", b"\0\xd8", b"\xd8\0", b"a\0\xff"])
def test_a_file_cut_within_a_character_is_refused_or_read(start: bytes, end: bytes) -> None:
    with suppress(AppError):  # any other exception is a fault
        assert all(isinstance(row.cells, list) for row in open_sheet(start + end).rows)
