"""Returns that Shopify announces are read here (domain.stock.announced).

Webhooks only say where to look: they come late, twice and in any order, and some do not even name the order. Every job
reads all returns of one order, and an hourly walk finds what no webhook told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from serializer_app.clock import iso, now, parse_iso
from serializer_app.domain import tasks
from serializer_app.domain.gate import switch
from serializer_app.domain.orders import lookups
from serializer_app.domain.shops import shops
from serializer_app.domain.stock import announced
from serializer_app.domain.stock.announced import AnnouncedLine
from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure
from serializer_app.shopify.connections import next_cursor, present
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.orders import UNREADABLE
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Task
from serializer_app.store.outbox import Job
from serializer_app.sync.tasks import LongWork, Slice, Walk
from serializer_app.sync.work import Verdict, Work, one_by_one
from serializer_app.text import JsonDict

log = structlog.get_logger(__name__)

KIND = "returns-walk"
EVERY = 3600.0
OVERLAP = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=60)
"""How far back the first walk looks: orders older than that are not shown without read_all_orders."""
PAGE = 4
LINES_PAGE = 200
REVERSE_PAGE = 20
WALK_PAGE = 100
CHECKED_AGAIN = 50
"""As many orders that wait for units are read again by each walk, the longest unread first."""
UNFINISHED = ("RETURN_REQUESTED", "IN_PROGRESS", "INSPECTION_COMPLETE")
"""What ``Order.returnStatus`` says while units are expected."""


@one_by_one(points=50)
def find_order(work: Work, job: Job) -> Verdict:
    """Handler of ``returns-find``: the key is ``Return/<ID>`` or ``ReverseFulfillmentOrder/<ID>``."""
    kind, _, number = job.key.partition("/")
    with work.db.read() as session:
        if not _is_allowed(work):
            return Verdict(done=[job])
        known = announced.order_of(session, work.shop_id, int(number)) if kind == "Return" else None
    if known is not None:
        return Verdict(done=[job], again=[(JobKind.RETURNS, str(known), 0.0)])
    try:
        if kind == "Return":
            found = work.call("OrderOfReturn", {"id": gid(kind, int(number))}).get("return")
        else:
            data = work.call("OrderOfReverseOrder", {"id": gid(kind, int(number))})
            found = data.get("reverseFulfillmentOrder")
    except PermanentFailure as error:
        # The hourly walk finds the order once Shopify lets us.
        log.warning("returns refused", key=job.key, code=error.code)
        return Verdict(done=[job])
    order = (found or {}).get("order")
    again = [(JobKind.RETURNS, str(numeric_id(order["id"])), 0.0)] if order else []
    return Verdict(done=[job], again=again, pause=work.rest())


@one_by_one(points=800)
def read(work: Work, job: Job) -> Verdict:
    """Handler of ``returns``: bring what we know of an order's returns up to date; the key is an order ID."""
    order_id = int(job.key)
    with work.db.read() as session:
        deleted = lookups.is_deleted(session, work.shop_id, order_id)
    if not _is_allowed(work):
        return Verdict(done=[job])  # the Returns page says what is missing
    try:
        shown = _shown(work, order_id)
    except PermanentFailure as error:
        log.warning("returns refused", order_id=order_id, code=error.code)
        with work.db.write() as session:
            announced.not_shown(session, work.shop_id, order_id)
        return Verdict(done=[job])
    with work.db.write() as session:
        if shown is None and not deleted:
            # It may be too old for us to see (read_all_orders), so its absence proves nothing.
            announced.not_shown(session, work.shop_id, order_id)
        else:
            announced.store(session, work.shop_id, order_id, shown or ())
    return Verdict(done=[job], pause=work.rest())


def _is_allowed(work: Work) -> bool:
    with work.db.read() as session:
        return shops.has_scope(shops.by_id(session, work.shop_id), switch.RETURNS_SCOPE)


# --- what Shopify shows ---------------------------------------------------------------------------------------------


def _shown(work: Work, order_id: int) -> list[AnnouncedLine] | None:
    """The lines of all returns of an order, or None where Shopify shows no such order."""
    found: list[AnnouncedLine] = []
    cursor: str | None = None
    while True:
        variables = {"id": gid("Order", order_id), "first": PAGE, "after": cursor}
        order = work.call("OrderReturns", variables).get("order")
        if order is None:
            return None
        try:
            for node in present(order["returns"]):
                found += _lines(work, node)
        except UNREADABLE as error:
            raise AppError(
                "returns_unreadable",
                f"What Shopify says about the returns of order {order_id} cannot be read ({type(error).__name__})",
                permanent=False,
            ) from error
        cursor = next_cursor(order["returns"])
        if cursor is None:
            return found


