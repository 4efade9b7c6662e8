"""Orders: a snapshot is applied, items follow, people adjust."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.gate import holds
from serializer_app.domain.items import items
from serializer_app.domain.items.plan import Addition, OrderSnapshot, Plan, StoredLine, fill, plan
from serializer_app.domain.orders import lines as order_lines
from serializer_app.domain.takeover import foreign
from serializer_app.errors import AppError
from serializer_app.store import outbox, upsert
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Line, Order, Shop, Variant
from serializer_app.store.models.variants import SerialNumbers

FETCH_DELAY = 1.0
"""Seconds. Edits come in bursts, and orders/updated mostly brings what orders/edited only speaks of."""


@dataclass
class AppliedSnapshot:
    """What applying a snapshot did. ``stale``: something newer was known already, and nothing changed."""

    stale: bool = False
    made: list[str] = field(default_factory=list)
    restored: int = 0
    removed: int = 0


def apply(session: Session, shop: Shop, snapshot: OrderSnapshot, *, actor: str) -> AppliedSnapshot:
    """Bring an order and its items to what ``snapshot`` shows, unless something newer was applied (contract §7.3).

    The order's row is the lock: two deliveries at once are applied one after the other.
    """
    is_new = _insert(session, shop.id, snapshot)
    stored: dict[int, StoredLine] = {}
    old_customer = snapshot.customer_id
    complete = not snapshot.partial
    if snapshot.partial and not snapshot.asked:
        fetch_soon(session, shop.id, snapshot.order_id)
    if not is_new:
        order = _locked(session, shop.id, snapshot.order_id)
        if order.deleted_at is not None:
            return AppliedSnapshot(stale=True)
        stored = items.stored_lines(session, shop.id, snapshot.order_id)
        if order.source_updated_at and order.source_updated_at > snapshot.updated_at:
            return _learn(session, shop, order, snapshot, stored, actor=actor)
        if order.source_updated_at == snapshot.updated_at and _differs(order, stored, snapshot):
            # Two changes within one of Shopify's seconds: nobody can tell which came first, so Shopify is asked.
            fetch_soon(session, shop.id, snapshot.order_id)
            complete = snapshot.asked and not snapshot.partial
            is_older = order.cancelled_at is not None and snapshot.cancelled_at is None
            if not snapshot.asked and (is_older or shop.on_order_edit == "manual"):
                return AppliedSnapshot(stale=True)
        old_customer = order.customer_id
    variants = catalog.tracking(
        session,
        shop.id,
        {line.variant_id for line in snapshot.lines if line.variant_id}
        | {line.variant_id for line in stored.values() if line.variant_id},
    )
    todo = plan(
        snapshot,
        variants,
        stored,
        installed_at=shop.installed_at,
        on_order_edit=shop.on_order_edit,
        complete=complete,
    )
    order_lines.write(session, shop.id, snapshot, todo, stored)
    if old_customer != snapshot.customer_id:
        items.given_to(session, shop.id, snapshot.order_id, snapshot.customer_id)
    outcome = AppliedSnapshot(
        made=items.make(session, shop.id, snapshot.order_id, snapshot.customer_id, todo.add, actor=actor),
        restored=items.bring_back(session, shop.id, todo.restore, actor=actor),
        removed=_take_away(session, shop.id, todo, stored, actor=actor),
    )
    order_lines.follow_shipping(session, shop.id, snapshot, stored, actor=actor)
    seen = [line.variant_id for line in snapshot.lines] + [line.variant_id for line in stored.values()]
    tracked = any(_is_tracked(variant_id, variants) for variant_id in seen)
    if not is_new:
        _update(session, shop.id, snapshot)
        holds.order_changed(session, shop, snapshot.order_id)
    if tracked or todo.changes_items or any(line.living for line in stored.values()):
        outbox.put(session, shop.id, JobKind.MIRROR_ORDER, [snapshot.order_id])
    return outcome


class OrderLine(NamedTuple):
    """A line of an order; ``trackable`` and ``serial_numbers`` are those of its variant now."""

    line_item_id: int
    variant_id: int | None
    title: str | None
    variant_title: str | None
    sku: str | None
    quantity: int
    removed_at: datetime | None
    fulfilled_at: datetime | None
    trackable: bool
    serial_numbers: SerialNumbers


class Surplus(NamedTuple):
    """A line that holds more items than it has trackable units (contract §7.4)."""

    line_item_id: int
    items: int
    units: int


def fetch_soon(session: Session, shop_id: int, order_id: int) -> None:
    """Have the worker fetch an order, once for a burst of reasons."""
    outbox.put(session, shop_id, JobKind.FETCH_ORDER, [order_id], delay=FETCH_DELAY)


def _differs(order: Order, stored: dict[int, StoredLine], snapshot: OrderSnapshot) -> bool:
    known = {line.line_item_id: line.quantity for line in stored.values() if line.listed}
    shown = {line.line_item_id: snapshot.units(line) for line in snapshot.lines}
    return (known, order.customer_id, order.cancelled_at is None) != (
        shown,
        snapshot.customer_id,
        snapshot.cancelled_at is None,
    )


def _learn(
    session: Session,
    shop: Shop,
    order: Order,
    snapshot: OrderSnapshot,
    stored: dict[int, StoredLine],
    *,
    actor: str,
) -> AppliedSnapshot:
    """An older snapshot changes nothing, but for lines that were first seen after their product was deleted.

    It tells their variant, and so they get what they would have got in the right order (contract §7.1).
    """
    missing = {
        line.line_item_id: line
        for line in snapshot.lines
        if line.variant_id is not None
        and (known := stored.get(line.line_item_id)) is not None
        and known.variant_id is None
    }
    if not missing:
        return AppliedSnapshot(stale=True)
    now_true = replace(
        snapshot,
        cancelled_at=None,
        lines=tuple(replace(line, quantity=stored[line_id].quantity) for line_id, line in missing.items()),
    )
    variants = catalog.tracking(
        session, shop.id, [line.variant_id for line in missing.values() if line.variant_id]
    )
    todo = plan(now_true, variants, {}, installed_at=shop.installed_at, on_order_edit=shop.on_order_edit)
    for line_id, line in missing.items():
        session.connection().execute(
            update(Line)
            .where(Line.shop_id == shop.id, Line.line_item_id == line_id)
            .values(variant_id=line.variant_id, product_id=line.product_id, follows=todo.follows[line_id])
        )
    made = items.make(session, shop.id, order.order_id, order.customer_id, todo.add, actor=actor)
    if any(_is_tracked(line.variant_id, variants) for line in missing.values()):
        outbox.put(session, shop.id, JobKind.MIRROR_ORDER, [order.order_id])
    return AppliedSnapshot(stale=True, made=made)


def _take_away(
    session: Session, shop_id: int, todo: Plan, stored: dict[int, StoredLine], *, actor: str
) -> int:
    """Surplus goes only while it is blank: somebody may fill an item while its order is being planned."""
    with_line = {item.id for line_id in todo.gone for item in stored[line_id].living}
    surplus = [key for key in todo.remove if key not in with_line]
    return items.take_away(
        session, shop_id, surplus, actor=actor, reason="removed", only_blank=True
    ) + items.take_away(session, shop_id, sorted(with_line), actor=actor, reason="removed")


def _is_tracked(variant_id: int | None, variants: dict[int, catalog.Tracking]) -> bool:
    return variant_id is not None and variant_id in variants and variants[variant_id].trackable


def _insert(session: Session, shop_id: int, snapshot: OrderSnapshot) -> bool:
    """Insert the order; False when it was there. Of two at once the second waits here for the first one's commit."""
    row = {"shop_id": shop_id, "order_id": snapshot.order_id, **_columns(snapshot)}
    made = session.connection().execute(upsert.insert_new(session, Order, Order.order_id), row)
    return made.scalar_one_or_none() is not None


