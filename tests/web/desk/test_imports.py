"""Serial numbers from a file: looked through as a whole, entered once; what is wrong can be mended and sent again."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import insert, select

from serializer_app.domain import history
from serializer_app.domain.items import items
from serializer_app.domain.sheets.reader import open_sheet
from serializer_app.domain.sheets.writer import Plain, Writer
from serializer_app.store.db import Database
from serializer_app.store.models import Item, Line, OutboxRow
from tests.visitors import sold
from tests.web.desk.conftest import Staff, work_off
from tests.web.desk.orders import place

HEAD = "item_id,serial_number"


def look(desk: Staff, *lines: str, head: str = HEAD) -> str:
    """The page of a file that was looked through."""
    answer = desk.upload("/items/import", "\r\n".join([head, *lines]))
    assert answer.status_code == 200, answer.text
    path: str = answer.get_json()["go"]
    return path


def outcome(desk: Staff, path: str) -> tuple[list[int], list[tuple[str, str]]]:
    """(the numbers of the page's sentence, (row, reason) of what was refused)."""
    page = desk.page(path)
    sentence = re.search(r'role="status">([^<]*)<', page)
    assert sentence is not None
    errors = csv.reader(io.StringIO(desk.get(f"{path}/errors.csv").get_data().decode("utf-8-sig")))
    return [int(number) for number in re.findall(r"\d+", sentence.group(1).replace(",", ""))][:3], [
        (row[0], row[1]) for row in list(errors)[1:]
    ]


def numbers(db: Database, shop_id: int) -> list[str | None]:
    with db.read() as session:
        return list(
            session.scalars(select(Item.serial_number).where(Item.shop_id == shop_id).order_by(Item.id))
        )


def test_a_file_is_shown_as_a_whole_and_then_does_that_once(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    lines = (
        f"{sale[0]},SN-1",
        f"{sale[1].lower()},'=SN",
        f'{sale[2]},"SN,3"',
        f"{sale[2]},SN-4",
        "nothing,SN-9",
        f"{sale[1]},{'x' * 65}",
        "",
        f"{sale[1]},",
    )
    path = look(desk, *lines)
    found, errors = outcome(desk, path)
    assert found == [2, 1, 3]
    assert [row for row, _ in errors] == ["5", "6", "7"]
    assert errors[0][1] == "Line 4 names this unit already"
    assert numbers(db, shop_id) == ["SN-1", None, None]
    for _ in range(2):
        assert desk.post(f"{path}/start").status_code == 200
    work_off(db, shop_id)
    assert numbers(db, shop_id) == ["SN-1", "=SN", "SN,3"]
    assert outcome(desk, path)[0] == [2, 1, 3]
    assert outcome(desk, look(desk, *lines[:3]))[0] == [0, 3, 0]
    with db.read() as session:
        changed = session.scalars(select(Item).where(Item.item_id == sale[1])).one()
        (entry,) = history.entries(session, shop_id, "item", changed.id)
        waiting = session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "mirror-order")).all()
    assert (changed.version, entry[2], entry[3]) == (
        2,
        "changed",
        {"serialNumber": {"from": None, "to": "=SN"}},
    )
    assert waiting == ["1"]


def test_rows_without_an_item_id_are_found_by_their_order(desk: Staff, db: Database, shop_id: int) -> None:
    place(db, shop_id, 1, 2)
    place(db, shop_id, 2, 2)
    with db.write() as session:
        line = {
            "shop_id": shop_id,
            "line_item_id": 22,
            "order_id": 2,
            "position": 1,
            "quantity": 1,
            "sku": "Lamp",
        }
        session.execute(insert(Line), [{**line, "variant_id": 9, "title": "Lamp", "follows": True}])
    on = [
        {"order_id": order, "line_item_id": line}
        for order, line in ((1, 11), (1, 11), (2, 21), (2, 21), (2, 22))
    ]
    sold(db, shop_id, *on)
    lines = (
        "1001,,,,A",
        "#1001,1,,2,B",
        "1002,,lamp,,C",
        "1002,2,,1,C-again",
        "1002,,,,which",
        "1002,3,,,nowhere",
        "1001,1,,3,beyond",
        "1001,,,,full",
        "7777,,,,none",
        "1002,1,,,a",
        "1002,1,,,A",
        "1002,1,,,D",
    )
    path = look(desk, *lines, head="Order;Line;SKU;Position;Serial number".replace(";", ","))
    found, errors = outcome(desk, path)
    assert ([row for row, _ in errors], found[:2]) == (["5", "6", "7", "8", "9", "10", "12"], [5, 0])
    desk.post(f"{path}/start")
    work_off(db, shop_id)
    assert numbers(db, shop_id) == ["A", "B", "a", "D", "C"]
    again, _ = outcome(desk, look(desk, "#1001,1,,A", head="order,line,sku,serial"))
    assert again[:2] == [0, 1]


