"""Present state → metafields: only what changed, 25 owners a call, guarded by compareDigest, never out of order.

The database is the truth. What Shopify answered to our last write (its digest) guards the next one, so an old request
that arrives late, or somebody else's edit, is noticed instead of lost or left standing (contract §5). What another app
wrote is never written over: its owner is held until a person decides (contract §8; sync.look_up).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec
import structlog
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import mirrored
from serializer_app.domain.items.mirrored import MirroredPage, read_pages, write_pages
from serializer_app.domain.orders.deletions import was_taken
from serializer_app.domain.takeover.foreign import OwnerKind, let_go
from serializer_app.errors import AppError
from serializer_app.shopify import user_errors
from serializer_app.shopify.client import PermanentFailure, Throttled
from serializer_app.shopify.transport import TransientFailure
from serializer_app.store import outbox, upsert
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Mirror
from serializer_app.store.outbox import Job
from serializer_app.sync import documents
from serializer_app.sync.documents import ATOMIC_PAGES, NAMESPACE
from serializer_app.sync.look_up import look_up, read_digests_again, remember
from serializer_app.sync.owners import Batch, Owner, batches_of
from serializer_app.sync.work import Verdict, Work
from serializer_app.text import Json, JsonDict

log = structlog.get_logger(__name__)

SPACING = timedelta(seconds=1)
"""Between two writes of one order: of a burst that lasts a second the first change goes out at once and the rest in
one write at its end.
"""

MOST_ITEMS = 25_000
"""That are in memory at once, at about a kilobyte each: orders of thousands of units go out one after the other."""

_ROUNDS = 4

_MIRROR = Mirror.__table__.c
_KNOWN = select(_MIRROR.owner_id, _MIRROR.pages, _MIRROR.written_at).where(
    _MIRROR.shop_id == bindparam("shop"),
    _MIRROR.owner == bindparam("owner"),
    _MIRROR.owner_id.in_(bindparam("numbers", expanding=True)),
)


def mirror_orders(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``mirror-order``: the key is an order ID."""
    with work.db.read() as session:
        sizes = mirrored.sizes(session, work.shop_id, [int(job.key) for job in jobs])
    count = how_many([sizes.get(int(job.key), 0) for job in jobs])
    verdict = _mirror(work, jobs[:count], "order", documents.order_metafields)
    verdict.postponed += [(job, 0.0) for job in jobs[count:]]
    return verdict


def how_many(sizes: Sequence[int], most: int = MOST_ITEMS) -> int:
    """How many orders of so many items each go out together: the first, and more up to ``most`` items in all."""
    sums = itertools.accumulate(sizes)
    return max(1, sum(total <= most for total in sums))


