"""Merchants may move the app proxy: pages, redirects and printed addresses follow what Shopify signs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops
from serializer_app.store.models import Shop
from tests.town import Town
from tests.visitors import OTHER_SHOP, SHOP, database, installed, proxy_query

ELSEWHERE = "/tools/warranty"


def proxy_paths(app: Flask) -> dict[str, str]:
    with database(app).read() as session:
        return {row.domain: row.proxy_path for row in session.execute(select(Shop.domain, Shop.proxy_path))}


def links(page: str) -> set[str]:
    """The addresses of a page that a browser would ask the shop for."""
    return {link for link in re.findall(r'(?:href|src|action)="([^"]*)"', page) if link.startswith("/")}


@pytest.mark.parametrize("prefix", [ELSEWHERE, "/a/serializer", "/en-us/apps/serializer", f"/de{ELSEWHERE}"])
@pytest.mark.parametrize("path", ["/verify", "/verify?code=nothing", "/nowhere", "/u/unknown"])
def test_every_address_of_a_page_stands_under_the_signed_prefix(
    app: Flask, client: FlaskClient, prefix: str, path: str
) -> None:
    installed(database(app))
    path, _, asked = path.partition("?")
    query = proxy_query(prefix=prefix, code="nothing") if asked else proxy_query(prefix=prefix)
    page = client.get(f"/apps/serializer{path}?{query}")
    assert page.mimetype == "application/liquid"
    found = links(page.text)
    assert found
    assert all(link.startswith(f"{prefix}/") for link in found), found


@pytest.mark.parametrize("first", ["/apps/serializer/verify", "/apps/serializer/items"])
def test_the_shop_remembers_its_prefix_without_a_locale(app: Flask, client: FlaskClient, first: str) -> None:
    installed(database(app))
    installed(database(app), OTHER_SHOP)
    for prefix, kept in (
        (ELSEWHERE, ELSEWHERE),
        ("/en-us/community/x", "/community/x"),
        ("/apps/serializer", "/apps/serializer"),
        ("/pt-BR/apps/apps", "/apps/apps"),
        ("/apps/tools", "/apps/tools"),
    ):
        client.get(f"{first}?{proxy_query(prefix=prefix, itemRef='x')}")
        assert proxy_paths(app) == {SHOP: kept, OTHER_SHOP: "/apps/serializer"}


def test_only_a_signed_prefix_that_has_one_reading_is_remembered(app: Flask, client: FlaskClient) -> None:
    installed(database(app))
    client.get(f"/apps/serializer/verify?{proxy_query(prefix=ELSEWHERE, secret='somebody else')}")
    # A parameter between "path_prefix" and "shop" might have lent it characters.
    page = client.get(f"/apps/serializer/verify?{proxy_query(prefix=ELSEWHERE, ref='x')}")
    assert proxy_paths(app) == {SHOP: "/apps/serializer"}
    assert all(link.startswith("/apps/serializer/") for link in links(page.text))


def test_a_visit_under_the_known_prefix_writes_nothing(app: Flask, client: FlaskClient) -> None:
    db = database(app)
    installed(db)
    for prefix in (ELSEWHERE, f"/en-us{ELSEWHERE}"):
        client.get(f"/apps/serializer/items?{proxy_query(prefix=prefix, itemRef='x')}")
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(db.writer, "before_cursor_execute", note)
    for prefix in (ELSEWHERE, f"/en-us{ELSEWHERE}"):
        for path in ("items", "verify"):
            client.get(f"/apps/serializer/{path}?{proxy_query(prefix=prefix, itemRef='x')}")
    assert [text for text in statements if text.lstrip().upper().startswith(("UPDATE", "INSERT"))] == []


def test_printed_addresses_and_the_health_check_follow(town: Town) -> None:
    variant = town.track()
    order = town.shop.place_order([(variant, 1)])
    town.shop.state.proxy_path = ELSEWHERE
    visited = town.shop.proxy("GET", "/items", {"orderId": order.id}, locale="/en-us")
    assert visited.status == 200
    with town.db.read() as session:
        shop = shops.by_id(session, town.shop_id)
        assert serials.address(shop, "T") == f"https://{shop.domain}{ELSEWHERE}/u/T"
    moved = town.app.test_client().get(f"{ELSEWHERE}/verify")
    assert moved.status_code in {401, 404}  # our own routes stay where they are
