"""Drawing the codes of many units: some dozen at a time, outside any transaction, so that orders need not wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from copy import copy

from serializer_app.domain import tasks
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.desk.label_bundles import Form, Part, Piece
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.outbox import Job
from serializer_app.sync.work import Verdict, Work, contained, one_by_one

SECONDS = 5.0


@one_by_one()
def draw(work: Work, job: Job) -> Verdict:
    """Handler of ``codes``: the key is the task's public id. One that was forgotten meanwhile is done."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if not _part(work, job.key):
            return Verdict(done=[job])
    return Verdict(postponed=[(job, 0.0)])


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


def _part(work: Work, public_id: str) -> bool:
    try:
        with work.db.write() as session:
            shop = shops.by_id(session, work.shop_id)
            task = tasks.find(session, shop.id, public_id)
            wanted, position = label_bundles.wanted_of(task), task.position
            found = label_bundles.next_slice(session, shop, task)
            tokens = label_bundles.links(session, shop.id, found.items, actor=task.created_by)
            pieces = label_bundles.described(session, shop, found, tokens, wanted.gs1)
        drawn = _drawn(pieces, wanted.form, public_id)
        with work.db.write() as session:
            task = tasks.find(session, work.shop_id, public_id, lock=True)
            return label_bundles.keep(session, task, position, found, drawn)
    except AppError as error:
        if error.code in {"task_not_found", "upload_not_found"}:
            return False
        raise
