"""Looking at, adopting and declining the other app's data of a whole shop, as one piece of long work (domain.tasks).

The worker carries it out (sync.takeover): first it looks at every variant and order in Shopify and keeps what it finds,
then it goes through what is held. Each slice and how far it came are one transaction, so a killed worker repeats one
slice at most, and repeating is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from serializer_app.clock import iso, now
from serializer_app.domain import tasks
from serializer_app.domain.takeover.foreign import OwnerKind, as_kept
from serializer_app.domain.takeover.reading import OldItem, Problem
from serializer_app.errors import AppError
from serializer_app.store.models import ForeignValue, Task
from serializer_app.text import Json, JsonDict, JsonObject

Kind = Literal["takeover-look", "takeover-adopt", "takeover-decline"]
LOOK: Kind = "takeover-look"
ADOPT: Kind = "takeover-adopt"
DECLINE: Kind = "takeover-decline"
KINDS: tuple[Kind, ...] = (LOOK, ADOPT, DECLINE)
SAMPLES = 10
_EXPORTED = 50
MOST_NAMED = 200
"""Problems that are kept with their place; all of them are counted."""
Phase = Literal["variants", "orders", "decide", "decide-orders"]
_FIRST: Mapping[Kind, Phase] = {LOOK: "variants", ADOPT: "variants", DECLINE: "decide"}


class MoveSpec(msgspec.Struct, frozen=True):
    """The spec of the task: the part of the work that it is in since ``since``, and what it found.

    ``cursor`` is Shopify's and says where the look at the orders goes on; the other phases go on at the task's
    ``position``.
    """

    phase: Phase
    since: datetime
    cursor: str = ""
    samples: list[JsonDict] = []
    problems: list[JsonDict] = []


@dataclass(frozen=True)
class Move:
    """How it stands with the newest look, adoption or decline of a shop.

    ``counts``: words of the tally, such as ``orders``, ``items`` and ``problem.not_json``. ``problems`` are the first
    MOST_NAMED: {"owner", "id", "code", "detail"}.
    """

    task: Task
    kind: str
    phase: str
    running: bool
    done: int
    total: int
    counts: Mapping[str, int]
    samples: Sequence[JsonDict]
    problems: Sequence[JsonDict]
    finished_at: datetime | None


def begin(session: Session, shop_id: int, kind: Kind, *, actor: str) -> Task:
    """Have the worker begin. Raises AppError ``takeover_running`` 409 while another one runs."""
    tasks.lock(session, shop_id)
    newest = _newest(session, shop_id)
    if newest is not None and newest.finished_at is None:
        raise AppError("takeover_running", "The other app's data is being worked on already.", status=409)
    task = tasks.draft(session, shop_id, kind, MoveSpec(_FIRST[kind], now()), total=0, actor=actor)
    tasks.start(session, task)
    return task


def newest(session: Session, shop_id: int) -> Move | None:
    """The newest one, running or finished; None where there never was one in the last thirty days."""
    task = _newest(session, shop_id)
    if task is None:
        return None
    spec = tasks.spec_of(task, MoveSpec)
    return Move(
        task,
        task.kind,
        spec.phase,
        task.finished_at is None,
        task.done,
        task.total,
        tasks.counts(task),
        spec.samples,
        spec.problems,
        task.finished_at,
    )


def seconds_left(task: Task) -> int | None:
    """How long the running task still takes at the pace it had so far; None when nothing tells."""
    if task.finished_at is not None or not task.done or not task.total:
        return None
    spent = (now() - tasks.spec_of(task, MoveSpec).since).total_seconds()
    return max(1, round(spent / task.done * (task.total - task.done)))


def enter_phase(session: Session, task: Task, phase: Phase, *, total: int = 0) -> None:
    """Go on with another part of the work."""
    spec = replace(tasks.spec_of(task, MoveSpec), phase=phase, cursor="", since=now())
    task.done, task.total = 0, total
    tasks.advance(session, task, spec=spec)


def advance(
    session: Session,
    task: Task,
    *,
    done: int = 0,
    cursor: str = "",
    position: int = 0,
    tally: Mapping[str, int] | None = None,
    samples: Sequence[JsonObject] = (),
    problems: Sequence[JsonObject] = (),
) -> None:
    """A slice is done; ``samples`` and ``problems`` are those of the slice."""
    spec = tasks.spec_of(task, MoveSpec)
    spec = replace(
        spec,
        cursor=cursor,
        samples=[*spec.samples, *samples][:SAMPLES],
        problems=[*spec.problems, *problems][:MOST_NAMED],
    )
    tasks.advance(session, task, position=position, done=done, tally=tally, spec=spec)


def held_owners(session: Session, shop_id: int, owner: OwnerKind, *, after: int, most: int) -> list[int]:
    """IDs of held owners of one kind behind ``after``."""
    query = (
        select(ForeignValue.owner_id)
        .where(
            ForeignValue.shop_id == shop_id,
            ForeignValue.state == "held",
            ForeignValue.owner == owner,
            ForeignValue.owner_id > after,
        )
        .group_by(ForeignValue.owner_id)
        .order_by(ForeignValue.owner_id)
        .limit(most)
    )
    return list(session.scalars(query))


def count_held(session: Session, shop_id: int) -> int:
    """How many owners are held, all of them counted."""
    owners = (
        select(ForeignValue.owner, ForeignValue.owner_id)
        .where(ForeignValue.shop_id == shop_id, ForeignValue.state == "held")
        .distinct()
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(owners)) or 0


def export(session: Session, shop_id: int) -> Iterator[dict[str, Json]]:
    """Everything that was kept of the other app, in whatever state, as plain values: one for each metafield."""
    place = (ForeignValue.owner, ForeignValue.owner_id, ForeignValue.key)
    after: tuple[str, int, str] = ("", 0, "")
    while True:
        query = select(ForeignValue).where(ForeignValue.shop_id == shop_id, tuple_(*place) > after)
        rows = session.scalars(query.order_by(*place).limit(_EXPORTED)).all()
        for row in rows:
            value = as_kept(row)
            yield {
                "owner": value.owner,
                "ownerId": value.owner_id,
                "key": value.key,
                "type": value.type,
                "state": value.state,
                "text": value.text,
                "firstText": value.first_text if value.first_text != value.text else None,
                "firstSeenAt": iso(value.first_seen_at),
                "lastSeenAt": iso(value.last_seen_at),
            }
        if len(rows) < _EXPORTED:
            return
        after = (rows[-1].owner, rows[-1].owner_id, rows[-1].key)
        session.expunge_all()


def tally_of(problems: Sequence[Problem]) -> dict[str, int]:
    """Problems by their code."""
    counted: dict[str, int] = {}
    for problem in problems:
        word = f"problem.{problem.code}"
        counted[word] = counted.get(word, 0) + 1
    return counted


def named(owner: OwnerKind, owner_id: int, problems: Sequence[Problem]) -> list[JsonObject]:
    return [
        {"owner": owner, "id": owner_id, "code": problem.code, "detail": problem.detail}
        for problem in problems
    ]


def sample(order_id: int, item: OldItem) -> JsonObject:
    return {
        "order": order_id,
        "itemId": item.item_id,
        "serialNumber": item.serial_number,
        "fields": item.fields,
        "warranty": item.warranty,
    }


def _newest(session: Session, shop_id: int) -> Task | None:
    found = [tasks.latest(session, shop_id, kind) for kind in KINDS]
    return max((task for task in found if task is not None), key=lambda task: task.id, default=None)