def mirror_variants(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``mirror-variant``: the key is a variant ID."""
    return _mirror(work, jobs, "variant", documents.variant_metafields)


Documents = Callable[[Session, int, Mapping[int, bool]], dict[int, documents.Wanted | AppError | None]]


def _mirror(work: Work, jobs: Sequence[Job], kind: OwnerKind, read: Documents) -> Verdict:
    verdict = Verdict()
    owners = []
    with work.db.read() as session:
        for owner in _load(session, work.shop_id, jobs, kind, read):
            early = owner.written_at is not None and owner.written_at + SPACING - now()
            # A write that lies further ahead than that was noted by a clock that was set back since.
            if early and timedelta(0) < early <= SPACING and _anything_to_do(owner):
                verdict.postponed.append((owner.job, early.total_seconds()))
            else:
                owners.append(owner)
    try:
        look_up(work, [owner for owner in owners if owner.writable and owner.unsure])
        _write_all(work, owners)
        _delete_leftovers(work, owners)
    except Throttled as error:
        verdict.pause = error.retry_after or 1.0
    finally:
        _remember(work, owners)
    for owner in owners:
        if owner.error is not None:
            verdict.failed.append((owner.job, owner.error))
        elif owner.gone or owner.held or owner.wanted is None:
            verdict.done.append(owner.job)
        elif _anything_to_do(owner):
            verdict.postponed.append((owner.job, verdict.pause))
        elif owner.refused:
            failure = PermanentFailure("metafield_refused", owner.refusal())
            verdict.failed.append((owner.job, failure))
        else:
            verdict.done.append(owner.job)
    verdict.pause = max(verdict.pause, work.rest())
    return verdict


def _anything_to_do(owner: Owner) -> bool:
    """Whether Shopify does not hold yet what it should. Where nothing was ever wanted, nothing is taken away."""
    return bool(owner.wanted) and bool(owner.changed() or owner.leftover() or owner.unsure)


def _load(
    session: Session, shop_id: int, jobs: Sequence[Job], kind: OwnerKind, read: Documents
) -> list[Owner]:
    numbers = [int(job.key) for job in jobs]
    rows = session.connection().execute(_KNOWN, {"shop": shop_id, "owner": kind, "numbers": numbers}).all()
    known = {row.owner_id: row for row in rows}
    wanted = read(session, shop_id, {number: number in known for number in numbers})
    owners = []
    for job, number in zip(jobs, numbers, strict=True):
        row = known.get(number)
        pages = read_pages(row.pages) if row else {}
        document = wanted[number]
        error = document if isinstance(document, AppError) else None
        owners.append(
            Owner(
                job,
                kind,
                number,
                {} if isinstance(document, AppError) else document,
                pages,
                row.written_at if row else None,
                error,
            )
        )
    return owners


# --- writing ------------------------------------------------------------------------------------------------------


def _write_all(work: Work, owners: Sequence[Owner]) -> None:
    """Write until nothing differs. Each round sends what differs; owners in conflict are looked up in between."""
    for _ in range(_ROUNDS):
        _intend(work, owners)
        batches = batches_of([owner for owner in owners if owner.writable])
        if not batches:
            return
        conflicts: dict[int, Owner] = {}
        for batch in batches:
            # An owner whose first part met a conflict must not go on with the next one: ``properties`` comes last.
            for owner in _send(work, batch.without(conflicts.values())):
                conflicts[id(owner)] = owner
        if conflicts:
            read_digests_again(work, list(conflicts.values()))
            for owner in conflicts.values():
                owner.unsend()
            look_up(work, list(conflicts.values()))
    for owner in owners:
        if owner.writable and owner.changed():
            owner.error = AppError(
                "metafield_contended",
                "Somebody else keeps writing this metafield",
                permanent=False,
                retry_after=5,
            )


def _send(work: Work, batch: Batch) -> list[Owner]:
    """One metafieldsSet. What Shopify names as wrong is taken out and the rest goes on, because a call is written as
    a whole or not at all.

    Returns the owners whose digest did not match. Other refusals stand in ``owner.refused`` and ``owner.error``.
    """
    conflicts: list[Owner] = []
    while (batch := batch.without(conflicts)).places:
        try:
            payload = _call(work, batch)
        except PermanentFailure as error:
            if error.code == "access_denied":
                raise
            conflicts += _one_by_one(work, batch, error)
            break
        problems = user_errors.problems(payload)
        if not problems:
            _note(batch, payload.get("metafields") or [])
            break
        named = [problem for problem in problems if _is_named(batch, problem)]
        for problem in named:
            _sort_out(batch, problem, conflicts)
        if not named:
            # Shopify does not say whose fault it is: one owner at a time finds out.
            conflicts += _one_by_one(work, batch, user_errors.failure("metafield_refused", problems[0]))
            break
    return conflicts


def _one_by_one(work: Work, batch: Batch, error: AppError) -> list[Owner]:
    """Send each owner alone. Of a batch that is one owner's already, ``error`` is what became of it."""
    owners = batch.owners()
    if len(owners) == 1 or not error.permanent:
        for owner in owners:
            owner.error = error
        return []
    conflicts: list[Owner] = []
    for owner in owners:
        conflicts += _send(work, Batch([place for place in batch.places if place[0] is owner]))
    return conflicts


def _call(work: Work, batch: Batch) -> JsonDict:
    data = work.call("MetafieldsSet", {"metafields": [owner.write(key) for owner, key in batch.places]})
    payload = data.get("metafieldsSet")
    if not isinstance(payload, dict):
        raise TransientFailure("no_graphql", "Shopify's answer does not say whether it wrote.")
    return payload


def _is_named(batch: Batch, problem: JsonDict) -> bool:
    index = user_errors.index(problem)
    return index is not None and 0 <= index < len(batch.places)


def _sort_out(batch: Batch, problem: JsonDict, conflicts: list[Owner]) -> None:
    """Note what one user error means for the metafield that it names, or for its owner."""
    owner, key = batch.places[user_errors.index(problem) or 0]
    match user_errors.kind(problem):
        case "conflict":
            if owner not in conflicts:
                conflicts.append(owner)
        case "missing":
            owner.gone = True
        case "transient":
            owner.error = user_errors.failure("metafield_refused", problem)
        case "permanent":
            owner.refuse(key, user_errors.message(problem))
            # A value of another type that is not ours is refused for its type: who wrote it decides, not the refusal.
            if not owner.looked and not owner.page(key).digest and owner not in conflicts:
                conflicts.append(owner)


def _note(batch: Batch, written: Sequence[Json]) -> None:
    """Keep the digests that Shopify answered, by position; it answers in the order it was asked."""
    entries = [entry if isinstance(entry, dict) else {} for entry in written]
    digests = {
        ((entry.get("owner") or {}).get("id"), entry.get("key")): entry.get("compareDigest")
        for entry in entries
    }
    for number, (owner, key) in enumerate(batch.places):
        digest = digests.get((owner.gid, key))
        if digest is None and number < len(entries) and entries[number].get("key") == key:
            digest = entries[number].get("compareDigest")
        # Without a digest the next write claims that nothing exists; the look-up then knows the text by its hash.
        owner.known[key] = MirroredPage(hash=(owner.wanted or {})[key].hash, digest=digest or "")
        owner.touched = owner.written = True


# --- afterwards ---------------------------------------------------------------------------------------------------


def _delete_leftovers(work: Work, owners: Sequence[Owner]) -> None:
    """Delete what is ours and no longer wanted. metafieldsDelete has no digest to guard it, so we look first: another
    app may have written there since.
    """
    shrunken = [
        owner
        for owner in owners
        if owner.writable and not owner.refused and not owner.changed() and owner.leftover()
    ]
    look_up(work, shrunken)
    places = [
        (owner, key)
        for owner in shrunken
        if owner.writable and not owner.changed()
        for key in owner.leftover()
    ]
    for start in range(0, len(places), ATOMIC_PAGES):
        _delete(work, places[start : start + ATOMIC_PAGES])


def _delete(work: Work, places: Sequence[tuple[Owner, str]]) -> None:
    identifiers = [{"ownerId": owner.gid, "namespace": NAMESPACE, "key": key} for owner, key in places]
    data = work.call("MetafieldsDelete", {"metafields": identifiers})
    problems = user_errors.problems(data.get("metafieldsDelete"))
    if not problems:
        for owner, key in places:
            owner.known.pop(key, None)
            owner.touched = owner.written = True
        return
    failures = {
        index: user_errors.failure("metafield_refused", problem)
        for problem in problems
        if (index := user_errors.index(problem)) is not None and index < len(places)
    }
    if not failures and len(places) == 1:
        failures = {0: user_errors.failure("metafield_refused", problems[0])}
    for index, failure in failures.items():
        places[index][0].error = failure
    # A call deletes everything or nothing: the others go on without those that were named, or each alone.
    rest = [place for place in places if place[0].error is None]
    for part in [rest] if failures else [[place] for place in rest]:
        if part:
            _delete(work, part)


def _intend(work: Work, owners: Sequence[Owner]) -> None:
    """Note what is about to be written where we hold no digest yet. Whatever becomes of the call or of this process,
    we then know our own text when we meet it, and that it may stand there.
    """
    fresh = []
    for owner in owners:
        if not owner.writable:
            continue
        news = [
            (key, value.hash)
            for key, value in (owner.wanted or {}).items()
            if (page := owner.page(key)).hash != value.hash
            and not page.digest
            and value.hash not in page.sent
        ]
        for key, text_hash in news:
            page = owner.page(key)
            owner.known[key] = msgspec.structs.replace(page, sent=[*page.sent, text_hash])
            owner.fresh.add(text_hash)
        if news:
            fresh.append(owner)
    if fresh:
        with work.db.write() as session:
            _keep(session, work.shop_id, fresh)


def _remember(work: Work, owners: Sequence[Owner]) -> None:
    """Keep what Shopify holds by now, also when a later call failed: what was written was written."""
    over = [owner for owner in owners if owner.gone or owner.wanted is None]
    touched = [owner for owner in owners if owner.touched and owner not in over]
    if not over and not touched:
        return
    with work.db.write() as session:
        for owner in over:
            let_go(session, work.shop_id, owner.kind, owner.number)
            if owner.gone:
                _missed(session, work.shop_id, owner)
            if owner.gone and owner.wanted is not None and owner.kind == "order":
                continue  # what we know of its metafields is the proof that it was there
            whose = (Mirror.shop_id == work.shop_id, Mirror.owner == owner.kind)
            session.execute(delete(Mirror).where(*whose, Mirror.owner_id == owner.number))
        _keep(session, work.shop_id, touched)
        remember(session, work.shop_id, touched)


def _missed(session: Session, shop_id: int, owner: Owner) -> None:
    """Shopify knows no such owner: a deletion may have been missed, or it may show the owner a moment later.

    Orders are asked for once more, which decides; of variants only those are gone that Shopify spoke of before.
    """
    if owner.kind == "variant":
        catalog.mark_missing(session, shop_id, [owner.number])
    elif owner.wanted is not None and was_taken(owner.known):
        outbox.put(session, shop_id, JobKind.FETCH_ORDER, [owner.number])


def _keep(session: Session, shop_id: int, owners: Sequence[Owner]) -> None:
    """Store what is known of owners; the times of those that were not written now stay."""
    moment = now()
    rows = [
        {
            "shop_id": shop_id,
            "owner": owner.kind,
            "owner_id": owner.number,
            "pages": write_pages(owner.known),
            "written_at": moment if owner.written else owner.written_at or moment - SPACING,
            "checked_at": moment,
        }
        for owner in owners
    ]
    if rows:
        statement = upsert.insert(session, Mirror)
        kept = {name: statement.excluded[name] for name in ("pages", "written_at", "checked_at")}
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=["shop_id", "owner", "owner_id"], set_=kept), rows
        )
