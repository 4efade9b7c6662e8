"""Every page of the desk on both databases: there, in both languages, escaped, and only one's own shop."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serializer_app.domain.registry import registrations
from serializer_app.domain.registry.people import Person
from serializer_app.domain.registry.registrations import Claim
from serializer_app.domain.shops import shops
from serializer_app.store.db import Database
from serializer_app.store.models import Item
from tests.visitors import VAULT, sold
from tests.web.desk.conftest import Staff
from tests.web.desk.orders import place

HOSTILE = "\"'><script>alert(1)</script>{{7*7}}"


@pytest.fixture
def paths(db: Database, shop_id: int, sale: list[str]) -> list[str]:
    with db.write() as session:
        shop = shops.by_id(session, shop_id)
        fields: shops.SettingsChanges = {"custom_fields": [{"name": HOSTILE, "key": "batch"}]}
        shops.configure(session, shop, fields, actor="app")
        shops.create_api_key(session, shop, ["read"], name=HOSTILE)
        person = Person("ada@example.com", HOSTILE, "Lind")
        claim = registrations.register(session, VAULT, shop, Claim(sale[1], person), actor="customer:1")
        public_id = claim.public_id
    place(db, shop_id, 2, 1)
    sold(db, shop_id, {"order_id": 2, "line_item_id": 21, "serial_number": HOSTILE})
    pages = "/ /products /products/111 /orders /orders/2 /orders/2/labels /items /items/import /scan /scan/2"
    more = "/orders?state=serials /orders?state=warning /orders?state=complete /orders?q=1001 /items?q=sn-"
    registry = "/serials /serials/new /serials/new?variant=111 /settings/serials /products/file"
    rest = "/registrations /settings /settings/keys /settings/webhooks /settings/snippets /settings/data"
    return [*f"{pages} {more} {registry} {rest}".split(), f"/items/{sale[1]}", f"/registrations/{public_id}"]


def test_every_page_opens_in_both_languages_and_escapes_what_people_entered(
    desk: Staff, german: Staff, paths: list[str]
) -> None:
    for path in paths:
        english = desk.page(path)
        assert '<html lang="en">' in english
        assert '<html lang="de">' in german.page(path)
        assert "<script>alert" not in english
        assert "49" not in english.partition("{{")[0].partition("alert(1)")[2][:40]


def test_no_page_runs_a_script_of_its_own(desk: Staff, paths: list[str]) -> None:
    for path in paths:
        answer = desk.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self' https://cdn.shopify.com;" in policy
        assert "frame-ancestors https://" in policy
        inline = [part for part in answer.text.split("<script")[1:] if "src=" not in part.split(">")[0]]
        assert not inline
        assert " onclick=" not in answer.text


def test_another_shop_sees_and_changes_nothing(
    neighbour: Staff, paths: list[str], sale: list[str], db: Database
) -> None:
    for path in ("/products/111", "/orders/1", "/orders/1/labels", "/scan/1", f"/items/{sale[0]}", paths[-1]):
        assert neighbour.get(path).status_code == 404
    for path in ("/orders", "/items", "/products", "/registrations", "/items?q=SN-1", "/orders?q=1001"):
        text = neighbour.page(path)
        assert sale[0] not in text
        assert ">#1001<" not in text
    body = {"entries": [{"itemId": sale[1], "serialNumber": "STOLEN", "version": 1}]}
    assert "error" in neighbour.send("/orders/1/serials", body).get_json()["results"][0]
    assert neighbour.post(f"/items/{sale[1]}", {"serialNumber": "STOLEN", "version": "1"}).status_code == 404
    assert (
        neighbour.post("/orders/1/adjust", {"nonce": "n", "lineItemId": "11", "add": "1"}).status_code == 404
    )
    with db.read() as session:
        assert session.scalar(select(Item.serial_number).where(Item.serial_number == "STOLEN")) is None


def test_what_is_not_there_is_a_page_with_a_way_out(desk: Staff, german: Staff) -> None:
    answer = desk.get("/orders/999")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert "Diese Bestellung wurde nicht gefunden" in german.get("/orders/999").text


def test_an_empty_shop_gets_useful_pages(desk: Staff) -> None:
    assert "Choose what to track" in desk.page("/")
    for path, words in (
        ("/products", "No variants yet"),
        ("/orders", "No orders yet"),
        ("/items", "No items yet"),
        ("/serials", "No serial numbers yet"),
    ):
        assert words in desk.page(path)
