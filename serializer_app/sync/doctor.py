"""The doctor's house call: everything about a real shop that only Shopify can answer (contract §12).

Each check stands alone. One that cannot be made says why and leaves the others their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serializer_app.clock import now, parse_iso
from serializer_app.config import OPTIONAL_SCOPES
from serializer_app.domain.desk import doctor
from serializer_app.domain.desk.doctor import Finding, Level
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import mail
from serializer_app.errors import AppError
from serializer_app.shopify.client import PermanentFailure, Refused, ShopUnavailable, Throttled, Unauthorised
from serializer_app.shopify.domains import gid, numeric_id
from serializer_app.shopify.oauth import missing_scopes
from serializer_app.shopify.transport import Answer, TransientFailure, get
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Item, Mirror
from serializer_app.store.outbox import Job
from serializer_app.sync.install import DEFINITIONS
from serializer_app.sync.work import Verdict, Work
from serializer_app.text import JsonDict

EVERY = 6 * 3600.0

SLOW = timedelta(minutes=1)
VERY_SLOW = timedelta(minutes=15)
CLOCK_NOTICED = timedelta(seconds=30)
CLOCK_WRONG = timedelta(seconds=90)
"""Shopify's proxy signatures are refused beyond this (shopify.signatures.PROXY_SECONDS)."""
_NEWEST_ORDERS = 10
_NOBODY = "DOCTOR-CHECK"
"""An item ID that nothing has: the storefront answers with an empty list."""


def visit(work: Work, jobs: Sequence[Job]) -> Verdict:
    """Handler of ``doctor``: check the shop, store the findings, come again in six hours."""
    findings = examine(work)
    with work.db.write() as session:
        doctor.keep(session, work.shop_id, findings)
    return Verdict(done=list(jobs), again=[(JobKind.DOCTOR, "", EVERY)])


def examine(work: Work) -> list[Finding]:
    """Every check of one shop. Raises LaneLost, and SQLAlchemyError when the database is away, and nothing else."""
    with work.db.read() as session:
        found = [
            doctor.token(session, work.shop_id),
            doctor.webhooks(session, work.shop_id),
            doctor.queue(session, work.shop_id),
            doctor.foreign_values(session, work.shop_id),
            *doctor.gate(session, work.shop_id),
        ]
    access, answer = _access(work)
    found.append(access)
    if access.level is Level.OK:
        found += _scopes(work, answer)
        found += [_asked(work, "definitions", _definitions), _asked(work, "lag", _lag)]
    found += _storefront(work)
    found.append(_mail(work))
    return found


# --- the Admin API --------------------------------------------------------------------------------------------------


def _access(work: Work) -> tuple[Finding, JsonDict]:
    try:
        return Finding("access", Level.OK), work.call("Shop")
    except Throttled:
        return Finding("access", Level.OK, "busy"), {}
    except Refused:
        return Finding("access", Level.PROBLEM, "address"), {}
    except ShopUnavailable as error:
        return Finding("access", Level.PROBLEM, "closed", {"reason": error.code}), {}
    except Unauthorised:
        return Finding("access", Level.PROBLEM, "token"), {}
    except AppError as error:
        case = "token" if error.code == "authorisation_lost" else "unreachable"
        return Finding("access", Level.PROBLEM, case, {"reason": error.message}), {}


def _scopes(work: Work, answer: JsonDict) -> list[Finding]:
    installation = answer.get("currentAppInstallation")
    if not installation:
        return []
    granted = [entry["handle"] for entry in installation.get("accessScopes") or [] if entry]
    missing = sorted(missing_scopes(granted))
    optional = [scope for scope in OPTIONAL_SCOPES if scope not in granted]
    found = [Finding("scopes", Level.PROBLEM, "missing", {"scopes": ", ".join(missing)})] if missing else []
    if not missing:
        found.append(Finding("scopes", Level.OK))
    if optional:
        found.append(Finding("optional_scopes", Level.NOTE, "missing", {"scopes": ", ".join(optional)}))
    return found


def _asked(work: Work, check: str, ask: Callable[[Work], Finding]) -> Finding:
    """A check that calls the Admin API; a refusal is its finding."""
    try:
        return ask(work)
    except AppError as error:
        level = Level.PROBLEM if isinstance(error, PermanentFailure) else Level.WARNING
        return Finding(check, level, "unanswered", {"reason": error.message})


def _definitions(work: Work) -> Finding:
    held = {}
    for owner in ("ORDER", "PRODUCTVARIANT"):
        data = work.call("MetafieldDefinitions", {"ownerType": owner})
        for node in (data.get("metafieldDefinitions") or {}).get("nodes") or []:
            if node:
                held[owner, node["key"]] = (node.get("type") or {}).get("name")
    wanted = {(entry["ownerType"], entry["key"]): entry["type"] for entry in DEFINITIONS}
    other = [
        f"{owner} {key}" for (owner, key), kind in wanted.items() if held.get((owner, key), kind) != kind
    ]
    if other:
        return Finding("definitions", Level.PROBLEM, "other_type", {"keys": ", ".join(other)})
    missing = [f"{owner} {key}" for owner, key in wanted if (owner, key) not in held]
    if missing:
        return Finding("definitions", Level.WARNING, "missing", {"keys": ", ".join(missing)})
    return Finding("definitions", Level.OK)


