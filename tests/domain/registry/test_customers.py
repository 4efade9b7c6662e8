"""New owners, forgotten customers, and answers that are given twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain import idempotency
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import privacy
from serializer_app.domain.registry import customers, lookups, registrations, transfers, uploads
from serializer_app.domain.registry.lookups import View
from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.errors import AppError
from serializer_app.store.crypto import Vault
from serializer_app.store.models import Delivery, IdempotencyKey, Task, Transfer
from serializer_app.sync import expiry
from tests.conftest import ENCRYPTION_KEY
from tests.domain.registry.conftest import ADA, GRACE, World
from tests.domain.registry.test_registrations import actions, found, one

ADA_ANYHOW = privacy.DataSubject(emails=("ada@EXAMPLE.com.",))


def offer(world: World, public_id: str) -> str:
    with world.db.write() as session:
        registration = registrations.find(session, world.shop_id, public_id)
        return transfers.offer(session, world.vault, registration, actor="customer:1")


def accept(world: World, public_id: str, code: str) -> bool:
    with world.db.write() as session:
        registration = registrations.find(session, world.shop_id, public_id)
        return transfers.accept(session, world.vault, registration, code, GRACE, actor="customer:501")


def test_a_code_hands_a_unit_over_once(world: World) -> None:
    world.watches("S1")
    public_id = world.register("S1", ADA)
    before = one(world, "S1").cover
    void = offer(world, public_id)
    code = offer(world, public_id)
    assert not accept(world, public_id, void)
    assert accept(world, public_id, f" {code.lower()} ")
    assert not accept(world, public_id, code)
    view = one(world, "S1")
    assert (view.person, view.cover) == (GRACE, before)
    assert actions(view) == ["registered", "transfer-offered", "transfer-offered", "transferred"]
    assert found(world, {"email": "ada@example.com"}) == []


def test_a_code_cannot_be_tried_out_and_does_not_last(world: World) -> None:
    world.watches("S1")
    public_id = world.register("S1", ADA)
    code = offer(world, public_id)
    for _ in range(12):
        assert not accept(world, public_id, "AAAAA-AAAAA")
    # Strangers cannot take the code away from its owner by guessing (domain.registry.transfers says why).
    assert actions(one(world, "S1"))[-1] == "transfer-attacked"
    with world.db.write() as session:
        session.execute(update(Transfer).values(expires_at=now() - timedelta(seconds=1)))
    assert not accept(world, public_id, code)


def test_erasing_a_customer_leaves_serials_and_history_but_nobody(world: World) -> None:
    world.watches("S1", "S2", "S3")
    first = world.register("S1", ADA)
    world.register("S2", ADA)
    world.register("S3", GRACE)
    slot = idempotency.slot(world.shop_id, "api-key:1", "k1", b"POST /registrations")
    with world.db.write() as session:
        assert idempotency.first_answer(session, world.vault, slot) is None
        idempotency.keep(session, world.vault, slot, 201, b"{}", subject=first)
    with world.db.read() as session:
        told = customers.collect(session, world.vault, world.shop(session), ADA_ANYHOW)
    assert [(entry["serialNumber"], entry["customer"]["lastName"]) for entry in told] == [
        ("S1", "Lovelace"),
        ("S2", "Lovelace"),
    ]
    with world.db.write() as session:
        shop = world.shop(session)
        assert customers.erase(session, world.vault, shop, ADA_ANYHOW, "staff:1") == 2
        assert customers.erase(session, world.vault, shop, ADA_ANYHOW, "staff:1") == 0
    assert [view.person for view in found(world, {})] == [GRACE]
    with world.db.read() as session:
        assert customers.collect(session, world.vault, world.shop(session), ADA_ANYHOW) == []
        assert session.scalar(text("SELECT count(*) FROM customers")) == 1
    world.register("S1", GRACE)
    with world.db.write() as session, pytest.raises(AppError) as caught:
        idempotency.first_answer(session, world.vault, slot)
    assert caught.value.code == "answer_erased"


def test_shopify_may_ask_for_a_customer_by_number_or_telephone(world: World) -> None:
    world.watches("S1", "S2")
    world.register("S1", ADA)
    world.register("S2", GRACE)
    with world.db.write() as session:
        shop = world.shop(session)
        privacy.redact_customer(
            session, world.vault, shop, {"customer": {"phone": "+442079460000"}}, HOLDINGS
        )
        assert [view.person for view in found_in(session, world)] == [GRACE]
        privacy.redact_customer(session, world.vault, shop, {"customer": {"id": 501}}, HOLDINGS)
        assert found_in(session, world) == []


def found_in(session: Session, world: World) -> list[View]:
    return [*lookups.search(session, world.vault, world.shop(session), {}).rows]


def test_people_are_found_before_and_after_the_keys_are_rotated(world: World) -> None:
    world.watches("S1", "S2")
    world.register("S1", ADA)
    new = "bmV3LXNlcmlhbGl6ZXItdGVzdHMtZmVybmV0LWtleTI="
    world.vault = Vault((new, ENCRYPTION_KEY))
    world.register("S2", ADA)
    assert len(found(world, {"email": "ada@example.com"})) == 2
    with world.db.write() as session:
        assert customers.rotate_all(session, world.vault) == 2
    world.vault = Vault((new,))
    assert [view.person for view in found(world, {"email": "ada@example.com"})] == [ADA, ADA]


def test_a_repeated_request_gets_the_first_answer_and_another_one_is_refused(world: World) -> None:
    slot = idempotency.slot(world.shop_id, "api-key:1", "k1", b"POST /serials []")
    with world.db.write() as session:
        assert idempotency.first_answer(session, world.vault, slot) is None
        idempotency.keep(session, world.vault, slot, 201, b'{"created":[]}')
    with world.db.write() as session:
        assert idempotency.first_answer(session, world.vault, slot) == (201, b'{"created":[]}')
        other = idempotency.slot(world.shop_id, "api-key:2", "k1", b"POST /serials []")
        assert idempotency.first_answer(session, world.vault, other) is None
    changed = idempotency.slot(world.shop_id, "api-key:1", "k1", b"POST /serials [1]")
    with world.db.write() as session, pytest.raises(AppError) as caught:
        idempotency.first_answer(session, world.vault, changed)
    assert (caught.value.code, caught.value.status) == ("idempotency_key_reused", 409)
    with world.db.write() as session:
        session.execute(update(IdempotencyKey).values(expires_at=now() - timedelta(seconds=1)))
        assert idempotency.first_answer(session, world.vault, changed) is None
        assert (
            b"created" not in repr(session.execute(text("SELECT body FROM idempotency_keys")).all()).encode()
        )


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\nb"])
def test_a_key_that_no_header_carries_well_is_refused(key: str) -> None:
    with pytest.raises(AppError) as caught:
        idempotency.slot(1, "api-key:1", key, b"")
    assert caught.value.code == "idempotency_key_invalid"


def test_what_is_kept_for_a_while_is_forgotten_after_it(world: World) -> None:
    slot = idempotency.slot(world.shop_id, "api-key:1", "k1", b"POST /serials")
    with world.db.write() as session:
        idempotency.first_answer(session, world.vault, slot)
        shop = world.shop(session)
        url = "https://erp.example.com/"
        endpoint, _ = endpoints.create(session, world.vault, shop, url, ["item.created"], loopback=False)
        deliveries.send_test(session, endpoint)
        uploads.begin(session, world.shop_id, "csv", b"serialNumber,productSku\nS1,W-1", actor="api-key:1")
    tables = ("idempotency_keys", "deliveries", "tasks", "task_parts")

    def left() -> list[int]:
        with world.db.read() as session:
            return [session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]

    expiry.expire(world.db, world.shop_id)
    assert left() == [1, 1, 1, 1]
    old = now() - timedelta(days=31)
    with world.db.write() as session:
        session.execute(update(IdempotencyKey).values(expires_at=old))
        session.execute(update(Delivery).values(happened_at=old))
        session.execute(update(Task).values(created_at=old))
    expiry.expire(world.db, world.shop_id)
    assert left() == [0, 0, 0, 0]
