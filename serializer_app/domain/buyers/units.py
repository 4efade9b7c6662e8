"""Units as visitors of the shop meet them: whatever is known of one thing under its serial number, item ID or link.

A unit is an item of an order, a serial of the registry, or both. Who only typed a number gets a *view* of it; who
has the unit's own link has the random token of its serial, which no list and no answer of ours to a number gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from serializer_app.clock import now
from serializer_app.domain.catalog import catalog
from serializer_app.domain.items import ties
from serializer_app.domain.items.ties import HOLDS
from serializer_app.domain.items.unit_states import REPLACED, UnitState
from serializer_app.domain.registry import lookups, recognition, registrations, resales, serials, warranties
from serializer_app.domain.registry.recognition import OpenToken, Recognized
from serializer_app.domain.registry.warranties import Cover
from serializer_app.store.models import Customer, Item, Line, Order, Registration, Serial, Shop

State = Literal["genuine", "removed", "replaced", "returned", "lost"]
"""What a visitor is told: ``removed`` from its order, ``returned`` to the shop, ``lost``: reported lost."""
Subject = Literal["item", "serial"]

MOST = recognition.MOST


@dataclass(frozen=True)
class Product:
    """What the shop calls the thing; ``image_url`` is https or None."""

    variant_id: int
    title: str
    variant_title: str | None
    image_url: str | None
    barcode: str | None


@dataclass(frozen=True)
class Unit:
    """One unit. ``duration`` is its warranty in the stored form, ``cover`` what that means today."""

    state: State
    number: str
    item: Item | None
    serial: Serial | None
    claim: Registration | None
    product: Product
    duration: str | None
    cover: Cover
    unsold: bool = False
    """Whether it is genuine, and the shop has not sold it (again) yet."""

    @property
    def subject(self) -> tuple[Subject, int]:
        """What history and scans are kept under: the item, because it stays when its serial is swapped."""
        if self.item is not None:
            return "item", self.item.id
        assert self.serial is not None
        return "serial", self.serial.id


def find(
    session: Session,
    shop: Shop,
    typed: str,
    *,
    variants: Iterable[int] = (),
    open_token: OpenToken = lambda _: None,
) -> list[Unit]:
    """The units somebody may mean who typed or scanned ``typed``; of ``variants`` only, where given.

    Living ones first: what was removed or replaced is found only where nothing else goes by that number.
    """
    found = recognition.recognize(
        session, shop.id, typed, variants=variants, open_token=open_token, orders=False
    )
    return of_recognized(session, shop, found)


def of_recognized(session: Session, shop: Shop, found: Recognized) -> list[Unit]:
    """The units that a code was recognized as."""
    living = [serial for serial in found.serials if serial.state != REPLACED]
    known = {item.id for item in found.items}
    sold = {item.variant_id for item in found.items}
    here = [of_item(session, shop, item) for item in found.items]
    # Entered on a unit but not tied to it: still one thing with one number.
    here += [
        of_serial(session, shop, serial)
        for serial in living
        if serial.item_key not in known and serial.variant_id not in sold
    ]
    return here or [of_serial(session, shop, serial) for serial in found.serials]


def by_key(session: Session, shop: Shop, subject: str, key: int) -> Unit | None:
    """A unit by what it is kept under; None when it is gone for good."""
    table = Item if subject == "item" else Serial
    row = session.scalars(select(table).where(table.shop_id == shop.id, table.id == key)).one_or_none()
    if isinstance(row, Item):
        return of_item(session, shop, row)
    return of_serial(session, shop, row) if isinstance(row, Serial) else None


def by_token(session: Session, shop: Shop, token: str) -> Unit | None:
    """The unit whose own link holds ``token``."""
    serial = serials.by_token(session, shop.id, token)
    return None if serial is None else of_serial(session, shop, serial)


def of_item(session: Session, shop: Shop, item: Item) -> Unit:
    """Everything about a unit of an order."""
    serial = ties.serial_of(session, shop.id, item.id)
    claim = session.scalars(
        select(Registration).where(Registration.shop_id == shop.id, Registration.item_key == item.id, *HOLDS)
    ).one_or_none()
    line = session.get(Line, (shop.id, item.line_item_id))
    order = session.get(Order, (shop.id, item.order_id))
    duration, cover = item.warranty, Cover("none")
    if claim is not None:
        duration, cover = lookups.promised(session, shop, claim)
    elif shop.warranty_start != "registration":
        facts = warranties.WarrantyFacts(
            registered_at=item.created_at,
            warranty=item.warranty,
            until=resales.covered_until(session, shop, item),
            ordered_at=None if order is None else order.ordered_at,
            fulfilled_at=None if line is None else line.fulfilled_at,
        )
        cover = warranties.cover(facts, rule=shop.warranty_start, time_zone=shop.time_zone, at=now())
    return Unit(
        state=_state_of_sale(item, serial),
        number=item.serial_number or item.item_id,
        item=item,
        serial=serial,
        claim=claim,
        product=product(session, shop.id, item.variant_id, line),
        duration=duration,
        cover=cover,
    )


def of_serial(session: Session, shop: Shop, serial: Serial, *, sold: bool = True) -> Unit:
    """Everything about a serial: the unit of an order that it is known to be, else what the registry knows.

    With ``sold`` False only the latter: what somebody may see who registered it without a sale.
    """
    if sold and serial.item_key is not None and serial.state != REPLACED:
        item = session.scalars(
            select(Item).where(Item.shop_id == shop.id, Item.id == serial.item_key)
        ).one_or_none()
        # A registry serial outlives a returned unit; the serial that an item ID became does not.
        if item is not None and (item.removed_at is None or serial.source == "item"):
            return of_item(session, shop, item)
    claim = registrations.claim_of(session, shop.id, serial, lock=False, in_force=True)
    variant = catalog.find(session, shop.id, serial.variant_id)
    duration, cover = None if variant is None else variant.warranty, Cover("none")
    if claim is not None:
        duration, cover = lookups.promised(session, shop, claim)
    return Unit(
        state=_STATES.get(UnitState(serial.state), "genuine"),
        number=serial.serial_number,
        item=None,
        serial=serial,
        claim=claim,
        product=product(session, shop.id, serial.variant_id, None),
        duration=duration,
        cover=cover,
        unsold=serial.state == UnitState.IN_STOCK and claim is None,
    )


_STATES: dict[UnitState, State] = {
    UnitState.REPLACED: "replaced",
    UnitState.RETURNED: "returned",
    UnitState.IN_REPAIR: "returned",
    UnitState.LOST: "lost",
    UnitState.SCRAPPED: "removed",
}
"""Of a unit that no order has; in every other state it is genuine."""


def _state_of_sale(item: Item, serial: Serial | None) -> State:
    if item.removed_at is not None:
        return "removed" if item.returned_at is None else "returned"
    state = None if serial is None else serial.state
    return "lost" if state == UnitState.LOST else "removed" if state == UnitState.SCRAPPED else "genuine"


def product(session: Session, shop_id: int, variant_id: int, line: Line | None) -> Product:
    """What Shopify calls a variant, else what the order called it."""
    variant = catalog.find(session, shop_id, variant_id)
    title = (variant.product_title if variant else None) or (line.title if line else None) or ""
    name = (variant.title if variant else None) or (line.variant_title if line else None)
    image = variant.image_url if variant else None
    return Product(
        variant_id,
        title,
        # Shopify's name for the only variant of a product.
        None if name in (None, "Default Title") else name,
        image if image and image.startswith("https://") else None,
        variant.barcode if variant else None,
    )


def link_token(session: Session, shop_id: int, unit: Unit, *, actor: str) -> str:
    """The token of the unit's own link; a unit of an order that has none yet gets its serial now.

    Random and kept, not derived from a key: it stands on boxes, and keys are rotated.
    """
    if unit.serial is not None:
        return unit.serial.token
    item = unit.item
    assert item is not None
    return serials.make_for_items(session, shop_id, [item], actor=actor)[item.id].token


def claimant(session: Session, shop_id: int, claim: Registration) -> int | None:
    """Shopify's number of the customer who registered a unit, where it is known."""
    return session.scalar(
        select(Customer.customer_id).where(Customer.shop_id == shop_id, Customer.id == claim.customer_key)
    )
