from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import build_schema, parse, print_ast, validate, validate_schema

from serializer_app.devstore.admin_fulfillment import WRITE
from serializer_app.devstore.admin_inventory import ITEM_OFFSET
from serializer_app.devstore.schema_closure import DOCUMENTS, EXTRA, SDL, closure_sdl, documents
from serializer_app.devstore.server import DevStore
from serializer_app.devstore.tokens import SCOPES
from tests.devstore.conftest import Admin

OFFICIAL = SDL.read_text(encoding="utf-8")
NAMES = sorted(path.stem for path in DOCUMENTS.glob("*.graphql"))


def test_the_committed_schema_is_valid() -> None:
    assert validate_schema(build_schema(OFFICIAL)) == []


@pytest.mark.parametrize("name", sorted(documents()))
def test_every_document_fits_the_official_schema(name: str) -> None:
    assert validate(build_schema(OFFICIAL), parse(documents()[name])) == []


def test_the_schema_holds_what_the_documents_use_and_nothing_else() -> None:
    assert closure_sdl(build_schema(OFFICIAL), documents()) == OFFICIAL


def test_a_document_that_does_not_fit_stops_the_generator() -> None:
    with pytest.raises(SystemExit, match=r"odd\.graphql does not fit"):
        closure_sdl(build_schema(OFFICIAL), {"odd.graphql": "{ shop { colour } }"})


def _variables(store: DevStore) -> dict[str, dict[str, Any]]:
    shop = store.shop()
    product = shop.add_product("Lamp", sku="L-1", image_url="https://cdn.example/lamp.png")
    order = shop.place_order([(product.variant, 3)], shop.add_customer("Ada", "Byron"))
    shop.fulfill(order)
    back = shop.returns.create(order, {order.lines[0].id: 2})
    (one,) = shop.warehouse.of(shop.place_order([(product.variant, 1)]))
    hook = {"topic": "FULFILLMENT_ORDERS_MOVED", "subscription": {"uri": "https://app.example/hooks"}}
    ids = {"ids": [order.gid, product.variant.gid, "gid://shopify/Order/1"]}
    metafield = {"ownerId": order.gid, "namespace": "serializer", "key": "properties"}
    definition = {"name": "P", "namespace": "serializer", "key": "properties", "ownerType": "ORDER"}
    return {
        "Order": {"id": order.gid},
        "OrderIds": {"first": 5},
        "OrderLineItems": {"id": order.gid},
        "OrderOfReturn": {"id": back.gid},
        "OrderOfReverseOrder": {"id": back.reverse[0].gid},
        "OrderReturns": {"id": order.gid, "first": 4},
        "OrdersWithReturns": {"first": 5, "query": "-return_status:no_return"},
        "ReturnLines": {"id": back.gid, "first": 5},
        "ReturnReverseOrders": {"id": back.gid, "first": 5},
        "ReverseOrderLines": {"id": back.reverse[0].gid, "first": 5},
        "OrdersUpdatedSince": {"first": 5, "query": "updated_at:>='2020-01-01T00:00:00Z'"},
        "ProductVariants": {"first": 10},
        "OrderTimes": ids,
        "OwnerDigests": ids,
        "MetafieldDefinitions": {"ownerType": "ORDER"},
        "OwnerMetafields": ids,
        "MetafieldsSet": {"metafields": [metafield | {"type": "json", "value": "{}"}]},
        "MetafieldsDelete": {"metafields": [metafield]},
        "MetafieldDefinitionCreate": {"definition": definition | {"type": "json"}},
        "MetafieldDefinitionUpdate": {
            "definition": {name: definition[name] for name in ("key", "ownerType")}
        },
        "InventoryLevels": {
            "id": f"gid://shopify/InventoryItem/{product.variant.id + ITEM_OFFSET}",
            "first": 5,
        },
        "Locations": {"first": 5},
        "VariantInventory": {"ids": [product.variant.gid]},
        "VariantQuantities": {"ids": [product.variant.gid]},
        "OrderFulfillmentOrders": {"id": order.gid, "first": 5},
        "FulfillmentOrderIds": {"id": one.gid},
        "FulfillmentOrderLines": {"id": one.gid, "first": 5},
        "FulfillmentOrdersUpdatedSince": {"first": 5, "query": "updated_at:>='2020-01-01T00:00:00Z'"},
        "FulfillmentOrderHold": {"id": one.gid, "hold": {"reason": "OTHER"}},
        "FulfillmentOrderReleaseHold": {"id": one.gid, "holdIds": []},
        "WebhookSubscriptions": {"first": 5},
        "WebhookSubscriptionCreate": hook,
        "WebhookSubscriptionDelete": {"id": "gid://shopify/WebhookSubscription/1"},
        "FlowTriggerReceive": {"handle": "serial-number-claimed", "payload": {"a": 1}},
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_document_runs_against_the_pretend_shop(name: str, store: DevStore) -> None:
    store.tokens.scopes[store.default_shop] = (*SCOPES, WRITE, "read_inventory", "read_returns")
    data = Admin(store).document(name, _variables(store).get(name, {}))
    (answer,) = list(data.values())[:1]
    assert answer is not None


@pytest.mark.parametrize("number", range(3))
def test_every_extra_field_can_be_read(number: int, store: DevStore, admin: Admin) -> None:
    variables = _variables(store)
    admin.document("MetafieldsSet", variables["MetafieldsSet"])
    product = store.shop().state.products[next(iter(store.shop().state.products))]
    operation = parse(EXTRA.read_text(encoding="utf-8")).definitions[number]
    ids: list[Callable[[], str]] = [
        lambda: variables["Order"]["id"],
        lambda: product.gid,
        lambda: product.gid,
    ]
    answer = admin.run(print_ast(operation), {"id": ids[number](), "first": 5})
    wrong = [e for e in answer.get("errors", []) if not e["message"].startswith("Invalid global id")]
    assert wrong == []
