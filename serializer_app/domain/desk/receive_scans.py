"""The receiving page: what a scanned code means for the delivery that is being received."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import serial_entry
from serializer_app.domain.registry.recognition import CodeKind, Recognized
from serializer_app.domain.stock import expected, receiving
from serializer_app.domain.stock.expected import Loaded
from serializer_app.domain.stock.receiving import Received
from serializer_app.errors import AppError
from serializer_app.store.models import Shop, Variant

_SEPARATORS = re.compile(r"[\r\n,;\t]+")


@dataclass(frozen=True)
class Chosen:
    """The code named a product; its units are received from now on."""

    variant: Variant


@dataclass(frozen=True)
class ListLoaded:
    """A list of expected numbers: what became of it, and the refused lines with the reason."""

    loaded: Loaded
    refused: list[tuple[str, AppError]] = field(default_factory=list)


def scan(
    session: Session,
    shop: Shop,
    found: Recognized,
    *,
    variant_id: int | None,
    location_id: int | None,
    confirmed: bool = False,
    actor: str,
) -> Received | Chosen:
    """Receive the unit that a code stands for, or choose the product that it names.

    A GS1 code names its product itself. desk.serial_entry says which codes become serial numbers.

    Raises AppError 409: ``receive_no_product``, ``receive_shared_code``, ``received_on_order``, without ``confirmed``
    also ``confirm_near``; and what ``serial_entry.number_of`` and ``receiving.receive`` refuse.
    """
    units = [serial for serial in found.serials if serial.source != "item"]
    names_product = bool(found.products) and not units and (found.reading.gtin is None or not found.number)
    if names_product and found.kind is CodeKind.PRODUCT:
        return Chosen(_variant(session, shop.id, _only(found.products, variant_id)))
    if variant_id is None and found.reading.gtin and found.products:
        variant_id = _only(found.products, None)
    if variant_id is None and len(units) == 1 and not found.near:
        variant_id = units[0].variant_id
    if variant_id is None:
        raise AppError(
            "receive_no_product", "Scan the barcode of the product first, or choose it", status=409
        )
    variant = _variant(session, shop.id, variant_id)
    if found.near and units:
        if not confirmed:
            values = {"number": found.number, "other": units[0].serial_number}
            message = "{number} is nearly {other}, which is known already."
            raise AppError("confirm_near", message.format_map(values), status=409, values=values)
        found, units = replace(found, items=(), serials=(), near=False, kind=CodeKind.UNKNOWN), []
    _refuse_known(session, shop.id, found, variant_id, {unit.variant_id for unit in units})
    exact = next((unit for unit in units if unit.variant_id == variant_id), None)
    number = (
        exact.serial_number
        if exact is not None
        else serial_entry.number_of(
            session, shop.id, found, variant_id=variant_id, confirmed=confirmed, arriving=True
        )
    )
    return receiving.receive(
        session, shop, variant, number, location_id=location_id, confirmed=confirmed, actor=actor
    )


def load_list(session: Session, shop_id: int, variant_id: int, text: str, *, actor: str) -> ListLoaded:
    """Add the numbers of a list, separated by line breaks, commas, semicolons or tabs. Raises as ``expected.load``."""
    typed = codes_in(text)
    if len(typed) > expected.MOST:
        message = f"A list holds at most {expected.MOST:,} serial numbers"
        raise AppError("too_many_expected", message, status=422)
    numbers = serial_entry.Numbers(session, shop_id, typed)
    kept: list[str] = []
    refused: list[tuple[str, AppError]] = []
    for one in typed:
        try:
            kept.append(numbers.of(one, variant_id)[0])
        except AppError as error:
            refused.append((one, error))
    return ListLoaded(expected.load(session, shop_id, variant_id, kept, actor=actor), refused)


def codes_in(text: str) -> list[str]:
    """The codes of a text, each once, separated as in ``load_list``."""
    return list(dict.fromkeys(part for part in map(str.strip, _SEPARATORS.split(text)) if part))


def _only(products: Collection[int], chosen: int | None) -> int:
    """The product that a code names; of several, the one that is chosen already."""
    if chosen in products:
        assert chosen is not None
        return chosen
    if len(products) > 1:
        raise AppError(
            "receive_shared_code", "Several products have this code. Choose one by its name", status=409
        )
    return next(iter(products))


def _variant(session: Session, shop_id: int, variant_id: int) -> Variant:
    variant = catalog.find(session, shop_id, variant_id)
    if variant is None or variant.deleted_at is not None:
        raise AppError("variant_not_found", f"Variant {variant_id} not found.", status=404)
    return variant


def _refuse_known(
    session: Session, shop_id: int, found: Recognized, variant_id: int, carried: Collection[int]
) -> None:
    """Refuse a number that is another product's unit, or that was sold before the registry knew it."""
    sold = [item for item in found.items if item.removed_at is None and item.variant_id == variant_id]
    if sold and not found.by_item_id and not found.near:
        raise receiving.on_order(session, shop_id, found.number, sold[0])
    if carried and variant_id not in carried:
        product = serial_entry.product_name(session, shop_id, carried)
        message = "{number} belongs to another product: {product}"
        values = {"number": found.number, "product": product}
        raise AppError("receive_other_product", message.format_map(values), status=409, values=values)