def _columns(snapshot: OrderSnapshot) -> dict[str, str | int | datetime | None]:
    return {
        "name": snapshot.name,
        "customer_id": snapshot.customer_id,
        "ordered_at": snapshot.created_at,
        "source_updated_at": snapshot.updated_at,
        "cancelled_at": snapshot.cancelled_at,
    }


def _locked(session: Session, shop_id: int, order_id: int) -> Order:
    return session.scalars(
        select(Order).where(Order.shop_id == shop_id, Order.order_id == order_id).with_for_update()
    ).one()


def _update(session: Session, shop_id: int, snapshot: OrderSnapshot) -> None:
    session.connection().execute(
        update(Order)
        .where(Order.shop_id == shop_id, Order.order_id == snapshot.order_id)
        .values(**_columns(snapshot))
    )


def find(session: Session, shop_id: int, order_id: int) -> Order:
    """The order; raises AppError ``order_not_found`` 404."""
    order = session.get(Order, (shop_id, order_id))
    if order is None or (order.deleted_at is not None and order.ordered_at is None):
        raise AppError("order_not_found", f"Order {order_id} not found.", status=404)
    return order


def lines(session: Session, shop_id: int, order_id: int) -> list[OrderLine]:
    """The lines of an order, those that are gone last."""
    rows = session.execute(
        select(
            Line.line_item_id,
            Line.variant_id,
            Line.title,
            Line.variant_title,
            Line.sku,
            Line.quantity,
            Line.removed_at,
            Line.fulfilled_at,
            Variant.trackable.is_(True),
            func.coalesce(Variant.serial_numbers, catalog.OPTIONAL),
        )
        .outerjoin(Variant, (Variant.shop_id == Line.shop_id) & (Variant.variant_id == Line.variant_id))
        .where(Line.shop_id == shop_id, Line.order_id == order_id)
        .order_by(Line.removed_at.is_not(None), Line.position)
    )
    return [OrderLine._make(row) for row in rows]


