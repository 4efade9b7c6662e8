"""The token endpoint, the authorisation page's codes, and id tokens (platform.md §2)."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import RLock

import jwt

from serializer_app.devstore.faults import Faults
from serializer_app.devstore.moments import ShopClock
from serializer_app.text import Json, JsonDict

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
REFRESH_LIFE = 7_776_000
#: How long a lost answer can be asked for again (developer changelog of 2026-08-28): with the used refresh token, until
#: its replacement is used; with a migrated token that never expired, until the pair is refreshed.
REFRESH_RETRY = timedelta(days=30)
MIGRATION_RETRY = timedelta(days=7)
ID_TOKEN_LIFE = 60
SCOPES = ("write_orders", "write_products", "read_customers", "write_app_proxy")


@dataclass(frozen=True)
class Grant:
    """One access token; ``expires_at`` None never expires."""

    shop: str
    token: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    refresh_token: str | None
    refresh_until: datetime | None


@dataclass(frozen=True)
class Code:
    shop: str
    scopes: tuple[str, ...]
    redirect_uri: str
    expires_at: datetime


@dataclass(frozen=True)
class Replaced:
    """A token that bought a pair and may buy the same pair again, in case the answer was lost."""

    successor: str
    """The access token of that pair."""
    until: datetime


@dataclass(frozen=True)
class Answer:
    """An HTTP answer before it meets a server; nobody waits for one that comes after ``hang`` seconds."""

    status: int
    body: JsonDict | str
    content_type: str = "application/json"
    hang: float = 0.0


class Tokens:
    """All tokens of all shops of a store, for the one app whose key and secret it knows."""

    def __init__(self, api_key: str, api_secret: str, clock: ShopClock, faults: Faults) -> None:
        self.api_key = api_key
        self.api_secret = api_secret
        self.clock = clock
        self.faults = faults
        self.lifetime = 3600
        """``expires_in`` of the tokens to come, in seconds."""
        self.scopes: dict[str, tuple[str, ...]] = {}
        """What each shop's merchant has granted; a shop that is missing has granted SCOPES."""
        self.requests: list[JsonDict] = []
        """The form of every request to the token endpoint, for tests to count."""
        self._lock = RLock()
        self._grants: dict[str, Grant] = {}
        self._codes: dict[str, Code] = {}
        self._replaced: dict[str, Replaced] = {}
        self.refuse_non_expiring = False
        """Whether the Admin API answers 403 to a token that never expires, as to public apps since April 2026."""

    def granted(self, shop: str) -> tuple[str, ...]:
        return self.scopes.get(shop, SCOPES)

    def grant_of(self, token: str | None) -> Grant | None:
        """The live grant behind an X-Shopify-Access-Token, or None when it is unknown or has expired."""
        with self._lock:
            grant = self._grants.get(token or "")
        if grant is None or (grant.expires_at is not None and grant.expires_at <= self.clock.now()):
            return None
        return grant

    def issue(self, shop: str, *, expiring: bool = True) -> Grant:
        """A token without any ceremony, as tests want it."""
        now = self.clock.now()
        scopes = self.granted(shop)
        grant = Grant(shop, f"shpat_{secrets.token_hex(16)}", scopes, None, None, None)
        if expiring:
            grant = replace(
                grant,
                expires_at=now + timedelta(seconds=self.lifetime),
                refresh_token=f"shprt_{secrets.token_hex(16)}",
                refresh_until=now + timedelta(seconds=REFRESH_LIFE),
            )
        with self._lock:
            self._grants[grant.token] = grant
        return grant

    def rename(self, before: str, domain: str) -> None:
        """The shop has another domain; its tokens stay good."""
        with self._lock:
            for token, grant in self._grants.items():
                if grant.shop == before:
                    self._grants[token] = replace(grant, shop=domain)
            if before in self.scopes:
                self.scopes[domain] = self.scopes.pop(before)

    def revoke(self, shop: str) -> None:
        """Uninstalled: every token of the shop is void."""
        with self._lock:
            for token in [token for token, grant in self._grants.items() if grant.shop == shop]:
                del self._grants[token]

    def expire(self, shop: str) -> None:
        """Every access token of the shop expires now; the refresh tokens stay good."""
        with self._lock:
            for token, grant in self._grants.items():
                if grant.shop == shop and grant.expires_at is not None:
                    self._grants[token] = replace(grant, expires_at=self.clock.now())

    def id_token(
        self, shop: str, user: str = "102938475", *, life: int = ID_TOKEN_LIFE, **claims: Json
    ) -> str:
        """A session token as App Bridge hands it out; ``claims`` overwrite (for tests of bad ones)."""
        now = int(self.clock.now().timestamp())
        payload: JsonDict = {
            "iss": f"https://{shop}/admin",
            "dest": f"https://{shop}",
            "aud": self.api_key,
            "sub": user,
            "exp": now + life,
            "nbf": now,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "sid": uuid.uuid5(uuid.NAMESPACE_URL, f"{shop}/{user}").hex,
            "sig": secrets.token_hex(32),
        }
        return jwt.encode({**payload, **claims}, self.api_secret, algorithm="HS256")

    def authorize(self, shop: str, redirect_uri: str, scopes: tuple[str, ...]) -> str:
        """The merchant approved: a code good for one exchange within a minute."""
        code = secrets.token_hex(16)
        with self._lock:
            self.scopes[shop] = scopes or SCOPES
            deadline = self.clock.now() + timedelta(seconds=60)
            self._codes[code] = Code(shop, self.scopes[shop], redirect_uri, deadline)
        return code

    def answer(self, form: JsonDict) -> Answer:
        """``POST /admin/oauth/access_token`` with form or JSON fields."""
        fields = {name: str(value) for name, value in form.items()}
        with self._lock:
            self.requests.append(fields)
        refresh = fields.get("grant_type") == "refresh_token"
        fault = self.faults.for_tokens(refresh=refresh)
        if fault is not None and fault.kind == "error":
            return Answer(fault.status, "<html><body>Service unavailable</body></html>", "text/html")
        if fault is not None and fault.kind.startswith("refresh"):
            return _inactive_refresh(html=fault.kind == "refresh_html", status=fault.status)
        if fault is not None and fault.kind == "timeout_before":
            return Answer(504, "", hang=fault.seconds)
        if fields.get("client_id") != self.api_key or fields.get("client_secret") != self.api_secret:
            return _oauth_error(400, "invalid_client", "The client credentials are invalid.")
        with self._lock:
            answer = self._grant(fields, refresh)
        if fault is not None and fault.kind == "no_expiry" and isinstance(answer.body, dict):
            kept: JsonDict = {
                name: answer.body[name] for name in ("access_token", "scope") if name in answer.body
            }
            return replace(answer, body=kept)
        return replace(answer, hang=fault.seconds) if fault and fault.kind == "timeout_after" else answer

    def _grant(self, fields: Mapping[str, str], refresh: bool) -> Answer:
        if refresh:
            return self._refresh(fields.get("refresh_token", ""))
        if fields.get("grant_type") == TOKEN_EXCHANGE:
            return self._exchange(fields)
        if "code" in fields:
            return self._code(fields)
        return _oauth_error(400, "invalid_request", "The grant type is not supported.")

    def _exchange(self, fields: Mapping[str, str]) -> Answer:
        expiring = fields.get("expiring") == "1"
        if fields.get("requested_token_type") not in {OFFLINE, ONLINE}:
            return _oauth_error(400, "invalid_request", "requested_token_type is not supported.")
        subject = fields.get("subject_token", "")
        if fields.get("subject_token_type") == OFFLINE:
            return self._migrate(subject, expiring)
        shop = self.shop_of_id_token(subject) if fields.get("subject_token_type") == ID_TOKEN else None
        if shop is None:
            return _oauth_error(400, "invalid_subject_token", "The id token is invalid or has expired.")
        return _token_answer(self.issue(shop, expiring=expiring), self.clock.now())

    def _code(self, fields: Mapping[str, str]) -> Answer:
        code = self._codes.pop(fields["code"], None)
        if code is None or code.expires_at <= self.clock.now():
            return _oauth_error(
                400, "invalid_request", "The authorization code was not found or was already used"
            )
        return _token_answer(self.issue(code.shop, expiring=fields.get("expiring") == "1"), self.clock.now())

    def _migrate(self, token: str, expiring: bool) -> Answer:
        """A token that never expires for a pair that does."""
        now = self.clock.now()
        old = self._grants.get(token)
        if old is not None and old.expires_at is None and expiring:
            return self._succeed(old, token, now + MIGRATION_RETRY)
        again = self._again(token)
        if again is not None and expiring:
            return _token_answer(again, now)
        return _oauth_error(400, "invalid_subject_token", "The subject token is no non-expiring token.")

    def _refresh(self, refresh_token: str) -> Answer:
        """Rotates; the used refresh token can be repeated until its replacement is used."""
        now = self.clock.now()
        old = next((g for g in self._grants.values() if g.refresh_token == refresh_token), None)
        if refresh_token and old is not None and old.refresh_until is not None and old.refresh_until > now:
            return self._succeed(old, refresh_token, min(now + REFRESH_RETRY, old.refresh_until))
        again = self._again(refresh_token)
        return _token_answer(again, now) if again is not None else _inactive_refresh(html=False)

    def _succeed(self, old: Grant, spent: str, until: datetime) -> Answer:
        """A new pair for the old one, which is void from now on; what had bought the old one is retired."""
        del self._grants[old.token]
        self._replaced = {
            token: entry for token, entry in self._replaced.items() if entry.successor != old.token
        }
        grant = self.issue(old.shop)
        self._replaced[spent] = Replaced(grant.token, until)
        return _token_answer(grant, self.clock.now())

    def _again(self, spent: str) -> Grant | None:
        """The pair that ``spent`` bought before, alive again for a full hour."""
        entry, now = self._replaced.get(spent), self.clock.now()
        if entry is None or entry.until <= now or entry.successor not in self._grants:
            return None
        grant = replace(self._grants[entry.successor], expires_at=now + timedelta(seconds=self.lifetime))
        self._grants[entry.successor] = grant
        return grant

    def shop_of_id_token(self, token: str) -> str | None:
        """The shop of a valid id token; times are read by the store's own clock."""
        try:
            claims = jwt.decode(
                token,
                self.api_secret,
                algorithms=["HS256"],
                audience=self.api_key,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        if not isinstance(claims.get("exp"), int) or claims["exp"] + 10 < self.clock.now().timestamp():
            return None
        match = re.fullmatch(r"https://([a-z0-9][a-z0-9\-]*\.myshopify\.com)", str(claims.get("dest")))
        return match[1] if match else None


def _token_answer(grant: Grant, now: datetime) -> Answer:
    body: JsonDict = {"access_token": grant.token, "scope": ",".join(grant.scopes)}
    if grant.expires_at and grant.refresh_until:
        body |= {
            "expires_in": round((grant.expires_at - now).total_seconds()),
            "refresh_token": grant.refresh_token,
            "refresh_token_expires_in": round((grant.refresh_until - now).total_seconds()),
        }
    return Answer(200, body)


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})


def _inactive_refresh(*, html: bool, status: int = 401) -> Answer:
    text = "This request requires an active refresh_token"
    if html:
        page = f"<!DOCTYPE html><html><body><h1>Oauth error invalid_request</h1><p>{text}</p></body></html>"
        return Answer(status, page, "text/html; charset=utf-8")
    return _oauth_error(status, "invalid_request", text)
