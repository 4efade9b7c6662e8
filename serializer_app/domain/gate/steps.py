"""What a job of the gate does with an order: compare with Shopify, decide, record the answers (domain.gate.holds)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.gate.holds import ACTIVE, REQUIRED, locked, new_row, set_state, tell
from serializer_app.store.models import FulfillmentHold, Item, Line, Shop, Variant

HOLDABLE = frozenset({"OPEN", "SCHEDULED", "ON_HOLD"})
_ENDED = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})
MOST_TRIES = 5
"""Calls that may leave a hold unplaced without a word of refusal, before it counts as refused."""


@dataclass(frozen=True)
class ShownLine:
    """The units of an order line in a fulfilment order, as Shopify shows them."""

    id: int
    line_item_id: int
    remaining: int


@dataclass(frozen=True)
class Shown:
    """A fulfilment order as Shopify shows it; ``hold_id`` is our own hold on it."""

    id: int
    status: str
    created_at: datetime
    hold_id: int | None
    lines: tuple[ShownLine, ...]


@dataclass(frozen=True)
class PlaceHold:
    """Hold the lines with missing serial numbers; ``lines`` is empty where those are all lines."""

    fulfillment_order_id: int
    lines: tuple[ShownLine, ...]


@dataclass(frozen=True)
class ReleaseHold:
    fulfillment_order_id: int
    hold_id: int


# --- what Shopify shows, and what it has to be told -----------------------------------------------------------------


def note_shown(
    session: Session, shop: Shop, order_id: int, shown: Sequence[Shown], *, may_hold: bool
) -> None:
    """Bring the order's rows in line with what Shopify shows, and note which fulfilment orders to hold.

    Commit before ``steps``: whoever enters a serial number from now on finds the row, and asks for another look.
    """
    rows = locked(session, shop.id, order_id)
    for one in shown:
        row = rows.get(one.id)
        if one.hold_id is not None:
            _note_hold(session, shop.id, order_id, row, one)
        elif row is not None and row.state in ACTIVE:
            _note_no_hold(session, row, one)
    here = {one.id for one in shown}
    for row in rows.values():
        if row.state in ACTIVE and row.fulfillment_order_id not in here:
            set_state(row, "over")
    if not may_hold or shop.gate_since is None or any(row.state == "freed" for row in rows.values()):
        session.flush()
        return
    required = set(_required(session, shop.id, order_id))
    for one in shown:
        is_new = one.id not in rows and one.hold_id is None and one.created_at >= shop.gate_since
        if is_new and one.status in HOLDABLE and any(_waits(line, required) for line in one.lines):
            session.add(new_row(shop.id, order_id, one.id, "placing"))
    session.flush()


def _note_hold(
    session: Session, shop_id: int, order_id: int, row: FulfillmentHold | None, one: Shown
) -> None:
    """Our hold is there: as we think, by a call whose answer was lost, or still, although it should be gone."""
    if row is None:
        row = new_row(shop_id, order_id, one.id, "placing")
        session.add(row)
    row.hold_id = one.hold_id
    if row.state == "freed":
        set_state(row, "releasing", cause="staff")
    elif row.state not in ("held", "releasing"):
        set_state(row, "held")
        tell(session, row, "order-held", {})


def _note_no_hold(session: Session, row: FulfillmentHold, one: Shown) -> None:
    """Our hold is not there: not yet, no longer, or no longer by somebody else's hand."""
    if row.state == "releasing":
        set_state(row, "freed" if row.cause == "staff" else "released")
    elif one.status in _ENDED:
        set_state(row, "over")
    elif row.state == "held":
        set_state(row, "freed")
        tell(session, row, "hold-released-elsewhere", {})


def steps(
    session: Session, shop: Shop, order_id: int, shown: Sequence[Shown]
) -> list[PlaceHold | ReleaseHold]:
    """What Shopify has to be told about the order now, after ``note_shown``."""
    required = _required(session, shop.id, order_id)
    missing = _missing(required, _numbered(session, shop.id, order_id), shown)
    rows = locked(session, shop.id, order_id)
    found: list[PlaceHold | ReleaseHold] = []
    for one in shown:
        row = rows.get(one.id)
        if row is None or row.state not in ACTIVE:
            continue
        lacking = missing.get(one.id, set())
        is_wanted = shop.gate_since is not None and bool(lacking)
        if row.state in ("placing", "refused") and not is_wanted:
            session.delete(row)
        elif row.state == "placing" and one.status in HOLDABLE:
            if row.tries >= MOST_TRIES:
                set_state(row, "refused")
                continue
            row.tries += 1
            units = [line for line in one.lines if line.remaining]
            held = tuple(line for line in units if line.line_item_id in lacking)
            found.append(PlaceHold(one.id, () if len(held) == len(units) else held))
        elif row.state == "held" and not is_wanted:
            set_state(row, "releasing", cause="settings" if shop.gate_since is None else "serials")
        elif row.state == "releasing" and row.cause == "serials" and is_wanted:
            set_state(row, "held")
        if row.state == "releasing" and row.hold_id is not None:
            found.append(ReleaseHold(one.id, row.hold_id))
    session.flush()
    return found


