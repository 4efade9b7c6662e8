"""The OpenAPI 3.1 document, made from the operations, their input models and their answer structs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import get_args, get_type_hints

import msgspec
from msgspec import UnsetType
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from serializer_app.text import JsonDict
from serializer_app.web.api import examples, registry_examples, webhook_examples
from serializer_app.web.api.codes import ERRORS, EVERYWHERE
from serializer_app.web.api.operations import NUMBERED, OPERATIONS, PREFIX, Example, Operation
from serializer_app.web.wire.inputs import Nothing
from serializer_app.web.wire.values import Input

VERSION = "1.0.0"
"""Of the interface: its major number stands in every address."""

_REF = "#/components/schemas/"
_JSON = "application/json"

EXAMPLES: dict[str, Example] = {
    **examples.EXAMPLES,
    **registry_examples.EXAMPLES,
    **webhook_examples.EXAMPLES,
}
"""One for each operation behind a key."""


class ErrorDetail(msgspec.Struct):
    """One problem of the request: where, and what is wrong there."""

    path: str
    message: str


class ErrorBody(msgspec.Struct):
    """`code` is stable, `message` is for people."""

    code: str
    message: str
    details: list[ErrorDetail]


class Error(msgspec.Struct):
    """The one shape of every failure."""

    error: ErrorBody
    requestId: str


@lru_cache(maxsize=8)
def document(server: str) -> JsonDict:
    """The document for one public address (origin) of the app."""
    paths: dict[str, JsonDict] = {}
    for found in OPERATIONS.values():
        paths.setdefault(PREFIX + found.path, {})[found.method.lower()] = _operation(found)
    whole: JsonDict = {
        "openapi": "3.1.0",
        "info": {
            "title": "Serializer API",
            "version": VERSION,
            "summary": "Items, serial numbers, warranties and orders of one shop, for its other systems.",
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "security": [{"apiKey": []}],
        "tags": [{"name": name} for name in _chapters()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "szr_…",
                    "description": "An API key of one shop, with the scopes read, write or both.",
                }
            },
            "schemas": _schemas(),
        },
        "x-error-codes": {
            code: {"status": status, "meaning": text} for code, (status, text) in ERRORS.items()
        },
    }
    schemas = whole["components"]["schemas"]
    whole["components"]["schemas"] = {_shown(name): schema for name, schema in schemas.items()}
    assert len(whole["components"]["schemas"]) == len(schemas), "two objects would have one name"
    _tidy(whole["components"]["schemas"])
    _tidy(whole["paths"])
    return whole


def _shown(name: str) -> str:
    """What a struct is called outside: that it goes over the wire is plain there."""
    return name.removesuffix("Wire")


def _tidy(schema: object) -> None:
    """Names as they are shown, and no default of null: absent means absent, and pydantic itself would refuse null."""
    if isinstance(schema, dict):
        if "default" in schema and schema["default"] is None:
            del schema["default"]
        for name in ("$ref", "title"):
            if isinstance(schema.get(name), str):
                schema[name] = _shown(schema[name])
        for inner in schema.values():
            _tidy(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _tidy(inner)


_FIRST = "Items Orders Units Variants Experiences Serials Uploads Registrations Webhooks Settings".split()
_LAST = "Reference"

_INTRODUCTION = """\
Every call carries an API key of one shop: `Authorization: Bearer szr_…`. A key has the scope `read`, `write` or both.

