"""What happened to a thing: one entry per change (contract §7.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.paging import START, Page, Place, walk
from serializer_app.store.models import HistoryEntry
from serializer_app.text import Json, JsonObject

ERASED_ACTOR = "customer:erased"
"""Who did something is no longer known: a customer whose data was erased."""

PRIVATE_FIELDS = frozenset({"orderNumber", "channel", "purchaseDate"})
"""Of a registration: their values leave history together with the customer."""

Changes = Mapping[str, Mapping[str, Json]]
"""{field: {"from": old, "to": new}}; of personal data the values stay out: {field: {}}."""


NewChanges = Mapping[str, Mapping[str, object]]
"""The same before it is written: values that msgspec can encode."""

Entry = tuple[datetime, str, str, Changes]
"""When, who, what was done, changes."""

KeyedEntry = tuple[int, datetime, str, str, Changes]
"""An entry behind its key."""


def record(
    session: Session,
    shop_id: int,
    subject: str,
    entries: Iterable[tuple[int, NewChanges]],
    *,
    actor: str,
    action: str,
) -> None:
    """Write one entry for each (subject id, changes), all by one actor at one moment."""
    at = now()
    rows = [
        {
            "shop_id": shop_id,
            "subject": subject,
            "subject_id": subject_id,
            "at": at,
            "actor": actor,
            "action": action,
            "changes": msgspec.json.encode(changes).decode(),
        }
        for subject_id, changes in entries
    ]
    if rows:
        session.connection().execute(insert(HistoryEntry), rows)


def forget(session: Session, shop_id: int, subject: str, subject_id: int) -> None:
    """Keep of private fields only that they changed, and of customers who did something only that one did."""
    rows = session.execute(
        select(HistoryEntry.id, HistoryEntry.actor, HistoryEntry.changes).where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == subject,
            HistoryEntry.subject_id == subject_id,
        )
    ).all()
    for key, actor, stored in rows:
        changes: Changes = msgspec.json.decode(stored)
        kept: dict[str, JsonObject] = {
            name: {} if name in PRIVATE_FIELDS else change for name, change in changes.items()
        }
        nobody = ERASED_ACTOR if actor.startswith("customer:") else actor
        if (kept, nobody) != (changes, actor):
            session.execute(
                update(HistoryEntry)
                .where(HistoryEntry.shop_id == shop_id, HistoryEntry.id == key)
                .values(changes=msgspec.json.encode(kept).decode(), actor=nobody),
                execution_options={"synchronize_session": False},
            )


def page(
    session: Session, shop_id: int, subject: str, subject_id: int, place: Place = START, *, most: int = 100
) -> Page[KeyedEntry]:
    """What happened to one thing, oldest first."""
    of_subject = (
        HistoryEntry.shop_id == shop_id,
        HistoryEntry.subject == subject,
        HistoryEntry.subject_id == subject_id,
    )
    keys = walk(session, select(HistoryEntry.id).where(*of_subject), HistoryEntry.id, place, most)
    rows = session.execute(
        select(
            HistoryEntry.id, HistoryEntry.at, HistoryEntry.actor, HistoryEntry.action, HistoryEntry.changes
        )
        .where(*of_subject, HistoryEntry.id.in_(keys.rows))
        .order_by(HistoryEntry.id)
    )
    return keys.of(
        [(key, at, actor, action, msgspec.json.decode(changes)) for key, at, actor, action, changes in rows]
    )


def entries(
    session: Session, shop_id: int, subject: str, subject_id: int, *, most: int = 1000
) -> list[Entry]:
    """The first ``most`` entries, oldest first."""
    rows = session.execute(
        select(HistoryEntry.at, HistoryEntry.actor, HistoryEntry.action, HistoryEntry.changes)
        .where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == subject,
            HistoryEntry.subject_id == subject_id,
        )
        .order_by(HistoryEntry.id)
        .limit(most)
    ).all()
    return [(at, actor, action, msgspec.json.decode(changes)) for at, actor, action, changes in rows]
