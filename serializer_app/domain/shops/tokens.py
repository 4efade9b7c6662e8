"""The keys to a shop's Admin API: kept encrypted, renewed early by one process at a time, and sometimes lost.

A pair is renewed under a lease in the shop's own row, so that any number of workers on any number of machines agree;
the call to Shopify happens outside every transaction. Of each answer ``shopify.oauth`` says what it means: only a
terminal one loses the authorisation, everything else keeps the pair and is tried again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.config import Settings
from serializer_app.domain import history
from serializer_app.errors import AppError
from serializer_app.shopify import oauth
from serializer_app.shopify.oauth import Grant, TokenError
from serializer_app.store import upsert
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Shop, ShopToken

log = structlog.get_logger(__name__)

ACTIVE = "active"
LOST = "lost"

EARLY = timedelta(minutes=10)
# Longer than one call to Shopify can last (transport.ANSWER_SECONDS and the time to connect).
LEASE = timedelta(seconds=90)
# Where there is nothing to renew, or Shopify gave a token without an end once more: ask again tomorrow.
MIGRATION_PAUSE = timedelta(days=1)
WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.1
_LAST_MOMENT = timedelta(seconds=5)
_AFTER_FAILURE = 5.0

Refresh = Callable[[Settings, str, str], Grant]


class AuthorisationLost(AppError):
    """Nobody but the merchant can help, by opening the app. Not permanent: the work waits in the outbox for that."""

    def __init__(self, shop: str) -> None:
        super().__init__(
            "authorisation_lost",
            f"The app has lost its access to {shop}; open it in the Shopify admin to restore it",
            status=503,
            permanent=False,
            retry_after=300.0,
        )


@dataclass(frozen=True)
class TokenStanding:
    """How it stands with a shop's authorisation: ``problem`` is a sentence for the merchant."""

    usable: bool
    problem: str | None
    expires_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, repr=False)
class _Stored:
    """A token row as it was read; the texts are still encrypted. Has no repr, so that no log can show it."""

    domain: str
    status: str
    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    state: str
    lease: str | None
    leased_until: datetime | None

    @property
    def is_endless(self) -> bool:
        return self.expires_at is None and self.refresh_token is None

    def cannot_be_renewed(self) -> bool:
        if self.refresh_token is None:
            return not self.is_endless
        return self.refresh_expires_at is not None and self.refresh_expires_at <= now()

    def good_for(self, time_left: timedelta) -> bool:
        return self.expires_at is None or self.expires_at > now() + time_left