def test_duplicates_are_seen_over_the_whole_file_and_numbers_may_change_places(
    desk: Staff, db: Database, shop_id: int
) -> None:
    place(db, shop_id, 1, 1200)
    made = sold(
        db, shop_id, *({"serial_number": f"O-{number}"} for number in range(2)), *({} for _ in range(1198))
    )
    lines = [f"{item_id},N-{number}" for number, item_id in enumerate(made)]
    lines[0], lines[1] = f"{made[0]},FREE", f"{made[1]},O-0"
    lines[1199] = f"{made[1199]},n-2"
    path = look(desk, *lines)
    found, errors = outcome(desk, path)
    assert found == [1199, 0, 1]
    assert errors == [("1201", "This serial number is already entered for another unit of this line item")]
    desk.post(f"{path}/start")
    assert work_off(db, shop_id) == 3
    assert numbers(db, shop_id)[:3] == ["FREE", "O-0", "N-2"]
    assert numbers(db, shop_id)[1198:] == ["N-1198", None]


def test_what_somebody_entered_meanwhile_stays(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    path = look(desk, f"{sale[1]},MINE", f"{sale[2]},MINE-TOO")
    with db.write() as session:
        for item_id, number in ((sale[1], "THEIRS"), (sale[0], "MINE-TOO")):
            item = items.find(session, shop_id, item_id)
            assert item is not None
            change = items.ItemChanges(serial_number=number)
            items.change(session, shop_id, item, change, allowed_fields=(), actor="staff:2")
    desk.post(f"{path}/start")
    work_off(db, shop_id)
    assert numbers(db, shop_id) == ["MINE-TOO", "THEIRS", None]
    found, errors = outcome(desk, path)
    assert (found, len(errors)) == ([0, 0, 2], 2)


@pytest.mark.parametrize("content", [b"", b"item_id\nx", b"serial_number;x\n1;2", b'"', b"\xff\xfe", b"\0"])
def test_a_file_without_the_columns_is_refused(desk: Staff, sale: list[str], content: bytes) -> None:
    answer = desk.upload("/items/import", content)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "csv_columns")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_of_any_spreadsheet_are_read(
    desk: Staff, db: Database, shop_id: int, sale: list[str], encoding: str
) -> None:
    content = f"Artikel;Serial;item_id\nÄ;Größe;{sale[1]}\n".encode(encoding)
    path = desk.upload("/items/import", content).get_json()["go"]
    desk.post(f"{path}/start")
    work_off(db, shop_id)
    assert numbers(db, shop_id)[1] == "Größe"


def test_another_shop_sees_nothing_of_a_file(desk: Staff, neighbour: Staff, sale: list[str]) -> None:
    path = look(desk, f"{sale[1]},MINE", "x,y")
    for answer in (neighbour.get(path), neighbour.get(f"{path}/errors.csv"), neighbour.post(f"{path}/start")):
        assert answer.status_code == 404
    assert neighbour.get(path.replace("/items/import", "/tasks")).status_code == 404
    stolen = neighbour.upload("/items/import", f"{HEAD}\n{sale[1]},TAKEN").get_json()["go"]
    assert outcome(neighbour, stolen)[0] == [0, 0, 1]


def test_an_excel_file_goes_out_and_in_and_bad_cells_stay_refused(
    desk: Staff, db: Database, shop_id: int, sale: list[str]
) -> None:
    out = desk.get("/items/export.xlsx")
    assert out.headers["Content-Disposition"] == 'attachment; filename="items.xlsx"'
    sheet = open_sheet(out.get_data())
    rows = [row.cells for row in sheet.rows]
    serial = sheet.head.index("serial_number")
    assert [row[sheet.head.index("item_id")] for row in rows] == sale
    assert rows[0][sheet.head.index("created_at")].endswith("Z")
    rows[1][serial], rows[2][serial] = "00123", "1.2E+12"
    writer = Writer("xlsx", sheet.head)
    filled = writer.write([Plain(cell) for cell in row] for row in rows) + writer.end()
    path = desk.upload("/items/import", filled).get_json()["go"]
    assert outcome(desk, path)[0] == [1, 1, 1]
    assert "These columns are not imported: warranty, variant_id" in desk.page(path)
    for form in ("csv", "xlsx"):
        errors = desk.get(f"{path}/errors.{form}").get_data()
        assert outcome(desk, desk.upload("/items/import", errors).get_json()["go"])[0] == [0, 0, 1]
    desk.post(f"{path}/start")
    work_off(db, shop_id)
    assert numbers(db, shop_id) == ["SN-1", "00123", None]
    assert desk.get("/items/export.pdf").status_code == 404
