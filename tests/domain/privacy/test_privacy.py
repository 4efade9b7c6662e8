"""Asked what is kept, and told to erase it: complete, repeatable, without a token, provable later."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text, update

from serializer_app import clock
from serializer_app.domain import history
from serializer_app.domain.attachments import attachments
from serializer_app.domain.attachments.checks import CheckedFile
from serializer_app.domain.catalog import catalog
from serializer_app.domain.holdings import HOLDINGS
from serializer_app.domain.privacy import erasures, privacy
from serializer_app.domain.shops import shops
from serializer_app.store.crypto import Vault
from serializer_app.store.db import Database
from serializer_app.store.models import Base, DataRequest, Erasure, HistoryEntry, Item, Order, Shop
from tests.conftest import ENCRYPTION_KEY
from tests.visitors import OTHER_SHOP, SHOP, database, installed, order, staff, webhook

EMAIL = "ada.lovelace@example.com"
CUSTOMER = 8412345678901


@pytest.fixture
def db(app: Flask) -> Database:
    return database(app)


@pytest.fixture
def shop_id(client: FlaskClient, db: Database) -> int:
    """A shop with orders of two customers and of a guest."""
    return sold(client, db, SHOP)


def sold(client: FlaskClient, db: Database, domain: str) -> int:
    key = installed(db, domain)
    with db.write() as session:
        catalog.configure(session, key, 31, {"trackable": True, "auto_generatable": True})
    for number, customer in ((1001, CUSTOMER), (1002, 7), (1003, None)):
        payload = order(number, line_item_id=number * 10, variant_id=31, quantity=2, customer=customer)
        assert webhook(client, "orders/create", payload, domain).status_code == 200
    return key


def about(customer: int | None = CUSTOMER, **parts: Any) -> dict[str, Any]:
    """A compliance payload as Shopify sends it."""
    return {
        "shop_id": 954889,
        "shop_domain": SHOP,
        "customer": {"id": customer, "email": EMAIL, "phone": "+44 20 7946 0000"},
        **parts,
    }


def asked(**changes: Any) -> dict[str, Any]:
    return about(**{"orders_requested": [1001], "data_request": {"id": 9999}, **changes})


def redacted(**changes: Any) -> dict[str, Any]:
    return about(**{"orders_to_redact": [1001], **changes})


def everything(db: Database) -> str:
    """The whole database as text."""
    found = []
    with db.connect() as connection:
        for table in inspect(connection).get_table_names():
            found += [repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    return "\n".join(found)


def files(db: Database, shop_id: int) -> list[privacy.File]:
    with db.read() as session:
        return privacy.files(session, shop_id)


def count(db: Database, *conditions: Any) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Item).where(*conditions)) or 0


# --- customers/data_request -------------------------------------------------------------------------------------


def test_a_data_request_becomes_one_file_however_often_it_comes(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    for _ in range(3):
        assert webhook(client, "customers/data_request", asked()).status_code == 200
    (file,) = files(db, shop_id)
    assert file.request == "9999"
    answer = client.get(f"/privacy/files/{file.id}", headers=staff())
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    content = answer.get_json()
    assert content["customer"]["email"] == EMAIL
    assert [entry["orderId"] for entry in content["orders"]] == [1001]
    assert [entry["orderId"] for entry in content["items"]] == [1001, 1001]
    with db.read() as session:
        actions = [action for _, _, action, _ in history.entries(session, shop_id, "shop", shop_id)]
    assert actions == ["installed", "data-requested", "data-handed-out"]


def test_a_file_is_stored_encrypted_and_goes_when_its_time_is_over(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "customers/data_request", asked())
    assert EMAIL not in everything(db)
    (file,) = files(db, shop_id)
    with db.write() as session:
        session.execute(update(DataRequest).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert files(db, shop_id) == []
    assert client.get(f"/privacy/files/{file.id}", headers=staff()).status_code == 404
    with db.write() as session:
        assert privacy.expire_files(session) == 1


def test_a_file_is_handed_to_its_own_shop_only(client: FlaskClient, db: Database, shop_id: int) -> None:
    installed(db, OTHER_SHOP)
    webhook(client, "customers/data_request", asked())
    (file,) = files(db, shop_id)
    assert client.get(f"/privacy/files/{file.id}", headers=staff(OTHER_SHOP)).status_code == 404
    with db.read() as session:
        assert privacy.files(session, shops.installed(session, OTHER_SHOP).id) == []


def test_a_guest_is_found_by_the_orders_that_shopify_names(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "customers/data_request", asked(customer=None, orders_requested=[1003]))
    (file,) = files(db, shop_id)
    content = client.get(f"/privacy/files/{file.id}", headers=staff()).get_json()
    assert [entry["orderId"] for entry in content["orders"]] == [1003]


def test_rotation_covers_the_files_and_what_they_are_found_by(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "customers/data_request", asked())
    new_key = Fernet.generate_key().decode()
    with db.write() as session:
        assert privacy.rotate_all(session, Vault((new_key, ENCRYPTION_KEY))) == 1
    (file,) = files(db, shop_id)
    alone = Vault((new_key,))
    with db.write() as session:
        content = privacy.file_content(session, alone, shop_id, file.id, actor="staff:1")
        assert json.loads(content)["customer"]["id"] == CUSTOMER
        privacy.redact_customer(session, alone, shops.by_id(session, shop_id), redacted(), HOLDINGS)
    assert files(db, shop_id) == []


# --- customers/redact -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_customer_leaves_no_trace_and_the_items_stay_valid(
    client: FlaskClient, db: Database, shop_id: int, is_installed: bool
) -> None:
    with db.write() as session:
        item = session.scalars(
            select(Item).where(Item.shop_id == shop_id, Item.customer_id == CUSTOMER)
        ).first()
        assert item is not None
        history.record(session, shop_id, "item", [(item.id, {})], actor=f"customer:{CUSTOMER}", action="seen")
    webhook(client, "customers/data_request", asked())
    if not is_installed:
        assert webhook(client, "app/uninstalled", {"id": 1, "myshopify_domain": SHOP}).status_code == 200
    before = count(db, Item.removed_at.is_(None))
    assert webhook(client, "customers/redact", redacted()).status_code == 200
    left = everything(db)
    assert str(CUSTOMER) not in left
    assert EMAIL not in left
    assert count(db, Item.removed_at.is_(None)) == before
    assert count(db, Item.customer_id == 7) == 2
    assert files(db, shop_id) == []


def test_erasing_twice_is_recorded_once_and_without_personal_data(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    for _ in range(3):
        assert webhook(client, "customers/redact", redacted()).status_code == 200
    with db.read() as session:
        ((kind, _, counts),) = erasures.of_shop(session, SHOP)
        record = session.scalars(select(Erasure)).one()
    assert kind == "customer"
    assert counts == {"orders": 1, "items": 2}
    assert str(CUSTOMER) not in repr(vars(record))


def test_a_customer_is_erased_in_one_shop_only(client: FlaskClient, db: Database, shop_id: int) -> None:
    other = sold(client, db, OTHER_SHOP)
    webhook(client, "customers/redact", redacted())
    assert count(db, Item.shop_id == other, Item.customer_id == CUSTOMER) == 2
    assert count(db, Item.shop_id == shop_id, Item.customer_id == CUSTOMER) == 0


def test_a_late_payload_does_not_bring_an_erased_customer_back(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "customers/redact", redacted(orders_to_redact=["1001", "gid://shopify/Order/1004"]))
    for number in (1001, 1004):
        late = order(number, line_item_id=number * 10, variant_id=31, quantity=2, customer=CUSTOMER)
        late["created_at"] = "2026-01-01T00:00:00Z"
        late["updated_at"] = clock.iso(clock.now() + timedelta(seconds=30))
        assert webhook(client, "orders/updated", late).status_code == 200
    assert str(CUSTOMER) not in everything(db)
    # A customer who comes back and buys again is a customer again.
    young = order(1005, line_item_id=10050, variant_id=31, quantity=1, customer=CUSTOMER)
    young["created_at"] = young["updated_at"] = clock.iso(clock.now() + timedelta(seconds=1))
    assert webhook(client, "orders/create", young).status_code == 200
    assert count(db, Item.customer_id == CUSTOMER) == 1


# --- shop/redact ------------------------------------------------------------------------------------------------


def rows_of(db: Database, shop_id: int) -> dict[str, int]:
    """How many rows each table keeps of a shop."""
    found = {}
    with db.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if "shop_id" in table.columns:
                query = select(func.count()).select_from(table).where(table.c.shop_id == shop_id)
                found[table.name] = connection.execute(query).scalar_one()
    return {name: number for name, number in found.items() if number}


def about_shop(domain: str = SHOP) -> dict[str, Any]:
    return {"shop_id": 954889, "shop_domain": domain}


def test_a_shop_is_erased_whole_and_nobody_elses_data_with_it(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    other = sold(client, db, OTHER_SHOP)
    webhook(client, "customers/data_request", asked())
    kept = rows_of(db, other)
    webhook(client, "app/uninstalled", {"id": 1, "myshopify_domain": SHOP})
    for _ in range(2):
        assert webhook(client, "shop/redact", about_shop()).status_code == 200
    assert rows_of(db, shop_id) == {}
    assert rows_of(db, other) == kept
    assert SHOP not in everything(db)
    with db.read() as session:
        ((kind, _, counts),) = erasures.of_shop(session, SHOP)
    assert kind == "shop"
    assert (counts["items"], counts["orders"]) == (6, 3)
    assert webhook(client, "orders/create", order(1, line_item_id=1, variant_id=31)).status_code == 404


def test_a_large_shop_goes_in_steps_that_anybody_may_go_on_with(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    other = sold(client, db, OTHER_SHOP)
    kept, there = rows_of(db, other), rows_of(db, shop_id)

    def step(most: int) -> bool:
        with db.write() as session:
            return erasures.redact_shop(session, SHOP, Counter(), most=most)

    total = sum(there.values())
    for done in range(2, total, 2):
        assert step(2)
        assert sum(rows_of(db, shop_id).values()) == total - done
    # Whoever tries meanwhile finds the app gone, and another delivery takes over where this one was given up.
    assert webhook(client, "orders/create", order(9, line_item_id=9, variant_id=31)).status_code == 404
    assert webhook(client, "shop/redact", about_shop()).status_code == 200
    assert rows_of(db, shop_id) == {}
    assert rows_of(db, other) == kept


def test_pieces_of_files_are_erased_a_few_at_a_time(db: Database) -> None:
    """Together they are large, and nobody else writes to SQLite while one step of an erasure lasts."""
    shop_id, vault = installed(db), Vault((ENCRYPTION_KEY,))
    file = CheckedFile("receipt.pdf", "application/pdf", bytes(300_000))
    with db.write() as session:
        attachments.keep(session, vault, shop_id, "registration", file)
    there = rows_of(db, shop_id)
    assert there["attachment_parts"] == 5
    seen, more = [5], True
    while more:
        with db.write() as session:
            more = erasures.redact_shop(session, SHOP, Counter(), most=50)
        seen.append(rows_of(db, shop_id).get("attachment_parts", 0))
    assert rows_of(db, shop_id) == {}
    assert max(before - after for before, after in pairwise(seen)) <= 2


def test_a_shop_that_came_back_while_it_was_erased_keeps_what_is_left(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "app/uninstalled", {"id": 1, "myshopify_domain": SHOP})
    with db.write() as session:
        assert erasures.redact_shop(session, SHOP, Counter(), most=2)
    assert installed(db) == shop_id
    left = rows_of(db, shop_id)
    assert webhook(client, "shop/redact", about_shop()).status_code == 200
    assert {**rows_of(db, shop_id), "history": 0} == {**left, "history": 0}


def test_a_shop_that_we_never_saw_go_is_erased_too(client: FlaskClient, db: Database, shop_id: int) -> None:
    webhook(client, "shop/redact", about_shop())
    assert rows_of(db, shop_id) == {}


def test_a_shop_that_came_back_within_two_days_finds_everything_and_keeps_it(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    webhook(client, "app/uninstalled", {"id": 1, "myshopify_domain": SHOP})
    assert installed(db) == shop_id
    assert webhook(client, "shop/redact", about_shop()).status_code == 200
    assert count(db, Item.shop_id == shop_id) == 6
    # …but not for ever: months later the same words mean a later uninstallation, whose news was lost.
    with db.write() as session:
        session.execute(update(HistoryEntry).values(at=clock.now() - timedelta(days=60)))
    assert webhook(client, "shop/redact", about_shop()).status_code == 200
    assert rows_of(db, shop_id) == {}


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_compliance_topics_answer_200_for_shops_we_do_not_know_and_401_for_strangers(
    client: FlaskClient, topic: str
) -> None:
    payload = {
        "customers/data_request": asked(),
        "customers/redact": redacted(),
        "shop/redact": about_shop(),
    }[topic]
    assert webhook(client, topic, payload).status_code == 200
    assert webhook(client, topic, payload, secret="guessed").status_code == 401


# --- uninstallation ---------------------------------------------------------------------------------------------


def test_the_news_of_an_uninstallation_before_the_present_one_changes_nothing(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    """Shopify repeats a delivery for hours; the merchant may be back by then."""
    gone = {"id": 1, "myshopify_domain": SHOP}
    for hours, status in ((1, "installed"), (72, "uninstalled")):
        late = {"X-Shopify-Triggered-At": clock.iso(clock.now() - timedelta(hours=hours))}
        assert webhook(client, "app/uninstalled", gone, headers=late).status_code == 200
        with db.read() as session:
            assert session.scalar(select(Shop.status).where(Shop.id == shop_id)) == status


def test_new_scopes_give_what_failed_for_want_of_them_a_new_chance(
    client: FlaskClient, db: Database, shop_id: int
) -> None:
    def change(*scopes: str) -> None:
        payload = {"id": 1, "previous": [], "current": list(scopes), "updated_at": clock.iso(clock.now())}
        assert webhook(client, "app/scopes_update", payload).status_code == 200

    change("write_orders")
    with db.read() as session:
        assert session.scalar(select(Shop.scopes).where(Shop.id == shop_id)) == "write_orders"
    for _ in range(2):
        change("write_orders", "write_products", "read_customers", "write_app_proxy")
    with db.read() as session:
        actions = [action for _, _, action, _ in history.entries(session, shop_id, "shop", shop_id)]
        assert session.scalar(select(func.count()).select_from(Order)) == 3
    assert actions == ["installed", "scopes-changed", "scopes-changed"]
