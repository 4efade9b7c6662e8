"""Another app of the merchant that writes under the same metafield keys, as the first source document describes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from serializer_app.devstore.metafields import MAX_JSON_BYTES, Metafield
from serializer_app.devstore.orders import Order
from serializer_app.devstore.products import Variant
from serializer_app.devstore.shop import Shop
from serializer_app.text import JsonDict

WRITER = "other app"


class OtherApp:
    """Writes values that this app never wrote. ``written`` is what it last wrote, by (owner's global ID, key)."""

    def __init__(self, shop: Shop, first: int = 1) -> None:
        """``first``: the number with which its item IDs and serial numbers begin."""
        self.shop = shop
        self.written: dict[tuple[str, str], str] = {}
        self._next = first

    def write(
        self, owner: Order | Variant, text: str, key: str = "properties", type: str = "json"
    ) -> Metafield:
        """Write any text. Raises ValueError when Shopify would refuse it."""
        metafield = self.shop.write_metafield(owner.gid, text, key, type, WRITER)
        self.written[owner.gid, key] = text
        return metafield

    def serialise(self, order: Order, *, beside: bool = False) -> list[str]:
        """Give every unit of an order an item ID and a serial number of its own; returns the new item IDs.

        ``beside`` keeps the items that it gave the order before; otherwise they are replaced.
        """
        new = [
            self._item(line.id, line.variant_id) for line in order.lines for _ in range(line.current_quantity)
        ]
        before = json.loads(self.written.get((order.gid, "properties"), "{}")) if beside else {}
        items = [*before.get("items", ()), *new]
        self.write(order, _json({"currentTotalTrackable": len(items), "items": items}))
        return [item["itemId"] for item in new]

    def configure(self, variant: Variant, months: int = 18) -> None:
        """Track a variant with a warranty and a custom field."""
        settings = {
            "trackable": True,
            "autoGeneratable": True,
            "warrantyDuration": {"unit": "month", "value": months},
            "customFields": [{"key": "engraving", "trackable": True}],
        }
        self.write(variant, _json(settings))

    def seed(self, orders: Sequence[Order], variants: Sequence[Variant]) -> None:
        """What a merchant brings who has used the other app for a while."""
        for variant in variants:
            self.configure(variant)
        for order in orders:
            self.serialise(order)

    def write_shape(self, owner: Order | Variant, shape: str) -> None:
        """One of SHAPES, under ``properties``."""
        text, type_ = SHAPES[shape]()
        self.write(owner, text, type=type_)

    def untouched(self) -> bool:
        """Whether everything that it wrote stands as it wrote it."""
        return all(
            (found := self.shop.metafield(owner, key)) is not None and found.value == text
            for (owner, key), text in self.written.items()
        )

    def _item(self, line_item_id: int, variant_id: int | None) -> JsonDict:
        number, self._next = self._next, self._next + 1
        return {
            "lineItemId": line_item_id,
            "productVariantId": variant_id,
            "itemId": f"QK7-{number:06}",
            "serialNumber": f"OLD{number:08}",
            "warrantyDuration": {"unit": "month", "value": 18},
            "customFields": [{"key": "engraving", "value": "Für Zoë"}],
        }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _large() -> str:
    """A document just within Shopify's limit."""
    items = [{"itemId": f"L{number:07}", "note": "x" * 90} for number in range(2000)]
    while len(text := _json({"currentTotalTrackable": len(items), "items": items}).encode()) > MAX_JSON_BYTES:
        items = items[: len(items) * MAX_JSON_BYTES // len(text) - 1]
    return text.decode()


SHAPES: dict[str, Callable[[], tuple[str, str]]] = {
    "empty": lambda: ('{"currentTotalTrackable": 2, "items": []}', "json"),
    "malformed": lambda: ('{"currentTotalTrackable": 2, "items": [', "multi_line_text_field"),
    "unknown": lambda: ('{"version": 3, "units": [{"code": "A-1", "sold": true}]}', "json"),
    "list": lambda: ('[1, "two", null]', "json"),
    "text": lambda: ("No serials\nfor this one \u2028 \u202e", "multi_line_text_field"),
    "escapes": lambda: ('{"items": [{"itemId": "nul \\u0000 and half \\ud800"}]}', "json"),
    "deep": lambda: ("[" * 400 + "]" * 400, "json"),
    "large": lambda: (_large(), "json"),
}
"""Values that another app may have left: (text, Shopify's metafield type)."""
