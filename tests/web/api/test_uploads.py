"""Files over HTTP: serials in the background, experiences as a sheet."""

from __future__ import annotations

import pytest
from flask import Flask

from serializer_app.domain.sheets.reader import XLSX
from serializer_app.domain.sheets.writer import Plain, Writer
from serializer_app.store.job_kinds import JobKind
from serializer_app.sync.jobs import new_worker
from serializer_app.web.house import house
from tests.web.api.caller import Caller

pytestmark = pytest.mark.usefixtures("tracked")


def work(app: Flask) -> None:
    """Do everything that needs no network."""
    parts = house(app)
    worker = new_worker(parts.settings, parts.db, parts.vault)
    worker.handlers = {JobKind.TASK: worker.handlers[JobKind.TASK]}
    while worker.step():
        pass


def test_an_upload_is_entered_in_the_background(app: Flask, api: Caller) -> None:
    sheet = b"serialNumber,productSku\nS1,CLOCK-R\nS2,NOPE\n"
    begun = api.call("POST", "/serials/uploads", data=sheet, content_type="text/csv")
    assert begun.status_code == 202, begun.text
    assert begun.json is not None
    path = f"/serials/uploads/{begun.json['id']}"
    assert (begun.json["status"], begun.json["entries"], begun.json["progress"]) == ("waiting", 2, 0.0)
    assert api.get(f"{path}/result").status_code == 409
    work(app)
    done = api.get(path).json
    assert done is not None
    assert (done["status"], done["created"], done["failed"], done["progress"]) == ("done", 1, 1, 1.0)
    assert api.get("/serials/uploads").json == {"results": [done]}
    result = api.get(f"{path}/result")
    assert result.mimetype == "text/csv"
    assert result.text.split("\r\n")[1].startswith("S1,")
    assert "Product SKU NOPE not found" in result.text
    assert api.get("/serials/S1").json["source"] == "imported"  # type: ignore[index]


def test_only_files_of_serials_are_taken(api: Caller) -> None:
    assert api.call("POST", "/serials/uploads", data=b"x", content_type="image/png").status_code == 415
    empty = api.call("POST", "/serials/uploads", data=b"", content_type="text/csv")
    assert (empty.status_code, empty.json["error"]["code"]) == (422, "upload_invalid")  # type: ignore[index]
    large = api.call("POST", "/serials/uploads", data=b"x" * (20 * 2**20 + 1), content_type="text/csv")
    assert large.status_code == 413
    assert api.get("/serials/uploads/nothing").status_code == 404


def test_experiences_go_out_and_in(api: Caller) -> None:
    sheet = api.get("/experiences")
    assert sheet.mimetype == "text/csv"
    back = api.call("POST", "/experiences", data=sheet.data, content_type="text/csv")
    assert back.json == {"changed": 2, "errors": []}
    wrong = api.call("POST", "/experiences", data=b"nothing", content_type="text/csv")
    assert wrong.status_code == 422
    assert api.call("POST", "/experiences", data=b"\xff", content_type="text/csv").status_code == 422
    assert api.call("POST", "/experiences", data=b"{}", content_type="application/json").status_code == 415


def test_an_excel_file_is_entered_and_lost_digits_are_refused(app: Flask, api: Caller) -> None:
    writer = Writer("xlsx", ["serialNumber", "productSku"])
    sheet = writer.write([["00123", "CLOCK-R"], [Plain("1.23E+12"), "CLOCK-R"]]) + writer.end()
    begun = api.call("POST", "/serials/uploads", data=sheet, content_type=XLSX)
    assert begun.status_code == 202, begun.text
    work(app)
    path = f"/serials/uploads/{begun.json['id']}"  # type: ignore[index]
    assert [api.get(path).json[name] for name in ("created", "failed")] == [1, 1]  # type: ignore[index]
    assert api.get("/serials/00123").status_code == 200
    assert "lost digits" in api.get(f"{path}/result").text
