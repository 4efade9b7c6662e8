"""One person is one person: found and erased under every form of what they are known by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from serializer_app.clock import now
from serializer_app.domain import history, holdings
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.items.plan import OrderSnapshot
from serializer_app.domain.privacy import erasures, privacy
from serializer_app.domain.registry import customers, people
from serializer_app.domain.registry.people import Person
from serializer_app.domain.shops import shops
from serializer_app.store.crypto import Vault
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import Customer, HistoryEntry, OutboxRow, Serial
from tests.conftest import ENCRYPTION_KEY
from tests.domain.registry.conftest import DOMAIN, ORDERED_AT, World
from tests.domain.registry.test_registrations import found

ZOE = Person("Zoë@Bücher.example", "Zoë", "Ng", "020 7946 0000", 8412345678901)
OTHER = Person("zoe@bucher.example", "Zoe", "Other", "020 7946 0001", 77)


@pytest.fixture
def british(world: World) -> World:
    """A shop in Great Britain where Zoë and another customer registered a watch each."""
    with world.db.write() as session:
        shops.describe(session, world.shop(session), name=None, time_zone=None, country="GB")
    world.watches("S1", "S2")
    world.register("S1", ZOE, channel="Fair in Leeds", order_number="#Z-1001")
    world.register("S2", OTHER)
    return world


def redact(world: World, customer: dict[str, Any], **more: Any) -> None:
    with world.db.write() as session:
        payload = {"customer": customer, "orders_to_redact": [], **more}
        privacy.redact_customer(session, world.vault, world.shop(session), payload, HOLDINGS)


def owners(world: World) -> list[Person | None]:
    return [view.person for view in found(world, {})]


def shop_actions(world: World) -> list[str]:
    with world.db.read() as session:
        return [entry[2] for entry in history.entries(session, world.shop_id, "shop", world.shop_id)]


@pytest.mark.parametrize(
    "customer",
    [
        {"id": 8412345678901},
        {"id": "8412345678901"},
        {"id": "gid://shopify/Customer/8412345678901"},
        {"email": "zoë@bücher.example"},
        {"email": "ZOË@XN--BCHER-KVA.EXAMPLE"},
        {"email": "zoe\u0308@bücher.example."},
        {"email": "ｚｏë＠bücher．example"},
        {"phone": "+442079460000"},
        {"phone": "0044 (0)20 7946-0000"},
        {"phone": "020 79460000"},
        {"id": None, "email": "", "phone": "+44 20 7946 0000"},
    ],
)
def test_a_person_is_erased_by_whatever_shopify_names(british: World, customer: dict[str, Any]) -> None:
    redact(british, customer)
    assert owners(british) == [OTHER]
    assert "customer-erased" in shop_actions(british)


@pytest.mark.parametrize("email", ["zoë@xn--bcher-kva.example", "ZOË@BÜCHER.example "])
def test_a_person_is_found_by_any_form_of_the_address(british: World, email: str) -> None:
    assert [view.person for view in found(british, {"email": email})] == [ZOE]


def store_as_version_0_1(world: World) -> None:
    """Indexes as the earlier version wrote them: case-folded text and bare digits."""
    with world.db.write() as session:
        session.execute(
            update(Customer)
            .where(Customer.customer_id == ZOE.customer_id)
            .values(
                email_index=world.vault.blind_index("customer-email", "zoë@bücher.example"),
                phone_index=world.vault.blind_index("customer-phone", "02079460000"),
                customer_id=None,
            )
        )


@pytest.mark.parametrize(
    "customer",
    [{"email": "zoë@xn--bcher-kva.example"}, {"phone": "+44 20 7946 0000"}, {"phone": "020 7946 0000"}],
)
@pytest.mark.parametrize("indexed", [False, True])
def test_what_an_earlier_version_stored_is_found_before_and_after_it_is_indexed_anew(
    british: World, customer: dict[str, Any], indexed: bool
) -> None:
    store_as_version_0_1(british)
    if indexed:
        beyond: int | None = 0
        with british.db.write() as session:
            while beyond is not None:
                beyond = people.index_next(session, british.vault, british.shop_id, beyond)
            stored = session.scalars(select(Customer.email_index).order_by(Customer.id)).first()
            key = "zoë@xn--bcher-kva.example"
            assert stored == british.vault.blind_index("customer-email", key)
        assert shop_actions(british)[-1] == "people-indexed"
    redact(british, customer)
    assert owners(british) == [OTHER]


def test_another_country_has_everybody_indexed_anew(british: World) -> None:
    with british.db.write() as session:
        shop = british.shop(session)
        shops.describe(session, shop, name=None, time_zone=None, country="GB")
        before = people_jobs(session)
        shops.describe(session, shop, name=None, time_zone=None, country="DE")
        assert people_jobs(session) != before


def people_jobs(session: Any) -> list[Any]:
    query = select(OutboxRow.key, OutboxRow.version).where(OutboxRow.kind == JobKind.INDEX_PEOPLE)
    return list(session.execute(query).all())


def test_an_erasure_that_finds_nothing_says_so(british: World) -> None:
    for _ in range(2):
        redact(british, {"id": 999, "email": "nobody@example.com"})
    assert [action for action in shop_actions(british) if action.startswith("customer-")] == [
        "customer-not-found"
    ]
    with british.db.read() as session:
        assert [counts for _, _, counts in erasures.of_shop(session, DOMAIN)] == [{}]
    # Found later after all: that is an erasure of its own.
    british.watches("S3")
    british.register("S3", Person("nobody@example.com"))
    redact(british, {"id": 999, "email": "nobody@example.com"})
    assert shop_actions(british)[-1] == "customer-erased"


def test_merged_customers_are_erased_as_one(british: World) -> None:
    items = british.order(customer_id=ZOE.customer_id)
    with british.db.write() as session:
        gone, kept = ZOE.customer_id or 0, 55
        session.execute(
            update(HistoryEntry)
            .where(HistoryEntry.subject == "registration")
            .values(actor=f"customer:{gone}")
        )
        session.execute(update(Serial).values(created_by=f"customer:{gone}"))
        assert customers.merge(session, british.shop_id, kept=kept, gone=gone) == 1
    assert items
    redact(british, {"id": 55})
    assert owners(british) == [OTHER]
    with british.db.read() as session:
        assert set(session.scalars(select(Serial.created_by))) == {"customer:erased"}
        actors = session.scalars(select(HistoryEntry.actor)).all()
    assert not [actor for actor in actors if actor in ("customer:55", f"customer:{gone}")]


def test_an_address_leads_to_the_registrations_of_the_account_and_back(british: World) -> None:
    """Signed-in customers register without an address; staff erase by what one registration shows."""
    british.watches("S3", "S4")
    british.register("S3", Person(customer_id=ZOE.customer_id))
    british.register("S4", Person(email="zoë@bücher.example"))
    redact(british, {"email": ZOE.email})
    assert owners(british) == [OTHER]


def test_a_shared_address_does_not_erase_the_other_customer(british: World) -> None:
    british.watches("S3", "S4")
    home = Person("home@example.com", customer_id=1), Person("home@example.com", customer_id=2)
    british.register("S3", home[0])
    british.register("S4", home[1])
    redact(british, {"id": 1})
    assert owners(british) == [ZOE, OTHER, home[1]]


def snapshot(customer_id: int, ordered_at: datetime) -> OrderSnapshot:
    return OrderSnapshot(902, "#902", customer_id, ordered_at, now(), None, (), True)


def test_an_order_from_before_the_erasure_does_not_bring_the_customer_back(british: World) -> None:
    erased = ZOE.customer_id or 0
    redact(british, {"id": erased})
    with british.db.write() as session:
        shop = british.shop(session)

        def customer_of(snapshot: OrderSnapshot) -> int | None:
            return privacy.without_erased(session, british.vault, shop, snapshot).customer_id

        assert customer_of(snapshot(erased, ORDERED_AT)) is None
        assert customer_of(snapshot(erased, now())) == erased
        assert customer_of(snapshot(77, ORDERED_AT)) == 77
        new = Fernet.generate_key().decode()
        rotated = Vault((new, ENCRYPTION_KEY))
        holdings.rotate_all(session, rotated)
        british.vault = Vault((new,))
        assert customer_of(snapshot(erased, ORDERED_AT)) is None
