"""Present state → metafields: only what changed, 25 owners a call, guarded by compareDigest, never out of order.

The database is the truth. What Shopify answered to our last write (its digest) guards the next one, so an old request
that arrives late, or somebody else's edit, is noticed instead of lost or left standing (contract §5).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import catalog, mirrored
from serializer_app.domain.deletions import was_taken
from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure, Throttled
from serializer_app.store import outbox
from serializer_app.store.models import Mirror
from serializer_app.store.outbox import Job
from serializer_app.sync import documents
from serializer_app.sync.documents import ATOMIC_PAGES, MAIN, NAMESPACE, SERIALS
from serializer_app.sync.owners import Batch, Known, Owner, batches_of
from serializer_app.sync.work import Verdict, Work

log = structlog.get_logger(__name__)

SPACING = timedelta(seconds=1)
"""Between two writes of one order: of a burst that lasts a second the first change goes out at once and the rest in
one write at its end.
"""

MOST_ITEMS = 25_000
"""That are in memory at once, at about a kilobyte each: orders of thousands of units go out one after the other."""

_CONFLICTS = {"STALE_OBJECT", "INVALID_COMPARE_DIGEST"}
_ROUNDS = 4
OURS = re.compile(rf"{MAIN}(_[1-9][0-9]*)?|{SERIALS}")

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


Documents = Callable[[Session, int, Mapping[int, bool]], dict[int, documents.Wanted | None]]


def _mirror(work: Work, jobs: Sequence[Job], kind: str, read: Documents) -> Verdict:
    verdict = Verdict()
    owners = []
    with work.db.read() as session:
        for owner in _load(session, work.shop_id, jobs, kind, read):
            early = owner.written_at is not None and owner.written_at + SPACING - now()
            # A write that lies further ahead than that was noted by a clock that was set back since.
            if early and timedelta(0) < early <= SPACING and (owner.changed() or owner.leftover()):
                verdict.postponed.append((owner.job, early.total_seconds()))
            else:
                owners.append(owner)
    _intend(work, owners)
    try:
        _write_all(work, owners)
        _delete_leftovers(work, owners)
    except Throttled as error:
        verdict.pause = error.retry_after or 1.0
    finally:
        _remember(work, owners)
    for owner in owners:
        if owner.error is not None:
            verdict.failed.append((owner.job, owner.error))
        elif owner.gone or owner.wanted is None or not (owner.changed() or owner.leftover()):
            verdict.done.append(owner.job)
        else:
            verdict.postponed.append((owner.job, verdict.pause))
    verdict.pause = max(verdict.pause, work.rest())
    return verdict


def _load(session: Session, shop_id: int, jobs: Sequence[Job], kind: str, read: Documents) -> list[Owner]:
    numbers = [int(job.key) for job in jobs]
    rows = session.connection().execute(_KNOWN, {"shop": shop_id, "owner": kind, "numbers": numbers}).all()
    known = {row.owner_id: row for row in rows}
    wanted = read(session, shop_id, {number: number in known for number in numbers})
    owners = []
    for job, number in zip(jobs, numbers, strict=True):
        row = known.get(number)
        pages: Known = msgspec.json.decode(row.pages) if row else {}
        owners.append(Owner(job, kind, number, wanted[number], pages, row.written_at if row else None))
    return owners


# --- writing ------------------------------------------------------------------------------------------------------


def _write_all(work: Work, owners: Sequence[Owner]) -> None:
    """Write until nothing differs. Each round sends what differs; owners in conflict are looked up in between."""
    for _ in range(_ROUNDS):
        active = [owner for owner in owners if owner.wanted and not owner.gone and owner.error is None]
        batches = batches_of(active)
        if not batches:
            return
        conflicts: dict[int, Owner] = {}
        for batch in batches:
            # An owner whose first part met a conflict must not go on with the next one: ``properties`` comes last.
            for owner in _send(work, batch.without(conflicts.values())):
                conflicts[id(owner)] = owner
        if conflicts:
            _look_up(work, list(conflicts.values()))
    for owner in owners:
        if owner.wanted and owner.error is None and not owner.gone and owner.changed():
            owner.error = AppError(
                "metafield_contended",
                "Somebody else keeps writing this metafield",
                permanent=False,
                retry_after=5,
            )


def _send(work: Work, batch: Batch) -> list[Owner]:
    """One metafieldsSet; owners that Shopify names as wrong are taken out and the rest go on.

    Returns the owners whose digest did not match. What went wrong for good stands in ``owner.error``.
    """
    conflicts: list[Owner] = []
    while batch.places:
        batch = batch.without([owner for owner, _ in batch.places if owner.gone or owner.error is not None])
        if not batch.places:
            break
        payload = _call(work, batch)
        problems = payload.get("userErrors") or []
        if not problems:
            _note(batch, payload.get("metafields") or [])
            break
        named = _sort_out(batch, problems, conflicts)
        if not named:
            # Shopify does not say whose fault it is: one owner at a time finds out.
            first = batch.places[0][0]
            if all(owner is first for owner, _ in batch.places):
                first.error = PermanentFailure("metafield_refused", _message(problems[0]))
                break
            alone = [place for place in batch.places if place[0] is first]
            conflicts += _send(work, Batch(alone))
            named = [first]
        batch = batch.without(named)
    return conflicts


def _call(work: Work, batch: Batch) -> dict[str, Any]:
    data = work.call("MetafieldsSet", {"metafields": [owner.write(key) for owner, key in batch.places]})
    payload = data.get("metafieldsSet")
    return payload if isinstance(payload, dict) else {}


def _sort_out(batch: Batch, problems: Sequence[dict[str, Any]], conflicts: list[Owner]) -> list[Owner]:
    """Find whose fault each problem is; an owner that Shopify does not know any more is done."""
    named: list[Owner] = []
    for problem in problems:
        index = _index(problem)
        if index is None or index >= len(batch.places):
            continue
        owner = batch.places[index][0]
        if owner in named:
            continue
        named.append(owner)
        if problem.get("code") in _CONFLICTS:
            conflicts.append(owner)
        elif "does not exist" in _message(problem).lower() or "not found" in _message(problem).lower():
            owner.gone = True
        else:
            # Maybe the owner is gone in other words: the look-up tells. If not, this stands.
            owner.error = PermanentFailure("metafield_refused", _message(problem))
    return named


def _index(problem: dict[str, Any]) -> int | None:
    index = problem.get("elementIndex")
    if isinstance(index, int):
        return index
    for part in problem.get("field") or []:
        if isinstance(part, str) and part.isdigit():
            return int(part)
    return None


def _message(problem: dict[str, Any]) -> str:
    return str(problem.get("message") or problem.get("code") or "refused")[:300]


def _note(batch: Batch, written: Sequence[dict[str, Any]]) -> None:
    """Keep the digests that Shopify answered, by position; it answers in the order it was asked."""
    digests = {
        ((entry.get("owner") or {}).get("id"), entry.get("key")): entry.get("compareDigest")
        for entry in written
    }
    for number, (owner, key) in enumerate(batch.places):
        digest = digests.get((owner.gid, key))
        if digest is None and number < len(written) and written[number].get("key") == key:
            digest = written[number].get("compareDigest")
        owner.known[key] = {"hash": (owner.wanted or {})[key].hash, "digest": digest or ""}
        if not digest:
            # Without a digest the next write would claim that nothing exists; the look-up then finds the real one.
            owner.known[key].pop("digest")
        owner.touched = True


# --- conflicts ----------------------------------------------------------------------------------------------------


def _look_up(work: Work, owners: Sequence[Owner]) -> None:
    """Ask what Shopify really holds: our own write whose answer was lost, somebody else's edit, or no owner at all."""
    for start in range(0, len(owners), ATOMIC_PAGES):
        part = owners[start : start + ATOMIC_PAGES]
        most = max(30, *(len(owner.wanted or {}) + len(owner.known) + 5 for owner in part)) if part else 30
        size = max(1, min(len(part), 900 // (most + 2)))
        for begin in range(0, len(part), size):
            chunk = part[begin : begin + size]
            data = work.call(
                "OwnerMetafields", {"ids": [owner.gid for owner in chunk], "first": min(most, 250)}
            )
            nodes = data.get("nodes") or []
            for number, owner in enumerate(chunk):
                _compare(owner, nodes[number] if number < len(nodes) else None)


def _compare(owner: Owner, node: dict[str, Any] | None) -> None:
    if node is None:
        owner.gone = True
        return
    owner.touched = True
    held = {entry["key"]: entry for entry in (node.get("metafields") or {}).get("nodes") or []}
    # Pages that neither we nor the database know of: a write whose answer was lost, of an order that shrank since.
    stray = [key for key in held if OURS.fullmatch(key)]
    for key in {*(owner.wanted or {}), *owner.known, *stray}:
        entry = held.get(key)
        if entry is None:
            if key in (owner.wanted or {}):
                owner.known[key] = {"hash": "", "was": "shown"}
            else:
                owner.known.pop(key, None)
            continue
        wanted = (owner.wanted or {}).get(key)
        same = wanted is not None and _equal(entry.get("value"), wanted.text)
        owner.known[key] = {
            "hash": wanted.hash if same and wanted else "",
            "digest": entry.get("compareDigest") or "",
        }
    log.info("metafields differed", owner=owner.kind, owner_id=owner.number, rewritten=len(owner.changed()))


def _equal(held: Any, wanted: str) -> bool:
    """Whether Shopify holds this value; it may have printed the JSON in another way."""
    if held == wanted:
        return True
    try:
        return bool(msgspec.json.decode(held or "") == msgspec.json.decode(wanted))
    except msgspec.DecodeError:
        return False


# --- afterwards ---------------------------------------------------------------------------------------------------


def _delete_leftovers(work: Work, owners: Sequence[Owner]) -> None:
    places = [
        (owner, key)
        for owner in owners
        if owner.wanted and not owner.gone and owner.error is None and not owner.changed()
        for key in owner.leftover()
    ]
    for start in range(0, len(places), ATOMIC_PAGES):
        part = places[start : start + ATOMIC_PAGES]
        identifiers = [{"ownerId": owner.gid, "namespace": NAMESPACE, "key": key} for owner, key in part]
        data = work.call("MetafieldsDelete", {"metafields": identifiers})
        problems = (data.get("metafieldsDelete") or {}).get("userErrors") or []
        if problems:
            raise PermanentFailure("metafield_refused", _message(problems[0]))
        for owner, key in part:
            owner.known.pop(key, None)
            owner.touched = True


def _intend(work: Work, owners: Sequence[Owner]) -> None:
    """Note every key before it is first written. Whatever becomes of the call or of this process, we then know where
    something of ours may stand, and empty or delete it if nothing is wanted there any more.
    """
    fresh = []
    for owner in owners:
        keys = [key for key in owner.changed() if key not in owner.known]
        if keys:
            owner.known |= {key: {"hash": ""} for key in keys}
            fresh.append(owner)
    if fresh:
        with work.db.write() as session:
            _keep(session, work.shop_id, fresh, None)


def _remember(work: Work, owners: Sequence[Owner]) -> None:
    """Keep what Shopify holds by now, also when a later call failed: what was written was written."""
    over = [owner for owner in owners if owner.gone or owner.wanted is None]
    written = [owner for owner in owners if owner.touched and owner not in over]
    if not over and not written:
        return
    with work.db.write() as session:
        for owner in over:
            if owner.gone:
                _missed(session, work.shop_id, owner)
            if owner.gone and owner.wanted is not None and owner.kind == "order":
                continue  # what we know of its metafields is the proof that it was there
            whose = (Mirror.shop_id == work.shop_id, Mirror.owner == owner.kind)
            session.execute(delete(Mirror).where(*whose, Mirror.owner_id == owner.number))
        _keep(session, work.shop_id, written, now())


def _missed(session: Session, shop_id: int, owner: Owner) -> None:
    """Shopify knows no such owner: a deletion may have been missed, or it may show the owner a moment later.

    Orders are asked for once more, which decides; of variants only those are gone that Shopify spoke of before.
    """
    if owner.kind == "variant":
        catalog.mark_missing(session, shop_id, [owner.number])
    elif owner.wanted is not None and was_taken(owner.known):
        outbox.put(session, shop_id, "fetch-order", [owner.number])


def _keep(session: Session, shop_id: int, owners: Sequence[Owner], written_at: datetime | None) -> None:
    """Store what is known of owners; without ``written_at`` the times of their last writes stay."""
    moment = now()
    rows = [
        {
            "shop_id": shop_id,
            "owner": owner.kind,
            "owner_id": owner.number,
            "pages": msgspec.json.encode(owner.known).decode(),
            "written_at": written_at or owner.written_at or moment - SPACING,
            "checked_at": moment,
        }
        for owner in owners
    ]
    if rows:
        statement = outbox.insert(session, Mirror)
        kept = {name: statement.excluded[name] for name in ("pages", "written_at", "checked_at")}
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=["shop_id", "owner", "owner_id"], set_=kept), rows
        )
