"""Both ways in, walked with the pretend shop that the demo uses: its tokens, its consent page, its admin frame."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select

from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.shops.tokens import AuthorisationLost
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import ShopToken
from tests.town import Town
from tests.visitors import VAULT, staff

ORDER_KEYS = {"properties", "properties_2", "properties_3", "properties_4"}
"""What a customer may read of an order (extensions/order-status)."""


def test_the_admin_frame_opens_the_app_and_may_frame_it(town: Town) -> None:
    answer = town.shop.open_app()
    assert answer.status == 200
    assert town.store.origin in dict(answer.headers)["Content-Security-Policy"]
    assert f'src="{town.store.origin}/app-bridge.js"' in answer.text


def test_the_code_grant_leads_over_the_consent_page_into_the_admin(town: Town) -> None:
    other = town.store.shop("quiet-mountain.myshopify.com")
    client = town.app.test_client()
    consent = client.get(f"/auth/install?shop={other.domain}").headers["Location"]
    assert consent.startswith(f"{town.store.origin}/admin/oauth/authorize?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(consent).query).items()}
    given = requests.post(
        consent.partition("?")[0], data={**query, "shop": other.domain}, allow_redirects=False, timeout=10
    )
    back = urlsplit(given.headers["Location"])
    answer = client.get(f"{back.path}?{back.query}")
    assert answer.headers["Location"] == f"{town.store.origin}/admin/store/{other.domain}/apps/serializer"
    with town.db.read() as session:
        shop = shops.installed(session, other.domain)
        assert tokens.standing(session, shop.id).usable


def test_an_installation_makes_the_definitions_and_learns_the_shop(town: Town) -> None:
    definitions = town.store.states[town.shop.domain].metafields.definitions.values()
    assert {(made.owner_type, made.namespace, made.key) for made in definitions} == {
        *(("ORDER", "serializer", key) for key in ORDER_KEYS),
        ("ORDER", "serializer", "serials"),
        ("PRODUCTVARIANT", "serializer", "properties"),
    }
    row = town.row()
    assert row.name
    with town.db.write() as session:  # a second time finds them there
        outbox.put(session, town.shop_id, JobKind.INSTALL, [""])
    town.settle()
    with town.db.read() as session:
        assert outbox.state(session, town.shop_id, JobKind.INSTALL, "") is None


@pytest.mark.parametrize("kind", ["install", "resync"])
def test_definitions_of_an_earlier_version_are_opened_to_the_orders_customer(town: Town, kind: str) -> None:
    definitions = town.store.states[town.shop.domain].metafields.definitions
    for address, made in list(definitions.items()):
        definitions[address] = replace(made, access={}, name=f"Ours: {made.name}")
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind(kind), [""])
    town.settle()
    opened = {made.key for made in definitions.values() if made.access.get("customerAccount") == "READ"}
    assert opened == ORDER_KEYS
    assert all(made.name.startswith("Ours: ") for made in definitions.values())


def test_a_token_that_ends_early_is_renewed_and_the_work_goes_on(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.store.tokens.expire(town.shop.domain)
    order = town.shop.place_order([(variant, 2)])
    town.settle()
    assert len(town.document(order)["items"]) == 2


def test_lost_authorisation_keeps_webhooks_and_work_until_the_app_is_opened_again(town: Town) -> None:
    variant = town.track()
    town.settle()
    town.store.tokens.revoke(town.shop.domain)
    order = town.shop.place_order([(variant, 2)])
    for _ in range(5):
        town.worker.step()
    assert len(town.items(order)) == 2  # taken in all the same
    with town.db.read() as session:
        assert not tokens.standing(session, town.shop_id).usable
        assert outbox.waiting(session, town.shop_id)[0] > 0
    with pytest.raises(AuthorisationLost):
        tokens.usable(town.db, VAULT, town.settings, town.shop_id)
    assert town.shop.open_app().status == 200
    town.settle()
    assert len(town.document(order)["items"]) == 2
    with town.db.read() as session:
        assert session.scalars(select(ShopToken.state)).all() == [tokens.ACTIVE]


def test_an_uninstalled_shop_is_closed_at_every_door_and_finds_everything_when_it_comes_back(
    town: Town,
) -> None:
    variant = town.track()
    order = town.shop.place_order([(variant, 2)])
    with town.db.write() as session:
        key = shops.create_api_key(session, shops.by_id(session, town.shop_id), ["read"])
    client, bearer = town.app.test_client(), {"Authorization": f"Bearer {key}"}
    before = [item.item_id for item in town.items(order)]
    assert client.get("/api/v1/settings", headers=bearer).status_code == 200
    town.shop.uninstall()
    assert client.get("/api/v1/settings", headers=bearer).status_code == 401
    assert town.shop.proxy_get("/items", {"orderId": order.id}).status == 401
    assert town.worker.step() is False
    assert town.shop.open_app().status == 200
    assert [item.item_id for item in town.items(order)] == before
    assert client.get("/", headers=staff(town.shop.domain)).status_code == 200
