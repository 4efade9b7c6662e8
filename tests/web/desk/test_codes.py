"""Codes of many units: drawn in the background, handed out as a ZIP file and as sheets, each with its own link."""

from __future__ import annotations

import base64
import csv
import io
import re
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.catalog.catalog import Facts
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.registry import serials, uploads
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.db import Database
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Serial, Task, TaskPart
from serializer_app.sync.jobs import HANDLERS
from serializer_app.sync.worker import Worker
from serializer_app.web.house import house
from tests.visitors import SHOP, sold
from tests.web.buyer.images import read_back
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place

LAMP, WATCH = 111, 222
FORMULA = '=HYPERLINK("http://evil.example","x")'
HOSTILE = ["../../etc/passwd", "CON", "a/b\\c:d", "{{ x }}<script>", "Ä\u202ecod.exe", FORMULA]


@pytest.fixture
def stocked(db: Database, shop_id: int) -> list[str]:
    """Two lamps of order 1, a watch of order 2, and hostile serial numbers of watches that were not sold yet."""
    with db.write() as session:
        catalog.describe(
            session,
            shop_id,
            [
                Facts(LAMP, 1, "LAMP", "4006381333931", "Brass", "+Lamp <b>", None, None),
                Facts(WATCH, 2, "WATCH", None, "Default Title", "Watch", None, None),
            ],
        )
        for number in HOSTILE:
            serials.create(session, shop_id, number, WATCH, actor="staff:1")
    place(db, shop_id, 1, 2)
    return sold(
        db,
        shop_id,
        {"order_id": 1, "serial_number": "L-1"},
        {"order_id": 1},
        {"order_id": 2, "line_item_id": 12, "variant_id": WATCH},
    )


def works(app: Flask) -> None:
    parts = house(app)
    handlers = {JobKind.TASK: HANDLERS[JobKind.TASK]}
    worker = Worker(parts.settings, parts.db, parts.vault, handlers)
    while worker.step():
        pass


def made(staff: Staff, query: str, **form: str) -> str:
    """Have codes made; returns the path of their page."""
    answer = staff.post(f"/codes{query}", form)
    assert answer.status_code == 200, answer.text
    path: str = answer.get_json()["go"]
    return path


