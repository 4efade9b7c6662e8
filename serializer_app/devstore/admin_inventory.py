"""Locations and quantities in the pretend Admin API."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError

from serializer_app.devstore.admin_search import Info, Value
from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.devstore.products import Variant
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict

READ = "read_inventory"
ITEM_OFFSET = 1_000_000_000
"""By how much the ID of an inventory item is larger than that of its variant."""


class InventoryViews:
    """Views of one shop's locations and quantities; ``connection`` makes a page."""

    def __init__(self, state: ShopState, connection: Callable[..., JsonDict]) -> None:
        self.state = state
        self._connection = connection

    def locations(self, args: JsonDict) -> JsonDict:
        found = [
            number for number in self.state.locations if args.get("includeInactive") or self._is_open(number)
        ]
        return self._connection(found, lambda number: (number,), self._location, args)

    def item(self, variant: Variant) -> JsonDict:
        def levels(info: Info, **args: Value) -> JsonDict:
            counts = self.state.on_hand.get(variant.id, {})
            return self._connection([*counts], lambda at: (at,), lambda at: self._level(at, counts[at]), args)

        number = gid("InventoryItem", variant.id + ITEM_OFFSET)
        return {"id": number, "tracked": variant.tracked, "inventoryLevels": levels}

    def find(self, id: str) -> JsonDict | None:
        parsed = parse_gid(id)
        if parsed is None or parsed[0] != "InventoryItem":
            raise GraphQLError(f"Invalid global id '{id}'", extensions={"code": "BAD_USER_INPUT"})
        variant = self.state.variants.get(parsed[1] - ITEM_OFFSET)
        return self.item(variant) if variant else None

    def _location(self, number: int) -> JsonDict:
        return {
            "id": gid("Location", number),
            "name": self.state.locations[number],
            "isActive": self._is_open(number),
        }

    def _is_open(self, number: int) -> bool:
        return number not in self.state.closed_locations

    def _level(self, at: int, units: int) -> JsonDict:
        def quantities(info: Info, names: list[str]) -> list[JsonDict]:
            return [{"name": name, "quantity": units if name == "on_hand" else 0} for name in names]

        return {"location": self._location(at), "quantities": quantities}
