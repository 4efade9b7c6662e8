"""What a query costs, and the leaky bucket that pays for it.

The classic published rules: a scalar is free, an object 1 point, a connection 2 points plus ``first`` (or ``last``)
times the cost of a node, a list with ``first`` likewise, a mutation 10. Shopify has since become cheaper for large
pages (by an unpublished formula), so a document that fits here fits there.
"""

from __future__ import annotations

import math
from datetime import datetime

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from serializer_app.text import Json, JsonDict

MAX_QUERY_COST = 1000
MUTATION_COST = 10


class Pricing:
    """Prices one operation, before it runs (``requested``) and by what it gave (``actual``)."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: JsonDict) -> None:
        self.schema = schema
        nodes = document.definitions
        self.operation = next(node for node in nodes if isinstance(node, OperationDefinitionNode))
        self.fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        self.variables = dict(variables)
        for definition in self.operation.variable_definitions or ():
            if definition.default_value is not None:
                self.variables.setdefault(
                    definition.variable.name.value, value_from_ast_untyped(definition.default_value)
                )

    def requested(self) -> int:
        if self.operation.operation is OperationType.MUTATION:
            return MUTATION_COST * len(self.operation.selection_set.selections)
        query = self.schema.query_type
        assert query is not None
        return self._selections(self.operation.selection_set, query)

    def actual(self, data: Json) -> int:
        """Objects that really came back; never more than was asked for, and a mutation always its fixed price."""
        if self.operation.operation is OperationType.MUTATION:
            return self.requested()
        return min(self.requested(), _objects(data))

    def _selections(self, selection: SelectionSetNode, parent: GraphQLNamedType) -> int:
        total, branches = 0, [0]
        for node in selection.selections:
            if isinstance(node, FieldNode):
                total += self._field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                type_ = self.schema.type_map[condition.name.value] if condition else parent
                branches.append(self._selections(node.selection_set, type_))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                type_ = self.schema.type_map[fragment.type_condition.name.value]
                branches.append(self._selections(fragment.selection_set, type_))
        return total + max(branches)

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> int:
        name = node.name.value
        field = getattr(parent, "fields", {}).get(name)
        if field is None:
            return 0
        type_ = get_named_type(field.type)
        if is_leaf_type(type_) or node.selection_set is None:
            return 0
        children = self._selections(node.selection_set, type_)
        if name == "pageInfo":
            return 0
        if parent.name.endswith(("Connection", "Edge")):
            return children if name == "edges" else children + 1
        size = self._size(node)
        if type_.name.endswith("Connection"):
            return 2 + size * children
        return (children + 1) * size

    def _size(self, node: FieldNode) -> int:
        given = node.arguments or ()
        arguments = {arg.name.value: value_from_ast_untyped(arg.value, self.variables) for arg in given}
        for name in ("first", "last"):
            if isinstance(arguments.get(name), int):
                return int(arguments[name])
        ids = arguments.get("ids")
        return len(ids) if isinstance(ids, list) else 1


def _objects(data: Json) -> int:
    if isinstance(data, dict):
        total = 0
        for name, value in data.items():
            if name == "pageInfo":
                continue
            own = 1 if isinstance(value, dict) and name != "node" else 0
            total += own + _objects(value)
        return total
    if isinstance(data, list):
        return sum(1 + _objects(entry) for entry in data if isinstance(entry, dict | list))
    return 0


class Bucket:
    """The leaky bucket of one shop and app: ``capacity`` points, filled up at ``rate`` points a second."""

    def __init__(self, now: datetime, capacity: float = 2000.0, rate: float = 100.0) -> None:
        self.capacity = capacity
        self.rate = rate
        self.available = capacity
        self._seen = now

    def resize(self, capacity: float, rate: float) -> None:
        """Another plan; the bucket starts full."""
        self.capacity, self.rate, self.available = capacity, rate, capacity

    def level(self, now: datetime) -> float:
        elapsed = max(0.0, (now - self._seen).total_seconds())
        self.available = min(self.capacity, self.available + elapsed * self.rate)
        self._seen = max(self._seen, now)
        return self.available

    def take(self, points: float, now: datetime) -> bool:
        """Pays, or answers False and leaves the bucket as it is."""
        if self.level(now) < points:
            return False
        self.available -= points
        return True

    def give_back(self, points: float) -> None:
        self.available = min(self.capacity, self.available + points)

    def status(self, now: datetime) -> dict[str, float]:
        """``throttleStatus`` of ``extensions.cost``."""
        return {
            "maximumAvailable": float(self.capacity),
            "currentlyAvailable": math.floor(self.level(now)),
            "restoreRate": float(self.rate),
        }
