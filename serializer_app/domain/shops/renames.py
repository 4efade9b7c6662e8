"""Shops that change their myshopify.com name: the same shop by Shopify's ID, under another domain."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import delete, literal, select, update
from sqlalchemy.orm import Session

from serializer_app.domain import history
from serializer_app.domain.shops import shops
from serializer_app.store import outbox, schema
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import HistoryEntry, Shop, ShopToken

log = structlog.get_logger(__name__)

RECREATED = frozenset(
    {
        "definitions",
        "foreign_values",
        "history",
        "lanes",
        "outbox",
        "shop_findings",
        "shop_tokens",
        "staff",
        "variants",
        "webhooks_seen",
    }
)
"""Tables that an installation fills by itself. Rows of any other table are data; so is an edit in history."""
_BY_ITSELF = ("installed", "scopes-changed", "authorisation-lost", "identity-conflict")


def identify(
    session: Session,
    shop: Shop,
    shopify_id: int,
    domain: str | None,
    *,
    actor: str,
    proves_row: bool,
    as_of: datetime | None = None,
) -> Shop:
    """Store what Shopify states about a shop: its ID, and the domain that it has now. Returns the row of that shop.

    ``proves_row``: Shopify answered with the token of this very row. A webhook proves only that the ID and the domain
    belong together, because the header that names the row is not signed. ``as_of`` is the time of a webhook's payload:
    one that is older than the last change of the domain changes nothing.

    Another row with this ID is the same shop under its earlier domain. It takes the new domain and token over if the
    new row holds no data yet. Otherwise both rows stay, because nobody could tell which of two records is right.
    """
    if not 0 < shopify_id < 2**63:
        return shop
    # Both rows in one order, so that a webhook and the installation cannot block each other for good.
    rows = session.scalars(
        select(Shop)
        .where((Shop.id == shop.id) | (Shop.shopify_id == shopify_id))
        .order_by(Shop.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    holder = next((row for row in rows if row.shopify_id == shopify_id), None)
    if holder is None:
        if shop.shopify_id is not None:
            _conflict(session, shop, shopify_id)
            return shop
        if not proves_row and domain != shop.domain:
            return shop
        shop.shopify_id = shopify_id
        session.flush()
        holder = shop
    if holder.id != shop.id and proves_row:
        if domain not in (None, shop.domain) or shop.shopify_id is not None or _has_data(session, shop):
            _conflict(session, shop, shopify_id, holder)
            return shop
        return _take_over(session, holder, shop, actor)
    if domain is None or domain == holder.domain or _is_late(session, holder, as_of):
        return holder
    other = shops.find(session, domain)
    if other is not None:
        # Its own token tells whether it is this shop: the job asks Shopify and comes back here with the proof.
        outbox.put(session, other.id, JobKind.INSTALL, [""])
        return holder
    _rename(session, holder, domain, actor)
    return holder


def _take_over(session: Session, old: Shop, new: Shop, actor: str) -> Shop:
    """Give the earlier row the domain, the token and the scopes of the new one, and remove the new one."""
    domain, scopes = new.domain, [scope for scope in new.scopes.split(",") if scope]
    session.execute(delete(ShopToken).where(ShopToken.shop_id == old.id))
    session.execute(update(ShopToken).where(ShopToken.shop_id == new.id).values(shop_id=old.id))
    for table in schema.tables_of_a_shop():
        session.execute(delete(table).where(table.c.shop_id == new.id))
    session.execute(delete(Shop).where(Shop.id == new.id), execution_options={"synchronize_session": False})
    session.expunge_all()
    shop = shops.by_id(session, old.id)
    _rename(session, shop, domain, actor)
    return shops.install(session, domain, scopes)


def _rename(session: Session, shop: Shop, domain: str, actor: str) -> None:
    change = {"domain": {"from": shop.domain, "to": domain}}
    log.info("shop renamed", shop=domain, before=shop.domain)
    shop.domain = domain
    session.flush()
    history.record(session, shop.id, "shop", [(shop.id, change)], actor=actor, action="renamed")


def _conflict(session: Session, shop: Shop, shopify_id: int, holder: Shop | None = None) -> None:
    other = holder.domain if holder is not None else None
    log.error(
        "shop identity conflict", shop=shop.domain, known=shop.shopify_id, stated=shopify_id, other=other
    )
    known = session.scalar(
        select(HistoryEntry.id)
        .where(
            HistoryEntry.shop_id == shop.id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop.id,
            HistoryEntry.action == "identity-conflict",
        )
        .limit(1)
    )
    if known is None:
        history.record(session, shop.id, "shop", [(shop.id, {})], actor="app", action="identity-conflict")


def _has_data(session: Session, shop: Shop) -> bool:
    for table in schema.tables_of_a_shop():
        if table.name in RECREATED:
            continue
        if session.execute(
            select(literal(1)).select_from(table).where(table.c.shop_id == shop.id).limit(1)
        ).first():
            return True
    edited = select(HistoryEntry.id).where(
        HistoryEntry.shop_id == shop.id,
        (HistoryEntry.subject != "shop") | HistoryEntry.action.not_in(_BY_ITSELF),
    )
    return session.scalar(edited.limit(1)) is not None


def _is_late(session: Session, shop: Shop, as_of: datetime | None) -> bool:
    """Whether the shop was renamed after ``as_of``. A late delivery must not bring the old name back."""
    if as_of is None:
        return False
    renamed = session.scalars(
        select(HistoryEntry.at).where(
            HistoryEntry.shop_id == shop.id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop.id,
            HistoryEntry.action == "renamed",
        )
    ).all()
    return any(as_of <= moment for moment in renamed)
