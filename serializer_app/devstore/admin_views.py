"""The pretend shop's things as the Admin API shows them: dictionaries that graphql-core reads field by field."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError

from serializer_app.devstore import admin_inventory, admin_returns
from serializer_app.devstore.admin_search import Info, SortKey, Value, page
from serializer_app.devstore.fulfillment_orders import FulfillmentOrder, Hold, Part
from serializer_app.devstore.gids import gid
from serializer_app.devstore.metafields import OWNER_TYPES, Definition, Metafield
from serializer_app.devstore.moments import graphql_time
from serializer_app.devstore.orders import Fulfillment, Line, Order, Refund
from serializer_app.devstore.products import Customer, Product, Variant
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict

View = JsonDict


def need(scopes: frozenset[str], kind: str, *any_of: str) -> None:
    """Raise Shopify's error for a thing that none of the granted ``scopes`` covers."""
    if scopes.isdisjoint(any_of):
        required = " or ".join(f"`{scope}`" for scope in any_of)
        message = f"Access denied for {kind}. Required access: {required} access scope."
        raise GraphQLError(message, extensions={"code": "ACCESS_DENIED", "requiredAccess": required})


class Views:
    """Views of one shop, for one call. Callables are asked only when a document selects them."""

    def __init__(self, state: ShopState, scopes: frozenset[str]) -> None:
        self.state = state
        self.scopes = scopes
        self.inventory = admin_inventory.InventoryViews(state, self.connection)
        self.returns = admin_returns.ReturnViews(state, self.connection, self.order, self.line)

    def of(self, thing: Value) -> View | None:
        """The view of whatever a global ID named, with its ``__typename``."""
        match thing:
            case Order():
                return self.order(thing)
            case Variant():
                return self.variant(thing)
            case Product():
                return self.product(thing)
            case Customer():
                return self.customer(thing)
            case Fulfillment():
                return self.fulfillment(thing)
        return None

    def connection(self, nodes: Sequence[Value], key: SortKey, view: Value, args: View) -> View:
        entries, following, preceding = page(nodes, key, args)
        edges = [{"cursor": cursor, "node": view(node)} for cursor, node in entries]
        return {
            "edges": edges,
            "nodes": [edge["node"] for edge in edges],
            "pageInfo": {
                "hasNextPage": following,
                "hasPreviousPage": preceding,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }

    def order(self, order: Order) -> View:
        return {
            "__typename": "Order",
            "id": order.gid,
            "legacyResourceId": str(order.id),
            "name": order.name,
            "number": order.number,
            "email": order.customer.email if order.customer else "guest@example.com",
            "note": order.note,
            "tags": order.tags,
            "createdAt": graphql_time(order.created_at),
            "updatedAt": graphql_time(order.updated_at),
            "processedAt": graphql_time(order.created_at),
            "closedAt": graphql_time(order.closed_at),
            "cancelledAt": graphql_time(order.cancelled_at),
            "cancelReason": order.cancel_reason.upper() if order.cancel_reason else None,
            "test": order.test,
            "displayFinancialStatus": order.financial_status.upper(),
            "displayFulfillmentStatus": _FULFILLMENT[order.fulfillment_status],
            "statusPageUrl": f"https://{self.state.domain}/{self.state.id}/orders/{order.token}/authenticate",
            "currentSubtotalLineItemsQuantity": sum(line.current_quantity for line in order.lines),
            "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
            "customer": lambda info: self._customer_of(order),
            "lineItems": lambda info, **args: self._lines(order, args),
            "fulfillmentOrders": lambda info, **args: self._fulfillment_orders(order, args),
            "returnStatus": self.state.returns.status_of(order),
            "returns": lambda info, **args: self._returns(order, args),
            "fulfillments": lambda info, **args: [
                self.fulfillment(f) for f in order.fulfillments[: args.get("first")]
            ],
            "refunds": lambda info, **args: [
                self.refund(refund) for refund in order.refunds[: args.get("first")]
            ],
            **self._metafields_of(order.gid),
        }

    def _customer_of(self, order: Order) -> View | None:
        return self.customer(order.customer) if order.customer else None

    def _lines(self, order: Order, args: View) -> View:
        return self.connection(order.lines, lambda line: (line.id,), self.line, args)

    def _fulfillment_orders(self, order: Order, args: View) -> View:
        need(self.scopes, "FulfillmentOrder", "read_merchant_managed_fulfillment_orders")
        found = self.state.fulfillment_orders.of(order)
        return self.connection(found, lambda one: (one.id,), self.fulfillment_order, args)

    def _returns(self, order: Order, args: View) -> View:
        need(self.scopes, "Return", admin_returns.READ)
        return self.returns.of_order(order, args)

    def fulfillment_order(self, one: FulfillmentOrder) -> View:
        return {
            "__typename": "FulfillmentOrder",
            "id": one.gid,
            "status": one.status,
            "orderId": one.order.gid,
            "orderName": one.order.name,
            "createdAt": graphql_time(one.created_at),
            "updatedAt": graphql_time(one.updated_at),
            "order": lambda info: self.order(one.order),
            "fulfillmentHolds": [self.hold(hold) for hold in one.holds],
            "lineItems": lambda info, **args: self.connection(
                one.parts, lambda part: (part.id,), self._part, args
            ),
        }

    def _part(self, part: Part) -> View:
        return {
            "id": part.gid,
            "totalQuantity": part.total,
            "remainingQuantity": part.remaining,
            "lineItem": lambda info: self.line(part.line),
        }

    def hold(self, hold: Hold) -> View:
        return {
            "id": hold.gid,
            "handle": hold.handle,
            "heldByRequestingApp": hold.app == "ours",
            "reason": hold.reason,
            "reasonNotes": hold.notes,
            "displayReason": "Other",
        }

    def line(self, line: Line) -> View:
        variant = self.state.variants.get(line.variant_id or 0)
        product = self.state.products.get(line.product_id or 0)
        return {
            "id": line.gid,
            "name": line.name,
            "title": line.title,
            "variantTitle": line.variant_title,
            "sku": line.sku,
            "vendor": line.vendor,
            "quantity": line.quantity,
            "currentQuantity": line.current_quantity,
            "unfulfilledQuantity": line.fulfillable_quantity,
            "nonFulfillableQuantity": 0,
            "refundableQuantity": line.current_quantity,
            "isGiftCard": line.gift_card,
            "customAttributes": [{"key": p["name"], "value": p["value"]} for p in line.properties],
            "variant": lambda info: self.variant(variant) if variant else None,
            "product": lambda info: self.product(product) if product else None,
        }

    def fulfillment(self, fulfillment: Fulfillment) -> View:
        def lines(info: Info, **args: Value) -> View:
            return self.connection(fulfillment.lines, lambda entry: (entry[0],), shown, args)

        def shown(entry: tuple[int, Line, int]) -> View:
            return {
                "id": gid("FulfillmentLineItem", entry[0]),
                "lineItem": self.line(entry[1]),
                "quantity": entry[2],
            }

        return {
            "__typename": "Fulfillment",
            "id": fulfillment.gid,
            "legacyResourceId": str(fulfillment.id),
            "createdAt": graphql_time(fulfillment.created_at),
            "updatedAt": graphql_time(fulfillment.updated_at),
            "status": fulfillment.status.upper(),
            "fulfillmentLineItems": lines,
        }

    def refund(self, refund: Refund) -> View:
        def lines(info: Info, **args: Value) -> View:
            return self.connection(
                refund.lines,
                lambda entry: (entry.id,),
                lambda entry: {"quantity": entry.quantity, "lineItem": self.line(entry.line)},
                args,
            )

        return {
            "id": refund.gid,
            "legacyResourceId": str(refund.id),
            "createdAt": graphql_time(refund.created_at),
            "note": refund.note,
            "refundLineItems": lines,
        }

    def variant(self, variant: Variant) -> View:
        return {
            "__typename": "ProductVariant",
            "id": variant.gid,
            "legacyResourceId": str(variant.id),
            "sku": variant.sku,
            "barcode": variant.barcode,
            "title": variant.title,
            "displayName": variant.display_name,
            "position": variant.position,
            "price": str(variant.price),
            "createdAt": graphql_time(variant.created_at),
            "updatedAt": graphql_time(variant.updated_at),
            "image": _image(variant.image_url),
            "media": lambda info, **args: self._media(variant.image_url, args),
            "product": lambda info: self.product(variant.product),
            "inventoryItem": lambda info: self._inventory(variant),
            **self._metafields_of(variant.gid),
        }

    def _inventory(self, variant: Variant) -> View:
        # Whether read_products is enough is unverified; the stricter reading keeps the app from relying on it.
        need(self.scopes, "InventoryItem", admin_inventory.READ)
        return self.inventory.item(variant)

    def product(self, product: Product) -> View:
        return {
            "__typename": "Product",
            "id": product.gid,
            "legacyResourceId": str(product.id),
            "title": product.title,
            "handle": product.handle,
            "vendor": product.vendor,
            "productType": product.product_type,
            "status": product.status.upper(),
            "createdAt": graphql_time(product.created_at),
            "updatedAt": graphql_time(product.updated_at),
            "featuredMedia": _media_image(product.image_url),
            "media": lambda info, **args: self._media(product.image_url, args),
            "variants": lambda info, **args: self.connection(
                product.variants, lambda variant: (variant.position, variant.id), self.variant, args
            ),
            **self._metafields_of(product.gid),
        }

    def _media(self, url: str | None, args: View) -> View:
        shown = _media_image(url)
        return self.connection(
            [shown] if shown else [], lambda media: (media["id"],), lambda media: media, args
        )

    def customer(self, customer: Customer) -> View:
        return {
            "__typename": "Customer",
            "id": customer.gid,
            "legacyResourceId": str(customer.id),
            "displayName": customer.name,
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "email": customer.email,
            "phone": customer.phone,
            "createdAt": graphql_time(customer.created_at),
            "updatedAt": graphql_time(customer.updated_at),
            **self._metafields_of(customer.gid),
        }

    def shop(self) -> View:
        state = self.state
        return {
            "__typename": "Shop",
            "id": state.gid,
            "name": state.name,
            "email": f"owner@{state.domain}",
            "myshopifyDomain": state.domain,
            "ianaTimezone": state.timezone,
            "currencyCode": state.currency,
            "shopAddress": {"__typename": "ShopAddress", "countryCodeV2": state.country},
            "primaryDomain": {"host": state.domain, "url": f"https://{state.domain}"},
            "plan": state.plan,
            **self._metafields_of(state.gid),
        }

    def metafield(self, metafield: Metafield) -> View:
        return {
            "__typename": "Metafield",
            "id": metafield.gid,
            "namespace": metafield.namespace,
            "key": metafield.key,
            "type": metafield.type,
            "value": metafield.value,
            "jsonValue": lambda info: metafield.json_value,
            "compareDigest": metafield.digest,
            "sizeInBytes": len(metafield.value.encode()),
            "createdAt": graphql_time(metafield.created_at),
            "updatedAt": graphql_time(metafield.updated_at),
            "ownerType": OWNER_TYPES[metafield.owner.split("/")[-2]],
            "owner": lambda info: (
                self.shop()
                if metafield.owner == self.state.gid
                else self.of(self.state.find(metafield.owner))
            ),
        }

    def definition(self, definition: Definition) -> View:
        return {
            "id": gid("MetafieldDefinition", definition.id),
            "name": definition.name,
            "namespace": definition.namespace,
            "key": definition.key,
            "ownerType": definition.owner_type,
            "type": {"name": definition.type},
            "description": definition.description,
            "pinnedPosition": 1 if definition.pinned else None,
        }

    def _metafields_of(self, owner: str) -> View:
        def one(info: Info, key: str, namespace: str | None = None) -> View | None:
            found = self.state.metafields.get(owner, namespace or "$app", key)
            return self.metafield(found) if found else None

        def several(info: Info, **args: Value) -> View:
            kept = self.state.metafields.of(owner, args.get("namespace"))
            if args.get("keys") is not None:
                kept = [
                    field
                    for field in kept
                    if {field.key, f"{field.namespace}.{field.key}"} & set(args["keys"])
                ]
            return self.connection(kept, lambda field: (field.id,), self.metafield, args)

        return {"metafield": one, "metafields": several}


_FULFILLMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}


def _image(url: str | None) -> View | None:
    return {"url": url, "altText": None} if url else None


def _media_image(url: str | None) -> View | None:
    """Shopify's media are an interface with a preview image; the stand-in keeps pictures only."""
    if url is None:
        return None
    return {"__typename": "MediaImage", "id": gid("MediaImage", 1), "preview": {"image": _image(url)}}