def _lag(work: Work) -> Finding:
    """From an order's arrival at Shopify to our items, and on to its metafield, over the newest orders."""
    with work.db.read() as session:
        installed_at = shops.by_id(session, work.shop_id).installed_at
        made = _newest_items(session, work.shop_id)
    data = work.call("OrderTimes", {"ids": [gid("Order", order_id) for order_id in made]}) if made else {}
    arrival, mirror = [], []
    for node in data.get("nodes") or []:
        if not node:
            continue
        ordered_at = parse_iso(node["createdAt"])
        items_at = made.get(numeric_id(node["id"]))
        if items_at is None or ordered_at < installed_at:
            continue
        arrival.append((items_at - ordered_at).total_seconds())
        if node.get("metafield"):
            mirror.append((parse_iso(node["metafield"]["createdAt"]) - items_at).total_seconds())
    if not arrival:
        return Finding("lag", Level.NOTE, "no_orders")
    if not mirror:
        return Finding("lag", Level.PROBLEM, "no_metafields", {"orders": len(arrival)})
    facts = {"items": _seconds(arrival), "metafields": _seconds(mirror), "orders": len(arrival)}
    total = timedelta(seconds=facts["items"] + facts["metafields"])
    level = Level.PROBLEM if total > VERY_SLOW else Level.WARNING if total > SLOW else Level.OK
    return Finding("lag", level, "ok" if level is Level.OK else "slow", facts)


def _newest_items(session: Session, shop_id: int) -> dict[int, datetime]:
    """Order ID → when its first item was created, for the newest orders that we mirrored."""
    mirrored = (
        select(Mirror.owner_id)
        .where(Mirror.shop_id == shop_id, Mirror.owner == "order")
        .order_by(Mirror.owner_id.desc())
        .limit(_NEWEST_ORDERS)
    )
    rows = session.execute(
        select(Item.order_id, func.min(Item.created_at).label("created_at"))
        .where(Item.shop_id == shop_id, Item.order_id.in_(mirrored.scalar_subquery()))
        .group_by(Item.order_id)
    )
    return {row.order_id: row.created_at for row in rows}


def _seconds(spans: list[float]) -> int:
    """The median; times of two clocks may cross by a second, which is no negative lag."""
    return max(0, round(median(spans)))


# --- the storefront -------------------------------------------------------------------------------------------------


def _storefront(work: Work) -> list[Finding]:
    """Ask our own verify endpoint as a visitor does: through the shop, its app proxy, and back to us."""
    with work.db.read() as session:
        path = shops.by_id(session, work.shop_id).proxy_path
    url = f"{work.settings.admin_url(work.domain)}{path}/items?itemId={_NOBODY}"
    try:
        answer = get(work.http, url)
    except TransientFailure as error:
        return [Finding("proxy", Level.PROBLEM, "unreachable", {"reason": error.message})]
    found = [_proxy(answer, path)]
    if (clock := _clock(answer)) is not None:
        found.append(clock)
    return found


def _proxy(answer: Answer, path: str) -> Finding:
    if answer.status == 200 and _is_page_of_items(answer.body):
        return Finding("proxy", Level.OK)
    location = answer.headers.get("Location", "")
    if 300 <= answer.status < 400 and location.rstrip("/").endswith("/password"):
        return Finding("proxy", Level.WARNING, "password", {"path": path})
    cases = {401: "signature", 404: "not_found"}
    case = cases.get(answer.status, "app_away" if answer.status >= 500 else "strange")
    return Finding("proxy", Level.PROBLEM, case, {"status": answer.status, "path": path})


def _is_page_of_items(body: bytes) -> bool:
    try:
        page = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(page, dict) and page.get("results") == []


def _clock(answer: Answer) -> Finding | None:
    """This machine's clock against the Date that the storefront stated."""
    try:
        stated = parsedate_to_datetime(answer.headers.get("Date", ""))
        off = abs(now() - stated)
    except (ValueError, TypeError):
        return None
    if off < CLOCK_NOTICED:
        return Finding("clock", Level.OK)
    level = Level.PROBLEM if off > CLOCK_WRONG else Level.WARNING
    return Finding("clock", level, "off", {"seconds": int(off.total_seconds())})


# --- mail -----------------------------------------------------------------------------------------------------------


def _mail(work: Work) -> Finding:
    with work.db.read() as session:
        has_server = mail.server(session, work.vault, work.shop_id) is not None
        is_set_up = mail.is_set_up(session, work.shop_id)
    if not is_set_up:
        return Finding("mail", Level.NOTE, "none")
    return Finding("mail", Level.OK, "ok" if has_server else "webhook")
