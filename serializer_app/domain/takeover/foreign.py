"""Foreign values: kept when they are seen, shown to people, and decided about.

The mirror finds them (sync.look_up) and holds their owner: nothing is written to it. A row in state ``held`` is that
hold, so held owners need no job of their own; a later change of the owner asks Shopify again. A decision writes into
``Mirror.pages`` what the next write needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items.mirrored import MirroredPage, MirroredPages, read_pages, write_pages
from serializer_app.errors import AppError
from serializer_app.store import outbox, upsert
from serializer_app.store.job_kinds import MIRRORS
from serializer_app.store.models import ForeignValue, Mirror

OwnerKind = Literal["order", "variant"]
State = Literal["held", "adopted", "declined", "gone"]
Decision = Literal["adopted", "declined"]

MOST_COUNTED = 10_000
"""Counting stops here: a shop that moves in may hold a million orders."""


@dataclass(frozen=True)
class SeenValue:
    """A foreign value as Shopify showed it just now."""

    key: str
    type: str
    text: str
    digest: str
    replaced_ours: bool = False


@dataclass(frozen=True)
class Kept:
    """A foreign value as it is kept. ``text`` is the latest one; both are empty once they were erased."""

    owner: OwnerKind
    owner_id: int
    key: str
    type: str
    first_text: str
    text: str
    digest: str
    state: State
    replaced_ours: bool
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime | None


@dataclass(frozen=True)
class Hold:
    """Why one owner is not written: under which keys something of another app stands.

    ``contested``: the other app is still writing. It replaced a value of ours, or changed its own since we saw it.
    """

    owner: OwnerKind
    owner_id: int
    keys: tuple[str, ...]
    since: datetime
    contested: bool


@dataclass(frozen=True)
class Counts:
    """Held owners of one shop, each counted up to MOST_COUNTED."""

    orders: int
    variants: int
    contested: bool

    @property
    def total(self) -> int:
        return self.orders + self.variants


def keep(
    session: Session, shop_id: int, owner: OwnerKind, owner_id: int, values: Sequence[SeenValue]
) -> list[str]:
    """Keep values that are there now, and hold their owner. Returns the keys that were not held before.

    The first text stays as it was first seen, and the latest one beside it; of those in between none is kept. A value
    that was decided about and is foreign again, because its text is another one by now, is held again.
    """
    if not values:
        return []
    moment = now()
    known = set(
        session.scalars(
            select(ForeignValue.key).where(*_of(shop_id, owner, owner_id), ForeignValue.state == "held")
        )
    )
    for value in values:
        text = value.text.encode("utf-8", "surrogatepass")
        row = {
            "shop_id": shop_id,
            "owner": owner,
            "owner_id": owner_id,
            "key": value.key,
            "type": value.type[:64],
            "first_text": text,
            "digest": value.digest,
            "state": "held",
            "replaced_ours": value.replaced_ours,
            "first_seen_at": moment,
            "last_seen_at": moment,
        }
        statement = upsert.insert(session, ForeignValue).values(row)
        fresh = statement.excluded
        changed = ForeignValue.digest != fresh.digest
        erased = ForeignValue.erased_at.is_not(None)
        differs = func.coalesce(ForeignValue.latest_text, ForeignValue.first_text) != fresh.first_text
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "owner", "owner_id", "key"],
                set_={
                    "type": fresh.type,
                    "latest_text": case(
                        (erased, None),
                        (differs, fresh.first_text),
                        else_=ForeignValue.latest_text,
                    ),
                    "digest": fresh.digest,
                    "state": "held",
                    "replaced_ours": or_(ForeignValue.replaced_ours, fresh.replaced_ours),
                    "last_seen_at": fresh.last_seen_at,
                    "changed_at": case((changed, fresh.last_seen_at), else_=ForeignValue.changed_at),
                },
            ),
            execution_options={"synchronize_session": False},
        )
    return [value.key for value in values if value.key not in known]


def let_go(
    session: Session, shop_id: int, owner: OwnerKind, owner_id: int, still_foreign: Collection[str] = ()
) -> None:
    """Shopify shows nothing foreign under the other keys any more: they hold the owner no longer. Texts stay kept."""
    session.execute(
        update(ForeignValue)
        .where(
            *_of(shop_id, owner, owner_id),
            ForeignValue.state == "held",
            ForeignValue.key.not_in(list(still_foreign)),
        )
        .values(state="gone", decided_at=now()),
        execution_options={"synchronize_session": False},
    )


def decide(
    session: Session,
    shop_id: int,
    owner: OwnerKind,
    owner_id: int,
    decision: Decision,
    *,
    says: Mapping[str, str] | None = None,
) -> list[Kept]:
    """Adopt or decline what holds an owner; returns the values that were decided about, none when nothing holds it.

    The next write takes the place of the very texts that were decided about: it is guarded by their digests, and looks
    first, so that an owner which says the right thing already is not written, and one that the other app has changed
    since is held again. Whoever adopts makes the items before, in the same transaction.

    ``says``: the SHA-256 of every text that we would write (key → hash), where all that stands there says the same.
    Such an owner is not written, not even a list of serials that it lacks; that comes with its next change.
    """
    values = [value for value in of_owner(session, shop_id, owner, owner_id) if value.state == "held"]
    if not values:
        return []
    whose = (Mirror.shop_id == shop_id, Mirror.owner == owner, Mirror.owner_id == owner_id)
    stored = session.scalar(select(Mirror.pages).where(*whose).with_for_update())
    pages: MirroredPages = read_pages(stored) if stored is not None else {}
    for value in values:
        held_hash = hashlib.sha256(value.text.encode("utf-8", "surrogatepass")).hexdigest()
        if says:
            pages[value.key] = MirroredPage(digest=value.digest, hash=says.get(value.key, held_hash))
        else:
            pages[value.key] = MirroredPage(digest=value.digest, hash=held_hash, look=True)
    for key, text_hash in (says or {}).items():
        if key not in pages:
            pages[key] = MirroredPage(hash=text_hash, was="shown")
    moment = now()
    row = {
        "shop_id": shop_id,
        "owner": owner,
        "owner_id": owner_id,
        "pages": write_pages(pages),
        "written_at": moment,
        "checked_at": moment,
    }
    statement = upsert.insert(session, Mirror).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "owner", "owner_id"], set_={"pages": statement.excluded.pages}
        ),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(ForeignValue)
        .where(*_of(shop_id, owner, owner_id), ForeignValue.state == "held")
        .values(state=decision, decided_at=moment),
        execution_options={"synchronize_session": False},
    )
    if not says:
        outbox.put(session, shop_id, MIRRORS[owner], [owner_id])
    return values


def of_owner(session: Session, shop_id: int, owner: OwnerKind, owner_id: int) -> list[Kept]:
    """Every value kept of one owner, in whatever state, by key."""
    rows = session.scalars(
        select(ForeignValue).where(*_of(shop_id, owner, owner_id)).order_by(ForeignValue.key)
    )
    return [as_kept(row) for row in rows]


def page(
    session: Session, shop_id: int, *, after: tuple[str, int, str] = ("", 0, ""), most: int = 100
) -> list[Kept]:
    """Held values with their texts, behind the place ``after`` (owner, owner ID, key): what an adoption walks over."""
    place = (ForeignValue.owner, ForeignValue.owner_id, ForeignValue.key)
    rows = session.scalars(
        select(ForeignValue).where(*_held(shop_id), tuple_(*place) > after).order_by(*place).limit(most)
    )
    return [as_kept(row) for row in rows]


def holds(session: Session, shop_id: int, *, after: tuple[str, int] = ("", 0), most: int = 50) -> list[Hold]:
    """Held owners behind ``after`` (owner, owner ID), without their texts."""
    place = (ForeignValue.owner, ForeignValue.owner_id)
    owners = session.execute(
        select(*place)
        .where(*_held(shop_id), tuple_(*place) > after)
        .group_by(*place)
        .order_by(*place)
        .limit(most)
    ).all()
    return _holds(session, shop_id, [(row.owner, row.owner_id) for row in owners])


def hold_of(session: Session, shop_id: int, owner: OwnerKind, owner_id: int) -> Hold | None:
    """Why an owner is not written; None when nothing holds it."""
    found = _holds(session, shop_id, [(owner, owner_id)])
    return found[0] if found else None


def held(session: Session, shop_id: int, owner: OwnerKind, owner_ids: Iterable[int]) -> set[int]:
    """Those of these owners that are held."""
    wanted = list(owner_ids)
    if not wanted:
        return set()
    return set(
        session.scalars(
            select(ForeignValue.owner_id).where(
                *_held(shop_id), ForeignValue.owner == owner, ForeignValue.owner_id.in_(wanted)
            )
        )
    )


def refuse_if_held(session: Session, shop_id: int, order_id: int) -> None:
    """Raises AppError ``foreign_values`` 409 for an order that holds data of another app: items that were generated
    now would stand beside those that the other app made for the same units.
    """
    if held(session, shop_id, "order", [order_id]):
        raise AppError(
            "foreign_values",
            f"Order {order_id} holds data of another app in its metafields. Adopt or discard it first.",
            status=409,
        )


def unwritten(session: Session, shop_id: int, order_ids: Sequence[int]) -> list[int]:
    """Those of these orders of which we hold no digest: only Shopify can tell whether they hold foreign values."""
    rows = session.execute(
        select(Mirror.owner_id, Mirror.pages).where(
            Mirror.shop_id == shop_id, Mirror.owner == "order", Mirror.owner_id.in_(order_ids)
        )
    )
    written = {
        row.owner_id
        for row in rows
        if any(known.digest and not known.foreign for known in read_pages(row.pages).values())
    }
    return [order_id for order_id in order_ids if order_id not in written]


def is_any_kept(session: Session, shop_id: int) -> bool:
    """Whether there is a copy of anything that another app wrote, decided about or not."""
    return (
        session.scalar(select(ForeignValue.shop_id).where(ForeignValue.shop_id == shop_id).limit(1))
        is not None
    )


def counts(session: Session, shop_id: int) -> Counts:
    """How many owners are held, for pages and the command line."""

    def number(owner: OwnerKind) -> int:
        owners = (
            select(ForeignValue.owner_id)
            .where(*_held(shop_id), ForeignValue.owner == owner)
            .group_by(ForeignValue.owner_id)
            .limit(MOST_COUNTED)
            .subquery()
        )
        return session.scalar(select(func.count()).select_from(owners)) or 0

    orders, variants = number("order"), number("variant")
    contested = False
    if orders or variants:
        first = select(ForeignValue.key).where(*_held(shop_id), _CONTESTED).limit(1)
        contested = session.scalar(first) is not None
    return Counts(orders, variants, contested)


class _HeldValue(NamedTuple):
    key: str
    first_seen_at: datetime
    contested: bool


def _holds(session: Session, shop_id: int, owners: Sequence[tuple[OwnerKind, int]]) -> list[Hold]:
    if not owners:
        return []
    rows = session.execute(
        select(
            ForeignValue.owner,
            ForeignValue.owner_id,
            ForeignValue.key,
            ForeignValue.first_seen_at,
            _CONTESTED.label("contested"),
        )
        .where(*_held(shop_id), tuple_(ForeignValue.owner, ForeignValue.owner_id).in_(owners))
        .order_by(ForeignValue.owner, ForeignValue.owner_id, ForeignValue.key)
    ).all()
    found: dict[tuple[OwnerKind, int], list[_HeldValue]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(_HeldValue(*row[2:]))
    return [
        Hold(
            *owner,
            tuple(row.key for row in part),
            min(row.first_seen_at for row in part),
            any(row.contested for row in part),
        )
        for owner, part in found.items()
    ]


_CONTESTED = or_(ForeignValue.replaced_ours, ForeignValue.changed_at.is_not(None))


def _held(shop_id: int) -> tuple[ColumnElement[bool], ...]:
    return (ForeignValue.shop_id == shop_id, ForeignValue.state == "held")


def _of(shop_id: int, owner: str, owner_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        ForeignValue.shop_id == shop_id,
        ForeignValue.owner == owner,
        ForeignValue.owner_id == owner_id,
    )


def as_kept(row: ForeignValue) -> Kept:
    """A stored row with its texts."""
    first = row.first_text.decode("utf-8", "surrogatepass")
    latest = first if row.latest_text is None else row.latest_text.decode("utf-8", "surrogatepass")
    return Kept(
        row.owner,
        row.owner_id,
        row.key,
        row.type,
        first,
        latest,
        row.digest,
        row.state,
        row.replaced_ours,
        row.first_seen_at,
        row.last_seen_at,
        row.changed_at,
    )
