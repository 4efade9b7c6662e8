"""Whether a code may become a unit's serial number: the one rule for packing, order page and item page.

- A number that is known as something else is refused with what it is: a product's barcode or SKU, an item ID, a link,
  a parcel label, a code whose GTIN is another product's.
- A number that looks like something else is taken only after a person confirmed it: an order's number, an item ID with
  a typing error, a GTIN that no product here carries, a code whose GTIN is not the one of this product.
- Where a shop tracks its inventory, a number that no received unit has is taken only after a person confirmed it.
- Everything else is a maker's serial number and is taken without a question, whether or not it is in the registry.
  (Packing refuses unknown numbers of products whose numbers are in the registry or that are taken from stock.)

What is entered is the number that the code names: of a link the unit's number, of a GS1 code its AI (21).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from serializer_app.domain.catalog import catalog
from serializer_app.domain.desk import item_search
from serializer_app.domain.ids import reader
from serializer_app.domain.ids.gtin import read_gtin
from serializer_app.domain.ids.item_ids import old_id_key
from serializer_app.domain.ids.reader import Form
from serializer_app.domain.items.unit_states import REPLACED
from serializer_app.domain.registry import recognition, serials
from serializer_app.domain.registry.entry_documents import sentence
from serializer_app.domain.registry.recognition import CodeKind, Recognized
from serializer_app.domain.shops import shops
from serializer_app.errors import AppError
from serializer_app.store.models import Item, Order, Variant

Texts = dict[str, set[str]]
"""By what they may be: the texts that were typed."""

ASK = "confirm_"
"""Codes of errors begin with this if the same number is taken once a person confirmed it."""


def number_of(
    session: Session,
    shop_id: int,
    found: Recognized,
    *,
    variant_id: int,
    confirmed: bool = False,
    arriving: bool = False,
) -> str:
    """The serial number that a code stands for on a unit of ``variant_id``.

    ``arriving``: the unit is being received now, so nobody is asked why it is not in stock yet.

    Raises AppError 409: ``code_is_product``, ``code_is_item_id``, ``code_is_link``, ``code_is_no_unit``,
    ``code_of_other_product``; without ``confirmed`` also ``confirm_order_name``, ``confirm_item_id``,
    ``confirm_trade_number``, ``confirm_gtin``, ``confirm_not_received``. 422: ``serial_malformed``,
    ``serial_too_long``.
    """
    refuse_other_things(session, shop_id, found)
    refuse_other_product(session, shop_id, found, {variant_id})
    if not confirmed:
        _ask(session, shop_id, found, variant_id)
    number = found.number
    own = next((serial for serial in found.serials if serial.variant_id == variant_id), None)
    if own is not None and own.source != "item" and own.state != REPLACED:
        number = own.serial_number
    elif not (confirmed or arriving) and is_from_stock(session, shop_id, variant_id):
        raise _refused("confirm_not_received", "{number} was not received into stock.", {"number": number})
    problem = serials.wrong(number)
    if problem is not None:
        code = "serial_too_long" if problem is serials.EntryProblem.TOO_LONG else "serial_malformed"
        raise AppError(code, sentence(problem, serials.Entry(serial_number=number)), status=422)
    return number


def refuse_other_things(session: Session, shop_id: int, found: Recognized) -> None:
    """Raise what a code is if it is known as something that is no serial number."""
    registered = any(serial.source != "item" for serial in found.serials)
    if found.by_item_id or (is_unit_link(found) and found.kind is CodeKind.UNIT and not registered):
        raise _refused(
            "code_is_item_id", "This is the item ID of a unit. Scan the serial number of the unit instead."
        )
    of_product = found.reading.gtin is None and found.products and not registered
    if found.kind is CodeKind.PRODUCT or of_product:
        raise _refused(
            "code_is_product",
            "This is the barcode or SKU of {product}. Scan the serial number of the unit instead.",
            {"product": product_name(session, shop_id, found.products)},
        )
    if found.kind is CodeKind.LINK or (found.kind is CodeKind.ORDER and not found.number):
        raise _refused(
            "code_is_link", "This link leads to no unit of this shop. Scan the serial number instead."
        )
    if found.kind is CodeKind.CODE or (found.kind is CodeKind.TRADE_NUMBER and not found.number):
        raise _refused(
            "code_is_no_unit",
            "This code names a product or a parcel, not one unit. Scan the serial number instead.",
        )


def refuse_other_product(session: Session, shop_id: int, found: Recognized, wanted: Iterable[int]) -> None:
    """Raise ``code_of_other_product`` if the code's GTIN is a product's that is none of ``wanted``."""
    if found.reading.gtin is not None and found.products and not set(found.products) & set(wanted):
        raise _refused(
            "code_of_other_product",
            "This number belongs to another product: {product}",
            {"product": product_name(session, shop_id, found.products)},
        )


def is_from_stock(session: Session, shop_id: int, variant_id: int) -> bool:
    """Whether only received units are sold as this variant: the shop tracks inventory, and Shopify its quantity."""
    variant = catalog.find(session, shop_id, variant_id)
    if variant is None or not variant.inventory_tracked:
        return False
    return shops.tracks_inventory(shops.by_id(session, shop_id))


def product_name(session: Session, shop_id: int, variant_ids: Iterable[int]) -> str:
    """What Shopify calls the first of these variants."""
    first = next(iter(variant_ids))
    product, variant = item_search.variant_titles(session, shop_id, [first]).get(first, (None, None))
    return " · ".join(part for part in (product, variant) if part) or str(first)


def is_unit_link(found: Recognized) -> bool:
    """Whether the code is the link of a unit, from its label, its owner's page or a mail."""
    return found.reading.form in (Form.UNIT_LINK, Form.OWNER_LINK, Form.CONFIRMATION_LINK)


