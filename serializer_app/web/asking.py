"""What a request has to ask Shopify before it can be answered: an order that no webhook ever brought, and whether an
order that we never wrote holds data of another app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from serializer_app.domain.items.plan import snapshot_of
from serializer_app.domain.orders import lookups, orders
from serializer_app.domain.privacy import privacy
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.takeover import foreign
from serializer_app.domain.takeover.foreign import SeenValue
from serializer_app.domain.takeover.judgement import take_note
from serializer_app.errors import AppError
from serializer_app.shopify import orders as shown
from serializer_app.shopify.client import AdminClient, Unauthorised
from serializer_app.shopify.domains import gid
from serializer_app.shopify.metafields import of_owners
from serializer_app.store.db import is_conflict, is_unavailable
from serializer_app.web.house import house


def ensure_order(shop_id: int, order_id: int, *, actor: str) -> None:
    """Have the order in our database. One that we never saw is fetched from Shopify and applied like any other
    snapshot; one that we know costs a look at the database. Call it outside any transaction.

    Raises AppError ``order_not_found`` 404 when Shopify does not show it either or we have no access to the shop,
    ``shopify_unreachable`` 503 when it cannot be asked now, and ``order_unreadable`` 502 when its answer makes
    no sense.
    """
    db = house().db
    with db.read() as session:
        if lookups.is_known(session, shop_id, order_id):
            return
        domain = shops.by_id(session, shop_id).domain
        usable = tokens.standing(session, shop_id).usable
    order = None
    if usable:
        order = _ask(shop_id, domain, order_id, lambda client: shown.fetch(client.execute, order_id))
    if order is None:
        raise AppError("order_not_found", f"Order {order_id} not found.", status=404)
    try:
        with db.write() as session:
            shop = shops.by_id(session, shop_id)
            snapshot = privacy.without_erased(session, house().vault, shop, snapshot_of(order))
            orders.apply(session, shop, snapshot, actor=actor)
    except shown.UNREADABLE as error:
        raise shown.Unreadable(order_id, error) from error
    except SQLAlchemyError as error:
        if is_unavailable(error) or is_conflict(error) or isinstance(error, IntegrityError):
            raise
        raise shown.Unreadable(order_id, error) from error


def ensure_nothing_foreign(shop_id: int, order_id: int) -> None:
    """Refuse an order that holds data of another app. One that we never wrote is asked for at Shopify, and what it
    holds is kept; one that we wrote, or whose shop we cannot ask, costs a look at the database. Call it outside any
    transaction, before items are generated (contract §8.4).

    Raises AppError ``foreign_values`` 409, and ``shopify_unreachable`` 503 when Shopify cannot be asked now.
    """
    db = house().db
    with db.read() as session:
        domain = shops.by_id(session, shop_id).domain
        unknown = foreign.unwritten(session, shop_id, [order_id])
        usable = tokens.standing(session, shop_id).usable
    if unknown and usable:
        asked = _ask(
            shop_id, domain, order_id, lambda client: of_owners(client.execute, [gid("Order", order_id)])[0]
        )
        if isinstance(asked, AppError):
            raise _unreachable(order_id, asked)
        values = {
            key: SeenValue(key, metafield.type, metafield.text, metafield.digest)
            for key, metafield in (asked or {}).items()
        }
        with db.write() as session:
            take_note(session, shop_id, "order", order_id, values)
    with db.read() as session:
        foreign.refuse_if_held(session, shop_id, order_id)


Answer = TypeVar("Answer")


def _ask(shop_id: int, domain: str, order_id: int, question: Callable[[AdminClient], Answer]) -> Answer:
    try:
        return _asked(shop_id, domain, question)
    except shown.Unreadable:
        raise
    except AppError as error:
        raise _unreachable(order_id, error) from error


def _unreachable(order_id: int, error: AppError) -> AppError:
    return AppError(
        "shopify_unreachable",
        f"Shopify cannot be asked for order {order_id} now: {error.message}",
        status=503,
        permanent=False,
        retry_after=error.retry_after,
    )


def _asked(shop_id: int, domain: str, question: Callable[[AdminClient], Answer]) -> Answer:
    parts = house()
    token = tokens.usable(parts.db, parts.vault, parts.settings, shop_id)
    try:
        with AdminClient(parts.settings, domain, token) as client:
            return question(client)
    except Unauthorised:
        # Taken back before its time: once more with a renewed one.
        token = tokens.usable(parts.db, parts.vault, parts.settings, shop_id, refused=token)
        with AdminClient(parts.settings, domain, token) as client:
            return question(client)
