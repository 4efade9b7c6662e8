"""Files: serials by the hundred thousand, entered in the background with progress and a result file."""

from __future__ import annotations

from typing import Literal

import msgspec
from flask import Response, g, request

from serializer_app.clock import iso
from serializer_app.domain.registry import uploads
from serializer_app.domain.registry.uploads import Form, Upload
from serializer_app.domain.sheets.reader import XLSX
from serializer_app.errors import AppError
from serializer_app.web.answers import answer
from serializer_app.web.api.operations import operation, read_file
from serializer_app.web.house import house
from serializer_app.web.wire.items import Time

TAG = "Uploads"

_FORMS: dict[str, Form] = {
    "text/csv": "csv",
    XLSX: "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


class UploadWire(msgspec.Struct):
    """A file of serials. `created` and `failed` count serials so far; `progress` is from 0 to 1."""

    id: str
    status: Literal["waiting", "running", "done"]
    form: Literal["csv", "jsonl"]
    progress: float
    entries: int
    created: int
    failed: int
    createdAt: Time
    finishedAt: Time | None
    resultPath: str | None


class UploadList(msgspec.Struct):
    """The newest hundred uploads, newest first."""

    results: list[UploadWire]


def upload_wire(upload: Upload) -> UploadWire:
    done = upload.finished_at is not None
    return UploadWire(
        id=upload.public_id,
        status="done" if done else "running" if upload.parts_done else "waiting",
        form=upload.form,
        progress=round(upload.parts_done / upload.parts, 3),
        entries=upload.entries,
        created=upload.created,
        failed=upload.failed,
        createdAt=iso(upload.created_at),
        finishedAt=iso(upload.finished_at) if upload.finished_at else None,
        resultPath=f"/api/v1/serials/uploads/{upload.public_id}/result" if done else None,
    )


@operation(
    "POST",
    "/serials/uploads",
    tag=TAG,
    summary="Upload a file of serials",
    description=(
        "Up to 20 MB, as CSV or an Excel workbook (the first line names the columns serialNumber or quantity, and "
        "experienceId or productSku) or as JSON Lines (an entry of POST /serials a line). It is entered in the "
        "background; every entry gets its own verdict in the result file, which is CSV for both kinds of spreadsheet."
    ),
    takes=tuple(_FORMS),
    answers={202: UploadWire},
    errors=("upload_invalid",),
)
def post_upload() -> Response:
    form = _FORMS.get(request.mimetype)
    if form is None:
        raise AppError("unsupported_media_type", f"Content-Type is one of {', '.join(_FORMS)}", status=415)
    content = read_file(uploads.MOST_BYTES)
    with house().db.write() as session:
        upload = uploads.begin(session, g.shop_id, form, content, actor=g.actor)
        return answer(upload_wire(upload), 202)


@operation("GET", "/serials/uploads", tag=TAG, summary="List the newest uploads", answers={200: UploadList})
def list_uploads() -> Response:
    with house().db.read() as session:
        return answer(UploadList([upload_wire(upload) for upload in uploads.recent(session, g.shop_id)]))


@operation(
    "GET",
    "/serials/uploads/{uploadId}",
    tag=TAG,
    summary="Read how far an upload is",
    answers={200: UploadWire},
    errors=("upload_not_found",),
)
def get_upload(upload_id: str) -> Response:
    with house().db.read() as session:
        return answer(upload_wire(uploads.find(session, g.shop_id, upload_id)))


@operation(
    "GET",
    "/serials/uploads/{uploadId}/result",
    tag=TAG,
    summary="Download the result file of an upload",
    description="One verdict for each serial: its address, or an errorMessage. JSON Lines for JSON Lines, else CSV.",
    answers={200: str},
    gives=tuple(_TYPES.values()),
    errors=("upload_not_found", "upload_running"),
)
def get_upload_result(upload_id: str) -> Response:
    with house().db.read() as session:
        upload = uploads.find(session, g.shop_id, upload_id)
        lines = uploads.result(session, upload)
        name = f"serials-{upload.public_id}.{upload.form}"
        return Response(
            "".join(lines),
            headers={"Content-Disposition": f"attachment; filename={name}"},
            content_type=f"{_TYPES[upload.form]}; charset=utf-8",
        )
