"""The gate at work: orders are held in Shopify until their serial numbers are entered (domain.gate.holds).

Every job reads what Shopify shows, so it may come late, twice or in any order, and a worker killed between two steps
costs nothing but another look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from serializer_app.clock import iso, now, parse_iso
from serializer_app.domain import tasks
from serializer_app.domain.gate import holds, steps, switch
from serializer_app.domain.gate.steps import PlaceHold, ReleaseHold, Shown, ShownLine
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.shopify import user_errors
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.orders import UNREADABLE
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Shop, Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import LongWork, Slice, Walk
from serializer_app.sync.work import Verdict, Work, one_by_one
from serializer_app.text import JsonDict

log = structlog.get_logger(__name__)

HANDLE = "serializer-serials"
"""Our hold on a fulfilment order: Shopify lets an app have one of each handle."""
KIND = "gate-walk"
EVERY = 3600.0
OVERLAP = timedelta(minutes=10)
PAGE = 5
LINES_PAGE = 250
WALK_PAGE = 100
UNKNOWN_TRIES = 6
"""How often an order that we do not know yet is waited for, doubling from a second."""
KEPT = timedelta(days=90)
_GONE = "FULFILLMENT_ORDER_NOT_FOUND"
_TWICE = {"DUPLICATE_FULFILLMENT_HOLD_HANDLE", "TAKEN"}
_UNSPLIT = "FULFILLMENT_ORDER_NOT_SPLITTABLE"


@one_by_one(points=50)
def find_order(work: Work, job: Job) -> Verdict:
    """Handler of ``gate-fulfillment``: webhooks name the fulfilment order (the key) and not its order."""
    with work.db.read() as session:
        if not _is_allowed(shops.by_id(session, work.shop_id)):
            return Verdict(done=[job])
    try:
        found = work.call("FulfillmentOrderIds", {"id": gid("FulfillmentOrder", int(job.key))})
    except PermanentFailure as error:
        # The hourly walk finds the order once Shopify lets us.
        log.warning("gate refused", fulfillment_order_id=int(job.key), code=error.code)
        return Verdict(done=[job])
    node = found.get("fulfillmentOrder")
    # Those of a fulfilment service are not shown to us.
    again = (
        [(JobKind.GATE_ORDER, str(numeric_id(node["orderId"])), 0.0)] if node and node.get("orderId") else []
    )
    return Verdict(done=[job], again=again, pause=work.rest())


@one_by_one(points=600)
def bring_up_to_date(work: Work, job: Job) -> Verdict:
    """Handler of ``gate-order``: hold what lacks serial numbers, release what does not; the key is an order ID."""
    order_id = int(job.key)
    with work.db.read() as session:
        allowed = _is_allowed(shops.by_id(session, work.shop_id))
        known = lookups.is_known(session, work.shop_id, order_id)
        deleted = lookups.is_deleted(session, work.shop_id, order_id)
    if not allowed:
        return Verdict(done=[job])  # the order's page, the Settings page and the doctor say what is missing
    if not known and job.attempts < UNKNOWN_TRIES:
        with work.db.write() as session:
            orders.fetch_soon(session, work.shop_id, order_id)
        raise AppError(
            "order_not_known", f"Order {order_id} has not arrived yet; it is tried again", permanent=False
        )
    try:
        _bring_up_to_date(work, order_id, deleted=deleted)
    except PermanentFailure as error:
        # A scope that was taken back, or a permission that the merchant's plan lacks: told, and tried in an hour.
        log.warning("gate refused", order_id=order_id, code=error.code)
        with work.db.write() as session:
            holds.note_problem(session, work.shop_id, order_id, error.message)
    return Verdict(done=[job], pause=work.rest())


def _bring_up_to_date(work: Work, order_id: int, *, deleted: bool) -> None:
    shown = _shown(work, order_id)
    if shown is None:
        if not deleted:
            # It may be too old for us to see (read_all_orders), so its absence proves nothing.
            with work.db.write() as session:
                problem = "Shopify does not show this order to the app"
                holds.note_problem(session, work.shop_id, order_id, problem)
            return
        shown = []
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        steps.note_shown(session, shop, order_id, shown, may_hold=not deleted)
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        note = switch.note_of(shop)
        todo = steps.steps(session, shop, order_id, shown)
    for step in todo:
        if isinstance(step, PlaceHold):
            _place(work, order_id, step, note)
        else:
            _release(work, order_id, step)


def _place(work: Work, order_id: int, step: PlaceHold, note: str) -> None:
    hold: JsonDict = {
        "reason": "OTHER",
        "reasonNotes": note,
        "handle": HANDLE,
        "externalId": HANDLE,
        "notifyMerchant": False,
    }
    lines = [{"id": gid("FulfillmentOrderLineItem", one.id), "quantity": one.remaining} for one in step.lines]
    payload = _hold(work, step, hold | ({"fulfillmentOrderLineItems": lines} if lines else {}))
    problems = user_errors.problems(payload)
    if lines and any(problem.get("code") == _UNSPLIT for problem in problems):
        # Somebody else holds it already, so it cannot be split any more: hold all of it.
        payload = _hold(work, step, hold)
        problems = user_errors.problems(payload)
    codes = {problem.get("code") for problem in problems}
    with work.db.write() as session:
        if not problems:
            held = payload.get("fulfillmentOrder") or {}
            steps.placed(
                session,
                work.shop_id,
                order_id,
                step.fulfillment_order_id,
                held_id=numeric_id(held["id"]) if held.get("id") else step.fulfillment_order_id,
                hold_id=numeric_id(payload["fulfillmentHold"]["id"]),
            )
        elif codes & _TWICE:
            # Placed by a call whose answer was lost. The next look finds it.
            outbox.put(session, work.shop_id, JobKind.GATE_ORDER, [order_id], delay=1.0)
        elif _GONE in codes:
            steps.ended(session, work.shop_id, step.fulfillment_order_id)
        else:
            log.warning("hold refused", order_id=order_id, problem=user_errors.message(problems[0]))
            steps.refused(session, work.shop_id, step.fulfillment_order_id, user_errors.message(problems[0]))


def _hold(work: Work, step: PlaceHold, hold: JsonDict) -> JsonDict:
    variables = {"id": gid("FulfillmentOrder", step.fulfillment_order_id), "hold": hold}
    payload = work.call("FulfillmentOrderHold", variables).get("fulfillmentOrderHold")
    return payload if isinstance(payload, dict) else {"userErrors": [{"message": "Shopify gave no answer"}]}


def _release(work: Work, order_id: int, step: ReleaseHold) -> None:
    variables = {
        "id": gid("FulfillmentOrder", step.fulfillment_order_id),
        "holdIds": [gid("FulfillmentHold", step.hold_id)],
    }
    data = work.call("FulfillmentOrderReleaseHold", variables)
    problems = user_errors.problems(data.get("fulfillmentOrderReleaseHold"))
    with work.db.write() as session:
        if not problems:
            steps.released(session, work.shop_id, step.fulfillment_order_id)
        elif any(problem.get("code") == _GONE for problem in problems):
            steps.ended(session, work.shop_id, step.fulfillment_order_id)
        else:
            log.warning("hold not released", order_id=order_id, problem=user_errors.message(problems[0]))
            holds.note_problem(session, work.shop_id, order_id, user_errors.message(problems[0]))


def _is_allowed(shop: Shop) -> bool:
    return not shops.missing_of(shop, (holds.READ, holds.WRITE))


# --- what Shopify shows ---------------------------------------------------------------------------------------------


def _shown(work: Work, order_id: int) -> list[Shown] | None:
    """The order's fulfilment orders, or None where Shopify shows no such order."""
    found: list[Shown] = []
    cursor: str | None = None
    while True:
        variables = {"id": gid("Order", order_id), "first": PAGE, "after": cursor}
        order = work.call("OrderFulfillmentOrders", variables).get("order")
        if order is None:
            return None
        try:
            page = order["fulfillmentOrders"]
            found += [_read(work, node) for node in present(page)]
        except UNREADABLE as error:
            raise AppError(
                "fulfillment_unreadable",
                f"What Shopify says about the fulfilment of order {order_id} cannot be read ({type(error).__name__})",
                permanent=False,
            ) from error
        cursor = next_cursor(page)
        if cursor is None:
            return found


