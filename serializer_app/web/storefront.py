"""The storefront's door: what visitors of the shop ask through the app proxy (contract §4)."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from flask import Blueprint, Response, g, request
from sqlalchemy import Connection, Dialect, bindparam, select

from serializer_app.domain.ids.item_ids import read_item_id
from serializer_app.domain.items import pages
from serializer_app.domain.paging import START
from serializer_app.domain.registry import recognition
from serializer_app.domain.shops import shops
from serializer_app.domain.shops.shops import INSTALLED
from serializer_app.errors import AppError
from serializer_app.shopify.signatures import InvalidSignature, ProxyIdentity, RepeatedParameter, verify_proxy
from serializer_app.store.models import Order, Shop
from serializer_app.store.prepared import Prepared
from serializer_app.web.answers import JSON, failure
from serializer_app.web.cursors import cursors_of
from serializer_app.web.forwarding import visitor_address
from serializer_app.web.house import House, behind, house
from serializer_app.web.limits import Guessed
from serializer_app.web.wire.items import item_filters, page_body

storefront = Blueprint("storefront", __name__, url_prefix="/apps/serializer")

NUMBERS = ("orderId", "customerId", "productVariantId", "lineItemId")
TEXTS = ("serialNumber", "itemId", "itemRef")
STARTING_POINTS = ("orderId", "customerId", "serialNumber", "itemId", "itemRef")
_STARTING_POINTS = frozenset(STARTING_POINTS)

Filters = dict[str, int | str]
"""The filters of a request by their names in the query: cursors are bound to these."""

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_LARGEST_ID = 2**63 - 1
_MOST_DOMAINS = 10_000

_SHOPS = Shop.__table__.c
_SHOP_BY_DOMAIN = select(_SHOPS.id, _SHOPS.status, _SHOPS.storefront_access, _SHOPS.proxy_path).where(
    _SHOPS.domain == bindparam("domain")
)


class Access(Enum):
    """What a visitor may see of a shop."""

    CLOSED = "the app is not installed: nothing, and the answer is 401"
    OPEN = "everybody may see all items"
    OWN = "orders and customers are private in this shop, and these items are public or the visitor's own"
    SIGN_IN = "these items are private, and the visitor is not signed in: 403"
    FOREIGN = "these items belong to somebody else: an empty page"


class Admission(NamedTuple):
    """What a visitor may see, and the shop's number (0 where the app is not installed)."""

    access: Access
    shop_id: int = 0


def admit(parts: House, visitor: ProxyIdentity, filters: Filters | None = None) -> Admission:
    """Decide what a visitor may see: of the shop, or with ``filters`` of the items that match them.

    Where the merchant chose ``storefrontAccess = owner``, items are listed by order or customer only for the customer
    they belong to. A serial number or item ID stays public, because whoever holds the unit can read it.
    """
    connection = parts.db.reading()
    found = _shop_by_domain(connection.dialect).rows(connection, {"domain": visitor.shop})
    if not found or found[0][1] != INSTALLED:
        parts.shop_ids.pop(visitor.shop, None)
        parts.proxy_paths.pop(visitor.shop, None)
        return Admission(Access.CLOSED)
    if len(parts.shop_ids) >= _MOST_DOMAINS:
        parts.shop_ids.clear()
        parts.proxy_paths.clear()
    shop_id, _, shown_to, proxy_path = found[0]
    parts.shop_ids[visitor.shop], parts.proxy_paths[visitor.shop] = shop_id, proxy_path
    if shown_to != "owner":
        return Admission(Access.OPEN, shop_id)
    return Admission(_access_to_private(connection, shop_id, visitor, filters or {}), shop_id)


def _access_to_private(
    connection: Connection, shop_id: int, visitor: ProxyIdentity, filters: Filters
) -> Access:
    if "orderId" not in filters and "customerId" not in filters:
        return Access.OWN
    if visitor.customer_id is None:
        return Access.SIGN_IN
    if filters.get("customerId", visitor.customer_id) != visitor.customer_id:
        return Access.FOREIGN
    if "orderId" in filters:
        columns = Order.__table__.c
        owner = connection.execute(
            select(columns.customer_id).where(
                columns.shop_id == shop_id, columns.order_id == filters["orderId"]
            )
        ).scalar_one_or_none()
        return Access.OWN if owner == visitor.customer_id else Access.FOREIGN
    return Access.OWN


def require_proxy_signature() -> Response | None:
    """The guard: a valid Shopify signature and a shop that has the app installed, otherwise 401."""
    parts = house()
    try:
        visitor = verify_proxy(request.query_string, parts.settings.secrets)
    except RepeatedParameter as error:
        return failure(error)
    except InvalidSignature:
        return _refused()
    admission = admit(parts, visitor)
    if admission.access is Access.CLOSED:
        return _refused()
    _enter(parts, visitor, admission.shop_id)
    return None


def require_proxy_signature_for_items() -> Response | None:
    """The guard of ``GET /items``: a valid Shopify signature and a known shop, otherwise 401.

    It does not check that the shop is *still* installed. The page query does that in the same round trip, because a
    separate query would take as long as the page itself (docs/architecture.md, "What keeps the storefront fast").
    """
    parts = house()
    try:
        visitor = verify_proxy(request.query_string, parts.settings.secrets)
    except RepeatedParameter as error:
        return failure(error)
    except InvalidSignature:
        return _refused()
    shop_id = parts.shop_ids.get(visitor.shop)
    if shop_id is None:
        admission = admit(parts, visitor)
        if admission.access is Access.CLOSED:
            return _refused()
        shop_id = admission.shop_id
    _enter(parts, visitor, shop_id)
    return None