- IDs of Shopify are JSON integers from 1 to 2⁶³−1. Item IDs are strings; case, hyphens, spaces and look-alikes do not \
matter when you send one.
- Times are UTC, ISO 8601 with `Z`.
- A key that is absent in an answer was never set. In a change, an absent key leaves the stored value.
- Lists come in pages: follow `next` until `hasNext` is false. A cursor belongs to its list and filters.
- Every failure has the same shape; `error.code` is stable, `error.details` names all problems with their paths.
- A key may make 100 requests a second and 300 at once; `RateLimit` says what is left, 429 carries `Retry-After`.
- An `ETag` names the state you saw. `If-None-Match` saves a download (304), `If-Match` a lost change (412)."""


def _chapters() -> list[str]:
    """Tags in the order of reading; one that is not placed comes before the reference."""
    used = {found.tag for found in OPERATIONS.values()}
    known = [tag for tag in _FIRST if tag in used]
    return [*known, *sorted(used - {*known, _LAST}), _LAST]


def _operation(found: Operation) -> JsonDict:
    described: JsonDict = {
        "operationId": found.name,
        "tags": [found.tag],
        "summary": found.summary,
        "description": found.description or found.summary,
        "parameters": [*_path_parameters(found), *_query_parameters(found), *_header_parameters(found)],
        "responses": _responses(found),
    }
    if found.public:
        described["security"] = []
    else:
        described["description"] += f"\n\nNeeds the scope `{found.scope}`."
    if found.body is not None:
        content: JsonDict = {"schema": _reference(found.body)}
        example = EXAMPLES.get(found.name)
        if example is not None and example.body is not None:
            content["example"] = example.body
        described["requestBody"] = {"required": not found.body_optional, "content": {_JSON: content}}
    if found.takes:
        file: JsonDict = {kind: {"schema": {"type": "string"}} for kind in found.takes}
        if found.name in EXAMPLES:
            file[found.takes[0]]["example"] = EXAMPLES[found.name].body
        described["requestBody"] = {"required": True, "content": file}
    if not described["parameters"]:
        del described["parameters"]
    return described


def _path_parameters(found: Operation) -> list[JsonDict]:
    example = EXAMPLES.get(found.name)
    parameters = []
    for name in found.parameters:
        schema: JsonDict = (
            {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}
            if name in NUMBERED
            else {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^/]+$"}
        )
        parameter = {"name": name, "in": "path", "required": True, "schema": schema}
        if example is not None:
            parameter["example"] = example.path[name]
        parameters.append(parameter)
    return parameters


def _query_parameters(found: Operation) -> list[JsonDict]:
    if found.query is Nothing:
        return []
    example = EXAMPLES.get(found.name)
    schema = TypeAdapter(found.query).json_schema(by_alias=True)
    parameters = []
    for name, described in schema["properties"].items():
        parameter = {"name": name, "in": "query", "required": False, "schema": _plain(described)}
        if "description" in described:
            parameter["description"] = described["description"]
        if example is not None and name in example.query:
            parameter["example"] = example.query[name]
        parameters.append(parameter)
    return parameters


def _plain(described: JsonDict) -> JsonDict:
    """A query parameter is absent or a value, never null."""
    kinds = [kind for kind in described.get("anyOf", [described]) if kind.get("type") != "null"]
    plain = {**kinds[0]}
    if described.get("default") is not None:
        plain["default"] = described["default"]
    for name in ("title", "description"):
        plain.pop(name, None)
    return plain


def _header_parameters(found: Operation) -> list[JsonDict]:
    described = dict(found.headers)
    if found.conditional:
        if found.method == "GET":
            described["If-None-Match"] = "ETags you have; 304 where one of them is still true."
        else:
            described["If-Match"] = "The ETag you saw; 412 where it is no longer true."
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in described.items()
    ]


def _responses(found: Operation) -> JsonDict:
    example = EXAMPLES.get(found.name)
    responses: JsonDict = {}
    for status, struct in found.answers.items():
        kinds = found.gives if struct is str else (_JSON,)
        content: JsonDict = {"schema": {"type": "string"} if struct is str else _answer(struct)}
        described = {kind: dict(content) for kind in kinds}
        if example is not None and example.status == status:
            described[kinds[0]]["example"] = example.answer
        responses[str(status)] = {"description": _MEANINGS[status], "content": described}
        if found.conditional:
            responses[str(status)]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    if found.conditional and found.method == "GET":
        responses["304"] = {"description": "What you have is still true."}
    for status, codes in _by_status(_codes(found)).items():
        responses[str(status)] = {
            "description": " ".join(f"`{code}`: {ERRORS[code][1]}" for code in codes),
            "content": {"application/json": {"schema": {"$ref": _REF + "Error"}}},
        }
    return dict(sorted(responses.items()))


_MEANINGS = {200: "Done.", 201: "Made.", 202: "Begun."}


def _codes(found: Operation) -> Iterable[str]:
    codes = ["query_invalid"] if found.public else [*EVERYWHERE, "scope_missing"]
    if found.body is not None:
        codes += ["body_not_json", "body_invalid", "body_too_large"]
    if found.takes:
        codes += ["unsupported_media_type", "body_too_large"]
    if not found.public:
        codes += ["database_unavailable"] + ([] if found.reads else ["conflict"])
    return dict.fromkeys([*codes, *found.errors])


def _by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(ERRORS[code][0], []).append(code)
        if code == "item_removed":  # to read it is to find nothing, to change it is to clash
            found.setdefault(409, []).append(code)
    return found


def _reference(kind: type[Input] | TypeAdapter[object]) -> JsonDict:
    """The schema of an input: a reference for a model, spelled out for anything else."""
    if isinstance(kind, type):
        return {"$ref": _REF + kind.__name__}
    return _spelled_out(kind)[0]


def _spelled_out(kind: TypeAdapter[object]) -> tuple[JsonDict, JsonDict]:
    """A schema, and the models it refers to by name."""
    schema = kind.json_schema(by_alias=True, ref_template=_REF + "{model}")
    return schema, schema.pop("$defs", {})


def _answer(struct: type) -> JsonDict:
    (schema,), _ = msgspec.json.schema_components([struct], ref_template=_REF + "{name}")
    return schema


def _schemas() -> JsonDict:
    bodies = [found.body for found in OPERATIONS.values() if found.body is not None]
    inputs = [body for body in bodies if isinstance(body, type)]
    spelled_out = [_spelled_out(body)[1] for body in bodies if not isinstance(body, type)]
    _, described = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(inputs)],
        by_alias=True,
        ref_template=_REF + "{model}",
    )
    told = [struct for found in OPERATIONS.values() for struct in found.answers.values()]
    answers = [struct for struct in told if issubclass(struct, msgspec.Struct)]
    _, outputs = msgspec.json.schema_components(
        [*dict.fromkeys(answers), Error], ref_template=_REF + "{name}"
    )
    for struct in _structs([*answers, Error]):
        _never_unset_required(outputs[struct.__name__], struct)
    found = {**described.get("$defs", {}), **outputs}
    for models in spelled_out:
        found |= models
    return dict(sorted(found.items()))


def _structs(roots: Iterable[object]) -> set[type]:
    """Every msgspec struct that these types lead to."""
    found: set[type] = set()
    waiting = list(roots)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if kind not in found:
                found.add(kind)
                waiting += get_type_hints(kind).values()
        else:
            waiting += get_args(kind)
    return found


def _never_unset_required(schema: JsonDict, struct: type) -> None:
    """UNSET means an absent key, which msgspec calls required where the field has no default."""
    hints = get_type_hints(struct)
    optional = {name for name, hint in hints.items() if hint is UnsetType or UnsetType in get_args(hint)}
    schema["required"] = [name for name in schema.get("required", []) if name not in optional]
