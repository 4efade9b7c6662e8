"""Settings: secrets are shown once, forms sent twice do one thing, and each change has its name in history."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from serializer_app.domain.desk import staff
from serializer_app.domain.registry import registrations, serials
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.domain.webhooks_out import deliveries, endpoints
from serializer_app.store.db import Database
from serializer_app.store.models import Customer, HistoryEntry, Item
from serializer_app.web.house import house
from tests.visitors import SHOP, sold
from tests.web.desk.conftest import Staff


def test_a_key_is_told_once_even_if_the_form_is_sent_twice(desk: Staff, db: Database, shop_id: int) -> None:
    form = {"nonce": "k" * 20, "name": "ERP", "read": "on", "write": "on"}
    first, second = desk.post("/settings/keys", form).get_json(), desk.post("/settings/keys", form).get_json()
    key = first["show"]["secret"]
    assert key.startswith("szr_")
    assert "show" not in second
    assert key not in desk.page("/settings/keys")
    with db.read() as session:
        (kept,) = shops.api_keys(session, shop_id)
        assert shops.key_holder(session, key) is not None
        who = session.scalars(select(HistoryEntry.actor).where(HistoryEntry.action == "key-created")).all()
        assert [actor.startswith("staff:") for actor in who] == [True]
    assert desk.post(f"/settings/keys/{kept.id}/revoke").status_code == 200
    assert desk.post(f"/settings/keys/{kept.id}/revoke").status_code == 404
    nothing = desk.post("/settings/keys", {"nonce": "j" * 20, "name": "x"})
    assert (nothing.status_code, nothing.get_json()["error"]["code"]) == (422, "scope_unknown")


def test_settings_are_saved_whole_or_not_at_all(desk: Staff, db: Database, shop_id: int) -> None:
    form: dict[str, Any] = {"storefrontAccess": "owner", "onOrderEdit": "manual", "warrantyStart": "order"}
    fields = {"customFields.0.name": "Batch", "customFields.0.key": "", "customFields.1.name": "Dial"}
    assert desk.post("/settings", {**form, **fields}).status_code == 200
    for wrong, path in (
        ({"customFields.0.key": "k" * 31}, "customFields.0.key"),
        ({"onOrderEdit": "x"}, "onOrderEdit"),
    ):
        refused = desk.post("/settings", {**form, **fields, "storefrontAccess": "open", **wrong})
        assert refused.status_code == 422
        assert refused.get_json()["error"]["details"][0]["path"] == path
    with db.read() as session:
        shop = shops.by_id(session, shop_id)
        assert (shop.storefront_access, shop.on_order_edit) == ("owner", "manual")
        assert [field["key"] for field in shops.custom_fields(shop)] == ["Batch", "Dial"]


def test_webhooks_are_made_tried_paused_and_removed(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    form = {"nonce": "w" * 20, "url": "shopify-flow", "events": ["item.created"]}
    first, second = desk.post("/settings/webhooks", form), desk.post("/settings/webhooks", form)
    assert first.get_json()["show"]["secret"].startswith("whsec_")
    assert "show" not in second.get_json()
    with db.read() as session:
        (endpoint,) = endpoints.of_shop(session, shop_id)
    here = f"/settings/webhooks/{endpoint.public_id}"
    assert neighbour.post(f"{here}/remove").status_code == 404
    url = "https://erp.example.com/new"
    changed: dict[str, Any] = {"url": url, "events": ["item.updated", "unit.returned"]}
    assert neighbour.post(here, changed).status_code == 404
    for wrong, path in (
        ({**changed, "url": "http://intranet"}, "url"),
        ({**changed, "events": []}, "events"),
        ({"url": "shopify-flow", "events": ["mail.requested"]}, "events"),
    ):
        refused = desk.post(here, wrong)
        assert (refused.status_code, refused.get_json()["error"]["details"][0]["path"]) == (422, path)
    assert desk.post(here, changed).get_json()["toast"] == "Webhook saved"
    with db.read() as session:
        (found,) = endpoints.of_shop(session, shop_id)
        assert (found.url, found.events) == (url, "item.updated,unit.returned")
        assert (found.secret, found.active) == (endpoint.secret, True)
        assert shops.by_id(session, shop_id).events_wanted == found.events
    assert url in desk.page("/settings/webhooks")
    assert desk.post(f"{here}/test").status_code == 200
    assert "Recent deliveries" in desk.page("/settings/webhooks")
    assert desk.post(f"{here}/switch", {"active": "off"}).status_code == 200
    assert "Paused" in desk.page("/settings/webhooks")
    assert desk.post(f"{here}/remove").status_code == 200
    assert "No webhooks yet" in desk.page("/settings/webhooks")
    for url in ("", "http://intranet.example.com/", "https://10.0.0.1/x"):
        refused = desk.post("/settings/webhooks", {**form, "nonce": "v" * 20, "url": url})
        assert refused.get_json()["error"]["details"][0]["path"] == "url"


@pytest.mark.one_database
def test_all_deliveries_of_a_webhook_are_shown_page_by_page(
    desk: Staff, neighbour: Staff, db: Database, shop_id: int
) -> None:
    desk.post("/settings/webhooks", {"nonce": "w" * 20, "url": "shopify-flow", "events": ["item.created"]})
    with db.write() as session:
        (endpoint,) = endpoints.of_shop(session, shop_id)
        facts = [{"itemId": f"unit-{number:03}"} for number in range(120)]
        deliveries.announce(session, shop_id, "item.created", facts)
    path: str | None = f"/settings/webhooks/{endpoint.public_id}/deliveries"
    assert neighbour.get(str(path)).status_code == 404
    assert str(path) in desk.page("/settings/webhooks")
    found: list[str] = []
    while path:
        page = desk.page(path)
        found += re.findall(r"unit-\d+", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following.group(1).replace("&amp;", "&") if following else None
    assert found == [fact["itemId"] for fact in reversed(facts)]


def colleague(client: FlaskClient) -> Staff:
    """Somebody else of the same shop, who comes later."""
    other = Staff(client, SHOP, user="7")
    assert other.get("/").status_code == 200
    return other


def test_an_owner_says_who_may_change_settings_and_cannot_be_locked_out(
    desk: Staff, client: FlaskClient, db: Database, shop_id: int, app: Flask
) -> None:
    assert desk.get("/").status_code == 200
    other = colleague(client)
    form = {"storefrontAccess": "owner"}
    assert other.post("/settings", form).status_code == 200
    role = {"name.7": "Ben", "name.102938475": "Ada", "role.7": "member", "role.102938475": "owner"}
    refused = other.post("/settings/staff", role | {"limited": "on", "role.7": "owner"})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "settings_limited")
    assert desk.post("/settings/staff", role | {"limited": "on"}).status_code == 200
    writes = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith("/settings")
    }
    assert len(writes) > 10
    for rule in writes:
        refused = other.post(re.sub(r"<[^>]+>", "1", rule), form)
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "settings_limited"), rule
        assert refused.get_json()["error"]["message"].endswith("Ada.")
    for path in ("/settings", "/settings/keys", "/settings/claims", "/settings/webhooks", "/settings/data"):
        page = other.page(path)
        assert "Ask an owner: Ada" in page, path
        assert '<fieldset class="bare" disabled>' in page, path
    assert other.get("/products").status_code == 200
    nobody = desk.post("/settings/staff", role | {"limited": "on", "role.102938475": "editor"})
    assert (nobody.status_code, nobody.get_json()["error"]["code"]) == (422, "no_owner")
    assert desk.post("/settings/staff", role | {"limited": "on", "role.7": "editor"}).status_code == 200
    assert other.post("/settings", form).status_code == 200
    assert other.post("/settings/staff", role).status_code == 403
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        staff.make_owner(session, shop, "7", actor="app:cli")
    assert other.post("/settings/staff", role | {"limited": "off", "role.7": "owner"}).status_code == 200


@pytest.mark.one_database
def test_a_customer_is_found_and_erased_by_email_phone_or_customer_id(
    desk: Staff, neighbour: Staff, app: Flask, db: Database, shop_id: int
) -> None:
    """One customer with an order and no registration, one who registered with a phone number, and one by email."""
    path = "/settings/data/customer"
    sold(db, shop_id, {"customer_id": 501})
    people = {
        "W-1": Person(first_name="Ada", last_name="Lind", phone="+49 170 1234567"),
        "W-2": Person("eve@example.com"),
    }
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        for number, person in people.items():
            serials.create(session, shop_id, number, 111, actor="app")
            claim = Claim(number, person)
            registrations.register(session, house(app).vault, shop, claim, actor="staff:1")

    def named() -> dict[str, object]:
        with db.read() as session:
            return {
                "orders": session.scalars(select(Item.customer_id).where(Item.shop_id == shop_id)).all(),
                "people": session.scalar(select(func.count()).select_from(Customer)),
            }

    for form, text, ended in (
        ({"customerId": "501"}, "Items: 1.", "0 registrations"),
        ({"phone": "+491701234567"}, "Ada Lind", "1 registration"),
        ({"email": "EVE@example.com"}, "W-2", "1 registration"),
    ):
        before = named()
        assert "Nothing is stored about this customer" in neighbour.post(path, form).text
        assert neighbour.post(f"{path}/erase", form).get_json()["toast"].endswith(" 0 registrations ended.")
        assert text in desk.post(path, form).text
        assert named() == before
        toast = desk.post(f"{path}/erase", form).get_json()["toast"]
        assert toast == f"Customer deleted. {ended} ended."
        assert "Nothing is stored about this customer" in desk.post(path, form).text
    assert named() == {"orders": [None], "people": 0}
    for wrong, field in (({}, "email"), ({"email": "x"}, "email"), ({"customerId": "x"}, "customerId")):
        assert f'aria-errormessage="wrong-{field}"' in desk.post(path, wrong).text
        refused = desk.post(f"{path}/erase", wrong)
        assert (refused.status_code, refused.get_json()["error"]["details"][0]["path"]) == (422, field)