def trackable_units(rows: Iterable[OrderLine]) -> int:
    """Contract §1: the sum of current quantities of lines whose variant is trackable now."""
    return sum(row.quantity for row in rows if row.trackable)


def missing_serials(line: OrderLine, numbered: int) -> int:
    """How many tracked units of a line lack a serial number, of which ``numbered`` have one.

    0 where serial numbers are off: nobody is asked for them.
    """
    if not line.trackable or line.serial_numbers == catalog.OFF:
        return 0
    return max(0, line.quantity - numbered)


def generate_missing(
    session: Session, shop: Shop, order_id: int, *, actor: str, only_auto: bool = False
) -> AppliedSnapshot:
    """A person or the API asks for the items an order should have: one per trackable unit (contract §7.2).

    With ``only_auto`` only for variants whose items are generated without asking: a backfill over old orders.
    Raises AppError ``order_not_found`` 404, ``order_deleted`` 409, ``foreign_values`` 409. Whether an order that we
    never wrote holds foreign values, only Shopify knows: ask before (web.asking, sync.backfill).
    """
    order = locked_alive(session, shop.id, order_id)
    foreign.refuse_if_held(session, shop.id, order_id)
    stored = items.stored_lines(session, shop.id, order_id)
    variants = catalog.tracking(
        session, shop.id, [line.variant_id for line in stored.values() if line.variant_id]
    )
    todo = Plan()
    for line in stored.values():
        variant = variants.get(line.variant_id) if line.variant_id else None
        if variant is not None and variant.trackable and (variant.auto_generatable or not only_auto):
            fill(todo, line, variant, line.missing, auto_generated=True)
    return _carry_out(session, order, todo, actor=actor)


