"""Names of locations and Shopify's quantities are read, shown beside ours where they differ, and never changed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serializer_app.devstore.products import Variant
from serializer_app.devstore.tokens import SCOPES
from serializer_app.domain.items.unit_states import LOST
from serializer_app.domain.registry import serials
from serializer_app.domain.shops import shops, tokens
from serializer_app.domain.stock import shopify_stock
from serializer_app.domain.stock.changes import UnitChanges, change_unit
from serializer_app.shopify import oauth
from serializer_app.store import outbox
from serializer_app.store.job_kinds import JobKind
from serializer_app.store.models import ShopifyStock
from tests.town import Town


def grant(town: Town, *scopes: str) -> None:
    town.shop.grant_scopes([*SCOPES, *scopes])
    given = oauth.exchange_id_token(town.settings, town.shop.domain, town.shop.id_token())
    with town.db.write() as session:
        tokens.save(session, town.worker.vault, town.shop_id, given)
    town.settle()


def receive(town: Town, variant: Variant, *numbers: str) -> None:
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        for number in numbers:
            entry = serials.Entry(sku=variant.sku, serial_number=number)
            serials.enter(session, shop, [entry], source="api", actor="staff:1")


def read(town: Town) -> None:
    """What reconciliation puts every hour."""
    with town.db.write() as session:
        outbox.put(session, town.shop_id, JobKind.SHOPIFY_STOCK, [""])
    town.settle()


def differences(town: Town, *variants: Variant) -> list[tuple[int, int]]:
    """(Shopify's units, ours) of variants that differ."""
    with town.db.read() as session:
        ids = [variant.id for variant in variants]
        found = shopify_stock.differences(session, town.shop_id, ids)
        return [(one.shopify, one.ours) for one in found.values()]


def test_quantities_are_compared_with_what_is_here(town: Town) -> None:
    watch, strap = town.track("Watch"), town.track("Strap")
    receive(town, watch, "W-1", "W-2", "W-3")
    receive(town, strap, "S-1")
    first = next(iter(town.shop.state.locations))
    second = town.shop.add_location("Paris\x00 \u200b store")
    town.shop.count_stock(watch, 2, first)
    town.shop.count_stock(watch, 2, second)
    grant(town, "read_inventory")
    with town.db.read() as session:
        names = shopify_stock.location_names(session, town.shop_id)
    assert names[first] == "Main warehouse"
    assert names[second].startswith("Paris")
    assert differences(town, watch, strap) == [(4, 3)]  # Shopify does not track the strap
    town.shop.count_stock(watch, 1, second)
    read(town)
    assert differences(town, watch, strap) == []
    with town.db.write() as session:
        unit = serials.find(session, town.shop_id, "W-2")
        assert unit is not None
        change_unit(session, town.shop_id, unit, UnitChanges(LOST), actor="staff:1")
    assert differences(town, watch) == [(3, 2)]
    del town.shop.state.locations[second]
    town.shop.state.on_hand[watch.id].pop(second)
    watch.tracked = False
    read(town)
    assert differences(town, watch) == []
    with town.db.read() as session:
        assert list(shopify_stock.location_names(session, town.shop_id)) == [first]
        assert session.scalars(select(ShopifyStock)).all() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_variant_and_location_is_read_and_nothing_without_the_scope(town: Town) -> None:
    variants = [town.track(f"Ring {number:02}") for number in range(16)]
    places = [town.shop.add_location(f"Store {number}") for number in range(25)]
    for number, variant in enumerate(variants):
        receive(town, variant, f"R-{number}")
        town.shop.count_stock(variant, 2, places[number])
    for place in places:
        town.shop.count_stock(variants[0], 1, place)
    read(town)
    assert not {call.operation for call in town.store.admin.calls} & {"Locations", "VariantQuantities"}
    grant(town, "read_inventory")
    assert sorted(differences(town, *variants)) == [(2, 1)] * 15 + [(25, 1)]
    assert town.store.admin.count("InventoryLevels")
    with town.db.read() as session:
        assert len(shopify_stock.locations(session, town.shop_id)) == 26
        assert shops.by_id(session, town.shop_id).stock_read_after is None
