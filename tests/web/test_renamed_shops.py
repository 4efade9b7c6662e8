"""A merchant may change the shop's myshopify.com name: Shopify's ID tells that it is the same shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from serializer_app.clock import iso, now
from serializer_app.devstore.orders import Order
from serializer_app.devstore.payloads import shop_payload
from serializer_app.domain.shops import renames, shops, tokens
from serializer_app.shopify import oauth
from serializer_app.store.models import Base, HistoryEntry, Item, Shop, ShopToken
from serializer_app.web.house import house
from tests.town import Town
from tests.visitors import OTHER_SHOP, installed, proxy_query, webhook

NEW = "renamed-shop.myshopify.com"


def sold(town: Town) -> Order:
    order = town.shop.place_order([(town.track(), 2)])
    assert len(town.items(order)) == 2
    return order


def seen(town: Town, domain: str, order: Order) -> tuple[int, int]:
    """Status, and how many items a visitor of ``domain`` sees."""
    answer = town.app.test_client().get(f"/apps/serializer/items?{proxy_query(domain, orderId=order.id)}")
    return answer.status_code, answer.text.count('"itemId"')


def rows(town: Town) -> dict[str, tuple[int, int | None]]:
    with town.db.read() as session:
        found = session.execute(select(Shop.domain, Shop.id, Shop.shopify_id)).all()
    return {domain: (shop_id, shopify_id) for domain, shop_id, shopify_id in found}


def actions(town: Town, shop_id: int) -> list[str]:
    with town.db.read() as session:
        return list(
            session.scalars(
                select(HistoryEntry.action)
                .where(HistoryEntry.shop_id == shop_id, HistoryEntry.subject == "shop")
                .order_by(HistoryEntry.id)
            )
        )


def tell(town: Town, topic: str, header: str, **changes: Any) -> int:
    """Deliver a signed webhook about the town's shop; returns the status."""
    body = {**shop_payload(town.shop.state), **changes}
    return webhook(town.app.test_client(), topic, body, header).status_code


def open_under_new_name(town: Town) -> int:
    """Rename the shop without a webhook, and open the app under the new name. Returns the number of the new row."""
    town.shop.rename(NEW, announce=False)
    parts = house(town.app)
    grant = oauth.exchange_id_token(parts.settings, NEW, town.shop.id_token())
    with parts.db.write() as session:
        row = shops.install(session, NEW, sorted(grant.scopes))
        tokens.save(session, parts.vault, row.id, grant)
        return row.id


def test_a_webhook_renames_the_shop_in_place(town: Town) -> None:
    order, old, shopify_id = sold(town), town.shop.domain, town.shop.state.id
    assert rows(town) == {old: (town.shop_id, shopify_id)}
    assert seen(town, old, order) == (200, 2)
    town.shop.rename(NEW)
    assert rows(town) == {NEW: (town.shop_id, shopify_id)}
    assert seen(town, NEW, order) == (200, 2)
    assert seen(town, old, order)[0] == 401
    assert actions(town, town.shop_id)[-1] == "renamed"
    later = town.shop.place_order([(town.track("Clock"), 1)])
    town.settle()
    assert len(town.items(later)) == 1
    assert town.document(later) is not None
    # Whoever gets the old name sees nothing of it.
    installed(town.db, old)
    assert seen(town, old, order) == (200, 0)
    assert seen(town, NEW, order) == (200, 2)


@pytest.mark.parametrize("header", ["old", "new"])
def test_the_header_may_name_the_old_or_the_new_domain(town: Town, header: str) -> None:
    old = town.shop.domain
    assert tell(town, "shop/update", old if header == "old" else NEW, myshopify_domain=NEW) == 200
    assert rows(town) == {NEW: (town.shop_id, town.shop.state.id)}


def test_a_late_delivery_does_not_bring_the_old_name_back(town: Town) -> None:
    old, before = town.shop.domain, iso(now() - timedelta(hours=1))
    town.shop.rename(NEW)
    for header in (old, NEW):
        assert tell(town, "shop/update", header, myshopify_domain=old, updated_at=before) == 200
        assert set(rows(town)) == {NEW}
    after = iso(now() + timedelta(hours=1))
    assert tell(town, "shop/update", NEW, myshopify_domain=old, updated_at=after) == 200
    assert set(rows(town)) == {old}


def test_opening_the_app_under_the_new_name_finds_the_shop_again(town: Town) -> None:
    order, old = sold(town), town.shop.domain
    shopify_id = town.shop.state.id
    assert seen(town, old, order) == (200, 2)
    fresh = open_under_new_name(town)
    assert seen(town, NEW, order) == (200, 0)
    town.settle()
    while town.worker.step():
        pass
    assert rows(town) == {NEW: (town.shop_id, shopify_id)}
    assert seen(town, NEW, order) == (200, 2)
    assert seen(town, old, order)[0] == 401
    with town.db.read() as session:
        assert session.scalars(select(ShopToken.shop_id)).all() == [town.shop_id]
        for table in Base.metadata.sorted_tables:
            if "shop_id" in table.columns:
                left = select(func.count()).select_from(table).where(table.c.shop_id == fresh)
                assert session.scalar(left) == 0, table.name
    later = town.shop.place_order([(town.track("Clock"), 1)])
    town.settle()
    assert town.document(later) is not None


