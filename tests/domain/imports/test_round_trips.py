"""As a property: whatever a serial, a field or a person's data holds, an export of it loads again without loss."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serializer_app.domain.imports.files import KINDS, read_row
from serializer_app.domain.registry import serials
from serializer_app.domain.sheets.reader import open_sheet
from serializer_app.domain.sheets.writer import Writer
from serializer_app.text import clean, clean_code
from tests.domain.imports.conftest import FORMS, Desk

PIECES = st.sampled_from(
    [
        *(
            "0",
            "00",
            "7",
            "123456789012345678901",
            "1E+10",
            "12.0",
            "=",
            "+",
            "-",
            "@",
            "=1+1",
            '="7"',
            "#N/A",
        ),
        *("'", '"', ",", ";", "\t", "|", "\n", "\r\n", "\\", "_x0041_", "true", "null", "sep=;", "{", "["),
        *(
            "\u202e",
            "\u200f",
            "עברית",
            "عربى",
            "\u200b",
            "\ufeff",
            "\u2060",
            "\u00ad",
            "１２",
            "e\u0301",
            "😀",
        ),
        *(" ", "\u00a0", "\u2028", "a", "Z", "ß", "İ"),
    ]
)
ODD = st.lists(PIECES, min_size=1, max_size=6).map("".join) | st.text(max_size=20)


def _fields(text: str) -> str:
    return clean(text)[:100]


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(ODD.map(clean_code).map(str.strip), ODD.map(_fields)), min_size=1, max_size=5))
def test_cells_mean_the_same_after_a_round_trip(rows: list[tuple[str, str]]) -> None:
    kind = KINDS["items"]
    head = ["item_id", "serial_number", "imei"]
    meanings = kind.meanings(head, ["imei"])
    for form in FORMS:
        writer = Writer(form, head)
        sheet = open_sheet(writer.write(["ID", *row] for row in rows) + writer.end())
        read = [read_row(kind, meanings, row.number, row.cells) for row in sheet.rows]
        told = [(row.get("serial_number"), row.fields.get("imei", "")) for row in read]
        wanted = [
            (number, value.replace("\r\n", "\n") if form == "xlsx" else value) for number, value in rows
        ]
        assert [(one, two.replace("\r\n", "\n") if form == "xlsx" else two) for one, two in told] == wanted
        assert all(not row.troubles for row in sheet.rows)


NUMBERS = ODD.map(clean_code).map(str.strip).filter(lambda text: serials.wrong(text) is None)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=8))
def test_an_export_of_any_serials_changes_nothing(files_desk: Desk, numbers: list[str]) -> None:
    world = files_desk.world
    # A shop's registry grows from example to example, which is what shops do.
    world.enter(*({"serialNumber": number, "productSku": "W-1"} for number in numbers))
    for form in FORMS:
        judged = files_desk.look("serials", files_desk.export("serials", form))
        assert (judged.entries, judged.refusals, judged.blank) == ([], [], 0)
        assert judged.same > 0