def _lines(work: Work, node: JsonDict) -> list[AnnouncedLine]:
    """One entry for each order line of a return. Lines without an order line, which Shopify allows, are left out."""
    quantities: dict[int, int] = {}
    disposed: dict[int, dict[str, int]] = {}

    def more_lines(cursor: str) -> JsonDict | None:
        variables = {"id": node["id"], "first": LINES_PAGE, "after": cursor}
        return (work.call("ReturnLines", variables).get("return") or {}).get("returnLineItems")

    def more_reverse_orders(cursor: str) -> JsonDict | None:
        variables = {"id": node["id"], "first": REVERSE_PAGE, "after": cursor}
        return (work.call("ReturnReverseOrders", variables).get("return") or {}).get(
            "reverseFulfillmentOrders"
        )

    for entry in _every(node["returnLineItems"], more_lines):
        if (line := _order_line(entry)) is not None:
            quantities[line] = quantities.get(line, 0) + int(entry["quantity"])
    for reverse in _every(node["reverseFulfillmentOrders"], more_reverse_orders):
        for entry in _reverse_lines(work, reverse):
            if (line := _order_line(entry)) is None:
                continue
            for one in entry["dispositions"] or ():
                of_line = disposed.setdefault(line, {})
                of_line[str(one["type"])] = of_line.get(str(one["type"]), 0) + int(one["quantity"])
    closed_at = node.get("closedAt")
    return [
        AnnouncedLine(
            numeric_id(node["id"]),
            line,
            str(node["status"]),
            quantity,
            disposed.get(line, {}),
            parse_iso(node["createdAt"]),
            parse_iso(closed_at) if closed_at else None,
        )
        for line, quantity in quantities.items()
    ]


def _reverse_lines(work: Work, reverse: JsonDict) -> list[JsonDict]:
    def more(cursor: str) -> JsonDict | None:
        variables = {"id": reverse["id"], "first": LINES_PAGE, "after": cursor}
        found = work.call("ReverseOrderLines", variables).get("reverseFulfillmentOrder")
        return (found or {}).get("lineItems")

    return _every(reverse["lineItems"], more)


def _every(page: JsonDict | None, more: Callable[[str], JsonDict | None]) -> list[JsonDict]:
    """The nodes of a page and of those that follow; ``more`` asks for the page behind a cursor."""
    found = list(present(page))
    while (cursor := next_cursor(page)) is not None:
        page = more(cursor)
        found += present(page)
    return found


def _order_line(entry: JsonDict) -> int | None:
    line = (entry.get("fulfillmentLineItem") or {}).get("lineItem")
    return numeric_id(line["id"]) if line else None


# --- what was missed ------------------------------------------------------------------------------------------------


def walk(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``returns-walk``, once an hour: begin to look for orders whose returns changed and no webhook told.

    It ends where the scope is missing. That a return changes its order's ``updated_at`` is unverified; orders that wait
    for units are read again in any case.
    """
    if not _is_allowed(work):
        return Verdict(done=[*jobs])
    with work.db.write() as session:
        announced.forget_old(session, work.shop_id)
        before = now() - timedelta(seconds=EVERY / 2)
        again = announced.longest_unread(session, work.shop_id, before, CHECKED_AGAIN)
        outbox.put(session, work.shop_id, JobKind.RETURNS, again)
        outbox.put(session, work.shop_id, JobKind.SUBSCRIBE, [""])
        for job in jobs:
            tasks.begin_only(session, work.shop_id, KIND, Walk.of_key(job.key), actor="app:returns")
    return Verdict(done=[*jobs], again=[(JobKind.RETURNS_WALK, "", EVERY)])


def _page(work: Work, _job: Job, seen: Task) -> Slice:
    """One page of orders whose returns may have changed."""
    spec = tasks.spec_of(seen, Walk)
    if not _is_allowed(work):
        with work.db.write() as session:
            tasks.drop(session, tasks.resume(session, seen))
        return Slice(False)
    with work.db.read() as session:
        known_until = shops.by_id(session, work.shop_id).returns_read_until
    since = known_until - OVERLAP if known_until is not None else now() - FIRST_LOOK
    query = f"updated_at:>='{iso(since)}' AND -return_status:no_return"
    variables = {"first": WALK_PAGE, "after": spec.cursor or None, "query": query}
    page = work.call("OrdersWithReturns", variables).get("orders")
    orders = {
        numeric_id(node["id"]): parse_iso(node["updatedAt"])
        for node in present(page)
        # The first walk leaves out what is over: a large shop has years of it.
        if node.get("returnStatus") in UNFINISHED
        or (known_until is not None and node.get("returnStatus") != "NO_RETURN")
    }
    following = next_cursor(page)
    with work.db.write() as session:
        task = tasks.resume(session, seen)
        outbox.put(session, work.shop_id, JobKind.RETURNS, announced.unread(session, work.shop_id, orders))
        if following is None:
            shops.by_id(session, work.shop_id).returns_read_until = spec.begun
            tasks.drop(session, task)
        else:
            tasks.advance(session, task, spec=Walk(spec.begun, following))
    return Slice(following is not None, points=400)


RETURNS_WALK = LongWork(KIND, _page, always_retried=True)
