"""Shops are erased, and of every erasure is kept that it was done: when, of how much, and not of whom."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy import ColumnElement, CursorResult, Table, delete, func, literal_column, select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.shops import shops
from serializer_app.store import schema, upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.models import ErasedCustomer, Erasure, HistoryEntry, Shop

log = structlog.get_logger(__name__)

ERASED_AT_ONCE = 5_000
"""Rows: half a second on SQLite, where nobody else writes meanwhile."""
_WEIGHTS = {"attachment_parts": 25, "task_parts": 100, "upload_parts": 100}
"""As many rows one row of these tables counts for. They hold pieces of files, of 90 KB to 1 MB, and SQLite overwrites
what it deletes."""
# Shopify sends shop/redact 48 hours after the uninstallation, and sometimes a webhook is a day late.
REINSTALLED_WITHIN = timedelta(hours=72)


def redact_shop(
    session: Session,
    domain: str,
    counts: Counter[str],
    *,
    shopify_id: int | None = None,
    most: int = ERASED_AT_ONCE,
) -> bool:
    """Erase the next rows of a shop, at most ``most``; True while there are more. In the end what remains is that it
    was done, under a hash of the domain, with ``counts``, to which each call adds what it erased.

    A transaction for a million items would hold up every other shop, and be rolled back when its request is given up.
    A shop that came back within the 48 hours keeps its data. A shop that we never saw go does not: then the news of
    its uninstallation was lost. Where a shop of ours has this ``shopify_id``, it is the one: a merchant may change the
    domain after the uninstallation. An installed shop with another ID is never erased.
    """
    meant = shops.named(session, domain, shopify_id)
    if meant is None:
        return False
    shop = session.scalars(
        select(Shop).where(Shop.id == meant.id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if shop is None:
        return False
    domain = shop.domain
    if shop.status == shops.INSTALLED:
        if None not in (shopify_id, shop.shopify_id) and shopify_id != shop.shopify_id:
            log.error("shop not erased", shop=domain, reason="it is installed, and another shop was meant")
            return False
        if _came_back(session, shop.id):
            note(session, shop.id, "redaction-ignored")
            log.warning("shop not erased", shop=domain, reason="it was installed again meanwhile")
            return False
        shop.status = shops.UNINSTALLED  # nobody meets a shop that is half there
        session.flush()
    left = most
    for table in schema.tables_of_a_shop():
        weight = _WEIGHTS.get(table.name, 1)
        at_once = max(1, left // weight)
        erased = _emptied(session, table, shop.id, at_once)
        counts[table.name] += erased
        left -= erased * weight
        if erased == at_once or left <= 0:
            return True
    session.execute(delete(Shop).where(Shop.id == shop.id), execution_options={"synchronize_session": False})
    session.expunge(shop)
    record(session, "shop", domain, counts)
    log.info("shop erased", shop=domain, counts=dict(counts))
    return False


def of_shop(session: Session, domain: str) -> list[tuple[str, datetime, dict[str, int]]]:
    """(kind, when, how many of what) for a shop, erased ones too; oldest first."""
    rows = session.execute(
        select(Erasure.kind, Erasure.at, Erasure.counts)
        .where(Erasure.shop_hash == _shop_hash(domain))
        .order_by(Erasure.id)
    ).all()
    return [(kind, at, msgspec.json.decode(counts)) for kind, at, counts in rows]


def _came_back(session: Session, shop_id: int) -> bool:
    """Whether the app was installed anew in the last days, after an earlier installation."""
    moments = session.scalars(
        select(HistoryEntry.at).where(
            HistoryEntry.shop_id == shop_id,
            HistoryEntry.subject == "shop",
            HistoryEntry.subject_id == shop_id,
            HistoryEntry.action == "installed",
        )
    ).all()
    return len(moments) > 1 and max(moments) > now() - REINSTALLED_WITHIN


def _emptied(session: Session, table: Table, shop_id: int, most: int) -> int:
    """Delete in bulk: cascades alone would look at every row once more."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    place: ColumnElement[object] = literal_column("rowid" if on_sqlite else "ctid")
    some = select(place).select_from(table).where(table.c.shop_id == shop_id).limit(most)
    # PostgreSQL goes to the places of an array one by one, and joins a subselect by reading the whole table.
    chosen = place.in_(some) if on_sqlite else place == func.any(func.array(some.scalar_subquery()))
    result = session.execute(delete(table).where(chosen), execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def record(
    session: Session, kind: str, domain: str, counts: Mapping[str, int], *, subject_hash: str | None = None
) -> None:
    """Note an erasure under hashes; ``counts`` are rows by table."""
    session.add(
        Erasure(
            kind=kind,
            shop_hash=_shop_hash(domain),
            subject_hash=subject_hash,
            counts=msgspec.json.encode({name: count for name, count in counts.items() if count}).decode(),
            at=now(),
        )
    )
    session.flush()


def remember(session: Session, vault: Vault, shop: Shop, customer_ids: Sequence[int]) -> None:
    """Note whom the shop erased, so that older orders do not bring them back: a keyed hash of the ID, and when.

    The key is the shop's own and kept encrypted, so ``keys rotate`` renews its encryption and the hashes stay.
    """
    if not customer_ids:
        return
    moment = now()
    if shop.erasure_key is None:
        shop.erasure_key = vault.encrypt(secrets.token_hex(32))
    shop.erased_at = moment
    session.flush()
    rows = [
        {"shop_id": shop.id, "customer_hash": _customer_hash(vault, shop, each), "erased_at": moment}
        for each in customer_ids
    ]
    statement = upsert.insert(session, ErasedCustomer)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "customer_hash"], set_={"erased_at": moment}
        ),
        rows,
    )


def recall(session: Session, vault: Vault, shop: Shop, customer_id: int) -> datetime | None:
    """When this customer was erased last; None for all others."""
    if shop.erasure_key is None:
        return None
    return session.scalar(
        select(ErasedCustomer.erased_at).where(
            ErasedCustomer.shop_id == shop.id,
            ErasedCustomer.customer_hash == _customer_hash(vault, shop, customer_id),
        )
    )


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every shop's erasure key with the first key; returns how many."""
    found = session.scalars(select(Shop).where(Shop.erasure_key.is_not(None)).with_for_update()).all()
    for shop in found:
        shop.erasure_key = vault.rotate(shop.erasure_key or "")
    session.flush()
    return len(found)


def _customer_hash(vault: Vault, shop: Shop, customer_id: int) -> str:
    key = vault.decrypt(shop.erasure_key or "").encode()
    return hmac.digest(key, str(customer_id).encode(), "sha256").hex()


def _shop_hash(domain: str) -> str:
    return hashlib.sha256(f"shop:{domain}".encode()).hexdigest()


def note(session: Session, shop_id: int, action: str) -> None:
    """A line in the shop's history, as long as there is a shop."""
    history.record(session, shop_id, "shop", [(shop_id, {})], actor="webhook:compliance", action=action)