def _enter(parts: House, visitor: ProxyIdentity, shop_id: int) -> None:
    here = behind(g)
    prefix = visitor.path_prefix
    if prefix is not None and prefix != parts.proxy_paths.get(visitor.shop):
        _remember_proxy(parts, visitor.shop, shop_id, shops.without_locale(prefix))
    here.shop_id, here.shop_domain, here.visitor = shop_id, visitor.shop, visitor
    here.actor = f"customer:{visitor.customer_id}" if visitor.customer_id else "visitor"


def _remember_proxy(parts: House, domain: str, shop_id: int, path: str) -> None:
    """Keep the path under which the merchant shows the app proxy, once for each change."""
    if parts.proxy_paths.get(domain) == path:
        return
    with parts.db.write() as session:
        shops.proxy_moved(session, shop_id, path)
    parts.proxy_paths[domain] = path


@lru_cache
def _shop_by_domain(dialect: Dialect) -> Prepared[tuple[int, str, str, str]]:
    return Prepared(_SHOP_BY_DOMAIN, dialect)


def _refused() -> Response:
    return failure(AppError("unauthorized", "Unauthorized", status=401))


@storefront.after_request
def _keep_nothing(response: Response) -> Response:
    """Every answer depends on who asked, the refusals too: no cache on the way may keep one."""
    response.headers.add("Cache-Control", "no-store")
    return response


@storefront.get("/items")
def items() -> Response:
    """A page of a hundred items that match all filters."""
    parts, here = house(), behind(g)
    try:
        return _items(parts, here.shop_id, here.visitor)
    except AppError:
        if admit(parts, here.visitor).access is Access.CLOSED:  # nothing else is said of a shop that left
            return _refused()
        raise


def _items(parts: House, shop_id: int, visitor: ProxyIdentity) -> Response:
    filters, cursor = read_filters(visitor.parameters)
    if _STARTING_POINTS.isdisjoint(filters):
        raise AppError(
            "filter_missing", f"At least one of {', '.join(STARTING_POINTS)} is needed", status=400
        )
    cursors = cursors_of(parts.vault, shop_id, filters)
    place = cursors.place(cursor)
    guess = (shop_id, visitor.customer_id, visitor_address(), _guessed(filters))
    parts.guesses.check(*guess)
    connection = parts.db.reading()
    page = pages.page(connection, shop_id, item_filters(filters), place, open_domain=visitor.shop)
    if not page.rows:
        # The shop is closed, private or renumbered, or nothing matches.
        admission = admit(parts, visitor, filters)
        if admission.access is Access.CLOSED:
            return _refused()
        if admission.access is Access.SIGN_IN:
            raise AppError("sign_in_required", "Sign in to see the items of an order", status=403)
        # A shop that was erased and installed anew has another number; this process knew the old one.
        was, shop_id = shop_id, admission.shop_id
        if admission.access is Access.OWN or (admission.access is Access.OPEN and shop_id != was):
            page = pages.page(connection, shop_id, item_filters(filters), place)
        if meant := _meant(parts, shop_id, filters):
            page = pages.page(connection, shop_id, item_filters(meant), place)
    if not page.rows and place == START:
        parts.guesses.missed(*guess)
    return Response(page_body(page, *cursors.around(page, place)), content_type=JSON)


def _meant(parts: House, shop_id: int, filters: Filters) -> Filters | None:
    """The filters with the number of the one unit that a code names, such as a link or a GS1 code.

    Asked only where the exact look-up found nothing. None with ``orderId`` or ``customerId``, whose units may be listed
    for their customer only.
    """
    name = next((name for name in TEXTS if name in filters), None)
    if name is None or "orderId" in filters or "customerId" in filters:
        return None
    with parts.db.read() as session:
        _, item = recognition.one_unit(session, shop_id, str(filters[name]))
        if item is None or item.removed_at is not None:
            return None
        others = {key: value for key, value in filters.items() if key not in TEXTS}
        return {**others, "itemId": item.item_id}


def read_filters(parameters: list[tuple[str, str]]) -> tuple[Filters, str | None]:
    """Filters and cursor of a query; parameters we do not know are Shopify's or the theme's own and are ignored.

    Raises AppError 400: ``filter_repeated``, ``filter_invalid`` (IDs are ASCII decimal integers 1…2⁶³−1).
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in NUMBERS or name in TEXTS or name == "cursor":
            if name in given:
                raise _invalid("filter_repeated", name, "is given twice")
            given[name] = value
    cursor = given.pop("cursor", None)
    filters: Filters = {}
    for name, value in given.items():
        if name in NUMBERS:
            if not _ID.fullmatch(value) or not 1 <= int(value) <= _LARGEST_ID:
                raise _invalid("filter_invalid", name, "must be an integer from 1 to 9223372036854775807")
            filters[name] = int(value)
        elif not value.strip():
            raise _invalid("filter_invalid", name, "must not be empty")
        else:
            filters[name] = value
    return filters, cursor


def _invalid(code: str, name: str, problem: str) -> AppError:
    return AppError(code, f"{name} {problem}", status=400, details=[{"path": name, "message": problem}])


def _guessed(filters: Filters) -> Guessed:
    """Item IDs are random: a filter that holds a whole one finds nothing that could be guessed."""
    text = filters.get("itemId") or filters.get("itemRef")
    if text is not None and read_item_id(str(text)):
        return "secrets"
    return "names" if "serialNumber" in filters or text is not None else "numbers"
