"""Shops: installed, configured, uninstalled, and the keys of their other systems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import msgspec
import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import history
from serializer_app.domain.gate import switch
from serializer_app.errors import AppError
from serializer_app.shopify.oauth import missing_scopes
from serializer_app.store import outbox, upsert
from serializer_app.store.crypto import api_key_hash, new_api_key
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import ApiKey, Shop, ShopToken

log = structlog.get_logger(__name__)

_BY_SHOPIFY_ID = select(Shop).where(Shop.shopify_id == bindparam("shopify_id"))
_BY_DOMAIN = select(Shop).where(Shop.domain == bindparam("domain"))

INSTALLED = "installed"
UNINSTALLED = "uninstalled"
KEY_SCOPES = ("read", "write")
HOUR = 3600.0
INVENTORY = "inventory"
"""The tracking method "Inventory and sold items"; the other one is ``sold``."""
READ_INVENTORY = switch.INVENTORY_SCOPE
"""The optional scope with which Shopify tells whose quantity it tracks."""
PROXY_PATH = "/apps/serializer"
"""Where a shop has the app proxy unless its merchant moves it; our own routes stay there, whatever the shop shows."""
_LOCALIZED = re.compile(
    r"/[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}(/(?:apps|a|community|tools)/[^/]+)", re.I | re.ASCII
)
"""A theme's locale in front of one of the four prefixes that Shopify offers."""
FIRST_CHECK = 300.0
"""Seconds after an installation until the doctor looks at it: definitions and catalog are there by then."""
MOST_FIELDS = 100
# Shopify repeats a webhook for four hours and is sometimes a day late; an older time than that is no time to trust.
LATE_DELIVERY = timedelta(days=2)


CHOICES = (
    "storefront_access",
    "on_order_edit",
    "warranty_start",
    "tracking_method",
    "on_return",
    "warranty_on_resale",
)
"""The settings that are one of a few words, as their columns are called."""


class CustomField(TypedDict):
    """A field that staff may fill for an item; ``key`` ≤ 30 characters, unique in its shop."""

    name: str
    key: str


class SettingsChanges(TypedDict, total=False):
    """An absent key leaves the stored value."""

    storefront_access: str
    on_order_edit: str
    warranty_start: str
    tracking_method: str
    on_return: str
    warranty_on_resale: str
    custom_fields: Sequence[CustomField]


@dataclass(frozen=True)
class KeyHolder:
    """Who an API key speaks for."""

    shop_id: int
    domain: str
    key_id: int
    scopes: frozenset[str]
    last_used_at: datetime | None


def find(session: Session, domain: str) -> Shop | None:
    """The shop of a checked domain, uninstalled ones too."""
    return session.scalars(_BY_DOMAIN, {"domain": domain}).one_or_none()


def by_shopify_id(session: Session, shopify_id: int) -> Shop | None:
    """The shop with this ID at Shopify, uninstalled ones too; None as long as Shopify has not told us the ID."""
    if not 0 < shopify_id < 2**63:
        return None
    return session.scalars(_BY_SHOPIFY_ID, {"shopify_id": shopify_id}).one_or_none()


def named(session: Session, domain: str, shopify_id: int | None) -> Shop | None:
    """The shop that a signed body names, by its ID at Shopify where we know it and by its domain otherwise.

    A merchant may change the domain, so the ID comes first. An ID that belongs to no shop of ours does not outweigh a
    domain that does: refusing the request would keep a person's data that Shopify told us to erase.
    """
    shop = by_shopify_id(session, shopify_id) if shopify_id is not None else None
    if shop is not None:
        return shop
    shop = find(session, domain)
    if shop is not None and None not in (shopify_id, shop.shopify_id):
        log.warning("shop named by its domain only", shop=domain, known=shop.shopify_id, stated=shopify_id)
    return shop


def installed(session: Session, domain: str) -> Shop:
    """The shop, if it is installed now; raises AppError ``shop_not_installed`` 404."""
    shop = find(session, domain)
    if shop is None or shop.status != INSTALLED:
        raise AppError("shop_not_installed", f"The app is not installed in {domain}", status=404)
    return shop


def by_id(session: Session, shop_id: int, *, lock: bool = False) -> Shop:
    """The shop; with ``lock`` nobody else changes its settings until this write unit ends."""
    # NO KEY UPDATE: every insert of this shop's rows holds a key share of it, and need not wait for this.
    return session.get_one(Shop, shop_id, with_for_update={"key_share": True} if lock else None)


def proxy_url(shop: Shop, path: str) -> str:
    """The public address of a page of ours in the shop's own storefront; ``path`` begins with a slash."""
    return f"https://{shop.domain}{shop.proxy_path}{path}"


def without_locale(path_prefix: str) -> str:
    """Where the app proxy stands in every language of a shop, from the prefix of one signed request."""
    found = _LOCALIZED.fullmatch(path_prefix)
    return found[1] if found else path_prefix


def proxy_moved(session: Session, shop_id: int, proxy_path: str) -> None:
    """Remember where the shop shows the app proxy, as a signed request said. The merchant may move it at any time."""
    session.execute(
        update(Shop)
        .where(Shop.id == shop_id, Shop.proxy_path != proxy_path)
        .values(proxy_path=proxy_path)
        .execution_options(synchronize_session=False)
    )


