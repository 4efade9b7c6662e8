"""Token life: renewed early, by one at a time, never lost but for a terminal answer. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import responses
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from serializer_app import clock
from serializer_app.config import Settings
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.shops.tokens import AuthorisationLost
from serializer_app.errors import AppError
from serializer_app.shopify.oauth import Grant, TokenError
from serializer_app.store import outbox
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import ShopToken
from tests.conftest import ENCRYPTION_KEY
from tests.visitors import ACCESS_TOKEN, REFRESH_TOKEN, SHOP, VAULT, grant, installed

NEW_ACCESS = "shpat_" + "3d" * 16
NEW_REFRESH = "shprt_" + "4c" * 16
ENDPOINT = f"https://{SHOP}/admin/oauth/access_token"


class Shopify:
    """Stands where ``oauth.refresh`` stands: answers with a new pair, or with what it was given; counts its calls."""

    def __init__(self, *answers: Grant | TokenError) -> None:
        self.answers = list(answers)
        self.asked_with: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, settings: Settings, shop: str, token: str) -> Grant:
        with self._lock:
            self.asked_with.append(token)
            answer = self.answers.pop(0) if self.answers else grant(NEW_ACCESS, NEW_REFRESH)
        if isinstance(answer, TokenError):
            raise answer
        return answer


def row(db: Database, shop_id: int) -> ShopToken:
    with db.read() as session:
        return session.scalars(select(ShopToken).where(ShopToken.shop_id == shop_id)).one()


def forget_the_pause(db: Database, shop_id: int) -> None:
    """As if the time that a failure imposed had passed."""
    with db.write() as session:
        session.execute(
            update(ShopToken)
            .where(ShopToken.shop_id == shop_id)
            .values(leased_until=clock.now() - timedelta(seconds=1))
        )


@pytest.fixture
def usable(db: Database, settings: Settings) -> Callable[..., str]:
    def call(shop_id: int, shopify: Shopify, **options: object) -> str:
        return tokens.usable(db, VAULT, settings, shop_id, shopify, migrate=shopify, **options)  # type: ignore[arg-type]

    return call


def test_tokens_are_encrypted_at_rest(db: Database) -> None:
    stored = row(db, installed(db))
    assert ACCESS_TOKEN not in stored.access_token
    assert stored.refresh_token is not None
    assert REFRESH_TOKEN not in stored.refresh_token
    assert VAULT.decrypt(stored.access_token) == ACCESS_TOKEN


def test_a_young_token_is_used_without_asking_shopify(db: Database, usable: Callable[..., str]) -> None:
    shopify = Shopify()
    assert usable(installed(db), shopify) == ACCESS_TOKEN
    assert shopify.asked_with == []


@pytest.mark.parametrize("life", [-100.0, 1.0, 300.0, 599.0])
def test_a_token_that_ends_within_ten_minutes_is_renewed_and_the_pair_saved(
    db: Database, usable: Callable[..., str], life: float
) -> None:
    shop_id, shopify = installed(db, given=grant(life=life)), Shopify()
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert shopify.asked_with == [REFRESH_TOKEN]
    stored = row(db, shop_id)
    assert stored.refresh_token is not None
    assert VAULT.decrypt(stored.refresh_token) == NEW_REFRESH
    assert (stored.lease, stored.leased_until) == (None, None)


@pytest.mark.parametrize("life", [300.0, -100.0])
def test_many_who_need_the_token_at_once_renew_it_once(
    db: Database, usable: Callable[..., str], life: float
) -> None:
    shop_id = installed(db, given=grant(life=life))
    begin, answering = threading.Barrier(6), threading.Event()

    class Slow(Shopify):
        def __call__(self, settings: Settings, shop: str, token: str) -> Grant:
            answering.wait(1.0)
            return super().__call__(settings, shop, token)

    shopify = Slow()

    def visit(number: int) -> str:
        begin.wait()
        token = usable(shop_id, shopify)
        answering.set()
        return token

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(visit, range(6)))
    assert shopify.asked_with == [REFRESH_TOKEN]
    # Who came while the old token was good may still have used it; nobody got anything else.
    assert set(got) <= {NEW_ACCESS, ACCESS_TOKEN} if life > 0 else set(got) == {NEW_ACCESS}
    assert usable(shop_id, shopify) == NEW_ACCESS


def test_a_worker_that_died_while_renewing_is_replaced_after_its_lease(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id = installed(db, given=grant(life=-1))
    with db.write() as session:
        session.execute(
            update(ShopToken).values(lease="dead", leased_until=clock.now() - timedelta(seconds=1))
        )
    assert usable(shop_id, Shopify()) == NEW_ACCESS


def test_who_comes_back_too_late_does_not_overwrite_the_newer_pair(
    db: Database, usable: Callable[..., str]
) -> None:
    """A merchant opens the app while a worker waits for Shopify's answer: the merchant's pair stays."""
    shop_id = installed(db, given=grant(life=-1))
    third = grant("shpat_" + "5b" * 16, "shprt_" + "6a" * 16)

    class Overtaken(Shopify):
        def __call__(self, settings: Settings, shop: str, token: str) -> Grant:
            with db.write() as session:
                tokens.save(session, VAULT, shop_id, third)
            return super().__call__(settings, shop, token)

    with pytest.raises(AppError, match="being renewed") as caught:
        usable(shop_id, Overtaken())
    assert caught.value.retry_after is not None
    assert not caught.value.permanent
    assert usable(shop_id, Shopify()) == third.access_token


@pytest.mark.parametrize(
    "kind", ["transient", "throttled", "refused_here", "shop_unavailable", "misconfigured"]
)
def test_nothing_but_a_terminal_answer_loses_the_authorisation(
    db: Database, usable: Callable[..., str], kind: str
) -> None:
    shop_id = installed(db, given=grant(life=-1))
    shopify = Shopify(TokenError(kind, "no"))  # type: ignore[arg-type]
    with pytest.raises(TokenError) as caught:
        usable(shop_id, shopify)
    assert not caught.value.permanent
    with pytest.raises(AppError, match="being renewed"):  # every process respects the pause
        usable(shop_id, shopify)
    assert len(shopify.asked_with) == 1
    forget_the_pause(db, shop_id)
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert shopify.asked_with == [REFRESH_TOKEN, REFRESH_TOKEN]
    assert row(db, shop_id).problem is None


def test_a_token_that_is_still_good_is_used_while_shopify_cannot_be_reached(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id, shopify = installed(db, given=grant(life=300)), Shopify(TokenError("transient", "down"))
    assert [usable(shop_id, shopify) for _ in range(3)] == [ACCESS_TOKEN] * 3
    assert len(shopify.asked_with) == 1


def test_a_terminal_answer_loses_the_authorisation_until_the_app_is_opened_again(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id, shopify = installed(db, given=grant(life=-1)), Shopify(TokenError("terminal", "over"))
    for _ in range(3):
        with pytest.raises(AuthorisationLost) as caught:
            usable(shop_id, shopify)
        assert not caught.value.permanent
    assert len(shopify.asked_with) == 1
    with db.read() as session:
        standing = tokens.standing(session, shop_id)
        assert not standing.usable
        assert standing.problem
        assert outbox.waiting(session, shop_id)[0] >= 1  # what waits is kept
    installed(db)
    assert usable(shop_id, shopify) == ACCESS_TOKEN


def test_a_refresh_token_past_its_end_is_not_even_tried(db: Database, usable: Callable[..., str]) -> None:
    shop_id, shopify = installed(db, given=grant(life=-1, refresh_life=-1)), Shopify()
    with pytest.raises(AuthorisationLost):
        usable(shop_id, shopify)
    assert shopify.asked_with == []


def test_a_refused_token_is_renewed_whatever_its_dates_say_and_only_once(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id, shopify = installed(db), Shopify()
    assert usable(shop_id, shopify, refused=ACCESS_TOKEN) == NEW_ACCESS
    assert (
        usable(shop_id, shopify, refused=ACCESS_TOKEN) == NEW_ACCESS
    )  # a second worker with the same old token
    assert shopify.asked_with == [REFRESH_TOKEN]


def test_an_answer_without_expires_in_does_not_brick_the_shop(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id = installed(db, given=grant(life=-1))
    shopify = Shopify(grant(NEW_ACCESS, None, life=None))
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert (
        usable(shop_id, shopify, refused=NEW_ACCESS) == NEW_ACCESS
    )  # renewed with the refresh token that was kept
    assert shopify.asked_with == [REFRESH_TOKEN, REFRESH_TOKEN]


def test_a_token_without_an_end_is_exchanged_for_a_pair(db: Database, usable: Callable[..., str]) -> None:
    shop_id, shopify = installed(db, given=grant(refresh_token=None, life=None)), Shopify()
    assert usable(shop_id, shopify) == NEW_ACCESS
    assert shopify.asked_with == [ACCESS_TOKEN]
    assert row(db, shop_id).expires_at is not None


@pytest.mark.parametrize("kind", ["terminal", "transient"])
def test_a_token_without_an_end_stays_in_use_when_shopify_will_not_exchange_it(
    db: Database, usable: Callable[..., str], kind: str
) -> None:
    shop_id = installed(db, given=grant(refresh_token=None, life=None))
    shopify = Shopify(TokenError(kind, "no"))  # type: ignore[arg-type]
    assert [usable(shop_id, shopify) for _ in range(3)] == [ACCESS_TOKEN] * 3
    assert len(shopify.asked_with) == 1  # and tried again tomorrow, not at every call


def test_a_token_without_an_end_that_shopify_no_longer_takes_is_lost_when_the_exchange_fails_too(
    db: Database, usable: Callable[..., str]
) -> None:
    shop_id = installed(db, given=grant(refresh_token=None, life=None))
    with pytest.raises(AuthorisationLost):
        usable(shop_id, Shopify(TokenError("terminal", "no")), refused=ACCESS_TOKEN)


def test_an_uninstalled_shop_has_no_token(db: Database, usable: Callable[..., str]) -> None:
    shop_id = installed(db)
    with db.write() as session:
        shops.uninstall(session, shops.by_id(session, shop_id), actor="webhook:app/uninstalled")
    with pytest.raises(AuthorisationLost):
        usable(shop_id, Shopify())


def test_rotation_leaves_every_token_readable_with_the_first_key_alone(
    db: Database, settings: Settings
) -> None:
    shop_id = installed(db)
    new_key = Fernet.generate_key().decode()
    with db.write() as session:
        assert tokens.rotate_all(session, Vault((new_key, ENCRYPTION_KEY))) == 1
    stored, alone = row(db, shop_id), Vault((new_key,))
    assert stored.refresh_token is not None
    assert (alone.decrypt(stored.access_token), alone.decrypt(stored.refresh_token)) == (
        ACCESS_TOKEN,
        REFRESH_TOKEN,
    )


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


HTML = "<html><body>Oauth error invalid_request: This request requires an active refresh_token</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, HTML, "authorisation_lost"),
        (401, '{"error":"invalid_request","error_description":"This request requires an active refresh_token"}',
         "authorisation_lost"),
        (200, "<html>Something went wrong</html>", "token_transient"),
        (200, '{"access_token": ""}', "token_transient"),
        (401, "<html>Login</html>", "token_transient"),
        (400, '{"error":"invalid_client"}', "token_misconfigured"),
        (402, "{}", "token_shop_unavailable"),
        (403, "<html>Forbidden</html>", "token_refused_here"),
        (423, "{}", "token_shop_unavailable"),
        (429, "{}", "token_throttled"),
        (500, "oops", "token_transient"),
        (503, "", "token_transient"),
    ],
)  # fmt: skip
def test_every_answer_of_shopify_is_classified_over_the_wire(
    db: Database, settings: Settings, network: responses.RequestsMock, status: int, body: str, outcome: str
) -> None:
    shop_id = installed(db, given=grant(life=-1))
    network.post(ENDPOINT, body=body, status=status)
    with pytest.raises(AppError) as caught:
        tokens.usable(db, VAULT, settings, shop_id)
    assert caught.value.code == outcome
    assert row(db, shop_id).state == (tokens.LOST if outcome == "authorisation_lost" else tokens.ACTIVE)
