"""Orders and variants on their way to Shopify, and how their metafields share calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from serializer_app.domain.items.mirrored import MirroredPage, MirroredPages
from serializer_app.domain.takeover.foreign import OwnerKind, SeenValue
from serializer_app.errors import AppError
from serializer_app.shopify.domains import gid
from serializer_app.store.outbox import Job
from serializer_app.sync.documents import ATOMIC_PAGES, MAIN, NAMESPACE, SERIALS, Value
from serializer_app.text import JsonDict

OWNER_KINDS = {"order": "Order", "variant": "ProductVariant"}


@dataclass
class Owner:
    """One order or variant on its way to Shopify."""

    job: Job
    kind: OwnerKind
    number: int
    wanted: dict[str, Value] | None
    known: MirroredPages
    written_at: datetime | None
    error: AppError | None = None
    gone: bool = False
    touched: bool = False
    """Whether ``known`` says something new."""
    written: bool = False
    looked: bool = False
    """Whether Shopify was asked what it holds, and ``foreign`` is the answer."""
    foreign: list[SeenValue] = field(default_factory=list)
    """Values that are not ours. As long as there is one, nothing of the owner is written."""
    fresh: set[str] = field(default_factory=set)
    """Hashes that were noted as sent in this batch, and in no earlier one."""
    refused: dict[str, str] = field(default_factory=dict)
    """Metafield key → why Shopify will not take it. The owner's other keys are written all the same."""

    @property
    def gid(self) -> str:
        return gid(OWNER_KINDS[self.kind], self.number)

    @property
    def held(self) -> bool:
        """Whether a value that is not ours keeps us from writing."""
        return bool(self.foreign)

    @property
    def writable(self) -> bool:
        """Whether there is anything to write and nothing that forbids it."""
        return bool(self.wanted) and not self.gone and not self.held and self.error is None

    @property
    def unsure(self) -> bool:
        """Whether Shopify has to be asked before anything is written."""
        return any(page.look or page.foreign for page in self.known.values())

    def page(self, key: str) -> MirroredPage:
        return self.known.get(key, MirroredPage())

    def changed(self) -> list[str]:
        """Keys whose content Shopify does not hold yet and did not refuse; ``properties`` last, because it names the
        number of pages.
        """
        keys = [
            key
            for key, value in (self.wanted or {}).items()
            if self.page(key).hash != value.hash and key not in self.refused
        ]
        return sorted(keys, key=lambda key: (key == MAIN, key))

    def leftover(self) -> list[str]:
        """Pages of a shrunken order, and serials that are none any more."""
        unwanted = set(self.known) - set(self.wanted or {}) - set(self.refused)
        return sorted(key for key in unwanted if not self.known[key].foreign)

    def refuse(self, key: str, reason: str) -> None:
        """Shopify takes no such value. The pages of a document are written together or not at all."""
        pages = {other for other in {*(self.wanted or {}), key} if other != SERIALS}
        for refused in pages if key != SERIALS else {key}:
            self.refused.setdefault(refused, reason)

    def refusal(self) -> str:
        """What was refused, in words for staff."""
        reasons: dict[str, str] = {}
        for key, reason in sorted(self.refused.items()):
            reasons.setdefault(reason, f"{NAMESPACE}.{key}: {reason}")
        return "; ".join(reasons.values())

    def unsend(self) -> None:
        """Shopify answered that it wrote nothing: what was sent in this batch alone cannot stand there, and a value of
        the same text is not ours.
        """
        for page in self.known.values():
            page.sent = [text_hash for text_hash in page.sent if text_hash not in self.fresh]
        self.fresh.clear()

    def write(self, key: str) -> JsonDict:
        value = (self.wanted or {})[key]
        return {
            "ownerId": self.gid,
            "namespace": NAMESPACE,
            "key": key,
            "type": value.type,
            "value": value.text,
            # null: must not exist yet
            "compareDigest": self.page(key).digest or None,
        }


@dataclass
class Batch:
    """Metafields of one call: (owner, key) beside the input, in the same order."""

    places: list[tuple[Owner, str]] = field(default_factory=list)

    def without(self, owners: Iterable[Owner]) -> Batch:
        """The batch less these owners, and less what was refused or became impossible meanwhile."""
        out = {id(owner) for owner in owners}
        return Batch(
            [
                (owner, key)
                for owner, key in self.places
                if id(owner) not in out and owner.writable and key not in owner.refused
            ]
        )

    def owners(self) -> list[Owner]:
        """Each owner once, in the order of their places."""
        return list({id(owner): owner for owner, _ in self.places}.values())


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
