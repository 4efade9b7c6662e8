"""What the pretend shop sells, and to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from serializer_app.devstore.gids import gid


@dataclass
class Variant:
    """One sellable version of a product; ``image_url`` overrides the product's."""

    id: int
    product: Product = field(repr=False)
    title: str
    sku: str | None
    barcode: str | None
    price: Decimal
    created_at: datetime
    updated_at: datetime
    position: int = 1
    image_url: str | None = None
    tracked: bool = True
    """Whether the shop has its quantity tracked."""

    @property
    def gid(self) -> str:
        return gid("ProductVariant", self.id)

    @property
    def display_name(self) -> str:
        return self.product.title if self.title == "Default Title" else f"{self.product.title} - {self.title}"


@dataclass
class Product:
    id: int
    title: str
    handle: str
    vendor: str
    product_type: str
    created_at: datetime
    updated_at: datetime
    status: str = "active"
    image_url: str | None = None
    variants: list[Variant] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return gid("Product", self.id)

    @property
    def variant(self) -> Variant:
        """The first variant: the product itself, for products that have no options."""
        return self.variants[0]


@dataclass
class Customer:
    id: int
    email: str
    first_name: str
    last_name: str
    phone: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def gid(self) -> str:
        return gid("Customer", self.id)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