def _read(work: Work, node: JsonDict) -> Shown:
    ours = [
        numeric_id(hold["id"])
        for hold in node.get("fulfillmentHolds") or []
        if hold and hold.get("heldByRequestingApp") and hold.get("handle") == HANDLE
    ]
    return Shown(
        numeric_id(node["id"]),
        str(node["status"]),
        parse_iso(node["createdAt"]),
        ours[0] if ours else None,
        tuple(_lines(work, node)),
    )


def _lines(work: Work, node: JsonDict) -> list[ShownLine]:
    page = node["lineItems"]
    entries = list(present(page))
    while (cursor := next_cursor(page)) is not None:
        variables = {"id": node["id"], "first": LINES_PAGE, "after": cursor}
        page = (work.call("FulfillmentOrderLines", variables).get("fulfillmentOrder") or {}).get("lineItems")
        entries += present(page)
    return [
        ShownLine(
            numeric_id(entry["id"]), numeric_id(entry["lineItem"]["id"]), int(entry["remainingQuantity"])
        )
        for entry in entries
        if entry.get("lineItem")
    ]


# --- what was missed ------------------------------------------------------------------------------------------------


def walk(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``gate-walk``, once an hour: look at every hold of ours, and begin a walk over routed orders.

    It ends with the gate.
    """
    with work.db.write() as session:
        shop = shops.by_id(session, work.shop_id)
        active = holds.orders_with_holds(session, shop.id)
        outbox.put(session, shop.id, JobKind.GATE_ORDER, active)
        holds.forget(session, shop.id, now() - KEPT)
        if shop.gate_since is not None:
            outbox.put(session, shop.id, JobKind.SUBSCRIBE, [""])
            if _is_allowed(shop):
                for job in jobs:
                    tasks.begin_only(session, shop.id, KIND, Walk.of_key(job.key), actor="app:gate")
        goes_on = bool(active) or shop.gate_since is not None
    return Verdict(done=[*jobs], again=[(JobKind.GATE_WALK, "", EVERY)] if goes_on else [])


def _page(work: Work, _job: Job, seen: Task) -> Slice:
    """One page of fulfilment orders: find routed ones that no webhook told of."""
    spec = tasks.spec_of(seen, Walk)
    with work.db.read() as session:
        shop = shops.by_id(session, work.shop_id)
        since, gate_since, allowed = shop.gated_until or shop.gate_since, shop.gate_since, _is_allowed(shop)
    if gate_since is None or since is None or not allowed:
        with work.db.write() as session:
            tasks.drop(session, tasks.resume(session, seen))
        return Slice(False)
    variables = {
        "first": WALK_PAGE,
        "after": spec.cursor or None,
        "query": f"updated_at:>='{iso(since - OVERLAP)}'",
    }
    page = work.call("FulfillmentOrdersUpdatedSince", variables).get("fulfillmentOrders")
    routed = {
        numeric_id(node["id"]): numeric_id(node["orderId"])
        for node in present(page)
        if node.get("orderId")
        and node.get("status") in steps.HOLDABLE
        and parse_iso(node["createdAt"]) >= gate_since
    }
    following = next_cursor(page)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        missed = holds.unheard_of(session, work.shop_id, routed)
        outbox.put(session, work.shop_id, JobKind.GATE_ORDER, missed)
        if following is None:
            shops.by_id(session, work.shop_id).gated_until = spec.begun
            tasks.drop(session, task)
        else:
            tasks.advance(session, task, spec=Walk(spec.begun, following))
    return Slice(following is not None, points=400)


GATE_WALK = LongWork(KIND, _page, always_retried=True)
