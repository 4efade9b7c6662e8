"""Returns, reverse fulfilment orders and dispositions in the pretend Admin API."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError

from serializer_app.devstore.admin_search import Info, Value
from serializer_app.devstore.gids import gid, parse_gid
from serializer_app.devstore.moments import graphql_time
from serializer_app.devstore.orders import Line, Order
from serializer_app.devstore.returns import Disposal, Return, ReturnLine, ReverseLine, ReverseOrder
from serializer_app.devstore.state import ShopState
from serializer_app.text import JsonDict

READ = "read_returns"
Connection = Callable[..., JsonDict]


class ReturnViews:
    """Views of one shop's returns. ``connection`` makes a page, ``order`` and ``line`` are the views of those."""

    def __init__(
        self,
        state: ShopState,
        connection: Connection,
        order: Callable[[Order], JsonDict],
        line: Callable[[Line], JsonDict],
    ) -> None:
        self.state = state
        self._connection = connection
        self._order = order
        self._line = line

    def of_order(self, order: Order, args: JsonDict) -> JsonDict:
        return self._connection(self.state.returns.of(order), lambda one: (one.id,), self.shown, args)

    def find(self, id: str) -> JsonDict | None:
        """The view of the return or reverse fulfilment order that a global ID names."""
        parsed = parse_gid(id)
        if parsed is None:
            raise GraphQLError(f"Invalid global id '{id}'", extensions={"code": "BAD_USER_INPUT"})
        if parsed[0] == "Return":
            one = self.state.returns.by_id.get(parsed[1])
            return self.shown(one) if one else None
        found = self.state.returns.reverse_order(parsed[1])
        return self._reverse(found[0], found[1]) if found else None

    def shown(self, one: Return) -> JsonDict:
        return {
            "__typename": "Return",
            "id": one.gid,
            "name": one.name,
            "status": one.status,
            "createdAt": graphql_time(one.created_at),
            "closedAt": graphql_time(one.closed_at),
            "totalQuantity": sum(part.quantity for part in one.lines),
            "order": lambda info: self._order(one.order),
            "returnLineItems": lambda info, **args: self._connection(
                one.lines, lambda part: (part.id,), self._part, args
            ),
            "reverseFulfillmentOrders": lambda info, **args: self._connection(
                one.reverse, lambda reverse: (reverse.id,), lambda reverse: self._reverse(one, reverse), args
            ),
        }

    def _part(self, part: ReturnLine) -> JsonDict:
        return {
            "__typename": "ReturnLineItem",
            "id": part.gid,
            "quantity": part.quantity,
            "processedQuantity": part.processed,
            "fulfillmentLineItem": self._fulfilled(part.fulfillment_line_id, part.line, part.quantity),
        }

    def _reverse(self, one: Return, reverse: ReverseOrder) -> JsonDict:
        return {
            "__typename": "ReverseFulfillmentOrder",
            "id": reverse.gid,
            "status": reverse.status,
            "order": lambda info: self._order(one.order),
            "lineItems": lambda info, **args: self._connection(
                reverse.lines, lambda line: (line.id,), self._reverse_line, args
            ),
        }

    def _reverse_line(self, line: ReverseLine) -> JsonDict:
        return {
            "id": line.gid,
            "totalQuantity": line.total,
            "fulfillmentLineItem": self._fulfilled(line.fulfillment_line_id, line.line, line.total),
            "dispositions": [_disposition(disposal) for disposal in line.disposals],
        }

    def _fulfilled(self, number: int, line: Line, quantity: int) -> JsonDict:
        def shown(info: Info, **_: Value) -> JsonDict:
            return self._line(line)

        return {"id": gid("FulfillmentLineItem", number), "quantity": quantity, "lineItem": shown}


def _disposition(disposal: Disposal) -> JsonDict:
    return {
        "id": gid("ReverseFulfillmentOrderDisposition", disposal.id),
        "type": disposal.type,
        "quantity": disposal.quantity,
    }
