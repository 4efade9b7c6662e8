"""Whose a value under our metafield keys is (contract §5 and §8.1).

It is ours when it carries the digest that our last write got, when its text is one that we sent, when a variant's says
what our settings say, or when everything in it is ours. A value in the place of one that we wrote is drift, and may be
overwritten, unless it names items that we do not know: then another app is at work there. Everything else is foreign.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.items.mirrored import KEYS, MirroredPage, MirroredPages, read_pages, write_pages
from serializer_app.domain.takeover import foreign, recognition
from serializer_app.domain.takeover.foreign import OwnerKind, SeenValue
from serializer_app.store import upsert
from serializer_app.store.models import Mirror


@dataclass(frozen=True)
class WantedValue:
    """What a metafield should say, and the SHA-256 of that text."""

    text: str
    hash: str


class Judge:
    """Judges the values of one owner. ``names`` gives what the owner's items are called; it is asked when needed."""

    def __init__(self, pages: MirroredPages, names: Callable[[], Collection[str]], *, settings: bool) -> None:
        """``settings``: the owner is a variant, whose value is settings and names no items."""
        self.pages = pages
        self._read_names = names
        self._settings = settings

    @cached_property
    def _names(self) -> Collection[str]:
        return self._read_names()

    def judge(
        self, shown: SeenValue, wanted: WantedValue | None = None
    ) -> tuple[MirroredPage, SeenValue | None]:
        """(what we know of the metafield now, the value if it is foreign)."""
        page = self.pages.get(shown.key, MirroredPage())
        ours = MirroredPage(digest=shown.digest)
        says_it = wanted is not None and recognition.same_json(shown.text, wanted.text)
        if page.digest and page.digest == shown.digest:
            # Unchanged since our last write, or since somebody decided about it. It may say it in other words.
            ours.hash = wanted.hash if says_it and wanted else page.hash
            return ours, None
        sent = recognition.fingerprints(shown.text) & {*page.sent, page.hash}
        if sent:
            ours.hash = wanted.hash if says_it and wanted else sent.pop()
            return ours, None
        was_ours = page.was_ours
        if self._is_ours(shown.text, says_it=says_it, was_ours=was_ours):
            ours.hash = wanted.hash if says_it and wanted else ""
            return ours, None
        held = msgspec.structs.replace(page, look=False, foreign=shown.digest)
        return held, replace(shown, replaced_ours=was_ours)

    def _is_ours(self, text: str, *, says_it: bool, was_ours: bool) -> bool:
        if self._settings:
            return says_it or was_ours
        if was_ours:
            return recognition.item_ids(text) <= set(self._names)
        # A document without items names nothing that is ours, also where ours would be the same: another app may have
        # counted the same units.
        return recognition.holds_only(text, self._names)


def take_note(
    session: Session,
    shop_id: int,
    owner: OwnerKind,
    owner_id: int,
    shown: Mapping[str, SeenValue],
    wanted: Mapping[str, WantedValue] | None = None,
) -> list[str]:
    """Judge and keep what Shopify showed of an owner just now; returns the keys under which it holds foreign values.

    For whoever looks before the mirror does: the mirror then asks again before it writes.
    """
    whose = (Mirror.shop_id == shop_id, Mirror.owner == owner, Mirror.owner_id == owner_id)
    stored = session.scalar(select(Mirror.pages).where(*whose))
    pages: MirroredPages = read_pages(stored) if stored is not None else {}
    judge = Judge(
        pages, lambda: recognition.names_of_order(session, shop_id, owner_id), settings=owner == "variant"
    )
    held = {}
    for key, value in shown.items():
        if KEYS.fullmatch(key):
            page, found = judge.judge(value, (wanted or {}).get(key))
            if found is not None:
                held[key] = (page, found)
    foreign.keep(session, shop_id, owner, owner_id, [found for _, found in held.values()])
    foreign.let_go(session, shop_id, owner, owner_id, held)
    if held:
        moment = now()
        row = {
            "shop_id": shop_id,
            "owner": owner,
            "owner_id": owner_id,
            "pages": write_pages(pages | {key: page for key, (page, _) in held.items()}),
            "written_at": moment,
            "checked_at": moment,
        }
        statement = upsert.insert(session, Mirror)
        session.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "owner", "owner_id"], set_={"pages": statement.excluded.pages}
            ),
            row,
        )
    return sorted(held)
