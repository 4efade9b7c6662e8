"""What Shopify really holds for an owner. What is foreign there is kept, and its owner held (contract §8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.items.mirrored import KEYS, MirroredPage, MirroredPages, read_pages
from serializer_app.domain.takeover import foreign, recognition
from serializer_app.domain.takeover.foreign import SeenValue
from serializer_app.domain.takeover.judgement import Judge, WantedValue, take_note
from serializer_app.errors import AppError
from serializer_app.shopify import metafields
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.domains import gid
from serializer_app.shopify.metafields import Metafield
from serializer_app.store.models import Mirror
from serializer_app.sync.owners import Owner
from serializer_app.sync.work import Work

log = structlog.get_logger(__name__)

_SPARE = 5
"""Metafields that an owner may have beside those that we know of, without a second question."""


def look_up(work: Work, owners: Sequence[Owner]) -> None:
    """Ask what Shopify holds for these owners and note it in them: ``known``, ``foreign``, ``gone`` or ``error``.

    One owner whose answer makes no sense concerns no other.
    """
    if not owners:
        return
    room = max(metafields.ROOM, *(len(owner.wanted or {}) + len(owner.known) + _SPARE for owner in owners))
    try:
        answers = metafields.of_owners(work.call, [owner.gid for owner in owners], room)
    except PermanentFailure as error:
        if error.code == "access_denied":
            raise
        if len(owners) == 1:
            owners[0].error = error
            return
        for owner in owners:
            look_up(work, [owner])
        return
    with work.db.read() as session:
        for owner, answer in zip(owners, answers, strict=True):
            if answer is None:
                owner.gone = True
            elif isinstance(answer, AppError):
                owner.error = answer
            else:
                _compare(session, work.shop_id, owner, answer)


def read_digests_again(work: Work, owners: Sequence[Owner]) -> None:
    """Learn what another worker of ours wrote since these owners were loaded: it may hold the lane by now, and its
    first write must not be taken for another app's.
    """
    kinds = {owner.kind for owner in owners}
    with work.db.read() as session:
        connection = session.connection()
        for kind in kinds:
            numbers = [owner.number for owner in owners if owner.kind == kind]
            rows = connection.execute(
                select(Mirror.owner_id, Mirror.pages).where(
                    Mirror.shop_id == work.shop_id, Mirror.owner == kind, Mirror.owner_id.in_(numbers)
                )
            )
            stored = {row.owner_id: read_pages(row.pages) for row in rows}
            for owner in owners:
                for key, page in stored.get(owner.number, {}).items():
                    if owner.kind == kind and page.digest and not owner.page(key).digest:
                        owner.known[key] = page


def _compare(session: Session, shop_id: int, owner: Owner, held: Mapping[str, Metafield]) -> None:
    """Note whose each value is, and what the next write needs to know of it."""
    owner.touched = owner.looked = True
    owner.foreign = []
    wanted = owner.wanted or {}
    judge = Judge(
        owner.known,
        lambda: recognition.names_of_order(session, shop_id, owner.number),
        settings=owner.kind == "variant",
    )
    # Pages that neither we nor the database know of: a write whose answer was lost, of an order that shrank since,
    # or another app's.
    stray = [key for key in held if KEYS.fullmatch(key)]
    known: MirroredPages = {}
    seen = as_seen(held)
    goals = {key: WantedValue(value.text, value.hash) for key, value in wanted.items()}
    for key in sorted({*wanted, *owner.known, *stray}):
        if key in seen:
            known[key], found = judge.judge(seen[key], goals.get(key))
            if found is not None:
                owner.foreign.append(found)
        elif key in wanted:
            page = owner.page(key)
            # Erased by somebody: what appears there next is drift of ours too, unless it names items we do not know.
            was = "taken" if page.was_ours else "shown"
            known[key] = MirroredPage(was=was, sent=page.sent)
    owner.known = known
    log.info(
        "metafields compared",
        owner=owner.kind,
        owner_id=owner.number,
        different=len(owner.changed()),
        foreign=len(owner.foreign),
    )


def remember(session: Session, shop_id: int, owners: Sequence[Owner]) -> None:
    """Keep the foreign values that were found, and let go of owners where none is left."""
    for owner in owners:
        if not owner.looked:
            continue
        found = foreign.keep(session, shop_id, owner.kind, owner.number, owner.foreign)
        foreign.let_go(session, shop_id, owner.kind, owner.number, [value.key for value in owner.foreign])
        if found:
            log.warning(
                "data of another app is held",
                owner=owner.kind,
                owner_id=owner.number,
                metafields=found,
                replaced_ours=any(value.replaced_ours for value in owner.foreign),
            )


def as_seen(shown: Mapping[str, Metafield]) -> dict[str, SeenValue]:
    """Metafields as the domain takes them."""
    return {
        key: SeenValue(key, metafield.type, metafield.text, metafield.digest)
        for key, metafield in shown.items()
    }


def find_foreign(work: Work, order_ids: Sequence[int]) -> dict[int, AppError]:
    """Ask Shopify about those of these orders that we never wrote, and keep the foreign values that it shows. Returns
    the orders of which its answer made no sense.

    Whoever generates items for old orders calls this before, outside any transaction (contract §8.4).
    """
    with work.db.read() as session:
        unknown = foreign.unwritten(session, work.shop_id, order_ids)
    if not unknown:
        return {}
    answers = metafields.of_owners(work.call, [gid("Order", order_id) for order_id in unknown])
    odd = {}
    with work.db.write() as session:
        for order_id, answer in zip(unknown, answers, strict=True):
            if isinstance(answer, dict):
                take_note(session, work.shop_id, "order", order_id, as_seen(answer))
            elif answer is not None:
                odd[order_id] = answer
    return odd
