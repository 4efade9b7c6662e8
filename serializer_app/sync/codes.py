"""Drawing the codes of many units: some dozen at a time, outside any transaction, so that orders need not wait."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from copy import copy

from serializer_app.domain import tasks
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.desk.label_bundles import Form, Part, Piece
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import TURN_SECONDS, LongWork, Slice
from serializer_app.sync.work import Work, contained


def _draw_part(work: Work, _job: Job, seen: Task) -> Slice:
    """One part of a bundle. When the file whose serials it shows was deleted, the bundle ends with what it has."""
    wanted = label_bundles.wanted_of(seen)
    found, pieces = label_bundles.Slice(), []
    try:
        with work.db.write() as session:
            shop = shops.by_id(session, work.shop_id)
            found = label_bundles.next_slice(session, shop, seen)
            tokens = label_bundles.links(session, shop.id, found.items, actor=seen.created_by)
            pieces = label_bundles.described(session, shop, found, tokens, wanted.gs1)
    except AppError as error:
        if error.code != "upload_not_found":
            raise
    drawn = _drawn(pieces, wanted.form, seen.public_id)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        return Slice(label_bundles.keep(session, task, found, drawn))


CODES = LongWork(label_bundles.KIND, _draw_part, seconds=TURN_SECONDS)


def _drawn(pieces: Sequence[Piece], form: Form, public_id: str) -> Part:
    """The pictures. A piece that cannot be drawn is left out of the bundle, and the log names the task."""
    try:
        with contained(kind=label_bundles.KIND, job_key=public_id):
            return label_bundles.draw([copy(piece) for piece in pieces], form)
    except AppError:
        parts = []
        for piece in pieces:
            with suppress(AppError), contained(kind=label_bundles.KIND, job_key=public_id, file=piece.file):
                parts.append(label_bundles.draw([piece], form))
        return Part(
            [piece for part in parts for piece in part.pieces], b"".join(part.files for part in parts)
        )