def adjust(
    session: Session,
    shop: Shop,
    order_id: int,
    line_item_id: int,
    *,
    add: int = 0,
    remove: Sequence[str] = (),
    restore: Sequence[str] = (),
    actor: str,
) -> AppliedSnapshot:
    """Adjust quantity by hand: new items (``autoGenerated`` false), chosen ones removed, removed ones brought back.

    All or nothing. Raises AppError ``line_item_not_found`` 404, ``item_not_found`` 404, ``variant_not_trackable`` 409.
    """
    order = locked_alive(session, shop.id, order_id)
    line = items.stored_lines(session, shop.id, order_id).get(line_item_id)
    if line is None:
        raise AppError(
            "line_item_not_found", f"Line item {line_item_id} not found in order {order_id}.", status=404
        )
    todo = Plan(
        remove=_of_line(session, shop.id, line, remove, "remove"),
        restore=_of_line(session, shop.id, line, restore, "restore"),
    )
    if add:
        variants = catalog.tracking(session, shop.id, [line.variant_id] if line.variant_id else [])
        variant = variants.get(line.variant_id) if line.variant_id else None
        if variant is None or not variant.trackable:
            raise AppError(
                "variant_not_trackable",
                "The variant of this line item is not tracked; switch Track items on first",
                status=409,
            )
        todo.add.append(Addition(line_item_id, variant, add, auto_generated=False))
    return _carry_out(session, order, todo, actor=actor)


def locked_alive(session: Session, shop_id: int, order_id: int) -> Order:
    """The order, locked until the transaction ends. Raises AppError ``order_not_found`` 404, ``order_deleted`` 409."""
    find(session, shop_id, order_id)
    order = _locked(session, shop_id, order_id)
    if order.deleted_at is not None:
        raise AppError("order_deleted", f"Order {order_id} was deleted in Shopify.", status=409)
    return order


def _of_line(
    session: Session, shop_id: int, line: StoredLine, item_ids: Sequence[str], path: str
) -> list[int]:
    known = {item.id for item in (*line.living, *line.removed)}
    keys = []
    for number, item_id in enumerate(item_ids):
        item = items.find(session, shop_id, item_id)
        if item is None or item.id not in known:
            raise AppError(
                "item_not_found",
                f"Item {item_id} not found on line item {line.line_item_id}.",
                status=404,
                details=[{"path": f"{path}.{number}", "message": "is no item of this line item"}],
            )
        keys.append(item.id)
    return keys


def _carry_out(session: Session, order: Order, todo: Plan, *, actor: str) -> AppliedSnapshot:
    outcome = AppliedSnapshot(
        removed=items.take_away(session, order.shop_id, todo.remove, actor=actor, reason="removed"),
        restored=items.bring_back(session, order.shop_id, todo.restore, actor=actor),
        made=items.make(session, order.shop_id, order.order_id, order.customer_id, todo.add, actor=actor),
    )
    if todo.changes_items:
        outbox.put(session, order.shop_id, JobKind.MIRROR_ORDER, [order.order_id])
        holds.serials_changed(session, order.shop_id, order.order_id)
    if todo.restore:
        # A unit that had come back is with its customer after all, so a return in Shopify waits for it again.
        outbox.put(session, order.shop_id, JobKind.RETURNS, [order.order_id])
    return outcome


def surpluses(rows: Iterable[OrderLine], living: Mapping[int, int]) -> list[Surplus]:
    """Lines that hold more items than units. ``living`` counts the items of each line."""
    found = []
    for row in rows:
        units = row.quantity if row.trackable else 0
        stored = living.get(row.line_item_id, 0)
        if stored > units:
            found.append(Surplus(row.line_item_id, stored, units))
    return found


def merge_customers(session: Session, shop_id: int, *, kept: int, gone: int) -> int:
    """Two customers became one: orders and items of ``gone`` belong to ``kept``. Returns how many orders."""
    moved = session.scalars(
        update(Order)
        .where(Order.shop_id == shop_id, Order.customer_id == gone)
        .values(customer_id=kept)
        .returning(Order.order_id),
        execution_options={"synchronize_session": False},
    ).all()
    session.execute(
        update(Item).where(Item.shop_id == shop_id, Item.customer_id == gone).values(customer_id=kept),
        execution_options={"synchronize_session": False},
    )
    return len(moved)