def save(session: Session, vault: Vault, shop_id: int, grant: Grant) -> None:
    """Keep a pair that a merchant's visit brought; ends every lease, so that a renewal under way cannot overwrite it.

    Two first requests of a shop at once bring two pairs, and the last one stays.
    """
    values = {**_columns(vault, grant), "lease": None, "leased_until": None}
    statement = upsert.insert(session, ShopToken).values(shop_id=shop_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def lost(session: Session, shop_id: int, problem: str) -> bool:
    """Note that the shop has to be opened again before we may call its Admin API. False when it was known."""
    result = session.execute(
        update(ShopToken)
        .where(ShopToken.shop_id == shop_id, ShopToken.state == ACTIVE)
        .values(state=LOST, problem=problem[:500], lease=None, leased_until=None)
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        return False
    history.record(session, shop_id, "shop", [(shop_id, {})], actor="app", action="authorisation-lost")
    return True


def standing(session: Session, shop_id: int) -> TokenStanding:
    """What the merchant, and the door before the token exchange, may know."""
    row = session.get(ShopToken, shop_id, populate_existing=True)
    if row is None:
        return TokenStanding(False, "The app has no access to this shop yet.", None, None)
    over = row.refresh_expires_at is not None and row.refresh_expires_at <= now()
    problem = row.problem or ("The app was not used for too long." if over else None)
    return TokenStanding(row.state == ACTIVE and not over, problem, row.expires_at, row.changed_at)


def usable(
    db: Database,
    vault: Vault,
    settings: Settings,
    shop_id: int,
    refresh: Refresh = oauth.refresh,
    *,
    migrate: Refresh = oauth.migrate_non_expiring,
    refused: str | None = None,
) -> str:
    """An access token that Shopify takes, renewed when it ends within ten minutes. Call it outside any transaction.

    ``refused`` is a token that Shopify has just answered 401 to: it is renewed whatever its dates say, unless
    somebody did so meanwhile. Raises AuthorisationLost; TokenError or ``token_being_renewed`` when waiting helps
    (``retry_after`` says how long).
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        stored = _read(db, shop_id)
        access_token = vault.decrypt(stored.access_token)
        rejected = access_token == refused
        if not rejected and stored.good_for(EARLY) and not _may_migrate(stored):
            return access_token
        valid = not rejected and stored.good_for(_LAST_MOMENT)
        if stored.cannot_be_renewed():
            if valid:
                return access_token
            _give_up(db, stored, shop_id)
            continue
        lease = _take_lease(db, shop_id, stored, force=rejected and stored.lease is None)
        if lease is not None:
            return _renewed(db, vault, settings, shop_id, stored, lease, refresh, migrate, valid=valid)
        if valid:
            return access_token
        _wait_for_the_other(stored, deadline)


def rotate_all(session: Session, vault: Vault) -> int:
    """Encrypt every stored token with the first key; returns how many. A renewal meanwhile wins: it used that key."""
    rows = session.execute(select(ShopToken.shop_id, ShopToken.access_token, ShopToken.refresh_token)).all()
    for shop_id, access_token, refresh_token in rows:
        session.execute(
            update(ShopToken)
            .where(ShopToken.shop_id == shop_id, ShopToken.access_token == access_token)
            .values(
                access_token=vault.rotate(access_token),
                refresh_token=None if refresh_token is None else vault.rotate(refresh_token),
            )
        )
    return len(rows)


def _columns(vault: Vault, grant: Grant) -> dict[str, object]:
    return {
        "access_token": vault.encrypt(grant.access_token),
        "refresh_token": None if grant.refresh_token is None else vault.encrypt(grant.refresh_token),
        "expires_at": grant.expires_at,
        "refresh_expires_at": grant.refresh_expires_at,
        "state": ACTIVE,
        "problem": None,
        "changed_at": now(),
    }


def _read(db: Database, shop_id: int) -> _Stored:
    with db.connect() as connection:
        row = connection.execute(
            select(
                Shop.domain,
                Shop.status,
                ShopToken.access_token,
                ShopToken.refresh_token,
                ShopToken.expires_at,
                ShopToken.refresh_expires_at,
                ShopToken.state,
                ShopToken.lease,
                ShopToken.leased_until,
            )
            .outerjoin(ShopToken, ShopToken.shop_id == Shop.id)
            .where(Shop.id == shop_id)
        ).one_or_none()
    if row is None or row.access_token is None or row.state != ACTIVE or row.status != "installed":
        raise AuthorisationLost("the shop" if row is None else row.domain)
    return _Stored(*row)


def _may_migrate(stored: _Stored) -> bool:
    """A token without an end is to be changed for one that expires, when nobody tried within the last day."""
    return stored.is_endless and (stored.leased_until is None or stored.leased_until <= now())


def _give_up(db: Database, stored: _Stored, shop_id: int) -> None:
    """Nothing is left to renew with, and the merchant has to open the app.

    Unless the row is no longer the one that was read: a merchant may have brought a new pair this very moment.
    """
    with db.write() as session:
        if _locked(session, shop_id, ShopToken.access_token == stored.access_token):
            lost(session, shop_id, "The app was not used for so long that its access has ended.")
            log.warning("authorisation lost", shop=stored.domain, reason="nothing to renew with")


def _locked(session: Session, shop_id: int, condition: ColumnElement[bool]) -> bool:
    """Whether the shop's token is still the one meant; it stays so until the transaction ends."""
    query = select(ShopToken.shop_id).where(ShopToken.shop_id == shop_id, condition).with_for_update()
    return session.scalar(query) is not None


def _take_lease(db: Database, shop_id: int, stored: _Stored, *, force: bool) -> str | None:
    """Become the one who renews; None when somebody else is, has just done so, or has just failed and waits.

    The encrypted token is compared as well: Fernet never makes the same text twice, so a row that was renewed since
    it was read does not match, and a refresh token that is used up is not used again.
    """
    lease = secrets.token_hex(16)
    moment = now()
    condition = [ShopToken.shop_id == shop_id, ShopToken.access_token == stored.access_token]
    if force:
        # Shopify refused the token: a pause that an earlier failure left must not keep us from asking.
        condition.append(ShopToken.lease.is_(None))
    else:
        condition.append(ShopToken.leased_until.is_(None) | (ShopToken.leased_until <= moment))
    with db.write() as session:
        result = session.execute(
            update(ShopToken).where(*condition).values(lease=lease, leased_until=moment + LEASE)
        )
        assert isinstance(result, CursorResult)
    return lease if result.rowcount == 1 else None


def _renewed(
    db: Database,
    vault: Vault,
    settings: Settings,
    shop_id: int,
    stored: _Stored,
    lease: str,
    refresh: Refresh,
    migrate: Refresh,
    *,
    valid: bool,
) -> str:
    """Ask Shopify and keep what it says, if the lease is still ours."""
    try:
        if stored.refresh_token is None:
            grant = migrate(settings, stored.domain, vault.decrypt(stored.access_token))
        else:
            grant = refresh(settings, stored.domain, vault.decrypt(stored.refresh_token))
    except TokenError as error:
        return _after_failure(db, vault, shop_id, stored, lease, error, valid=valid)
    kept = _keep(db, vault, shop_id, stored, lease, grant)
    if not kept:
        log.warning("renewed token discarded", shop=stored.domain, reason="somebody else took over")
        raise _being_renewed(1.0)
    log.info("token renewed", shop=stored.domain, migrated=stored.is_endless)
    return grant.access_token


def _keep(db: Database, vault: Vault, shop_id: int, stored: _Stored, lease: str, grant: Grant) -> bool:
    """Save the pair and end the lease in one statement; False when the lease has passed to somebody else."""
    values = {**_columns(vault, grant), "lease": None, "leased_until": None}
    if grant.refresh_token is None:
        # RFC 6749 §6: without a new refresh token the old one stays good. An odd answer must not brick the shop.
        values["refresh_token"] = stored.refresh_token and vault.rotate(stored.refresh_token)
        values["refresh_expires_at"] = stored.refresh_expires_at
    if values["refresh_token"] is None and grant.expires_at is None:
        values["leased_until"] = now() + MIGRATION_PAUSE
    with db.write() as session:
        result = session.execute(
            update(ShopToken).where(ShopToken.shop_id == shop_id, ShopToken.lease == lease).values(values)
        )
        assert isinstance(result, CursorResult)
    return bool(result.rowcount == 1)


def _after_failure(
    db: Database, vault: Vault, shop_id: int, stored: _Stored, lease: str, error: TokenError, *, valid: bool
) -> str:
    """A terminal answer loses the authorisation; any other leaves the pair, and a pause that all processes respect."""
    migrating = stored.refresh_token is None
    if error.kind == "terminal" and not (migrating and valid):
        with db.write() as session:
            mine = _locked(session, shop_id, ShopToken.lease == lease)
            if mine:
                lost(session, shop_id, "Shopify has ended the app's access.")
        if not mine:
            raise _being_renewed(1.0) from None
        log.warning("authorisation lost", shop=stored.domain, problem=error.message)
        raise AuthorisationLost(stored.domain) from None
    pause = MIGRATION_PAUSE if migrating and valid else timedelta(seconds=error.retry_after or _AFTER_FAILURE)
    with db.write() as session:
        session.execute(
            update(ShopToken)
            .where(ShopToken.shop_id == shop_id, ShopToken.lease == lease)
            .values(lease=None, leased_until=now() + pause, problem=error.message[:500])
        )
    log.warning("token not renewed", shop=stored.domain, problem=error.message, still_valid=valid)
    if valid:
        return vault.decrypt(stored.access_token)
    raise error


def _wait_for_the_other(stored: _Stored, deadline: float) -> None:
    """Somebody else renews: look again in a moment. After a failure, or too long a wait, the job comes back later."""
    if stored.lease is None and stored.leased_until is not None and stored.leased_until > now():
        raise _being_renewed((stored.leased_until - now()).total_seconds())
    if time.monotonic() > deadline:
        raise _being_renewed(2.0)
    time.sleep(_POLL_SECONDS)


def _being_renewed(wait: float) -> AppError:
    return AppError(
        "token_being_renewed",
        "The shop's access token is being renewed; try again in a moment",
        status=503,
        permanent=False,
        retry_after=max(wait, 0.5),
    )