def _ask(session: Session, shop_id: int, found: Recognized, variant_id: int) -> None:
    if found.orders and not found.serials:
        raise _refused("confirm_order_name", "{number} is the number of an order.", {"number": found.number})
    if found.kind is CodeKind.MISTYPED:
        raise _refused(
            "confirm_item_id",
            "{number} looks like an item ID with a typing error. Scan it again.",
            {"number": found.number},
        )
    if found.kind is CodeKind.TRADE_NUMBER:
        raise _refused(
            "confirm_trade_number", "{number} looks like the barcode of a product.", {"number": found.number}
        )
    if found.reading.gtin is not None and not found.products:
        variant = catalog.find(session, shop_id, variant_id)
        own = read_gtin(variant.barcode) if variant is not None else None
        if own is not None and own != found.reading.gtin:
            raise _refused(
                "confirm_gtin",
                "The code is for the product with the GTIN {gtin}, this product has {own}.",
                {"gtin": found.reading.gtin, "own": own},
            )


def _refused(code: str, message: str, values: Mapping[str, str] | None = None) -> AppError:
    return AppError(code, message.format_map(values or {}), status=409, values=values)


class Numbers:
    """Serial numbers of a file, read by the rule above. Most name nothing else; those few statements find together.

    Near readings of ordinary numbers are left out: a file says exactly what it means.
    """

    def __init__(self, session: Session, shop_id: int, typed: Iterable[str]) -> None:
        self._session, self._shop_id = session, shop_id
        self._ordinary = _ordinary(session, shop_id, {text for text in typed if text})

    def of(self, typed: str, variant_id: int) -> tuple[str, str | None]:
        """(the serial number, the code of what a person should look at before the import or None).

        Raises AppError 409 ``import_code_…``, 422 ``serial_malformed``, ``serial_too_long``.
        """
        if typed in self._ordinary:
            return typed, None
        found = recognition.recognize(self._session, self._shop_id, typed)
        try:
            return number_of(self._session, self._shop_id, found, variant_id=variant_id), None
        except AppError as error:
            if error.code in _IN_FILES:
                raise AppError(f"import_{error.code}", _IN_FILES[error.code], status=409) from error
            if not error.code.startswith(ASK):
                raise
            asked = error.code
        return number_of(self._session, self._shop_id, found, variant_id=variant_id, confirmed=True), asked


_IN_FILES = {
    "code_is_product": "This is the barcode or SKU of a product, not the serial number of a unit",
    "code_is_item_id": "This is the item ID of a unit, not its serial number",
    "code_is_link": "This link leads to no unit of this shop; enter the serial number",
    "code_is_no_unit": "This code names a product or a parcel, not one unit; enter the serial number",
    "code_of_other_product": "This number belongs to another product",
}
"""What is said of a row of a file: it names no product, because a result file is written long afterwards."""


def _ordinary(session: Session, shop_id: int, typed: Collection[str]) -> set[str]:
    """Those of ``typed`` that look like nothing but a serial number, and that nothing else in the shop goes by."""
    names: Texts = {}
    old_ids: Texts = {}
    plain: set[str] = set()
    for text in typed:
        reading = reader.read(text)
        if reading.form is not Form.PLAIN or reading.number != text or reading.item_ids:
            continue
        if serials.wrong(text) or reader.looks_like_item_id(text) or reader.trade_number(text):
            continue
        plain.add(text)
        for spelling in reading.spellings:
            bare = spelling.removeprefix("#")
            for name in (spelling, spelling.upper(), spelling.lower(), bare, f"#{bare}"):
                names.setdefault(name, set()).add(text)
            if key := old_id_key(spelling):
                old_ids.setdefault(key, set()).add(text)
    order_ids = {int(name): texts for name, texts in names.items() if name.isascii() and name.isdigit()}
    columns: tuple[tuple[InstrumentedAttribute[str | None], InstrumentedAttribute[int], Texts], ...] = (
        (Variant.barcode, Variant.shop_id, names),
        (Variant.sku, Variant.shop_id, names),
        (Order.name, Order.shop_id, names),
        (Item.old_key, Item.shop_id, old_ids),
    )
    for column, shop, wanted in columns:
        values = sorted(wanted)
        for start in range(0, len(values), 500):
            query = select(column).where(shop == shop_id, column.in_(values[start : start + 500]))
            for found in session.scalars(query):
                plain -= wanted[found or ""]
    numbers = sorted(number for number in order_ids if number < 2**63)
    for start in range(0, len(numbers), 500):
        orders = select(Order.order_id).where(
            Order.shop_id == shop_id, Order.order_id.in_(numbers[start : start + 500])
        )
        for order_id in session.scalars(orders):
            plain -= order_ids[order_id]
    return plain
