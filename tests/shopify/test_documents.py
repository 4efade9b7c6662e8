"""The documents are valid against the official schema, plain in shape, and within Shopify's cost limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_named_type,
    is_composite_type,
    is_object_type,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoDeprecatedCustomRule

from serializer_app.shopify.client import document

DOCUMENTS = sorted(Path(str(resources.files("serializer_app.shopify") / "documents")).glob("*.graphql"))
NAMES = [path.stem for path in DOCUMENTS]

# The largest page each caller may ask for, where a document leaves the size to a variable.
PAGES = {
    "FulfillmentOrderLines": 250,
    "InventoryLevels": 200,
    "Locations": 200,
    "FulfillmentOrdersUpdatedSince": 100,
    "OrderFulfillmentOrders": 5,
    "OrderIds": 5,
    "OrderLineItems": 250,
    "OrderReturns": 4,
    "OrdersUpdatedSince": 5,
    "OrdersWithReturns": 100,
    "ProductVariants": 90,
    "ReturnLines": 200,
    "ReturnReverseOrders": 20,
    "ReverseOrderLines": 200,
}
OWNERS = {
    "VariantInventory": 50,
    "VariantQuantities": 14,
    "OrderTimes": 10,
    "OwnerMetafields": 25,
    "OwnerDigests": 25,
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    sdl = resources.files("serializer_app.devstore") / "admin_2026-10.graphql"
    return build_schema(sdl.read_text(encoding="utf-8"), assume_valid=True)


def operation(name: str) -> OperationDefinitionNode:
    (definition,) = parse(document(name)).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def test_every_operation_that_the_app_needs_is_there() -> None:
    assert set(NAMES) == {
        "FlowTriggerReceive",
        "FulfillmentOrderHold",
        "FulfillmentOrderIds",
        "FulfillmentOrderLines",
        "FulfillmentOrderReleaseHold",
        "FulfillmentOrdersUpdatedSince",
        "InventoryLevels",
        "Locations",
        "MetafieldDefinitionCreate",
        "MetafieldDefinitionUpdate",
        "MetafieldDefinitions",
        "MetafieldsDelete",
        "MetafieldsSet",
        "Order",
        "OrderFulfillmentOrders",
        "OrderIds",
        "OrderLineItems",
        "OrderOfReturn",
        "OrderOfReverseOrder",
        "OrderReturns",
        "OrderTimes",
        "OrdersUpdatedSince",
        "OrdersWithReturns",
        "OwnerDigests",
        "OwnerMetafields",
        "ProductVariants",
        "ReturnLines",
        "ReturnReverseOrders",
        "ReverseOrderLines",
        "Shop",
        "VariantInventory",
        "VariantQuantities",
        "WebhookSubscriptionCreate",
        "WebhookSubscriptionDelete",
        "WebhookSubscriptions",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_and_uses_nothing_deprecated(name: str, schema: GraphQLSchema) -> None:
    errors = validate(schema, parse(document(name)), [*specified_rules, NoDeprecatedCustomRule])
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_holds_one_operation_named_like_its_file(name: str) -> None:
    found = operation(name).name
    assert found is not None
    assert found.value == name


@pytest.mark.parametrize("name", NAMES)
def test_a_document_renames_no_field_so_that_any_stand_in_can_answer_it(name: str) -> None:
    assert [field.alias.value for field in _fields(operation(name).selection_set) if field.alias] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_requested_cost_stays_within_the_thousand_points_of_a_call(
    name: str, schema: GraphQLSchema
) -> None:
    definition = operation(name)
    root = schema.mutation_type if definition.operation is OperationType.MUTATION else schema.query_type
    cost = _cost(schema, root, definition.selection_set, {"first": PAGES.get(name, 30)}, OWNERS.get(name, 1))
    assert 0 < cost + (10 if definition.operation is OperationType.MUTATION else 0) <= 1000


def test_every_call_passes_the_variables_that_its_document_requires() -> None:
    required = {
        name: {
            variable.variable.name.value
            for variable in operation(name).variable_definitions or ()
            if isinstance(variable.type, NonNullTypeNode) and variable.default_value is None
        }
        for name in NAMES
    }
    calls = [*_calls()]
    assert len(calls) > 8
    for place, name, passed in calls:
        assert required[name] <= passed, place


def _calls() -> Iterator[tuple[str, str, set[str]]]:
    """(place, document, variables) of every call in our code that spells out both."""
    for path in Path(str(resources.files("serializer_app"))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(args=[ast.Constant(value=str(name)), ast.Dict(keys=keys)]) if name in NAMES:
                    passed = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                    yield f"{path.name}:{node.lineno}", name, passed


@pytest.mark.parametrize("name", ["NoSuchOperation", "../client", "", "Order.graphql"])
def test_a_document_that_is_not_ours_is_not_found(name: str) -> None:
    with pytest.raises(KeyError):
        document(name)


def _fields(selections: SelectionSetNode | None) -> list[FieldNode]:
    found = []
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            found.append(node)
        found += _fields(getattr(node, "selection_set", None))
    return found


def _cost(
    schema: GraphQLSchema, parent: Any, selections: SelectionSetNode, variables: dict[str, int], owners: int
) -> int:
    """Shopify's rule: an object is a point, a connection its page times what a node costs, a union its dearest part."""
    total, dearest = 0, 0
    for node in selections.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            assert condition is not None
            kind = schema.type_map[condition.name.value]
            dearest = max(dearest, _cost(schema, kind, node.selection_set, variables, owners))
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            if node.name.value == "pageInfo":
                continue  # one point a connection, not one a node
            kind = get_named_type(parent.fields[node.name.value].type)
            assert is_composite_type(kind)
            inner = _cost(schema, kind, node.selection_set, variables, owners)
            page = _page(node, variables, owners)
            wrapper = is_object_type(kind) and kind.name.endswith("Connection")
            total += page * inner if wrapper else page * (1 + inner)
    return total + dearest


def _page(node: FieldNode, variables: dict[str, int], owners: int) -> int:
    if node.name.value == "nodes" and any(argument.name.value == "ids" for argument in node.arguments or ()):
        return owners
    for argument in node.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return variables[argument.value.name.value]
            assert isinstance(argument.value, IntValueNode)
            return int(argument.value.value)
    return 1
