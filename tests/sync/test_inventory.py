"""Whether Shopify tracks the quantity of variants: asked where the shop tracks inventory and grants the scope."""

from __future__ import annotations

from serializer_app.devstore.products import Variant
from serializer_app.devstore.tokens import SCOPES
from serializer_app.domain.catalog import catalog
from serializer_app.domain.shops import shops, tokens
from serializer_app.shopify import oauth
from tests.town import Town


def known(town: Town, variant: Variant) -> bool | None:
    with town.db.read() as session:
        found = catalog.find(session, town.shop_id, variant.id)
    assert found is not None
    return found.inventory_tracked


def grant(town: Town, *scopes: str) -> None:
    """The merchant allows ``scopes`` beside the required ones; the app gets a token that covers them."""
    town.shop.grant_scopes([*SCOPES, *scopes])
    given = oauth.exchange_id_token(town.settings, town.shop.domain, town.shop.id_token())
    with town.db.write() as session:
        tokens.save(session, town.worker.vault, town.shop_id, given)


def choose(town: Town, method: str) -> None:
    with town.db.write() as session:
        shop = shops.by_id(session, town.shop_id)
        shops.configure(session, shop, {"tracking_method": method}, actor="staff:1")
    town.settle()


def test_inventory_is_asked_for_only_with_the_method_and_the_scope(town: Town) -> None:
    counted, uncounted = town.track("Watch"), town.track("Voucher")
    uncounted.tracked = False
    choose(town, "inventory")
    assert (known(town, counted), town.store.admin.count("VariantInventory")) == (None, 0)

    grant(town, "read_inventory")
    town.settle()
    assert (known(town, counted), known(town, uncounted)) == (True, False)

    uncounted.tracked = True
    town.shop.update_product(uncounted.product, title="Voucher 2")
    town.settle()
    assert known(town, uncounted) is True

    asked = town.store.admin.count("VariantInventory")
    choose(town, "sold")
    town.shop.update_product(counted.product, title="Watch 2")
    town.settle()
    assert town.store.admin.count("VariantInventory") == asked


def test_a_refusal_costs_no_variant_its_other_facts(town: Town) -> None:
    variant = town.track("Watch")
    town.shop.grant_scopes([*SCOPES, "read_inventory"])  # the old token does not cover it
    choose(town, "inventory")
    town.shop.update_product(variant.product, sku="W-2")
    town.settle()
    with town.db.read() as session:
        found = catalog.find(session, town.shop_id, variant.id)
    assert found is not None
    assert (found.sku, found.inventory_tracked) == ("W-2", None)
