"""How far long work is: what the progress bar of a page asks for until it is done."""

from __future__ import annotations

from flask import Response, g

from serializer_app.domain import tasks
from serializer_app.domain.takeover import moves
from serializer_app.store.models import Task
from serializer_app.web.answers import answer
from serializer_app.web.desk.frame import desk, texts
from serializer_app.web.house import house
from serializer_app.web.texts import LABELS, Texts


@desk.get("/tasks/<task_id>")
def progress(task_id: str) -> Response:
    """Raises AppError ``task_not_found`` 404, also for work that no page shows, such as a reconciliation."""
    with house().db.read() as session:
        task = tasks.find(session, g.shop_id, task_id)
    if f"task.{task.kind}.running" not in LABELS:
        raise tasks.not_found()
    return answer(
        {
            "done": task.done,
            "total": task.total,
            "finished": task.finished_at is not None,
            "said": standing(task, texts()),
        }
    )


RECENT = 10
"""As many finished and running imports does a page list."""


def standing(task: Task, words: Texts) -> str:
    """How far a task is, or what came of it, in a sentence."""
    counts = tasks.counts(task)
    numbers = {
        "done": task.done,
        "total": task.total,
        "changed": counts.get("changed", 0),
        "created": counts.get("created", 0),
        "entered": counts.get("entered", 0),
        "same": counts.get("same", 0) + counts.get("unchanged", 0),
        "bad": counts.get("bad", 0) + counts.get("failed", 0),
        "looked": counts.get("lookedOrders", 0),
        "orders": counts.get("orders", 0),
        "items": counts.get("items", 0),
    }
    state = "running" if task.finished_at is None else "finished"
    if task.kind in moves.KINDS and state == "running" and not task.total:
        state = "searching"  # how many orders there are is known when all have been seen
    said = words.numbers(f"task.{task.kind}.{state}", **numbers)
    seconds = moves.seconds_left(task) if task.kind in moves.KINDS else None
    if seconds is None:
        return said
    left = words.ngettext("About {count} minute left.", "About {count} minutes left.", -(-seconds // 60))
    return f"{said} {left}"