def test_a_new_row_that_holds_data_is_not_combined(town: Town) -> None:
    order, old = sold(town), town.shop.domain
    shopify_id = town.shop.state.id
    fresh = open_under_new_name(town)
    arrived = town.shop.place_order([(None, 1)])
    for _ in range(2):
        town.settle()
        while town.worker.step():
            pass
        assert rows(town) == {old: (town.shop_id, shopify_id), NEW: (fresh, None)}
        assert tell(town, "shop/update", NEW) == 200
    assert actions(town, fresh).count("identity-conflict") == 1
    assert seen(town, NEW, order) == (200, 0)
    with town.db.read() as session:
        assert (
            session.scalar(select(Item.id).where(Item.order_id == arrived.id, Item.shop_id != fresh)) is None
        )


def test_settings_of_the_new_row_are_data(town: Town) -> None:
    old = town.shop.domain
    fresh = open_under_new_name(town)
    with town.db.write() as session:
        shops.configure(session, shops.by_id(session, fresh), {"on_order_edit": "manual"}, actor="staff:1")
    while town.worker.step():
        pass
    assert set(rows(town)) == {old, NEW}


def test_nobody_else_can_claim_the_shop(town: Town) -> None:
    order, old = sold(town), town.shop.domain
    other = installed(town.db, OTHER_SHOP)
    before = {old: (town.shop_id, town.shop.state.id), OTHER_SHOP: (other, None)}
    client = town.app.test_client()
    body = {**shop_payload(town.shop.state), "myshopify_domain": NEW}
    assert webhook(client, "shop/update", body, old, secret="somebody else").status_code == 401
    assert webhook(client, "shop/update", body, OTHER_SHOP).status_code == 400
    assert webhook(client, "shop/update", body, "third.myshopify.com").status_code == 404
    # The name of a row that exists is never taken: its own token has to tell.
    assert tell(town, "shop/update", OTHER_SHOP, myshopify_domain=OTHER_SHOP) == 200
    assert tell(town, "shop/update", old, myshopify_domain=OTHER_SHOP) == 200
    # An unknown ID neither renames a shop nor replaces the known ID.
    assert tell(town, "shop/update", OTHER_SHOP, id=5, myshopify_domain=NEW) == 400
    assert tell(town, "shop/update", old, id=5) == 200
    for odd in (0, -1, 2**63, 2**70):
        assert tell(town, "shop/update", old, id=odd) < 500
    assert rows(town) == before
    assert seen(town, old, order) == (200, 2)


def test_a_shop_known_by_its_domain_only_learns_its_id(town: Town) -> None:
    with town.db.write() as session:
        shops.by_id(session, town.shop_id).shopify_id = None
    assert tell(town, "shop/update", town.shop.domain) == 200
    assert rows(town) == {town.shop.domain: (town.shop_id, town.shop.state.id)}


def test_a_redaction_goes_by_the_id(town: Town) -> None:
    order, domain, shopify_id = sold(town), town.shop.domain, town.shop.state.id
    client = town.app.test_client()
    theirs = {"shop_id": shopify_id + 1, "shop_domain": domain}
    assert webhook(client, "shop/redact", theirs, domain).status_code == 200
    assert len(town.items(order)) == 2
    # Renamed after the uninstallation: nobody told us, and the redaction names the new domain.
    town.shop.uninstall()
    ours = {"shop_id": shopify_id, "shop_domain": NEW}
    assert webhook(client, "shop/redact", ours, NEW).status_code == 200
    assert rows(town) == {}
    assert town.items(order, removed=True) == []


def test_a_redaction_of_an_unknown_id_goes_by_the_domain(town: Town) -> None:
    order, domain = sold(town), town.shop.domain
    town.shop.uninstall()
    theirs = {"shop_id": 954889, "shop_domain": domain}
    assert webhook(town.app.test_client(), "shop/redact", theirs, domain).status_code == 200
    assert rows(town) == {}
    assert town.items(order, removed=True) == []


def test_an_uninstallation_under_a_name_we_do_not_know_yet_counts(town: Town) -> None:
    town.shop.rename(NEW, announce=False)
    town.shop.uninstall()
    assert town.row().status == shops.UNINSTALLED


def test_every_table_is_data_unless_an_installation_fills_it() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables if "shop_id" in table.columns}
    assert tables >= renames.RECREATED
    assert {
        "items",
        "orders",
        "registrations",
        "serials",
        "customers",
        "api_keys",
    } <= tables - renames.RECREATED
