"""The pretend shop itself: products, customers, orders and metafields in memory, behind one lock."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from threading import RLock

from serializer_app.devstore.fulfillment_orders import FulfillmentOrders
from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.devstore.metafields import Metafields
from serializer_app.devstore.moments import ShopClock
from serializer_app.devstore.orders import Fulfillment, Line, Order, Refund, RefundLine
from serializer_app.devstore.products import Customer, Product, Variant
from serializer_app.devstore.returns import Returns
from serializer_app.text import JsonDict

APP_ID = 4_217_338_881


@dataclass(frozen=True)
class OrderEdit:
    """One committed edit, as the orders/edited payload tells it."""

    id: int
    order: Order
    additions: list[tuple[Line, int]]
    removals: list[tuple[Line, int]]


class ShopState:
    """Everything one shop holds. Every reader and writer takes ``lock``; IDs have the size of Shopify's own."""

    def __init__(self, domain: str, clock: ShopClock, *, seed: int = 0) -> None:
        self.domain = domain
        self.clock = clock
        self.lock = RLock()
        self.name = domain.removesuffix(".myshopify.com").replace("-", " ").title()
        self.timezone = "Europe/Berlin"
        self.proxy_path = "/apps/serializer"
        self.currency = "EUR"
        self.country = "DE"
        self.plan = {
            "partnerDevelopment": True,
            "publicDisplayName": "Developer Preview",
            "shopifyPlus": False,
        }
        self.id = 61_000_000_000 + seed
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.customers: dict[int, Customer] = {}
        self.orders: dict[int, Order] = {}
        self.flow_triggers: list[JsonDict] = []
        self.subscriptions: dict[int, tuple[str, str]] = {}
        """The app's own webhook subscriptions: (topic with a slash, URI) by ID."""
        self._ids = count(7_512_000_000_001 + seed * 1_000_000_000)
        self._line_ids = count(14_870_000_000_001 + seed * 1_000_000_000)
        self._numbers = count(1001)
        self._fulfillment_ids = count(6_904_000_000_001 + seed * 1_000_000_000)
        self.fulfillment_orders = FulfillmentOrders(lambda: next(self._fulfillment_ids), clock.second)
        self.locations: dict[int, str] = {self.fulfillment_orders.location: "Main warehouse"}
        self.closed_locations: set[int] = set()
        self.on_hand: dict[int, dict[int, int]] = {}
        """Units that are physically there: variant → location → units."""
        self._return_ids = count(3_304_000_000_001 + seed * 1_000_000_000)
        self.returns = Returns(lambda: next(self._return_ids), clock.second)
        self.metafields = Metafields(self.exists, self.new_id, APP_ID)

    @property
    def gid(self) -> str:
        return gid("Shop", self.id)

    def new_id(self) -> int:
        return next(self._ids)

    def exists(self, owner: str) -> bool:
        """Whether a global ID names something this shop has now."""
        parsed = parse_gid(owner)
        if parsed is None:
            return False
        kind, number = parsed
        if kind == "Shop":
            return number == self.id
        return number in self.shelf(kind)

    def shelf(self, kind: str) -> Mapping[int, Order | Product | Variant | Customer]:
        """Everything of one kind by ID; empty for a kind the shop does not keep."""
        shelves: dict[str, Mapping[int, Order | Product | Variant | Customer]] = {
            "Order": self.orders,
            "Product": self.products,
            "ProductVariant": self.variants,
            "Customer": self.customers,
        }
        return shelves.get(kind, {})

    def find(self, owner: str) -> Order | Product | Variant | Customer | Fulfillment | None:
        """What a global ID names (Order, Product, Variant, Customer, Fulfillment), or None."""
        parsed = parse_gid(owner)
        if parsed is None:
            return None
        kind, number = parsed
        if kind == "Fulfillment":
            return next((f for o in self.orders.values() for f in o.fulfillments if f.id == number), None)
        return self.shelf(kind).get(number)

    def add_product(
        self,
        title: str,
        variants: Iterable[tuple[str, str | None, str | None, Decimal]],
        *,
        vendor: str,
        product_type: str,
        image_url: str | None,
    ) -> Product:
        """``variants`` are (title, SKU, barcode, price); a single unnamed one is called ``Default Title``."""
        with self.lock:
            now = self.clock.second()
            handle = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
            product = Product(
                self.new_id(), title, handle, vendor, product_type, now, now, image_url=image_url
            )
            for position, (name, sku, barcode, price) in enumerate(variants, start=1):
                number = self.new_id()
                variant = Variant(number, product, name, sku, barcode, price, now, now, position)
                product.variants.append(variant)
                self.variants[number] = variant
            self.products[product.id] = product
            return product

    def delete_product(self, product: Product) -> None:
        """Later order payloads then carry ``variant_id: null`` and ``product_id: null`` for its lines."""
        with self.lock:
            del self.products[product.id]
            self.metafields.forget(product.gid)
            for variant in product.variants:
                self.variants.pop(variant.id, None)
                self.metafields.forget(variant.gid)
            for order in self.orders.values():
                for line in order.lines:
                    if line.product_id == product.id:
                        line.product_id = line.variant_id = None

    def add_customer(self, email: str, first_name: str, last_name: str, phone: str | None) -> Customer:
        with self.lock:
            now = self.clock.second()
            customer = Customer(self.new_id(), email, first_name, last_name, phone, now, now)
            self.customers[customer.id] = customer
            return customer

    def place_order(
        self,
        lines: Iterable[tuple[Variant | None, int]],
        customer: Customer | None,
        *,
        properties: list[dict[str, str]] | None = None,
        test: bool = False,
    ) -> Order:
        """A variant of None makes a custom line, as a draft order can have: variant and product are null."""
        with self.lock:
            now = self.clock.second()
            kept = [self.new_line(variant, quantity, properties or []) for variant, quantity in lines]
            token = secrets.token_hex(16)
            order = Order(self.new_id(), next(self._numbers), token, customer, kept, now, now, test=test)
            self.orders[order.id] = order
            return order

    def new_line(self, variant: Variant | None, quantity: int, properties: list[dict[str, str]]) -> Line:
        number = next(self._line_ids)
        if variant is None:
            price = Decimal("15.00")
            return Line(
                number, None, None, "Engraving", None, None, self.name, price, quantity, list(properties)
            )
        return Line(
            number,
            variant.id,
            variant.product.id,
            variant.product.title,
            None if variant.title == "Default Title" else variant.title,
            variant.sku,
            variant.product.vendor,
            variant.price,
            quantity,
            list(properties),
        )

    def edit_order(
        self, order: Order, quantities: Mapping[int, int], add: Iterable[tuple[Variant | None, int]]
    ) -> OrderEdit:
        """``quantities``: line ID → wanted current quantity; ``add``: new lines."""
        with self.lock:
            additions, removals = order.set_quantities(quantities)
            for variant, quantity in add:
                line = self.new_line(variant, quantity, [])
                order.lines.append(line)
                additions.append((line, quantity))
            self.touch(order)
            return OrderEdit(self.new_id(), order, additions, removals)

    def refund(self, order: Order, units: Mapping[int, int], *, restock: bool, note: str | None) -> Refund:
        """``units``: line ID → units given back. Raises ValueError when more is refunded than the line has left."""
        with self.lock:
            lines = []
            for line_id, quantity in units.items():
                line = order.line(line_id)
                if not 0 < quantity <= line.current_quantity:
                    raise ValueError(f"line {line_id} has {line.current_quantity} units left, not {quantity}")
                line.refunded += quantity
                line.fulfilled = min(line.fulfilled, line.current_quantity)
                lines.append(RefundLine(self.new_id(), line, quantity, "return" if restock else "no_restock"))
            self.touch(order)
            refund = Refund(self.new_id(), order.id, order.updated_at, note, lines)
            order.refunds.append(refund)
            return refund

    def cancel(self, order: Order, reason: str) -> Refund | None:
        """Cancelling refunds whatever is left, so every line goes down to zero; answers that refund."""
        with self.lock:
            left = {line.id: line.current_quantity for line in order.lines if line.current_quantity}
            refund = self.refund(order, left, restock=True, note=None) if left else None
            self.touch(order)
            order.cancelled_at = order.updated_at
            order.cancel_reason = reason
            return refund

    def fulfill(self, order: Order, units: Mapping[int, int] | None) -> Fulfillment:
        """``units``: line ID → units shipped; None ships all that is left."""
        with self.lock:
            wanted = units or {
                line.id: line.fulfillable_quantity for line in order.lines if line.fulfillable_quantity
            }
            lines = []
            for line_id, quantity in wanted.items():
                line = order.line(line_id)
                if not 0 < quantity <= line.fulfillable_quantity:
                    raise ValueError(
                        f"line {line_id} has {line.fulfillable_quantity} units to ship, not {quantity}"
                    )
                line.fulfilled += quantity
                lines.append((self.new_id(), line, quantity))
            self.touch(order)
            fulfillment = Fulfillment(self.new_id(), order.id, order.updated_at, order.updated_at, lines)
            order.fulfillments.append(fulfillment)
            return fulfillment

    def delete_order(self, order: Order) -> None:
        with self.lock:
            del self.orders[order.id]
            self.fulfillment_orders.forget(order)
            self.returns.forget(order)
            self.metafields.forget(order.gid)

    def merge_customers(self, kept: Customer, gone: Customer) -> None:
        """The orders of ``gone`` move over to ``kept``."""
        with self.lock:
            for order in self.orders.values():
                if order.customer is gone:
                    order.customer = kept
                    self.touch(order)
            self.customers.pop(gone.id, None)
            self.metafields.forget(gone.gid)

    def touch(self, thing: Order | Product | Variant) -> None:
        """Something changed: ``updated_at`` is the present second and never goes back."""
        thing.updated_at = max(thing.updated_at, self.clock.second())
