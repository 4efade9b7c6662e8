"""Cuts the part of the official Admin schema out that the app's documents touch, as SDL small enough to commit.

``python -m serializer_app.devstore.schema_closure <npm package .tgz or introspection .json.gz>`` writes
``admin_2026-10.graphql`` beside this file. The source is ``dist/data/admin_2026-10.json.gz`` of the npm package
``@shopify/dev-mcp``. Run it again whenever a document asks for a new field.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from collections import defaultdict
from pathlib import Path

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.utilities.print_schema import print_input_value

from serializer_app.text import JsonDict

VERSION = "2026-10"
HERE = Path(__file__).parent
SDL = HERE / f"admin_{VERSION}.graphql"
DOCUMENTS = HERE.parent / "shopify" / "documents"
#: Operations of the dev store's own tests and pages, so that the committed schema can answer them too.
EXTRA = HERE / "extra.graphql"
_MEMBER = f"package/dist/data/admin_{VERSION}.json.gz"


def official_schema(source: Path) -> GraphQLSchema:
    """The whole official schema, from the npm tarball or from the introspection file inside it."""
    raw = source.read_bytes()
    if source.suffix == ".tgz":
        with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
            member = tar.extractfile(_MEMBER)
            if member is None:
                raise SystemExit(f"{source} holds no {_MEMBER}")
            raw = member.read()
    introspection: JsonDict = json.loads(gzip.decompress(raw))
    return build_client_schema(introspection["data"], assume_valid=True)


def documents() -> dict[str, str]:
    """Every GraphQL document that the closure has to cover, by file name."""
    files = [*sorted(DOCUMENTS.glob("*.graphql")), EXTRA]
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def closure_sdl(schema: GraphQLSchema, sources: dict[str, str]) -> str:
    """SDL of all fields that ``sources`` select, and all types those need; SystemExit on a bad one."""
    closure = _Closure(schema)
    for name, source in sources.items():
        document = parse(source)
        errors = validate(schema, document)
        if errors:
            raise SystemExit(f"{name} does not fit the Admin API {VERSION}: {errors[0].message}")
        info = TypeInfo(schema)
        visit(document, TypeInfoVisitor(info, _UsedFields(info, closure)))
    return closure.sdl()


class _UsedFields(Visitor):
    """Reports every selected field, and every type that a fragment names, to the closure."""

    def __init__(self, info: TypeInfo, closure: _Closure) -> None:
        super().__init__()
        self.info = info
        self.closure = closure

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        if parent is not None and not node.name.value.startswith("__"):
            self.closure.use_field(parent.name, node.name.value)

    def enter_inline_fragment(self, *_: object) -> None:
        type_ = self.info.get_type()
        if type_ is not None:
            self.closure.use_type(get_named_type(type_))

    enter_fragment_definition = enter_inline_fragment


class _Closure:
    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.fields: dict[str, set[str]] = defaultdict(set)
        self.types: set[str] = {"QueryRoot", "Mutation"}

    def use_field(self, owner: str, field: str) -> None:
        if field in self.fields[owner]:
            return
        self.fields[owner].add(field)
        self.types.add(owner)
        definition = self._field(owner, field)
        self.use_type(get_named_type(definition.type))
        for argument in self._arguments(definition).values():
            self.use_type(get_named_type(argument.type))

    def use_type(self, type_: GraphQLNamedType) -> None:
        """Takes a type in; an input object brings all its fields, so that any valid variable stays valid."""
        if type_.name in self.types:
            return
        self.types.add(type_.name)
        if isinstance(type_, GraphQLInputObjectType):
            for field in type_.fields.values():
                if field.deprecation_reason is None:
                    self.use_type(get_named_type(field.type))

    def sdl(self) -> str:
        self._complete_interfaces()
        header = (
            f"# The part of Shopify's Admin API {VERSION} that this app uses. Made by schema_closure.py from\n"
            "# @shopify/dev-mcp; do not edit by hand.\n"
        )
        schema = "schema {\n  query: QueryRoot\n  mutation: Mutation\n}"
        blocks = [self._print(self.schema.type_map[name]) for name in sorted(self.types)]
        return header + "\n\n".join([schema, *(block for block in blocks if block)]) + "\n"

    def _complete_interfaces(self) -> None:
        """An object must carry the kept fields of its interfaces, which may bring further types."""
        while True:
            before = (len(self.types), sum(map(len, self.fields.values())))
            for name in list(self.types):
                for interface in self._interfaces(name):
                    for field in list(self.fields[interface]):
                        self.use_field(name, field)
            if before == (len(self.types), sum(map(len, self.fields.values()))):
                return

    def _interfaces(self, name: str) -> list[str]:
        type_ = self.schema.type_map[name]
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            return []
        return [interface.name for interface in type_.interfaces if interface.name in self.types]

    def _field(self, owner: str, field: str) -> GraphQLField:
        type_ = self.schema.type_map[owner]
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType), owner
        found: GraphQLField = type_.fields[field]
        return found

    @staticmethod
    def _arguments(field: GraphQLField) -> dict[str, GraphQLArgument]:
        return {name: arg for name, arg in field.args.items() if arg.deprecation_reason is None}

    def _print(self, type_: GraphQLNamedType) -> str:
        match type_:
            case GraphQLScalarType():
                builtin = type_.name in {"String", "Int", "Float", "Boolean", "ID"}
                return "" if builtin else f"scalar {type_.name}"
            case GraphQLEnumType():
                return _block(f"enum {type_.name}", list(type_.values))
            case GraphQLUnionType():
                members = [member.name for member in type_.types if member.name in self.types]
                return f"union {type_.name} = {' | '.join(members)}" if members else f"scalar {type_.name}"
            case GraphQLInputObjectType():
                fields = {n: f for n, f in type_.fields.items() if f.deprecation_reason is None}
                lines = [print_input_value(n, f) for n, f in fields.items()]
                return _block(f"input {type_.name}", lines)
            case GraphQLObjectType() | GraphQLInterfaceType():
                return self._print_fields(type_)
        raise AssertionError(type_)

    def _print_fields(self, type_: GraphQLObjectType | GraphQLInterfaceType) -> str:
        interfaces = self._interfaces(type_.name)
        kind = "type" if isinstance(type_, GraphQLObjectType) else "interface"
        implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
        # A type that only ever stands as the target of a fragment still needs one field to be valid.
        names = sorted(self.fields[type_.name]) or ["id"]
        lines = []
        for name in names:
            field = type_.fields[name]
            arguments = ", ".join(print_input_value(n, a) for n, a in self._arguments(field).items())
            lines.append(f"{name}{f'({arguments})' if arguments else ''}: {field.type}")
        return _block(f"{kind} {type_.name}{implements}", lines)


def _block(head: str, lines: list[str]) -> str:
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sdl = closure_sdl(official_schema(Path(sys.argv[1])), documents())
    SDL.write_text(sdl, encoding="utf-8")
    sys.stderr.write(f"{SDL}: {len(sdl)} bytes\n")


if __name__ == "__main__":
    main()
