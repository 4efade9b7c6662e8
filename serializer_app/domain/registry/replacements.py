"""The serial numbers that one unit has had, one replaced by the next."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.store.models import Serial

_LONGEST_CHAIN = 100


def chain(session: Session, shop_id: int, serial_id: int) -> list[Serial]:
    """The serial with all that came before and after it by update-serial, in the order they were entered."""
    found: dict[int, Serial] = {}
    waiting = [serial_id]
    while waiting:
        after = select(Serial).where(Serial.shop_id == shop_id, Serial.id.in_(waiting))
        before = select(Serial).where(Serial.shop_id == shop_id, Serial.replaced_by.in_(waiting))
        rows = [*session.scalars(after), *session.scalars(before)]
        new = {row.id: row for row in rows if row.id not in found}
        found |= new
        waiting = [*new, *(row.replaced_by for row in new.values() if row.replaced_by)]
        if not new or len(found) > _LONGEST_CHAIN:
            break
    return sorted(found.values(), key=lambda row: (row.created_at, row.id))
