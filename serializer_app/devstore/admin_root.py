"""The queries and mutations of the pretend Admin API, one shop and one call at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from graphql import GraphQLError

from serializer_app.devstore import admin_inventory, admin_returns
from serializer_app.devstore.admin_fulfillment import FulfillmentRoot, RefuseHold
from serializer_app.devstore.admin_search import Info, SearchError, Value, matcher
from serializer_app.devstore.admin_views import View, Views, need
from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Product, Variant
from serializer_app.devstore.state import APP_ID, ShopState
from serializer_app.text import JsonDict

#: Orders older than this are invisible without read_all_orders (platform.md §6).
VISIBLE_FOR = timedelta(days=60)
_READ_SCOPE = {
    "Order": "read_orders",
    "Fulfillment": "read_orders",
    "ProductVariant": "read_products",
    "Product": "read_products",
    "Customer": "read_customers",
    "Return": admin_returns.READ,
    "ReverseFulfillmentOrder": admin_returns.READ,
}


class AdminRoot:
    """Root resolvers; ``fields()`` is the root value that graphql-core executes documents on."""

    def __init__(
        self,
        state: ShopState,
        scopes: tuple[str, ...],
        now: datetime,
        refuse_hold: RefuseHold = lambda: None,
    ) -> None:
        self.state = state
        self.scopes = _implied(scopes)
        self.granted = scopes
        self.now = now
        self.views = Views(state, self.scopes)
        self.written_orders: list[Order] = []
        """Orders whose metafields this call wrote or deleted."""
        self.events: list[tuple[str, View]] = []
        """Webhooks that follow from this call: (topic, payload)."""
        self._fulfillment = FulfillmentRoot(state, self.scopes, self.views, self._happened, refuse_hold)

    def _happened(self, topic: str, payload: View) -> None:
        self.events.append((topic, payload))

    def fields(self) -> dict[str, Callable[..., Value]]:
        return {
            **self._fulfillment.fields(),
            "node": self._node,
            "nodes": lambda info, ids: [self._node(info, entry) for entry in ids],
            "order": self._only("Order"),
            "fulfillment": self._only("Fulfillment"),
            "product": self._only("Product"),
            "productVariant": self._only("ProductVariant"),
            "customer": self._only("Customer"),
            "return": self._only("Return"),
            "reverseFulfillmentOrder": self._only("ReverseFulfillmentOrder"),
            "inventoryItem": self._inventory_item,
            "locations": self._locations,
            "orders": self._orders,
            "products": self._products,
            "productVariants": self._variants,
            "metafieldDefinitions": self._definitions,
            "shop": lambda info: self.views.shop(),
            "currentAppInstallation": lambda info: self._installation(),
            "metafieldsSet": self._set,
            "metafieldsDelete": self._delete,
            "metafieldDefinitionCreate": self._define,
            "metafieldDefinitionUpdate": self._redefine,
            "flowTriggerReceive": self._trigger,
        }

    def _only(self, kind: str) -> Callable[..., View | None]:
        def resolve(info: Info, id: str) -> View | None:
            parsed = parse_gid(id)
            if parsed is None or parsed[0] != kind:
                raise GraphQLError(f"Invalid global id '{id}'", extensions={"code": "BAD_USER_INPUT"})
            return self._node(info, id)

        return resolve

    def _node(self, info: Info, id: str) -> View | None:
        parsed = parse_gid(id)
        if parsed is None:
            raise GraphQLError(f"Invalid global id '{id}'", extensions={"code": "BAD_USER_INPUT"})
        if parsed[0] == "Shop":
            return self.views.shop() if parsed[1] == self.state.id else None
        self._need(parsed[0])
        if parsed[0] in ("Return", "ReverseFulfillmentOrder"):
            return self.views.returns.find(id)
        thing = self.state.find(id)
        return None if isinstance(thing, Order) and not self._visible(thing) else self.views.of(thing)

    def _inventory_item(self, info: Info, id: str) -> View | None:
        need(self.scopes, "InventoryItem", admin_inventory.READ)
        return self.views.inventory.find(id)

    def _locations(self, info: Info, **args: Value) -> View:
        need(self.scopes, "Location", "read_locations", admin_inventory.READ)
        return self.views.inventory.locations(args)

    def _orders(self, info: Info, **args: Value) -> View:
        self._need("Order")
        fits = _matcher(args.get("query"), self._order_field)
        orders = [order for order in self.state.orders.values() if self._visible(order) and fits(order)]
        by_update = args.get("sortKey") == "UPDATED_AT"
        by_id = args.get("sortKey") == "ID"

        def key(order: Order) -> tuple[Value, ...]:
            return (order.id,) if by_id else (order.updated_at if by_update else order.created_at, order.id)

        return self.views.connection(orders, key, self.views.order, args)

    def _products(self, info: Info, **args: Value) -> View:
        self._need("Product")
        fits = _matcher(args.get("query"), _product_field)
        products = [product for product in self.state.products.values() if fits(product)]
        by_update = args.get("sortKey") == "UPDATED_AT"

        def key(product: Product) -> tuple[Value, ...]:
            return (product.updated_at, product.id) if by_update else (product.id,)

        return self.views.connection(products, key, self.views.product, args)

    def _variants(self, info: Info, **args: Value) -> View:
        self._need("ProductVariant")
        fits = _matcher(args.get("query"), _variant_field)
        variants = [variant for variant in self.state.variants.values() if fits(variant)]
        return self.views.connection(variants, lambda variant: (variant.id,), self.views.variant, args)

    def _definitions(self, info: Info, **args: Value) -> View:
        kept = [
            definition
            for definition in self.state.metafields.definitions.values()
            if definition.owner_type == args["ownerType"]
            and args.get("namespace") in (None, definition.namespace)
            and args.get("key") in (None, definition.key)
        ]
        return self.views.connection(kept, lambda definition: (definition.id,), self.views.definition, args)

    def _installation(self) -> View:
        handles = [
            {"handle": handle, "description": handle.replace("_", " ")} for handle in sorted(self.scopes)
        ]
        return {"id": gid("AppInstallation", APP_ID), "accessScopes": handles}

    def _set(self, info: Info, metafields: list[JsonDict]) -> View:
        errors = [
            error for index, entry in enumerate(metafields) if (error := self._not_writable(index, entry))
        ]
        if errors:
            return {"metafields": [], "userErrors": errors}
        written, errors = self.state.metafields.set(metafields, "app", self.state.clock.second())
        if errors:
            return {"metafields": [], "userErrors": errors}
        self._wrote(metafields)
        return {"metafields": [self.views.metafield(field) for field in written], "userErrors": []}

    def _delete(self, info: Info, metafields: list[JsonDict]) -> View:
        errors = [
            error for index, entry in enumerate(metafields) if (error := self._not_writable(index, entry))
        ]
        if errors:
            return {"deletedMetafields": [], "userErrors": errors}
        deleted = self.state.metafields.delete(metafields)
        self._wrote(metafields)
        return {"deletedMetafields": deleted, "userErrors": []}

    def _wrote(self, entries: list[JsonDict]) -> None:
        owners = [self.state.find(owner) for owner in {entry["ownerId"] for entry in entries}]
        self.written_orders += [owner for owner in owners if isinstance(owner, Order)]

    def _not_writable(self, index: int, entry: JsonDict) -> JsonDict | None:
        parsed = parse_gid(entry["ownerId"])
        needed = {"Order": "write_orders", "Product": "write_products", "ProductVariant": "write_products"}
        scope = needed.get(parsed[0]) if parsed else None
        if scope is None or scope in self.scopes:
            return None
        message = f"Access to this owner needs the {scope} access scope."
        path = ["metafields", str(index), "ownerId"]
        return {"field": path, "message": message, "code": "APP_NOT_AUTHORIZED", "elementIndex": index}

    def _define(self, info: Info, definition: JsonDict) -> View:
        made, errors = self.state.metafields.define(definition)
        return {"createdDefinition": self.views.definition(made) if made else None, "userErrors": errors}

    def _redefine(self, info: Info, definition: JsonDict) -> View:
        changed, errors = self.state.metafields.redefine(definition)
        return {
            "updatedDefinition": self.views.definition(changed) if changed else None,
            "userErrors": errors,
        }

    def _trigger(self, info: Info, **args: Value) -> View:
        if not args.get("handle") and not args.get("body"):
            return {
                "userErrors": [{"field": ["handle"], "message": "Errors validating schema: missing handle"}]
            }
        self.state.flow_triggers.append(args)
        return {"userErrors": []}

    def _need(self, kind: str) -> None:
        scope = _READ_SCOPE.get(kind)
        if scope is not None:
            need(self.scopes, kind, scope)

    def _visible(self, order: Order) -> bool:
        return "read_all_orders" in self.scopes or order.created_at > self.now - VISIBLE_FOR

    def _order_field(self, order: Order, name: str) -> Value:
        if name.startswith("metafields."):
            _, namespace, key = name.split(".", 2)
            definition = self.state.metafields.definitions.get(("ORDER", namespace, key))
            if definition is None or not definition.filterable:
                raise SearchError(f"{name} has no definition that the admin may filter by")
            found = self.state.metafields.get(order.gid, namespace, key)
            return found.json_value if found else None
        if name == "status":
            # Shopify shows open orders only unless asked; the app always asks for the others by time.
            return [
                "any",
                "cancelled" if order.cancelled_at else "open",
                "closed" if order.closed_at else "not_closed",
            ]
        simple: JsonDict = {
            "id": order.id,
            "name": [order.name, str(order.number)],
            "created_at": order.created_at,
            "processed_at": order.created_at,
            "updated_at": order.updated_at,
            "test": order.test,
            "customer_id": order.customer.id if order.customer else None,
            "email": order.customer.email if order.customer else None,
            "tag": order.tags,
            "return_status": self.state.returns.status_of(order),
        }
        return _known(simple, name)


def _matcher(query: str | None, read: Callable[[Value, str], Value]) -> Callable[[Value], bool]:
    try:
        return matcher(query, read)
    except SearchError as error:
        raise GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"}) from error


def _known(fields: JsonDict, name: str) -> Value:
    if name not in fields:
        raise SearchError(f"the dev store cannot search by {name!r}")
    return fields[name]


def _product_field(product: Product, name: str) -> Value:
    simple: JsonDict = {
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "vendor": product.vendor,
        "status": product.status,
        "product_type": product.product_type,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "sku": [variant.sku for variant in product.variants],
    }
    return _known(simple, name)


def _variant_field(variant: Variant, name: str) -> Value:
    simple: JsonDict = {
        "id": variant.id,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "title": variant.title,
        "product_id": variant.product.id,
        "updated_at": variant.updated_at,
        "product_status": variant.product.status,
    }
    return _known(simple, name)


def _implied(scopes: tuple[str, ...]) -> frozenset[str]:
    """Writing implies reading."""
    return frozenset(scopes) | {f"read_{scope[6:]}" for scope in scopes if scope.startswith("write_")}
