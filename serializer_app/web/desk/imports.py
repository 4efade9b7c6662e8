"""Serial numbers from a file: what it would do is shown over all of its rows; then the worker enters them."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, g, request

from serializer_app.domain import tasks
from serializer_app.domain.desk import spreadsheets
from serializer_app.domain.desk.spreadsheets import SheetSpec
from serializer_app.domain.sheets.cells import TROUBLES
from serializer_app.domain.sheets.writer import TYPES, Plain, Writer
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.web.desk.forms import checked
from serializer_app.web.desk.frame import address, desk, said, show, texts
from serializer_app.web.desk.spreadsheets import download
from serializer_app.web.desk.tasks import RECENT, standing
from serializer_app.web.house import house, still_alive
from serializer_app.web.texts import Texts
from serializer_app.web.wire.values import SERIAL_NUMBER

_SHOWN = 200


@desk.get("/items/import")
def import_page() -> Response:
    with house().db.read() as session:
        return show(
            "import",
            shops.by_id(session, g.shop_id),
            task=None,
            last=tasks.newest(session, g.shop_id, spreadsheets.KIND),
            recent=tasks.recent(session, g.shop_id, spreadsheets.KIND, most=RECENT),
            standing=standing,
        )


@desk.post("/items/import")
def look_through() -> Response:
    """The whole file as the body. Nothing is entered before somebody has seen what would be."""
    request.max_content_length = spreadsheets.MOST_BYTES
    content = request.get_data()
    with house().db.read() as session:
        judged = spreadsheets.look_through(session, g.shop_id, content, wrong=_wrong, heartbeat=still_alive)
    with house().db.write() as session:
        task = spreadsheets.keep(session, g.shop_id, judged, actor=g.actor)
        return said("", address("desk.import_task", task_id=task.public_id))


def _wrong(serial: str) -> AppError | None:
    try:
        checked(SERIAL_NUMBER, serial)
    except AppError as error:
        return error
    return None


@desk.get("/items/import/<task_id>")
def import_task(task_id: str) -> Response:
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=spreadsheets.KIND)
        words = texts()
        spec = tasks.spec_of(task, SheetSpec)
        return show(
            "import",
            shops.by_id(session, g.shop_id),
            task=task,
            counts=tasks.counts(task),
            refused=[
                (number, ", ".join(cells), _reason(words, code, message))
                for number, cells, code, message in spreadsheets.refused(session, task, most=_SHOWN)
            ],
            notes=[
                (row, words.label(f"import.note.{code}", detail=detail)) for row, code, detail in spec.notes
            ],
            noted=spec.noted,
            shown=_SHOWN,
            standing=standing,
        )


@desk.post("/items/import/<task_id>/start")
def start_import(task_id: str) -> Response:
    """Sent twice it is entered once."""
    with house().db.write() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=spreadsheets.KIND, lock=True)
        tasks.start(session, task)
    return said(texts().gettext("The import has begun"))


@desk.get("/items/import/<task_id>/errors.<form>")
def import_errors(task_id: str, form: str) -> Response:
    """The refused rows as they were in the file, and why: corrected, the file can be imported again."""
    if form not in TYPES:
        raise AppError("not_found", "There is no export of this kind", status=404)
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=spreadsheets.KIND)
        head = tasks.spec_of(task, SheetSpec).head
    # Not "line": read again, that would be the line of an order.
    writer = Writer(form, ["row", "error", *head])
    return download(_errors(task_id, writer, texts()), "errors", form)


def _errors(task_id: str, writer: Writer, words: Texts) -> Iterator[bytes]:
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=spreadsheets.KIND)
        for number, cells, code, message in spreadsheets.refused(session, task):
            kept = [Plain(cell) for cell in cells] if code in TROUBLES else cells
            yield writer.write([[number, _reason(words, code, message), *kept]])
    yield writer.end()


def _reason(words: Texts, code: str, message: str) -> str:
    return words.problem(message) if code == "form_invalid" else words.failure(AppError(code, message))
