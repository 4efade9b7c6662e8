"""Notices that several pages of the desk show about one order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from serializer_app.domain.gate import holds
from serializer_app.domain.gate.holds import OrderHold
from serializer_app.domain.shops import shops
from serializer_app.store.models import Shop


@dataclass(frozen=True)
class GateNotice:
    """What the order page and the packing table say about a hold: the hold, and what keeps us from releasing it."""

    hold: OrderHold
    missing_scopes: list[str]


def gate_notice(session: Session, shop: Shop, order_id: int) -> GateNotice | None:
    hold = holds.of_order(session, shop.id, order_id)
    if hold is None or not hold.is_active:
        return None
    return GateNotice(hold, shops.missing_of(shop, (holds.READ, holds.WRITE)))
