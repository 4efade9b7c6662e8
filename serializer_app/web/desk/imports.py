"""Serial numbers from a file: what it would do is shown over all of its rows; then the worker enters them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask import Response, g, request, stream_with_context

from serializer_app.domain import serial_sheets, shops, tasks
from serializer_app.errors import AppError
from serializer_app.web.desk.forms import checked
from serializer_app.web.desk.frame import address, desk, said, show, texts
from serializer_app.web.desk.spreadsheets import safe
from serializer_app.web.desk.tasks import standing
from serializer_app.web.house import house
from serializer_app.web.texts import Texts
from serializer_app.web.wire.values import SerialNumber

_SHOWN = 200
_FLUSH = 500


@desk.get("/items/import")
def import_page() -> Response:
    with house().db.read() as session:
        return show(
            "import",
            shops.by_id(session, g.shop_id),
            task=None,
            last=tasks.newest(session, g.shop_id, serial_sheets.KIND),
            standing=standing,
        )


@desk.post("/items/import")
def look_through() -> Response:
    """The whole file as the body. Nothing is entered before somebody has seen what would be."""
    request.max_content_length = serial_sheets.MOST_BYTES
    text = _text(request.get_data())
    with house().db.read() as session:
        judged = serial_sheets.look_through(session, g.shop_id, text, wrong=_wrong)
    with house().db.write() as session:
        task = serial_sheets.keep(session, g.shop_id, judged, actor=g.actor)
        return said("", address("desk.import_task", task_id=task.public_id))


def _text(content: bytes) -> str:
    """What spreadsheets write: UTF-8, UTF-16 with its mark, or the old code page of Windows."""
    kind = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(kind)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.replace("\0", "")


def _wrong(serial: str) -> AppError | None:
    try:
        checked(SerialNumber, serial)
    except AppError as error:
        return error
    return None


@desk.get("/items/import/<task_id>")
def import_task(task_id: str) -> Response:
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=serial_sheets.KIND)
        words = texts()
        return show(
            "import",
            shops.by_id(session, g.shop_id),
            task=task,
            counts=tasks.counts(task),
            refused=[
                (number, ", ".join(cells), _reason(words, code, message))
                for number, cells, code, message in serial_sheets.refused(session, task, most=_SHOWN)
            ],
            shown=_SHOWN,
            standing=standing,
        )


@desk.post("/items/import/<task_id>/start")
def start_import(task_id: str) -> Response:
    """Sent twice it is entered once."""
    with house().db.write() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=serial_sheets.KIND, lock=True)
        tasks.start(session, task)
    return said(texts()("import.started"))


@desk.get("/items/import/<task_id>/errors.csv")
def import_errors(task_id: str) -> Response:
    """The rows that were refused as they stood in the file, with what is wrong: mended, the file can be read again."""
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=serial_sheets.KIND)
        head = tasks.spec(task)["head"]
    return Response(
        stream_with_context(_errors(task_id, head, texts())),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="errors.csv"', "Cache-Control": "no-store"},
    )


def _errors(task_id: str, head: list[str], words: Texts) -> Iterator[str]:
    sheet = io.StringIO()
    sheet.write("\ufeff")
    writer = csv.writer(sheet)
    # Not "line": read again, that would be the line of an order.
    writer.writerow(["row", "error", *(safe(name) for name in head)])
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=serial_sheets.KIND)
        for written, (number, cells, code, message) in enumerate(serial_sheets.refused(session, task)):
            writer.writerow([number, _reason(words, code, message), *(safe(cell) for cell in cells)])
            if written % _FLUSH == 0:
                yield sheet.getvalue()
                sheet.seek(0)
                sheet.truncate()
    yield sheet.getvalue()


def _reason(words: Texts, code: str, message: str) -> str:
    return words.problem(message) if code == "form_invalid" else words.failure(AppError(code, message))
