"""What is kept for a while only: answers to requests, logs, results of uploads, drawn codes, counts of scans,
files of claims that nobody confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from sqlalchemy.orm import Session

from serializer_app.domain import idempotency, tasks
from serializer_app.domain.attachments import attachments
from serializer_app.domain.buyers import confirmations, scans
from serializer_app.domain.desk import label_bundles
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import uploads
from serializer_app.domain.webhooks_out import deliveries
from serializer_app.errors import AppError
from serializer_app.store.db import Database
from serializer_app.sync.work import contained

log = structlog.get_logger(__name__)


def _of_all(sweep: Callable[[Session], object]) -> Callable[[Session, int], object]:
    return lambda session, _shop_id: sweep(session)


SWEEPS: Mapping[str, Callable[[Session, int], object]] = {
    "files": _of_all(privacy.expire_files),
    "idempotency": _of_all(idempotency.sweep),
    "confirmations": _of_all(confirmations.sweep),
    "attachments": _of_all(attachments.sweep),
    "scans": _of_all(scans.sweep),
    "deliveries": deliveries.expire,
    "uploads": uploads.move_old,
    "codes": label_bundles.forget,
    "tasks": tasks.forget,
}
"""Each forgets what is older than promised, in a transaction of its own. One that returns True has more to forget."""


def expire(db: Database, shop_id: int) -> None:
    """Run every sweep, for the hourly round of a shop. One that fails is logged and leaves the others alone."""
    for name, sweep in SWEEPS.items():
        try:
            more = True
            while more:
                with contained(kind="expire", job_key=name), db.write() as session:
                    more = sweep(session, shop_id) is True
        except AppError as error:
            log.warning("sweep failed", sweep=name, code=error.code)
