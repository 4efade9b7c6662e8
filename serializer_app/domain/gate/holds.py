"""Orders that wait in Shopify until their required serial numbers are entered (contract §9.5).

One row for each fulfilment order that we hold, want to hold, or held::

    placing ──► held ──► releasing ──► released   every required serial number is there, or the gate was switched off
       │          │          └───────► freed      staff released it: no fulfilment order of this order is held again
       │          └──────────────────► freed      somebody released it in Shopify: the same
       └──► refused                               Shopify would not hold it; tried again once an hour
    any ──► over                                  shipped, cancelled, merged or moved away

``steps.note_shown`` compares the rows with what Shopify shows, ``steps.steps`` says what Shopify has to be told, and
the functions after it record the answers. A job of an order does the three in turn (sync.gate) and may be killed
between any two: what was wanted is stored before Shopify is called, and the next run sees what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.errors import AppError
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import FulfillmentHold, Line, Shop, Variant
from serializer_app.store.models.gate import HoldState

READ = "read_merchant_managed_fulfillment_orders"
WRITE = "write_merchant_managed_fulfillment_orders"

ACTIVE: tuple[HoldState, ...] = ("placing", "held", "releasing", "refused")
REQUIRED = (Variant.trackable.is_(True), Variant.serial_numbers == "required")
"""Conditions of a variant whose units must have serial numbers."""
ACTOR = "app:gate"


@dataclass(frozen=True)
class OrderHold:
    """The most important hold of an order, for pages: ``state`` as above, ``freed`` only while nothing is active."""

    state: HoldState
    since: datetime
    problem: str | None
    fulfillment_order_ids: tuple[int, ...]

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


# --- what calls for a look ------------------------------------------------------------------------------------------


def uses_gate(session: Session, shop_id: int) -> bool:
    """Whether the shop holds orders. Asked once in a transaction: an import enters thousands of serial numbers."""
    key = ("gate", shop_id)
    if key not in session.info:
        session.info[key] = bool(
            session.scalar(select(Shop.gate_since.is_not(None)).where(Shop.id == shop_id))
        )
    return bool(session.info[key])


def serials_changed(session: Session, shop_id: int, *order_ids: int) -> None:
    """Serial numbers of these orders were entered or taken away, or units of them: their holds may have to go."""
    if uses_gate(session, shop_id):
        look_again(session, shop_id, *order_ids)


def order_changed(session: Session, shop: Shop, order_id: int) -> None:
    """Units or lines of the order changed. Costs a shop without the gate nothing."""
    if shop.gate_since is not None:
        look_again(session, shop.id, order_id)


def look_again(session: Session, shop_id: int, *order_ids: int) -> None:
    """Have the worker look at the holds of these orders, as far as they have any."""
    for start in range(0, len(order_ids), 500):
        active = (
            select(FulfillmentHold.order_id)
            .where(FulfillmentHold.shop_id == shop_id)
            .where(FulfillmentHold.order_id.in_(order_ids[start : start + 500]))
            .where(FulfillmentHold.state.in_(ACTIVE))
        )
        outbox.put(session, shop_id, JobKind.GATE_ORDER, session.scalars(active.distinct()).all())


def orders_with_holds(session: Session, shop_id: int) -> list[int]:
    """Orders with something active, refused ones made ready for another try."""
    session.execute(
        update(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.state == "refused")
        .values(state="placing", tries=0, changed_at=now()),
        execution_options={"synchronize_session": False},
    )
    query = select(FulfillmentHold.order_id).where(
        FulfillmentHold.shop_id == shop_id, FulfillmentHold.state.in_(ACTIVE)
    )
    return list(session.scalars(query.distinct()))


def unheard_of(session: Session, shop_id: int, orders: Mapping[int, int]) -> list[int]:
    """Of {fulfilment order: order} the orders that may have to be held, although nothing told us to look at them."""
    numbers = sorted(set(orders.values()))
    found: set[int] = set()
    for start in range(0, len(numbers), 200):
        some = numbers[start : start + 200]
        query = (
            select(Line.order_id)
            .join(Variant, (Variant.shop_id == Line.shop_id) & (Variant.variant_id == Line.variant_id))
            .where(Line.shop_id == shop_id, Line.order_id.in_(some), *REQUIRED)
        )
        found.update(session.scalars(query.distinct()))
    known = set(
        session.scalars(
            select(FulfillmentHold.fulfillment_order_id).where(
                FulfillmentHold.shop_id == shop_id, FulfillmentHold.fulfillment_order_id.in_(list(orders))
            )
        )
    )
    return sorted({order for number, order in orders.items() if order in found and number not in known})


_ECHO = {"placed_on_hold": ("held",), "hold_released": ("released", "freed")}
"""Event → states in which a webhook only tells what we did ourselves."""


def heard(session: Session, shop_id: int, fulfillment_order_ids: Sequence[int], event: str) -> None:
    """Shopify told that something happened to fulfilment orders: have the worker look at their orders."""
    rows = session.execute(
        select(FulfillmentHold.fulfillment_order_id, FulfillmentHold.order_id, FulfillmentHold.state).where(
            FulfillmentHold.shop_id == shop_id,
            FulfillmentHold.fulfillment_order_id.in_(fulfillment_order_ids),
        )
    ).all()
    news = sorted({row.order_id for row in rows if row.state not in _ECHO.get(event, ())})
    outbox.put(session, shop_id, JobKind.GATE_ORDER, news)
    if not rows:
        # Of several the first is enough: they belong to one order.
        outbox.put(session, shop_id, JobKind.GATE_FULFILLMENT, fulfillment_order_ids[:1])


# --- staff ----------------------------------------------------------------------------------------------------------


def let_go(session: Session, shop_id: int, order_id: int, *, reason: str, actor: str) -> None:
    """Staff ship the order without its serial numbers: release its holds, and never hold it again.

    Raises AppError ``order_not_held`` 409.
    """
    rows = [row for row in locked(session, shop_id, order_id).values() if row.state in ACTIVE]
    if not rows:
        raise AppError("order_not_held", "This order is not on hold any more", status=409)
    for row in rows:
        if row.state == "refused":
            set_state(row, "freed", cause="staff")
        else:
            set_state(row, "releasing", cause="staff")
    session.flush()
    change = {"reason": {"to": reason}}
    history.record(session, shop_id, "order", [(order_id, change)], actor=actor, action="hold-released")
    outbox.put(session, shop_id, JobKind.GATE_ORDER, [order_id])


_FIRST: tuple[HoldState, ...] = ("held", "releasing", "placing", "refused", "freed")


def of_order(session: Session, shop_id: int, order_id: int) -> OrderHold | None:
    """What pages say about an order's holds; None where there is nothing to say."""
    rows = session.scalars(
        select(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.order_id == order_id)
        .order_by(FulfillmentHold.fulfillment_order_id)
    ).all()
    for state in _FIRST:
        of_state = [row for row in rows if row.state == state]
        if of_state:
            return OrderHold(
                state,
                min(row.changed_at for row in of_state),
                next((row.problem for row in of_state if row.problem), None),
                tuple(row.fulfillment_order_id for row in of_state),
            )
    return None


