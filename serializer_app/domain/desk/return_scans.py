"""The returns page: what a scanned code is, what is expected back, and returned units that wait for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.domain.desk import item_search, serial_entry
from serializer_app.domain.desk.item_search import Found
from serializer_app.domain.items.unit_states import RETURNED, UnitState
from serializer_app.domain.orders import lookups
from serializer_app.domain.registry import recognition
from serializer_app.domain.registry.recognition import OpenToken
from serializer_app.domain.stock import announced, returns
from serializer_app.domain.stock.announced import ExpectedLine
from serializer_app.domain.stock.returns import DISPOSITIONS, ReturnScan, ReturnVerdict
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Line, Serial

SHOWN = 100
NAMED = 5
"""As many units of an order line are named before they are scanned."""


@dataclass(frozen=True)
class ReturnFound:
    """A scanned unit, what its order is called, and its product; both are None where it was never sold here.

    ``disposition`` is what Shopify says becomes of it, None where it says nothing definite.
    """

    scan: ReturnScan
    order: str | None
    product: str | None
    disposition: str | None = None

    @property
    def state(self) -> UnitState | None:
        """The state that the disposition stands for."""
        return None if self.disposition is None else DISPOSITIONS[self.disposition]


@dataclass(frozen=True)
class ExpectedBack:
    """Units of an order line that Shopify expects back. ``units`` names them where only these can be meant."""

    line: ExpectedLine
    order: str | None
    product: str | None
    variant: str | None
    units: Sequence[str]


def scan(
    session: Session, shop_id: int, code: str, *, order_id: int | None, open_token: OpenToken
) -> ReturnFound | int:
    """What a code is on the returns page: a unit, or the ID of the order that it names.

    Raises AppError 409 ``return_several_orders`` and what ``serial_entry.refuse_other_things`` refuses, so that a
    product's barcode is not called a unit of somebody else.
    """
    found = recognition.recognize(session, shop_id, code, open_token=open_token)
    if not found.items and not found.serials:
        if len(found.orders) > 1:
            message = "Several orders are called {number}. Scan a unit instead"
            values = {"number": found.number}
            raise AppError("return_several_orders", message.format_map(values), status=409, values=values)
        if found.orders:
            return found.orders[0]
        serial_entry.refuse_other_things(session, shop_id, found)
    scanned = returns.scan(session, shop_id, code, order_id=order_id, open_token=open_token)
    item, unit = scanned.item, scanned.unit
    variant_id = item.variant_id if item is not None else unit.variant_id if unit is not None else None
    name = None
    if item is not None:
        name = lookups.names(session, shop_id, [item.order_id]).get(item.order_id) or str(item.order_id)
    product = None if variant_id is None else serial_entry.product_name(session, shop_id, [variant_id])
    disposition = None
    if item is not None and scanned.verdict is ReturnVerdict.SOLD:
        disposition = announced.disposition(session, shop_id, item)
    return ReturnFound(scanned, name, product, disposition)


def expected_back(session: Session, shop_id: int, order_id: int | None = None) -> list[ExpectedBack]:
    """What Shopify expects back and nobody scanned yet; of one order everything that was announced."""
    if order_id is None:
        lines = announced.awaited(session, shop_id)
    else:
        every = announced.of_orders(session, shop_id, [order_id])
        lines = [line for line in every if line.row.status in announced.EXPECTED_STATUSES]
    numbers = sorted({line.row.line_item_id for line in lines})
    titles = {
        row.line_item_id: (row.title, row.variant_title)
        for row in session.execute(
            select(Line.line_item_id, Line.title, Line.variant_title).where(
                Line.shop_id == shop_id, Line.line_item_id.in_(numbers)
            )
        )
    }
    orders = lookups.names(session, shop_id, sorted({line.row.order_id for line in lines}))
    named = [line for line in lines if line.certain and line.expected <= NAMED]
    units = _active_units(session, shop_id, [line.row.line_item_id for line in named])
    return [
        ExpectedBack(
            line,
            orders.get(line.row.order_id),
            *titles.get(line.row.line_item_id, (None, None)),
            units.get(line.row.line_item_id, ()) if line in named else (),
        )
        for line in lines
    ]


def _active_units(session: Session, shop_id: int, line_item_ids: Sequence[int]) -> dict[int, list[str]]:
    """What the active items of order lines are called."""
    query = select(Item).where(
        Item.shop_id == shop_id, Item.line_item_id.in_(line_item_ids), Item.removed_at.is_(None)
    )
    found: dict[int, list[str]] = {}
    for item in session.scalars(query.order_by(Item.id)):
        found.setdefault(item.line_item_id, []).append(item.serial_number or item.item_id)
    return found


def units_of(session: Session, shop_id: int, order_id: int) -> list[Found]:
    """The units of an order that were sold or came back, the first SHOWN."""
    keys = session.scalars(
        select(Item.id)
        .where(Item.shop_id == shop_id, Item.order_id == order_id)
        .where(Item.removed_at.is_(None) | Item.returned_at.is_not(None))
        .order_by(Item.id)
        .limit(SHOWN)
    ).all()
    return item_search.described(session, shop_id, keys)


def undecided(session: Session, shop_id: int) -> Sequence[Serial]:
    """Units that came back and about which nobody has decided yet, the latest SHOWN."""
    return session.scalars(
        select(Serial)
        .where(Serial.shop_id == shop_id, Serial.state == RETURNED.value)
        .order_by(Serial.id.desc())
        .limit(SHOWN)
    ).all()