def every(session: Session) -> list[Shop]:
    return list(session.scalars(select(Shop).order_by(Shop.domain)))


def install(session: Session, domain: str, scopes: Sequence[str]) -> Shop:
    """Note that a shop is installed; finds everything again that an earlier installation left.

    What is needed from Shopify (definitions, time zone, catalog) and whatever waited is put into the outbox.
    """
    # To the second, as Shopify tells when an order was made: one made in this very second came after.
    moment = now().replace(microsecond=0)
    made = session.execute(
        upsert.insert(session, Shop)
        .values(domain=domain, status=INSTALLED, installed_at=moment)
        .on_conflict_do_nothing(index_elements=["domain"])
        .returning(Shop.id)
    )
    is_new = made.scalar_one_or_none() is not None
    shop = session.scalars(select(Shop).where(Shop.domain == domain).with_for_update()).one()
    shop.status, shop.uninstalled_at, shop.scopes = INSTALLED, None, ",".join(sorted(scopes))
    session.flush()
    outbox.open_lane(session, shop.id)
    outbox.release(session, shop.id)
    outbox.put(session, shop.id, JobKind.INSTALL, [""])
    # After a pause without webhooks it is time to ask what was missed; a new shop has missed nothing yet.
    outbox.put(session, shop.id, JobKind.RECONCILE, [""], delay=HOUR if is_new else 0)
    outbox.put(session, shop.id, JobKind.COMPARE, [""], delay=HOUR)
    outbox.put(session, shop.id, JobKind.DOCTOR, [""], delay=FIRST_CHECK)
    switch.installed(session, shop)
    history.record(session, shop.id, "shop", [(shop.id, {})], actor="app", action="installed")
    return shop


def uninstall(session: Session, shop: Shop, *, actor: str, happened_at: datetime | None = None) -> bool:
    """End proxy, API keys and calls at once and keep the data (contract §7.6). False when it was done already.

    The tokens go: Shopify revoked them. The outbox stays for the day the app is opened again. ``happened_at`` is
    Shopify's own time of the event: deliveries are repeated for hours, and one that is older than the present token
    speaks of an installation before this one.
    """
    token = session.get(ShopToken, shop.id, populate_existing=True)
    if (
        token is not None
        and happened_at is not None
        and now() - LATE_DELIVERY < happened_at < token.changed_at
    ):
        return False
    if token is not None:
        session.delete(token)
        session.flush()
    if shop.status == UNINSTALLED:
        return False
    moment = now()
    # Ended for good: whoever holds a key of the old installation must not come back in with the merchant.
    session.execute(
        update(ApiKey).where(ApiKey.shop_id == shop.id, ApiKey.revoked_at.is_(None)).values(revoked_at=moment)
    )
    shop.status, shop.uninstalled_at = UNINSTALLED, moment
    session.flush()
    history.record(session, shop.id, "shop", [(shop.id, {})], actor=actor, action="uninstalled")
    return True


def scopes_changed(
    session: Session, shop: Shop, scopes: Sequence[str], *, actor: str = "webhook:app/scopes_update"
) -> bool:
    """Note what the merchant grants now. False when nothing changed.

    What failed for want of a scope gets a new chance, and what the installation could not do then is done now.
    """
    granted = ",".join(sorted(set(scopes)))
    if granted == shop.scopes:
        return False
    change = {"scopes": {"from": shop.scopes, "to": granted}}
    gained = missing_scopes(shop.scopes.split(",")) - missing_scopes(scopes)
    knew_inventory = tracks_inventory(shop)
    shop.scopes = granted
    session.flush()
    switch.scopes_changed(session, shop)
    if tracks_inventory(shop) and not knew_inventory:
        outbox.put(session, shop.id, JobKind.SYNC_CATALOG, [""])
    if gained:
        outbox.release(session, shop.id)
        outbox.put(session, shop.id, JobKind.INSTALL, [""])
    history.record(session, shop.id, "shop", [(shop.id, change)], actor=actor, action="scopes-changed")
    return True


def has_scope(shop: Shop, scope: str) -> bool:
    """Whether the merchant grants ``scope`` now; a write scope covers its read scope."""
    granted = shop.scopes.split(",")
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def missing_of(shop: Shop, scopes: Sequence[str]) -> list[str]:
    """Which of these scopes the merchant does not grant."""
    return [scope for scope in scopes if not has_scope(shop, scope)]


def tracks_inventory(shop: Shop) -> bool:
    """Whether units are known before they are sold: "Inventory and sold items" is chosen and its scope granted.

    It concerns variants whose quantity Shopify tracks (``Variant.inventory_tracked``); others follow "Sold items only".
    """
    return shop.tracking_method == INVENTORY and has_scope(shop, READ_INVENTORY)


