"""What the public pages say about a unit in each state, in the words of the shop (contract §9.8).

A shop may write its own text for a state and a language. Where it wrote none, the pages say ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.errors import AppError, Detail
from serializer_app.store.models import PublicText, Shop
from serializer_app.text import clean_lines

STATES = ("genuine", "unsold", "returned", "lost", "replaced", "removed")
"""As in ``buyers.units.State``; ``unsold`` is said in addition to ``genuine``."""
LENGTH = 500


def texts(session: Session, shop_id: int, language: str) -> dict[str, str]:
    """The shop's own texts in a language by state; a state without one is absent."""
    rows = session.execute(
        select(PublicText.state, PublicText.text).where(
            PublicText.shop_id == shop_id, PublicText.language == language
        )
    )
    return dict(rows.all())


def change(session: Session, shop: Shop, language: str, wanted: Mapping[str, str], *, actor: str) -> None:
    """Replace the shop's texts in a language; an empty text takes ours back.

    Raises AppError ``public_texts_invalid`` 422 with the states whose text is too long.
    """
    said = {state: clean_lines(wanted.get(state, "")).strip() for state in STATES}
    details: list[Detail] = [
        {"path": state, "message": f"is longer than {LENGTH} characters"}
        for state, text in said.items()
        if len(text) > LENGTH
    ]
    if details:
        raise AppError("public_texts_invalid", "A text is too long", status=422, details=details)
    before = texts(session, shop.id, language)
    after = {state: text for state, text in said.items() if text}
    if after == before:
        return
    session.execute(delete(PublicText).where(PublicText.shop_id == shop.id, PublicText.language == language))
    session.add_all(
        PublicText(shop_id=shop.id, language=language, state=one, text=after[one]) for one in after
    )
    changed = sorted(state for state in STATES if after.get(state) != before.get(state))
    changes = {"publicTexts": {"to": {"language": language, "states": changed}}}
    history.record(session, shop.id, "shop", [(shop.id, changes)], actor=actor, action="configured")
