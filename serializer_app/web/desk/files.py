"""Imports and exports of items, registry serials and registrations. A file is previewed as a whole, then entered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

from flask import Response, g, request

from serializer_app.domain import tasks
from serializer_app.domain.imports import files, item_export, items, serials
from serializer_app.domain.imports.files import FileSpec
from serializer_app.domain.imports.kinds import Context, ImportKind
from serializer_app.domain.registry import uploads
from serializer_app.domain.sheets.writer import TYPES, Form
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.web.desk.frame import address, desk, said, show, texts
from serializer_app.web.desk.items import asked_filters
from serializer_app.web.desk.spreadsheets import download
from serializer_app.web.desk.tasks import RECENT, standing
from serializer_app.web.house import house, still_alive

_SHOWN = 200


def reading(shop_id: int, actor: str) -> Callable[[], AbstractContextManager[Context]]:
    """Return what opens a context for each page of an export: a slow reader holds no connection."""
    database, vault = house().db, house().vault

    @contextmanager
    def opened() -> Iterator[Context]:
        with database.read() as session:
            yield Context(session, vault, shops.by_id(session, shop_id), actor)

    return opened


def written(kind: ImportKind, form: str) -> Response:
    """An export, sent while it is written. Raises AppError ``not_found`` 404 for a form that nobody writes."""
    pieces = files.export(kind, _form(form), reading(g.shop_id, g.actor))
    return download(_alive(pieces), kind.name, form)


def _alive(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        still_alive()
        yield piece


def _form(form: str) -> Form:
    if form not in TYPES:
        raise AppError("not_found", "There is no export of this kind", status=404)
    return form


@desk.get("/items/export.<form>")
def export_items(form: str) -> Response:
    """Every living item that matches the filters of the page."""
    export = partial(item_export.export, filters=asked_filters())
    return written(replace(items.KIND, export=export), form)


@desk.get("/imports/<name>")
def import_kind(name: str) -> Response:
    kind = files.kind_named(name)
    with house().db.read() as session:
        return show(
            "imports",
            shops.by_id(session, g.shop_id),
            kind=kind,
            task=None,
            last=tasks.newest(session, g.shop_id, kind.task),
            recent=tasks.recent(session, g.shop_id, kind.task, most=RECENT),
            uploads=uploads.recent(session, g.shop_id, most=RECENT) if kind is serials.KIND else [],
            standing=standing,
        )


@desk.post("/imports/<name>")
def preview_import(name: str) -> Response:
    """The whole file as the body. Nothing is entered before somebody has seen what would be."""
    kind = files.kind_named(name)
    request.max_content_length = files.MOST_BYTES
    content = request.get_data()
    with reading(g.shop_id, g.actor)() as context:
        judged = files.look_through(context, kind, content, heartbeat=still_alive)
    with house().db.write() as session:
        context = Context(session, house().vault, shops.by_id(session, g.shop_id), g.actor)
        task = files.keep(context, judged)
        return said("", address("desk.kept_import", name=name, task_id=task.public_id))


@desk.get("/imports/<name>/template.<form>")
def import_template(name: str, form: str) -> Response:
    """The columns of a kind and one row as an example."""
    kind = files.kind_named(name)
    with house().db.read() as session:
        content = files.template(shops.by_id(session, g.shop_id), kind, _form(form))
    return download(iter([content]), f"{kind.name}-template", form)


@desk.get("/imports/<name>/export.<form>")
def export_kind(name: str, form: str) -> Response:
    return written(files.kind_named(name), form)


@desk.get("/imports/<name>/<task_id>")
def kept_import(name: str, task_id: str) -> Response:
    kind = files.kind_named(name)
    words = texts()
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id, kind=kind.task)
        spec = tasks.spec_of(task, FileSpec)
        refused = files.refused(session, house().vault, task, most=_SHOWN)
        return show(
            "imports",
            shops.by_id(session, g.shop_id),
            kind=kind,
            task=task,
            counts=tasks.counts(task),
            refused=[
                (row, ", ".join(cells), words.failure(AppError(code, message)))
                for row, cells, code, message in refused
            ],
            notes=[
                (row, words.label(f"import.note.{code}", detail=detail)) for row, code, detail in spec.notes
            ],
            noted=spec.noted,
            shown=_SHOWN,
            standing=standing,
        )


@desk.get("/imports/serials/uploads/<upload_id>/result")
def upload_result(upload_id: str) -> Response:
    """The verdict on each entry of a file that another system uploaded, in the form of that file."""
    with house().db.read() as session:
        upload = uploads.find(session, g.shop_id, upload_id)
        uploads.result(session, upload)
    return download(_verdicts(g.shop_id, upload.public_id), f"serials-{upload.public_id}", upload.form)


def _verdicts(shop_id: int, upload_id: str) -> Iterator[bytes]:
    with house().db.read() as session:
        for lines in uploads.result(session, uploads.find(session, shop_id, upload_id)):
            still_alive()
            yield lines.encode()


@desk.post("/imports/<name>/<task_id>/start")
def start_kept_import(name: str, task_id: str) -> Response:
    """Sent twice it is entered once."""
    kind = files.kind_named(name)
    with house().db.write() as session:
        tasks.start(session, tasks.find(session, g.shop_id, task_id, kind=kind.task, lock=True))
    return said(texts().gettext("The import has begun"))


@desk.get("/imports/<name>/<task_id>/result.<form>")
def import_result(name: str, task_id: str, form: str) -> Response:
    """The refused rows as they were in the file, and why: corrected, the file can be imported again."""
    kind, wanted = files.kind_named(name), _form(form)
    with house().db.read() as session:
        tasks.find(session, g.shop_id, task_id, kind=kind.task)
    return download(_refused(g.shop_id, task_id, wanted), "refused", form)


def _refused(shop_id: int, task_id: str, form: Form) -> Iterator[bytes]:
    words = texts()
    with house().db.read() as session:
        task = tasks.find(session, shop_id, task_id)
        yield from files.result(
            session,
            house().vault,
            task,
            form,
            lambda code, message: words.failure(AppError(code, message)),
        )
