"""Whether Shopify's metafields say what is stored here, as /api/v1 shows it of orders and variants."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from serializer_app.clock import iso
from serializer_app.domain.items.mirrored import MirrorStanding
from serializer_app.domain.takeover.foreign import Hold
from serializer_app.web.wire.items import Time


class MirrorWire(msgspec.Struct):
    """Whether the metafields in Shopify say what is stored here.

    `current`: nothing is waiting to be written. `waiting`: about to be written, or tried again at `nextTryAt`.
    `failed`: Shopify refused for good; `problem` says why. `held`: the metafields hold data of another app, which is
    never overwritten; nothing is written until it is adopted or discarded.
    """

    state: Literal["current", "waiting", "failed", "held"]
    writtenAt: Time | None
    attempts: int | UnsetType = UNSET
    nextTryAt: Time | UnsetType = UNSET
    problem: str | UnsetType = UNSET


def mirror_wire(standing: MirrorStanding, hold: Hold | None) -> MirrorWire:
    """``hold`` says what of another app stands there; it comes before whatever waits."""
    written_at = _time(standing.written_at)
    if hold is not None:
        keys = ", ".join(f"serializer.{key}" for key in hold.keys)
        return MirrorWire("held", written_at, problem=f"Data of another app in {keys}")
    waiting = standing.waiting
    if waiting is None:
        return MirrorWire("current", written_at)
    problem = waiting.problem or UNSET
    if waiting.parked_at is not None:
        return MirrorWire("failed", written_at, attempts=waiting.attempts, problem=problem)
    return MirrorWire(
        "waiting",
        written_at,
        attempts=waiting.attempts,
        nextTryAt=iso(waiting.due_at),
        problem=problem,
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