def held_orders(session: Session, shop_id: int, order_ids: Sequence[int]) -> set[int]:
    """Which of these orders wait for serial numbers in Shopify."""
    query = select(FulfillmentHold.order_id).where(
        FulfillmentHold.shop_id == shop_id,
        FulfillmentHold.order_id.in_(order_ids),
        FulfillmentHold.state.in_(("placing", "held", "releasing")),
    )
    return set(session.scalars(query))


def count(session: Session, shop_id: int, *states: HoldState) -> int:
    """How many fulfilment orders are in one of these states."""
    query = (
        select(func.count())
        .select_from(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.state.in_(states))
    )
    return session.scalar(query) or 0


def forget(session: Session, shop_id: int, before: datetime) -> None:
    """Delete rows of holds that ended before ``before``. What somebody let go is remembered for good."""
    session.execute(
        delete(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.state.in_(("released", "over")))
        .where(FulfillmentHold.changed_at < before),
        execution_options={"synchronize_session": False},
    )


def note_problem(session: Session, shop_id: int, order_id: int, problem: str) -> None:
    """Say on the order's page what stands in the way at present."""
    session.execute(
        update(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.order_id == order_id)
        .where(FulfillmentHold.state.in_(ACTIVE))
        .values(problem=problem[:500]),
        execution_options={"synchronize_session": False},
    )


# --- rows ----------------------------------------------------------------------------------------------------------


def locked(session: Session, shop_id: int, order_id: int) -> dict[int, FulfillmentHold]:
    """The order's rows by fulfilment order; nobody else changes them until this write unit ends."""
    query = (
        select(FulfillmentHold)
        .where(FulfillmentHold.shop_id == shop_id, FulfillmentHold.order_id == order_id)
        .order_by(FulfillmentHold.fulfillment_order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.fulfillment_order_id: row for row in session.scalars(query)}


def new_row(shop_id: int, order_id: int, fulfillment_order_id: int, state: HoldState) -> FulfillmentHold:
    """A row that is not in the session yet."""
    moment = now()
    return FulfillmentHold(
        shop_id=shop_id,
        fulfillment_order_id=fulfillment_order_id,
        order_id=order_id,
        state=state,
        tries=0,
        created_at=moment,
        changed_at=moment,
    )


def set_state(row: FulfillmentHold, state: HoldState, *, cause: str | None = None) -> None:
    """Change a row's state; what stood in the way before is forgotten."""
    if row.state != state:
        row.changed_at = now()
    row.state, row.problem = state, None if state != "refused" else row.problem
    row.cause = cause or row.cause


def tell(session: Session, row: FulfillmentHold, action: str, change: history.Changes) -> None:
    """Write what happened into the order's history."""
    entry = [(row.order_id, change)]
    history.record(session, row.shop_id, "order", entry, actor=ACTOR, action=action)
