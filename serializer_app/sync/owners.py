"""Orders and variants on their way to Shopify, and how their metafields share calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from serializer_app.errors import AppError
from serializer_app.shopify.domains import gid
from serializer_app.store.outbox import Job
from serializer_app.sync.documents import ATOMIC_PAGES, MAIN, NAMESPACE, SERIALS, Value

OWNER_KINDS = {"order": "Order", "variant": "ProductVariant"}

Known = dict[str, dict[str, str]]
"""metafield key → {"hash", "digest"}, as Mirror.pages keeps it."""


@dataclass
class Owner:
    """One order or variant on its way to Shopify."""

    job: Job
    kind: str
    number: int
    wanted: dict[str, Value] | None
    known: Known
    written_at: datetime | None
    error: AppError | None = None
    gone: bool = False
    touched: bool = False

    @property
    def gid(self) -> str:
        return gid(OWNER_KINDS[self.kind], self.number)

    def changed(self) -> list[str]:
        """Keys whose content Shopify does not hold yet; ``properties`` last, because it names the number of pages."""
        keys = [
            key
            for key, value in (self.wanted or {}).items()
            if self.known.get(key, {}).get("hash") != value.hash
        ]
        return sorted(keys, key=lambda key: (key == MAIN, key))

    def leftover(self) -> list[str]:
        """Pages of a shrunken order, and serials that are none any more."""
        return sorted(set(self.known) - set(self.wanted or {}))

    def write(self, key: str) -> dict[str, Any]:
        value = (self.wanted or {})[key]
        return {
            "ownerId": self.gid,
            "namespace": NAMESPACE,
            "key": key,
            "type": value.type,
            "value": value.text,
            # null: must not exist yet
            "compareDigest": self.known.get(key, {}).get("digest"),
        }


@dataclass
class Batch:
    """Metafields of one call: (owner, key) beside the input, in the same order."""

    places: list[tuple[Owner, str]] = field(default_factory=list)

    def without(self, owners: Iterable[Owner]) -> Batch:
        out = {id(owner) for owner in owners}
        return Batch([place for place in self.places if id(place[0]) not in out])


def batches_of(owners: Sequence[Owner]) -> list[Batch]:
    """Calls of at most 25 metafields. An owner's pages stay in one call as long as they fit in one, and ``properties``
    goes before the serials of any owner: mails wait for the first, only searches for the second.
    """
    everything = Batch([(owner, key) for owner in owners for key in owner.changed()])
    if len(everything.places) <= ATOMIC_PAGES:
        return [everything] if everything.places else []
    batches: list[Batch] = []
    rest = Batch()
    for owner in owners:
        pages = [key for key in owner.changed() if key != SERIALS]
        if len(pages) > ATOMIC_PAGES:
            parts = [pages[start : start + ATOMIC_PAGES] for start in range(0, len(pages), ATOMIC_PAGES)]
            batches += [Batch([(owner, key) for key in part]) for part in parts]
            continue
        if len(rest.places) + len(pages) > ATOMIC_PAGES:
            batches.append(rest)
            rest = Batch()
        rest.places += [(owner, key) for key in pages]
    batches.append(rest)
    serials = [(owner, SERIALS) for owner in owners if SERIALS in owner.changed()]
    batches += [
        Batch(serials[start : start + ATOMIC_PAGES]) for start in range(0, len(serials), ATOMIC_PAGES)
    ]
    return [batch for batch in batches if batch.places]