def describe(
    session: Session, shop: Shop, *, name: str | None, time_zone: str | None, country: str | None = None
) -> None:
    """Keep what Shopify says about the shop; None leaves what is known. Warranties end in the shop's own time zone.

    Another country reads national telephone numbers differently, so people's indexes are written anew.
    """
    shop.name = name or shop.name
    shop.time_zone = time_zone or shop.time_zone
    if country and country != shop.country:
        shop.country = country
        outbox.put(session, shop.id, JobKind.INDEX_PEOPLE, ["0"])
    session.flush()


def custom_fields(shop: Shop) -> list[CustomField]:
    return msgspec.json.decode(shop.custom_fields, type=list[CustomField])


def define_fields(session: Session, shop: Shop, keys: Sequence[str]) -> None:
    """Have custom fields with these keys; a new one is named by its key until somebody renames it.

    Raises AppError ``too_many_custom_fields`` 422.
    """
    fields = custom_fields(shop)
    known = {field["key"] for field in fields}
    new = [CustomField(name=key, key=key) for key in dict.fromkeys(keys) if key not in known]
    if new and len(fields) + len(new) > MOST_FIELDS:
        raise AppError(
            "too_many_custom_fields", f"A shop has at most {MOST_FIELDS} custom fields", status=422
        )
    if new:
        shop.custom_fields = msgspec.json.encode([*fields, *new]).decode()
        session.flush()


def configure(session: Session, shop: Shop, changes: SettingsChanges, *, actor: str) -> None:
    """Change settings; the history entry says from what to what."""
    differences: dict[str, Mapping[str, object]] = {}
    for name in CHOICES:
        wanted = changes.get(name, getattr(shop, name))
        if wanted != getattr(shop, name):
            differences[name] = {"from": getattr(shop, name), "to": wanted}
            setattr(shop, name, wanted)
    if differences.get("tracking_method", {}).get("to") == INVENTORY:
        # Which variants Shopify tracks is asked for together with the rest of the catalog.
        outbox.put(session, shop.id, JobKind.SYNC_CATALOG, [""])
    if "custom_fields" in changes:
        fields = list(changes["custom_fields"])
        if fields != custom_fields(shop):
            differences["custom_fields"] = {"from": custom_fields(shop), "to": fields}
            shop.custom_fields = msgspec.json.encode(fields).decode()
    if differences:
        session.flush()
        history.record(session, shop.id, "shop", [(shop.id, differences)], actor=actor, action="configured")


def create_api_key(
    session: Session,
    shop: Shop,
    scopes: Sequence[str],
    *,
    name: str = "",
    expires_at: datetime | None = None,
    actor: str = "app",
) -> str:
    """A new key for /api/v1. It is shown this once; only its hash is kept. Raises AppError ``scope_unknown`` 422."""
    unknown = [scope for scope in scopes if scope not in KEY_SCOPES]
    if unknown or not scopes:
        raise AppError(
            "scope_unknown", f"Scopes are {' and '.join(KEY_SCOPES)}, not {','.join(unknown)!r}", status=422
        )
    key = new_api_key()
    row = ApiKey(
        shop_id=shop.id,
        name=name,
        hint=key[:8],
        key_hash=api_key_hash(key),
        scopes=",".join(sorted(set(scopes))),
        created_at=now(),
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    history.record(
        session, shop.id, "shop", [(shop.id, {"apiKey": {"to": row.id}})], actor=actor, action="key-created"
    )
    return key


# Built once: every request of /api/v1 begins with it.
_KEY = (
    select(ApiKey.id, ApiKey.shop_id, ApiKey.scopes, ApiKey.expires_at, ApiKey.last_used_at, Shop.domain)
    .join(Shop, Shop.id == ApiKey.shop_id)
    .where(ApiKey.key_hash == bindparam("hash"), ApiKey.revoked_at.is_(None), Shop.status == INSTALLED)
)


def key_holder(session: Session, key: str) -> KeyHolder | None:
    """Who ``key`` speaks for: None for a wrong, revoked or expired one, and while the app is not installed."""
    row = session.connection().execute(_KEY, {"hash": api_key_hash(key)}).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now()):
        return None
    return KeyHolder(row.shop_id, row.domain, row.id, frozenset(row.scopes.split(",")), row.last_used_at)


def key_used(session: Session, key_id: int) -> None:
    """Note when a key was last used, to the hour: a write on every request would cost more than it tells."""
    moment = now()
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            (ApiKey.last_used_at.is_(None)) | (ApiKey.last_used_at < moment - timedelta(hours=1)),
        )
        .values(last_used_at=moment)
    )


def api_keys(session: Session, shop_id: int) -> list[ApiKey]:
    return list(session.scalars(select(ApiKey).where(ApiKey.shop_id == shop_id).order_by(ApiKey.id)))


def revoke_api_key(session: Session, shop: Shop, key_id: int, *, actor: str) -> bool:
    """End a key at once. False when the shop has no such key in use."""
    key = session.scalars(
        select(ApiKey).where(ApiKey.shop_id == shop.id, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    ).one_or_none()
    if key is None:
        return False
    key.revoked_at = now()
    history.record(
        session, shop.id, "shop", [(shop.id, {"apiKey": {"from": key.id}})], actor=actor, action="key-revoked"
    )
    return True
