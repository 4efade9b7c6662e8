"""Imports of items, serials and registrations at the desk: preview, start, result, export."""

from __future__ import annotations

import pytest

from serializer_app.domain import tasks
from serializer_app.domain.catalog import catalog
from serializer_app.domain.imports import files
from serializer_app.domain.registry import uploads
from serializer_app.domain.sheets.reader import open_sheet
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Task, Variant
from tests.conftest import ENCRYPTION_KEY
from tests.web.desk.conftest import Staff


def worked_off(db: Database) -> None:
    more = True
    while more:
        with db.write() as session:
            task = session.query(Task).order_by(Task.id.desc()).limit(1).with_for_update().one()
            more = files.run_next_slice(session, Vault((ENCRYPTION_KEY,)), task)


@pytest.mark.parametrize("kind", list(files.KINDS))
@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_template_has_the_columns_of_its_kind_and_an_export_too(
    desk: Staff, sale: list[str], kind: str, form: str
) -> None:
    assert desk.page(f"/imports/{kind}")
    template = desk.get(f"/imports/{kind}/template.{form}")
    assert tuple(open_sheet(template.get_data()).head) == files.KINDS[kind].columns
    export = desk.get(f"/imports/{kind}/export.{form}")
    assert export.status_code == 200
    again = desk.upload(f"/imports/{kind}", template.get_data())
    assert again.status_code == 200, again.text
    assert desk.get(f"/imports/{kind}/template.pdf").status_code == 404
    assert desk.get("/imports/orders").status_code == 404


def test_a_file_is_previewed_entered_once_and_its_refused_rows_come_back(
    desk: Staff, german: Staff, neighbour: Staff, db: Database, sale: list[str]
) -> None:
    lines = ["item_id,serial_number,warranty,extra", f"{sale[1]},A-1,24 months,x", f"{sale[2]},A-2,soon,x"]
    path = desk.upload("/imports/items", "\n".join(lines)).get_json()["go"]
    page = desk.page(path)
    assert "Ready to import: 1, of which new: 0. Unchanged: 0. Rows with errors: 1." in page
    assert "These columns are not imported: extra" in page
    assert "24 Monate" in german.page(path)
    assert neighbour.get(path).status_code == 404
    assert neighbour.post(f"{path}/start").status_code == 404
    for _ in range(2):
        assert desk.post(f"{path}/start").status_code == 200
    worked_off(db)
    assert "1 row imported, 0 unchanged, 1 with errors." in desk.page(path)
    listed = desk.page("/imports/items")
    assert listed.count("1 row imported, 0 unchanged, 1 with errors.") == 2  # the newest, and the list
    assert f'<a href="{path}">' in listed
    (row,) = open_sheet(desk.get(f"{path}/result.csv").get_data()).rows
    assert row.cells[0] == "3"
    assert row.cells[2:] == [sale[2], "A-2", "soon", "x"]
    exported = desk.get("/items/export.jsonl").get_data()
    again = desk.upload("/imports/items", exported).get_json()["go"]
    assert "Unchanged: 3. Rows with errors: 0." in desk.page(again)


@pytest.mark.one_database
def test_uploads_by_api_are_listed_with_their_results(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    with db.write() as session:
        catalog.configure(session, shop_id, 111, {"trackable": True})
        session.get_one(Variant, (shop_id, 111)).sku = "PEN-1"
        content = b"serialNumber,productSku\nU-1,PEN-1\nU-2,NONE\n"
        upload = uploads.begin(session, shop_id, "csv", content, actor="api-key:1")
    result = f"/imports/serials/uploads/{upload.public_id}/result"
    assert "0 of 2 rows" in desk.page("/imports/serials")
    assert result not in desk.page("/imports/serials")
    assert desk.get(result).status_code == 409
    with db.write() as session:
        uploads.enter_next(session, tasks.find(session, shop_id, upload.public_id, lock=True))
    page = desk.page("/imports/serials")
    assert "1 serial number created, 1 with errors." in page
    assert result in page
    assert "Product SKU NONE not found" in desk.get(result).text
    assert neighbour.get(result).status_code == 404
    assert "Uploads by API" not in neighbour.page("/imports/serials")