def _required(session: Session, shop_id: int, order_id: int) -> dict[int, int]:
    """Lines of the order whose units must have serial numbers, with their current quantity."""
    rows = session.execute(
        select(Line.line_item_id, Line.quantity)
        .join(Variant, (Variant.shop_id == Line.shop_id) & (Variant.variant_id == Line.variant_id))
        .where(Line.shop_id == shop_id, Line.order_id == order_id, Line.removed_at.is_(None), *REQUIRED)
    )
    return {row.line_item_id: row.quantity for row in rows}


def _numbered(session: Session, shop_id: int, order_id: int) -> dict[int, int]:
    """Units with a serial number by line.

    The items are locked: whoever enters a serial number at this moment either commits first and is counted, or comes
    later and finds the order's row.
    """
    rows = session.execute(
        select(Item.line_item_id, Item.serial_key.is_not(None))
        .where(Item.shop_id == shop_id, Item.order_id == order_id, Item.removed_at.is_(None))
        .order_by(Item.id)
        .with_for_update(read=True)
    )
    counts: dict[int, int] = {}
    for line_item_id, has_serial in rows:
        counts[line_item_id] = counts.get(line_item_id, 0) + bool(has_serial)
    return counts


def _missing(
    required: Mapping[int, int], numbered: Mapping[int, int], shown: Sequence[Shown]
) -> dict[int, set[int]]:
    """Fulfilment order → lines of it whose units lack serial numbers.

    A line may be spread over several fulfilment orders, and no serial number says for which it is: units that are
    shipped come first, then the fulfilment orders by age.
    """
    waiting: dict[int, int] = {}
    for one in shown:
        for line in one.lines:
            waiting[line.line_item_id] = waiting.get(line.line_item_id, 0) + line.remaining
    left = {
        line: numbered.get(line, 0) - max(0, quantity - waiting.get(line, 0))
        for line, quantity in required.items()
    }
    missing: dict[int, set[int]] = {}
    for one in sorted(shown, key=lambda one: one.id):
        for line in one.lines:
            if not _waits(line, required):
                continue
            left[line.line_item_id] -= line.remaining
            if left[line.line_item_id] < 0:
                missing.setdefault(one.id, set()).add(line.line_item_id)
    return missing


def _waits(line: ShownLine, required: Iterable[int]) -> bool:
    return line.remaining > 0 and line.line_item_id in required


# --- what became of it ----------------------------------------------------------------------------------------------


def placed(
    session: Session, shop_id: int, order_id: int, asked_id: int, *, held_id: int, hold_id: int
) -> None:
    """Shopify holds it. Holding some lines only may give the held part an ID of its own."""
    rows = locked(session, shop_id, order_id)
    row = rows.get(held_id)
    if held_id != asked_id:
        asked = rows.get(asked_id)
        state = asked.state if asked is not None else "placing"
        if asked is not None:
            set_state(asked, "over")
        if row is None:
            row = new_row(shop_id, order_id, held_id, state)
            session.add(row)
    if row is None:
        return
    row.hold_id = hold_id
    if row.state == "placing":
        set_state(row, "held")
    # Where staff let it go meanwhile it stays "releasing": they asked for another look, which finds the hold.
    tell(session, row, "order-held", {})
    session.flush()


def refused(session: Session, shop_id: int, fulfillment_order_id: int, problem: str) -> None:
    """Shopify will not hold it; the order page says so."""
    session.execute(
        update(FulfillmentHold)
        .where(
            FulfillmentHold.shop_id == shop_id,
            FulfillmentHold.fulfillment_order_id == fulfillment_order_id,
            FulfillmentHold.state == "placing",
        )
        .values(state="refused", problem=problem[:500], changed_at=now()),
        execution_options={"synchronize_session": False},
    )


def released(session: Session, shop_id: int, fulfillment_order_id: int) -> None:
    """Shopify released it on our behalf."""
    row = session.get(FulfillmentHold, (shop_id, fulfillment_order_id), with_for_update=True)
    if row is None or row.state != "releasing":
        return
    set_state(row, "freed" if row.cause == "staff" else "released")
    if row.cause != "staff":  # what staff did is in the history since they did it
        tell(session, row, "hold-released", {"cause": {"to": row.cause}})
    session.flush()


def ended(session: Session, shop_id: int, fulfillment_order_id: int) -> None:
    """Shopify knows no such fulfilment order any more."""
    session.execute(
        update(FulfillmentHold)
        .where(
            FulfillmentHold.shop_id == shop_id, FulfillmentHold.fulfillment_order_id == fulfillment_order_id
        )
        .values(state="over", changed_at=now()),
        execution_options={"synchronize_session": False},
    )