def files(staff: Staff, path: str) -> dict[str, bytes]:
    answer = staff.get(f"{path}/codes.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def index(found: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found["index.csv"].decode("utf-8-sig"))))


def test_an_order_becomes_pictures_and_an_index_of_each_units_own_link(
    app: Flask, desk: Staff, db: Database, shop_id: int, stocked: list[str]
) -> None:
    assert "2 codes" in desk.page("/codes?order=1")
    path = made(desk, "?order=1", form="png")
    assert "Created 0 of 2 QR codes" in desk.page(path)
    assert desk.get(f"{path}/codes.zip").status_code == 409
    works(app)
    assert "QR codes ready: 2" in desk.page(path)
    found = files(desk, path)
    rows = index(found)
    assert [row["itemId"] for row in rows] == stocked[:2]
    assert set(found) == {"index.csv", *(f"{item_id}.png" for item_id in stocked[:2])}
    assert [row["serialNumber"] for row in rows] == ["L-1", ""]
    for row in rows:
        assert read_back(found[row["file"]]) == (row["link"], "Q")
    with db.read() as session:
        owned = session.execute(
            select(Item.item_id, Serial.token).join(Serial, Serial.item_key == Item.id)
        ).all()
    assert {row["itemId"]: row["link"] for row in rows} == {
        item_id: f"https://{SHOP}/apps/serializer/u/{token}" for item_id, token in owned
    }
    # Made again, the links are the same: they stand on boxes.
    again = made(desk, "?order=1", form="png")
    works(app)
    assert index(files(desk, again)) == rows


def test_hostile_serial_numbers_name_no_folder_and_run_in_no_spreadsheet(
    app: Flask, desk: Staff, stocked: list[str]
) -> None:
    path = made(desk, "", gs1="on")
    works(app)
    found = files(desk, path)
    rows = index(found)
    held = {row["itemId"]: row["codeHolds"] for row in rows if row["itemId"]}
    assert f"https://{SHOP}/apps/serializer/01/04006381333931/21/L-1?k=" in held[stocked[0]]
    assert "/u/" in held[stocked[2]]  # a product without a GTIN
    assert [row["serialNumber"].removeprefix("'") for row in rows if not row["itemId"]] == HOSTILE
    assert stocked[2] in [row["itemId"] for row in rows]
    for name in found:
        assert re.fullmatch(r"index\.csv|code-[A-Za-z0-9_-]+\.svg|[0-9A-Z-]{19}\.svg", name), name
    assert len(rows) == len(found) - 1
    text = found["index.csv"].decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    sheet = desk.page(f"{path}/sheets")
    assert "<script>" not in sheet.partition("<main")[2]
    assert "{{ x }}&lt;script&gt;" in sheet


def test_sheets_carry_the_pictures_of_the_units_own_links(
    app: Flask, desk: Staff, stocked: list[str]
) -> None:
    path = made(desk, "?order=1", form="png")
    works(app)
    page = desk.page(f"{path}/sheets?sheet=roll")
    pictures = [base64.b64decode(found) for found in re.findall(r'src="data:image/png;base64,([^"]+)"', page)]
    assert [read_back(picture)[0] for picture in pictures] == [
        row["link"] for row in index(files(desk, path))
    ]


def test_a_file_of_serials_in_its_order(app: Flask, desk: Staff, db: Database, shop_id: int) -> None:
    with db.write() as session:
        catalog.describe(session, shop_id, [Facts(LAMP, 1, "LAMP", None, None, "Lamp", None, None)])
        numbers = [f"SN-{number:03}" for number in range(100, 50, -1)]
        lines = "\n".join(["serialNumber,productSku", *(f"{number},LAMP" for number in numbers)])
        upload = uploads.begin(session, shop_id, "csv", lines.encode(), actor="staff:1").public_id
    works(app)
    assert "50 codes" in desk.page(f"/codes?upload={upload}")
    path = made(desk, f"?upload={upload}")
    works(app)
    assert [row["serialNumber"] for row in index(files(desk, path))] == numbers


def test_a_killed_worker_loses_the_part_in_hand_and_nothing_is_twice(
    app: Flask, desk: Staff, db: Database, shop_id: int
) -> None:
    """Whoever drew the same part, because the lane was taken over, adds nothing to it."""
    count = label_bundles.PART + 3
    item_ids = sold(db, shop_id, *({"line_item_id": number + 1} for number in range(count)))
    path = made(desk, "")
    with db.read() as session:
        seen = session.scalars(select(Task)).one()
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        found = label_bundles.next_slice(session, shop, seen)
        tokens = label_bundles.links(session, shop_id, found.items, actor="staff:1")
        pieces = label_bundles.described(session, shop, found, tokens, gs1=False)
        part = label_bundles.draw(pieces, "svg")
        assert label_bundles.keep(session, tasks.resume(session, seen), found, part)
    with db.write() as session, pytest.raises(AppError, match="Collided"):
        label_bundles.keep(session, tasks.resume(session, seen), found, part)
    with db.read() as session:
        assert session.scalars(select(Task.done)).one() == label_bundles.PART
    works(app)
    with db.read() as session:
        assert len(session.scalars(select(TaskPart)).all()) == 2
    assert [row["itemId"] for row in index(files(desk, path))] == item_ids


def test_what_cannot_be_made_is_said(desk: Staff, stocked: list[str], neighbour: Staff) -> None:
    assert desk.post("/codes?customer=99").status_code == 422
    assert "No units found" in desk.page("/codes?customer=99")
    assert desk.post("/codes?upload=NOTHING").status_code == 404
    path = made(desk, "?order=1")
    for page in (path, f"{path}/codes.zip", f"{path}/sheets"):
        assert neighbour.get(page).status_code == 404
