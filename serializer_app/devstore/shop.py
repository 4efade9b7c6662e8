"""One pretend shop as a test or the demo handles it: every action changes the state and announces it by webhook."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from serializer_app.clock import iso
from serializer_app.devstore import notification, payloads
from serializer_app.devstore.app_link import AppAnswer, AppLink
from serializer_app.devstore.metafields import Metafield
from serializer_app.devstore.order_payload import order_payload, refund_payload
from serializer_app.devstore.orders import Fulfillment, Order, Refund
from serializer_app.devstore.products import Customer, Product, Variant
from serializer_app.devstore.proxy import AppProxy
from serializer_app.devstore.return_desk import ReturnDesk
from serializer_app.devstore.signing import oauth_hmac
from serializer_app.devstore.state import OrderEdit, ShopState
from serializer_app.devstore.tokens import ID_TOKEN_LIFE, SCOPES, Grant, Tokens
from serializer_app.devstore.warehouse import Warehouse
from serializer_app.devstore.webhooks import Delivery, WebhookSender
from serializer_app.text import Json, JsonDict

Lines = Iterable[tuple[Variant | None, int]]


@dataclass(frozen=True)
class Connections:
    """What a shop needs of its store."""

    app: Callable[[], AppLink]
    sender: WebhookSender
    tokens: Tokens
    proxy: AppProxy
    rename: Callable[[str, str], None]


class Shop:
    """The convenient face of a ShopState. ``state`` is open to tests that want to look closer."""

    def __init__(self, state: ShopState, connections: Connections) -> None:
        self.state = state
        self.domain = state.domain
        self._to = connections
        self.warehouse = Warehouse(state, self._announce)
        self.returns = ReturnDesk(state, self.warehouse.announce)

    # --- things -------------------------------------------------------------------------------------------------

    def add_product(
        self,
        title: str,
        *,
        sku: str | None = None,
        barcode: str | None = None,
        price: str = "49.00",
        variants: Iterable[tuple[str, str | None]] = (),
        vendor: str = "Atelier Nord",
        product_type: str = "Goods",
        image_url: str | None = None,
        announce: bool = True,
    ) -> Product:
        """``variants`` as (title, SKU) pairs; without any the product has one called ``Default Title``.

        Sends products/create.
        """
        cost = Decimal(price)
        named: list[tuple[str, str | None, str | None, Decimal]]
        named = [(name, code, None, cost) for name, code in variants]
        if not named:
            named = [("Default Title", sku, barcode, cost)]
        with self.state.lock:
            product = self.state.add_product(
                title, named, vendor=vendor, product_type=product_type, image_url=image_url
            )
            payload = payloads.product_payload(self.state, product)
        if announce:
            self._announce("products/create", payload)
        return product

    def add_customer(
        self, first_name: str, last_name: str, email: str | None = None, phone: str | None = None
    ) -> Customer:
        address = email or f"{first_name}.{last_name}@example.com".lower()
        return self.state.add_customer(address, first_name, last_name, phone)

    def update_product(
        self, product: Product, *, title: str | None = None, sku: str | None = None
    ) -> Delivery:
        """Renames the product, or gives its first variant another SKU; sends products/update."""
        with self.state.lock:
            product.title = title or product.title
            if sku is not None:
                product.variant.sku = sku
            self.state.touch(product)
            for variant in product.variants:
                self.state.touch(variant)
            payload = payloads.product_payload(self.state, product)
        return self._announce("products/update", payload)

    def delete_product(self, product: Product) -> Delivery:
        self.state.delete_product(product)
        return self._announce("products/delete", payloads.deleted_payload(product))

    # --- orders -------------------------------------------------------------------------------------------------

    def place_order(
        self,
        lines: Lines,
        customer: Customer | None = None,
        *,
        properties: list[dict[str, str]] | None = None,
        test: bool = False,
        announce: bool = True,
    ) -> Order:
        """(variant, quantity) lines; None in place of a variant makes a custom line. Sends orders/create."""
        with self.state.lock:
            order = self.state.place_order(lines, customer, properties=properties, test=test)
            payload = order_payload(self.state, order)
        if announce:
            self._announce("orders/create", payload)
        self._route(order)
        return order

    def update_order(
        self, order: Order, *, tags: Iterable[str] | None = None, note: str | None = None
    ) -> Order:
        """Something that changes no line; sends orders/updated."""
        with self.state.lock:
            order.tags = [*tags] if tags is not None else order.tags
            order.note = note if note is not None else order.note
            self.state.touch(order)
            payload = order_payload(self.state, order)
        self._announce("orders/updated", payload)
        return order

    def edit_order(
        self, order: Order, quantities: Mapping[int, int] | None = None, *, add: Lines = ()
    ) -> OrderEdit:
        """``quantities``: line ID → wanted current quantity. Sends orders/edited (the delta) and orders/updated."""
        with self.state.lock:
            edit = self.state.edit_order(order, quantities or {}, add)
            bodies = [("orders/edited", payloads.edit_payload(self.state, edit)), self._updated(order)]
        self._announce_all(bodies)
        self._route(order)
        return edit

    def refund(
        self, order: Order, units: Mapping[int, int], *, restock: bool = True, note: str | None = None
    ) -> Refund:
        """``units``: line ID → units given back. Sends refunds/create and orders/updated."""
        with self.state.lock:
            refund = self.state.refund(order, units, restock=restock, note=note)
            self.state.fulfillment_orders.follow(order)
            bodies = [("refunds/create", refund_payload(self.state, order, refund)), self._updated(order)]
        self._announce_all(bodies)
        return refund

    def cancel(self, order: Order, reason: str = "customer") -> Order:
        """Refunds all that is left and cancels; sends orders/cancelled, refunds/create and orders/updated."""
        with self.state.lock:
            refund = self.state.cancel(order, reason)
            self.state.fulfillment_orders.follow(order)
            bodies = [("orders/cancelled", order_payload(self.state, order))]
            if refund is not None:
                bodies.append(("refunds/create", refund_payload(self.state, order, refund)))
            bodies.append(self._updated(order))
        self._announce_all(bodies)
        return order

    def fulfill(self, order: Order, units: Mapping[int, int] | None = None) -> Fulfillment:
        """Ships all (or line ID → units); sends orders/updated."""
        with self.state.lock:
            fulfillment = self.state.fulfill(order, units)
            self.state.fulfillment_orders.follow(order)
            body = self._updated(order)
        self._announce_all([body])
        return fulfillment

    def delete_order(self, order: Order) -> Delivery:
        self.state.delete_order(order)
        return self._announce("orders/delete", payloads.deleted_payload(order))

    # --- locations and quantities --------------------------------------------------------------------------------

    def add_location(self, name: str) -> int:
        """A further location; answers its ID."""
        with self.state.lock:
            number = self.state.new_id()
            self.state.locations[number] = name
            return number

    def count_stock(self, variant: Variant, units: int, location: int | None = None) -> None:
        """So many units are at the location, or at the first one. The variant is tracked from now on."""
        with self.state.lock:
            variant.tracked = True
            at = next(iter(self.state.locations)) if location is None else location
            self.state.on_hand.setdefault(variant.id, {})[at] = units

    # --- people, the app, privacy -------------------------------------------------------------------------------

    def merge_customers(self, kept: Customer, gone: Customer) -> Delivery:
        self.state.merge_customers(kept, gone)
        return self._announce("customers/merge", payloads.merge_payload(kept, gone))

    def uninstall(self) -> Delivery:
        """Every token is void from now on, and the app's own subscriptions end; sends app/uninstalled."""
        self.state.subscriptions.clear()
        self._to.tokens.revoke(self.domain)
        return self._announce("app/uninstalled", payloads.shop_payload(self.state))

    def rename(self, domain: str, *, announce: bool = True) -> None:
        """Another myshopify.com name for the same shop, whose ID and tokens stay; sends shop/update."""
        self._to.rename(self.domain, domain)
        self.domain = domain
        payload = {**payloads.shop_payload(self.state), "updated_at": iso(self.state.clock.now())}
        if announce:
            self._announce("shop/update", payload)

    def grant_scopes(self, scopes: Iterable[str] = SCOPES) -> Delivery:
        """The merchant granted or took back scopes: for tokens to come. Sends app/scopes_update."""
        before, now = [*self._to.tokens.granted(self.domain)], tuple(scopes)
        self._to.tokens.scopes[self.domain] = now
        return self._announce("app/scopes_update", payloads.scopes_payload(self.state, before, [*now]))

    @property
    def granted(self) -> tuple[str, ...]:
        """The scopes that the merchant grants now."""
        return self._to.tokens.granted(self.domain)

    def request_customer_data(self, customer: Customer) -> Delivery:
        body = payloads.data_request_payload(
            self.state, customer, self._orders_of(customer), self.state.new_id()
        )
        return self._announce("customers/data_request", body)

    def redact_customer(self, customer: Customer) -> Delivery:
        body = payloads.customer_redact_payload(self.state, customer, self._orders_of(customer))
        return self._announce("customers/redact", body)

    def redact_shop(self) -> Delivery:
        return self._announce("shop/redact", payloads.shop_redact_payload(self.state))

    # --- looking and asking -------------------------------------------------------------------------------------

    def metafield(
        self, owner: str, key: str = "properties", namespace: str = "serializer"
    ) -> Metafield | None:
        """What the shop holds now; ``.json_value`` is the parsed value."""
        with self.state.lock:
            return self.state.metafields.get(owner, namespace, key)

    def write_metafield(
        self, owner: str, value: str, key: str = "properties", type: str = "json", writer: str = "staff"
    ) -> Metafield:
        """Someone else writes into our namespace. Raises ValueError when Shopify would refuse it."""
        entry = {"ownerId": owner, "namespace": "serializer", "key": key, "type": type, "value": value}
        with self.state.lock:
            written, errors = self.state.metafields.set([entry], writer, self.state.clock.second())
        if errors:
            raise ValueError(errors[0]["message"])
        return written[0]

    def delete_metafield(self, owner: str, key: str = "properties") -> bool:
        """Someone else deletes it; answers whether there was one."""
        with self.state.lock:
            deleted = self.state.metafields.delete(
                [{"ownerId": owner, "namespace": "serializer", "key": key}]
            )
        return deleted[0] is not None

    def id_token(self, user: str = "102938475", *, life: int = ID_TOKEN_LIFE, **claims: Json) -> str:
        """A fresh session token; ``life=<seconds>`` and any claim may be overwritten."""
        return self._to.tokens.id_token(self.domain, user, life=life, **claims)

    def access_token(self, *, expiring: bool = True) -> Grant:
        """A grant without the ceremony of a token exchange."""
        return self._to.tokens.issue(self.domain, expiring=expiring)

    def app_query(
        self, path: str = "/", user: str = "102938475", host: str | None = None, locale: str = "en"
    ) -> str:
        """Path and query of a page as the admin's iframe loads it: id_token, shop, host, embedded, hmac."""
        params = {
            "embedded": "1",
            "host": host or admin_host(self.domain),
            "id_token": self.id_token(user),
            "locale": locale,
            "session": uuid.uuid4().hex,
            "shop": self.domain,
            "timestamp": str(int(self.state.clock.now().timestamp())),
        }
        params["hmac"] = oauth_hmac(self._to.tokens.api_secret, params)
        return f"{path}{'&' if '?' in path else '?'}{urlencode(params)}"

    def open_app(self, path: str = "/", user: str = "102938475") -> AppAnswer:
        """Loads a page of the app the way the admin does, which also installs the app at first sight."""
        headers = {"Accept": "text/html", "Sec-Fetch-Dest": "iframe"}
        return self._to.app().send("GET", self.app_query(path, user), headers, b"", 30.0)

    def proxy_get(
        self, path: str, params: JsonDict | None = None, customer: Customer | int | None = None
    ) -> AppAnswer:
        """``GET <shop>/apps/serializer<path>`` as a visitor, signed in as ``customer`` where given."""
        return self.proxy("GET", path, params, customer)

    def proxy(
        self,
        method: str,
        path: str,
        params: JsonDict | None = None,
        customer: Customer | int | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "203.0.113.24",
        locale: str = "",
    ) -> AppAnswer:
        """A visitor's request; ``locale`` such as "/en-us" stands before the path in a theme with languages."""
        pairs: list[tuple[str, str]] = []
        for name, value in (params or {}).items():
            pairs += [(name, str(entry)) for entry in (value if isinstance(value, list | tuple) else [value])]
        number = customer.id if isinstance(customer, Customer) else customer
        return self._to.proxy.forward(
            self._to.app(),
            self.domain,
            method,
            path,
            pairs,
            customer=number,
            headers=headers,
            body=body,
            address=address,
            prefix=f"{locale}{self.state.proxy_path}",
        )

    def render_mail(self, order: Order, snippet: str = "order_confirmation") -> str:
        """The notification as HTML, rendered now from the order's metafields."""
        return notification.render_mail(self.state, order, snippet)

    def _orders_of(self, customer: Customer) -> list[Order]:
        with self.state.lock:
            return [order for order in self.state.orders.values() if order.customer is customer]

    def _route(self, order: Order) -> None:
        """Shopify routes an order a moment after it was placed or edited, if it still exists."""
        if order.id in self.state.orders and not order.cancelled_at:
            self.warehouse.route(order)

    def _updated(self, order: Order) -> tuple[str, JsonDict]:
        return "orders/updated", order_payload(self.state, order)

    def _announce(self, topic: str, payload: JsonDict) -> Delivery:
        return self._to.sender.send(self.domain, topic, payload)

    def _announce_all(self, bodies: Iterable[tuple[str, JsonDict]]) -> None:
        """Several topics of one merchant action share their X-Shopify-Event-Id."""
        event = str(uuid.uuid4())
        for topic, payload in bodies:
            self._to.sender.send(self.domain, topic, payload, event)


def admin_host(domain: str) -> str:
    """The ``host`` parameter: where in the admin the app stands, base64 without padding."""
    address = f"admin.shopify.com/store/{domain.removesuffix('.myshopify.com')}"
    return base64.b64encode(address.encode()).decode().rstrip("=")
